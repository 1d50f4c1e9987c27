"""The history, in SQLite and in PostgreSQL: what is recorded, and what goes wrong."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import typer
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, select, text

from fixtures import places
from tests.unit import postgresql
from tests.unit.conftest import PATIENCE
from tests.unit.runs import SYMBOL_SIZES, a_campaign, a_campaign_folder, a_record, a_run
from tinyml_hil.cli.history import import_runs
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.gate import Outcome, check_record, plain_outcomes
from tinyml_hil.history import (
    Build,
    History,
    migrate,
    open_history,
    record_or_warn,
    store,
    with_since,
)
from tinyml_hil.history.schema import REVISION, Base, Metric, Run
from tinyml_hil.history.since import since
from tinyml_hil.project import Project
from tinyml_hil.record import RECORD, circumstances_of, load_record

INTERRUPTED_WRITES = 5
NOW = circumstances_of(a_record())
FORK = multiprocessing.get_context("fork")


@pytest.fixture(scope="session")
def running_server() -> Iterator[postgresql.Server]:
    programs = postgresql.programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql")
    with postgresql.server(programs) as server:
        yield server


@pytest.fixture
def postgresql_server(running_server: postgresql.Server) -> postgresql.Server:
    """A server whose database has nothing in it, whatever the test before left."""
    engine = create_engine(_with_driver(running_server.url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return running_server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A history with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'history.sqlite'}"
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    return server.url


def _with_driver(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def _id(number: int) -> str:
    return f"20261122-1000{number:02}-qemu-{number:04x}"


def _started(number: int) -> str:
    return f"2026-11-22T10:00:{number:02}Z"


def test_a_run_is_recorded_with_its_numbers_symbols_and_files(url: str, tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    with open_history(url) as history:
        history.record(folder)
        with history.session() as session:
            run = session.scalars(select(Run)).one()
            build = session.scalars(select(Build)).one()
            metrics = {m.name: m.value for m in session.scalars(select(Metric))}
            assert run.folder == str(folder)
            assert run.record == vars(load_record(folder))
            assert build.symbols == SYMBOL_SIZES
    assert metrics["accuracy"] == 0.875
    assert metrics["flash"] == 30000


def test_recording_again_replaces_and_adds_nothing(url: str, tmp_path: Path) -> None:
    with open_history(url) as history:
        history.record(a_run(tmp_path))
        history.record(a_run(tmp_path, status="failed"))
        with history.session() as session:
            assert [run.status for run in session.scalars(select(Run))] == ["failed"]
            assert len(session.scalars(select(Build)).all()) == 1


def test_runs_of_one_elf_share_its_symbols(url: str, tmp_path: Path) -> None:
    with open_history(url) as history:
        for number in range(3):
            history.record(a_run(tmp_path, id=_id(number)))
        with history.session() as session:
            assert len(session.scalars(select(Build)).all()) == 1


def test_migrations_make_the_tables_that_the_code_has(url: str) -> None:
    with open_history(url):
        pass
    _assert_tables_are_the_code_s(url)


def _assert_tables_are_the_code_s(url: str) -> None:
    engine = create_engine(_with_driver(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == REVISION
    engine.dispose()


def test_history_of_a_later_version_is_refused(url: str) -> None:
    with open_history(url):
        pass
    engine = create_engine(_with_driver(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(UsageError, match="is of a later version"), open_history(url):
        pass


LATER_VERSION = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = {down!r}


def upgrade() -> None:
    op.add_column("run", sa.Column("bench", sa.String(32), server_default="desk", nullable=False))
    {then}
"""


@contextmanager
def _later_version(folder: Path, then: str) -> Iterator[None]:
    """A version whose tables have a column more; ``then`` is how its migration ends."""
    migrations = folder / "migrations"
    shutil.copytree(migrate.MIGRATIONS, migrations)
    script = LATER_VERSION.format(down=REVISION, then=then)
    (migrations / "versions" / "later.py").write_text(script)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "MIGRATIONS", migrations)
        patch.setattr(store, "REVISION", "later")
        yield


def _benches(url: str) -> list[str]:
    engine = create_engine(_with_driver(url))
    with engine.connect() as connection:
        benches = list(connection.scalars(text("SELECT bench FROM run")))
    engine.dispose()
    return benches


def test_history_of_an_older_version_is_brought_up_to_date_and_keeps_its_runs(
    url: str, tmp_path: Path
) -> None:
    with open_history(url) as history:
        history.record(a_run(tmp_path, id=_id(1)))
    with _later_version(tmp_path, "pass"), open_history(url) as history:
        assert history.ids() == {_id(1)}
        history.record(a_run(tmp_path, id=_id(2)))
    assert _benches(url) == ["desk", "desk"]


def test_migration_that_fails_leaves_the_older_history_as_it_was(url: str, tmp_path: Path) -> None:
    with open_history(url) as history:
        history.record(a_run(tmp_path, id=_id(1)))
    with (
        _later_version(tmp_path, 'op.execute("no SQL")'),
        pytest.raises(SetupError, match="syntax error"),
        open_history(url),
    ):
        pass
    _assert_tables_are_the_code_s(url)
    with open_history(url) as history:
        assert history.ids() == {_id(1)}


def _record_many(url: str, folders: list[Path], begun: Event | None = None) -> None:
    with open_history(url) as history:
        for folder in folders:
            history.record(folder)
            if begun:
                begun.set()


def test_runs_that_end_at_once_are_all_recorded(url: str, tmp_path: Path) -> None:
    # Both also find no tables, and make them.
    folders = [a_run(tmp_path, id=_id(number)) for number in range(20)]
    halves = [folders[::2], folders[1::2]]
    writers = [FORK.Process(target=_record_many, args=(url, half)) for half in halves]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with open_history(url) as history:
        assert history.ids() == {folder.name for folder in folders}


def test_kill_in_the_middle_of_writing_leaves_whole_runs_and_the_next_import_works(
    url: str, tmp_path: Path
) -> None:
    folders = [a_run(tmp_path, id=_id(number)) for number in range(60)]
    for _ in range(INTERRUPTED_WRITES):
        begun = FORK.Event()
        writer = FORK.Process(target=_record_many, args=(url, folders, begun))
        writer.start()
        assert begun.wait(PATIENCE)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        _every_run_is_whole(url)
    _record_many(url, folders)
    assert _count(url) == len(folders)


def _count(url: str) -> int:
    with open_history(url) as history:
        return len(history.ids())


def _every_run_is_whole(url: str) -> None:
    with open_history(url) as history, history.session() as session:
        for run in session.scalars(select(Run)):
            assert len(run.metrics) == 8
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_database_that_goes_away_costs_the_run_nothing_and_the_import_makes_up_for_it(
    postgresql_server: postgresql.Server, tmp_path: Path
) -> None:
    folder = a_run(tmp_path)
    before = (folder / "run.json").read_bytes()
    postgresql_server.stop()
    try:
        warning = record_or_warn(folder, postgresql_server.url)
    finally:
        postgresql_server.start()
    assert f"not recorded in the history: {folder.name}: the history postgresql://" in warning
    assert f"tinyml-hil history import {folder.name}" in warning
    assert (folder / "run.json").read_bytes() == before
    assert record_or_warn(folder, postgresql_server.url) == ""


def test_connection_that_breaks_while_it_is_open_is_told_as_one_message(
    postgresql_server: postgresql.Server, tmp_path: Path
) -> None:
    folder = a_run(tmp_path)
    with open_history(postgresql_server.url) as history:
        postgresql_server.stop()
        try:
            with pytest.raises(SetupError, match="cannot be used"):
                history.record(folder)
        finally:
            postgresql_server.start()


@contextmanager
def _full_disk(file: Path) -> Iterator[None]:
    """No file of this process can grow beyond the size that ``file`` has now."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_costs_the_run_nothing_and_the_import_makes_up_for_it(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    url = f"sqlite:///{file}"
    with open_history(url):
        pass
    folder = a_run(tmp_path, versions={"notes": "x" * 100_000})
    with _full_disk(file):
        warning = record_or_warn(folder, url)
    assert "not recorded in the history" in warning
    assert load_record(folder).status == "passed"
    assert record_or_warn(folder, url) == ""


def test_folder_that_may_not_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    warning = record_or_warn(a_run(tmp_path), f"sqlite:///{tmp_path}/file/history.sqlite")
    assert "not recorded in the history" in warning


@pytest.mark.parametrize("url", ["history.sqlite", "mysql://x/y", "sqlite://", "nonsense://x"])
def test_what_is_no_history_is_said(url: str) -> None:
    with pytest.raises(UsageError, match="is neither sqlite:///FILE nor postgresql://"):
        History(url)


def test_password_is_not_in_the_message() -> None:
    with pytest.raises(SetupError) as caught:
        History("postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


def _too_large(ok: bool) -> Outcome:
    return Outcome("flash", value=32048, limit=31024, baseline=30000, ok=ok)


def test_broken_budget_is_broken_since_the_first_run_in_a_row(url: str, tmp_path: Path) -> None:
    with open_history(url) as history:
        for number, ok in enumerate([False, True, False, False]):
            budgets = plain_outcomes([_too_large(ok)])
            record = a_record(id=_id(number), started=_started(number), budgets=budgets)
            record.git = {"revision": f"{number}" * 40, "dirty": False}
            history.record(a_run(tmp_path, **vars(record)))
        assert since(history, NOW, "flash") == f"{_id(2)} (222222222222)"


def test_budget_that_was_kept_until_now_is_broken_since_this_run(url: str, tmp_path: Path) -> None:
    with open_history(url) as history:
        budgets = plain_outcomes([_too_large(True)])
        history.record(a_run(tmp_path, id=_id(1), started=_started(1), budgets=budgets))
    (outcome,) = with_since([_too_large(False)], NOW, "this run", url)
    assert outcome.message().endswith("; since this run")


def test_runs_of_another_platform_do_not_count(url: str, tmp_path: Path) -> None:
    with open_history(url) as history:
        budgets = plain_outcomes([_too_large(False)])
        history.record(a_run(tmp_path, platform="other", budgets=budgets))
        assert since(history, NOW, "flash") == ""


def test_a_campaign_s_budget_is_broken_since_a_campaign_of_its_kind(
    url: str, tmp_path: Path
) -> None:
    broken = plain_outcomes([Outcome("critical", 0.07, 0.02, None, ok=False)])
    more = {"masked": 998, "critical": 2}
    with open_history(url) as history:
        for number, changes in enumerate([{"outcomes": more}, {}, {}]):
            record = a_campaign(id=_id(number), started=_started(number), budgets=broken)
            history.record(a_campaign_folder(tmp_path, **(vars(record) | changes)))
        now = circumstances_of(a_campaign())
        assert since(history, now, "critical").startswith(_id(1))
        assert since(history, NOW, "critical") == ""


def test_history_that_cannot_be_read_leaves_the_outcomes_as_they_are() -> None:
    outcomes = [_too_large(False)]
    assert with_since(outcomes, NOW, "this run", "postgresql://127.0.0.1:1/x") == outcomes


def test_import_takes_what_is_missing_once_and_leaves_what_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = tmp_path / "reports"
    a_run(reports, id=_id(1))
    a_run(reports, id=_id(2), status="running")
    a_campaign_folder(reports, id=_id(3))
    monkeypatch.setenv("TINYML_HIL_REPORTS", str(reports))
    url = f"sqlite:///{tmp_path / 'history.sqlite'}"
    import_runs(None, url)
    import_runs(None, url)
    assert (
        capsys.readouterr().out == f"recorded {_id(1)}\nrecorded {_id(3)}\n2 recorded\n0 recorded\n"
    )
    with pytest.raises(typer.Exit):
        import_runs([_id(2)], url)
    assert f"not recorded: {_id(2)} has not ended" in capsys.readouterr().err


def test_import_names_a_run_that_is_damaged_and_records_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = tmp_path / "reports"
    for number in (1, 2, 3):
        a_run(reports, id=_id(number))
    (reports / _id(2) / RECORD).write_text("{}")
    monkeypatch.setenv("TINYML_HIL_REPORTS", str(reports))
    with pytest.raises(typer.Exit) as ended:
        import_runs(None, f"sqlite:///{tmp_path / 'history.sqlite'}")
    said = capsys.readouterr()
    assert ended.value.exit_code == 2
    assert said.out == f"recorded {_id(1)}\nrecorded {_id(3)}\n2 recorded, 1 not\n"
    assert said.err.startswith(f"not recorded: {reports / _id(2) / RECORD} is damaged: ")
    assert said.err.count("\n") == 1


def test_check_of_a_record_fills_what_run_json_has() -> None:
    keys = {"name", "value", "limit", "baseline", "ok", "since"}
    checked = check_record(a_record(), Project(places.ROOT))
    assert all(entry.keys() == keys for entry in plain_outcomes(checked))


def test_missing_driver_of_postgresql_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SetupError, match=r"pip install 'tinyml-hil\[postgresql\]'"):
        History("postgresql://x/y")
