"""Stage: encode. The answer as bytes. Moments and JSON text that rows hold are written here and nowhere before."""

from __future__ import annotations

from typing import Any

import orjson

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def encoded(answer: Any) -> bytes:
    """The JSON of an answer: a moment in UTC ends with `Z`, an `orjson.Fragment` is written as it is."""
    return orjson.dumps(answer, option=OPTIONS)
