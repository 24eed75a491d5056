"""What texts both databases can hold."""

from __future__ import annotations


def is_storable(text: str) -> bool:
    """Whether the text has no NUL character and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
