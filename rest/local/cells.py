from operations.cells import UpdateCell
from operations.operation import Outcome
from rest.local.desk import Desk


async def update_cell(desk: Desk, given: UpdateCell) -> Outcome:
    raise NotImplementedError
