"""Seconds that `trend --html` takes of a history of 10,000 runs of 20 models on 4 devices.

The runs are made up: each model runs on each device every night, on a board with the jitter of a
board, and every tenth night on a branch. One model gets slower on one device, by 7 %, and breaks
its budget; another one's flash grows within its budget; one board is red for a night, long ago.
Ends with 1 if the command takes longer than it may.

    python -m bench.trend [--runs 10000] [--keep FOLDER]

`--keep` leaves the history and the page there, with the reports of the last runs, to be looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.unit.runs import a_record
from tinyml_hil.history import Build, open_history, row_of
from tinyml_hil.record import RunRecord
from tinyml_hil.report import PAGE

LONGEST = 2.0
"""Seconds that the command may take."""
REPEATS = 3
MODELS = [f"{name}{number:02}" for name in ("ic", "kws", "vww", "ad") for number in range(1, 6)]
DEVICES = (
    ("qemu", "mps2-an500", "instructions"),
    ("renode", "stm32h747i-disco", "instructions"),
    ("board", "stm32h747i-disco", "cycles"),
    ("board", "nucleo-h743zi", "cycles"),
)
SLOWER, SINCE = ("kws03", "mps2-an500"), 3
"""What regressed, and how many nights ago."""
LARGER = ("vww02", "stm32h747i-disco")
BROKEN = {
    "name": "instructions",
    "value": 0.0,
    "limit": 1.0,
    "baseline": 1.0,
    "ok": False,
    "since": "",
}
CHUNK = 1_000


def main() -> int:
    """Prints the seconds; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        url = f"sqlite:///{folder / 'history.sqlite'}"
        fill(url, folder, arguments.runs)
        page = folder / "trend.html"
        timed = [_once(page, url) for _ in range(REPEATS)]
        seconds, processor = (median(column) for column in zip(*timed, strict=True))
        size = page.stat().st_size / 1e6
        print(
            f"{arguments.runs:,} runs: {seconds:.2f} s (may be {LONGEST:.0f}), "
            f"{processor:.2f} s of a processor, {size:.1f} MB"
        )
    return int(seconds > LONGEST)


def _once(page: Path, url: str) -> tuple[float, float]:
    """Seconds, and those of a processor."""
    program = Path(sys.executable).with_name("tinyml-hil")
    start, before = time.perf_counter(), os.times()
    command = [str(program), "trend", "--html", str(page), "--history", url]
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = os.times()
    processor = after.children_user + after.children_system
    processor -= before.children_user + before.children_system
    return time.perf_counter() - start, processor


def fill(url: str, folder: Path, runs: int) -> None:
    """Puts the runs into a history, through its own tables; the last of them have reports."""
    records = list(_records(runs))
    with open_history(url) as history:
        for start in range(0, runs, CHUNK):
            with history.session() as session:
                chunk = records[start : start + CHUNK]
                session.add_all(Build(sha256=one.firmware["sha256"], symbols={}) for one in chunk)
                session.flush()
                session.add_all(row_of(one, folder / one.id) for one in chunk)
    for record in records[-5 * len(MODELS) * len(DEVICES) :]:
        (folder / record.id).mkdir(exist_ok=True)
        (folder / record.id / PAGE).write_text(f"<h1>{record.id}</h1>")


def _records(runs: int) -> Iterator[RunRecord]:
    random = np.random.default_rng(1)
    pairs = [(model, *device) for model in MODELS for device in DEVICES]
    nights = -(-runs // len(pairs))
    for number in range(runs):
        night, at = divmod(number, len(pairs))
        yield _record(number, nights - night, *pairs[at], float(random.normal()))


def _record(
    number: int, ago: int, model: str, target: str, platform: str, unit: str, noise: float
) -> RunRecord:
    """A run some nights ago, of the last of which ``ago`` is 1."""
    at = time.gmtime(1_795_000_000 - 86_400 * ago + 60 * (number % 80))
    is_slower = (model, platform) == SLOWER and ago <= SINCE
    failed = is_slower or (model == "ad01" and platform == "nucleo-h743zi" and ago == 40)
    work = 4_000_000 + 700_000 * MODELS.index(model)
    ticks = work * (1.07 if is_slower else 1.0) * (0.97 if ago < 30 else 1)
    if unit == "cycles":
        ticks *= 1.3 + 0.002 * noise
    grown = 1_408 if (model, platform) == LARGER and ago <= 2 else 0
    base = a_record()
    changes: dict[str, Any] = {
        "id": f"{time.strftime('%Y%m%d-%H%M%S', at)}-{target}-{number % 65536:04x}",
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", at),
        "status": "failed" if failed else "passed",
        "failures": [_FAILURE] if failed else [],
        "target": target,
        "platform": platform,
        "unit": unit,
        "model": base.model | {"name": model},
        "git": {
            "revision": hashlib.sha1(b"%d" % ago).hexdigest(),
            "branch": "faster-conv" if ago % 10 == 5 else "main",
            "dirty": False,
        },
        "firmware": base.firmware
        | {
            "sha256": f"{number:064x}",
            "build_id": hashlib.sha1(b"build %d" % number).hexdigest(),
            "sizes": base.firmware["sizes"] | {"flash": 30_000 + grown},
        },
        "numbers": base.numbers | {"ticks_mean": round(ticks)},
        "layers": [
            {"index": i, "op": "CONV_2D", "ticks": round(ticks / 12), "macs": 400_000}
            for i in range(12)
        ],
        "budgets": [BROKEN] if failed else [],
    }
    return a_record(**changes)


_FAILURE = (
    "instructions: 8,987,000 instructions, the budget is at most 8,600,000 instructions; "
    "the baseline is 8,400,000 instructions, 587,000 instructions more (+7.0%)"
)

if __name__ == "__main__":
    sys.exit(main())
