"""What can be done with agents."""

from typing import Annotated, ClassVar

from pydantic import Field

from db.access import AGENT_WRITE
from operations.operation import IdOf, Operation

AgentId = Annotated[str, IdOf("AGENT"), Field(description="The agent's id.")]


class PauseAgent(Operation):
    """Pauses a hired agent (AITasker). One that is paused stays as it is; one that was cancelled is refused."""

    scope: ClassVar[str] = AGENT_WRITE

    id: AgentId


class ResumeAgent(Operation):
    """Lets a paused agent work again (AITasker). One that is active stays as it is; a cancelled one is refused."""

    scope: ClassVar[str] = AGENT_WRITE

    id: AgentId
