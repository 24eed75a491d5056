"""The world in which access is tried: who there is, what they own and share, and the documents that say so.

Every text of a record holds the record's mark, such as `«hidden-pod/run-1»`, so that an answer betrays whatever it was
made of. What each person may see is said by `access_rules.py` out of what stands here, without asking a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from db.ids import id_of, organization_id_of
from tests.conftest import exchange

SYSTEMS = ("VAI", "AITASKER", "ORGO", "EVERSHELL")  # in the order in which a joined workspace takes its id from them
PEOPLE = ("owner", "colleague", "recipient", "expired", "stranger")
DOMAIN = "northwind.example"
AT, LATER = "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z"
LIVE, PAST = "2099-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
SPEC = {"v": 1, "kind": "bar", "x": {"column": "region"}, "y": [{"agg": "count", "column": None}], "limit": 100}
COMMON = "agent-common"  # an agent specification that sessions of several workspaces are held with


@dataclass(frozen=True)
class Home:
    """A workspace of the world: by system who owns the part there; how it is shared; what it was forked from."""

    name: str
    owners: Mapping[str, str]
    share: str = ""  # live, forever, expired, revoked, cleared: VAI's share; document: only the workspace's own fields
    recipients: tuple[str, ...] = ()
    is_edited: bool = False  # whether VAI says `editor`
    parent: str | None = None
    table: str = "recorded"  # snapshot: a table of ours; recorded: pages and figures that VAI answered
    is_deleted: bool = False

    @property
    def owner(self) -> str:
        """Who owns the whole: the owner of the part whose system ranks first."""
        return next(self.owners[system] for system in ("VAI", "AITASKER", "ORGO", "EVERSHELL") if system in self.owners)

    @property
    def first_system(self) -> str:
        """The system whose part gives the workspace its id."""
        return next(system for system in SYSTEMS if system in self.owners)


def _all(person: str) -> dict[str, str]:
    return dict.fromkeys(SYSTEMS, person)


HOMES = (
    Home("own-vai", {"VAI": "owner"}, table="snapshot"),
    Home("own-desk", {"AITASKER": "owner"}),
    Home("own-folder", {"ORGO": "owner"}),
    Home("own-fork", {"EVERSHELL": "owner"}, parent="hidden-pod"),
    Home("own-all", _all("owner")),
    Home("joined", {"VAI": "colleague", "AITASKER": "colleague", "ORGO": "owner", "EVERSHELL": "stranger"}),
    Home("colleague-vai", {"VAI": "colleague"}),
    Home("hidden-vai", {"VAI": "stranger"}, table="snapshot"),
    Home("hidden-desk", {"AITASKER": "stranger"}),
    Home("hidden-folder", {"ORGO": "stranger"}),
    Home("hidden-pod", {"EVERSHELL": "stranger"}),
    Home("hidden-all", _all("stranger")),
    Home("fork-between", {"EVERSHELL": "stranger"}, parent="own-fork"),
    Home("own-fork-below", {"EVERSHELL": "owner"}, parent="fork-between"),
    Home("own-fork-last", {"EVERSHELL": "owner"}, parent="own-fork-below"),
    Home("by-account", {"EVERSHELL": "recipient"}),  # made through the graph by one who has no user of Evershell's
    Home("shared-live", {"VAI": "stranger"}, "live", ("recipient", "colleague"), table="snapshot"),
    Home("shared-forever", {"VAI": "stranger", "ORGO": "stranger"}, "forever", ("recipient",)),
    Home("shared-by-document", {"VAI": "stranger"}, "document", ("recipient",)),
    Home("edited", {"VAI": "stranger"}, "live", ("recipient",), is_edited=True, table="snapshot"),
    Home("edited-by-one-of-two", {"VAI": "stranger"}, "live", ("recipient", "colleague"), is_edited=True),
    Home("expired", {"VAI": "stranger"}, "expired", ("expired",), table="snapshot"),
    Home("expired-editor", {"VAI": "stranger", "EVERSHELL": "stranger"}, "expired", ("expired",), is_edited=True),
    Home("revoked", {"VAI": "stranger"}, "revoked", ("expired",)),
    Home("cleared", {"VAI": "stranger"}, "cleared", ("expired",)),
    Home("talks", {"VAI": "stranger"}),  # of which single sessions are shared
    Home("gone", {"VAI": "owner"}, is_deleted=True),
)  # fmt: skip
BY_NAME = {home.name: home for home in HOMES}


@dataclass(frozen=True)
class Record:
    """A record of the world: what it is, and whatever decides who may see it."""

    mark: str
    kind: str
    system: str
    external_id: str
    home: str | None = None
    owner: str | None = None  # of an agent
    shared_with: tuple[str, ...] = ()  # of a session
    shared_by: str | None = None
    session: str | None = None  # of a message: the mark of its session
    homes: tuple[str, ...] = ()  # of an agent: where it works
    sessions: tuple[str, ...] = ()  # of an agent: the marks of sessions that are held with it
    is_deleted: bool = False


@dataclass
class World:
    """The records of one organisation, and the exchanges that tell of them. `tag` begins every mark."""

    organization: str
    tag: str = ""
    records: dict[str, Record] = field(default_factory=dict)
    answers: dict[str, str | None] = field(default_factory=dict)  # by `METHOD path`: the workspace it is about
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.organization_id = organization_id_of(self.organization)
        for home in HOMES:
            self._tell(home)
        self._tell_loose()
        self._link()

    # ids

    def id(self, kind: str, system: str, external_id: str) -> str:
        """The graph's id of a record."""
        return id_of(kind, self.organization_id, system, external_id)

    def id_of(self, mark: str) -> str:
        """The graph's id of a record, by its mark; of a workspace's part for a workspace."""
        record = self.records[mark]
        return self.id(record.kind, record.system, record.external_id)

    def workspace_id(self, home: str) -> str:
        """The graph's id of a workspace."""
        return self.id("WORKSPACE", BY_NAME[home].first_system, f"{home}.{BY_NAME[home].first_system.lower()}")

    def email(self, person: str) -> str:
        """The e-mail address of a person's account."""
        return f"{person}@{DOMAIN}"

    def user(self, person: str, system: str) -> str:
        """A person's id in a system; the account's own in Evershell for one who has none there."""
        if (person, system) == ("recipient", "EVERSHELL"):
            return id_of("ACCOUNT", self.organization_id, "", self.email(person))
        return f"{person}.{system.lower()}"

    def known_as(self, person: str) -> dict[str, str]:
        """By which users an account is known that is not found by its address."""
        if person == "recipient":  # found by address in VAI
            return {"orgo": self.user(person, "ORGO")}
        return {system.lower(): self.user(person, system) for system in SYSTEMS}

    # telling

    def _record(self, mark: str, kind: str, system: str, **more: Any) -> str:
        """Note a record, and give the text that betrays it."""
        self.records[mark] = Record(mark, kind, system, mark.replace("/", "."), **more)
        return self.text(mark)

    def text(self, mark: str) -> str:
        """The text that betrays a record."""
        return f"«{self.tag}{mark}»"

    def _said(self, system: str, call: str, body: Any = None, home: str | None = None, at: str = AT) -> None:
        self.lines.append(exchange(system, call, body, at=at))
        path = call.split(" ", 1)[1]
        self.answers[path] = home

    def _person(self, person: str, system: str = "VAI") -> dict[str, Any]:
        return {"id": self.user(person, system), "email": self.email(person), "firstName": person}

    def _tell(self, home: Home) -> None:
        tellers = {"VAI": self._vai, "AITASKER": self._desk, "ORGO": self._folder, "EVERSHELL": self._pod}
        for system, owner in home.owners.items():
            mark = f"{home.name}.{system.lower()}"
            self.records[mark] = Record(mark, "WORKSPACE", system, mark, home.name, is_deleted=home.is_deleted)
            tellers[system](home, mark, self.text(home.name), owner)

    def _vai(self, home: Home, part: str, text: str, owner: str) -> None:
        name, base = home.name, f"/api/v1/workspaces/{part}"
        people = [self._person(one) for one in home.recipients]
        task = {"bindingId": f"{name}.task", "taskId": f"task-{name}", "name": self.text(f"{name}/task")}
        workspace = {
            "id": part, "title": text, "description": text, "ownerUserId": self.user(owner, "VAI"), "createdAt": AT,
            "updatedAt": AT, "rendererConfig": {"of": text}, "storageKey": text,
            "viewerAccess": "editor" if home.is_edited else "viewer", "mode": "snapshot",
            **({"isShared": True, "shareRecipients": people, "sharedBy": self._person(owner)} if home.share else {}),
        }  # fmt: skip
        self._said("vai", f"GET {base}", {"workspace": workspace, "boundTasks": [task]}, name)
        self._charts(home, part, base, owner)
        self._sessions(home, part, base)
        self._runs(home, part, base)
        tags = [{"id": "tag-common", "name": "common"}, {"id": f"tag-{name}", "name": f"tag of {name}"}]
        self._said("vai", f"GET {base}/tags", {"items": tags}, name)
        item = {
            "id": f"{name}.activity",
            "kind": "run",
            "title": self.text(f"{name}/activity"),
            "createdAt": AT,
            "status": "done",
        }
        self._said("vai", f"GET {base}/activity", {"items": [item]}, name)
        if home.share not in ("", "document"):
            self._share(home, base, people)
        if home.table == "recorded":
            self._recorded(home, base)
        if home.is_deleted:
            self._said("vai", f"DELETE {base}", None, name, LATER)

    def _share(self, home: Home, base: str, people: list[dict[str, Any]]) -> None:
        ends = {"live": LIVE, "expired": PAST}.get(home.share)
        share = {"shareId": f"share-{home.name}", "state": "shared", "status": "active", "recipients": people}
        self._said("vai", f"GET {base}/share", {**share, "expiresAt": ends}, home.name)
        if home.share in ("revoked", "cleared"):
            path = f"{base}/share" if home.share == "revoked" else f"{base}/share/clear"
            self._said("vai", f"DELETE {path}", None, home.name, LATER)

    def _charts(self, home: Home, part: str, base: str, owner: str) -> None:
        charts = [
            {"id": f"{home.name}.chart-{n}", "workspaceId": part, "position": n, "createdAt": AT, "updatedAt": AT,
             "title": self._record(f"{home.name}/chart-{n}", "CHART", "VAI", home=home.name, is_deleted=home.is_deleted),
             "spec": {**SPEC, "title": self.text(f"{home.name}/chart-{n}")}, "createdBy": self.user(owner, "VAI"),
             "lastEditedBy": self.user("stranger", "VAI")}
            for n in (1, 2)
        ]  # fmt: skip
        self._said("vai", f"GET {base}/charts", {"items": charts}, home.name)

    def _sessions(self, home: Home, part: str, base: str) -> None:
        name, shared = home.name, home.name == "talks"
        facts: list[dict[str, Any]] = [{}, {}]
        if shared:
            facts = [{"shared_with": ("recipient",)}, {"shared_by": "recipient"}, {}]
        items = []
        for n, fact in enumerate(facts, 1):
            mark = f"{name}/session-{n}"
            agent = COMMON if n == 2 and not shared else f"{name}/agent-{n}"
            items.append(self._session(mark, agent, part, home, fact))
        self._said("vai", f"GET {base}/sessions", {"items": items}, name)
        for item in items:
            self._messages(item["id"], item["title"].strip("«»").removeprefix(self.tag), home, f"{base}/sessions")

    def _session(
        self, mark: str, agent: str, part: str | None, home: Home | None, fact: dict[str, Any]
    ) -> dict[str, Any]:
        at = home.name if home else None
        gone = home.is_deleted if home else False
        text = self._record(mark, "SESSION", "VAI", home=at, is_deleted=gone, **fact)
        self._works(agent, home=at, session=mark)
        spec = {"id": agent.replace("/", "."), "name": self.text(agent), "createdBy": self.user("stranger", "VAI")}
        given = {
            "id": mark.replace("/", "."),
            "title": text,
            "agentSpec": spec,
            "agentSpecId": spec["id"],
            "createdAt": AT,
        }
        if part is not None:
            given |= {"workspaceId": part, "scope": {"kind": "workspace", "workspaceId": part}}
        if "shared_with" in fact:
            given |= {"isShared": True, "shareRecipients": [self._person(one) for one in fact["shared_with"]]}
        if "shared_by" in fact:
            given |= {"isShared": True, "sharedBy": self._person(fact["shared_by"])}
        return given

    def _works(
        self, agent: str, *, owner: str = "stranger", home: str | None = None, session: str | None = None
    ) -> None:
        """Note where an agent of VAI works."""
        known = self.records.get(agent) or Record(agent, "AGENT", "VAI", agent.replace("/", "."), owner=owner)
        homes = (*known.homes, *([home] if home else ()))
        sessions = (*known.sessions, *([session] if session else ()))
        self.records[agent] = Record(
            agent, "AGENT", "VAI", known.external_id, owner=owner, homes=homes, sessions=sessions
        )

    def _messages(self, external_id: str, session: str, home: Home | None, base: str) -> None:
        gone = home.is_deleted if home else False
        where = home.name if home else None
        items = [
            {"id": f"{external_id}.message-{n}", "threadId": external_id, "createdAt": AT, "role": "user",
             "content": self._record(f"{session}/message-{n}", "MESSAGE", "VAI", home=where, session=session, is_deleted=gone)}
            for n in (1, 2)
        ]  # fmt: skip
        self._said("vai", f"GET {base}/{external_id}/messages", {"items": items}, where)

    def _runs(self, home: Home, part: str, base: str) -> None:
        """A run, one below it; and a chain of runs that leads from workspace to workspace."""
        above = {"hidden-vai": "own-vai", "own-all": "hidden-vai", "shared-live": "own-all", "own-vai": "hidden-all"}
        for n in (1, 2):
            mark = f"{home.name}/run-{n}"
            parent = f"{home.name}.run-1" if n == 2 else None
            if n == 1 and home.name in above:
                parent = f"{above[home.name]}.run-1"
            run = {
                "id": mark.replace("/", "."), "workspaceId": part, "status": "completed" if n == 1 else "failed",
                "taskDisplayName": self._record(mark, "RUN", "VAI", home=home.name, is_deleted=home.is_deleted),
                "taskId": f"task-{home.name}", "createdAt": AT, "agentSpecId": COMMON, "parentRunId": parent, "depth": n,
                "rootRunId": f"{home.name}.run-1" if n == 2 else None, "transcriptContent": self.text(mark),
                "steps": [{"id": f"{home.name}.step", "sequence": 1, "toolName": self.text(mark)}],
                "observability": {"modelId": f"model of {home.name}", "provider": "p",
                                  "usage": {"inputTokens": 10, "outputTokens": 5, "totalCost": "0.25"}},
                "result": {"of": self.text(mark)}, "outcome": {"summary": self.text(mark)},
            }  # fmt: skip
            self._said("vai", f"GET {base}/runs/{run['id']}", run, home.name)

    def _recorded(self, home: Home, base: str) -> None:
        text = self.text(home.name)
        page = {
            "columns": [{"name": "region"}],
            "items": [{"region": text}],
            "total": 1,
            "limit": 1,
            "offset": 0,
            "hasNext": False,
        }
        self._said("vai", f"GET {base}/data?limit=100&offset=0", page, home.name)
        for n in (1, 2):
            figures = {
                "chartId": f"{home.name}.chart-{n}",
                "xColumn": "region",
                "yLabel": "n",
                "rows": [{"x": text, "y": 1}],
            }
            self._said("vai", f"POST {base}/charts/{home.name}.chart-{n}/data", figures, home.name)

    def _desk(self, home: Home, part: str, text: str, owner: str) -> None:
        mark, user = f"{home.name}/hired", self.user(owner, "AITASKER")
        told = self._record(mark, "AGENT", "AITASKER", owner=owner, homes=(home.name,))
        agent = {"id": f"{home.name}.hired", "user_id": user, "display_name": told, "status": "active",
                 "stripe_subscription_id": f"sub {told}"}  # fmt: skip
        desk = {"id": part, "name": text, "hired_agent_id": agent["id"], "user_id": user, "status": "active",
                "settings": {"of": text}, "created_at": AT}  # fmt: skip
        body = {**desk, "hired_agent": agent, "integration_credentials": [{"provider": text, "status": "on"}]}
        self._said("aitasker", f"GET /api/v1/workspaces/{part}", body, home.name)
        run = self._record(f"{home.name}/desk-run", "RUN", "AITASKER", home=home.name)
        task = {"id": f"{home.name}.desk-run", "workspace_id": part, "hired_agent_id": agent["id"], "title": run,
                "status": "completed", "cost_usd": 0.5, "created_at": AT}  # fmt: skip
        self._said("aitasker", f"GET /api/v1/workspaces/{part}/tasks", [task], home.name)

    def _folder(self, home: Home, part: str, text: str, owner: str) -> None:
        computers = [
            {"id": f"{home.name}.computer-{n}", "status": "running", "ram": 4, "created_at": AT, "os": "linux",
             "name": self._record(f"{home.name}/computer-{n}", "COMPUTER", "ORGO", home=home.name)}
            for n in (1, 2)
        ]  # fmt: skip
        folder = {
            "id": part,
            "name": text,
            "user_id": self.user(owner, "ORGO"),
            "computers": computers,
            "created_at": AT,
        }
        self._said("orgo", f"GET /workspaces/{part}", folder, home.name)

    def _pod(self, home: Home, part: str, text: str, owner: str) -> None:
        role = f"{home.name}/role"
        told = self._record(role, "AGENT", "EVERSHELL", homes=(home.name,))
        pod = {"id": part, "org_id": "org", "role_id": f"{home.name}.role", "environment": text, "status": "idle",
               "created_by_user_id": self.user(owner, "EVERSHELL"), "snapshot_ref": text, "created_at": AT,
               "parent_workspace_id": f"{home.parent}.evershell" if home.parent else ""}  # fmt: skip
        self._said("evershell", f"GET /workspaces/{part}", pod, home.name)
        self._said("evershell", f"GET /agent-roles/{home.name}.role", {"id": f"{home.name}.role", "display_name": told})
        run = self._record(f"{home.name}/pod-run", "RUN", "EVERSHELL", home=home.name)
        task = {
            "id": f"{home.name}.pod-run",
            "workspace_id": part,
            "description": run,
            "status": "completed",
            "created_at": AT,
        }
        self._said("evershell", f"GET /workspaces/{part}/tasks", [task], home.name)

    def _tell_loose(self) -> None:
        """What stands in no workspace: threads, a run, a computer, agents."""
        threads = [
            self._session("loose/thread-1", "loose/agent-1", None, None, {"shared_with": ("recipient",)}),
            self._session("loose/thread-2", "loose/agent-2", None, None, {}),
        ]
        self._said("vai", "GET /api/v1/chat/threads", {"items": threads})
        run = {"id": "loose.run", "status": "completed", "createdAt": AT, "agentSpecId": COMMON,
               "taskDisplayName": self._record("loose/run", "RUN", "VAI")}  # fmt: skip
        self._said("vai", "GET /api/v1/data-products/runs", {"items": [run]})
        computer = {
            "id": "loose.computer",
            "name": self._record("loose/computer", "COMPUTER", "ORGO"),
            "status": "running",
        }
        self._said("orgo", "GET /computers/loose.computer", computer)
        for n, owner in ((1, "owner"), (2, "stranger")):
            told = self._record(f"loose/hired-{n}", "AGENT", "AITASKER", owner=owner)
            agent = {"id": f"loose.hired-{n}", "user_id": self.user(owner, "AITASKER"), "display_name": told,
                     "status": "paused", "stripe_subscription_id": f"sub {told}"}  # fmt: skip
            self._said("aitasker", f"POST /api/v1/workspaces/agents/loose.hired-{n}/pause", agent)

    def _link(self) -> None:
        for home in HOMES:
            if len(home.owners) > 1:
                self.lines.append({"link": [[one.lower(), f"{home.name}.{one.lower()}"] for one in home.owners]})


def marks_in(text: str) -> Iterator[str]:
    """The marks that a text holds."""
    for piece in text.split("«")[1:]:
        yield piece.split("»", 1)[0]
