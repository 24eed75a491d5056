"""indexes of what is one's own"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AGENTS, SESSIONS = "ix_agents_organization_id_owner_id_id", "ix_sessions_organization_id_shared_by_id_id"


def upgrade() -> None:
    op.create_index(AGENTS, "agents", ["organization_id", "owner_id", "id"])
    op.create_index(SESSIONS, "sessions", ["organization_id", "shared_by_id", "id"])


def downgrade() -> None:
    op.drop_index(SESSIONS, table_name="sessions")
    op.drop_index(AGENTS, table_name="agents")
