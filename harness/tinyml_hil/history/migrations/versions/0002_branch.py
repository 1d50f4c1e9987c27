"""The branch of a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    column = sa.Column("branch", sa.String(256), server_default="", nullable=False)
    op.add_column("run", column)


def downgrade() -> None:
    op.drop_column("run", "branch")
