"""Makes run folders for the report's tests: all of it real but the device, whose answers are given.

The harness's own code writes every file, as at the end of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil import report
from tinyml_hil.build import Firmware
from tinyml_hil.record import InputRecord, Status
from tinyml_hil.run import OngoingRun
from tinyml_hil.session import Options, Session

MEMORY = {"arena_used": 39712, "arena_size": 64512, "stack_used": 1088, "stack_size": 8192}
LARGEST_PAGE = 3_000_000
"""Bytes that a page may have."""
LAYERS = [
    {"index": 0, "op": "CONV_2D", "ticks": 2_000_000, "macs": 442_368},
    {"index": 1, "op": "SOFTMAX", "ticks": 10_000, "macs": 0},
]
FACTS: dict[str, Any] = {
    "unit": "instructions",
    "lane": "memory",
    "boot_ticks": 170_909_000,
    "memory": MEMORY | {"heap": 0},
    "layers": LAYERS,
}
Answers = Callable[[int, int], InputRecord]
"""The record of an image, from its index and its label."""


def one_hot(number: int, share: int = 127) -> NDArray[np.int8]:
    """The raw output of a model that is sure of a class, as far as ``share`` goes."""
    output = np.full(10, -128, np.int8)
    output[number] = share
    return output


def exact(index: int, label: int) -> InputRecord:
    """What a device answers that is right and equal to the host."""
    return InputRecord(index, label, one_hot(label), one_hot(label), 1000)


def make_run(
    folder: Path,
    options: Options,
    answers: Answers = exact,
    status: Status = "passed",
    failures: Iterable[str] = (),
    **facts: Any,
) -> Path:
    """Writes the folder of a run over all images of ``options``; ``facts`` are of the record."""
    folder.mkdir(parents=True, exist_ok=True)
    session = Session(replace(options, reply_timeout=30.0))
    run = OngoingRun.begin(session, ["tinyml-hil", "evaluate"], folder)
    run.transcripts.mkdir()
    (run.transcripts / "session.log").write_text("    0.100 > info%\n    0.101 < m-ready\n")
    labels = map(session.dataset.label, range(len(session.dataset)))
    run.add(answers(index, label) for index, label in enumerate(labels))
    run.observe(FACTS | facts)
    assert run.finish(status, list(failures), f"sqlite:///{folder / 'history.sqlite'}") == ""
    return folder


def make_largest_run(folder: Path, built: Firmware) -> Path:
    """A run whose page is as large as it gets: 1,000 images of noise, which no PNG makes small,
    every one of them wrong, and a long transcript.
    """
    folder.mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 256, (1000, 3072), np.uint8)
    dataset = cifar(folder / "noise.bin", noise, np.arange(1000, dtype=np.uint8) % 10)

    def answer(index: int, label: int) -> InputRecord:
        return InputRecord(index, label, one_hot(label), one_hot((label + 1) % 10), 1000 + index)

    make_run(folder, Options(firmware=built.elf, dataset=dataset), answer)
    (folder / "transcripts" / "session.log").write_text("x" * 79 + "\n" + "y" * 10_000_000)
    report.write_report(folder)
    return folder


def cifar(path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """A dataset in CIFAR-10's binary layout; ``images``: count x 3 x 32 x 32."""
    records = np.concatenate([labels[:, None], images.reshape(len(labels), -1)], axis=1)
    path.write_bytes(records.astype(np.uint8).tobytes())
    return path
