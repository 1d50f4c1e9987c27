"""Evaluations of a data set: by several workers, killed, resumed, and refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, Run, comes_true, processes_given
from tinyml_hil import paths
from tinyml_hil.build import Firmware
from tinyml_hil.cli.judging import end_early
from tinyml_hil.errors import DeviceError, LinkError, UsageError
from tinyml_hil.record import load_record, run_folders
from tinyml_hil.run import OngoingRun

CHECKS_FAILED, USAGE, TROUBLE, INTERRUPTED = 1, 2, 3, 130
SLOWLY = ("--lane", "uart", "--images", "12")

Evaluate = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path, private_tmp: Path) -> dict[str, str]:
    """Keeps runs in ``tmp_path``, and makes processes known by ``private_tmp``."""
    return os.environ | {"TINYML_HIL_REPORTS": str(tmp_path), "TMPDIR": str(private_tmp)}


@pytest.fixture
def evaluate(run_cli: Run, built: Firmware, environment: dict[str, str]) -> Evaluate:
    return lambda *given: run_cli("evaluate", "--firmware", built.elf, *given, env=environment)


@contextmanager
def _started(
    elf: Path, environment: dict[str, str], *given: str
) -> Iterator[subprocess.Popen[str]]:
    code = "from tinyml_hil.cli.app import main; main()"
    command = [sys.executable, "-c", code, "evaluate", "--firmware", str(elf), *SLOWLY, *given]
    with subprocess.Popen(
        command, cwd=places.ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _lines(folder: Path) -> int:
    return sum(p.read_bytes().count(b"\n") for p in folder.glob("*/journal.jsonl"))


def _await_more_lines(folder: Path, before: int) -> None:
    assert comes_true(lambda: _lines(folder) > before, PATIENCE)


def _arrays(folder: Path) -> dict[str, object]:
    with np.load(folder / "results.npz") as file:
        return {name: file[name].tolist() for name in file.files}


@pytest.mark.nightly
def test_run_that_is_killed_three_times_ends_as_one_that_was_not(
    evaluate: Evaluate,
    built: Firmware,
    tmp_path: Path,
    private_tmp: Path,
    environment: dict[str, str],
) -> None:
    assert evaluate(*SLOWLY).returncode == 0
    (whole,) = run_folders(tmp_path)
    kept = tmp_path / "kept"
    whole.rename(kept)
    resume: list[str] = []
    for _ in range(3):
        before = _lines(tmp_path)
        with _started(built.elf, environment, *resume) as process:
            _await_more_lines(tmp_path, before)
            process.kill()
        assert comes_true(lambda: not processes_given(private_tmp), PATIENCE), (
            "a process was left behind"
        )
        (folder,) = [f for f in run_folders(tmp_path) if f != kept]
        assert load_record(folder).status == "running"
        resume = ["--resume", folder.name]
    assert before < 12, "all images were there before the last kill"
    result = evaluate(*SLOWLY, *resume, "--workers", "2")
    assert result.returncode == 0, result.stderr
    assert load_record(folder).status == "passed"
    assert load_record(folder).numbers == load_record(kept).numbers
    assert _arrays(folder) == _arrays(kept)


def test_json_is_all_that_is_printed_and_has_the_run_s_numbers(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    result = evaluate("--images", "2", "--json")
    assert result.returncode == 0, result.stderr
    printed = json.loads(result.stdout)
    (folder,) = run_folders(tmp_path)
    record = load_record(folder)
    assert printed["numbers"] == record.numbers
    assert printed["sizes"] == record.firmware["sizes"]
    assert (printed["status"], printed["failures"]) == ("passed", [])
    assert Path(printed["folder"]) == folder


def test_two_workers_give_the_same_as_one(evaluate: Evaluate, tmp_path: Path) -> None:
    assert evaluate("--images", "9").returncode == 0
    assert evaluate("--images", "9", "--workers", "2").returncode == 0
    one, two = run_folders(tmp_path)
    assert _arrays(one) == _arrays(two)
    assert load_record(one).numbers == load_record(two).numbers
    assert len(list((two / "transcripts").iterdir())) == 2


@pytest.fixture
def interrupted(
    built: Firmware, tmp_path: Path, environment: dict[str, str]
) -> tuple[Path, subprocess.Popen[str], str]:
    """The folder of a run that was ended by Ctrl-C, its process, and what it said."""
    with _started(built.elf, environment) as process:
        assert comes_true(lambda: _lines(tmp_path) > 0, PATIENCE)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    return run_folders(tmp_path)[0], process, said


def test_interrupted_run_says_how_to_go_on_and_with_what_it_cannot(
    interrupted: tuple[Path, subprocess.Popen[str], str],
    evaluate: Evaluate,
    built: Firmware,
    tmp_path: Path,
    private_tmp: Path,
) -> None:
    folder, process, said = interrupted
    assert process.returncode == INTERRUPTED
    assert f"tinyml-hil evaluate --resume {folder.name}" in said
    assert "Traceback" not in said
    assert processes_given(private_tmp) == []
    assert load_record(folder).status == "interrupted"
    assert not (folder / "report.html").exists(), "it has to end at once"
    assert list(private_tmp.glob("tinyml-hil-*")) == []

    other = evaluate("--resume", folder.name, "--images", "7")
    assert other.returncode == USAGE
    assert "the run was not started with --images=7, not 12" in other.stderr

    original = built.elf.read_bytes()
    elf = tmp_path / "moved.elf"
    elf.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    record = load_record(folder)
    record.options["firmware"] = str(elf)
    record.save(folder)
    changed = evaluate("--firmware", elf, "--resume", "latest")
    assert changed.returncode == USAGE
    assert "was made with other things" in changed.stderr
    assert "firmware: " in changed.stderr


def test_run_that_has_ended_is_not_resumed(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate("--images", "1")
    result = evaluate("--resume", "latest", "--images", "1")
    assert result.returncode == USAGE
    assert "there is nothing to resume" in result.stderr


def test_run_that_is_under_way_is_not_resumed(
    evaluate: Evaluate, built: Firmware, tmp_path: Path, environment: dict[str, str]
) -> None:
    with _started(built.elf, environment) as process:
        assert comes_true(lambda: _lines(tmp_path) > 0, PATIENCE)
        process.send_signal(signal.SIGSTOP)  # it does not end before the other has begun
        result = evaluate("--resume", "latest")
    assert result.returncode == USAGE
    assert "the run is still under way" in result.stderr


def test_worker_that_is_killed_ends_the_run_with_3(
    built: Firmware, tmp_path: Path, private_tmp: Path, environment: dict[str, str]
) -> None:
    with _started(built.elf, environment, "--workers", "2") as process:
        assert comes_true(lambda: _lines(tmp_path) > 0, PATIENCE)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [
            pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(int(workers[-1]), signal.SIGKILL)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == TROUBLE
    assert "a worker ended before its work did" in said
    assert comes_true(lambda: not processes_given(private_tmp), PATIENCE)
    assert load_record(run_folders(tmp_path)[0]).status == "interrupted"


def test_model_that_differs_from_the_host_ends_with_1_and_is_recorded(
    evaluate: Evaluate, built: Firmware, tmp_path: Path
) -> None:
    content = bytearray(built.elf.read_bytes())
    model = content.index(paths.DEFAULT_MODEL.read_bytes())
    content[model + len(paths.DEFAULT_MODEL.read_bytes()) * 4 // 10] ^= 1 << 6
    broken = tmp_path / "broken.elf"
    broken.write_bytes(content)
    result = evaluate("--firmware", broken)
    assert result.returncode == CHECKS_FAILED
    assert "output bytes differ from the host" in result.stdout
    record = load_record(run_folders(tmp_path)[0])
    assert record.status == "failed"
    assert "output bytes differ from the host" in record.failures[0]


def test_full_disk_is_said_and_the_run_goes_on_when_there_is_room(
    built: Firmware, tiny_disk: Path, evaluate: Evaluate, environment: dict[str, str]
) -> None:
    environment["TINYML_HIL_REPORTS"] = str(tiny_disk)
    with _started(built.elf, environment) as process:
        assert comes_true(lambda: _lines(tiny_disk) > 0, PATIENCE)
        with (tiny_disk / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(64)):
                    pass
            except OSError:
                pass
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == TROUBLE
    assert "No space left on device" in said
    assert "Traceback" not in said
    (tiny_disk / "filler").unlink()
    result = evaluate("--resume", "latest")
    assert result.returncode == 0, result.stderr
    assert load_record(run_folders(tiny_disk)[0]).numbers["images"] == 12


@pytest.mark.parametrize(
    ("error", "offered"),
    [
        (UsageError("it runs another build"), False),
        (DeviceError("the firmware faulted"), False),
        (LinkError("the cable was pulled"), True),
        (KeyboardInterrupt(), True),
    ],
)
def test_resuming_is_offered_where_it_may_help(error: BaseException, offered: bool) -> None:
    run = SimpleNamespace(records=[object()], record=SimpleNamespace(id="a-run"))
    run.finish = lambda *_: ""
    assert end_early(cast(OngoingRun, run), error, "") is offered
