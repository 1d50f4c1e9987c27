"""What a second worker gains on Renode: the tests by one, and by two at a time.

Each worker has a Renode of its own. What an idle one takes of a core, the others lack: so it is
measured as well. On a machine that is busy otherwise, the seconds say little.

    python -m bench.renode [--repeats 1]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from fixtures import places
from tinyml_hil.session import Options, Session

TESTS = ("tests/device", "harness/tinyml_hil/suite")
"""What `make test` runs on Renode."""
IDLE = 10.0
"""Seconds for which an idle Renode is watched."""


def main() -> None:
    """Prints the share of a core that an idle Renode takes, and the times of the suite."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()

    session = Session(Options(target="renode"))
    _ = session.firmware  # built here, not while the suite is timed
    print(f"an idle Renode: {_idle_share(session):.1%} of a core")
    took = {
        workers: median(_seconds_of_suite(workers) for _ in range(arguments.repeats))
        for workers in (1, 2)
    }
    print(f"two workers are {took[1] / took[2]:.2f} times as fast as one")


def _idle_share(session: Session) -> float:
    with session.device(places.LOGS / "renode.log") as device:
        device.console.request("name")
        before, start = _cpu_of_renode(), time.perf_counter()
        time.sleep(IDLE)
        return (_cpu_of_renode() - before) / (time.perf_counter() - start)


def _cpu_of_renode() -> float:
    """Seconds that the processes have used that a child of this one leads."""
    stats = [_fields(entry) for entry in Path("/proc").glob("[0-9]*")]
    leaders = {fields[0] for fields in stats if fields and fields[2] == str(os.getpid())}
    ticks = sum(int(f[12]) + int(f[13]) for f in stats if f and f[4] in leaders)
    return ticks / os.sysconf("SC_CLK_TCK")


def _fields(process: Path) -> list[str]:
    """Process id, state, parent, group and what follows in its stat; none if it has ended."""
    try:
        name, _, rest = (process / "stat").read_text().rpartition(")")
    except OSError:
        return []
    return [name.partition(" ")[0], *rest.split()]


def _seconds_of_suite(workers: int) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "--target=renode", "-n", str(workers)]
    start = time.perf_counter()
    subprocess.run([*command, *TESTS], cwd=places.ROOT, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - start
    print(f"{workers} at a time: {took:.1f} s", flush=True)
    return took


if __name__ == "__main__":
    main()
