"""SLSA's Verification Summary Attestation, version 1, of a chain: for tools that know nothing else.

It knows only PASSED and FAILED, and is about an artifact. So it passes where every app is proven and was compared with
a release; what is unproven, and what was compared with none, fails. See https://slsa.dev/spec/v1.0/verification_summary.
"""

import json
from urllib.parse import quote

from liveproof.attestation.chain import PREDICATE_TYPE as CHAIN
from liveproof.attestation.chain import Chain, subjects
from liveproof.attestation.envelope import STATEMENT_TYPE
from liveproof.model.hashing import sha256
from liveproof.model.verdicts import LinkVerdict

PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "urn:liveproof:verifier:1"
POLICY = "urn:liveproof:policy:chain:1"
# Which build level the artifact has is not looked at; a level of our own says what was.
_PASSED = ["SLSA_BUILD_LEVEL_UNEVALUATED", "LIVEPROOF_CHAIN_PROVEN"]


def passes(chain: Chain) -> bool:
    """Whether every app is proven to be the release that it was compared with."""
    return chain.verdict is LinkVerdict.PROVEN and all(app.compared for app in chain.apps)


def payload(chain: Chain, envelope: str) -> bytes:
    """The statement to sign; ``envelope`` is the signed statement of the chain, which it names by its digest."""
    passed = passes(chain)
    where = "".join(f":{quote(app.path, safe='')}" for app in chain.apps if len(chain.apps) == 1)
    predicate = {
        "verifier": {"id": VERIFIER, "version": {"liveproof": chain.liveproof}},
        "timeVerified": chain.started,
        "resourceUri": f"urn:liveproof:host:{quote(chain.host, safe='')}{where}",
        "policy": {"uri": POLICY},
        "inputAttestations": [{"uri": CHAIN, "digest": {"sha256": sha256(envelope.encode())}}],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": _PASSED if passed else ["FAILED"],
        "slsaVersion": "1.0",
    }
    whole = {
        "_type": STATEMENT_TYPE,
        "subject": subjects(chain),
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    return json.dumps(whole, separators=(",", ":")).encode()
