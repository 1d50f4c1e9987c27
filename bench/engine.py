"""The engine beside TensorFlow Lite for Microcontrollers: instructions, flash, arena and stack.

Builds the firmware for three models of MLPerf Tiny as it is shipped, runs every input of their
datasets on QEMU, and refuses to print a figure unless every output, and on the first input that of
every op, equals the host's. Two tables a model: the whole, and layer by layer, each by itself. Ends
with 1 if a figure misses what it must be, or a layer takes more instructions than the peer's.

    python -m bench.engine

ic01 is the benchmark's own; kws01 and vww01 are made by tiny_models.py, of the same layers.

How each figure is measured:

- instructions: one inference, mean of all inputs, by the device's clock under `-icount shift=0`,
  where one instruction takes one nanosecond; exact to one instruction. Of a layer: on the first
  input, by the command `layers`.
- flash: the whole firmware's, console and self-test with it, without model and test inputs.
- arena: what the device reports, scratch memory and per-op data with it.
- stack: the most that an inference takes below its caller, by what it leaves of paint on the stack.

The peer is TFLM with CMSIS-NN in the same firmware, by the same clock: the checkout that
TINYML_HIL_TFLM names, built here, or else the figures on record in peers.py.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from bench import tiny_models
from bench.peers import ON_RECORD, Peer
from fixtures import places
from tinyml_hil.device import Device, LayerComparison, LayerResult
from tinyml_hil.record import summarise
from tinyml_hil.session import Options, Session


@dataclass(frozen=True)
class Must:
    """The most that a model may take; bytes, but for the share of the peer's instructions."""

    share: float
    flash: int
    arena: int
    stack: int


MUST = {
    "ic01": Must(0.60, 30_000, 38_497, 1_024),
    "kws01": Must(0.60, 33_000, 15_974, 1_024),
    "vww01": Must(0.60, 33_000, 70_495, 1_024),
}
"""The arenas are 0.7 of the peer's."""


@dataclass(frozen=True)
class Figures:
    """What this engine takes; bytes, but for the instructions."""

    instructions: int
    flash: int
    arena: int
    stack: int
    layers: list[LayerResult]


def main() -> None:
    """Prints the tables of all models."""
    misses = [miss for name in MUST for miss in compare(name, options_for(name))]
    for miss in misses:
        print(miss)
    sys.exit(1 if misses else 0)


def options_for(name: str) -> Options:
    """Where a model and its inputs lie, made where nobody ships them."""
    if name == "ic01":
        return Options(target="qemu", model=places.IC01)
    model, dataset = tiny_models.write(name, places.BUILD / "bench")
    return Options(target="qemu", model=model, dataset=dataset)


def compare(name: str, options: Options) -> list[str]:
    """Prints both tables of one model; what misses what it must be."""
    ours, peer = measure(Session(options)), peer_of(name, options)
    return print_whole(name, ours, peer) + print_layers(name, ours, peer)


def measure(session: Session) -> Figures:
    """Runs every input, and the first one op by op."""
    with session.device(places.LOGS / "engine.log") as device:
        records = list(session.evaluation(device).records(range(len(session.dataset))))
        if not all(record.exact for record in records):
            raise SystemExit("an output differs from the host's: a wrong answer has no speed")
        print(
            f"{session.model.name} on {session.platform.name}: {len(records)} inputs, all exact\n"
        )
        return Figures(
            round(summarise(records).ticks),
            session.firmware.sizes.flash,
            device.info.arena_used,
            device.memory().stack_inference,
            measure_layers(session, device),
        )


def measure_layers(session: Session, device: Device) -> list[LayerResult]:
    """Runs the first input, op by op."""
    tensor = session.model.input_of(session.dataset.image(0))
    results = list(LayerComparison(device, session.model, "litert").results(tensor))
    if wrong := [result for result in results if result.difference]:
        raise SystemExit(f"{wrong[0]}: a wrong answer has no speed")
    return results


def peer_of(name: str, options: Options) -> Peer:
    """What the user's own TFLM takes for the first input, or what it took here."""
    checkout = os.environ.get("TINYML_HIL_TFLM")
    if not checkout:
        return ON_RECORD[name]
    session = Session(replace(options, engine="tflm", tflm=Path(checkout)))
    with session.device(places.LOGS / "engine-peer.log") as device:
        tensor = session.model.input_of(session.dataset.image(0))
        ticks = device.classify(tensor).ticks
        device.load(tensor.tobytes())
        layers = tuple((layer.op, layer.ticks) for layer in device.layers())
        memory = device.memory()
    flash = session.firmware.sizes.flash
    return Peer(ticks, flash, memory.arena_used, memory.stack_inference, layers)


def print_whole(name: str, ours: Figures, peer: Peer) -> list[str]:
    """The figures of an inference beside the peer's; which of them miss what they must be."""
    must = MUST[name]
    most = {
        "instructions": int(must.share * peer.instructions),
        **{what: getattr(must, what) for what in ("flash", "arena", "stack")},
    }
    print(f"{'':<14}{'peer':>12}{'ours':>12}{'of peer':>9}{'must':>12}")
    misses = []
    for what, limit in most.items():
        its, mine = getattr(peer, what), getattr(ours, what)
        print(f"{what:<14}{its:>12,}{mine:>12,}{mine / its:>9.3f}{limit:>12,}")
        if mine > limit:
            misses.append(f"{name}: {what} is {mine:,}; it must be at most {limit:,}")
    print()
    return misses


def print_layers(name: str, ours: Figures, peer: Peer) -> list[str]:
    """Each layer beside the peer's; which of them are slower."""
    header = ("layer", "peer", "ours", "peer a MAC", "ours a MAC", "of peer")
    print("{:<24}{:>11}{:>11}{:>12}{:>12}{:>9}".format(*header))
    slower = []
    for result, (op, its) in zip(ours.layers, peer.layers, strict=True):
        macs = result.node.macs
        per_mac = [f"{count / macs:.2f}" if macs else "" for count in (its, result.ticks)]
        layer = f"{result.node.index}: {op}"
        print(
            f"{layer:<24}{its:>11,}{result.ticks:>11,}{per_mac[0]:>12}{per_mac[1]:>12}"
            f"{result.ticks / its:>9.3f}"
        )
        if result.ticks > its:
            slower.append(f"{name}: layer {layer} is slower than the peer's")
    print()
    return slower


if __name__ == "__main__":
    main()
