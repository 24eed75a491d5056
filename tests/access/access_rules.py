"""Who may see and do what in the world, in plain Python: the specification that the walk holds the graph to."""

from __future__ import annotations

from dataclasses import dataclass

from db.access import (
    ADMIN,
    AGENT_WRITE,
    BILLING_READ,
    READ,
    READ_OWN,
    SHARE_WRITE,
    TABLE_WRITE,
    WORKSPACE_WRITE,
    WORKSPACE_WRITE_OWN,
)
from tests.access.access_world import BY_NAME, HOMES, Home, Record, World

WRITES_OF_OTHERS = (AGENT_WRITE, TABLE_WRITE, SHARE_WRITE)
OWNER, EDITOR, VIEWER, ORGANIZATION = "OWNER", "EDITOR", "VIEWER", "ORGANIZATION"
LIVE_SHARES = ("live", "forever", "document")


@dataclass(frozen=True)
class Role:
    """Somebody who asks: whose account it is, in which of the two organisations, and what the token allows."""

    name: str
    words: str
    person: str | None
    scopes: frozenset[str] = frozenset()
    is_foreign: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether it sees its own alone."""
        return READ not in self.scopes


def _role(name: str, words: str, person: str, *scopes: str, is_foreign: bool = False) -> Role:
    return Role(name, words, person, frozenset(scopes), is_foreign)


NOBODY = Role("nobody", "without a token", None)
OTHER = _role("another organisation", "`workspace:read` of another organisation", "reader", READ, is_foreign=True)
COLLEAGUE = _role(
    "own-scope colleague", "`workspace:read:own`, `workspace:write` and the other writes", "colleague",
    READ_OWN, WORKSPACE_WRITE, *WRITES_OF_OTHERS,
)  # fmt: skip
RECIPIENT = _role(
    "share recipient", "`workspace:read:own` and all writes; workspaces and sessions are shared with it", "recipient",
    READ_OWN, WORKSPACE_WRITE, *WRITES_OF_OTHERS,
)  # fmt: skip
EXPIRED = _role(
    "expired recipient", "the same; its shares have expired, or were revoked or cleared", "expired",
    READ_OWN, WORKSPACE_WRITE, *WRITES_OF_OTHERS,
)  # fmt: skip
OWNING = _role(
    "owner", "`workspace:read:own`, `workspace:write:own` and the other writes; it owns workspaces", "owner",
    READ_OWN, WORKSPACE_WRITE_OWN, *WRITES_OF_OTHERS,
)  # fmt: skip
READER = _role("organisation reader", "`workspace:read` alone", "reader", READ)
ADMINISTRATOR = _role(
    "admin", "every scope", "reader", READ, READ_OWN, WORKSPACE_WRITE, WORKSPACE_WRITE_OWN, *WRITES_OF_OTHERS,
    BILLING_READ, ADMIN,
)  # fmt: skip
ROLES = (NOBODY, OTHER, COLLEAGUE, RECIPIENT, EXPIRED, OWNING, READER, ADMINISTRATOR)
ASKING = ROLES[1:]  # those who get an answer at all
LIMITED = (COLLEAGUE, RECIPIENT, EXPIRED, OWNING)


def access(role: Role, home: Home) -> str | None:
    """What a role is to a workspace of the first organisation; None where it does not see it."""
    if home.is_deleted or role.is_foreign or role.person is None:
        return None
    if home.owner == role.person:
        return OWNER
    if role.person in home.owners.values():
        return EDITOR
    if home.share in LIVE_SHARES and role.person in home.recipients:
        return EDITOR if home.is_edited and home.recipients == (role.person,) else VIEWER
    return None if role.is_limited else ORGANIZATION


def sees_home(role: Role, name: str | None) -> bool:
    """Whether a role sees a workspace; what stands in none is for readers of the whole organisation."""
    if name is None:
        return not role.is_limited and not role.is_foreign
    return access(role, BY_NAME[name]) is not None


def sees(role: Role, world: World, record: Record) -> bool:
    """Whether a role sees a record of the first organisation."""
    if record.is_deleted or role.is_foreign or role.person is None:
        return False
    if not role.is_limited:
        return True
    if record.kind == "SESSION":
        is_shared = role.person in record.shared_with or record.shared_by == role.person
        return is_shared or sees_home(role, record.home)
    if record.kind == "MESSAGE":
        return sees(role, world, world.records[record.session or ""])
    if record.kind == "AGENT":
        works = any(sees_home(role, home) for home in record.homes)
        talks = any(sees(role, world, world.records[session]) for session in record.sessions)
        return record.owner == role.person or works or talks
    return sees_home(role, record.home)


def session_access(role: Role, record: Record) -> str | None:
    """What a role that sees a session is to it: at least what it is to its workspace."""
    of_home = access(role, BY_NAME[record.home]) if record.home else None
    if of_home == OWNER or record.shared_by == role.person:
        return OWNER
    if of_home in (EDITOR, VIEWER):
        return of_home
    return VIEWER if role.person in record.shared_with else ORGANIZATION


def is_told_billing(role: Role, owner: str | None) -> bool:
    """Whether a role is told what is paid for an agent."""
    return BILLING_READ in role.scopes or (role.person is not None and owner == role.person)


def is_pod_hidden(role: Role, name: str) -> bool:
    """Whether asking for this workspace by its id is answered with Evershell's WORKSPACE_NOT_VISIBLE."""
    home = BY_NAME[name]
    is_own_scope = role.is_limited and not role.is_foreign and role.person is not None
    return is_own_scope and "EVERSHELL" in home.owners and not home.is_deleted and access(role, home) is None


def seen(role: Role, world: World, kind: str) -> list[str]:
    """The marks of the records of a kind that a role sees; of workspaces their names."""
    if kind == "WORKSPACE":
        return [home.name for home in HOMES if access(role, home) is not None]
    return [mark for mark, one in world.records.items() if one.kind == kind and sees(role, world, one)]


# What each operation takes, by the name that `viewerCan` has for it: a scope, and what one has to be to the workspace
# where the token reaches only what is its own. Whatever is not named here takes `workspace:write` and an editor.
SCOPES = {
    "UPDATE_CELL": TABLE_WRITE, "SET_SHARE": SHARE_WRITE, "REVOKE_SHARE": SHARE_WRITE, "CLEAR_SHARE": SHARE_WRITE,
    "PAUSE_AGENT": AGENT_WRITE, "RESUME_AGENT": AGENT_WRITE,
}  # fmt: skip
OWNERS_ALONE = ("DELETE_WORKSPACE", "LINK_WORKSPACES", "UNLINK_WORKSPACE", "SET_SHARE", "REVOKE_SHARE", "CLEAR_SHARE")
READERS_TOO = ("FORK_WORKSPACE",)
ACTIONS = (
    "UPDATE_WORKSPACE", "DELETE_WORKSPACE", "ARCHIVE_WORKSPACE", "RESTORE_WORKSPACE", "LINK_WORKSPACES",
    "UNLINK_WORKSPACE", "FORK_WORKSPACE", "STOP_WORKSPACE", "RESUME_WORKSPACE", "SET_TAGS", "CREATE_CHART",
    "UPDATE_CHART", "MOVE_CHART", "DELETE_CHART", "UPDATE_CELL", "CREATE_SESSION", "SET_SHARE", "REVOKE_SHARE",
    "CLEAR_SHARE", "ATTACH_TASK", "UPDATE_TASK_BINDING", "DETACH_TASK", "CREATE_COMPUTER", "START_COMPUTER",
    "STOP_COMPUTER", "RESTART_COMPUTER", "DELETE_COMPUTER",
)  # fmt: skip
RANKS = (VIEWER, EDITOR, OWNER)


def has_scope(role: Role, action: str) -> bool:
    """Whether the token has a scope for reading and the one for this; `workspace:write` also in its own form."""
    scope = SCOPES.get(action, WORKSPACE_WRITE)
    forms = {scope, WORKSPACE_WRITE_OWN} if scope == WORKSPACE_WRITE else {scope}
    return bool(forms & role.scopes) and bool({READ, READ_OWN} & role.scopes)


def may(role: Role, action: str, held: str | None) -> bool:
    """Whether a role that is `held` to a workspace it sees may do this with it."""
    if held is None or not has_scope(role, action):
        return False
    if action in READERS_TOO or {READ, SCOPES.get(action, WORKSPACE_WRITE)} <= role.scopes:
        return True
    needed = OWNER if action in OWNERS_ALONE else EDITOR
    return held in RANKS and RANKS.index(held) >= RANKS.index(needed)


def allowed(role: Role, home: Home) -> list[str]:
    """What a role may do with a workspace, in the order in which `viewerCan` tells it."""
    held = access(role, home)
    return [action for action in ACTIONS if may(role, action, held)]
