"""What ``--coverage`` costs: the time of ``tinyml-hil evaluate`` with it and without.

Runs alternate, so that both see the same machine; the medians are compared, start-up, the mapping
to lines and gcovr's pages in them. The firmware is built before.

    python -m bench.coverage [--dataset PATH] [--images 20] [--runs 5] [--target qemu]
"""

from __future__ import annotations

import argparse
import os
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
    """Prints both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=20, help="images a run")
    parser.add_argument("--runs", type=int, default=5, help="runs of either kind")
    parser.add_argument("--target", default="qemu")
    parser.add_argument("--dataset", type=Path, default=places.DEFAULT_DATASET)
    arguments = parser.parse_args()

    elf = Session(Options(target=arguments.target)).firmware.elf
    common = [f"--target={arguments.target}", f"--images={arguments.images}", f"--firmware={elf}"]
    common.append(f"--dataset={arguments.dataset}")
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(arguments.runs):
        for with_it, times in seconds.items():
            times.append(_seconds([*common, "--coverage"] if with_it else common))
    without, watched = (statistics.median(seconds[kind]) for kind in (False, True))
    print(f"{arguments.images} images on {arguments.target}, medians of {arguments.runs} runs")
    print(f"without {without:8.2f} s")
    print(f"with    {watched:8.2f} s, {watched / without:.2f} times (bound {BOUND})")


def _seconds(options: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        history = f"--history=sqlite:///{folder}/history.sqlite"
        environment = os.environ | {"TINYML_HIL_REPORTS": folder}
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *_EVALUATE, *options, history],
            check=True,
            capture_output=True,
            env=environment,
        )
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
