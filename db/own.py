"""What is within a viewer's own reach: the row rules of `workspace:read:own`, and of writing what is one's own.

All hangs on workspaces. OWNER of one is whose user its unified owner is. EDITOR is also who brought another part of
it, and whom VAI calls an editor of it. VIEWER is also with whom it is shared, until the share expires or is revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    Alias,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    false,
    or_,
    select,
    true,
    union_all,
)

from db.activity import activity_items
from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.keys import among
from db.runs import runs
from db.sessions import messages, sessions
from db.statements import to_come
from db.types import Keys, UtcDateTime
from db.users import recipients, shares
from db.workspaces import vai_workspaces, workspace_agents, workspace_parts, workspaces

OWNER, EDITOR, VIEWER = "OWNER", "EDITOR", "VIEWER"  # what one is to a workspace; each includes those behind it
ORGANIZATION, USERS, NOW = "viewer_organization", "viewer_users", "viewer_now"  # parameters each viewer gives a value
Ids = Select[Any] | CompoundSelect[Any]


def organization() -> BindParameter[str]:
    """The viewer's organisation, as a parameter that has no value until the statement runs for someone."""
    return to_come(ORGANIZATION, Text())


def users() -> BindParameter[Any]:
    """The viewer's users, as a parameter."""
    return to_come(USERS, Keys())


def within(source: FromClause, access: str) -> ColumnElement[bool]:
    """The condition that a row of a table, or of an alias of one, is within own reach.

    What is no table is made of rows that were looked at already. Raises TypeError for a table without a rule.
    """
    table = _table_of(source)
    if table is None:
        return true()
    if table.name in RULES:
        return RULES[table.name](source, access)
    if "workspace_id" not in source.c:
        raise TypeError(f"nothing says which rows of {table.name} are within whose reach; give it a rule in db/own.py")
    return source.c.workspace_id.in_(workspaces_within(access))


def _table_of(source: FromClause) -> Table | None:
    while isinstance(source, Alias):
        source = source.element
    return source if isinstance(source, Table) else None


# Sets of ids


def workspaces_within(access: str) -> Ids:
    """Ids of the workspaces that the viewer is this to, or more."""
    if access == OWNER:
        one = workspaces.alias()
        return select(one.c.id).where(one.c.organization_id == organization(), among(one.c.owner_id, users()))
    return union_all(_brought(), _edited() if access == EDITOR else shared_workspaces())


def _brought() -> Select[Any]:
    part = workspace_parts.alias()
    mine = among(part.c.owner_id, users())
    return select(part.c.workspace_id).where(
        part.c.organization_id == organization(), mine, part.c.is_deleted.is_(False)
    )


def shared_workspaces() -> Select[Any]:
    """Ids of the workspaces that are shared with the viewer by a share that has neither expired nor been revoked."""
    return _shared(recipients.alias())


def _shared(people: FromClause) -> Select[Any]:
    share = shares.alias()
    is_over = or_(share.c.state == "not_shared", share.c.expires_at <= to_come(NOW, UtcDateTime()))
    of_same = and_(share.c.organization_id == people.c.organization_id, share.c.record_id == people.c.record_id)
    over = select(share.c.id).where(of_same, is_over).correlate(people).exists()
    named = and_(people.c.organization_id == organization(), among(people.c.user_id, users()))
    return select(people.c.workspace_id).where(named, people.c.workspace_id.is_not(None), ~over)


def _edited() -> Select[Any]:
    """VAI says `editor` of whoever fetched the document, and not who that was: it must be the only recipient."""
    people, other, part = recipients.alias(), recipients.alias(), vai_workspaces.alias()
    of_same = and_(other.c.organization_id == people.c.organization_id, other.c.record_id == people.c.record_id)
    with_others = select(other.c.id).where(of_same, ~among(other.c.user_id, users())).correlate(people).exists()
    its = and_(part.c.organization_id == people.c.organization_id, part.c.id == people.c.record_id)
    says_so = select(part.c.id).where(its, part.c.viewer_access == "editor").correlate(people).exists()
    return _shared(people).where(says_so, ~with_others)


def shared_sessions() -> Select[Any]:
    """Ids of the sessions that are shared with the viewer each by itself."""
    person = recipients.alias()
    named = and_(person.c.organization_id == organization(), among(person.c.user_id, users()))
    return select(person.c.record_id).where(named, person.c.via == "SESSION")


def _ids(table: Table, access: str, column: str = "id") -> Select[Any]:
    """Values of a column of the rows of a table that are within reach."""
    return _of(table, column, lambda one: within(one, access))


def _of(table: Table, column: str, condition: Callable[[FromClause], ColumnElement[bool]]) -> Select[Any]:
    one = table.alias()
    return select(one.c[column]).where(one.c.organization_id == organization(), condition(one))


# Sets of ids in several pieces, each found by an index of its own, which a condition with OR would not use.


def _sessions_within(access: str, column: str = "id") -> list[Select[Any]]:
    """Sessions of workspaces within reach; to be seen, also those shared with or by the viewer."""
    of_workspaces = _of(sessions, column, lambda one: one.c.workspace_id.in_(workspaces_within(access)))
    return [of_workspaces, *(_shared_alone(column) if access == VIEWER else [])]


def _shared_alone(column: str = "id") -> list[Select[Any]]:
    """Sessions shared with the viewer, and by the viewer, whoever sees the workspace."""
    return [
        _of(sessions, column, lambda one: one.c.id.in_(shared_sessions())),
        _of(sessions, column, lambda one: among(one.c.shared_by_id, users())),
    ]


def _messages_within(access: str) -> list[Select[Any]]:
    return [_of(messages, "id", lambda one: one.c.session_id.in_(union_all(*_sessions_within(access))))]


def _agents_within(access: str) -> list[Select[Any]]:
    """The viewer's own agents, and those of workspaces within reach; to be seen, also those of sessions."""
    return [
        _of(agents, "id", lambda one: among(one.c.owner_id, users())),
        _ids(workspace_agents, access, "agent_id"),
        *(_sessions_within(VIEWER, "agent_id") if access == VIEWER else []),
    ]


# Rules


def _workspace(source: FromClause, access: str) -> ColumnElement[bool]:
    return source.c.id.in_(workspaces_within(access))


def _session(source: FromClause, access: str) -> ColumnElement[bool]:
    return source.c.id.in_(union_all(*_sessions_within(access)))


def _message(source: FromClause, access: str) -> ColumnElement[bool]:
    return source.c.session_id.in_(union_all(*_sessions_within(access)))


def _agent(source: FromClause, access: str) -> ColumnElement[bool]:
    return source.c.id.in_(union_all(*_agents_within(access)))


def _run_step(source: FromClause, access: str) -> ColumnElement[bool]:
    return source.c.record_id.in_(_ids(runs, access))


def _recipient(source: FromClause, access: str) -> ColumnElement[bool]:
    of_session = source.c.record_id.in_(union_all(*_sessions_within(access)))
    return or_(source.c.workspace_id.in_(workspaces_within(access)), and_(source.c.via == "SESSION", of_session))


def _of_part(source: FromClause, access: str) -> ColumnElement[bool]:
    return source.c.part_id.in_(_ids(workspace_parts, access))


def _document(source: FromClause, access: str) -> ColumnElement[bool]:
    """A record's document goes with the record. Most stand in a part; the others are looked up."""
    alone = _of(messages, "id", lambda one: one.c.session_id.in_(union_all(*_shared_alone())))
    anywhere = union_all(
        *(_ids(one, access) for one in (computers, charts, runs, activity_items)),
        *_sessions_within(access),
        *_messages_within(access),
    )
    return or_(
        source.c.kind.in_(("USER", "TAG")),
        and_(source.c.kind != "AGENT", _of_part(source, access)),
        source.c.id.in_(union_all(*_agents_within(access), *_shared_alone(), alone)),
        and_(source.c.part_id.is_(None), source.c.id.in_(anywhere)),
    )


def _answer(source: FromClause, access: str) -> ColumnElement[bool]:
    """An answer goes with the workspace or the chart that it is about; others are about more than what is one's own."""
    return or_(source.c.subject_id.in_(_ids(workspace_parts, access)), source.c.subject_id.in_(_ids(charts, access)))


def _all(_source: FromClause, _access: str) -> ColumnElement[bool]:
    """The organisation's vocabulary."""
    return true()


def _none(_source: FromClause, _access: str) -> ColumnElement[bool]:
    return false()


# By table; every other one goes by its column `workspace_id`.
RULES: Mapping[str, Callable[[FromClause, str], ColumnElement[bool]]] = {
    "workspaces": _workspace,
    "sessions": _session,
    "messages": _message,
    "run_steps": _run_step,
    "agents": _agent,
    "recipients": _recipient,
    "documents": _document,
    "answers": _answer,
    "data_tables": _of_part,
    "cell_mutations": _of_part,
    "organizations": _all,
    "users": _all,
    "tags": _all,
    "table_candidates": _none,
}
