"""What ``--coverage`` costs: the processor time of ``tinyml-hil evaluate`` with it and without.

Start-up, the simulator, the mapping to lines and gcovr's pages are in it; the firmware is built
before. Runs alternate, so that both see the same machine. The medians are compared: of processor
time, which other load leaves nearly as it is, and of the clock's.

    python -m bench.coverage [--dataset PATH] [--images 20] [--runs 5] [--target qemu]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fixtures import places
from tinyml_hil.session import Options, Session

BOUND = 1.3
"""At most that many times the time without."""
_EVALUATE = ("-m", "tinyml_hil", "evaluate")


def main() -> None:
    """Prints the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=20, help="images a run")
    parser.add_argument("--runs", type=int, default=5, help="runs of either kind")
    parser.add_argument("--target", default="qemu")
    parser.add_argument("--dataset", type=Path, default=places.DEFAULT_DATASET)
    arguments = parser.parse_args()

    elf = Session(Options(target=arguments.target)).firmware.elf
    common = [f"--target={arguments.target}", f"--images={arguments.images}", f"--firmware={elf}"]
    common.append(f"--dataset={arguments.dataset}")
    seconds: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(arguments.runs):
        for with_it, times in seconds.items():
            times.append(_seconds([*common, "--coverage"] if with_it else common))
    print(f"{arguments.images} images on {arguments.target}, medians of {arguments.runs} runs")
    for number, name in enumerate(("processor", "clock")):
        without, watched = (
            statistics.median(times[number] for times in seconds[kind]) for kind in (False, True)
        )
        bound = f" (bound {BOUND})" if name == "processor" else ""
        print(f"{name:<10}without {without:6.2f} s, with {watched:6.2f} s: ", end="")
        print(f"{watched / without:.2f} times{bound}")


def _seconds(options: list[str]) -> tuple[float, float]:
    """Of processors, for the command and all that it starts; and of the clock."""
    with tempfile.TemporaryDirectory() as folder:
        history = f"--history=sqlite:///{folder}/history.sqlite"
        environment = os.environ | {"TINYML_HIL_REPORTS": folder}
        start, used = time.perf_counter(), _used()
        subprocess.run(
            [sys.executable, *_EVALUATE, *options, history],
            check=True,
            capture_output=True,
            env=environment,
        )
        return _used() - used, time.perf_counter() - start


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
