"""What can be done with the tasks that are bound to a workspace."""

from typing import Annotated, ClassVar

from pydantic import Field

from db.access import WORKSPACE_WRITE
from operations.operation import IdOf, Name, Operation, WorkspaceId

BindingId = Annotated[str, IdOf("TASK_BINDING"), Field(description="The binding's id.")]
Mutates = Annotated[bool, Field(description="Whether the task may change the workspace's rows.")]


class AttachTask(Operation):
    """Binds a task to a workspace (VAI). One that is bound already is refused."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    workspace_id: WorkspaceId
    task_id: Name = Field(description="VAI's id of the task.")
    mutates_workspace: Mutates = False


class UpdateTaskBinding(Operation):
    """Changes what a bound task may do (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: BindingId
    mutates_workspace: Mutates


class DetachTask(Operation):
    """Takes a bound task off its workspace (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: BindingId
