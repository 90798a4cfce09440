"""Sign a manifest of what was built.

Measure every file below DIR (path, SHA-256, mode, size) and sign what was found. What a host has of its own is left
out: .git, .env, storage, bootstrap/cache and public/storage. What cannot be vouched for is refused: links that lead out
of DIR, devices, FIFOs, sockets, names that are not UTF-8, files that change meanwhile. Signing needs the extra `sign`.

Examples:
  liveproof release sign build --key release.key --output release.json --release-id v1.4.2 --expires 90d
  openssl pkey -in encrypted.key | liveproof release sign build --key - --output release.json

Exit status:
  0 signed   1 refused: DIR holds what cannot be signed   2 usage error, no such key or directory
"""

import argparse
import json
import os

from liveproof.analysis.files.patterns import matcher
from liveproof.attestation.envelope import sign
from liveproof.attestation.keys import BadKey
from liveproof.attestation.release import EXCLUDED, BadRelease, made, payload, written
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, OK
from liveproof.cli.options import add_text_or_json_argument
from liveproof.cli.output import refuse_unwritable, write_file
from liveproof.cli.releases import SCHEMA, tree_of
from liveproof.cli.signing import private_key, refusal_lines
from liveproof.model.durations import seconds
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import line

HELP_ORDER = 1
_SPECIAL = set("*?[]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``release sign``."""
    parser.add_argument("directory", metavar="DIR", help="the build, as it will be deployed")
    parser.add_argument(
        "--key", metavar="FILE", required=True, help="the private key, an Ed25519 one in PEM (- is standard input)"
    )
    parser.add_argument("--output", metavar="FILE", required=True, help="the signed manifest")
    parser.add_argument("--release-id", metavar="ID", default="", help="the release's id (default: time and digest)")
    parser.add_argument("--expires", metavar="DURATION", default="", help="how long it counts (default: for ever)")
    parser.add_argument(
        "--exclude", metavar="PATTERN", action="append", default=[],
        help="also leave out paths below DIR; * matches within a name, ** over directories (may be repeated)",
    )  # fmt: skip
    add_text_or_json_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Measure, sign, write.

    Raises:
        UsageError: the directory, the key or what was asked for cannot be used.
    """
    directory, output = arguments.directory, arguments.output
    if output == "-":
        raise UsageError("--output: standard output has the summary; name a file")
    refuse_unwritable(output)
    try:
        lasts = seconds(arguments.expires) if arguments.expires else 0.0
    except ValueError as error:
        raise UsageError(f"--expires: {error}") from None
    key = private_key(arguments.key)
    exclude = tuple(sorted({*EXCLUDED, *map(_pattern, arguments.exclude), *_own(directory, output)}))
    tree = tree_of(directory, matcher(exclude))
    if tree.refused or not tree.files:
        wrong = tree.refused or [(".", "holds no file that a release could have")]
        if arguments.format == "json":
            refusals = [{"kind": "unfit", "path": path, "reason": why} for path, why in wrong]
            _write(console, {"verdict": "refused", "refusals": refusals})
        else:
            console.lines(refusal_lines(f"{directory} was not signed", wrong))
        return BROKEN
    try:
        release = made(tree.files, arguments.release_id, exclude, lasts)
        text, public = sign(payload(release), key)
    except BadRelease as error:
        raise UsageError(f"--release-id: {error}") from None
    except BadKey as error:
        raise UsageError(f"--key {arguments.key}: {error}") from None
    write_file(output, text, mode=0o644)
    expires = written(release.expires) if release.expires else None
    told = {"id": release.id, "digest": release.digest, "created": written(release.created), "expires": expires}
    if arguments.format == "json":
        count = {"files": len(release.files), "bytes": sum(file[3] for file in release.files)}
        _write(console, {"verdict": "signed", "release": {**told, **count, "key": public.id}, "refusals": []})
        return OK
    until = f", expires {expires}" if expires else ""
    console.lines((
        line(f"signed {len(release.files):,} files of {visible(directory)} as release {release.id}{until}"),
        line(f"digest  sha256:{release.digest}", indent=3),
        line(f"key     {public.id}", indent=3),
        line(f"left out  {visible(' '.join(exclude))}", indent=3),
    ))  # fmt: skip
    return OK


def _pattern(text: str) -> str:
    if not text or text.startswith("/") or ".." in text.split("/") or not text.isprintable() or len(text) > 500:
        raise UsageError("--exclude: should be a path or pattern below DIR, such as node_modules/**")
    return text


def _own(directory: str, output: str) -> tuple[str, ...]:
    """The manifest itself, where it is written below the directory."""
    root, here = os.path.realpath(directory), os.path.realpath(output)
    if not here.startswith(f"{root}/"):
        return ()
    below = here[len(root) + 1 :]
    if _SPECIAL & set(below) or not below.isprintable():
        raise UsageError(f"--output {visible(output)}: below DIR its name may hold none of * ? [ ]")
    return (below,)


def _write(console: Console, told: dict[str, object]) -> None:
    whole = {"schema": SCHEMA, "kind": "sign", **told}
    console.text(json.dumps(whole, indent=2).encode(errors="backslashreplace").decode() + "\n")
