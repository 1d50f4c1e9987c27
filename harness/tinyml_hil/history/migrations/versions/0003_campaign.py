"""Campaigns beside runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("run", sa.Column("campaign", sa.String, server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("run", "campaign")
