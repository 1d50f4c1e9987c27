"""What a run leaves in its folder: complete when it ends, whole when it is cut short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, Run, a_test, comes_true
from tinyml_hil.build import Firmware
from tinyml_hil.build.make import run_make
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.record import (
    CAMPAIGN,
    RECORD,
    InputRecord,
    Journal,
    find_run,
    load_record,
    load_results,
    new_folder,
    record_to_plain,
    run_folders,
    save_results,
)
from tinyml_hil.run import OngoingRun
from tinyml_hil.session import Options, Session

IMAGES = "harness/tinyml_hil/suite/test_images.py"


def _record(index: int) -> InputRecord:
    output = np.arange(index, index + 4, dtype=np.int8)
    return InputRecord(
        index, index % 3, expected=output[::-1].copy(), output=output, ticks=100 + index
    )


def _fill(disk: Path, leaving: int) -> None:
    room = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - leaving))


def _plain(records: list[InputRecord]) -> list[tuple[object, ...]]:
    return [(r.index, r.label, r.expected.tolist(), r.output.tolist(), r.ticks) for r in records]


@pytest.fixture
def reports_here(tmp_path: Path) -> dict[str, str]:
    """An environment whose runs are kept in ``tmp_path``."""
    return os.environ | {"TINYML_HIL_REPORTS": str(tmp_path)}


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_run_of_pytest_is_recorded_with_its_results(
    run_pytest: Run,
    built: Firmware,
    tmp_path: Path,
    reports_here: dict[str, str],
    workers: list[str],
) -> None:
    arguments = ["--target=qemu", f"--firmware={built.elf}", "--images=4", IMAGES, *workers]
    result = run_pytest(*arguments, env=reports_here)
    assert result.returncode == 0, result.stdout
    (folder,) = run_folders(tmp_path)
    record = load_record(folder)
    assert record.status == "passed"
    assert record.failures == []
    assert record.command[-len(arguments) :] == arguments
    assert record.firmware["build_id"] == built.build_id
    assert record.unit == "instructions"
    assert record.lane == "memory"
    assert record.memory["arena_used"] > 0
    assert record.boot_ticks > 0
    assert record.numbers["images"] == record.numbers["exact"] == 4
    assert [r.index for r in load_results(folder / "results.npz")] == [0, 1, 2, 3]
    assert {p.name for p in folder.iterdir()} == {
        *("run.json", "results.npz", "junit.xml", "firmware.map", "transcripts"),
        *("report.html", "summary.md", "memory.json", "symbols.json"),
    }
    assert any("batch 0x" in log.read_text() for log in folder.rglob("session.log"))


def test_run_of_evaluate_is_recorded_with_its_results(
    run_cli: Run, built: Firmware, tmp_path: Path, reports_here: dict[str, str]
) -> None:
    result = run_cli(*("evaluate", "--firmware", built.elf, "--images", "3"), env=reports_here)
    assert result.returncode == 0
    (folder,) = run_folders(tmp_path)
    record = load_record(folder)
    assert record.status == "passed"
    assert record.numbers["images"] == record.numbers["exact"] == 3
    assert len(load_results(folder / "results.npz")) == 3
    assert str(folder) in result.stdout


def test_failed_run_says_which_test_failed_and_why(
    run_pytest: Run, built: Firmware, tmp_path: Path, reports_here: dict[str, str]
) -> None:
    test = a_test(tmp_path, "def test_it(device):\n    assert device.info.platform == 'toaster'\n")
    run_pytest("--target=qemu", f"--firmware={built.elf}", test, env=reports_here)
    record = load_record(run_folders(tmp_path)[0])
    assert record.status == "failed"
    (failure,) = record.failures
    assert "test_it.py::test_it" in failure
    assert "toaster" in failure


def test_junit_has_what_identifies_the_run(
    run_pytest: Run, built: Firmware, tmp_path: Path, reports_here: dict[str, str]
) -> None:
    own = tmp_path / "own.xml"
    run_pytest(
        *("--target=qemu", f"--firmware={built.elf}", "--images=1", f"--junitxml={own}", IMAGES),
        env=reports_here,
    )
    suite = ElementTree.parse(own).getroot()[0]
    properties = {p.get("name"): p.get("value") for p in suite.iterfind("properties/property")}
    assert properties["build_id"] == built.build_id
    assert properties["exact"] == "1"
    assert properties["run"] == run_folders(tmp_path)[0].name


def test_nothing_is_recorded_without_a_target_or_a_run(
    run_pytest: Run, tmp_path: Path, reports_here: dict[str, str]
) -> None:
    run_pytest("--target=qemu", "--collect-only", IMAGES, env=reports_here)
    run_pytest("--target=qemu", "--model=README.md", IMAGES, env=reports_here)
    run_pytest("--collect-only", IMAGES, env=reports_here)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_is_recorded_as_such(
    built: Firmware, tmp_path: Path, reports_here: dict[str, str], signum: signal.Signals
) -> None:
    test = a_test(
        tmp_path,
        "import time\n\n\ndef test_image(evaluation, image_index, record_result):\n"
        "    record_result(evaluation.record(image_index))\n    time.sleep(image_index * 30)\n",
    )
    command = [sys.executable, "-m", "pytest", "--target=qemu", f"--firmware={built.elf}"]
    command += [str(test)]
    run = subprocess.Popen(command, cwd=places.ROOT, env=reports_here, stdout=subprocess.DEVNULL)
    begun = comes_true(
        lambda: any(p.stat().st_size for p in tmp_path.glob("*/journal.jsonl")), PATIENCE
    )
    assert begun
    run.send_signal(signum)
    run.wait(PATIENCE)
    (folder,) = run_folders(tmp_path)
    record = load_record(folder)
    assert record.status == "interrupted"
    assert record.numbers["images"] == len(load_results(folder / "results.npz")) > 0


def test_full_disk_is_said_and_leaves_whole_files(
    run_pytest: Run, built: Firmware, tiny_disk: Path, tmp_path: Path
) -> None:
    test = a_test(
        tmp_path,
        "def test_image(evaluation, image_index, record_result):\n"
        "    record_result(evaluation.record(image_index))\n"
        f"    with open('{tiny_disk}/filler', 'ab', buffering=0) as file:\n"
        "        try:\n"
        "            while file.write(bytes(512)):\n"
        "                pass\n"
        "        except OSError:\n"
        "            pass\n",
    )
    result = run_pytest(
        *("--target=qemu", f"--firmware={built.elf}", "--images=3", test),
        env=os.environ | {"TINYML_HIL_REPORTS": str(tiny_disk / "reports")},
    )
    (folder,) = run_folders(tiny_disk / "reports")
    assert load_record(folder).status == "running"
    assert result.returncode != 0
    assert "No space left on device" in result.stdout
    assert "Traceback" not in result.stdout
    assert "INTERNALERROR" not in result.stdout


def test_run_that_cannot_begin_on_a_full_disk_names_the_file_and_leaves_nothing(
    built: Firmware, tiny_disk: Path
) -> None:
    folder = new_folder("qemu", tiny_disk)
    _fill(tiny_disk, leaving=32_768)
    session = Session(Options(firmware=built.elf, images=1))
    with pytest.raises(OSError, match="No space left on device") as caught:
        OngoingRun.begin(session, ["pytest"], folder)
    assert Path(caught.value.filename).parent == folder
    assert not folder.exists()


def test_build_on_a_full_disk_says_that_it_is_full(tiny_disk: Path) -> None:
    (tiny_disk / "Makefile").write_text("all:\n\thead -c 2000000 /dev/zero > firmware\n")
    with pytest.raises(SetupError, match=f"no room is left to build in {tiny_disk}"):
        run_make(tiny_disk, "Makefile", [], {})


def test_tools_of_a_build_speak_english_whatever_the_user_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    (tmp_path / "Makefile").write_text("all:\n\t@echo in $(LC_ALL)\n")
    assert run_make(tmp_path, "Makefile", [], {}).stdout == "in C\n"


def test_report_that_cannot_be_written_is_said_and_the_run_passes(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(
        tmp_path,
        "def test_image(evaluation, image_index, record_result, log_folder):\n"
        "    record_result(evaluation.record(image_index))\n"
        "    (log_folder.parent / 'report.html').mkdir()\n",
    )
    result = run_pytest(
        *("--target=qemu", f"--firmware={built.elf}", "--images=1", test),
        env=os.environ | {"TINYML_HIL_REPORTS": str(tmp_path / "reports")},
    )
    (folder,) = run_folders(tmp_path / "reports")
    assert result.returncode == 0
    assert "warning: the run's report was not written: IsADirectoryError: " in result.stdout
    assert f"Its data is whole in {folder}; once that is mended: tinyml-hil report" in result.stdout
    assert load_record(folder).status == "passed"
    assert len(load_results(folder / "results.npz")) == 1


def test_journal_keeps_what_it_was_given(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append([_record(4), _record(0)])
    journal.append([_record(2)])
    journal.close()
    again = Journal(tmp_path / "journal.jsonl")
    assert _plain(again.records) == _plain([_record(4), _record(0), _record(2)])


def test_journal_drops_a_line_that_has_no_end_and_goes_on_after_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append([_record(0), _record(1)])
    journal.close()
    path.write_bytes(path.read_bytes()[:-5])
    torn = Journal(path)
    assert _plain(torn.records) == _plain([_record(0)])
    torn.append([_record(1)])
    torn.close()
    assert _plain(Journal(path).records) == _plain([_record(0), _record(1)])


def test_damaged_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("junk\n")
    with pytest.raises(UsageError, match="is damaged"):
        Journal(path)


def test_results_and_journal_of_earlier_versions_have_no_threshold(tmp_path: Path) -> None:
    results, journal = tmp_path / "results.npz", tmp_path / "journal"
    save_results(results, [_record(0)])
    with np.load(results) as arrays:
        before = {name: arrays[name] for name in arrays.files if name != "threshold"}
    np.savez(results, **before)
    line = record_to_plain(_record(0))
    del line["threshold"]
    journal.write_text(json.dumps(line) + "\n")
    assert _plain(load_results(results)) == _plain(Journal(journal).records) == _plain([_record(0)])


def test_results_come_back_in_the_order_of_their_indices(tmp_path: Path) -> None:
    save_results(tmp_path / "results.npz", [_record(2), _record(0), _record(1)])
    loaded = load_results(tmp_path / "results.npz")
    assert _plain(loaded) == _plain([_record(0), _record(1), _record(2)])


def test_file_that_cannot_be_replaced_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    write_atomically(path, b"old")

    def refuse(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match=rf"No space left on device: '{path}'$"):
        write_atomically(path, b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    assert len({new_folder("qemu", tmp_path) for _ in range(50)}) == 50


def test_run_is_found_by_its_id_its_path_and_as_the_latest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run in"):
        find_run("latest", tmp_path)
    for name in ("20260101-000000-qemu-aaaa", "20260102-000000-qemu-aaaa"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    (tmp_path / "20260103-000000-qemu-aaaa").mkdir()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "run.json").write_text("{}")
    assert find_run("latest", tmp_path).name == "20260102-000000-qemu-aaaa"
    assert find_run("20260101-000000-qemu-aaaa", tmp_path) == tmp_path / "20260101-000000-qemu-aaaa"
    assert find_run(str(tmp_path / "20260101-000000-qemu-aaaa"), tmp_path).is_dir()
    with pytest.raises(UsageError, match="no run 'x'"):
        find_run("x", tmp_path)


def test_latest_is_what_started_last_of_what_is_asked_for(tmp_path: Path) -> None:
    for name, record in (("20260101-000000-qemu-aaaa", "run"), ("20260102-000000-b", "campaign")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{record}.json").write_text("{}")
    found = [find_run("latest", tmp_path, *kinds).name for kinds in ((), (CAMPAIGN,))]
    assert found == ["20260101-000000-qemu-aaaa", "20260102-000000-b"]
    assert find_run("latest", tmp_path, RECORD, CAMPAIGN).name == "20260102-000000-b"
    with pytest.raises(UsageError, match="20260102-000000-b is a campaign, and this takes a run"):
        find_run("20260102-000000-b", tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{", "is damaged: Input data was truncated"), (json.dumps({"schema": 99}), "has schema 99")],
)
def test_record_that_cannot_be_read_is_refused(
    tmp_path: Path, content: str, complaint: str
) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError, match=complaint):
        load_record(tmp_path)


def test_what_was_printed_in_part_is_kept(tmp_path: Path) -> None:
    values = (np.array([0.9, 0.1]), np.array([np.nan, 0.1]))
    printed = InputRecord(0, 1, *values, 0, 0.005, 0.0, said_class=1, said_label=0)
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append([printed])
    journal.close()
    again = Journal(tmp_path / "journal.jsonl")
    again.close()
    save_results(tmp_path / "results.npz", [printed])
    for (record,) in (again.records, load_results(tmp_path / "results.npz", classes=2)):
        assert (record.said_class, record.said_label) == (1, 0)
        assert record.compared.tolist() == [False, True]
        assert (record.exact, record.has_the_label) == (False, False)
