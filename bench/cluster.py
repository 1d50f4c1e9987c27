"""What Dask costs on one machine, beside our own processes: two workers that write faults on QEMU.

Each is run twice, with few faults and with many: the difference is what a fault takes, and the rest
is the start. Processor time, of all processes together, hardly depends on other load; the clock
does. Needs the extras campaign and cluster.

    python -m bench.cluster [--faults 640]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from fixtures import places
from tinyml_hil.campaign import Campaign, Choice, held
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session

WORKERS = 2
FEW = 64
MOST_FOR_A_FAULT, MOST_FOR_THE_START = 1.05, 1.0
"""What it may cost instead of our own: times, and seconds more by the clock."""


class Cost(NamedTuple):
    """Of a run of faults."""

    processor: float
    """Seconds of all processes."""
    clock: float
    """Seconds, all in all."""
    start: float
    """Seconds of these until the first result."""


def main() -> None:
    """Prints what a fault and the start take."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=640)
    faults = parser.parse_args().faults
    print(f"{os.cpu_count()} processors, load before: {os.getloadavg()[0]:.1f}")
    per_fault, starts = [], []
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), {"cache": str(places.BUILD), "reports": "reports"})
        session = held(Session(replace(Options(), target="qemu"), project))
        for name, has_cluster in ("own processes", False), ("LocalCluster", True):
            few, many = (_cost(session, count, has_cluster) for count in (FEW, faults))
            more = faults - FEW
            per_fault.append((many.processor - few.processor) / more)
            starts.append(min(few.start, many.start))
            rate = more / (many.clock - few.clock)
            print(
                f"{name}: {per_fault[-1] * 1e3:.1f} ms of processor time a fault, "
                f"{rate:.1f} faults/s; {starts[-1]:.1f} s to the first result; with {FEW} faults "
                f"{few.processor:.1f} s of processor time"
            )
        session.close()
    print(f"a fault: {per_fault[1] / per_fault[0]:.2f} times (at most {MOST_FOR_A_FAULT})")
    print(f"start: {starts[1] - starts[0]:+.1f} s (at most {MOST_FOR_THE_START:+.1f})")


def _cost(session: Session, faults: int, has_cluster: bool) -> Cost:
    campaign = Campaign.begin(session, Choice(("weights",), "flip", 0, faults), ["bench"])
    before, began = _processor(), time.perf_counter()
    with _cluster() if has_cluster else contextlib.nullcontext() as address:
        results = campaign.run(WORKERS if address is None else 1, address)
        next(results)
        start = time.perf_counter() - began
        for _ in results:
            pass
        clock = time.perf_counter() - began
    campaign.interrupt()
    return Cost(_processor() - before, clock, start)


@contextlib.contextmanager
def _cluster() -> Iterator[str]:
    """The address of a scheduler in this process, with workers that may start processes."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=WORKERS,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
    ):
        yield str(cluster.scheduler_address)


def _processor() -> float:
    """Seconds of this process and of all that have ended below it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
