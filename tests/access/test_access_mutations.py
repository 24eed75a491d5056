"""Every mutation, tried by every role on workspaces of each kind: done, or refused by the code that the rules say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from operations.permissions import WORKSPACE_ACTIONS
from schema.build import GraphSchema
from tests.access import access_rules as rules
from tests.access.access_fixtures import (  # noqa: F401
    roomy_once,
    stage_of_each_kind,
    stage_of_its_own,
    staged_on_postgresql,
    staged_on_sqlite,
    template_with_stage,
    walk_learnt,
)
from tests.access.access_mutations import (
    DONE,
    FREE,
    OWN_WRITER,
    REFUSED,
    TARGETS,
    WRITERS,
    Rehearsal,
    Rehearsed,
    action_of,
    outcome,
    rehearsal,
    through_payloads,
    tried_by,
    tries,
    verdict,
)
from tests.access.access_rules import ASKING, COLLEAGUE, OTHER, OWNING, Role
from tests.access.access_walk import Walk
from tests.access.access_world import BY_NAME


@pytest.fixture
async def undone(walk: Walk) -> AsyncIterator[Rehearsed]:
    """The database, in which whatever is done is undone."""
    opened = Rehearsed(walk.stage.database.url.render_as_string(hide_password=False))
    walk.stage.viewers[OWN_WRITER.name] = replace(walk.stage.viewers[OWNING.name], scopes=OWN_WRITER.scopes)
    yield opened
    await opened.close()


def test_every_mutation_is_tried_and_every_action_has_a_rule(schema: GraphSchema) -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(mutations.fields) == {*TARGETS, *FREE}, "say in TARGETS of access_mutations.py what it is tried on"
    assert list(WORKSPACE_ACTIONS) == list(rules.ACTIONS), "say in ACTIONS and below of access_rules.py who may do it"
    on_workspaces = {action_of(one) for one in TARGETS} - {"PAUSE_AGENT", "RESUME_AGENT"}
    assert on_workspaces == set(rules.ACTIONS)


async def test_every_mutation_is_done_or_refused_as_the_rules_say_and_viewer_can_tells_beforehand(
    walk: Walk, undone: Rehearsed
) -> None:
    world, tried = walk.stage.ours, 0
    for role in WRITERS:
        graph = rehearsal(walk.stage, role, undone)
        for home in tried_by(role):
            told = await _told(graph, world.workspace_id(home))
            for mutation, given in tries(world, home):
                code, _payload = await outcome(graph, mutation, given)
                tried += 1
                _hold(walk, role, mutation, home, code, told)
        code, _payload = await outcome(graph, "createWorkspace", FREE["createWorkspace"])
        if (code == DONE) is not rules.has_scope(role, "CREATE_WORKSPACE"):
            walk.wrong.append(f"{role.name}, createWorkspace: {code}")
    assert tried > 900
    assert [mutation for mutation, was_done in walk.done.items() if not was_done] == []


def _hold(walk: Walk, role: Role, mutation: str, home: str, code: str, told: list[str] | None) -> None:
    """What came of it is what the rules say, and what `viewerCan` told; None is told of a workspace that is hidden."""
    wanted = verdict(role, walk.stage.ours, mutation, home)
    if (code in REFUSED) if wanted == DONE else (code != wanted):
        walk.wrong.append(f"{role.name}, {mutation} on {home}: {code}, and should be {wanted}")
    if (told is None) is not (rules.access(role, BY_NAME[home]) is None):
        walk.wrong.append(f"{role.name}, viewerCan of {home}: {told}")
    action = action_of(mutation)
    if action in rules.ACTIONS and (code not in REFUSED) is not (action in (told or ())):
        walk.wrong.append(f"{role.name}, viewerCan of {home}: {mutation} came to {code}")
    walk.done[mutation] = walk.done.get(mutation, False) or code == DONE


async def _told(graph: Rehearsal, workspace_id: str) -> list[str] | None:
    result = await graph.ask("query ($id: ID!) { workspace(id: $id) { viewerCan } }", id=workspace_id)
    workspace = (result.data or {}).get("workspace")
    return None if workspace is None else list(workspace["viewerCan"])


async def test_payloads_tell_of_records_as_every_other_door_does(walk: Walk, undone: Rehearsed) -> None:
    if not walk.stage.database.is_sqlite:
        pytest.skip("payloads are read by the statements of the other doors, which are tried on both")
    for role in ASKING:
        await through_payloads(walk, role, rehearsal(walk.stage, role, undone))
    asked = {role.name: walk.asked["mutation", role.name] for role in ASKING}
    assert asked == dict.fromkeys(asked, walk.table.places()["mutation"])


async def test_what_is_refused_looks_the_same_whether_it_is_hidden_missing_or_of_another_organisation(
    walk: Walk, undone: Rehearsed
) -> None:
    world = walk.stage.ours
    texts = {}
    for name, record_id in {
        "hidden": world.workspace_id("hidden-all"),
        "deleted": world.workspace_id("gone"),
        "of another organisation": walk.stage.theirs.workspace_id("own-all"),
        "none": world.id("WORKSPACE", "VAI", "nothing"),
    }.items():
        graph = rehearsal(walk.stage, COLLEAGUE, undone)
        result = await graph.ask(
            f'mutation {{ updateWorkspace(input: {{id: "{record_id}", title: "x"}}) {{ __typename }} }}'
        )
        (error,) = result.errors or ()
        texts[name] = (str(error.original_error).replace(record_id, "ID"), getattr(error.original_error, "code", None))
    assert set(texts.values()) == {("there is no workspace 'ID'", "NOT_FOUND")}


async def test_a_workspace_is_linked_by_who_owns_both_alone(walk: Walk, undone: Rehearsed) -> None:
    world = walk.stage.ours
    pairs = {
        ("own-vai", "own-folder"): DONE,  # both one's own
        ("own-vai", "joined"): "PERMISSION_DENIED",  # of which only a part is
        ("own-vai", "hidden-folder"): "NOT_FOUND",
        ("hidden-folder", "own-vai"): "NOT_FOUND",
        ("joined", "own-vai"): "PERMISSION_DENIED",
    }
    found = {}
    for into, other in pairs:
        given = {"intoId": world.workspace_id(into), "fromId": world.workspace_id(other)}
        found[into, other], _payload = await outcome(rehearsal(walk.stage, OWNING, undone), "linkWorkspaces", given)
    assert found == pairs


async def test_another_organisation_does_nothing_with_ours(walk: Walk, undone: Rehearsed) -> None:
    stranger = replace(OTHER, scopes=rules.ADMINISTRATOR.scopes)
    walk.stage.viewers[OTHER.name] = replace(walk.stage.viewers[OTHER.name], scopes=stranger.scopes)
    graph = rehearsal(walk.stage, stranger, undone)
    codes = {
        (await outcome(graph, mutation, given))[0]
        for home in ("own-vai", "own-all")
        for mutation, given in tries(walk.stage.ours, home)
    }
    assert codes == {"NOT_FOUND"}
