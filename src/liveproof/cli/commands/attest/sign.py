"""Examine once, as `check` does, and sign what was seen.

The statement is written whatever the verdict is, unless --only-proven is given; one that says BROKEN is a statement
too. It holds host, apps, time, version, each link with its verdict, reason and rules with what they looked at, and the
findings; no secret. Changes nothing on the host. Signing needs the extra `sign`.

Examples:
  liveproof attest sign --key attest.key --output host.attest.json
  liveproof attest sign /var/www/shop --release "$COMMIT" --key attest.key --output shop.attest.json --only-proven
  openssl pkey -in encrypted.key | liveproof attest sign --key - --output host.attest.json --vsa host.vsa.json

Exit status:
  0 proven   1 broken   2 usage or configuration error, no such key   3 unproven   70 our bug
"""

import argparse
import os
from dataclasses import replace

from liveproof import __version__, rules
from liveproof.attestation import summary
from liveproof.attestation.chain import MOST_BYTES, Chain, made, payload, subjects
from liveproof.attestation.envelope import Signer, signer_of
from liveproof.attestation.keys import BadKey
from liveproof.cli import session
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.options import Options, add_app_arguments
from liveproof.cli.output import refuse_unwritable, write_file
from liveproof.cli.signing import private_key
from liveproof.model.run_record import Record
from liveproof.model.verdicts import LinkVerdict, Severity
from liveproof.report.content.verdict import headline
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import line
from liveproof.store.history import new_id

HELP_ORDER = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``attest sign``."""
    add_app_arguments(parser)
    parser.add_argument(
        "--key", metavar="FILE", required=True, help="the private key, an Ed25519 one in PEM (- is standard input)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the signed statement")
    parser.add_argument(
        "--vsa", metavar="FILE", default="", help="also write SLSA's Verification Summary Attestation, signed"
    )
    parser.add_argument("--only-proven", action="store_true", help="write nothing unless all is proven")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, sign, write.

    Raises:
        UsageError: the app, the key or a file cannot be used.
    """
    files = [file for file in (arguments.output, arguments.vsa) if file]
    if "-" in files:
        raise UsageError("standard output has the summary; name a file")
    if len({os.path.realpath(file) for file in files}) != len(files):
        raise UsageError("--output and --vsa name the same file")
    for file in files:
        refuse_unwritable(file)
    try:
        signer = signer_of(private_key(arguments.key))
    except BadKey as error:
        raise UsageError(f"--key {visible(arguments.key)}: {error}") from None
    options = replace(Options.from_arguments(arguments), output="", verbose=False, quiet=True)
    settings, cache = session.prepare(options)
    session.warn_of_interrupted(console)
    examination = session.examine_host(settings, cache, console)
    chain = made(examination, __version__, {rule.code: rule.link for rule in rules.load()})
    record = Record(new_id(examination.started), "check", __version__, examination)
    record = replace(record, repairs=session.planned_repairs(examination))
    session.show_record(session.keep_record(record, console, settings), options, console, settings)
    if arguments.only_proven and chain.verdict is not LinkVerdict.PROVEN:
        older = [visible(file) for file in files if os.path.lexists(file)]
        left = f"; {' and '.join(older)} {'is' if len(older) == 1 else 'are'} from before" if older else ""
        console.lines((line(f"nothing was signed: {headline(examination)}{left}"),))
    else:
        _write(arguments, chain, signer, console, headline(examination))
    return session.exit_status(examination, Severity.MEDIUM)


def _write(arguments: argparse.Namespace, chain: Chain, signer: Signer, console: Console, verdict: str) -> None:
    text = signer.sign(payload(chain))
    if len(text) > MOST_BYTES:
        raise UsageError(f"the statement would be larger than {MOST_BYTES >> 20} MB, which nobody would verify")
    write_file(arguments.output, text)
    told = [line(f"signed {visible(arguments.output)}: {visible(chain.host)} {verdict} at {chain.started}")]
    for subject in subjects(chain):
        digest = " ".join(f"{name}:{value}" for name, value in subject["digest"].items())
        told.append(line(f"{visible(subject['name'])}  {subject['annotations']['of']} {digest}", indent=3))
    told.append(line(f"key  {signer.public.id}", indent=3))
    if arguments.vsa:
        write_file(arguments.vsa, signer.sign(summary.payload(chain, text)))
        result = "PASSED" if summary.passes(chain) else "FAILED"
        why = "" if summary.passes(chain) or verdict == "BROKEN" else " (it passes only proven apps with a release)"
        told.append(line(f"summary  {visible(arguments.vsa)}: {result}{why}", indent=3))
    console.lines(told)
