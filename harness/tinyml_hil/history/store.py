"""The store of the history: SQLite or PostgreSQL, migrated when it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.history.schema import REVISION, BudgetOutcome, Build, Metric, Run
from tinyml_hil.history.symbols import load_symbols
from tinyml_hil.record import (
    CampaignRecord,
    RunRecord,
    circumstances_of,
    load_either,
    measures_of,
)

_BUSY = 30
"""Seconds to wait while another run writes to SQLite, or for PostgreSQL to answer."""
_WRITER = 0x74696E79  # any number that no other program locks


class History:
    """All recorded runs. Every method raises SetupError if the database cannot be used."""

    def __init__(self, url: str) -> None:
        """Opens the history, and brings its tables up to date.

        Args:
            url: ``sqlite:///FILE`` or ``postgresql://USER@HOST/DATABASE``.

        Raises:
            UsageError: it is no such URL, or the history is a later version's.
            SetupError: the database, or the driver for it, is not there.
        """
        self._engine = _engine(url)
        with self._errors_explained(), self._engine.begin() as connection:
            _bring_up_to_date(connection)

    def record(self, folder: Path) -> None:
        """Records the run or the campaign in ``folder``, all of it or nothing; again is no harm.

        Raises:
            UsageError: there is no record of one.
        """
        record = load_either(folder)
        with self.session() as session:
            _become_only_writer(session.connection())
            sha256 = record.firmware["sha256"]
            if session.get(Build, sha256) is None:
                session.add(Build(sha256=sha256, symbols=load_symbols(folder)))
                session.flush()
            session.merge(row_of(record, folder))

    def ids(self) -> set[str]:
        """Those of all recorded runs."""
        with self.session() as session:
            return set(session.scalars(select(Run.id)))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed if the block ends, undone if it raises."""
        with self._errors_explained(), Session(self._engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise SetupError(f"the history {self._name} cannot be used: {reason}") from error
        except ValueError as error:  # of text that is no UTF-8, or no JSON
            raise SetupError(f"the history {self._name} is damaged: {error}") from error

    @property
    def _name(self) -> str:
        url = self._engine.url.set(drivername=self._engine.dialect.name)
        return url.render_as_string(hide_password=True)


@contextmanager
def open_history(url: str) -> Iterator[History]:
    """The history, closed when the block ends. Raises as ``History``."""
    history = History(url)
    try:
        yield history
    finally:
        history.close()


def record_or_warn(folder: Path, url: str) -> str:
    """Records a run that has ended; if that fails, the run is no worse for it.

    Returns:
        What was not recorded, why, and what to do; empty if it was.
    """
    try:
        with open_history(url) as history:
            history.record(folder)
    except (SetupError, UsageError, OSError) as error:
        return (
            f"not recorded in the history: {folder.name}: {error}\n"
            f"Its own files are whole; once that is mended: tinyml-hil history import {folder.name}"
        )
    return ""


def require_history(url: str) -> None:
    """Refuses, before a run, what no history can be at.

    Raises:
        UsageError: it is no URL of a history.
    """
    try:
        known = make_url(url).get_backend_name() in ("sqlite", "postgresql")
    except ArgumentError:
        known = False
    if not known:
        raise _no_history(url)


def _no_history(url: str) -> UsageError:
    return UsageError(
        f"the history {url!r} is neither sqlite:///FILE nor postgresql://USER@HOST/DATABASE"
    )


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            return create_engine(parsed, connect_args={"connect_timeout": _BUSY})
    except ModuleNotFoundError as error:
        raise SetupError(
            f"{error.name} is not installed: pip install 'tinyml-hil[postgresql]'"
        ) from error
    except (ArgumentError, NoSuchModuleError):
        pass
    raise _no_history(url)


def _sqlite(url: URL) -> Engine:
    if not url.database:
        raise ArgumentError("no file")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"cannot make the folder of {url.database}: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": _BUSY})

    # Python's sqlite3 begins transactions late and not round table definitions; SQLAlchemy's
    # documentation of the dialect has this way out. IMMEDIATE: a writer waits, and never deadlocks.
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _become_only_writer(connection: Connection) -> None:
    """Until the transaction ends; in SQLite every transaction is the only one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITER})"))


def _bring_up_to_date(connection: Connection) -> None:
    if _revision(connection) == REVISION:
        return
    from tinyml_hil.history.migrate import migrate  # here: Alembic takes half a second to load

    _become_only_writer(connection)
    migrate(connection)


def _revision(connection: Connection) -> str | None:
    """That of the tables, which Alembic keeps; None if there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def row_of(record: RunRecord | CampaignRecord, folder: Path) -> Run:
    """A run or a campaign as the history has it; its build has to be there before."""
    return Run(
        id=record.id,
        started=record.started,
        status=record.status,
        target=record.target,
        platform=record.platform,
        unit=record.unit,
        model=record.model["name"],
        dataset=record.dataset["name"],
        dataset_sha256=record.dataset["sha256"],
        images=record.dataset["images"],
        revision=record.git.get("revision", ""),
        branch=record.git.get("branch", ""),
        campaign=circumstances_of(record).campaign,
        folder=str(folder.resolve()),
        elf_sha256=record.firmware["sha256"],
        record=asdict(record),
        metrics=[Metric(name=n, value=v) for n, v in measures_of(record).items()],
        budgets=[BudgetOutcome(name=b["name"], ok=b["ok"]) for b in record.budgets],
    )
