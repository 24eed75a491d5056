"""Costs of runs as exact decimals"""

import sqlalchemy as sa
from alembic import op

from db import costs

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT_ONCE = 5_000  # rows
USED = (
    "organization_id", "created_at", "agent_id", "workspace_id", "system", "status", "task_id", "usage_input_tokens",
    "usage_output_tokens", "usage_cached_input_tokens", "usage_cache_write_tokens", "cost",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("runs", sa.Column("cost", costs.Cost(), nullable=True))
    _fill()
    op.create_index("ix_runs_use", "runs", list(USED), unique=False)


def _fill() -> None:
    """The cost of each run that is there, of what its system said."""
    connection = op.get_bind()
    runs = sa.table(
        "runs",
        *(sa.column(name) for name in ("organization_id", "id", "system", "usage_total_cost", "cost_usd")),
        sa.column("cost", costs.Cost()),
    )
    key = runs.c.organization_id, runs.c.id
    said = sa.or_(runs.c.usage_total_cost.is_not(None), runs.c.cost_usd.is_not(None))
    rows = sa.select(*key, runs.c.usage_total_cost, runs.c.cost_usd).where(said).order_by(*key).limit(AT_ONCE)
    is_meant = sa.and_(key[0] == sa.bindparam("its_organization"), key[1] == sa.bindparam("its_id"))
    fill = sa.update(runs).where(is_meant).values(cost=sa.bindparam("its_cost", type_=costs.Cost()))
    found = connection.execute(rows).all()
    while found:
        filled = [{"its_organization": row[0], "its_id": row[1], "its_cost": _cost(row)} for row in found]
        connection.execute(fill, filled)
        found = connection.execute(rows.where(sa.tuple_(*key) > sa.tuple_(found[-1][0], found[-1][1]))).all()


def _cost(row: sa.Row) -> str | None:
    return costs.exact_cost(row.cost_usd if row.usage_total_cost is None else row.usage_total_cost)


def downgrade() -> None:
    op.drop_index("ix_runs_use", table_name="runs")
    op.drop_column("runs", "cost")
