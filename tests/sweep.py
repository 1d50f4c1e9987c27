"""Random models of one op, or of a few, on the engine and on LiteRT's reference kernels, or TFLM's.

`make sweep` runs thousands of them on the engine built for the host, under sanitizers, and some on
a simulated Cortex-M7. Every model follows from its seed alone, so that any can be looked at again:
`python -m tests.sweep --seed 1234 --models 1`.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from tests.unit.engine import cases
from tests.unit.engine.conftest import BUILD, PROGRAMS, build
from tests.unit.engine.every_case import CLOSE, EXACT
from tests.unit.engine.graph import Array, Graph, random_data, reference_of, with_inferred_shapes
from tests.unit.engine.runner import Engine
from tests.unit.engine.test_setup import residual_network
from tinyml_hil.device import Device
from tinyml_hil.session import Options, Session

FLOAT_TOLERANCE = 1e-5
"""Of the largest number of an output."""
SHARE_OF_NETWORKS = 0.2
PROGRESS_EVERY = 250

DEVICE_TYPES = ("int8", "uint8", "int16", "float32")
"""Of a classifier's input and output."""

Runner = Callable[["Sample"], list[bytes]]
"""Gives a sample's outputs."""


@dataclass(frozen=True)
class Sample:
    """One random model with inputs for it."""

    seed: int
    name: str
    graph: Graph
    inputs: list[Array]

    @property
    def model(self) -> bytes:
        """The .tflite file."""
        return self.graph.build()


def sample_of(seed: int) -> Sample:
    """Make the model of a seed."""
    rng = np.random.default_rng(seed)
    case = cases.one_of(rng, [*EXACT, *CLOSE])
    return sample_by(residual_network if rng.random() < SHARE_OF_NETWORKS else case, rng, seed)


def sample_by(case: cases.Case, rng: cases.Rng, seed: int) -> Sample:
    """Make a model of a case."""
    graph = with_inferred_shapes(case(rng))
    inputs = [random_data(rng, graph.tensors[i]) for i in graph.inputs]
    return Sample(seed, case.__name__, graph, inputs)


def with_one_input(sample: Sample) -> Sample:
    """Turn all inputs but the first into constants, and drop all outputs but the first."""
    graph = replace(sample.graph, tensors=list(sample.graph.tensors))
    for index, data in zip(graph.inputs[1:], sample.inputs[1:], strict=True):
        graph.tensors[index] = replace(graph.tensors[index], data=data)
    graph.inputs, graph.outputs = graph.inputs[:1], graph.outputs[:1]
    return replace(sample, graph=graph, inputs=sample.inputs[:1])


def for_devices(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Give those that a device's console can feed, as it takes them."""
    for sample in map(with_one_input, samples):
        ends = (sample.graph.inputs[0], sample.graph.outputs[0])
        if all(sample.graph.tensors[i].dtype in DEVICE_TYPES for i in ends):
            yield sample


def difference(sample: Sample, outputs: list[bytes], expected: list[bytes]) -> str | None:
    """Say where outputs differ from those that LiteRT expects; None if they do not."""
    for i, (output, wanted) in enumerate(zip(outputs, expected, strict=True)):
        if output == wanted:
            continue
        if sample.graph.tensors[sample.graph.outputs[i]].dtype != "float32":
            return f"output {i} has other bits"
        numbers, reals = (np.frombuffer(raw, np.float32) for raw in (output, wanted))
        limit = FLOAT_TOLERANCE * np.max(np.abs(reals))
        if not np.all(np.abs(numbers - reals) <= limit):
            return f"output {i} is {np.max(np.abs(numbers - reals)):g} off"
    return None


def on_host(engine: Engine) -> Runner:
    """Run samples on the engine built for the host."""
    return lambda sample: (
        engine.run(sample.model, [data.tobytes() for data in sample.inputs]).runs[0].outputs
    )


def on_device(device: Device, folder: Path) -> Runner:
    """Run samples on a device whose firmware has every op."""

    def run(sample: Sample) -> list[bytes]:
        path = folder / "sample.tflite"
        path.write_bytes(sample.model)
        device.load_model(path)
        return [device.classify(sample.inputs[0]).output.tobytes()]

    return run


def problems(sample: Sample, runners: dict[str, Runner]) -> Iterator[str]:
    """Run a sample everywhere; say what is wrong."""
    expected = reference_of(sample.graph).run(sample.inputs)
    for where, run in runners.items():
        try:
            problem = difference(sample, run(sample), expected)
        except Exception as error:  # one that does not run differs, too
            problem = f"{type(error).__name__}: {error}"
        if problem:
            yield f"{where}: seed {sample.seed}, {sample.name}: {problem}"


def report(samples: Iterable[Sample], runners: dict[str, Runner]) -> int:
    """Run samples, and print what came of them; return how many problems there are."""
    where = " and ".join(runners)
    names: Counter[str] = Counter()
    wrong = 0
    for sample in samples:
        names[sample.name] += 1
        for problem in problems(sample, runners):
            wrong += 1
            print(problem, flush=True)
        if names.total() % PROGRESS_EVERY == 0:
            print(f"{where}: {names.total()} models, {wrong} differ", flush=True)
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(names.items()))
    print(f"{where}: {names.total()} models, {wrong} differ\n    {kinds}", flush=True)
    return wrong


def main() -> int:
    """Sweep as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description="compare random models with LiteRT")
    parser.add_argument("--models", type=int, default=5000, help="how many on the host")
    parser.add_argument("--device-models", type=int, default=0, help="how many on QEMU, too")
    parser.add_argument("--seed", type=int, default=0, help="of the first model")
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + arguments.models)
    build(BUILD, "NN_OPS=all")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        engines = {
            f"host, {kernels}": stack.enter_context(
                closing(Engine(BUILD / program, folder / "log"))
            )
            for kernels, program in PROGRAMS.items()
        }
        wrong = report(map(sample_of, seeds), {k: on_host(e) for k, e in engines.items()})
        if arguments.device_models:
            session = Session(Options(target="qemu", ops="all"))
            device = stack.enter_context(session.device(folder / "uart.log"))
            samples = islice(for_devices(map(sample_of, seeds)), arguments.device_models)
            wrong += report(samples, {"QEMU": on_device(device, folder)})
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
