"""``@dataclass(frozen=True, slots=True)`` without generated code: the same values, made in a fraction of the time.

The standard library compiles six functions for each dataclass, and a check imports more than a hundred of them: that
was a quarter of its start. Here they share functions that look the fields up. ``dataclasses.fields``, ``replace`` and
``asdict``, pattern matching, ``copy`` and ``pickle`` work as ever, and type checkers see the standard decorator. ADR 9
has the figures.
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, get_origin

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: Any = None, /, **options: bool) -> Any:
        """As ``dataclasses.dataclass``, which makes all that is not just frozen with slots."""
        if cls is None and options == {"frozen": True, "slots": True}:
            return _made
        return dataclasses.dataclass(cls, **options)


__all__ = ["dataclass"]

# How the standard library marks a plain field.
_PLAIN = dataclasses.fields(dataclasses.make_dataclass("_Any", ["any"]))[0]._field_type  # type: ignore[attr-defined]  # noqa: SLF001
_OF_THE_CLASS = ("__dict__", "__weakref__", "__annotations__")


def _made(cls: Any) -> Any:
    fields = dict(_inherited(cls))
    own = []
    for name, kind in cls.__annotations__.items():
        if get_origin(kind) is not ClassVar:
            if name not in fields:
                own.append(name)
            fields[name] = _field(name, kind, cls.__dict__.get(name, MISSING))
    space = {name: value for name, value in cls.__dict__.items() if name not in fields and name not in _OF_THE_CLASS}
    names = tuple(fields)
    made = type(cls)(
        cls.__name__,
        cls.__bases__,
        _SHARED
        | space
        | {
            "__hash__": _hash,
            "__slots__": tuple(own),
            "__annotations__": cls.__annotations__,
            "__qualname__": cls.__qualname__,
            "__match_args__": names,
            "__dataclass_fields__": fields,
            "_values": staticmethod(_getter(names)),
        },
    )
    made.__init__ = _initialiser(made, fields)
    return made


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _inherited(cls: Any) -> Iterator[tuple[str, Field[Any]]]:
    for base in reversed(cls.__mro__[1:]):
        yield from getattr(base, "__dataclass_fields__", {}).items()


def _field(name: str, kind: Any, default: Any) -> Field[Any]:
    field: Any = default if isinstance(default, Field) else dataclasses.field(default=default)
    field.name, field.type, field._field_type = name, kind, _PLAIN  # noqa: SLF001  (as dataclasses does)
    return field  # type: ignore[no-any-return]


def _initialiser(made: Any, fields: dict[str, Field[Any]]) -> Callable[..., None]:
    # A frozen class sets its fields through their slots, since its own __setattr__ refuses.
    setters = tuple(getattr(made, name).__set__ for name in fields)
    after = getattr(made, "__post_init__", None)

    def __init__(self: Any, /, *args: Any, **given: Any) -> None:  # noqa: N807
        if given or len(args) != len(setters):
            args = tuple(_completed(made, fields, args, given))
        for put, value in zip(setters, args, strict=True):
            put(self, value)
        if after:
            after(self)

    return __init__


def _completed(made: Any, fields: dict[str, Field[Any]], args: tuple[Any, ...], given: dict[str, Any]) -> Iterator[Any]:
    """Every field's value, from what was given by place and by name, and the defaults.

    Raises:
        TypeError: too many, unknown or missing ones.
    """
    wrong = [name for place, name in enumerate(fields) if place < len(args) and name in given]
    wrong += [name for name in given if name not in fields]
    if wrong or len(args) > len(fields):
        raise TypeError(f"{made.__qualname__}() got too many arguments, or unexpected ones: {', '.join(wrong)}")
    yield from args
    for name, field in list(fields.items())[len(args) :]:
        if name in given:
            yield given[name]
        elif field.default is not MISSING:
            yield field.default
        elif field.default_factory is not MISSING:
            yield field.default_factory()
        else:
            raise TypeError(f"{made.__qualname__}() misses the argument {name!r}")


def _eq(self: Any, other: Any) -> bool:
    if other.__class__ is not self.__class__:
        return NotImplemented  # type: ignore[no-any-return]
    return bool(self._values(self) == self._values(other))


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, field in self.__dataclass_fields__.items() if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _reduce(self: Any) -> tuple[Any, ...]:
    return self.__class__, self._values(self)


def _refuse(self: Any, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r} of {self.__class__.__qualname__}")


class _Signature:
    """The signature of a class, made when somebody asks for it (inspect takes 3 ms to import)."""

    def __get__(self, instance: object, cls: Any) -> Any:
        from inspect import Parameter, Signature  # noqa: PLC0415  (see above)

        return Signature(
            [
                Parameter(
                    name,
                    Parameter.POSITIONAL_OR_KEYWORD,
                    default=Parameter.empty if field.default is field.default_factory is MISSING else field.default,
                    annotation=field.type,
                )
                for name, field in cls.__dataclass_fields__.items()
            ]
        )


_SHARED = {
    "__eq__": _eq, "__repr__": _repr, "__reduce__": _reduce, "__setattr__": _refuse, "__delattr__": _refuse,
    "__signature__": _Signature(),
}  # fmt: skip
