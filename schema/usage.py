"""Use of agents and language models: what runs cost, summed up."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import strawberry

from db.pages import Term
from resolvers.agents import agents_by_id
from resolvers.lists import few
from resolvers.usage import Usage, Wanted
from resolvers.usage import usage as usage_of_runs
from resolvers.workspaces import workspaces_by_id
from schema.agents import Agent
from schema.enums import RunStatus, SortDirection, System
from schema.fields import batch_field, column
from schema.filters import RunFilter
from schema.lazy import WorkspaceType
from schema.nodes import object_type
from schema.orders import DIRECTION, FIELD
from schema.scalars import BigInt
from schema.selection import selection_of


def _key(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="What runs can be grouped by, to sum up their use.")
class UsageGroup(Enum):
    AGENT = _key("agent_id", "The agent that did it.")
    WORKSPACE = _key("workspace_id", "The workspace that it ran in.")
    SYSTEM = _key("system", "The system that holds it.")
    MODEL = _key("model_id", "The language model (VAI).")
    PROVIDER = _key("provider", "The provider of the language model (VAI).")
    STATUS = _key("status", "The unified state.")
    TASK = _key("task_id", "The task definition (VAI).")
    DAY = _key("day", "The day, in UTC, that it was asked for.")
    WEEK = _key("week", "The week, from Monday in UTC, that it was asked for.")
    MONTH = _key("month", "The month, in UTC, that it was asked for.")


@strawberry.enum(description="What the rows of a report on use can be ordered by. A key must be one grouped by.")
class UsageOrderField(Enum):
    COST = _key("cost", "Cost.")
    TOKENS = _key("tokens", "Tokens read and written.")
    INPUT_TOKENS = _key("input_tokens", "Tokens read.")
    OUTPUT_TOKENS = _key("output_tokens", "Tokens written.")
    RUNS = _key("run_count", "Number of runs.")
    AGENT = _key("agent_id", "The agent's id.")
    WORKSPACE = _key("workspace_id", "The workspace's id.")
    SYSTEM = _key("system", "The system, by its name.")
    MODEL = _key("model_id", "The language model, by its id.")
    PROVIDER = _key("provider", "The provider, by its name.")
    STATUS = _key("status", "The unified state, by its name.")
    TASK = _key("task_id", "The task definition's id.")
    DAY = _key("day", "The day.")
    WEEK = _key("week", "The week.")
    MONTH = _key("month", "The month.")


@strawberry.input(description="One term of an order of a report on use.")
class UsageOrder:
    field: UsageOrderField = strawberry.field(description=FIELD)
    direction: SortDirection = strawberry.field(description=DIRECTION, default=SortDirection.ASC)


COST = (
    "What the runs cost, as an exact decimal text in US dollars, the sum of AITasker's `cost_usd` and VAI's "
    "`totalCost`, of which VAI names no currency; null where no run has a cost."
)
COSTED = "How many of the runs have a cost; what others may have cost is not known."


@object_type
class UsageTotals:
    """Sums over all the runs that the viewer may see and the filter lets through."""

    run_count: int = column("How many runs.")
    costed_count: int = column(COSTED)
    cost: str | None = column(COST)
    input_tokens: BigInt = column("Tokens read (VAI).")
    output_tokens: BigInt = column("Tokens written (VAI).")
    cached_input_tokens: BigInt = column("Tokens read from the cache (VAI).")
    cache_write_tokens: BigInt = column("Tokens written to the cache (VAI).")
    tokens: BigInt = column("Tokens read and written, `inputTokens` and `outputTokens` together (VAI).")


@object_type
class UsageRow(UsageTotals):
    """Sums over the runs of one group. A key is null where it was not asked for, and where the runs have none."""

    agent: Agent | None = batch_field(agents_by_id, "The agent that did them.", key="agent_id")
    agent_id: strawberry.ID | None = column("Opaque id of the agent.")
    workspace: WorkspaceType | None = batch_field(
        workspaces_by_id, "The workspace that they ran in.", key="workspace_id"
    )
    workspace_id: strawberry.ID | None = column("Opaque id of the workspace.")
    system: System | None = column("The system that holds them.")
    model_id: str | None = column("The language model (VAI).")
    provider: str | None = column("The provider of the language model (VAI).")
    status: RunStatus | None = column("The unified state.")
    task_id: str | None = column("Id of the task definition (VAI).")
    day: str | None = column("The day that they were asked for, in UTC, such as `2026-11-01`.")
    week: str | None = column("The Monday of the week that they were asked for, in UTC.")
    month: str | None = column("The first day of the month that they were asked for, in UTC.")


@object_type
class UsageReport:
    """What runs used."""

    rows: list[UsageRow] = column("The groups in the order asked for; those without a run are not there.")
    totals: UsageTotals = column("The sums over all groups, those that `first` leaves out included.")
    truncated: bool = column("Whether there are more groups than `first` let through.")


GroupBy = Annotated[
    list[UsageGroup], strawberry.argument(description="The keys to group by; without any there is one group.")
]
Filter = Annotated[RunFilter | None, strawberry.argument(description="Only the runs for which this holds.")]
OrderBy = Annotated[
    list[UsageOrder] | None,
    strawberry.argument(
        description="Order by these, the first counting most, null last; without any by cost and number of runs, the "
        "most first. The keys break ties."
    ),
]
First = Annotated[int, strawberry.argument(description="How many groups at most; 1 to 1,000.")]


async def usage(
    info: strawberry.Info,
    group_by: GroupBy = [],  # noqa: B006  Strawberry makes of it the default in the schema
    filter: Filter = None,
    order_by: OrderBy = None,
    first: First = Wanted.first,
) -> UsageReport:
    """The report, of which only the columns that are selected are summed."""
    selection = selection_of(info)
    rows, totals = selection.child("rows"), selection.child("totals")
    wanted = Wanted(
        tuple(dict.fromkeys(key.value for key in few("groupBy", group_by))),
        filter,
        tuple(Term(one.field.value, one.direction is SortDirection.DESC) for one in few("orderBy", order_by)),
        first,
    )
    needs_rows = rows is not None or selection.selects("truncated")
    found: Usage = await usage_of_runs(
        wanted,
        ctx=info.context,
        columns=(rows.columns if rows else ()) if needs_rows else None,
        totals=totals.columns if totals else None,
    )
    report: Any = found
    return report  # type: ignore[no-any-return]
