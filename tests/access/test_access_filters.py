"""Filters by related records let nobody ask about what is hidden: tried by every role, condition by condition."""

from __future__ import annotations

from tests.access import access_filters
from tests.access.access_fixtures import (  # noqa: F401
    roomy_once,
    stage_of_each_kind,
    stage_of_its_own,
    staged_on_postgresql,
    staged_on_sqlite,
    template_with_stage,
    walk_learnt,
)
from tests.access.access_rules import ASKING
from tests.access.access_walk import Walk


async def test_filters_are_no_oracle(walk: Walk) -> None:
    tried = {}
    for role in ASKING:
        graph = walk.stage.graph(role)
        tried[role.name] = await access_filters.through_filters(walk, role, graph)
        await access_filters.through_nested_filters(walk, role, graph)
    assert min(tried.values()) > 30
    asked = {role.name: walk.asked["filter", role.name] for role in ASKING}
    assert asked == dict.fromkeys(tried, access_filters.places_of(walk.table))
