"""A campaign on firmware of others, and faults of it that are run again, op by op."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import typer

from tests.foreign import Foreign, build_foreign
from tests.unit.conftest import Run
from tinyml_hil.campaign import TABLE, WHERE
from tinyml_hil.cli.replaying import replay_fault
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session

PASSED, CHECKS_FAILED = 0, 1
FAULTS, SEED = 60, 3
CALL = """
[debugger]
call = "tflite::MicroInterpreter::Invoke()"
input = "g_input"
output = "*g_output"
"""


class Done:
    """A campaign that has ended."""

    def __init__(self, run_cli: Run, foreign: Foreign, *arguments: object) -> None:
        options = (*foreign.options(), "--seed", SEED, "--json", *arguments)
        result = run_cli("campaign", *options)
        assert result.returncode == PASSED, result.stderr
        self.record: dict[str, Any] = json.loads(result.stdout)
        self.folder = Path(self.record["folder"])

    def rows(self) -> list[dict[str, Any]]:
        """The table."""
        return pyarrow.parquet.read_table(self.folder / TABLE).to_pylist()  # type: ignore[no-any-return]

    def page(self) -> str:
        """The report."""
        return (self.folder / PAGE).read_text()

    def copy(self, folder: Path) -> Path:
        """The campaign's folder, to be changed."""
        return Path(shutil.copytree(self.folder, folder / "copy"))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Firmware of somebody else, whose ops are found."""
    return build_foreign(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="module")
def done(run_cli: Run, foreign: Foreign) -> Done:
    """A campaign on it, over all places."""
    return Done(run_cli, foreign, "--where", ",".join(WHERE), "--faults", FAULTS)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Of a command line that gives nothing but the fault."""
    return Session(Options(), Project.at(tmp_path))


def _replayed(
    session: Session, capsys: pytest.CaptureFixture[str], folder: Path, fault: int
) -> dict[str, Any]:
    replay_fault(session, f"{folder}:{fault}", as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def _first(rows: list[dict[str, Any]], **wanted: object) -> int:
    return next(int(r["fault"]) for r in rows if all(r[k] == v for k, v in wanted.items()))


def test_a_campaign_hits_every_place_of_firmware_of_others(done: Done) -> None:
    assert {row["where"] for row in done.rows()} == set(WHERE) - {"biases"}  # 96 bits of 17,272
    outcomes = Counter(row["outcome"] for row in done.rows())
    assert outcomes.keys() == {"masked", "tolerable", "critical", "crash", "hang"}
    assert outcomes.total() == FAULTS


def test_a_fault_that_is_run_again_comes_to_the_same(
    session: Session, capsys: pytest.CaptureFixture[str], done: Done
) -> None:
    """One of each place and of each outcome."""
    rows = done.rows()
    chosen = {_first(rows, where=row["where"]) for row in rows}
    chosen |= {_first(rows, outcome=row["outcome"]) for row in rows}
    for fault in chosen:
        found = _replayed(session, capsys, done.folder, fault)
        row = rows[fault]
        assert found["same"], found
        assert (found["where"], found["address"]) == (row["where"], row["address"])
        assert found["now"]["outcome"] == row["outcome"]
        assert int(found["before"], 16) ^ int(found["after"], 16)


def test_a_fault_in_what_an_op_gives_shows_there_first(
    session: Session, capsys: pytest.CaptureFixture[str], done: Done
) -> None:
    fault = _first(done.rows(), where="activations", outcome="tolerable", layer=0)
    found = _replayed(session, capsys, done.folder, fault)
    first, second = found["layers"]
    bit = int(found["before"], 16) ^ int(found["after"], 16)
    assert first["difference"] == {"count": 1, "size": 16, "largest": bit}
    assert second["difference"]["count"] > 0


def test_ops_before_a_fault_are_equal_and_those_behind_a_crash_are_not_reached(
    session: Session, capsys: pytest.CaptureFixture[str], done: Done
) -> None:
    rows = done.rows()
    tolerable = _first(rows, where="weights", outcome="tolerable")
    first, second = _replayed(session, capsys, done.folder, tolerable)["layers"]
    assert first["reached"]
    assert first["difference"] is None
    assert second["difference"]["count"] == 1
    crash = _first(rows, where="registers", outcome="crash", layer=0)
    layers = _replayed(session, capsys, done.folder, crash)["layers"]
    assert [layer["reached"] for layer in layers] == [False, False]


def test_a_hang_says_where_only_when_it_is_run_again(
    session: Session, capsys: pytest.CaptureFixture[str], done: Done
) -> None:
    """In the table it would depend on when it was looked at."""
    hang = _first(done.rows(), outcome="hang")
    found = _replayed(session, capsys, done.folder, hang)
    assert (found["then"]["detail"], found["same"]) == ("", True)
    assert found["now"]["detail"].startswith("in ")


def test_the_page_says_how_the_worst_fault_is_run_again(done: Done) -> None:
    said = re.search(rf"campaign --replay {done.record['id']}:(\d+)<", done.page())
    assert said
    assert done.rows()[int(said[1])]["outcome"] == "critical"


def test_the_command_shows_where_and_when_it_was_and_how_far_it_spreads(
    run_cli: Run, done: Done
) -> None:
    fault = _first(done.rows(), where="ram", outcome="tolerable", after=0)
    result = run_cli("campaign", "--replay", f"{done.folder}:{fault}")
    assert result.returncode == PASSED, result.stderr
    assert "moment   after op 0" in result.stdout
    assert "now      tolerable, the same bits" in result.stdout
    assert " of 3 " in result.stdout.splitlines()[-1]


def test_what_comes_to_something_else_is_said_and_fails(
    session: Session, capsys: pytest.CaptureFixture[str], done: Done, tmp_path: Path
) -> None:
    folder = done.copy(tmp_path)
    rows = done.rows()
    rows[0] |= {"outcome": "critical", "class": 2}
    schema = pyarrow.parquet.read_schema(folder / TABLE)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), folder / TABLE)
    with pytest.raises(typer.Exit) as ended:
        replay_fault(session, f"{folder}:0", as_json=False)
    assert ended.value.exit_code == CHECKS_FAILED
    said = capsys.readouterr().out
    assert "then     critical, 2" in said
    assert "now      masked\n" in said
    assert "it came to something else than in the campaign" in said


@pytest.mark.nightly
def test_firmware_whose_ops_are_not_known_says_that_it_shows_no_layers(
    run_cli: Run, session: Session, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "configured"
    folder.mkdir()
    foreign = build_foreign(folder, flags=())
    (folder / "firmware.toml").write_text(CALL)
    done = Done(run_cli, foreign, "--where", "input", "--faults", 3)
    replay_fault(session, f"{done.folder}:0", as_json=False)
    said = capsys.readouterr().out
    assert "the same bits" in said
    assert "no layers: the ops of what infers are not known" in said


def test_another_firmware_than_the_campaign_s_is_refused(
    session: Session, done: Done, tmp_path: Path
) -> None:
    folder = done.copy(tmp_path)
    record = json.loads((folder / "campaign.json").read_text())
    record["firmware"]["sha256"] = "0" * 64
    (folder / "campaign.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match=r"made with another firmware than .* SHA-256 is 0000"):
        replay_fault(session, f"{folder}:0", as_json=False)


@pytest.mark.parametrize(
    ("which", "said"),
    [
        (":60", "has no fault 60: it has 60, from 0"),
        (":first", "a campaign and a fault's number, such as latest:17"),
        ("x:0", "no campaign '.*x'"),
    ],
)
def test_a_fault_that_there_is_not_is_said(
    session: Session, done: Done, which: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        replay_fault(session, f"{done.folder}{which}", as_json=False)


def test_a_campaign_that_has_not_ended_is_said(
    session: Session, done: Done, tmp_path: Path
) -> None:
    folder = done.copy(tmp_path)
    (folder / TABLE).unlink()
    with pytest.raises(UsageError, match=r"has no faults.parquet yet: tinyml-hil campaign --resu"):
        replay_fault(session, f"{folder}:0", as_json=False)


def test_a_table_that_is_damaged_is_said(session: Session, done: Done, tmp_path: Path) -> None:
    folder = done.copy(tmp_path)
    (folder / TABLE).write_bytes(b"PAR1 and no more")
    with pytest.raises(UsageError, match=r"faults.parquet is damaged"):
        replay_fault(session, f"{folder}:0", as_json=False)
