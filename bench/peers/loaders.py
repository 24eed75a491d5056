"""The Python peers' way to rows: one statement for each root, one aiodataloader for each relation.

A page is a dict with `nodes` or whatever `Loaders.page` is, made once per parent, so that resolvers need no coroutine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from aiodataloader import DataLoader
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from bench.peers.orm import (
    Agent,
    Chart,
    Computer,
    Message,
    Record,
    Session,
    User,
    Workspace,
    WorkspaceAgent,
    among,
    opened,
)


class Loaders:
    """The loaders of one request. `page` makes a connection of its nodes."""

    def __init__(self, organization_id: str, page: Callable[[list[Any]], Any]) -> None:
        self.organization_id, self.page = organization_id, page
        self.workspace = DataLoader(partial(self.by_id, Workspace))
        self.agent = DataLoader(partial(self.by_id, Agent))
        self.user = DataLoader(partial(self.by_id, User))
        self.agents = DataLoader(self.agents_of_workspaces)
        # In the order of the index on these columns, which no sort is needed for.
        self.computers = DataLoader(partial(self.children, Computer.workspace_id, (Computer.created_at, Computer.id)))
        self.charts = DataLoader(partial(self.children, Chart.workspace_id, (Chart.position, Chart.id)))
        newest = (Session.created_at.desc(), Session.id.desc())
        self.sessions = DataLoader(partial(self.children, Session.workspace_id, newest))
        self.first_messages: dict[int, DataLoader] = {}

    async def found(self, statement: Select[Any]) -> Sequence[Any]:
        """The records of a statement."""
        async with opened() as session:
            return (await session.scalars(statement)).all()

    def own(self, model: type[Record]) -> Select[Any]:
        """The records of the viewer's organisation."""
        return select(model).where(model.organization_id == self.organization_id)

    async def newest_workspaces(self, first: int) -> Any:
        order = (Workspace.created_at.desc().nulls_last(), Workspace.id.desc())
        return self.page(list(await self.found(self.own(Workspace).order_by(*order).limit(first))))

    async def oldest_computers(self, first: int) -> Any:
        order = (Computer.created_at.asc().nulls_last(), Computer.id)
        return self.page(list(await self.found(self.own(Computer).order_by(*order).limit(first))))

    async def by_id(self, model: Any, ids: list[str]) -> list[Any]:
        """The record of each id, or None."""
        records = {record.id: record for record in await self.found(self.own(model).where(among(model.id, ids)))}
        return [records.get(one) for one in ids]

    async def children(self, parent: Any, order: Sequence[Any], keys: list[str]) -> list[Any]:
        """The page of children of each parent."""
        statement = self.own(parent.class_).where(among(parent, keys)).order_by(parent, *order)
        return self.pages(keys, [(getattr(child, parent.key), child) for child in await self.found(statement)])

    async def agents_of_workspaces(self, keys: list[str]) -> list[Any]:
        pair = WorkspaceAgent
        there = (pair.organization_id == Agent.organization_id) & (pair.agent_id == Agent.id)
        statement = select(pair.workspace_id, Agent).join(Agent, there)
        mine = (pair.organization_id == self.organization_id) & among(pair.workspace_id, keys)
        async with opened() as session:
            rows = (await session.execute(statement.where(mine).order_by(Agent.name, Agent.id))).all()
        return self.pages(keys, rows)

    def messages(self, first: int) -> DataLoader:
        """The loader of the first messages of sessions."""
        if first not in self.first_messages:
            self.first_messages[first] = DataLoader(partial(self.messages_of_sessions, first))
        return self.first_messages[first]

    async def messages_of_sessions(self, first: int, keys: list[str]) -> list[Any]:
        place = func.row_number().over(partition_by=Message.session_id, order_by=(Message.created_at, Message.id))
        numbered = self.own(Message).add_columns(place.label("place")).where(among(Message.session_id, keys)).subquery()
        message = aliased(Message, numbered)
        order = (numbered.c.session_id, numbered.c.place)
        found = await self.found(select(message).where(numbered.c.place <= first).order_by(*order))
        return self.pages(keys, [(one.session_id, one) for one in found])

    def pages(self, keys: list[str], pairs: Sequence[Any]) -> list[Any]:
        """The page of each parent, of pairs of a parent's key and a child."""
        found = defaultdict(list)
        for key, child in pairs:
            found[key].append(child)
        return [self.page(found[key]) for key in keys]
