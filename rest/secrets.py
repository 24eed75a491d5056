"""What must never be stored or logged is taken out of a document before anything else sees it.

A whole field goes when its name says that it holds a secret; inside a text, a bearer token, an API key or the
secret parameter of an address is blanked. Names count: nothing can tell a secret from other text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

BLANK = "[removed]"

# A field whose name, letters and digits only, is or ends in one of these holds a secret.
SECRET_ENDINGS = (
    "accesskey", "apikey", "authorization", "cookie", "cookies", "credential", "credentials", "credentialvalue",
    "passphrase", "passwd", "password", "privatekey", "secret", "secretkey", "secretvalue", "signingkey", "token",
)  # fmt: skip
# Names that end so and hold the place in a list, a means to stop, or a list that is looked through.
HARMLESS_NAMES = frozenset(
    ("nextpagetoken", "pagetoken", "nexttoken", "continuationtoken", "cancellationtoken", "integrationcredentials")
)
# Inside `integration_credentials` (AITasker), whose fields no page shows, the name need only contain one of these.
SECRET_PARTS = ("token", "secret", "password", "passphrase", "credential", "apikey", "privatekey", "cookie")
SECRET_LISTS = frozenset(("integrationcredentials",))

_NOT_A_LETTER = re.compile(r"[^a-z0-9]")
_IN_TEXT = re.compile(
    r"(?P<before>\bBearer\s+|[?&][\w-]*(?:token|key|secret|password|signature|credential)=)[A-Za-z0-9._~+/=%-]{8,}"
    r"|(?P<basic>\bBasic\s+)(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{12,}={0,2}"
    r"|\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{8,}|\bsk-[A-Za-z0-9_-]{16,}|\bxox[abprs]-[A-Za-z0-9-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|\bgh[oprsu]_[A-Za-z0-9]{20,}"
    r"|\bA[KS]IA[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    re.IGNORECASE,
)
# One look at the text of a document tells whether there is anything to take out at all.
_SUSPICIOUS = re.compile(
    rb"pass[^a-z0-9\"]{0,2}(?:w|phrase)|secret|token|(?:api|private|access|signing)[^a-z0-9\"]{0,2}key|credential|cookie"
    rb"|authorization|bearer|[sprk]k_(?:live|test)_|xox[abprs]-|://[^/\s:@\"]+:[^/\s@\"]+@|[?&][\w-]*(?:key|signature)="
    rb"|eyj[\w-]+\.eyj|gh[oprsu]_|a[ks]ia[a-z0-9]{16}|\bsk-[\w-]{16}|basic |private key-----"
)
# Every match of it contains one of these, and looking for them is ten times as fast.
_HINTS = (
    b"pass", b"secret", b"token", b"key", b"credential", b"cookie", b"authorization", b"bearer", b"k_live_",
    b"k_test_", b"xox", b"@", b"signature=", b"eyj", b"akia", b"asia", b"sk-", b"basic ", b"ghp_", b"gho_",
    b"ghr_", b"ghs_", b"ghu_",
)  # fmt: skip


def is_suspicious(raw: bytes) -> bool:
    """Whether the JSON text may hold a secret."""
    lower = raw.lower()
    return any(hint in lower for hint in _HINTS) and _SUSPICIOUS.search(lower) is not None


def without_secrets(value: Any, *, strict: bool = False) -> Any:
    """The JSON value without its secrets; the very same object's copy where nothing was removed."""
    if isinstance(value, dict):
        return {
            name: without_secrets(item, strict=strict or _plain(name) in SECRET_LISTS)
            for name, item in value.items()
            if not _is_secret(_plain(name), item, strict)
        }
    if isinstance(value, list):
        return [without_secrets(item, strict=strict) for item in value]
    return redacted(value) if isinstance(value, str) else value


def redacted(text: str) -> str:
    """The text with every token, key and password in it blanked."""
    return _IN_TEXT.sub(lambda found: (found["before"] or found["basic"] or "") + BLANK, text)


@lru_cache(maxsize=8_192)  # names of fields are few and come again and again
def _plain(name: str) -> str:
    return _NOT_A_LETTER.sub("", name.lower())


def _is_secret(name: str, value: Any, strict: bool) -> bool:
    """Flags and counts (`token: true`, `tokens: 12`) are not secrets; a list or object under such a name is."""
    if value is None or isinstance(value, (bool, int, float)):
        return False
    if strict and any(part in name for part in SECRET_PARTS):
        return True
    return name.endswith(SECRET_ENDINGS) and name not in HARMLESS_NAMES
