"""The engine beside TensorFlow Lite for Microcontrollers: instructions, flash, arena and stack.

Builds the firmware for MLPerf Tiny's ic01 as it is shipped, runs every image of the dataset on
QEMU, and refuses to print a figure unless every output equals the host's.

    python bench/engine.py

How each figure is measured:

- instructions: one inference, mean of all images, by the device's clock under `-icount shift=0`,
  where one instruction takes one nanosecond; the clock's own resolution is 40 instructions.
- flash: the whole firmware's, console and self-test with it, without model and test images.
- arena: what the device reports, scratch memory and per-op data with it.
- stack: the most that an inference takes below its caller, by what it leaves of paint on the stack.
  The peers' is of an inference alone, too.

The peers' figures were measured on the same machine model with GCC 12.2 for Cortex-M7, TFLM of
August 2026, only the ops that the model needs, error strings stripped; instructions counted by a
TCG plugin, which agrees with the clock within 14 instructions. All give the same outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness import paths
from harness.evaluation import summarise
from harness.session import Options, Session

MODEL_MACS = 12_501_632


@dataclass(frozen=True)
class Figures:
    """One row of the table; bytes, but for the instructions."""

    name: str
    instructions: int
    flash: int
    arena: int
    stack: int


PEERS = [
    Figures("TFLM reference kernels, as shipped", 108_628_765, 46_052, 54_340, 800),
    Figures("TFLM + CMSIS-NN, -O3", 29_935_310, 61_788, 54_996, 868),
    Figures("TFLM + CMSIS-NN, as shipped", 30_023_701, 52_764, 54_996, 900),
    Figures("TFLM + CMSIS-NN, -Os", 41_085_831, 43_900, 54_996, 884),
]


def main() -> None:
    """Prints the table."""
    ours = measure()
    base = min(peer.instructions for peer in PEERS)
    header = ("", "instructions", "per MAC", "of best peer", "flash", "arena", "stack")
    print("{:<36}{:>14}{:>9}{:>14}{:>9}{:>9}{:>8}".format(*header))
    for row in [*PEERS, ours]:
        print(
            f"{row.name:<36}{row.instructions:>14,}{row.instructions / MODEL_MACS:>9.3f}"
            f"{row.instructions / base:>14.3f}{row.flash:>9,}{row.arena:>9,}{row.stack:>8,}"
        )


def measure() -> Figures:
    """Runs the default model on QEMU."""
    session = Session(Options(target="qemu"))
    if session.model.macs != MODEL_MACS:
        raise SystemExit(f"{session.model.name} is not ic01, which the peers were measured with")
    with session.device(paths.LOGS / "engine.log") as device:
        records = list(session.evaluation(device).records(range(len(session.dataset))))
        if not all(record.exact for record in records):
            raise SystemExit("an output differs from the host's: a wrong answer has no speed")
        return Figures(
            f"this engine, {len(records)} images exact",
            round(summarise([record.outcome for record in records]).ticks),
            session.firmware.sizes.flash,
            device.info.arena_used,
            device.memory().stack_inference,
        )


if __name__ == "__main__":
    main()
