"""Types that stand in other modules, by name, so that the nouns can refer to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.agents import Agent
    from schema.charts import Chart
    from schema.computers import Computer
    from schema.runs import Run
    from schema.sessions import Session
    from schema.users import User
    from schema.workspaces import Workspace

AgentType = Annotated["Agent", strawberry.lazy("schema.agents")]
ChartType = Annotated["Chart", strawberry.lazy("schema.charts")]
ComputerType = Annotated["Computer", strawberry.lazy("schema.computers")]
RunType = Annotated["Run", strawberry.lazy("schema.runs")]
SessionType = Annotated["Session", strawberry.lazy("schema.sessions")]
UserType = Annotated["User", strawberry.lazy("schema.users")]
WorkspaceType = Annotated["Workspace", strawberry.lazy("schema.workspaces")]
