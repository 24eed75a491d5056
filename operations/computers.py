"""What can be done with computers."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from db.access import WORKSPACE_WRITE
from operations.operation import IdOf, Operation, Storable, WorkspaceId

ComputerId = Annotated[str, IdOf("COMPUTER"), Field(description="The computer's id.")]
RAM_GB = (4, 8, 16, 32, 64)
CPUS = (1, 2, 4, 8, 16)


class CreateComputer(Operation):
    """Makes a computer in a workspace of Orgo, which starts by itself. Its name is the only such in the workspace."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    workspace_id: WorkspaceId
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), Storable] = Field(
        description="Its name; 1 to 64 characters."
    )
    os: Annotated[str, StringConstraints(pattern="^(linux|windows)$")] = Field(
        "linux", description="Operating system, `linux` or `windows`."
    )
    ram: int = Field(4, description="Memory in gigabytes: 4, 8, 16, 32 or 64.")
    cpu: int = Field(1, description="Processors: 1, 2, 4, 8 or 16.")
    disk_size_gb: int = Field(8, ge=1, le=4_096, description="Size of the disk in gigabytes.")
    gpu: Annotated[str, StringConstraints(pattern="^(none|a10|l40s|a100-40gb|a100-80gb)$")] = Field(
        "none", description="Graphics processor: `none`, `a10`, `l40s`, `a100-40gb` or `a100-80gb`."
    )
    resolution: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{2,4}x[1-9]\d{2,4}x(8|16|24|32)$")] = Field(
        "1280x720x24", description="Width, height and depth of the screen, such as `1280x720x24`."
    )
    auto_stop_minutes: int | None = Field(
        None, ge=0, le=525_600, description="Minutes of idleness until it is suspended; 0 for never."
    )


class StartComputer(Operation):
    """Starts a stopped or suspended computer (Orgo). One that runs stays as it is."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ComputerId


class StopComputer(Operation):
    """Stops a computer and keeps its disk (Orgo). One that is stopped stays as it is."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ComputerId


class RestartComputer(Operation):
    """Stops a running computer and starts it again (Orgo)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ComputerId


class DeleteComputer(Operation):
    """Deletes a computer with its disk (Orgo). It cannot be undone."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: ComputerId
