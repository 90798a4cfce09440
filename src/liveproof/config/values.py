"""From a checked document, or the command line, to Settings: plain code, so that a known file costs no pydantic."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from liveproof.model.settings import COMMAND_LINE, OwnerRule, Policy, Request, Settings, Thresholds

POLICIES = ("default", "seed", "hardened", "own")


class ConfigError(Exception):
    """The configuration is wrong; ``errors`` are all of them, each with its place in the file."""

    exit_status = 2

    def __init__(self, path: str, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(f"{path}: {error}" for error in errors))
        self.path = path
        self.errors = errors


def settings_of(document: Mapping[str, Any], source: str) -> Settings:
    """The settings of a document that shape.errors found right."""
    app, policy = document.get("app", {}), document.get("policy", {})
    return Settings(
        app=_directory(app.get("path", "")),
        user=app.get("user", ""),
        release=app.get("release", ""),
        policy=_policy(policy),
        requests=tuple(_request(request) for request in document.get("request", ())),
        logs=tuple(document.get("logs", {}).get("paths", ())),
        thresholds=_thresholds(document.get("thresholds", {})),
        ignore=tuple(document.get("files", {}).get("ignore", ())),
        disabled=tuple(document.get("rules", {}).get("disabled", ())),
        sources=tuple((key, source) for key in _keys(document)),
    )


def with_overrides(settings: Settings, overrides: Mapping[str, object]) -> Settings:
    """The settings with what the command line says.

    Raises:
        ConfigError: a value that cannot be.
    """
    said = {key: value for key, value in overrides.items() if value is not None}
    changes: dict[str, Any] = {}
    wrong: list[str] = []
    for key in sorted(said):
        try:
            changes.update(_override(settings, key, said[key]))
        except ValueError as error:
            wrong.append(f"{key}: {error}")
    if wrong:
        raise ConfigError(COMMAND_LINE, tuple(wrong))
    sources = dict(settings.sources)
    for key in changes.pop("sources", ()):
        sources.pop(key, None)
    for key in said:
        adds = key in ("rules.disabled", "files.ignore") and key in sources
        sources[key] = f"{sources[key]}, {COMMAND_LINE}" if adds else COMMAND_LINE
    return replace(settings, **{**changes, "sources": tuple(sources.items())})


def _override(settings: Settings, key: str, value: object) -> dict[str, Any]:
    if key == "app.path":
        text = _text(value)
        return _other_app(settings, _directory(os.path.abspath(text)))
    if key in ("app.user", "app.release"):
        return {key[4:]: _text(value)}
    if key == "policy.name":
        name = _text(value)
        if name not in POLICIES:
            raise ValueError(f"should be one of {', '.join(POLICIES)}")
        if name == "own" and not settings.policy.rules:
            raise ValueError("needs [[policy.rules]] in the configuration file")
        return {"policy": replace(settings.policy, name=name)}
    if key == "rules.disabled":
        return {"disabled": (*settings.disabled, *_texts(value))}
    if key == "files.ignore":
        return {"ignore": (*settings.ignore, *_texts(value))}
    raise ValueError("the command line cannot say this")


def _other_app(settings: Settings, path: str) -> dict[str, Any]:
    """The file's user and release are those of the app that it names, and say nothing of another."""
    if not settings.app or os.path.realpath(settings.app) == os.path.realpath(path):
        return {"app": path}
    return {"app": path, "user": "", "release": "", "sources": ("app.user", "app.release")}


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("should be a text that is not empty")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError("should be a list of texts")  # noqa: TRY004  (collected with the others)
    return tuple(_text(item) for item in value)


def _directory(path: str) -> str:
    """Without a trailing slash; symbolic links stay, since nginx may serve the link."""
    return path.rstrip("/") or path


def _policy(table: Mapping[str, Any]) -> Policy:
    rules = tuple(
        OwnerRule(rule["pattern"], rule.get("owner", ""), rule.get("group", ""), _mode(rule.get("mode")))
        for rule in table.get("rules", ())
    )
    return Policy(
        table.get("name", "own" if rules else "default"), table.get("owner", ""), table.get("group", ""), rules
    )


def _mode(text: str | None) -> int | None:
    return None if text is None else int(text, 8)


def _request(table: Mapping[str, Any]) -> Request:
    given = {key: table[key] for key in ("path", "body", "status", "contains", "logs", "host") if key in table}
    if "method" in table:
        given["method"] = table["method"].upper()
    if "headers" in table:
        given["headers"] = tuple(table["headers"].items())
    if "ways" in table:
        given["ways"] = tuple(table["ways"])
    return Request(**given)


def _thresholds(table: Mapping[str, Any]) -> Thresholds:
    default = Thresholds()
    return replace(default, **{key: type(getattr(default, key))(value) for key, value in table.items()})


def _keys(document: Mapping[str, Any]) -> Iterator[str]:
    """The keys of every value of the document: ``app.path``, ``request[0].status``, ``policy.rules[1].owner``."""
    for table, values in document.items():
        if isinstance(values, list):
            yield from _rows(table, values)
            continue
        for key, value in values.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                yield from _rows(f"{table}.{key}", value)
            else:
                yield f"{table}.{key}"


def _rows(name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, row in enumerate(rows):
        for key in row:
            yield f"{name}[{index}].{key}"
