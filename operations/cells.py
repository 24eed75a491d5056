"""What can be done with the cells of a workspace's table."""

from typing import ClassVar

from pydantic import Field

from db.access import TABLE_WRITE
from operations.operation import FreeObject, FreeValue, Name, Operation, WorkspaceId


class UpdateCell(Operation):
    """Changes one cell of a workspace's table, and notes who changed what (VAI)."""

    scope: ClassVar[str] = TABLE_WRITE

    workspace_id: WorkspaceId
    column: Name = Field(description="Name of the column.")
    row_identity: FreeObject = Field(
        description="Which row: an object with the value of each of the table's `rowIdentityColumns`."
    )
    new_value: FreeValue = Field(
        None, description="The cell's value from now on, of the column's type; null empties it."
    )
    expected_value: FreeValue = Field(
        None,
        description="What the cell is thought to hold. If it holds something else, the change is refused with "
        "CONFLICT, and the error's `current` has the row as it is. Left out, nothing is expected.",
    )
