"""Newest first on PostgreSQL"""

from alembic import op

from db.metadata import NEWEST

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LISTS = {
    "activity_items": ("workspace_id", "created_at"),
    "answers": ("system", "fetched_at"),
    "charts": ("created_at",),
    "runs": ("created_at",),
    "runs_of_workspaces": ("workspace_id", "created_at"),
    "runs_of_runs": ("parent_id", "created_at"),
    "sessions": ("created_at",),
    "sessions_of_workspaces": ("workspace_id", "created_at"),
    "sessions_of_agents": ("agent_id", "created_at"),
    "workspaces": ("created_at",),
    "workspaces_of_workspaces": ("parent_id", "created_at"),
}


def upgrade() -> None:
    """SQLite reads an ascending index backward for NULLS LAST; PostgreSQL has to be given one in that order."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, columns in LISTS.items():
        *keys, moment = columns
        listed = ", ".join(("organization_id", *keys, f"{moment} DESC NULLS LAST", "id DESC"))
        op.execute(f"CREATE INDEX {NEWEST}{name} ON {name.partition('_of_')[0]} ({listed})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in LISTS:
            op.execute(f"DROP INDEX {NEWEST}{name}")
