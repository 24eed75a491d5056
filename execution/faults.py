"""Stage: faults. The second pass, only when something went wrong: nulls go up, errors get paths.

A) the tree is walked beside the plans, from the root.  B) a fault, or a null where none may be, becomes an error at
its path.  C) if the position cannot be null, the null goes up to the next that can.  The tree is copied on the way,
since one dict may stand in several places. Source: GraphQL, 6.4.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from graphql import GraphQLOutputType, get_nullable_type, is_leaf_type, is_list_type, is_non_null_type
from graphql.error import located_error
from graphql.pyutils import Path

from execution.listing import Listing
from execution.plan import FieldPlan, SelectionPlan


@dataclass(frozen=True, eq=False)
class Fault:
    """Stands in the answer where a value could not be had."""

    error: Exception


class _Nulled(Exception):  # noqa: N818  it is no error but a null on its way up
    """The position cannot be null; its error is noted."""


@dataclass
class Settling:
    """The second pass over one answer. `plans` says by which plan each dict was made, by the dict's `id`."""

    plans: Mapping[int, SelectionPlan]
    listing: Listing

    def of_root(self, data: dict[str, Any]) -> dict[str, Any] | None:
        """The data with its nulls in place; None where the root itself is nulled. Adds to `listing`."""
        try:
            return self._object(data, None)
        except _Nulled:
            return None

    def _object(self, made: dict[str, Any], path: Path | None) -> dict[str, Any]:
        plan = self.plans[id(made)]
        settled = {}  # by a loop, as are lists: each comprehension would be a level more of Python's stack
        for one in plan.fields:
            settled[one.key] = self._value(made[one.key], one.returns, one, Path(path, one.key, plan.on.name))
        return settled

    def _value(self, value: Any, of: GraphQLOutputType, one: FieldPlan, path: Path) -> Any:  # A
        is_required = is_non_null_type(of)
        bare: Any = get_nullable_type(of)
        try:
            if isinstance(value, Fault):  # B
                self._fail(value.error, one, path)
            if value is None and is_required:
                field_name = f"{one.parent}.{one.nodes[0].name.value}"
                self._fail(TypeError(f"Cannot return null for non-nullable field {field_name}."), one, path)
            if value is None or is_leaf_type(bare):
                return value
            if not is_list_type(bare):
                return self._object(value, path)
            items = []
            for place, item in enumerate(value):
                items.append(self._value(item, bare.of_type, one, Path(path, place, None)))
        except _Nulled:
            if is_required:
                raise  # C
            return None
        return items

    def _fail(self, error: Exception, one: FieldPlan, path: Path) -> NoReturn:
        if not self.listing.is_full(error):
            self.listing.errors.append(located_error(error, one.nodes, path.as_list()))
        raise _Nulled
