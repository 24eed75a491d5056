"""Cells of a workspace's table, applied here. Source: VAI `PATCH /api/v1/workspaces/{workspace_id}/data/cells`."""

from __future__ import annotations

from db.cells import UNSET, change_cell, note_write
from db.data_rows import OPERATIONAL, DataTable
from db.data_tables import cell_mutations
from errors import InvalidInputError, InvalidStateError, NotFoundError
from operations.cells import UpdateCell
from operations.operation import Outcome
from rest.local.desk import Desk, Part, new_id
from rest.local.tables import table_of


async def update_cell(desk: Desk, given: UpdateCell) -> Outcome:
    """The cell with its new value, and a note of who changed what."""
    if "new_value" not in given.model_fields_set:
        raise InvalidInputError({"newValue": "is missing; null empties the cell"})
    place = await desk.workspace(given.workspace_id)
    part = place.part("VAI", "tables")
    if place.row.is_archived:
        raise InvalidStateError("the workspace is archived; restore it before its table is changed")
    declared = await table_of(desk, part)
    if declared is None:
        raise NotFoundError(
            "Workgraph holds no table of this workspace, at most recorded pages, which stay as they are"
        )
    connection = await desk.connection_to(declared)
    expected = given.expected_value if "expected_value" in given.model_fields_set else UNSET
    change = await change_cell(connection, declared, given.column, given.row_identity, given.new_value, expected)
    mutation_id = await _note(desk, part, declared, given, change.old_value, change.new_value)
    if declared.mode == OPERATIONAL:
        await note_write(desk.connection, declared, desk.now)
    detail = {"mutationId": mutation_id, "column": given.column, "rowIdentity": given.row_identity}
    desk.tell(part, "cell.updated", f"A cell of the column {given.column} was changed", detail)
    desk.note(place.id)
    return Outcome(workspace_id=place.id, mutation_id=mutation_id, row=change.row)


async def _note(
    desk: Desk, part: Part, declared: DataTable, given: UpdateCell, old_value: object, new_value: object
) -> str:
    mutation = {
        "organization_id": desk.organization_id,
        "id": new_id(),
        "part_id": part.id,
        "table_name": declared.name,
        "column_name": given.column,
        "row_identity": given.row_identity,
        "old_value": old_value,
        "new_value": new_value,
        "account_id": desk.viewer.account_id,
        "created_at": desk.now,
    }
    await desk.connection.execute(cell_mutations.insert(), [mutation])
    return str(mutation["id"])
