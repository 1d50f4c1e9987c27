"""Migrate: brings the tables of an older history, or of none, up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from tinyml_hil.errors import UsageError

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(connection: Connection) -> None:
    """Runs every migration that the database lacks.

    Raises:
        UsageError: the history is of a later version.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UsageError(f"the history is of a later version of tinyml-hil: {error}") from error
