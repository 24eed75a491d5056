"""What an organisation holds after any sequence of operations, told once more in plain Python: no SQL, no documents.

A method is an operation. It answers the code of the refusal that is due, or None where it is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

RANK = ("VAI", "AITASKER", "ORGO", "EVERSHELL")
URGENCY = ("FAILED", "STOPPING", "PROVISIONING", "BUSY", "PAUSED", "ACTIVE", "IDLE", "STOPPED", "UNKNOWN")
MISSING, UNSUPPORTED, STATE, INPUT, STALE = "NOT_FOUND", "NOT_SUPPORTED", "INVALID_STATE", "INVALID_INPUT", "CONFLICT"
DENIED = "PERMISSION_DENIED"
ACCESSES = ("ORGANIZATION", "VIEWER", "EDITOR", "OWNER")  # each more than those in front of it


@dataclass
class Share:
    """Who a workspace is shared with. A cleared one is as if there never was one."""

    state: str = "not_shared"
    status: str | None = None
    people: list[str] = field(default_factory=list)
    has_expired: bool = False


@dataclass
class Chart:
    id: str
    position: int
    title: str | None = None
    collapsed: bool = False
    version: int | None = None


@dataclass
class Part:
    """One system's part of a workspace; what only some systems have is empty in the others."""

    id: str
    system: str
    external_id: str
    name: str | None = None
    description: str | None = None
    is_archived: bool = False
    owner: str | None = None
    agent: str | None = None
    pod: str = ""  # Evershell's state
    snapshot: str | None = None
    finished_tasks: int = 0
    parent: str | None = None  # id of the part it was forked from
    computers: dict[str, str] = field(default_factory=dict)  # id -> name
    charts: list[Chart] = field(default_factory=list)
    sessions: int = 0
    tags: list[str] = field(default_factory=list)
    tasks: dict[str, tuple[str, bool]] = field(default_factory=dict)  # binding's id -> task, whether it may change rows
    share: Share = field(default_factory=Share)

    @property
    def status(self) -> str:
        return {"VAI": "ACTIVE", "ORGO": "ACTIVE", "AITASKER": "ACTIVE"}.get(self.system) or self.pod.upper()


@dataclass
class Workspace:
    parts: dict[str, Part]
    given_name: str | None = None

    @property
    def first(self) -> Part:
        return next(self.parts[system] for system in RANK if system in self.parts)

    @property
    def name(self) -> str:
        names = [self.parts[system].name for system in RANK if system in self.parts]
        return self.given_name or next((name for name in names if name), None) or self.first.external_id


@dataclass
class Model:
    """An organisation."""

    workspaces: list[Workspace] = field(default_factory=list)
    agents: dict[str, str] = field(default_factory=dict)  # id -> state
    computers: dict[str, str] = field(default_factory=dict)  # id -> state
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  # users of VAI

    # where things are

    def workspace(self, any_id: str) -> Workspace | None:
        return next((one for one in self.workspaces if any(part.id == any_id for part in one.parts.values())), None)

    def _parts(self) -> Iterator[Part]:
        return (part for one in self.workspaces for part in one.parts.values())

    def _of_chart(self, chart_id: str) -> tuple[Part, Chart] | None:
        return next(((part, one) for part in self._parts() for one in part.charts if one.id == chart_id), None)

    def _of_binding(self, binding_id: str) -> Part | None:
        return next((part for part in self._parts() if binding_id in part.tasks), None)

    # agents

    def pause_agent(self, agent: str) -> str | None:
        return self._agent(agent, "PAUSED")

    def resume_agent(self, agent: str) -> str | None:
        return self._agent(agent, "ACTIVE")

    def _agent(self, agent: str, to: str) -> str | None:
        if agent not in self.agents:
            return MISSING
        if self.agents[agent] not in {"ACTIVE", "PAUSED"}:
            return STATE
        self.agents[agent] = to
        return None

    # workspaces

    def create_workspace(self, title: str, owner: str) -> str | None:
        self.workspaces.append(Workspace({"VAI": Part("", "VAI", "", name=title, owner=owner)}))
        return None

    def update_workspace(self, any_id: str, *, is_stale: bool, **given: str | None) -> str | None:
        place = self.workspace(any_id)
        if place is None or is_stale:
            return MISSING if place is None else STALE
        if "description" in given and "VAI" not in place.parts:
            return UNSUPPORTED
        if "title" in given:
            place.given_name = given["title"]
            if given["title"] is not None and "VAI" in place.parts:
                place.parts["VAI"].name = given["title"]
        if "description" in given:
            place.parts["VAI"].description = given["description"]
        return None

    def archive_workspace(self, any_id: str, *, is_stale: bool) -> str | None:
        place = self.workspace(any_id)
        if place is None or is_stale:
            return MISSING if place is None else STALE
        parts = [place.parts[system] for system in ("VAI", "EVERSHELL") if system in place.parts]
        if not parts:
            return UNSUPPORTED
        if any(part.pod not in {"", "stopped", "failed"} and not part.is_archived for part in parts):
            return STATE
        for part in parts:
            part.is_archived = True
        return None

    def restore_workspace(self, any_id: str, *, is_stale: bool) -> str | None:
        place = self.workspace(any_id)
        if place is None or is_stale:
            return MISSING if place is None else STALE
        if not {"VAI", "EVERSHELL"} & place.parts.keys():
            return UNSUPPORTED
        for part in place.parts.values():
            part.is_archived = False
        return None

    def delete_workspace(self, any_id: str, *, is_stale: bool) -> str | None:
        place = self.workspace(any_id)
        if place is None or is_stale:
            return MISSING if place is None else STALE
        self.workspaces.remove(place)
        for part in place.parts.values():
            for computer in part.computers:
                del self.computers[computer]
        return None

    def link_workspaces(self, into: str, other: str) -> str | None:
        one, two = self.workspace(into), self.workspace(other)
        if one is None or two is None:
            return MISSING
        if one is two:
            return None
        if one.parts.keys() & two.parts.keys():
            return STATE
        kept, lost = sorted((one, two), key=lambda each: RANK.index(each.first.system))
        kept.parts |= lost.parts
        kept.given_name = kept.given_name or lost.given_name
        self.workspaces.remove(lost)
        return None

    def unlink_workspace(self, any_id: str, system: str) -> str | None:
        place = self.workspace(any_id)
        if place is None:
            return MISSING
        if system not in place.parts or len(place.parts) == 1:
            return STATE
        self.workspaces.append(Workspace({system: place.parts.pop(system)}))
        return None

    # pods

    def stop_workspace(self, any_id: str, snapshot: str | None) -> str | None:
        """`snapshot` is what the new one came to be called."""
        place = self.workspace(any_id)
        if place is None or "EVERSHELL" not in place.parts:
            return MISSING if place is None else UNSUPPORTED
        pod = place.parts["EVERSHELL"]
        if pod.pod in {"idle", "busy"}:
            pod.pod, pod.snapshot = "stopped", snapshot
            return None
        return None if pod.pod in {"stopped", "stopping"} else STATE

    def resume_workspace(self, any_id: str) -> str | None:
        place = self.workspace(any_id)
        if place is None or "EVERSHELL" not in place.parts:
            return MISSING if place is None else UNSUPPORTED
        pod = place.parts["EVERSHELL"]
        if pod.is_archived or pod.pod in {"stopping", "failed"}:
            return STATE
        pod.pod = "idle" if pod.pod == "stopped" else pod.pod
        return None

    def fork_workspace(self, any_id: str, tasks: int, owner: str) -> str | None:
        place = self.workspace(any_id)
        if place is None or "EVERSHELL" not in place.parts:
            return MISSING if place is None else UNSUPPORTED
        pod = place.parts["EVERSHELL"]
        if tasks > pod.finished_tasks:
            return INPUT
        if not pod.snapshot:
            return STATE
        child = Part("", "EVERSHELL", "", owner=owner, pod="idle", snapshot=pod.snapshot, parent=pod.id)
        self.workspaces.append(Workspace({"EVERSHELL": child}))
        return None

    # computers

    def create_computer(self, any_id: str, name: str) -> str | None:
        place = self.workspace(any_id)
        if place is None or "ORGO" not in place.parts:
            return MISSING if place is None else UNSUPPORTED
        folder = place.parts["ORGO"]
        if name in folder.computers.values():
            return INPUT
        folder.computers[""] = name
        self.computers[""] = "RUNNING"
        return None

    def start_computer(self, computer: str) -> str | None:
        return self._computer(computer, {"STOPPED", "SUSPENDED"}, "RUNNING", {"RUNNING", "STARTING", "RESTARTING"})

    def stop_computer(self, computer: str) -> str | None:
        return self._computer(computer, {"RUNNING", "SUSPENDED", "ERROR"}, "STOPPED", {"STOPPED", "STOPPING"})

    def restart_computer(self, computer: str) -> str | None:
        return self._computer(computer, {"RUNNING"}, "RUNNING", {"RESTARTING"})

    def _computer(self, computer: str, goes: set[str], to: str, stays: set[str]) -> str | None:
        if computer not in self.computers:
            return MISSING
        if self.computers[computer] in goes:
            self.computers[computer] = to
            return None
        return None if self.computers[computer] in stays else STATE

    def delete_computer(self, computer: str) -> str | None:
        if computer not in self.computers:
            return MISSING
        del self.computers[computer]
        for part in self._parts():
            part.computers.pop(computer, None)
        return None

    # charts: an operation that finds gaps closes them

    def create_chart(self, any_id: str, title: str) -> str | None:
        part = self._vai(any_id)
        if isinstance(part, str):
            return part
        self._put([*self._in_order(part), Chart("", 0, title, version=1)], part)
        return None

    def update_chart(self, chart: str, *, is_stale: bool, collapsed: bool) -> str | None:
        found = self._of_chart(chart)
        if found is None or is_stale:
            return MISSING if found is None else STALE
        found[1].collapsed = collapsed
        return None

    def move_chart(self, chart: str, position: int) -> str | None:
        found = self._of_chart(chart)
        if found is None:
            return MISSING
        others = [one for one in self._in_order(found[0]) if one is not found[1]]
        others.insert(position, found[1])
        self._put(others, found[0])
        return None

    def delete_chart(self, chart: str, *, is_stale: bool) -> str | None:
        found = self._of_chart(chart)
        if found is None or is_stale:
            return MISSING if found is None else STALE
        self._put([one for one in self._in_order(found[0]) if one is not found[1]], found[0])
        return None

    @staticmethod
    def _in_order(part: Part) -> list[Chart]:
        return sorted(part.charts, key=lambda one: (one.position, one.id))

    @staticmethod
    def _put(charts: list[Chart], part: Part) -> None:
        part.charts = charts
        for position, one in enumerate(charts):
            one.position = position

    # what VAI keeps of a workspace

    def _vai(self, any_id: str) -> Part | str:
        place = self.workspace(any_id)
        if place is None:
            return MISSING
        return place.parts.get("VAI") or UNSUPPORTED

    def create_session(self, any_id: str) -> str | None:
        part = self._vai(any_id)
        if isinstance(part, str):
            return part
        part.sessions += 1
        return None

    def set_share(self, any_id: str, people: list[str], *, is_stale: bool) -> str | None:
        part = self._vai(any_id)
        if isinstance(part, str):
            return part
        if is_stale:
            return STALE
        if any(one not in self.people for one in people) or not (people or part.share.people):
            return INPUT
        part.share = Share("shared", "active", list(dict.fromkeys(people)) or part.share.people)
        return None

    def revoke_share(self, any_id: str, *, is_stale: bool) -> str | None:
        part = self._vai(any_id)
        if isinstance(part, str):
            return part
        if is_stale:
            return STALE
        if part.share.state == "shared":
            part.share.state, part.share.status = "not_shared", "revoked"
        return None

    def clear_share(self, any_id: str, *, is_stale: bool) -> str | None:
        part = self._vai(any_id)
        if isinstance(part, str):
            return part
        if is_stale:
            return STALE
        part.share = Share()
        return None

    def set_tags(self, any_id: str, tags: list[str], *, is_stale: bool) -> str | None:
        place = self.workspace(any_id)
        if place is None or is_stale:
            return MISSING if place is None else STALE
        if "VAI" not in place.parts:
            return UNSUPPORTED
        if any(one not in self.tags for one in tags):
            return INPUT
        place.parts["VAI"].tags = list(dict.fromkeys(tags))
        return None

    def attach_task(self, any_id: str, task: str) -> str | None:
        part = self._vai(any_id)
        if isinstance(part, str):
            return part
        if any(known == task for known, _mutates in part.tasks.values()):
            return STATE
        part.tasks[""] = (task, False)
        return None

    def update_task_binding(self, binding: str, *, mutates: bool) -> str | None:
        part = self._of_binding(binding)
        if part is None:
            return MISSING
        part.tasks[binding] = (part.tasks[binding][0], mutates)
        return None

    def detach_task(self, binding: str) -> str | None:
        part = self._of_binding(binding)
        if part is None:
            return MISSING
        del part.tasks[binding]
        return None

    # what is seen

    def named(self, made_id: str) -> None:
        """Give what was made last its id, which only the graph could tell: it has the empty one until then."""
        for part in self._parts():
            if part.id == "":
                part.id = made_id
            for chart in part.charts:
                chart.id = chart.id or made_id
            for known in (part.computers, part.tasks):
                if "" in known:
                    known[made_id] = known.pop("")  # type: ignore[index]
        if "" in self.computers:
            self.computers[made_id] = self.computers.pop("")

    def seen(self, user: str | None = None) -> dict[str, Any]:
        """All of it, as the query of tests/test_states.py answers; or what is within the reach of a user."""
        shown = [one for one in self.workspaces if user is None or self._access(one, user) != "ORGANIZATION"]
        own = {part.agent for one in shown for part in one.parts.values()}
        told = {one.first.id: self._seen_workspace(one) for one in shown}
        for one in told.values():
            one["parent"] = one["parent"] if one["parent"] in told else None
        return {
            "agents": {agent: state for agent, state in sorted(self.agents.items()) if user is None or agent in own},
            "workspaces": told,
        }

    def _seen_workspace(self, one: Workspace) -> dict[str, Any]:
        vai, pod, folder = (one.parts.get(system) for system in ("VAI", "EVERSHELL", "ORGO"))
        parent = self.workspace(pod.parent) if pod and pod.parent else None
        share = vai.share if vai else Share()
        return {
            "name": one.name,
            "description": vai.description if vai else None,
            "status": min((part.status for part in one.parts.values()), key=URGENCY.index),
            "isArchived": any(part.is_archived for part in one.parts.values()),
            "systems": sorted(one.parts),
            "parent": parent.first.id if parent else None,
            "pod": [pod.pod, pod.snapshot, pod.is_archived] if pod else None,
            "computers": {name: self.computers[computer] for computer, name in sorted(folder.computers.items())}
            if folder
            else {},
            "charts": [
                [chart.id, chart.position, chart.title, chart.collapsed, chart.version]
                for chart in (self._in_order(vai) if vai else ())
            ],
            "sessions": vai.sessions if vai else 0,
            "tags": vai.tags if vai else [],
            "tasks": sorted(vai.tasks.values()) if vai else [],
            "share": [share.state, share.status, share.people],
        }

    def access(self, user: str) -> dict[str, str]:
        """What a person is to each workspace."""
        return {one.first.id: self._access(one, user) for one in self.workspaces}

    @staticmethod
    def _access(one: Workspace, user: str) -> str:
        owners = [one.parts[system].owner for system in RANK if system in one.parts]
        if user in owners:
            return "OWNER" if next(owner for owner in owners if owner) == user else "EDITOR"
        share = one.parts["VAI"].share if "VAI" in one.parts else Share()
        return (
            "VIEWER" if share.state == "shared" and user in share.people and not share.has_expired else "ORGANIZATION"
        )

    def barred(self, user: str, needs: str, ids: Iterable[str]) -> str | None:
        """The refusal that somebody gets who reaches only what is their own, before anything else is looked at."""
        for one in ids:
            accesses = [self._access(place, user) for place in self._places(one)]
            access = max(accesses, key=ACCESSES.index, default="OWNER")  # what is missing is missing for all
            if access == "ORGANIZATION":
                return MISSING
            if ACCESSES.index(access) < ACCESSES.index(needs):
                return DENIED
        return None

    def _places(self, any_id: str) -> list[Workspace]:
        """The workspaces that a record is, or stands in. An agent without one is nobody's."""
        found = [
            one
            for one in self.workspaces
            for part in one.parts.values()
            if any_id in {part.id, part.agent, *part.computers, *part.tasks, *(chart.id for chart in part.charts)}
        ]
        return found if found or any_id not in self.agents else [Workspace({})]
