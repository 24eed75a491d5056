"""Orders of lists: what each can be ordered by. A member's value is the column's name."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from schema.enums import SortDirection


def _field(column: str, description: str) -> Any:
    return strawberry.enum_value(column, description=description)


@strawberry.enum(description="What workspaces can be ordered by.")
class WorkspaceOrderField(Enum):
    NAME = _field("name", "Name.")
    STATUS = _field("status", "Unified state, by its name.")
    CREATED_AT = _field("created_at", "When it was made.")
    UPDATED_AT = _field("updated_at", "When it last changed.")
    LAST_ACTIVE_AT = _field("last_active_at", "When something was last done in it.")
    ARCHIVED_AT = _field("archived_at", "When it was archived.")


@strawberry.enum(description="What agents can be ordered by.")
class AgentOrderField(Enum):
    NAME = _field("name", "Name.")
    STATUS = _field("status", "Unified state, by its name.")
    HIRED_AT = _field("hired_at", "When it was hired.")
    CREATED_AT = _field("created_at", "When it was made.")
    UPDATED_AT = _field("updated_at", "When it last changed.")


@strawberry.enum(description="What computers can be ordered by.")
class ComputerOrderField(Enum):
    NAME = _field("name", "Name.")
    STATUS = _field("status", "State, by its name.")
    RAM = _field("ram", "Memory.")
    CPU = _field("cpu", "Processor cores.")
    CREATED_AT = _field("created_at", "When it was made.")


@strawberry.enum(description="What charts can be ordered by.")
class ChartOrderField(Enum):
    POSITION = _field("position", "Place in the workspace.")
    TITLE = _field("title", "Title.")
    CREATED_AT = _field("created_at", "When it was made.")
    UPDATED_AT = _field("updated_at", "When it last changed.")


@strawberry.enum(description="What sessions can be ordered by.")
class SessionOrderField(Enum):
    TITLE = _field("title", "Title.")
    CREATED_AT = _field("created_at", "When it was begun.")
    UPDATED_AT = _field("updated_at", "When it last changed.")


@strawberry.enum(description="What messages can be ordered by.")
class MessageOrderField(Enum):
    CREATED_AT = _field("created_at", "When it was made.")


@strawberry.enum(description="What runs can be ordered by.")
class RunOrderField(Enum):
    STATUS = _field("status", "Unified state, by its name.")
    CREATED_AT = _field("created_at", "When it was asked for.")
    STARTED_AT = _field("started_at", "When it began.")
    COMPLETED_AT = _field("completed_at", "When it ended.")


FIELD, DIRECTION = "What counts.", "Which way."


def _direction() -> Any:
    return strawberry.field(description=DIRECTION, default=SortDirection.ASC)


@strawberry.input(description="One term of an order of workspaces.")
class WorkspaceOrder:
    field: WorkspaceOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()


@strawberry.input(description="One term of an order of agents.")
class AgentOrder:
    field: AgentOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()


@strawberry.input(description="One term of an order of computers.")
class ComputerOrder:
    field: ComputerOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()


@strawberry.input(description="One term of an order of charts.")
class ChartOrder:
    field: ChartOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()


@strawberry.input(description="One term of an order of sessions.")
class SessionOrder:
    field: SessionOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()


@strawberry.input(description="One term of an order of messages.")
class MessageOrder:
    field: MessageOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()


@strawberry.input(description="One term of an order of runs.")
class RunOrder:
    field: RunOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = _direction()
