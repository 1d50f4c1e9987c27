"""trend and compare: which runs belong together, what changed, and how it is shown."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.conftest import Run
from tests.unit.runs import a_campaign_folder, a_record, a_run
from tinyml_hil.cli.compare import show_comparison
from tinyml_hil.cli.differences import as_markdown
from tinyml_hil.cli.trend import show_trend
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.history import Comparison, Series, compare_runs, open_history, read_trend, sparkline
from tinyml_hil.history.compare import Flip
from tinyml_hil.history.symbols import SYMBOLS
from tinyml_hil.record import RESULTS

FIRST, SECOND = "20261122-100001-qemu-0001", "20261122-100002-qemu-0002"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'history.sqlite'}"


def _recorded(url: str, reports: Path, *changes: dict[str, Any]) -> None:
    with open_history(url) as history:
        for number, change in enumerate(changes, start=1):
            started = f"2026-11-22T10:00:{number:02}Z"
            run_id = f"20261122-1000{number:02}-qemu-{number:04}"
            history.record(a_run(reports, **({"id": run_id, "started": started} | change)))


def _series(url: str, runs: int = 100) -> list[Series]:
    with open_history(url) as history:
        return read_trend(history, runs)


def _ticks(mean: float) -> dict[str, Any]:
    return {"numbers": {**a_record().numbers, "ticks_mean": mean}}


def test_runs_of_a_kind_are_one_series_in_the_order_of_time(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, _ticks(1), _ticks(2), _ticks(3))
    (series,) = _series(url)
    assert [value for _, value in series.values()["instructions"]] == [1, 2, 3]


def test_instructions_and_cycles_are_never_in_one_series(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {}, {"unit": "cycles"})
    assert [series.kind.unit for series in _series(url)] == ["cycles", "instructions"]


def test_other_images_are_another_series(url: str, tmp_path: Path) -> None:
    others = {**a_record().dataset, "sha256": "f" * 64, "images": 1000}
    _recorded(url, tmp_path, {}, {"dataset": others})
    assert [series.kind.images for series in _series(url)] == [1000, 2]


def test_only_the_last_runs_are_shown(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, _ticks(1), _ticks(2), _ticks(3))
    (series,) = _series(url, runs=2)
    assert [run.measures["instructions"] for run in series.runs] == [2, 3]


def test_campaigns_are_a_series_of_their_own_by_the_faults_that_they_write(
    url: str, tmp_path: Path
) -> None:
    with open_history(url) as history:
        history.record(a_run(tmp_path))
        history.record(a_campaign_folder(tmp_path))
    campaigns, runs = _series(url)
    assert (list(campaigns.values()), runs.kind.campaign) == (["critical"], "")
    assert str(campaigns.kind) == (
        "ic01 on qemu, mps2-an500: weights, biases, flip, 100 faults over two, 2 images"
    )


def test_run_of_a_device_that_counts_no_ticks_is_in_a_series(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {"unit": ""}, {"unit": ""})
    (series,) = _series(url)
    assert [value for _, value in series.values()["accuracy"]] == [0.875, 0.875]


def test_run_without_a_device_is_in_no_series(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {"unit": "", "numbers": {}})
    assert _series(url) == []


@pytest.mark.parametrize(
    ("values", "width", "bars"),
    [
        ([0, 7], 8, "▁█"),
        ([5, 5, 5], 8, "▁▁▁"),
        (list(range(8)), 8, "▁▂▃▄▅▆▇█"),
        (list(range(16)), 4, "▁▃▆█"),
    ],
)
def test_sparkline(values: list[float], width: int, bars: str) -> None:
    assert sparkline(values, width) == bars


def test_trend_in_the_terminal_shows_latest_and_change(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _recorded(url, tmp_path, _ticks(16_800_000), _ticks(16_900_000))
    show_trend(history=url)
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "instructions" in x]
    assert line.split()[-4:] == ["16,800,000", "16,900,000", "16,900,000", "+100,000"]


def test_trend_is_printed_in_any_encoding(run_cli: Run, url: str, tmp_path: Path) -> None:
    model = {**a_record().model, "name": "m\u00f6del"}
    _recorded(url, tmp_path, *({**_ticks(ticks), "model": model} for ticks in (1, 8)))
    for chosen in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}):
        environment = {"PYTHONUTF8": "0", "COLUMNS": "120"} | chosen
        result = run_cli("trend", "--history", url, env=os.environ | environment)
        assert (result.returncode, result.stderr) == (0, "")
        assert "m?del" in result.stdout
        assert re.search(r"instructions.* 1# ", result.stdout)


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_of_the_history_fit_the_terminal(
    url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    model = {**a_record().model, "name": "m" * 300}
    slow = {**_ticks(14_106_575), "boot_ticks": 3_143_609_000}
    many: list[dict[str, Any]] = [slow | {"model": model} for _ in range(58)]
    _recorded(url, tmp_path, *many, {**_ticks(1), "model": {**model, "sha256": "c" * 64}})
    show_trend(history=url)
    show_comparison(FIRST, "20261122-100059-qemu-0059", history=url)
    lines = capsys.readouterr().out.partition("not compared")[0].splitlines()
    assert [line for line in lines if len(line) > columns] == []
    assert any("14,106,575" in line and "-14,106,574" in line for line in lines)


@pytest.mark.parametrize("page", [None, "trend.html"], ids=["terminal", "page"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE run SET started = X'80'",
        "UPDATE run SET folder = X'80'",
        "UPDATE run SET images = 'x'",
        "UPDATE metric SET value = 'x'",
        "UPDATE metric SET value = 9e999",
    ],
)
def test_history_with_a_value_of_another_kind_is_said_to_be_damaged(
    url: str, tmp_path: Path, change: str, page: str | None
) -> None:
    _recorded(url, tmp_path, {}, {})
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as database, database:
        database.execute(change)
    with pytest.raises(SetupError, match=r"history\.sqlite is damaged: "):
        show_trend(html=tmp_path / page if page else None, history=url)


def test_trend_as_json(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _recorded(url, tmp_path, {})
    show_trend(as_json=True, history=url)
    (series,) = json.loads(capsys.readouterr().out)
    assert series["kind"]["model"] == "ic01"
    assert series["runs"][0]["measures"]["flash"] == 30000


def _compared(url: str, first: str = FIRST, second: str = SECOND) -> Comparison:
    with open_history(url) as history:
        return compare_runs(history, first, second)


def test_the_same_run_twice_has_no_difference(url: str, tmp_path: Path) -> None:
    outputs = {"outputs": [[9, 1, 0], [1, 9, 0]]}
    _recorded(url, tmp_path, outputs, outputs)
    found = _compared(url)
    assert (found.circumstances, found.numbers, found.layers, found.symbols) == ([], [], [], [])
    assert (found.images, found.outputs, found.flips, found.not_compared) == (2, 0, [], [])


def test_message_for_a_pull_request_has_all_measures_and_what_flipped(
    url: str, tmp_path: Path
) -> None:
    before = {"outputs": [[9, 1, 0], [1, 9, 0]], "boot_ticks": 1000}
    after = {"outputs": [[9, 2, 0], [1, 0, 9]], "boot_ticks": 900}
    _recorded(url, tmp_path, before, after)
    message = as_markdown(_compared(url)).splitlines()
    assert message[:2] == ["| | before | after | change |", "|---|---:|---:|---:|"]
    assert "| boot, ticks | 1,000 | 900 | **-100** |" in message
    assert "| flash, bytes | 30,000 | 30,000 |  |" in message
    assert "2 of 2 inputs have other outputs." in message
    assert "- input 1 (dog): dog -> frog" in message


def test_another_reference_is_told(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {}, {"reference": "tflite-micro"})
    told = [(d.name, d.first, d.second) for d in _compared(url).circumstances]
    assert told == [("reference", "litert", "tflite-micro")]


def test_image_that_flipped_is_named_and_a_changed_output_counted(url: str, tmp_path: Path) -> None:
    _recorded(
        url, tmp_path, {"outputs": [[9, 1, 0], [1, 9, 0]]}, {"outputs": [[9, 2, 0], [1, 0, 9]]}
    )
    found = _compared(url)
    assert found.flips == [Flip(index=1, label="dog", first="dog", second="frog")]
    assert (found.images, found.outputs) == (2, 2)


def test_answers_are_read_by_each_run_s_own_quantization(url: str, tmp_path: Path) -> None:
    def run(scale: float, *raw: int) -> dict[str, Any]:
        facts = {
            "name": "segmentation",
            "threshold": 0.5,
            "middle": 0.5,
            "shape": [1, 1, 1, 1],
            "type": "int8",
            "scale": scale,
            "zero_point": 0,
        }
        model = {**a_record().model, "task": facts}
        return {"outputs": [[value] for value in raw], "truths": [[0.0], [1.0]], "model": model}

    _recorded(url, tmp_path, run(0.1, 10, 10), run(0.5, 2, 0))
    found = _compared(url)
    assert [(flip.index, flip.first, flip.second) for flip in found.flips] == [
        (1, "dog 100.0%", "cat 100.0%")
    ]


def test_layers_that_slowed_down_come_first(url: str, tmp_path: Path) -> None:
    def layers(*ticks: int) -> dict[str, Any]:
        found = [{"index": i, "op": "ADD", "ticks": t, "macs": 1} for i, t in enumerate(ticks)]
        return {"layers": found}

    _recorded(url, tmp_path, layers(10, 20, 30), layers(10, 21, 39))
    assert [(d.name, d.change) for d in _compared(url).layers] == [("2 ADD", 9), ("1 ADD", 1)]


def test_layers_in_cycles_are_not_compared_with_instructions(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {}, {"unit": "cycles"})
    assert "layers: instructions and cycles" in _compared(url).not_compared


def test_symbols_that_grew_came_or_went_are_named(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {})
    firmware = {**a_record().firmware, "sha256": "f" * 64}
    folder = a_run(tmp_path, id=SECOND, started="2026-11-22T10:00:02Z", firmware=firmware)
    (folder / SYMBOLS).write_text(json.dumps({"nn_conv_2d": 1300, "help": 10}))
    with open_history(url) as history:
        history.record(folder)
    changes = [(d.name, d.first, d.second) for d in _compared(url).symbols]
    assert changes == [("main", 300, 0), ("nn_conv_2d", 1200, 1300), ("help", 0, 10)]


def test_numbers_and_circumstances_that_changed_are_named(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {}, _ticks(1) | {"git": {"revision": "b" * 40, "dirty": True}})
    found = _compared(url)
    assert [d.name for d in found.numbers] == ["instructions"]
    assert [d.name for d in found.circumstances] == ["revision", "changes not committed"]


def test_results_that_are_gone_are_said_and_the_rest_is_compared(url: str, tmp_path: Path) -> None:
    outputs = {"outputs": [[9, 1, 0]]}
    _recorded(url, tmp_path, outputs, outputs | _ticks(1))
    (tmp_path / SECOND / RESULTS).unlink()
    found = _compared(url)
    assert found.not_compared[0].startswith("images: cannot read ")
    assert [d.name for d in found.numbers] == ["instructions"]


def test_run_is_named_by_id_or_folder(url: str, tmp_path: Path) -> None:
    _recorded(url, tmp_path, {}, {})
    found = _compared(url, str(tmp_path / FIRST), SECOND)
    assert (found.first, found.second) == (FIRST, SECOND)


def test_latest_is_the_project_s_run_whatever_else_is_in_the_history(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine"
    _recorded(url, mine, {}, {})
    with open_history(url) as history:
        history.record(a_run(tmp_path / "theirs", id="20301122-100000-qemu-0009"))
    monkeypatch.setenv("TINYML_HIL_REPORTS", str(mine))
    show_comparison(FIRST, "latest", history=url)
    assert f"from {FIRST} to {SECOND}" in capsys.readouterr().out


def test_run_that_is_not_in_the_history_is_said(url: str) -> None:
    with pytest.raises(UsageError, match="no run 'x' in the history; tinyml-hil history import"):
        _compared(url, "x", "y")


def test_comparison_in_the_terminal(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _recorded(
        url, tmp_path, {"outputs": [[9, 1, 0], [1, 9, 0]]}, {"outputs": [[9, 1, 0], [1, 0, 9]]}
    )
    show_comparison(FIRST, SECOND, history=url)
    said = capsys.readouterr().out
    assert "images: 1 of 2 have other outputs" in said
    assert "image 1 (dog): dog -> frog" in said


def test_comparison_as_json(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _recorded(url, tmp_path, {}, _ticks(1))
    show_comparison(FIRST, SECOND, as_json=True, history=url)
    (number,) = json.loads(capsys.readouterr().out)["numbers"]
    assert number == {"name": "instructions", "first": 16_800_000, "second": 1}


@pytest.mark.parametrize(
    ("command", "libraries"),
    [
        (["trend"], {"alembic", "elftools", "jinja2", "numpy"}),
        (["compare", FIRST, SECOND], {"alembic", "jinja2", "sklearn"}),
    ],
    ids=["trend", "compare"],
)
def test_libraries_that_it_does_not_need_are_not_loaded(
    run_cli: Run, url: str, tmp_path: Path, command: list[str], libraries: set[str]
) -> None:
    _recorded(url, tmp_path, {}, {})
    env = os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}
    result = run_cli(*command, "--history", url, env=env)
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert result.returncode == 0
    assert "sqlalchemy" in loaded
    assert loaded & libraries == set()
