"""A run's folder that is damaged: every command says it in one sentence, which names the file."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from tests.unit.damage import COMMANDS, ENDED, FILES, HISTORY, STOPPED, Runs, bomb, damages_of
from tinyml_hil.build import Firmware
from tinyml_hil.explanation import EXPLANATION
from tinyml_hil.record import JOURNAL, RECORD, RESULTS

RANDOM_DAMAGES = 16
REPORT = f"report {ENDED}"
READERS = [
    *((RECORD, command) for command in (REPORT, f"baseline update {ENDED}")),
    (RECORD, f"evaluate --resume {ENDED}"),
    *((file, REPORT) for file in (RESULTS, EXPLANATION, "memory.json")),
    *((file, f"explain {ENDED}") for file in (RECORD, RESULTS)),
    (JOURNAL, f"evaluate --resume {STOPPED}"),
]
"""Files of a run, and who reads them."""


@pytest.fixture(scope="module")
def runs(built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Two runs, to be damaged."""
    return Runs(tmp_path_factory.mktemp("runs"), built.elf)


def test_whole_runs_are_taken_by_every_command(runs: Runs) -> None:
    runs.fresh()
    said = {command: runs.ask(command) for command in COMMANDS}
    assert said.pop(f"evaluate --resume {STOPPED}") == "stopped", "the test's own end"
    assert "has passed: there is nothing" in said.pop(f"evaluate --resume {ENDED}")
    assert set(said.values()) == {""}


@pytest.mark.parametrize(
    "content",
    [b" \n", b"\x80\x81\n", b"[]\n", b"null\n", b"{}\n", b"[" * 100_000 + b"\n", None],
    ids=["empty", "junk", "list", "null", "no keys", "nested", "cut"],
)
@pytest.mark.parametrize(("file", "command"), READERS)
def test_damaged_file_is_named(runs: Runs, file: str, command: str, content: bytes | None) -> None:
    runs.fresh()
    path = runs.file(file)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3] + b"\n" if content is None else content)
    assert f"{path} is damaged: " in runs.ask(command)


@pytest.mark.parametrize(("file", "command"), READERS)
def test_folder_in_the_place_of_a_file_is_one_sentence(runs: Runs, file: str, command: str) -> None:
    runs.fresh()
    runs.file(file).unlink()
    runs.file(file).mkdir()
    assert runs.ask(command)


def test_archive_that_would_fill_the_memory_is_not_unpacked(runs: Runs) -> None:
    runs.fresh()
    path = runs.file(RESULTS)
    path.write_bytes(bomb())
    assert "it would unpack to 1,073,7" in runs.ask(REPORT)


def test_journal_of_other_images_is_refused_and_nothing_is_changed(runs: Runs) -> None:
    runs.fresh()
    path = runs.file(JOURNAL)
    path.write_text(path.read_text().replace('"index": 3', '"index": 400'))
    before = path.with_name(RECORD).read_bytes()
    assert "image 400 is not one of the run's" in runs.ask(f"evaluate --resume {STOPPED}")
    assert path.with_name(RECORD).read_bytes() == before


@pytest.mark.parametrize("record", ["'{'", "'[]'", "X'80'"])
def test_history_whose_records_are_none_is_said(runs: Runs, record: str) -> None:
    runs.fresh()
    with contextlib.closing(sqlite3.connect(runs.file(HISTORY))) as database, database:
        database.execute(f"UPDATE run SET record = {record}")
    said = runs.ask(f"compare {STOPPED} {ENDED}")
    assert "history" in said
    assert "is damaged: " in said


def test_random_damage_is_one_sentence_or_none(runs: Runs) -> None:
    rng = random.Random(12)
    for _ in range(RANDOM_DAMAGES):
        runs.fresh()
        file = rng.choice(FILES)
        damage = rng.choice(list(damages_of(file).values()))
        path: Path = runs.file(file)
        path.write_bytes(damage(rng, path.read_bytes()))
        for command in COMMANDS:
            runs.ask(command)
