"""What an answer cost, told in its `extensions` to those who ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from execution.complete import Frame
from execution.costs import Quote


def cost_of(quote: Quote, frames: Iterable[Frame]) -> float:
    """What the objects of these frames did cost, by the prices of the quote."""
    total, seen = 0.0, set()
    for frame in frames:
        count = len(frame.sources)
        total += count * quote.prices.of_type(frame.plan.on)
        for one in frame.plan.fields:
            price = quote.prices.of(one.definition)
            if price.weight and not (price.is_batched and id(one) in seen):
                seen.add(id(one))
                total += price.weight if price.is_batched else price.weight * count
    return total


def told(quote: Quote, actual: float | None) -> dict[str, Any]:
    """What an answer says of its cost, in the words that Apollo's router has for it."""
    known = {} if actual is None else {"actualQueryCost": round(actual, 1)}
    return {"cost": {"requestedQueryCost": round(quote.total, 1), **known, "maximumAvailable": quote.limits.cost}}


def tells_cost(context: Any) -> bool:
    """Whether whoever asks wants to know what the answer cost."""
    return getattr(context, "tells_cost", False) is True
