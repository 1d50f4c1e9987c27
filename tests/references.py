"""How far the ways to run a model on the host differ: the table of docs/engine.md, measured.

`python -m tests.references` takes 1,000 random inputs of each model, prints the table as it has to
be, and fails if the page has another one.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tinyml_hil.errors import SetupError
from tinyml_hil.model import KERNELS, REFERENCES, Model, OpByOp, load_kernels, load_model

PAGE = places.ROOT / "docs" / "engine.md"
MODELS = {
    path.stem: path
    for path in (
        places.IC01,
        places.MODELS / "cifar10.tflite",
        places.MODELS / "cifar10_int8.tflite",
    )
}
TRUTH = "litert"
"""What all others are compared with."""
OTHERS = tuple(name for name in KERNELS if name != TRUTH)
INPUTS = 1000
"""Inputs that the page's numbers are of."""
STEP = 1
"""By how much an op alone differs at most, as the page says."""
_NAMED = 5
"""Inputs that are named."""
_ROW = re.compile(r"\| (\w+) \| `([\w-]+)` \| (\d+) \| (\d+) \| ([\d, .]+|none) \| (.+) \|")
_OP = re.compile(r"(\d+) \((\d+)\)")


@dataclass(frozen=True)
class Row:
    """How one model's answers by some kernels differ from those by LiteRT's reference kernels."""

    model: str
    kernels: str
    count: int
    """Of inputs on which the model's output differs."""
    largest: int
    """Difference of an output."""
    first: tuple[int, ...]
    """Positions of the first inputs on which the output differs."""
    ops: dict[str, dict[int, int]]
    """Ops that differ alone, given what LiteRT gives: by name and number, on how many inputs."""

    def __str__(self) -> str:
        first = ", ".join(map(str, self.first)) or "none"
        more = ", ..." if self.count > len(self.first) else ""
        ops = "; ".join(
            f"{op} {', '.join(f'{number} ({count})' for number, count in of_kind.items())}"
            for op, of_kind in self.ops.items()
        )
        return (
            f"| {self.model} | `{self.kernels}` | {self.count} | {self.largest} | {first}{more} "
            f"| {ops or 'none'} |"
        )


def rows_of(page: str) -> list[Row]:
    """The rows of the page's table."""
    return [
        Row(
            *(match[1], match[2], int(match[3]), int(match[4])),
            first=tuple(map(int, re.findall(r"\d+", match[5]))),
            ops={
                of_kind.partition(" ")[0]: {int(n): int(count) for n, count in _OP.findall(of_kind)}
                for of_kind in match[6].split("; ")
                if of_kind != "none"
            },
        )
        for match in map(_ROW.fullmatch, page.splitlines())
        if match
    ]


def inputs_of(model: Model) -> NDArray[Any]:
    """Random bytes, the same in every run."""
    limits = np.iinfo(model.input.dtype)
    rng = np.random.default_rng(1)
    shape = (INPUTS, *model.input.shape)
    return rng.integers(limits.min, limits.max + 1, shape, model.input.dtype)


def is_measurable(kernels: str) -> bool:
    """Whether they compute here as on the page: LiteRT's default ones differ by processor."""
    return kernels in REFERENCES or platform.machine() == "x86_64"


def measure(name: str, kernels: str, count: int) -> Row:
    """What the first so many inputs of a model come to.

    Raises:
        SetupError: the package of these kernels is not installed.
    """
    model = load_model(MODELS[name])
    truth, other = load_kernels(TRUTH, model, keeps_layers=True), load_kernels(kernels, model)
    alone = OpByOp(kernels, model)
    differing: list[int] = []
    largest, ops = 0, Counter[int]()
    for index, tensor in enumerate(inputs_of(model)[:count]):
        distance = _distance(other.predict(tensor), truth.predict(tensor))
        largest = max(largest, distance)
        differing += [index] if distance else []
        for node in model.graph.nodes:
            given = {i: truth.kept(i) for i in alone.reads(node.index)}
            steps = [
                _distance(output, truth.kept(i))
                for i, output in alone.run(node.index, given).items()
            ]
            assert max(steps) <= STEP, f"input {index}, op {node.index}: differs by {max(steps)}"
            ops[node.index] += any(steps)
    named: dict[str, dict[int, int]] = {}
    for number in sorted(+ops):
        named.setdefault(model.ops[number], {})[number] = ops[number]
    return Row(name, kernels, len(differing), largest, tuple(differing[:_NAMED]), named)


def _distance(one: NDArray[Any], other: NDArray[Any]) -> int:
    return int(np.abs(one.astype(np.int64).ravel() - other.astype(np.int64).ravel()).max())


def problems(said: Row, found: Row, count: int) -> Iterator[str]:
    """Where what was found on the first so many inputs cannot be what is said of all of them."""
    left = INPUTS - count
    told, seen = _counts(said), _counts(found)
    for what in told | seen:
        if not seen[what] <= told[what] <= seen[what] + left:
            yield (
                f"{what} differs on {seen[what]} of the first {count} inputs, "
                f"the page says {told[what]}"
            )
    within = tuple(i for i in said.first if i < count)
    if found.first[: len(said.first)] != within:
        yield f"inputs {found.first} differ first, the page says {within}"
    if found.largest > said.largest or (not left and found.largest < said.largest):
        yield f"outputs differ by {found.largest} at most, the page says {said.largest}"


def _counts(row: Row) -> Counter[str]:
    ops = {f"{op} {n}": count for op, kind in row.ops.items() for n, count in kind.items()}
    return Counter({"the output": row.count} | ops)


def main() -> int:
    """Measure all, print the table, and say what of the page's is not so; the exit code."""
    parser = argparse.ArgumentParser(description="measure how far references differ")
    parser.add_argument("--inputs", type=int, default=INPUTS, help="how many, of each model")
    count = parser.parse_args().inputs
    said = {(row.model, row.kernels): row for row in rows_of(PAGE.read_text())}
    wrong = []
    for model in MODELS:
        for kernels in filter(is_measurable, OTHERS):
            try:
                found = measure(model, kernels, count)
            except SetupError as error:
                print(f"NOT MEASURED: {model}, {kernels}: {error}", flush=True)
                continue
            print(found, flush=True)
            row = said.get((model, kernels))
            told = problems(row, found, count) if row else ["the page has no such row"]
            wrong += [f"{model}, {kernels}: {problem}" for problem in told]
    print("\n".join(wrong) or f"{PAGE.name} has what was measured")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
