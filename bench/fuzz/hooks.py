"""What schemathesis is told of the graph: values of its scalars, and what must hold of every answer."""

from __future__ import annotations

from typing import Any

import schemathesis

from bench.fuzz.documents import SCALARS
from bench.fuzz.verdicts import Answer, judged

for name, values in SCALARS.items():
    if name != "ID":
        schemathesis.graphql.scalar(name, values)


@schemathesis.check
def as_it_must_be(_context: Any, response: Any, _case: Any) -> None:
    """Its own check takes every error in an answer for a failure of the server's."""
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    _codes, fault = judged(Answer(response.status_code, headers, response.content, 0), is_head=False)
    if fault:
        raise AssertionError(fault)
