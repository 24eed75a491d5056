"""Random operations of several people over two organisations end where plain Python says they do.

After every step all that is visible is asked for and compared with `tests/organization_model.py`, as is the code of
every refusal. `STATES_EXAMPLES=500 STATES_STEPS=80 pytest tests/test_states.py` runs longer.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from db.access import AGENT_WRITE, READ, READ_OWN, SHARE_WRITE, WORKSPACE_WRITE, WORKSPACE_WRITE_OWN
from db.database import Database
from db.ids import organization_id_of
from db.migrate import upgrade
from resolvers.accounts import ensure_organization
from rest.importing import Summary, imported
from schema.build import GraphSchema
from tests.conftest import exchange
from tests.mutations import ALL_SCOPES, SPEC, Hand, Refusal, of, person
from tests.organization_model import Chart, Model, Part, Share, Workspace

EXAMPLES = int(os.environ.get("STATES_EXAMPLES", "10"))  # sequences of operations, for each database
STEPS = int(os.environ.get("STATES_STEPS", "30"))  # operations in a sequence, at most
STALE = "2001-01-01T00:00:00Z"
PAST = "2026-01-01T00:00:00Z"
KEPT = ("idle", "busy", "stopped", "failed")  # states of pods that have a snapshot to begin with
POD_STATES = ("provisioning", "idle", "busy", "stopping", "stopped", "failed")
COMPUTER_STATES = ("creating", "starting", "running", "stopping", "stopped", "restarting", "suspended", "error")
AGENT_STATES = ("active", "paused", "cancelled", "draft", "archived")
PEOPLE = ("ann", "ben", "cem")  # users of VAI; ann owns what was there before
OWN_REACH = frozenset((READ_OWN, WORKSPACE_WRITE_OWN, AGENT_WRITE, SHARE_WRITE))
READERS = {"ann": ALL_SCOPES, "ben": OWN_REACH, "cem": frozenset((READ,)), "dee": frozenset((READ, WORKSPACE_WRITE))}
NEEDS = {"forkWorkspace": "VIEWER"} | dict.fromkeys(
    ("deleteWorkspace", "linkWorkspaces", "unlinkWorkspace", "setShare", "revokeShare", "clearShare"), "OWNER"
)  # of those who reach only what is their own; EDITOR for the rest

SEEN = """{
  agents(filter: { system: { eq: AITASKER } }) { nodes { id status } }
  workspaces { nodes {
    id name description status isArchived systems parent { id } evershell { status snapshotRef archivedAt }
    computers { nodes { name status } } charts { nodes { id position title collapsed chartSpecVersion } }
    sessions { totalCount } tags { id } tasks { taskId mutatesWorkspace }
    share { state status recipients { externalId } }
  } }
}"""
ACCESS = "{ workspaces { nodes { id viewerAccess } } }"


def said(name: str) -> list[dict[str, Any]]:
    """What the systems said of an organisation before anybody changed it; the same of every organisation."""
    agents = [{"id": f"agent-{word}", "display_name": word, "status": word} for word in AGENT_STATES]
    lines = [
        exchange("aitasker", f"GET /api/v1/workspaces/a-{one['display_name']}",
                 {"id": f"a-{one['display_name']}", "name": f"Desk {one['status']}", "status": "active", "hired_agent": one})
        for one in agents[:2]
    ]  # fmt: skip
    lines += [exchange("aitasker", f"POST /api/v1/workspaces/agents/{one['id']}/pause", one) for one in agents[2:]]
    computers = [{"id": f"c-{word}", "name": word, "status": word} for word in COMPUTER_STATES]
    lines.append(exchange("orgo", "GET /workspaces/o-full", {"id": "o-full", "name": "Full", "computers": computers}))
    lines.append(exchange("orgo", "GET /workspaces/o-empty", {"id": "o-empty", "name": "Empty", "computers": []}))
    for word in POD_STATES:
        pod = {"id": f"e-{word}", "status": word, "created_by_user_id": "ann"}
        snapshot = {"snapshot_ref": f"snap-{word}"} if word in KEPT else {}
        lines.append(exchange("evershell", f"GET /workspaces/e-{word}", {**pod, **snapshot}))
    tasks = [
        {"id": f"task-{word}", "workspace_id": "e-stopped", "status": word}
        for word in ("completed", "failed", "running")
    ]
    lines.append(exchange("evershell", "GET /workspaces/e-stopped/tasks", tasks))
    people = [{"id": one, "email": f"{one}@example.org"} for one in PEOPLE]
    for number in (1, 2):
        base = f"/api/v1/workspaces/v-{number}"
        workspace = {"id": f"v-{number}", "title": f"Table {number}", "ownerUserId": "ann"}
        lines.append(exchange("vai", f"GET {base}", {"workspace": workspace}))
        charts = [{"id": f"h-{number}-{place}", "workspaceId": f"v-{number}", "position": place} for place in (0, 5, 9)]
        lines.append(exchange("vai", f"GET {base}/charts", {"items": charts}))
    share = {"shareId": "s", "state": "shared", "status": "active", "recipients": people[2:], "expiresAt": PAST}
    lines.append(exchange("vai", "GET /api/v1/workspaces/v-1/share", share))
    lines.append(
        exchange("vai", "GET /api/v1/workspaces/v-2/share", {**share, "recipients": people, "expiresAt": None})
    )
    lines.append(exchange("vai", "GET /api/v1/tags", {"items": [{"id": f"tag-{n}", "name": f"{n}"} for n in (1, 2)]}))
    return lines


def model_of(organization: str) -> Model:
    """The same, in plain Python."""

    def part(system: str, external_id: str, **known: Any) -> Workspace:
        return Workspace(
            {system: Part(of("WORKSPACE", system, external_id, organization), system, external_id, **known)}
        )

    model = Model(
        agents={of("AGENT", "AITASKER", f"agent-{word}", organization): word.upper() for word in AGENT_STATES},
        computers={of("COMPUTER", "ORGO", f"c-{word}", organization): word.upper() for word in COMPUTER_STATES},
        tags=tuple(of("TAG", "VAI", f"tag-{number}", organization) for number in (1, 2)),
        people=PEOPLE,
    )
    names = dict(zip(model.computers, COMPUTER_STATES, strict=True))
    model.workspaces = [
        *(
            part("AITASKER", f"a-{word}", name=f"Desk {word}", agent=of("AGENT", "AITASKER", f"agent-{word}", organization))
            for word in AGENT_STATES[:2]
        ),
        part("ORGO", "o-full", name="Full", computers=names),
        part("ORGO", "o-empty", name="Empty"),
        *(part("EVERSHELL", f"e-{word}", owner="ann", pod=word) for word in POD_STATES),
        *(
            part("VAI", f"v-{number}", name=f"Table {number}", owner="ann", charts=[
                Chart(of("CHART", "VAI", f"h-{number}-{place}", organization), place) for place in (0, 5, 9)
            ])
            for number in (1, 2)
        ),
    ]  # fmt: skip
    for word in KEPT:
        _pod(model, organization, word).snapshot = f"snap-{word}"
    _pod(model, organization, "stopped").finished_tasks = 2
    for number, share in (
        (1, Share("shared", "active", ["cem"], has_expired=True)),
        (2, Share("shared", "active", list(PEOPLE))),
    ):
        place = model.workspace(of("WORKSPACE", "VAI", f"v-{number}", organization))
        assert place is not None
        place.parts["VAI"].share = share
    return model


def _pod(model: Model, organization: str, word: str) -> Part:
    place = model.workspace(of("WORKSPACE", "EVERSHELL", f"e-{word}", organization))
    assert place is not None
    return place.parts["EVERSHELL"]


def seen(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer to SEEN in the form of `Model.seen`."""
    return {
        "agents": {one["id"]: one["status"] for one in sorted(answer["agents"]["nodes"], key=lambda one: one["id"])},
        "workspaces": {one["id"]: _seen_workspace(one) for one in answer["workspaces"]["nodes"]},
    }


def _seen_workspace(one: dict[str, Any]) -> dict[str, Any]:
    pod, share = one["evershell"], one["share"]
    return {
        **{name: one[name] for name in ("name", "description", "status", "isArchived")},
        "systems": sorted(one["systems"]),
        "parent": one["parent"] and one["parent"]["id"],
        "pod": pod and [pod["status"], pod["snapshotRef"], pod["archivedAt"] is not None],
        "computers": {
            each["name"]: each["status"] for each in sorted(one["computers"]["nodes"], key=lambda each: each["name"])
        },
        "charts": [list(chart.values()) for chart in one["charts"]["nodes"]],
        "sessions": one["sessions"]["totalCount"],
        "tags": [tag["id"] for tag in one["tags"]],
        "tasks": sorted((task["taskId"], task["mutatesWorkspace"]) for task in one["tasks"]),
        "share": [share["state"], share["status"], [person["externalId"] for person in share["recipients"]]],
    }


MADE = {
    "createWorkspace": "{ workspace { id vai { externalId } } }",
    "forkWorkspace": "{ workspace { id evershell { externalId } } }",
    "stopWorkspace": "{ workspace { evershell { snapshotRef } } }",
    "createChart": "{ chart { id } }",
    "createComputer": "{ computer { id } }",
    "attachTask": "{ binding { id } }",
}
SCOPES = {"pauseAgent": "agent:write", "resumeAgent": "agent:write"} | dict.fromkeys(
    ("setShare", "revokeShare", "clearShare"), "share:write"
)
WHO = st.sampled_from([(0, name) for name in ("ann", "ben", "ann", "ben", "ann", "ben", "cem", "dee")] + [(1, "ann")])
PLACE = st.integers(0, 8 * 24)
RARELY = st.integers(0, 9).map(lambda number: number == 0)


class Organizations(RuleBasedStateMachine):
    """Two organisations in one database, each with what `said` says; every sequence has two of its own."""

    run: Callable[[Any], Any]
    database: Database
    schema: GraphSchema
    folder: Path
    numbers = count()

    @initialize()
    def begin(self) -> None:
        name = f"Organisation {next(self.numbers)}"
        self.ids = [organization_id_of(f"{name} {letter}") for letter in "AB"]
        self.models = [model_of(organization) for organization in self.ids]
        self.hands = {
            (number, who): Hand(
                self.database, self.schema, person(who, organization_id=organization, scopes=READERS[who])
            )
            for number, organization in enumerate(self.ids)
            for who in READERS
        }
        self.ever: dict[str, list[str]] = {kind: [] for kind in ("workspace", "agent", "computer", "chart", "binding")}
        for number, letter in enumerate("AB"):
            self.run(ensure_organization(self.database, f"{name} {letter}"))
            self._tell(number, *said(letter))
            model = self.models[number]
            self.ever["workspace"] += [part.id for one in model.workspaces for part in one.parts.values()]
            self.ever["agent"] += model.agents
            self.ever["computer"] += model.computers
            self.ever["chart"] += [
                chart.id for one in model.workspaces for part in one.parts.values() for chart in part.charts
            ]

    def _tell(self, number: int, *lines: dict[str, Any]) -> None:
        path = self.folder / f"{next(self.numbers)}.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        summary = Summary()

        async def take() -> None:
            async for entry in imported(self.database, self.ids[number], [path], summary):
                assert entry.outcome in {"kept", "changed", "unchanged"}, entry

        self.run(take())

    # one operation

    def pick(self, who: tuple[int, str], kind: str, place: int) -> str:
        """An id of this kind; now and then of what is gone, of another organisation, or of nothing.

        A system's name stands for the workspaces that it has a part of.
        """
        living = list(self._living(self.models[who[0]], kind))
        ids = living if living and place % 8 else self.ever.get(kind, self.ever["workspace"])
        return ids[place // 8 % len(ids)] if ids else f"{kind[0].upper()}{'0' * 22}"

    @staticmethod
    def _living(model: Model, kind: str) -> Iterable[str]:
        parts = [part for one in model.workspaces for part in one.parts.values()]
        if kind in ("agent", "computer"):
            return model.agents if kind == "agent" else model.computers
        if kind in ("chart", "binding"):
            return [one for part in parts for one in (part.tasks if kind == "binding" else [c.id for c in part.charts])]
        return [part.id for part in parts if kind in {"workspace", part.system}]

    def do(self, who: tuple[int, str], mutation: str, expect: Callable[[Model, Any], str | None], **given: Any) -> Any:
        """Do it in the graph and in the model, and find the same refusal or none; the payload or the refusal."""
        number, name = who
        answer = self.run(self.hands[who].result(mutation, MADE.get(mutation, "{ __typename }"), given))
        code = answer.code if isinstance(answer, Refusal) else None
        scope, model = SCOPES.get(mutation, WORKSPACE_WRITE), self.models[number]
        if READERS[name].isdisjoint({scope, f"{scope}:own"}):
            assert code == "PERMISSION_DENIED"
            return answer
        ids = [given[one] for one in ("id", "workspaceId", "intoId", "fromId") if one in given]
        is_limited = READ not in READERS[name]
        barred = model.barred(name, NEEDS.get(mutation, "EDITOR"), ids) if is_limited else None
        assert code == (barred or expect(model, answer)), (name, mutation, given, answer)
        return answer

    def made(self, who: tuple[int, str], kind: str, answer: Any) -> None:
        """Know what was made by the id that the graph gave it."""
        if isinstance(answer, Refusal):
            return
        (payload,) = answer.values()
        self.models[who[0]].named(payload["id"])
        self.ever[kind].append(payload["id"])
        if kind == "workspace":
            place = self.models[who[0]].workspace(payload["id"])
            assert place is not None
            facet = payload.get("vai") or payload["evershell"]
            place.first.external_id = facet["externalId"]

    @rule(who=WHO, place=PLACE, pauses=st.booleans())
    def agent(self, who: tuple[int, str], place: int, pauses: bool) -> None:
        agent = self.pick(who, "agent", place)
        if pauses:
            self.do(who, "pauseAgent", lambda model, _: model.pause_agent(agent), id=agent)
        else:
            self.do(who, "resumeAgent", lambda model, _: model.resume_agent(agent), id=agent)

    @rule(who=WHO, title=st.sampled_from("xyz"))
    def create_workspace(self, who: tuple[int, str], title: str) -> None:
        self.made(
            who,
            "workspace",
            self.do(who, "createWorkspace", lambda model, _: model.create_workspace(title, who[1]), title=title),
        )

    @rule(who=WHO, place=PLACE, stale=RARELY, given=st.fixed_dictionaries(
        {}, optional={"title": st.sampled_from(["Given", "Other", None]), "description": st.sampled_from(["For", None])}
    ).filter(bool))  # fmt: skip
    def update_workspace(self, who: tuple[int, str], place: int, stale: bool, given: dict[str, Any]) -> None:
        target = self.pick(who, "workspace", place)
        self.do(who, "updateWorkspace", lambda model, _: model.update_workspace(target, is_stale=stale, **given),
                id=target, **given, **_expected(stale))  # fmt: skip

    @rule(who=WHO, place=PLACE, stale=RARELY, archives=st.booleans())
    def archive(self, who: tuple[int, str], place: int, stale: bool, archives: bool) -> None:
        target = self.pick(who, "workspace", place)
        if archives:
            self.do(
                who,
                "archiveWorkspace",
                lambda model, _: model.archive_workspace(target, is_stale=stale),
                id=target,
                **_expected(stale),
            )
        else:
            self.do(
                who,
                "restoreWorkspace",
                lambda model, _: model.restore_workspace(target, is_stale=stale),
                id=target,
                **_expected(stale),
            )

    @rule(who=WHO, place=PLACE, stale=st.booleans())
    def delete_workspace(self, who: tuple[int, str], place: int, stale: bool) -> None:
        target = self.pick(who, "workspace", place)
        self.do(
            who,
            "deleteWorkspace",
            lambda model, _: model.delete_workspace(target, is_stale=stale),
            id=target,
            **_expected(stale),
        )

    @rule(who=WHO, into=PLACE, other=PLACE)
    def link(self, who: tuple[int, str], into: int, other: int) -> None:
        one, two = self.pick(who, "workspace", into), self.pick(who, "workspace", other)
        self.do(who, "linkWorkspaces", lambda model, _: model.link_workspaces(one, two), intoId=one, fromId=two)

    @rule(who=WHO, place=PLACE, system=st.sampled_from(["AITASKER", "ORGO", "VAI", "EVERSHELL"]))
    def unlink(self, who: tuple[int, str], place: int, system: str) -> None:
        target = self.pick(who, "workspace", place)
        self.do(
            who, "unlinkWorkspace", lambda model, _: model.unlink_workspace(target, system), id=target, system=system
        )

    @rule(who=WHO, place=PLACE, stops=st.booleans())
    def pod(self, who: tuple[int, str], place: int, stops: bool) -> None:
        target = self.pick(who, "EVERSHELL", place)
        if stops:
            self.do(
                who, "stopWorkspace", lambda model, answer: model.stop_workspace(target, _snapshot(answer)), id=target
            )
        else:
            self.do(who, "resumeWorkspace", lambda model, _: model.resume_workspace(target), id=target)

    @rule(who=WHO, place=PLACE, tasks=st.sampled_from([0, 0, 1, 2, 3]))
    def fork(self, who: tuple[int, str], place: int, tasks: int) -> None:
        target = self.pick(who, "EVERSHELL", place)
        answer = self.do(
            who,
            "forkWorkspace",
            lambda model, _: model.fork_workspace(target, tasks, who[1]),
            id=target,
            taskCount=tasks,
        )
        self.made(who, "workspace", answer)

    @rule(who=WHO, place=PLACE, name=st.sampled_from(["running", "one", "two"]))
    def create_computer(self, who: tuple[int, str], place: int, name: str) -> None:
        target = self.pick(who, "ORGO", place)
        answer = self.do(
            who, "createComputer", lambda model, _: model.create_computer(target, name), workspaceId=target, name=name
        )
        self.made(who, "computer", answer)

    @rule(who=WHO, place=PLACE, verb=st.sampled_from(["start", "stop", "restart", "delete"]))
    def computer(self, who: tuple[int, str], place: int, verb: str) -> None:
        target = self.pick(who, "computer", place)
        self.do(who, f"{verb}Computer", lambda model, _: getattr(model, f"{verb}_computer")(target), id=target)

    @rule(who=WHO, place=PLACE, title=st.sampled_from(["north", "south"]))
    def create_chart(self, who: tuple[int, str], place: int, title: str) -> None:
        target = self.pick(who, "VAI", place)
        answer = self.do(
            who,
            "createChart",
            lambda model, _: model.create_chart(target, title),
            workspaceId=target,
            title=title,
            spec=SPEC,
        )
        self.made(who, "chart", answer)

    @rule(who=WHO, place=PLACE, position=st.integers(0, 5))
    def move_chart(self, who: tuple[int, str], place: int, position: int) -> None:
        target = self.pick(who, "chart", place)
        self.do(who, "moveChart", lambda model, _: model.move_chart(target, position), id=target, position=position)

    @rule(who=WHO, place=PLACE, stale=RARELY, collapsed=st.booleans())
    def update_chart(self, who: tuple[int, str], place: int, stale: bool, collapsed: bool) -> None:
        target = self.pick(who, "chart", place)
        self.do(who, "updateChart", lambda model, _: model.update_chart(target, is_stale=stale, collapsed=collapsed),
                id=target, collapsed=collapsed, **_expected(stale))  # fmt: skip

    @rule(who=WHO, place=PLACE, stale=RARELY)
    def delete_chart(self, who: tuple[int, str], place: int, stale: bool) -> None:
        target = self.pick(who, "chart", place)
        self.do(
            who,
            "deleteChart",
            lambda model, _: model.delete_chart(target, is_stale=stale),
            id=target,
            **_expected(stale),
        )

    @rule(who=WHO, place=PLACE)
    def create_session(self, who: tuple[int, str], place: int) -> None:
        target = self.pick(who, "VAI", place)
        self.do(who, "createSession", lambda model, _: model.create_session(target), workspaceId=target)

    @rule(who=WHO, place=PLACE, stale=RARELY, people=st.lists(st.sampled_from([*PEOPLE, "nobody"]), max_size=3))
    def set_share(self, who: tuple[int, str], place: int, stale: bool, people: list[str]) -> None:
        target = self.pick(who, "VAI", place)
        self.do(who, "setShare", lambda model, _: model.set_share(target, people, is_stale=stale),
                workspaceId=target, recipientUserIds=people, **_expected(stale))  # fmt: skip

    @rule(who=WHO, place=PLACE, stale=RARELY, verb=st.sampled_from(["revoke", "clear"]))
    def end_share(self, who: tuple[int, str], place: int, stale: bool, verb: str) -> None:
        target = self.pick(who, "VAI", place)
        self.do(who, f"{verb}Share", lambda model, _: getattr(model, f"{verb}_share")(target, is_stale=stale),
                workspaceId=target, **_expected(stale))  # fmt: skip

    @rule(
        who=WHO,
        place=PLACE,
        stale=RARELY,
        of_organization=st.integers(0, 1),
        many=st.lists(st.integers(0, 1), max_size=3),
    )
    def set_tags(self, who: tuple[int, str], place: int, stale: bool, of_organization: int, many: list[int]) -> None:
        target, tags = self.pick(who, "VAI", place), [self.models[of_organization].tags[number] for number in many]
        self.do(who, "setTags", lambda model, _: model.set_tags(target, tags, is_stale=stale),
                workspaceId=target, tagIds=tags, **_expected(stale))  # fmt: skip

    @rule(who=WHO, place=PLACE, task=st.sampled_from(["t-1", "t-2"]))
    def attach_task(self, who: tuple[int, str], place: int, task: str) -> None:
        target = self.pick(who, "VAI", place)
        answer = self.do(
            who, "attachTask", lambda model, _: model.attach_task(target, task), workspaceId=target, taskId=task
        )
        self.made(who, "binding", answer)

    @rule(who=WHO, place=PLACE, mutates=st.sampled_from([True, False, None]))
    def bound_task(self, who: tuple[int, str], place: int, mutates: bool | None) -> None:
        target = self.pick(who, "binding", place)
        if mutates is None:
            self.do(who, "detachTask", lambda model, _: model.detach_task(target), id=target)
        else:
            self.do(who, "updateTaskBinding", lambda model, _: model.update_task_binding(target, mutates=mutates),
                    id=target, mutatesWorkspace=mutates)  # fmt: skip

    # what the systems say meanwhile

    @rule(number=st.integers(0, 1), word=st.sampled_from(POD_STATES), state=st.sampled_from(POD_STATES))
    def pod_says(self, number: int, word: str, state: str) -> None:
        place = self.models[number].workspace(of("WORKSPACE", "EVERSHELL", f"e-{word}", self.ids[number]))
        if place is not None:
            self._tell(
                number,
                exchange("evershell", f"GET /workspaces/e-{word}", {"id": f"e-{word}", "status": state}, at=_now()),
            )
            place.parts["EVERSHELL"].pod = state

    @rule(
        number=st.integers(0, 1),
        expired=st.booleans(),
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True),
    )
    def share_says(self, number: int, expired: bool, people: list[str]) -> None:
        place = self.models[number].workspace(of("WORKSPACE", "VAI", "v-1", self.ids[number]))
        if place is not None:
            share = {"shareId": "s", "state": "shared", "status": "active", "recipientUserIds": people, "recipients": [],
                     "expiresAt": PAST if expired else None}  # fmt: skip
            self._tell(number, exchange("vai", "GET /api/v1/workspaces/v-1/share", share, at=_now()))
            place.parts["VAI"].share = Share("shared", "active", people, has_expired=expired)

    @invariant()
    def everybody_sees_what_the_model_says(self) -> None:
        for number, model in enumerate(getattr(self, "models", ())):
            answer = self.run(self.hands[number, "ann"].data(SEEN))
            assert seen(answer) == model.seen()
            assert seen(self.run(self.hands[number, "ben"].data(SEEN))) == model.seen("ben")
            for who in PEOPLE[number:]:
                found = self.run(self.hands[number, who].data(ACCESS))["workspaces"]["nodes"]
                told = {one["id"]: one["viewerAccess"] for one in found}
                hidden = {"ORGANIZATION"} if READ not in READERS[who] else set()
                assert told == {one: access for one, access in model.access(who).items() if access not in hidden}, who


def _expected(is_stale: bool) -> dict[str, str]:
    return {"expectedUpdatedAt": STALE} if is_stale else {}


def _snapshot(answer: Any) -> str | None:
    return None if isinstance(answer, Refusal) else answer["workspace"]["evershell"]["snapshotRef"]


def _now() -> str:
    return datetime.now(UTC).isoformat()


def test_random_operations_end_where_plain_python_says(database_url: str, schema: GraphSchema, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        database = Database(database_url)
        runner.run(upgrade(database))
        members = {
            "run": staticmethod(runner.run),
            "database": database,
            "schema": schema,
            "folder": tmp_path,
            "numbers": count(),
        }
        machine = type("Machine", (Organizations,), members)
        try:
            run_state_machine_as_test(machine, settings=settings(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize="STATES_EXAMPLES" not in os.environ,
                suppress_health_check=list(HealthCheck), database=None,
            ))  # fmt: skip
        finally:
            runner.run(database.close())
