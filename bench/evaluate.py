"""Images a second of one worker and of two, and the memory that the harness takes meanwhile.

The rate is taken between the first and the last record, so the start of simulators and processes
is not in it. Memory is the sum of the resident sizes of all processes of the harness, shared pages
counted in each, simulators left out; the greatest of five samples a second (Linux only).

    python -m bench.evaluate [--dataset PATH] [--images 1000] [--target qemu]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

from fixtures import places
from tinyml_hil.run import Inference, Workers
from tinyml_hil.session import Options, Session

SAMPLE_EVERY = 0.2
"""Seconds."""
WANTED_RATIO = 1.6
WANTED_MEMORY_MB = 1500


def main() -> None:
    """Prints a line for each number of workers, then the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dataset", type=Path, default=places.DEFAULT_DATASET)
    parser.add_argument("--images", type=int, default=1000, help="images a measurement")
    parser.add_argument("--target", default="qemu")
    arguments = parser.parse_args()

    session = Session(Options(target=arguments.target, dataset=arguments.dataset))
    session.check()
    print(f"{os.cpu_count()} processors, load before: {os.getloadavg()[0]:.1f}")
    rates = {}
    for workers in (1, 2):
        rates[workers], memory = _measure(session, arguments.images, workers)
        print(
            f"{workers} workers {rates[workers]:8.2f} images/s, at most {memory:,.0f} MB "
            f"(bound {WANTED_MEMORY_MB:,})"
        )
    print(f"ratio {rates[2] / rates[1]:.2f} (aim {WANTED_RATIO})")


def _measure(session: Session, images: int, count: int) -> tuple[float, float]:
    """Images a second, and the most memory in MB."""
    work = Inference([i % len(session.dataset) for i in range(images)], session.model.batch)
    times: list[float] = []
    ended = threading.Event()
    most = [0.0]
    watch = threading.Thread(target=_watch, args=(ended, most))
    watch.start()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Workers(session, work, count, Path(folder)) as workers,
        ):
            for records in workers.results():
                assert all(record.exact for record in records), "a wrong answer has no speed"
                times += [time.perf_counter()] * len(records)
    finally:
        ended.set()
        watch.join()
    return (len(times) - 1) / (times[-1] - times[0]), most[0]


def _watch(ended: threading.Event, most: list[float]) -> None:
    while not ended.wait(SAMPLE_EVERY):
        most[0] = max(most[0], sum(map(_resident_mb, _harness(os.getpid()))))


def _harness(process: int) -> list[int]:
    """A process and all below it, as far as they are Python's."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
        program = Path(f"/proc/{process}/exe").resolve().name
    except OSError:
        return []  # it ended while we looked
    below = [one for child in children for one in _harness(child)]
    return [process, *below] if program.startswith("python") else below


def _resident_mb(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
