"""Budgets: what budgets.toml may say, where a limit lies, and what a broken one says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from fixtures import places
from tests.unit.runs import a_campaign, a_record
from tinyml_hil.errors import UsageError
from tinyml_hil.gate import baseline_of, check_record, load_baseline, load_budgets, save_baseline
from tinyml_hil.gate.baselines import path_of
from tinyml_hil.gate.budgets import read_budgets
from tinyml_hil.project import Project
from tinyml_hil.record import (
    MEASURES,
    OF_ANSWERS,
    CoverageFacts,
    RunRecord,
    SizesFacts,
    circumstances_of,
    coverage_in,
)

NOW = circumstances_of(a_record())
KIND = ("mps2-an500", "ic01", "instructions")
SIZES = a_record().firmware["sizes"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with this one's budgets, and a baseline of its own."""
    shutil.copy(places.ROOT / "budgets.toml", tmp_path)
    project = Project(tmp_path)
    save_baseline(baseline_of(a_record(), project), project.baselines)
    return project


def _with_size(name: str, value: int) -> RunRecord:
    record = a_record()
    return replace(
        record, firmware={**record.firmware, "sizes": cast(SizesFacts, {**SIZES, name: value})}
    )


def _with_number(name: str, value: float) -> RunRecord:
    record = a_record()
    return replace(record, numbers={**record.numbers, name: value})


def _broken(record: RunRecord, project: Project) -> list[str]:
    return [o.message() for o in check_record(record, project) if not o.ok]


def test_the_run_that_made_the_baseline_keeps_every_budget(project: Project) -> None:
    outcomes = check_record(a_record(), project)
    assert [o.name for o in outcomes if not o.ok] == []
    assert {o.name for o in outcomes} == {
        *("accuracy", "exact", "instructions", "flash", "ram", "arena", "stack", "boot")
    }


def test_two_kilobytes_more_flash_break_the_flash_budget_alone(project: Project) -> None:
    assert _broken(_with_size("flash", 32048), project) == [
        "flash: 32,048 bytes, the budget is at most 31,024 bytes; "
        "the baseline is 30,000 bytes, 2,048 bytes more (+6.8%)"
    ]


def test_64_bytes_more_stack_break_the_stack_budget_alone(project: Project) -> None:
    memory = {"arena_used": 39712, "stack_used": 808}
    assert _broken(replace(a_record(), memory=memory), project) == [
        "stack: 808 bytes, the budget is at most 776 bytes; "
        "the baseline is 744 bytes, 64 bytes more (+8.6%)"
    ]


def test_ten_percent_more_instructions_break_the_instructions_budget_alone(
    project: Project,
) -> None:
    (message,) = _broken(_with_number("ticks_mean", 18_480_000), project)
    assert message == (
        "instructions: 18,480,000 instructions, the budget is at most 17,136,000 instructions; "
        "the baseline is 16,800,000 instructions, 1,680,000 instructions more (+10.0%)"
    )


def test_a_point_less_accuracy_breaks_the_accuracy_budget_alone(project: Project) -> None:
    (message,) = _broken(_with_number("accuracy_device", 0.865), project)
    assert message == (
        "accuracy: 86.50 %, the budget is at least 87.00 %; "
        "the baseline is 87.50 %, 1.00 points less"
    )


def test_one_image_that_differs_breaks_the_default_budget_for_exactness(project: Project) -> None:
    (message,) = _broken(_with_number("exact", 1), project)
    assert message == "exact: 50.00 %, the budget is at least 100.00 %"


def test_cycles_are_not_compared_with_instructions(project: Project) -> None:
    on_a_board = replace(a_record(), unit="cycles")
    assert {o.name for o in check_record(on_a_board, project)} == {"exact", "accuracy", "arena"}


def test_budget_for_cycles_says_that_the_device_counts_instructions(project: Project) -> None:
    project.budgets.write_text("[default]\ncycles = { max = 1, rise = '5 %' }")
    budgets = load_budgets(NOW, project)
    assert budgets.why_none("cycles") == "this device counts instructions, not cycles"
    assert budgets.check("cycles", 16_800_000) is None


def test_microseconds_are_compared_with_microseconds_alone(project: Project) -> None:
    project.budgets.write_text(
        "[default]\ninstructions = { max = 1 }\ncycles = { max = 1 }\nmicroseconds = { max = 9 }"
    )
    told_by_the_firmware = replace(_with_number("ticks_mean", 10), unit="microseconds")
    assert [outcome.message() for outcome in check_record(told_by_the_firmware, project)] == [
        "microseconds: 10 microseconds, the budget is at most 9 microseconds"
    ]


def test_what_the_run_of_the_baseline_did_not_measure_is_said_so(project: Project) -> None:
    without = replace(a_record(), boot_ticks=0)
    save_baseline(baseline_of(without, project), project.baselines)
    reason = load_budgets(NOW, project).why_none("boot")
    assert reason == "the run that the baseline was taken from did not measure boot"


def test_no_reason_is_left_after_the_command_that_it_names(project: Project) -> None:
    shutil.rmtree(project.baselines)
    assert "baseline update" in load_budgets(NOW, project).why_none("flash")
    save_baseline(baseline_of(a_record(), project), project.baselines)
    budgets = load_budgets(NOW, project)
    measured = [name for name in MEASURES if name == "accuracy" or name not in OF_ANSWERS]
    reasons = {name: reason for name in measured if (reason := budgets.why_none(name))}
    assert reasons == {
        "cycles": "this device counts instructions, not cycles",
        "microseconds": "no budget for microseconds in budgets.toml",
        "unstable": "no budget for unstable in budgets.toml",
        "link_errors": "no budget for link_errors in budgets.toml",
        "coverage": "no budget for coverage in budgets.toml",
        "critical": "no budget for critical in budgets.toml",
    }


@pytest.mark.parametrize(("limit", "broken"), [("0.07", 0), ("0.069", 1)])
def test_the_upper_end_of_a_campaign_s_interval_is_what_its_budget_limits(
    project: Project, limit: str, broken: int
) -> None:
    project.budgets.write_text(
        f"[default]\nflash = {{ max = 1 }}\n[mps2-an500.ic01]\ncritical = {{ max = {limit} }}"
    )
    outcomes = check_record(a_campaign(), project)
    assert [outcome.name for outcome in outcomes] == ["critical"]
    assert sum(not outcome.ok for outcome in outcomes) == broken


def _as_model(path: Path, sha256: str) -> RunRecord:
    record = a_record()
    return replace(record, model={**record.model, "path": str(path), "sha256": sha256})


def test_another_model_of_the_same_name_is_not_compared(project: Project, tmp_path: Path) -> None:
    project.budgets.write_text(
        "[default]\nflash = { rise = 8 }\nexact = { min = 1 }\n"
        "[mps2-an500.ic01]\naccuracy = { min = 0.99 }"
    )
    stranger = _as_model(tmp_path / "theirs" / "ic01.tflite", "s" * 64)
    large = replace(stranger, firmware=_with_size("flash", 99999).firmware)
    assert [outcome.name for outcome in check_record(large, project)] == ["exact"]
    budgets = load_budgets(circumstances_of(large), project)
    assert (
        budgets.why_none("flash") == "the baseline for flash is that of another model called ic01"
    )


def test_same_model_is_compared_wherever_it_lies(project: Project) -> None:
    elsewhere = _as_model(Path("/elsewhere/ic01.tflite"), "c" * 64)
    assert len(check_record(elsewhere, project)) == len(check_record(a_record(), project))


def test_model_trained_anew_in_its_place_is_compared_with_the_one_before(project: Project) -> None:
    place = project.root / "models" / "ic01.tflite"
    save_baseline(baseline_of(_as_model(place, "c" * 64), project), project.baselines)
    worse = replace(
        _as_model(place, "b" * 64), numbers=_with_number("accuracy_device", 0.8).numbers
    )
    assert [message.partition(":")[0] for message in _broken(worse, project)] == ["accuracy"]


def test_model_outside_of_the_project_leaves_no_path_in_the_baseline(project: Project) -> None:
    new = baseline_of(_as_model(Path("/elsewhere/ic01.tflite"), "c" * 64), project)
    assert new.model_file == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"options": {"ops": "all"}}, "was built with --ops model, this with all"),
        ({"versions": {}}, "was built by gcc 12.2, this by somebody else"),
    ],
)
def test_firmware_that_was_built_otherwise_is_not_compared(
    project: Project, changes: dict[str, Any], reason: str
) -> None:
    other = replace(_with_size("flash", 99999), **changes)
    assert _broken(other, project) == []
    assert reason in load_budgets(circumstances_of(other), project).why_none("flash")


def test_boot_with_a_larger_self_test_is_not_compared(project: Project) -> None:
    longer = replace(_with_size("selftest", 61928), boot_ticks=340_000_000)
    assert _broken(longer, project) == []
    assert "self-test of 30,964 bytes" in (
        load_budgets(circumstances_of(longer), project).why_none("boot")
    )


def test_accuracy_on_other_images_is_not_compared(project: Project) -> None:
    project.budgets.write_text("[default]\naccuracy = { drop = 0.005 }")
    record = a_record()
    others = replace(record, dataset={**record.dataset, "sha256": "f" * 64})
    assert "on these images" in load_budgets(circumstances_of(others), project).why_none("accuracy")
    assert (
        _broken(replace(others, numbers={**record.numbers, "accuracy_device": 0.8}), project) == []
    )


def test_what_another_compiler_built_is_not_compared_and_the_reason_names_both(
    project: Project,
) -> None:
    other = replace(_with_size("flash", 99999), versions={"compiler": "gcc 13.2"})
    assert _broken(other, project) == []
    assert "gcc 12.2" in load_budgets(circumstances_of(other), project).why_none("flash")
    assert "gcc 13.2" in load_budgets(circumstances_of(other), project).why_none("flash")


def test_the_stricter_of_an_absolute_and_a_relative_limit_counts(project: Project) -> None:
    project.budgets.write_text(
        "[default]\nflash = { max = 30010, rise = 1024 }\nram = { max = 90000, rise = 8 }"
    )
    budgets = load_budgets(NOW, project)
    outcomes = budgets.check("flash", 30011), budgets.check("ram", 34009)
    assert [(o.ok, o.limit) for o in outcomes if o] == [(False, 30010), (False, 34008)]


def test_platform_and_model_replace_defaults_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text(
        "[default]\nflash = { max = 1 }\nram = { max = 2 }\n[board.mine]\nram = { max = 3 }"
    )
    found = read_budgets(file, "board", "mine")
    assert {name: budget.absolute for name, budget in found.items()} == {"flash": 1, "ram": 3}
    assert read_budgets(file, "board", "yours")["ram"].absolute == 2


def test_coverage_is_of_all_sources_wherever_they_lie() -> None:
    of_others = CoverageFacts(
        folder="/opt/sdk", lines=30, lines_run=30, functions=1, functions_run=1
    )
    record = _covered(src=2)
    record.coverage.append(of_others)
    assert coverage_in(record, "") == 32 / 40
    assert coverage_in(record, "src") == 0.2


def _covered(**lines_run: int) -> RunRecord:
    """A run by how many of ten lines ran in each of these folders, whose names have _ for /."""
    folders = [
        CoverageFacts(
            folder=name.replace("_", "/"), lines=10, lines_run=ran, functions=1, functions_run=1
        )
        for name, ran in lines_run.items()
    ]
    return a_record(coverage=folders)


@pytest.mark.parametrize(
    ("folder", "share"), [("src", "70.00"), ("src/nn/", "65.00"), ("src/app", "80.00")]
)
def test_a_budget_of_a_folder_is_of_all_sources_below_it(
    project: Project, folder: str, share: str
) -> None:
    project.budgets.write_text(f'[default]\n"coverage {folder}" = {{ min = 0.81 }}')
    record = _covered(src_app=8, src_nn=5, src_nn_ops=8, src_nnx=7, other=0)
    (said,) = _broken(record, project)
    assert said == f"coverage {folder}: {share} %, the budget is at least 81.00 %"


def test_a_budget_of_a_folder_that_there_is_not_is_broken(project: Project) -> None:
    project.budgets.write_text('[default]\n"coverage scr" = { min = 0.01 }')
    assert _broken(_covered(src=9), project) == [
        "coverage scr: 0.00 %, the budget is at least 1.00 %"
    ]


def test_a_budget_of_a_folder_is_none_of_a_run_without_coverage(project: Project) -> None:
    project.budgets.write_text('[default]\n"coverage src" = { min = 0.5 }')
    assert check_record(a_record(), project) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[default", "is not TOML"),
        ("default = 1", "default is no table"),
        ("[default]\nflahs = { max = 1 }", r"\[default\] flahs: there is no such budget; accuracy"),
        ("[default]\nflash = { min = 1 }", "flash: needs max or rise, and takes nothing else"),
        ("[default]\naccuracy = { max = 1 }", "accuracy: needs min or drop"),
        ("[default]\ncritical = { rise = 1 }", "critical: needs max, and takes nothing else"),
        ('[default]\n"coverage src" = { drop = 1 }', "coverage src: needs min, and takes nothing"),
        (f'[default]\n"coverage {"x" * 60}" = {{ min = 1 }}', "is longer than 64 characters"),
        ('[default]\n"flash src" = { max = 1 }', "flash src: there is no such budget"),
        ("[default]\nflash = 3", "flash: needs max or rise"),
        ("[default]\nflash = { max = '3' }", "max is '3', not a number from 0"),
        ("[default]\nflash = { max = inf }", "max is inf, not a number from 0"),
        ("[default]\nflash = { rise = 'two' }", "rise is 'two', neither a number nor a percentage"),
        ("[p.m]\nflash = {}", r"\[p.m\] flash: needs max or rise"),
    ],
)
def test_mistake_in_the_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "budgets.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_budgets(file, "p", "m")


def test_baseline_of_before_these_facts_were_kept_is_read(project: Project) -> None:
    path = path_of(project.baselines, *KIND)
    lines = path.read_text().splitlines(keepends=True)
    newer = ("model_file", "ops", "selftest")
    path.write_text("".join(line for line in lines if not line.startswith(newer)))
    assert _broken(_with_size("flash", 32048), project) != []


def test_the_committed_budgets_can_be_read() -> None:
    assert "exact" in read_budgets(places.ROOT / "budgets.toml", "mps2-an500", "ic01")


def test_baseline_reads_back_as_it_was_written(project: Project) -> None:
    assert load_baseline(project.baselines, *KIND) == baseline_of(a_record(), project)


def test_recording_the_same_run_again_changes_no_byte(project: Project) -> None:
    path = path_of(project.baselines, *KIND)
    before = path.read_bytes()
    save_baseline(baseline_of(a_record(), project), project.baselines)
    assert path.read_bytes() == before


def test_accuracies_on_other_images_are_kept_while_the_model_is_the_same(project: Project) -> None:
    record = a_record()
    others = replace(record, dataset={**record.dataset, "sha256": "f" * 64})
    assert set(baseline_of(others, project).reached["accuracy"]) == {"d" * 64, "f" * 64}
    retrained = replace(others, model={**record.model, "sha256": "b" * 64})
    assert set(baseline_of(retrained, project).reached["accuracy"]) == {"f" * 64}


def test_error_of_a_regression_has_a_baseline_of_its_own_and_may_not_rise(
    project: Project,
) -> None:
    record = a_record(numbers={"images": 2, "exact": 2, "ticks_mean": 1, "mae_device": 1 / 3})
    save_baseline(baseline_of(record, project), project.baselines)
    project.budgets.write_text('[default]\nmae = { rise = "1 %" }')
    assert _broken(record, project) == []
    worse = replace(record, numbers={**record.numbers, "mae_device": 0.34})
    assert _broken(worse, project) == [
        "mae: 0.34, the budget is at most 0.3367; the baseline is 0.3333, 0.006667 more (+2.0%)"
    ]


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (a_record(status="interrupted"), "ended before it had results"),
        (a_record(numbers={}), "ended before it had results"),
        (_with_number("exact", 1), "has answers that differ from the host's"),
    ],
)
def test_run_that_makes_no_baseline_is_refused(
    project: Project, record: RunRecord, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        baseline_of(record, project)


def test_damaged_baseline_is_named(project: Project) -> None:
    path = path_of(project.baselines, *KIND)
    path.write_text("[measures]\nflash = 'much'")
    with pytest.raises(UsageError, match=f"cannot use the baseline {path}"):
        load_budgets(NOW, project)


def test_without_a_baseline_the_reason_says_how_to_record_one(project: Project) -> None:
    budgets = load_budgets(replace(NOW, platform="other"), project)
    assert budgets.check("flash", 1) is None
    assert budgets.why_none("flash") == "no baseline for flash yet: tinyml-hil baseline update"
