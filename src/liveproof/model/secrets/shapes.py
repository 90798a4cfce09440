"""Values that are secrets by their own shape, whatever stands beside them. Every pattern is linear in its text."""

import re
from itertools import pairwise

from liveproof.model.secrets.names import HIDDEN

_KNOWN = (
    r"(?s)"
    r"\beyJ[\w-]{8,}(?:\.[\w-]+){0,4}"  # JSON Web Tokens (RFC 7519), also without a signature
    r"|\bbase64:[A-Za-z0-9+/]{16,}={0,2}"  # Laravel's application key
    r"|-----BEGIN [A-Z ]{1,40}-----.*?(?:-----END [A-Z ]{1,40}-----|\Z)"
    r"|\b(?:sk|pk|rk|whsec|ghp|gho|ghu|ghs|ghr|github_pat|glpat|npm|dop_v1|hf|shpat|shpss|xox[abprs]|SG|key|re|phc|sbp)"
    r"[_.-](?:live_|test_|proj-)?[A-Za-z0-9][\w.-]{15,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\$2[aby]\$\d\d\$[./A-Za-z0-9]{20,}|\$argon2\w{1,2}\$[^\s\"']+"
)
_LONG = r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{20,}+"
_LABELLED = r"(?i)(?:sha-?\d{1,3}|md5|digest|checksum|etag|commit|revision|release|xxh\w{0,4})\W{0,4}(?:is |of )?\Z"
_HEX = frozenset("0123456789abcdef")
_DIGESTS = (40, 64, 96, 128)
_SESSIONS = r"(/sessions/)[A-Za-z0-9]{20,}+"


def hide_shapes(text: str) -> str:
    """The text without what is a secret by its shape: tokens of known makers, keys, random words of 20 and more."""
    if len(text) < 16:
        return text
    text = re.sub(_SESSIONS, rf"\1{HIDDEN}", text)
    if "eyJ" in text or ":" in text or "-" in text or "_" in text or "." in text or "A" in text or "$" in text:
        text = re.sub(_KNOWN, HIDDEN, text)
    return re.sub(_LONG, _judged, text)


def looks_random(word: str) -> bool:
    """Whether a run of letters and digits is made by chance rather than by people.

    Words that people make change between letters and digits, and to capitals, seldom: ``RetellFunctionCallHandler2``,
    ``20261123120000``. Of what is random every third character and more does.
    """
    if len(word) < 20 or word.isdigit() or not any(char.isdigit() for char in word):
        return False
    kinds = [0 if char.isdigit() else 1 if char.islower() else 2 for char in word]
    changes = sum(1 for one, other in pairwise(kinds) if one != other and (one, other) != (2, 1))
    return changes >= (0.28 if len(set(kinds)) == 3 else 0.22) * len(word)


def _judged(match: re.Match[str]) -> str:
    word = match[0]
    if not any(looks_random(part) for part in re.split("[_-]", word)):
        return word
    if _HEX.issuperset(word):
        before = match.string[max(0, match.start() - 24) : match.start()]
        after = match.string[match.end() : match.end() + 4]
        # A commit (40) names itself; another digest has a label, or is the name of a compiled file.
        if len(word) == 40 or after == ".php" or (len(word) in (32, *_DIGESTS) and re.search(_LABELLED, before)):
            return word
    if _is_uuid(word):
        return word
    return HIDDEN


def _is_uuid(word: str) -> bool:
    parts = word.lower().split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(_HEX.issuperset(part) for part in parts)
