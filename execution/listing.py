"""The errors of an answer, of which so many are listed; of the rest its `extensions` tell the number and the codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult, GraphQLError

from errors import BadRequestError, GatewayError, InternalError


@dataclass(eq=False)
class Listing:
    """The errors of an answer: the first `most` in the order of the document, and the codes of those behind them."""

    most: int | None = None
    errors: list[GraphQLError] = field(default_factory=list)
    omitted: Counter[str] = field(default_factory=Counter)

    def is_full(self, error: BaseException) -> bool:
        """Whether no more are listed; then the error is counted."""
        if self.most is None or len(self.errors) < self.most:
            return False
        self.omitted[code_of(error)] += 1
        return True

    @property
    def extensions(self) -> dict[str, Any]:
        """What the answer says of those that are not listed."""
        return {"errors": {"omitted": self.omitted.total(), "codes": dict(self.omitted)}} if self.omitted else {}


def code_of(error: BaseException) -> str:
    """The code that an error has in the answer."""
    while isinstance(error, GraphQLError):
        if error.original_error is None:
            return BadRequestError.code
        error = error.original_error
    return error.code if isinstance(error, GatewayError) else InternalError.code


def listed(result: ExecutionResult, most: int | None) -> ExecutionResult:
    """The result with no more errors than are listed."""
    if most is None or not result.errors or len(result.errors) <= most:
        return result
    listing = Listing(most)
    listing.errors += (error for error in result.errors if not listing.is_full(error))
    return ExecutionResult(result.data, listing.errors, {**(result.extensions or {}), **listing.extensions})
