"""Groups of connections: by which keys the rows of each type can be counted."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from resolvers.context import Batch
from resolvers.groups import GroupKey, grouping_of, groups_of_lists
from resolvers.lists import few
from schema.fields import AskedFeed, FedField, argument, column
from schema.prices import GROUPS, priced, size
from schema.scalars import JSON


@strawberry.type(description="Rows of a list that have the same keys.")
class Group:
    """Rows of a list that have the same keys."""

    keys: JSON = column(
        'What they have in common: an object with a member for each key asked for, such as `{status: "ACTIVE"}`; '
        "null where the rows have no value. Keys that are records are the graph's ids."
    )
    count: int = column("How many rows.")


def _key(column: str, description: str) -> Any:
    return strawberry.enum_value(column, description=description)


@strawberry.enum(description="What workspaces can be counted by.")
class WorkspaceGroupKey(Enum):
    STATUS = _key("status", "Unified state.")
    SYSTEM = _key("systems", "A system that holds a part of it; a workspace of several systems counts for each.")
    IS_ARCHIVED = _key("is_archived", "Whether one of its systems holds it as archived.")
    OWNER = _key("owner_id", "Id of its owner.")
    PARENT = _key("parent_id", "Id of the workspace it was forked from.")


@strawberry.enum(description="What agents can be counted by.")
class AgentGroupKey(Enum):
    STATUS = _key("status", "Unified state.")
    SYSTEM = _key("system", "The system that holds it.")
    TIER = _key("tier", "Price tier (AITasker).")
    AGENT_TYPE = _key("agent_type", "Kind of agent (AITasker).")
    OWNER = _key("owner_id", "Id of its owner.")
    MODEL = _key("model", "Language model (Evershell).")
    ENVIRONMENT = _key("environment", "Environment (Evershell).")


@strawberry.enum(description="What computers can be counted by.")
class ComputerGroupKey(Enum):
    STATUS = _key("status", "Unified state.")
    SYSTEM = _key("system", "The system that holds it.")
    OS = _key("os", "Operating system.")
    GPU = _key("gpu", "Graphics processor.")
    RAM = _key("ram", "Memory.")
    CPU = _key("cpu", "Processor cores.")
    WORKSPACE = _key("workspace_id", "Id of its workspace.")


@strawberry.enum(description="What charts can be counted by.")
class ChartGroupKey(Enum):
    KIND = _key("kind", "How it is drawn.")
    WORKSPACE = _key("workspace_id", "Id of its workspace.")
    CREATED_BY = _key("created_by_id", "Id of who made it.")
    COLLAPSED = _key("collapsed", "Whether it is shown folded.")


@strawberry.enum(description="What sessions can be counted by.")
class SessionGroupKey(Enum):
    AGENT = _key("agent_id", "Id of its agent.")
    WORKSPACE = _key("workspace_id", "Id of its workspace.")
    IS_SHARED = _key("is_shared", "Whether it is shared with others.")
    SCOPE = _key("scope_kind", "Kind of what it is about.")
    LAST_TURN_STATUS = _key("last_turn_status", "How the last turn ended, in VAI's own word.")


@strawberry.enum(description="What messages can be counted by.")
class MessageGroupKey(Enum):
    ROLE = _key("role", "Who speaks.")
    FORMAT = _key("format", "How `rawData` is to be read.")
    CANCELLED = _key("cancelled", "Whether it was broken off.")
    SESSION = _key("session_id", "Id of its session.")


@strawberry.enum(description="What runs can be counted by.")
class RunGroupKey(Enum):
    STATUS = _key("status", "Unified state.")
    SYSTEM = _key("system", "The system that holds it.")
    AGENT = _key("agent_id", "Id of its agent.")
    WORKSPACE = _key("workspace_id", "Id of its workspace.")
    TASK = _key("task_id", "VAI's id of the task definition.")
    MODEL = _key("model_id", "Language model (VAI).")
    PROVIDER = _key("provider", "Provider of the language model (VAI).")
    DEPTH = _key("depth", "How deep it stands in its tree of runs.")
    PARENT = _key("parent_id", "Id of the run that started it.")


@strawberry.enum(description="What items of activity can be counted by.")
class ActivityGroupKey(Enum):
    KIND = _key("kind", "Kind of what happened.")
    STATUS = _key("status", "How it stands, in VAI's own word.")
    WORKSPACE = _key("workspace_id", "Id of its workspace.")


@strawberry.enum(description="What recorded answers can be counted by.")
class AnswerGroupKey(Enum):
    SYSTEM = _key("system", "The system that answered.")
    METHOD = _key("method", "HTTP method of the call.")
    ENDPOINT = _key("endpoint", "The call as the API's reference names it.")
    STATUS = _key("status", "HTTP status of the answer.")


# By the name of the type of the rows; a type that stands in a connection must be here.
KEYS: Mapping[str, type[Enum]] = {
    "Workspace": WorkspaceGroupKey,
    "Agent": AgentGroupKey,
    "Computer": ComputerGroupKey,
    "Chart": ChartGroupKey,
    "Session": SessionGroupKey,
    "Message": MessageGroupKey,
    "Run": RunGroupKey,
    "ActivityItem": ActivityGroupKey,
    "RecordedAnswer": AnswerGroupKey,
}


class GroupsField(FedField):
    """The groups of a connection, whose keys are those of the type that the connection is of."""

    def copy_with(self, type_var_map: Mapping[str, Any]) -> GroupsField:
        """The field on the connection of one type."""
        copied: GroupsField = super().copy_with(type_var_map)
        keys = _keys_of(next(iter(type_var_map.values())))
        copied.arguments = [
            argument("by", list[keys], "The keys, one or more.", strawberry.UNSET),  # type: ignore[valid-type]
            argument("first", int, "How many groups at most, the most frequent ones; 1 to 1,000.", 100),
        ]
        return copied


def _keys_of(of: Any) -> type[Enum]:
    """The keys of the type that a connection is of. Raises TypeError for one that has none."""
    name = getattr(of, "type_name", None) or of.__strawberry_definition__.name
    if name not in KEYS:
        raise TypeError(f"{name} stands in a connection, so KEYS in schema/groups.py must name what it is counted by")
    return KEYS[name]


def groups_field(description: str) -> Any:
    """The field `groups` of connections."""
    made = GroupsField(description=description, directives=priced(GROUPS, size(100, ("first",))).directives)
    made.feed = AskedFeed(_groups, key="whole")
    made.init = False
    return made


def _groups(arguments: Mapping[str, Any]) -> Batch:
    by = [GroupKey(to_camel_case(key.name.lower()), key.value) for key in few("by", arguments["by"])]
    batch: Any = partial(groups_of_lists, grouping_of(by, arguments["first"]))
    return batch  # type: ignore[no-any-return]
