"""The enums of the graph. A member's value is what stands in the database."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from operations.operation import Operation
from operations.permissions import WORKSPACE_ACTIONS


def _value(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="One of the four products that the graph is made of.")
class System(Enum):
    AITASKER = _value("AITASKER", "AITasker: hired agents, each with a desk of its own.")
    ORGO = _value("ORGO", "Orgo: computers in workspaces.")
    VAI = _value("VAI", "Virtuous AI: data workspaces with charts, chat sessions and runs.")
    EVERSHELL = _value("EVERSHELL", "Evershell: pods with snapshots, forks and roles.")


@strawberry.enum(description="The kinds of record that `lookup` finds by a system's own id.")
class RecordType(Enum):
    WORKSPACE = _value("WORKSPACE", "A workspace of one system; answers the unified workspace it belongs to.")
    AGENT = _value("AGENT", "A hired agent, agent specification or role.")
    COMPUTER = _value("COMPUTER", "A computer.")
    CHART = _value("CHART", "A chart.")
    SESSION = _value("SESSION", "A chat session.")
    MESSAGE = _value("MESSAGE", "A message of a session.")
    RUN = _value("RUN", "A run or task.")
    TAG = _value("TAG", "A tag.")
    USER = _value("USER", "A person.")


@strawberry.enum(
    description="The unified state of a workspace. Of several systems' states the most urgent wins, in the order "
    "FAILED, STOPPING, PROVISIONING, BUSY, PAUSED, ACTIVE, IDLE, STOPPED, UNKNOWN. Archived is no status."
)
class WorkspaceStatus(Enum):
    PROVISIONING = _value("PROVISIONING", "It is being set up (Evershell).")
    ACTIVE = _value("ACTIVE", "It is there and works (AITasker, Orgo, VAI).")
    IDLE = _value("IDLE", "Its pod is up and has nothing to do (Evershell).")
    BUSY = _value("BUSY", "Its pod runs a task (Evershell).")
    PAUSED = _value("PAUSED", "Its agent is paused (AITasker).")
    STOPPING = _value("STOPPING", "Its pod saves a snapshot and goes down (Evershell).")
    STOPPED = _value("STOPPED", "Its pod is down (Evershell), or it is inactive (Orgo).")
    FAILED = _value("FAILED", "Its pod failed (Evershell).")
    UNKNOWN = _value("UNKNOWN", "The system's word is none that Workgraph knows; see `status` of the facets.")


@strawberry.enum(description="What the viewer is to a workspace or session.")
class Access(Enum):
    OWNER = _value("OWNER", "The viewer owns it.")
    EDITOR = _value("EDITOR", "It is shared with the viewer for editing, or the viewer brought a part of it.")
    VIEWER = _value("VIEWER", "It is shared with the viewer for reading.")
    ORGANIZATION = _value("ORGANIZATION", "It is neither: the viewer may see all that the organisation holds.")


def _named(operation: type[Operation]) -> str:
    """What an action is, by the first sentence of its mutation's description."""
    return " ".join((operation.__doc__ or "").split()).partition(". ")[0].rstrip(".") + "."


_make: Any = Enum  # mypy knows only enums whose members are written out
WorkspaceAction = strawberry.enum(
    _make("WorkspaceAction", {name: _value(name, _named(one)) for name, one in WORKSPACE_ACTIONS.items()}),
    description="What can be done with a workspace, or with what stands in it: a mutation each, by its name.",
)


@strawberry.enum(description="Which way an order goes. Null stands last either way.")
class SortDirection(Enum):
    ASC = _value("ASC", "Smallest, earliest, A first.")
    DESC = _value("DESC", "Largest, latest, Z first.")


@strawberry.enum(description="The unified state of an agent.")
class AgentStatus(Enum):
    ACTIVE = _value("ACTIVE", "It works, or is ready to.")
    PAUSED = _value("PAUSED", "It was paused and can be resumed (AITasker).")
    CANCELLED = _value("CANCELLED", "Its hire has ended (AITasker).")
    DRAFT = _value("DRAFT", "Its specification is not finished (VAI).")
    ARCHIVED = _value("ARCHIVED", "It was put away (Evershell, VAI).")
    DELETED = _value("DELETED", "It is gone, though sessions still name it (VAI).")
    UNKNOWN = _value("UNKNOWN", "The system's word is none that Workgraph knows, or it gave none; see `sourceStatus`.")


@strawberry.enum(description="The state of a computer (Orgo).")
class ComputerStatus(Enum):
    CREATING = _value("CREATING", "It is being made.")
    STARTING = _value("STARTING", "It is starting.")
    RUNNING = _value("RUNNING", "It runs.")
    STOPPING = _value("STOPPING", "It is stopping.")
    STOPPED = _value("STOPPED", "It is stopped; its disk is kept.")
    RESTARTING = _value("RESTARTING", "It stops and starts again.")
    SUSPENDED = _value("SUSPENDED", "It was idle and went to sleep.")
    DELETING = _value("DELETING", "It is being deleted.")
    ERROR = _value("ERROR", "It failed.")
    UNKNOWN = _value("UNKNOWN", "The system's word is none that Workgraph knows, or it gave none; see `sourceStatus`.")


@strawberry.enum(description="The unified state of a run.")
class RunStatus(Enum):
    QUEUED = _value("QUEUED", "It waits for its turn.")
    WAITING = _value("WAITING", "It waits for something, such as an approval.")
    RUNNING = _value("RUNNING", "It runs.")
    SUCCEEDED = _value("SUCCEEDED", "It ended well.")
    FAILED = _value("FAILED", "It ended with an error.")
    CANCELLED = _value("CANCELLED", "It was called off or rejected.")
    UNKNOWN = _value("UNKNOWN", "The system's word is none that Workgraph knows, or it gave none; see `sourceStatus`.")


@strawberry.enum(description="How a chart is drawn (VAI).")
class ChartKind(Enum):
    BAR = _value("BAR", "Bars.")
    LINE = _value("LINE", "A line.")
    AREA = _value("AREA", "A filled line.")
    PIE = _value("PIE", "Slices of a disc.")
    DONUT = _value("DONUT", "Slices of a ring.")
    SCATTER = _value("SCATTER", "Points.")
    HEATMAP = _value("HEATMAP", "A grid of colours.")
    HISTOGRAM = _value("HISTOGRAM", "Counts by range.")
    TABLE = _value("TABLE", "A table of figures.")
    VALUE = _value("VALUE", "One figure.")
    UNKNOWN = _value("UNKNOWN", "The specification's word is none that Workgraph knows; `source.document` has it.")


@strawberry.enum(description="How a chart's measure sums up its rows (VAI).")
class ChartAggregate(Enum):
    SUM = _value("SUM", "The sum.")
    COUNT = _value("COUNT", "The number of rows.")
    AVG = _value("AVG", "The mean.")
    MIN = _value("MIN", "The least.")
    MAX = _value("MAX", "The greatest.")
    COUNT_DISTINCT = _value("COUNT_DISTINCT", "The number of different values.")
    MEDIAN = _value("MEDIAN", "The middle value.")
    UNKNOWN = _value("UNKNOWN", "The specification's word is none that Workgraph knows; `source.document` has it.")


@strawberry.enum(description="The colours that a chart is drawn in (VAI).")
class ChartTheme(Enum):
    AUTO = _value("AUTO", "As the page it stands in.")
    LIGHT = _value("LIGHT", "Dark on light.")
    DARK = _value("DARK", "Light on dark.")


@strawberry.enum(description="The unit that the moments of a chart's x axis are cut to.")
class DateUnit(Enum):
    DAY = _value("DAY", "Days.")
    WEEK = _value("WEEK", "Weeks from Monday.")
    MONTH = _value("MONTH", "Months.")
    QUARTER = _value("QUARTER", "Quarters.")
    YEAR = _value("YEAR", "Years.")


@strawberry.enum(description="How a chart's filter compares a column. NE and NOT_IN keep the rows that have no value.")
class ChartFilterOperator(Enum):
    EQ = _value("EQ", "Equal to the value.")
    NE = _value("NE", "Not equal to the value, or null.")
    IN = _value("IN", "Equal to one of a list of values.")
    NOT_IN = _value("NOT_IN", "Equal to none of a list of values, or null.")
    LT = _value("LT", "Less than the value.")
    LTE = _value("LTE", "Less than the value, or equal.")
    GT = _value("GT", "Greater than the value.")
    GTE = _value("GTE", "Greater than the value, or equal.")
    BETWEEN = _value("BETWEEN", "From the first of two values to the second, both included.")
    CONTAINS = _value("CONTAINS", "A text that holds the value, whichever the case.")
    STARTS_WITH = _value("STARTS_WITH", "A text that starts with the value, whichever the case.")
    IS_NULL = _value("IS_NULL", "Null.")
    IS_NOT_NULL = _value("IS_NOT_NULL", "Not null.")
    LAST = _value("LAST", "In the last n units of time, the current one included, such as the last 30 days; in UTC.")
    THIS_UNIT = _value("THIS_UNIT", "In the current unit of time, such as this month; in UTC.")


@strawberry.enum(description="What a chart's points are ordered by.")
class ChartSortBy(Enum):
    X = _value("X", "The x axis.")
    Y = _value("Y", "The first measure.")


@strawberry.enum(description="How a VAI workspace stands to its table.")
class WorkspaceMode(Enum):
    SNAPSHOT = _value("SNAPSHOT", "A frozen copy of the table.")
    OPERATIONAL = _value("OPERATIONAL", "The live table.")


def member(enum: type[Enum], fallback: str) -> Any:
    """Makes of a system's lower-case word the member's value; `fallback` for what there is no member for."""
    known = {one.value for one in enum}
    return lambda word: word.upper() if isinstance(word, str) and word.upper() in known else fallback
