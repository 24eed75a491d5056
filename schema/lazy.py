"""Types that stand in other modules, by name, so that the nouns can refer to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.runs import Run
    from schema.sessions import Session
    from schema.workspaces import Workspace

RunType = Annotated["Run", strawberry.lazy("schema.runs")]
SessionType = Annotated["Session", strawberry.lazy("schema.sessions")]
WorkspaceType = Annotated["Workspace", strawberry.lazy("schema.workspaces")]
