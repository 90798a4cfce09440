"""Frozen dataclasses to JSON values and back, driven by their annotations.

A dataclass becomes an object with its fields; an enum its value; a tuple, also a named one, an array. Where an
annotation allows several dataclasses, or a dataclass beside a plain value (``bool | Unknown``), the object also says
under ``is`` which one it is; ``is`` is a keyword and so can never be a field's name. So does an object whose class
keeps the registry of its kinds in ``kinds``. Text keeps its lone surrogates (names that are not UTF-8):
``json.dumps`` writes and reads them as escapes.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import EnumMeta
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, get_origin

_T = TypeVar("_T")
_PLAIN = (str, int, float, bool, NoneType)


class Misshapen(ValueError):
    """JSON data that does not have the shape of the dataclass; the message names the place."""


class Cut:
    """How much is kept: ``items`` per tuple, ``text`` characters per string; ``cuts`` counts what was cut.

    A field that is declared with ``repr=False`` may hold secrets, and is left out whenever anything is kept.
    """

    __slots__ = ("cuts", "items", "text")

    def __init__(self, items: int, text: int) -> None:
        self.items = items
        self.text = text
        self.cuts = 0


_Write = Callable[[Any, Cut | None], Any]
_Read = Callable[[Any, str], Any]


def to_json(value: object, kind: Any = None, cut: Cut | None = None) -> Any:
    """The JSON value of ``value``, whose annotation is ``kind`` (by default its own type).

    Raises:
        TypeError: an annotation that JSON cannot carry.
    """
    return _writer(type(value) if kind is None else kind)(value, cut)


def from_json(kind: type[_T], data: Any) -> _T:
    """The value of type ``kind`` that ``to_json`` made ``data`` from.

    A field that is missing takes its default, an unknown one is ignored: so an older and a newer version understand
    each other as far as that goes.

    Raises:
        Misshapen: the data does not have that shape.
        TypeError: an annotation that JSON cannot carry.
    """
    return _reader(kind)(data, "")  # type: ignore[no-any-return]


def _writer(kind: Any) -> _Write:
    if get_origin(kind) is Annotated:
        return _writer(kind.__origin__)
    if kind not in _writers:
        _writers[kind] = _make_writer(kind)
    return _writers[kind]


def _make_writer(kind: Any) -> _Write:  # noqa: PLR0911  (one for each sort of annotation)
    if kind in _PLAIN or get_origin(kind) is Literal:
        return _write_plain
    if isinstance(kind, EnumMeta):
        return _write_enum
    if isinstance(kind, UnionType):
        return _union_writer(kind)
    if "kinds" in vars(kind):
        return _write_registered
    if isinstance(kind, GenericAlias) and kind.__origin__ is tuple:
        return _tuple_writer(kind.__args__)
    if isinstance(kind, GenericAlias) and kind.__origin__ is dict and kind.__args__[0] is str:
        return _dict_writer(kind.__args__[1])
    if isinstance(kind, type) and is_dataclass(kind):
        return _object_writer(kind)
    if _is_named_tuple(kind):
        return _tuple_writer(tuple(kind.__annotations__.values()))
    raise TypeError(f"JSON cannot carry {kind!r}")


def _write_plain(value: Any, _: Cut | None) -> Any:
    return value


def _write_text(value: str, cut: Cut | None) -> str:
    if cut is not None and len(value) > cut.text:
        cut.cuts += 1
        return value[: cut.text]
    return value


def _write_enum(value: Any, _: Cut | None) -> Any:
    return value.value


def _is_named_tuple(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _dict_writer(kind: Any) -> _Write:
    part = _writer(kind)
    return lambda value, cut: {name: part(item, cut) for name, item in value.items()}


def _object_writer(kind: type) -> _Write:
    parts: list[tuple[str, _Write | None]] = []
    private: list[str] = []

    def write(value: Any, cut: Cut | None) -> dict[str, Any]:
        result = {name: part(getattr(value, name), cut) if part else getattr(value, name) for name, part in parts}
        if private and cut is not None:
            for name in private:
                del result[name]
        return result

    _writers[kind] = write  # before its fields: a dataclass may hold itself
    for field in fields(kind):
        part = _writer(field.type)
        parts.append((field.name, None if part is _write_plain else part))
        if not field.repr:
            private.append(field.name)
    return write


def _write_registered(value: Any, cut: Cut | None) -> dict[str, Any]:
    return {"is": type(value).__name__, **_writer(type(value))(value, cut)}


def _tuple_writer(kinds: tuple[Any, ...]) -> _Write:
    if kinds[-1] is not Ellipsis:
        each = tuple(_writer(part) for part in kinds)
        return lambda value, cut: [part(item, cut) for part, item in zip(each, value, strict=True)]
    one = _writer(kinds[0])

    def write(value: tuple[Any, ...], cut: Cut | None) -> list[Any]:
        if cut is not None and len(value) > cut.items:
            cut.cuts += 1
            value = value[: cut.items]
        return list(value) if one is _write_plain else [one(item, cut) for item in value]

    return write


def _union_writer(kind: UnionType) -> _Write:
    tagged = _is_tagged(kind)
    objects = {part: _writer(part) for part in kind.__args__ if is_dataclass(part)}
    lists = [_writer(part) for part in kind.__args__ if isinstance(part, GenericAlias)]
    enums = any(isinstance(part, EnumMeta) for part in kind.__args__)

    def write(value: Any, cut: Cut | None) -> Any:
        part = objects.get(type(value))
        if part is not None:
            result = part(value, cut)
            return {"is": type(value).__name__, **result} if tagged else result
        if isinstance(value, tuple):
            return lists[0](value, cut)
        if isinstance(value, str):
            return _write_text(value, cut)
        return value.value if enums and not isinstance(value, _PLAIN) else value

    return write


def _is_tagged(kind: UnionType) -> bool:
    objects = [part for part in kind.__args__ if is_dataclass(part)]
    return bool(objects) and len([part for part in kind.__args__ if part is not NoneType]) > 1


def _reader(kind: Any) -> _Read:
    if get_origin(kind) is Annotated:
        return _reader(kind.__origin__)
    if kind not in _readers:
        _readers[kind] = _make_reader(kind)
    return _readers[kind]


def _make_reader(kind: Any) -> _Read:  # noqa: PLR0911  (one for each sort of annotation)
    if kind in _PLAIN:
        return _plain_reader(kind)
    if get_origin(kind) is Literal:
        return _literal_reader(kind.__args__)
    if isinstance(kind, EnumMeta):
        return _enum_reader(kind)
    if isinstance(kind, UnionType):
        return _union_reader(kind)
    if "kinds" in vars(kind):
        return _registered_reader(kind)
    if isinstance(kind, GenericAlias) and kind.__origin__ is tuple:
        return _tuple_reader(kind.__args__)
    if isinstance(kind, GenericAlias) and kind.__origin__ is dict and kind.__args__[0] is str:
        return _dict_reader(kind.__args__[1])
    if isinstance(kind, type) and is_dataclass(kind):
        return _object_reader(kind)
    if _is_named_tuple(kind):
        return _named_tuple_reader(kind)
    raise TypeError(f"JSON cannot carry {kind!r}")


def _plain_reader(kind: type) -> _Read:
    def read(data: Any, where: str) -> Any:
        if kind is float and type(data) is int:
            return float(data)
        if type(data) is not kind:
            raise Misshapen(f"{where or 'it'} should be {kind.__name__}, not {type(data).__name__}")
        return data

    return read


def _literal_reader(values: tuple[Any, ...]) -> _Read:
    def read(data: Any, where: str) -> Any:
        if data not in values:
            raise Misshapen(f"{where or 'it'} should be one of {', '.join(values)}")
        return data

    return read


def _dict_reader(kind: Any) -> _Read:
    part = _reader(kind)

    def read(data: Any, where: str) -> Any:
        if not isinstance(data, dict):
            raise Misshapen(f"{where or 'it'} should be an object")
        if kind is str and set(map(type, data.values())) <= {str}:
            return dict(data)
        return {name: part(item, where) for name, item in data.items()}

    return read


def _enum_reader(kind: Any) -> _Read:
    def read(data: Any, where: str) -> Any:
        try:
            return kind(data)
        except ValueError as error:
            raise Misshapen(f"{where or 'it'}: {error}") from None

    return read


def _object_reader(kind: Any) -> _Read:
    parts: list[tuple[str, _Read, bool]] = []

    def read(data: Any, where: str) -> Any:
        if not isinstance(data, dict):
            raise Misshapen(f"{where or 'it'} should be an object ({kind.__name__})")
        given = {}
        for name, part, optional in parts:
            if name in data:
                given[name] = part(data[name], f"{where}.{name}")
            elif not optional:
                raise Misshapen(f"{where}.{name} is missing")
        try:
            return kind(**given)
        except ValueError as error:
            raise Misshapen(f"{where or 'it'}: {error}") from None

    _readers[kind] = read
    for field in fields(kind):
        optional = field.default is not MISSING or field.default_factory is not MISSING
        parts.append((field.name, _reader(field.type), optional))
    return read


def _registered_reader(kind: Any) -> _Read:
    def read(data: Any, where: str) -> Any:
        name = data.get("is") if isinstance(data, dict) else None
        if name not in kind.kinds:
            raise Misshapen(f"{where or 'it'} cannot be {name!r}")
        return _reader(kind.kinds[name])(data, where)

    return read


def _tuple_reader(kinds: tuple[Any, ...]) -> _Read:
    variable = kinds[-1] is Ellipsis
    each = [_reader(part) for part in (kinds[:1] if variable else kinds)]
    exact, plain = list(kinds), {kinds[0]} if variable else set()

    def read(data: Any, where: str) -> Any:
        if not isinstance(data, list) or (not variable and len(data) != len(each)):
            raise Misshapen(f"{where or 'it'} should be an array" + ("" if variable else f" of {len(each)}"))
        types = list(map(type, data))
        if types == exact or (variable and plain.issuperset(types)):  # the quick way for plain values
            return tuple(data)
        parts = each * len(data) if variable else each
        return tuple(part(item, f"{where}[{at}]") for at, (part, item) in enumerate(zip(parts, data, strict=True)))

    return read


def _named_tuple_reader(kind: Any) -> _Read:
    read = _tuple_reader(tuple(kind.__annotations__.values()))
    return lambda data, where: kind._make(read(data, where))


def _union_reader(kind: UnionType) -> _Read:
    tagged = _is_tagged(kind)
    classes: list[Any] = [part for part in kind.__args__ if is_dataclass(part)]
    objects = {part.__name__: _reader(part) for part in classes}
    others = [_reader(part) for part in kind.__args__ if not is_dataclass(part)]

    def read(data: Any, where: str) -> Any:
        if isinstance(data, dict):
            name = data.get("is") if tagged else next(iter(objects), None)
            if name not in objects:
                raise Misshapen(f"{where or 'it'} cannot be {name!r}")
            return objects[name](data, where)
        for other in others:
            try:
                return other(data, where)
            except Misshapen:
                continue
        raise Misshapen(f"{where or 'it'} should be {kind}")

    return read


# Plain dictionaries and no functools.cache: unions compare equal in any order, and generic aliases hash slowly.
_writers: dict[Any, _Write] = {str: _write_text}
_readers: dict[Any, _Read] = {}
