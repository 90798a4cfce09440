"""Verify a signed manifest, and a directory against it.

The signature, by one of the keys given, then what was signed: that it has not expired, is the release that was meant
(--release-id), and that every file of DIR is as it was signed, with its mode, and no other is there. A SLSA provenance
(--provenance) must be signed by a key of --provenance-key and name the release's digest among its subjects.

Examples:
  liveproof release verify release.json /var/www/app --key /etc/liveproof/release.pub
  liveproof release verify release.json build --key release.pub --release-id v1.4.2 --format json
  liveproof release verify release.json build --key release.pub --provenance build.intoto.jsonl --provenance-key ci.pub

Exit status:
  0 verified   1 refused, with the reasons   2 usage error, a file or key that cannot be read
"""

import argparse
import json
import time
from collections.abc import Sequence

from liveproof.analysis.files.patterns import matcher
from liveproof.attestation.differences import Refusal, differences
from liveproof.attestation.envelope import BadEnvelope, verify
from liveproof.attestation.keys import PublicKey
from liveproof.attestation.provenance import BadProvenance, Provenance, verified
from liveproof.attestation.release import BadRelease, Outdated, Release, parse, written
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, OK
from liveproof.cli.options import add_text_or_json_argument
from liveproof.cli.releases import SCHEMA, tree_of
from liveproof.cli.signing import content_of, refusal_lines, trusted_keys
from liveproof.model.dataclass import dataclass
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import line

HELP_ORDER = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``release verify``."""
    parser.add_argument("manifest", metavar="MANIFEST", help="what `liveproof release sign` wrote")
    parser.add_argument("directory", metavar="DIR", help="what is to be the release")
    parser.add_argument(
        "--key", metavar="FILE", required=True, help="public keys in PEM, one of which must have signed the manifest"
    )
    parser.add_argument("--release-id", metavar="ID", default="", help="the id that the release must have")
    parser.add_argument("--provenance", metavar="FILE", default="", help="a SLSA provenance, as a DSSE envelope")
    parser.add_argument("--provenance-key", metavar="FILE", default="", help="public keys of who built it")
    add_text_or_json_argument(parser)


@dataclass(frozen=True, slots=True)
class _Verdict:
    release: Release | None = None
    key: PublicKey | None = None
    provenance: Provenance | None = None
    refusals: tuple[Refusal, ...] = ()


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Verify, and say what is wrong.

    Raises:
        UsageError: what is named cannot be read, or is no key.
    """
    if bool(arguments.provenance) != bool(arguments.provenance_key):
        raise UsageError("--provenance and --provenance-key belong together: a builder is trusted by its key alone")
    keys = trusted_keys(arguments.key, "--key")
    builders = trusted_keys(arguments.provenance_key, "--provenance-key") if arguments.provenance_key else ()
    found = _verdict(arguments, keys, builders)
    if arguments.format == "json":
        whole = json.dumps(_document(found), indent=2)
        console.text(whole.encode(errors="backslashreplace").decode() + "\n")
    elif found.refusals:
        each = [(refusal.path, refusal.reason) for refusal in found.refusals]
        console.lines(refusal_lines(f"{arguments.directory} is not proven to be the release", each))
    else:
        assert found.release
        assert found.key
        console.lines((
            line(f"verified {len(found.release.files):,} files of {visible(arguments.directory)}: "
                 f"release {found.release.id} of {written(found.release.created)}"),
            line(f"digest  sha256:{found.release.digest}", indent=3),
            line(f"key     {found.key.id}", indent=3),
            *([line(f"built by  {visible(found.provenance.builder)}", indent=3)] if found.provenance else ()),
            line(f"not looked at  {visible(' '.join(found.release.exclude))}", indent=3),
        ))  # fmt: skip
    return BROKEN if found.refusals else OK


def _verdict(arguments: argparse.Namespace, keys: Sequence[PublicKey], builders: Sequence[PublicKey]) -> _Verdict:
    """Nothing of a manifest is used before its signature is verified, and no file read for one that does not count."""
    content = content_of(arguments.manifest)
    built = content_of(arguments.provenance) if builders else b""
    try:
        signed, key = verify(content, keys)
    except BadEnvelope as error:
        return _Verdict(refusals=(Refusal("signature", f"{arguments.manifest}: {error}"),))
    try:
        release = parse(signed)
        release.refuse_outdated(time.time(), arguments.release_id)
    except Outdated as error:
        return _Verdict(key=key, refusals=(Refusal("outdated", f"{arguments.manifest}: {error}"),))
    except BadRelease as error:
        return _Verdict(key=key, refusals=(Refusal("statement", f"{arguments.manifest}: {error}"),))
    provenance = None
    refusals: list[Refusal] = []
    if builders:
        try:
            provenance = verified(built, builders, release)
        except BadProvenance as error:
            refusals.append(Refusal("provenance", f"{arguments.provenance}: {error}"))
    tree = tree_of(arguments.directory, matcher(release.exclude))
    refusals += sorted(differences(release.files, tree), key=lambda refusal: refusal.path)
    return _Verdict(release, key, provenance, tuple(refusals))


def _document(found: _Verdict) -> dict[str, object]:
    release = found.release
    told: dict[str, object] = {
        "schema": SCHEMA,
        "kind": "verify",
        "verdict": "refused" if found.refusals else "verified",
        "refusals": [{"kind": one.kind, "path": one.path, "reason": one.reason} for one in found.refusals],
    }
    if release and found.key:
        told["release"] = {
            "id": release.id,
            "digest": release.digest,
            "created": written(release.created),
            "expires": written(release.expires) if release.expires else None,
            "files": len(release.files),
            "bytes": sum(file[3] for file in release.files),
            "key": found.key.id,
        }
    if found.provenance:
        one = found.provenance
        told["provenance"] = {"builder": one.builder, "build_type": one.build_type, "key": one.key.id}
    return told
