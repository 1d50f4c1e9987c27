"""Seconds that ``tinyml-hil explain`` takes for ic01 and 20 images, of which most differ.

Once for a device that takes BGR for RGB, which is found; and once for random bytes, which nothing
explains, so that everything is tried, the device included.

    python -m bench.explain
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tinyml_hil.explanation import explain_run
from tinyml_hil.record import InputRecord
from tinyml_hil.run import OngoingRun
from tinyml_hil.session import Options, Session

BOUND = 60.0
"""Seconds."""
Answer = Callable[[NDArray[Any]], NDArray[Any]]
"""The device's output for an input."""


def main() -> None:
    """Prints a line for each device."""
    session = Session(Options(model=places.IC01, dataset=places.DEFAULT_DATASET))
    random = np.random.default_rng(1)
    host = session.reference
    devices: dict[str, Answer] = {
        "BGR for RGB": lambda tensor: host.predict(np.ascontiguousarray(tensor[..., ::-1])),
        "random bytes": lambda tensor: random.integers(-128, 128, 10).astype(np.int8),
    }
    print(f"{os.cpu_count()} processors, load before: {os.getloadavg()[0]:.1f}")
    for name, answer in devices.items():
        with tempfile.TemporaryDirectory() as folder:
            _make_run(session, Path(folder), answer)
            start = time.perf_counter()
            found = explain_run(Path(folder))
            seconds = time.perf_counter() - start
        print(f"{name}: {seconds:.1f} s (bound {BOUND:g}), causes tried: {found.tried}")
        print(f"  {found.sentence}")
        for why in found.left_out:
            print(f"  not tried: {why}")


def _make_run(session: Session, folder: Path, answer: Answer) -> None:
    run = OngoingRun.begin(session, ["bench.explain"], folder)
    for index in range(len(session.dataset)):
        tensor = session.model.input_of(session.dataset.image(index))
        expected = session.reference.predict(tensor)
        label = session.dataset.label(index)
        run.add([InputRecord(index, label, expected, answer(tensor), 1)])
    run.transcripts.mkdir()
    run.finish("failed", [], f"sqlite:///{folder / 'history.sqlite'}")


if __name__ == "__main__":
    main()
