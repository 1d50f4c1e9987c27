"""Seconds that `trend` and `compare` take in a history of 10,000 runs, in SQLite and in PostgreSQL.

The runs are made up, each with a build of its own: layers, symbols, measures and budgets as many as
a real run has; the two that are compared have results of 10,000 images. They are put there through
the history's own tables. Each command is timed as a user waits for it, from its start to its end,
and the processor time that it takes beside it, which other load leaves nearly as it is; medians of
three. The first line, on a history with nothing in it, is what starting takes. PostgreSQL is
a server of its own, gone at the end; left out where there is none.
Ends with 1 if a command takes longer than it may.

    python -m bench.history [--runs 10000]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from fixtures import places
from tests.unit import postgresql
from tests.unit.runs import a_record
from tinyml_hil.history import Build, open_history, row_of
from tinyml_hil.record import RESULTS, InputRecord, RunRecord, save_results

LONGEST = 2.0
"""Seconds that a command may take."""
REPEATS = 3
IMAGES = 10_000
LAYERS = 30
SYMBOLS = 500
CHUNK = 1_000
_ENVIRONMENT = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
"""As a user has it, who compiles the harness once, not at every start."""
BUDGETS = ("accuracy", "exact", "instructions", "flash", "ram", "arena", "stack", "boot")


def main() -> int:
    """Prints a line for each command and database; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    print(f"{runs:,} runs, {os.cpu_count()} processors, load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _time("nothing", f"sqlite:///{folder / 'nothing.sqlite'}", ["trend"])
        slowest = _measure("SQLite", f"sqlite:///{folder / 'history.sqlite'}", folder, runs)
        programs = postgresql.programs()
        if programs is None:
            print("PostgreSQL: not installed")
        else:
            with postgresql.server(programs) as server:
                slowest = max(slowest, _measure("PostgreSQL", server.url, folder, runs))
    print(f"slowest: {slowest:.2f} s (may be {LONGEST:.0f})")
    return int(slowest > LONGEST)


def _measure(database: str, url: str, folder: Path, runs: int) -> float:
    """Fills the history and times the commands; the slowest's seconds."""
    start = time.perf_counter()
    _fill(url, folder, runs)
    print(f"{database:<12}filled in {time.perf_counter() - start:.0f} s")
    first, last = _record(0).id, _record(runs - 1).id
    commands = (
        ["trend"],
        ["trend", "--runs", str(runs)],
        ["trend", "--html", str(folder / "trend.html")],
        ["compare", first, last],
    )
    seconds: list[float] = [_time(database, url, list(arguments)) for arguments in commands]
    return max(seconds)


def _time(database: str, url: str, arguments: list[str]) -> float:
    """Prints a line for a command; its seconds."""
    timed = [_once([*arguments, "--history", url]) for _ in range(REPEATS)]
    seconds = median(wall for wall, _ in timed)
    processor = median(used for _, used in timed)
    print(
        f"{database:<12}{seconds:5.2f} s ({processor:.2f} s of a processor)  {arguments[0]} ",
        end="",
    )
    print(*(Path(word).name for word in arguments[1:]))
    return seconds


def _once(arguments: list[str]) -> tuple[float, float]:
    """Seconds, and those of a processor."""
    program = Path(sys.executable).with_name("tinyml-hil")
    start, before = time.perf_counter(), os.times()
    subprocess.run(
        [program, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=places.ROOT,
        env=_ENVIRONMENT,
    )
    after = os.times()
    processor = after.children_user + after.children_system
    processor -= before.children_user + before.children_system
    return time.perf_counter() - start, processor


def _fill(url: str, folder: Path, runs: int) -> None:
    for number in (0, runs - 1):
        _save_results(folder / _record(number).id, number)
    with open_history(url) as history:
        for start in range(0, runs, CHUNK):
            records = [_record(number) for number in range(start, min(start + CHUNK, runs))]
            with history.session() as session:
                session.add_all(_build(number, one) for number, one in enumerate(records, start))
                session.flush()
                session.add_all(row_of(one, folder / one.id) for one in records)


def _record(number: int) -> RunRecord:
    """One run after another, a minute apart; every tenth fails, and numbers go up and down."""
    at = time.gmtime(1_700_000_000 + 60 * number)
    record = a_record(
        id=f"{time.strftime('%Y%m%d-%H%M%S', at)}-qemu-{number % 65536:04x}",
        started=time.strftime("%Y-%m-%dT%H:%M:%SZ", at),
        status="failed" if number % 10 == 9 else "passed",
        git={"revision": f"{number:040x}", "dirty": False},
        layers=[
            {"index": i, "op": "CONV_2D", "ticks": 500_000 + (number * i) % 997, "macs": 400_000}
            for i in range(LAYERS)
        ],
        budgets=[
            {"name": name, "value": 1.0, "limit": 1.0, "baseline": 1.0, "ok": number % 10 != 9}
            for name in BUDGETS
        ],
    )
    return replace(
        record,
        firmware=record.firmware | {"sha256": f"{number:064x}", "build_id": f"{number:040x}"},
        numbers=record.numbers | {"ticks_mean": 16_800_000 + number % 1009},
    )


def _build(number: int, record: RunRecord) -> Build:
    symbols = {f"a_function_of_the_firmware_{i}": 100 + (number * i) % 61 for i in range(SYMBOLS)}
    return Build(sha256=record.firmware["sha256"], symbols=symbols)


def _save_results(folder: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    outputs = random.integers(-128, 128, (IMAGES, 3), np.int8)
    records = [
        InputRecord(i, i % 3, output, output, 16_800_000) for i, output in enumerate(outputs)
    ]
    save_results(folder / RESULTS, records)


if __name__ == "__main__":
    sys.exit(main())
