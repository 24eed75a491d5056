"""Tokens with names and last use"""

import secrets

import sqlalchemy as sa
from alembic import op

from db import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID_BYTES = 6


def upgrade() -> None:
    op.add_column("tokens", sa.Column("id", sa.Text(), nullable=True))
    op.add_column("tokens", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("tokens", sa.Column("last_used_at", types.UtcDateTime(timezone=True), nullable=True))
    _fill()
    with op.batch_alter_table("tokens") as tokens:
        tokens.alter_column("id", existing_type=sa.Text(), nullable=False)
    op.create_index("ix_tokens_organization_id_id", "tokens", ["organization_id", "id"], unique=True)
    op.create_index(
        "ix_tokens_organization_id_account_id_name", "tokens", ["organization_id", "account_id", "name"], unique=True
    )


def _fill() -> None:
    """Tokens that are there get an id, and bearers' tokens that as their name."""
    connection = op.get_bind()
    tokens = sa.table("tokens", *(sa.column(name) for name in ("digest", "id", "kind", "name")))
    rows = connection.execute(sa.select(tokens.c.digest, tokens.c.kind)).all()
    its = sa.update(tokens).where(tokens.c.digest == sa.bindparam("its_digest"))
    for row in rows:
        made = secrets.token_hex(ID_BYTES)
        named = {"id": made, "name": f"token {made}" if row.kind == "bearer" else None}
        connection.execute(its.values(named), {"its_digest": row.digest})


def downgrade() -> None:
    op.drop_index("ix_tokens_organization_id_account_id_name", table_name="tokens")
    op.drop_index("ix_tokens_organization_id_id", table_name="tokens")
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_column("last_used_at")
        tokens.drop_column("name")
        tokens.drop_column("id")
