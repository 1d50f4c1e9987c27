"""What Alembic runs to migrate; the connection is the one that ``history.store`` opened."""

from __future__ import annotations

from alembic import context

from tinyml_hil.history.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
