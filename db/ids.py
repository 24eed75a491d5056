"""The graph's ids: opaque, and the same for the same record in every database.

An id is one letter for the kind and 22 characters of a hash of (organisation, system, external id),
so importing again, or into a new database, gives the same id.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b

LETTERS = {
    "AGENT": "A", "ACTIVITY": "V", "ANSWER": "Z", "CELL": "L", "CHART": "H", "COMPUTER": "C", "INTEGRATION": "I",
    "MESSAGE": "M", "ORGANIZATION": "O", "PROVIDER": "P", "RUN": "R", "SESSION": "S", "TAG": "T",
    "TASK_BINDING": "B", "USER": "U", "WORKSPACE": "W", "ACCOUNT": "N",
}  # fmt: skip
KINDS = {letter: kind for kind, letter in LETTERS.items()}
_ID = re.compile(r"[A-Z][\w-]{22}", re.ASCII)
DIGEST_BYTES = 16  # 128 bits: two of a billion records collide with a chance below 1e-20


@lru_cache(maxsize=4_096)  # the ids of one group of exchanges
def id_of(kind: str, organization_id: str, system: str, external_id: str) -> str:
    """The graph's id of a record."""
    key = f"{organization_id}\0{system}\0{external_id}".encode("utf-8", "surrogatepass")
    digest = blake2b(key, digest_size=DIGEST_BYTES, person=kind.encode()).digest()
    return LETTERS[kind] + urlsafe_b64encode(digest).decode().rstrip("=")


def organization_id_of(name: str) -> str:
    """The id of an organisation, made of its name."""
    return id_of("ORGANIZATION", "", "", name)


def kind_of(record_id: str) -> str | None:
    """The kind that an id says it is of; None for what is no id of ours."""
    return KINDS.get(record_id[:1])


def is_id_of(kind: str, text: str) -> bool:
    """Whether the text could be the id of a record of this kind: whatever else it is, no database need be asked."""
    return kind_of(text) == kind and _ID.fullmatch(text) is not None
