"""What the door `debugger` costs: an input through it, beside one through the memory lane.

Both run the same firmware, the default model's, and the same inputs, in turns, so that a machine
that is busy otherwise slows both. The figures are processor time and wall time an input.

    python -m bench.debugger [--target qemu] [--inputs 100] [--rounds 5]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import cycle, islice
from statistics import median
from typing import Any

from numpy.typing import NDArray

from fixtures import places
from fixtures.processor import processor_seconds
from tinyml_hil.device import Device
from tinyml_hil.session import Options, Session

DOORS = ("protocol", "debugger")


def main() -> None:
    """Prints one line a round and door, and how many times as long the debugger takes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--target", default="qemu")
    parser.add_argument("--inputs", type=int, default=100, help="a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    sessions = [Session(Options(target=arguments.target, door=door)) for door in DOORS]
    taken: dict[str, list[tuple[float, float]]] = {door: [] for door in DOORS}
    with (
        sessions[0].device(places.LOGS / "bench-lane.log") as lane,
        sessions[1].device(places.LOGS / "bench-debugger.log") as debugger,
    ):
        for _ in range(arguments.rounds):
            for door, device in zip(DOORS, (lane, debugger), strict=True):
                tensors = islice(_inputs(sessions[0]), arguments.inputs)
                taken[door].append(_seconds_an_input(device, list(tensors)))
                print(f"{door:>8}: {_shown(taken[door][-1])}", flush=True)
    middle = {door: [median(t[i] for t in taken[door]) for i in (0, 1)] for door in DOORS}
    ratios = [middle["debugger"][i] / middle["protocol"][i] for i in (0, 1)]
    print(f"debugger over memory lane: processor {ratios[0]:.2f}, wall {ratios[1]:.2f}")


def _inputs(session: Session) -> Iterator[NDArray[Any]]:
    images = range(len(session.dataset))
    return cycle([session.model.input_of(session.dataset.image(i)) for i in images])


def _seconds_an_input(device: Device, tensors: list[NDArray[Any]]) -> tuple[float, float]:
    wall, busy = time.perf_counter(), processor_seconds()
    count = sum(1 for _ in device.classify_many(tensors))
    return (processor_seconds() - busy) / count, (time.perf_counter() - wall) / count


def _shown(seconds: tuple[float, float]) -> str:
    return f"{seconds[0] * 1e3:6.1f} ms of a processor, {seconds[1] * 1e3:6.1f} ms in all"


if __name__ == "__main__":
    main()
