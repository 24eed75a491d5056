"""What can be done with chat sessions."""

from typing import Annotated, ClassVar

from pydantic import Field

from db.access import WORKSPACE_WRITE
from operations.operation import IdOf, Operation, WorkspaceId
from operations.workspaces import Title


class CreateSession(Operation):
    """Opens a chat session in a workspace (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    workspace_id: WorkspaceId
    title: Title | None = Field(None, description="Its title.")
    agent_id: Annotated[str, IdOf("AGENT")] | None = Field(
        None, description="The agent it talks to, one of VAI's specifications."
    )
