"""Runs, builds, metrics and budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "build",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("symbols", sa.JSON, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("started", sa.String(32), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("target", sa.String(32), nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("dataset", sa.String(256), nullable=False),
        sa.Column("dataset_sha256", sa.String(64), nullable=False),
        sa.Column("images", sa.Integer, nullable=False),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("elf_sha256", sa.String(64), sa.ForeignKey("build.sha256"), nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_table(
        "metric",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
    )
    op.create_table(
        "budget_outcome",
        sa.Column("run_id", sa.String(64), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("ok", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    for table in ("budget_outcome", "metric", "run", "build"):
        op.drop_table(table)
