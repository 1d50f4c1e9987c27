"""Images a second, end to end on a simulator, the share that is inference, and the time to start.

The rate is that of an evaluation: decoding, quantizing, the memory lane, the inference, the UART,
parsing, the reference beside it, and the comparison. The share is of the processor time of all
processes of this one, since the wall time of two things that are measured one after the other says
nothing on a busy machine: that of ``infer N 0``, which runs N inferences without any input or
output between them, over that of an evaluation of as many images.

The time to start is that of a new session, from its options to the first image's result, with
everything built before: the best of the repeats.

    python -m bench.throughput [--target qemu] [--images 200] [--repeats 3] [--lane memory]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from fixtures import places
from fixtures.processor import processor_seconds
from tinyml_hil.device import Device
from tinyml_hil.record import InputRecord, summarise
from tinyml_hil.session import Options, Session


def main() -> None:
    """Prints one line a repeat, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dataset", type=Path, default=places.DEFAULT_DATASET)
    parser.add_argument("--images", type=int, default=200, help="images a repeat")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--target", default="qemu")
    parser.add_argument("--lane", default="memory")
    arguments = parser.parse_args()

    options = Options(
        target=arguments.target, dataset=arguments.dataset, lane=arguments.lane, reply_timeout=600
    )
    session = Session(options)
    _ = session.firmware  # built here, not while a start is timed
    starts = [_seconds_to_first_image(options) for _ in range(arguments.repeats + 1)]
    with session.device(places.LOGS / "throughput.log") as device:
        rows = [_measure(session, device, arguments.images) for _ in range(arguments.repeats)]
        unit = device.info.ticks
    print(f"{session.model.name} on {options.target}, {session.platform.name}, lane {options.lane}")
    for rate, share, ticks in rows:
        print(
            f"{rate:8.2f} images/s   inference {share:6.1%} of the processing   {ticks:,.0f} {unit}"
        )
    print(f"median: {median(r[0] for r in rows):.2f} images/s, {median(r[1] for r in rows):.1%}")
    # The first is not warm: it may keep what the others start faster with.
    print(f"start to first image: {min(starts[1:]):.2f} s")


def _seconds_to_first_image(options: Options) -> float:
    start = time.perf_counter()
    session = Session(options)
    with session.device(places.LOGS / "throughput.log") as device:
        device.classify(session.model.input_of(session.dataset.image(0)))
        return time.perf_counter() - start


def _measure(session: Session, device: Device, images: int) -> tuple[float, float, float]:
    """Images a second, the share of inference in the processor time, and mean ticks.

    Both are measured in turn, a few images at a time, so that a change in the processor's speed
    meets both alike.
    """
    seconds = inferring = evaluating = 0.0
    records: list[InputRecord] = []
    while len(records) < images:
        count = min(images - len(records), len(session.dataset))
        inferring += _seconds_of_inferences(session, device, count)
        start, before = time.perf_counter(), processor_seconds()
        # A new evaluation each time, since one runs each image once.
        records += session.evaluation(device).records(range(count))
        evaluating += processor_seconds() - before
        seconds += time.perf_counter() - start
    assert all(record.exact for record in records), "a wrong answer has no speed"
    ticks = summarise(records).ticks
    return images / seconds, inferring / evaluating, ticks


def _seconds_of_inferences(session: Session, device: Device, count: int) -> float:
    """Of the processor."""
    device.load(session.model.input_of(session.dataset.image(0)).tobytes())
    before = processor_seconds()
    device.console.request(f"infer {count} 0")
    return processor_seconds() - before


if __name__ == "__main__":
    main()
