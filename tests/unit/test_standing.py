"""What the newest runs say against those before: verdicts, since when, and against which run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.runs import a_record, a_run
from tinyml_hil.history import Line, open_history, read_standing

NAMED = 1
"""Number of the first run of ``_lines``."""


def _lines(folder: Path, *runs: dict[str, Any]) -> list[Line]:
    """What becomes of runs, a day after another."""
    with open_history(f"sqlite:///{folder / 'history.sqlite'}") as history:
        for day, changes in enumerate(runs, start=NAMED):
            named = {"id": _id(day), "started": f"2026-11-{day:02}T10:00:00Z"}
            history.record(a_run(folder, **(named | changes)))
        return read_standing(history, 1000)


def _id(day: int) -> str:
    return f"202611{day:02}-100000-qemu-0001"


def _measured(instructions: float, **changes: Any) -> dict[str, Any]:
    return {"numbers": {**a_record().numbers, "ticks_mean": instructions}, **changes}


def _on(branch: str, **changes: Any) -> dict[str, Any]:
    return {"git": {"revision": "a" * 40, "branch": branch, "dirty": False}, **changes}


GREEN: dict[str, Any] = {}
RED: dict[str, Any] = {"status": "failed", "failures": ["flash: too much"]}


def _ends(line: Line) -> tuple[str | None, str | None]:
    first, second = (run.id if run else None for run in (line.before, line.since))
    return first, second


def test_failure_is_named_by_its_first_run_and_the_last_that_passed(tmp_path: Path) -> None:
    (line,) = _lines(tmp_path, GREEN, RED, GREEN, RED, RED)
    assert (line.verdict, line.failure) == ("failed", "flash: too much")
    assert _ends(line) == (_id(3), _id(4))


def test_failure_without_a_run_that_passed_has_none_before(tmp_path: Path) -> None:
    (line,) = _lines(tmp_path, RED, RED)
    assert _ends(line) == (None, _id(1))
    assert line.changes is None


def test_what_changed_is_from_the_last_that_passed_to_the_first_that_failed(tmp_path: Path) -> None:
    other = {"revision": "b" * 40, "dirty": False}
    (line,) = _lines(
        tmp_path, _measured(10), _measured(20, git=other, **RED), _measured(30, git=other, **RED)
    )
    assert line.changes is not None
    assert [(d.name, d.first, d.second) for d in line.changes.numbers] == [("instructions", 10, 20)]
    assert "revision" in [d.name for d in line.changes.circumstances]


def test_broken_budgets_are_those_of_the_newest_run(tmp_path: Path) -> None:
    budget = {"value": 1.0, "limit": 1.0, "baseline": 1.0, "since": ""}
    budgets = [{"name": n, "ok": n != "flash"} | budget for n in ("flash", "ram")]
    (line,) = _lines(tmp_path, GREEN, RED | {"budgets": budgets})
    assert line.broken == ("flash",)


def test_link_that_gets_worse_than_it_ever_was_is_named(tmp_path: Path) -> None:
    quiet = {"lane": "uart"}
    noisy = quiet | {"link": {"damaged": 4, "silent": 1}}
    (line,) = _lines(tmp_path, quiet, quiet, quiet, noisy)
    assert (line.verdict, [step.name for step in line.worse]) == ("worse", ["link_errors"])
    assert _ends(line) == (_id(3), _id(4))


def test_interrupted_run_is_no_verdict(tmp_path: Path) -> None:
    (line,) = _lines(tmp_path, GREEN, {"status": "interrupted"})
    assert (line.verdict, len(line.runs)) == ("passed", 1)


def test_run_whose_device_never_answered_counts_as_its_device_s_others(tmp_path: Path) -> None:
    silent = RED | {"unit": "", "numbers": {}, "memory": {}, "boot_ticks": 0}
    (line,) = _lines(tmp_path, GREEN, silent)
    assert (line.verdict, line.kind.unit) == ("failed", "instructions")


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ([100, 100, 100, 107], 4),
        ([100, 100, 100, 107, 107], 4),
        ([100, 101, 99, 107, 106], 4),
        ([100, 101, 99, 102], None),  # that far it varied before
        ([100, 100, 100, 107, 100], None),
        ([100, 100, 100, 93], None),
        ([100, 107], None),
        ([1000, 1000, 1000, 1009], None),  # less than a hundredth
    ],
)
def test_measure_that_got_worse_and_stayed_so_is_found_though_the_run_passed(
    tmp_path: Path, values: list[float], since: int | None
) -> None:
    (line,) = _lines(tmp_path, *map(_measured, values))
    assert line.verdict == ("worse" if since else "passed")
    assert [(s.name, s.since.id) for s in line.worse] == (
        [("instructions", _id(since))] if since else []
    )


def test_accuracy_is_worse_where_it_is_less(tmp_path: Path) -> None:
    numbers = a_record().numbers
    shares = [{"numbers": numbers | {"accuracy_device": share}} for share in (0.9, 0.9, 0.9, 0.8)]
    (line,) = _lines(tmp_path, *shares)
    assert [step.name for step in line.worse] == ["accuracy"]


def test_branches_have_verdicts_of_their_own(tmp_path: Path) -> None:
    lines = _lines(tmp_path, _on("main"), _on("mine", **RED), _on("main"))
    assert [(line.branch, line.verdict) for line in lines] == [
        ("mine", "failed"),
        ("main", "passed"),
    ]


def test_new_branch_is_held_against_the_last_run_that_passed_on_another(tmp_path: Path) -> None:
    lines = _lines(tmp_path, _on("main"), _on("main"), _on("mine", **RED), _on("main"))
    assert _ends(lines[0]) == (_id(2), _id(3))


def test_failures_of_another_branch_are_not_counted(tmp_path: Path) -> None:
    lines = _lines(tmp_path, _on("main"), _on("main", **RED), _on("mine", **RED))
    assert lines[0].branch == "mine"
    assert _ends(lines[0]) == (_id(1), _id(3))


def test_what_failed_comes_first_the_newest_before_the_older_then_what_got_worse(
    tmp_path: Path,
) -> None:
    def of(model: str, changes: dict[str, Any]) -> dict[str, Any]:
        return {"model": {**a_record().model, "name": model}} | changes

    lines = _lines(
        tmp_path,
        *(of("slower", _measured(ticks)) for ticks in (1, 1, 1, 2)),
        of("old", RED),
        of("new", RED),
        of("well", GREEN),
    )
    assert [line.kind.model for line in lines] == ["new", "old", "slower", "well"]
