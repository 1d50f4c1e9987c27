"""The engine beside TensorFlow Lite for Microcontrollers: instructions, flash, arena and stack.

Builds the firmware for MLPerf Tiny's ic01 as it is shipped, runs every image of the dataset on
QEMU, and refuses to print a figure unless every output, and on the first image that of every op,
equals the host's. Two tables: the whole, and layer by layer. Ends with 1 if a figure misses what it
must be, or a layer takes more instructions than the peer's.

    python -m bench.engine

How each figure is measured:

- instructions: one inference, mean of all images, by the device's clock under `-icount shift=0`,
  where one instruction takes one nanosecond; exact to one instruction. Of a layer: on the first
  image, by the command `layers`.
- flash: the whole firmware's, console and self-test with it, without model and test images.
- arena: what the device reports, scratch memory and per-op data with it.
- stack: the most that an inference takes below its caller, by what it leaves of paint on the stack.
  The peers' is of an inference alone, too.

The peers' figures were measured on the same machine model with GCC 12.2 for Cortex-M7, TFLM of
August 2026, only the ops that the model needs, error strings stripped; instructions counted by a
TCG plugin, which agrees with the clock within 14 instructions. All give the same outputs. By layer
they are those of TFLM + CMSIS-NN, -O3, in thousands; those of the second and third ADD are what the
other layers leave of the whole.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from fixtures import places
from tinyml_hil.device import Device, LayerComparison, LayerResult
from tinyml_hil.record import summarise
from tinyml_hil.session import Options, Session

MODEL_MACS = 12_501_632


@dataclass(frozen=True)
class Figures:
    """One column of the table; bytes, but for the instructions."""

    instructions: int
    flash: int
    arena: int
    stack: int


PEERS = {
    "TFLM reference kernels, as shipped": Figures(108_628_765, 46_052, 54_340, 800),
    "TFLM + CMSIS-NN, as shipped": Figures(30_023_701, 52_764, 54_996, 900),
    "TFLM + CMSIS-NN, -Os": Figures(41_085_831, 43_900, 54_996, 884),
    "TFLM + CMSIS-NN, -O3": Figures(29_935_310, 61_788, 54_996, 868),
}
MUST = Figures(22_400_000, 30_000, 51_200, 1_024)
AIM = Figures(18_000_000, 22_000, 40_000, 600)


@dataclass(frozen=True)
class PeerLayer:
    """What TFLM + CMSIS-NN, -O3, takes for one op or several."""

    what: str
    ops: tuple[int, ...]
    """Their positions in the graph."""
    instructions: int


PEER_LAYERS = (
    PeerLayer("CONV_2D 3x3, 3 to 16", (0,), 2_152_000),
    PeerLayer("CONV_2D 3x3, 16 to 16", (1,), 5_505_000),
    PeerLayer("CONV_2D 3x3, 16 to 16", (2,), 5_505_000),
    PeerLayer("ADD", (3,), 1_337_000),
    PeerLayer("CONV_2D 3x3, 16 to 32, stride 2", (4,), 2_524_000),
    PeerLayer("CONV_2D 3x3, 32 to 32", (5,), 4_547_000),
    PeerLayer("CONV_2D 1x1, 16 to 32, stride 2", (6,), 557_000),
    PeerLayer("CONV_2D 3x3, 32 to 64, stride 2", (8,), 2_190_000),
    PeerLayer("CONV_2D 3x3, 64 to 64", (9,), 4_157_000),
    PeerLayer("CONV_2D 1x1, 32 to 64, stride 2", (10,), 416_000),
    PeerLayer("ADD, the second and third", (7, 11), 1_010_000),
    PeerLayer("pool, reshape, FC, softmax", (12, 13, 14, 15), 35_000),
)


def main() -> None:
    """Prints both tables."""
    session = Session(Options(target="qemu", model=places.IC01))
    if session.model.macs != MODEL_MACS:
        raise SystemExit(f"{session.model.name} is not ic01, which the peers were measured with")
    with session.device(places.LOGS / "engine.log") as device:
        ours = measure(session, device)
        layers = measure_layers(session, device)
    misses = print_whole(ours) + print_layers(layers)
    for miss in misses:
        print(miss)
    sys.exit(1 if misses else 0)


def measure(session: Session, device: Device) -> Figures:
    """Runs every image of the default dataset."""
    records = list(session.evaluation(device).records(range(len(session.dataset))))
    if not all(record.exact for record in records):
        raise SystemExit("an output differs from the host's: a wrong answer has no speed")
    print(f"{session.model.name} on {session.platform.name}: {len(records)} images, all exact\n")
    return Figures(
        round(summarise(records).ticks),
        session.firmware.sizes.flash,
        device.info.arena_used,
        device.memory().stack_inference,
    )


def measure_layers(session: Session, device: Device) -> list[LayerResult]:
    """Runs the first image, op by op."""
    image = session.model.input_of(session.dataset.image(0))
    results = list(LayerComparison(device, session.model, "litert").results(image))
    if wrong := [result for result in results if result.difference]:
        raise SystemExit(f"{wrong[0]}: a wrong answer has no speed")
    return results


def print_whole(ours: Figures) -> list[str]:
    """The figures of an inference, each beside the peers'; which of them miss what they must be."""
    print(f"{'':<36}{'instructions':>13}{'a MAC':>8}{'flash':>9}{'arena':>9}{'stack':>8}")
    for name, row in {**PEERS, "must": MUST, "aim": AIM, "this engine": ours}.items():
        print(
            f"{name:<36}{row.instructions:>13,}{row.instructions / MODEL_MACS:>8.3f}"
            f"{row.flash:>9,}{row.arena:>9,}{row.stack:>8,}"
        )
    fastest = min(peer.instructions for peer in PEERS.values())
    print(f"instructions, of the fastest peer's: {ours.instructions / fastest:.3f}\n")
    return [
        f"{name} is {vars(ours)[name]:,}; it must be at most {most:,}"
        for name, most in vars(MUST).items()
        if vars(ours)[name] > most
    ]


def print_layers(results: list[LayerResult]) -> list[str]:
    """Each layer beside the peer's; which of them are slower."""
    header = ("layer", "peer", "ours", "peer a MAC", "ours a MAC", "of peer's")
    print("{:<42}{:>11}{:>11}{:>12}{:>12}{:>11}".format(*header))
    slower = []
    for peer in PEER_LAYERS:
        ticks = sum(results[i].ticks for i in peer.ops)
        macs = sum(results[i].node.macs for i in peer.ops) if len(peer.ops) == 1 else 0
        name = f"{', '.join(map(str, peer.ops))}: {peer.what}"
        per_mac = [f"{count / macs:.2f}" if macs else "" for count in (peer.instructions, ticks)]
        print(
            f"{name:<42}{peer.instructions:>11,}{ticks:>11,}{per_mac[0]:>12}{per_mac[1]:>12}"
            f"{ticks / peer.instructions:>11.3f}"
        )
        if ticks > peer.instructions:
            slower.append(f"{name} is slower than the peer's")
    return slower


if __name__ == "__main__":
    main()
