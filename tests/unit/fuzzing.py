"""The fuzzers of ``firmware/test/fuzz``: builds them, gives them seeds, and runs them.

``python -m tests.unit.fuzzing SECONDS`` is what ``make fuzz`` runs: so long each, from where the
last run came to. What made one stop is kept, and named.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from filelock import FileLock

from fixtures import places
from tinyml_hil import paths
from tinyml_hil.build import selftest_of
from tinyml_hil.build.make import run_make
from tinyml_hil.dataset import ArrayDataset
from tinyml_hil.model import load_model
from tinyml_hil.model.reference import LiteRt

from .engine import cases
from .engine.cases import BUILTIN
from .engine.conftest import build_host
from .engine.graph import Graph, Tensor
from .engine.test_corruption import corrupt_bytes, small_models
from .engine.test_setup import residual_network

BUILD = places.BUILD / "fuzz"
INPUTS = Path(__file__).with_name("fuzz_inputs")
"""What once broke the code, a folder for each fuzzer."""
NAMES = ("flatbuffer", "model", "console")
LONGEST_INPUT = {"flatbuffer": 1 << 17, "model": 1 << 17, "console": 4096}
CORRUPTED = 10_000
"""Models with one byte corrupted."""
TIMEOUT_S = 30
"""For one input: what takes longer hangs."""


def real_models() -> list[bytes]:
    """Return the models that the set-up fetched."""
    return [
        path.read_bytes() for path in sorted((places.BUILD / "data" / "models").glob("*.tflite"))
    ]


def classifier() -> bytes:
    """Return a classifier of images of 4 x 4 pixels, for the console."""
    rng = np.random.default_rng(0)
    graph = Graph()
    image = graph.input(Tensor((1, 4, 4, 3), "int8", 1.0, -128))
    weights = graph.add(Tensor((3, 4, 4, 3), "int8", 0.01, data=rng.integers(-127, 128, 144)))
    bias = graph.add(Tensor((3,), "int32", 0.01, data=np.zeros(3)))
    convolution = schema.Conv2DOptionsT()
    convolution.strideH = convolution.strideW = 1
    convolution.padding = schema.Padding.VALID
    sums = Tensor((1, 1, 1, 3), "int8", 1.0)
    conv = graph.op(BUILTIN.CONV_2D, [image, weights, bias], sums, convolution)
    reshape = schema.ReshapeOptionsT()
    reshape.newShape = [1, 3]
    flat = graph.op(BUILTIN.RESHAPE, [conv], Tensor((1, 3), "int8", 1.0), reshape)
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 0.05
    output = Tensor((1, 3), "int8", 1 / 256, -128)
    return cases.finish(graph, graph.op(BUILTIN.SOFTMAX, [flat], output, softmax)).build()


def transcripts() -> list[bytes]:
    """Return what a host sends in the examples of docs/protocol.md, and each command alone."""
    protocol = (places.ROOT / "docs" / "protocol.md").read_text()
    examples = re.findall(r"^> (.*%)$", protocol, re.MULTILINE)
    commands = re.findall(r"^\| `([^`]*%)`", protocol, re.MULTILINE)
    image = bytes(range(48))
    sessions = [
        b"db bin 48 0%" + image + b"infer%output%results%",
        b"db load 48%db "
        + image[:24].hex().encode()
        + b"%db "
        + image[24:].hex().encode()
        + b"%infer 2 1%",
        b"batch 0x60000000 3%",
        b"batch 0x60000fd0 1%output%",
        f"model load {len(classifier())} 0 0x60000000%info%batch 0x60000000 2%".encode(),
    ]
    for model in small_models():
        load = f"model load {len(model)} 0%".encode()
        sessions.append(load + model + b"info%batch 0x60000000 1%layers%tensor 0%memory%")
    return [*sessions, *(text.encode() for text in [*examples, *commands])]


def build() -> None:
    """Build the fuzzers, and write their seeds; two workers take turns."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILD / "lock"):
        _configure(BUILD)
        links = {"firmware": paths.FIRMWARE}
        done = run_make(BUILD, "firmware/test/fuzz/Makefile", [], links)
        if done.returncode:
            raise RuntimeError(f"the fuzzers do not build:\n{done.stdout}")
        network = residual_network(np.random.default_rng(0)).build()
        models = [*real_models(), *small_models(), network]
        seeds = {"flatbuffer": models, "model": models, "console": transcripts()}
        for name, contents in seeds.items():
            folder = BUILD / "seeds" / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for i, content in enumerate(contents):
                (folder / f"{i:03}").write_bytes(content)


def _configure(folder: Path) -> None:
    """Write what the console is linked with, and only what changed."""
    _update(folder / "model.tflite", classifier())
    model = load_model(folder / "model.tflite")
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype(np.uint8)
    dataset = ArrayDataset("noise", ("cat", "dog", "ship"), images, np.array([0, 2]))
    selftest = selftest_of(model, dataset, lambda: LiteRt(model))
    _update(folder / "selftest.bin", selftest.content(len(dataset)))


def _update(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def command(name: str, artifacts: Path, *arguments: str | Path) -> list[str]:
    """Return the command that runs a fuzzer.

    Args:
        name: one of ``NAMES``.
        artifacts: the folder for inputs that break it.
        arguments: further flags of libFuzzer, and folders or files of inputs.
    """
    artifacts.mkdir(parents=True, exist_ok=True)
    flags = [f"-timeout={TIMEOUT_S}", f"-max_len={LONGEST_INPUT[name]}", "-rss_limit_mb=2048"]
    flags += [f"-artifact_prefix={artifacts}/{name}-"]
    if name == "console":
        flags.append(f"-dict={paths.FIRMWARE / 'test' / 'fuzz' / 'console.dict'}")
    return [str(BUILD / f"fuzz_{name}"), *flags, *map(str, arguments)]


def inputs(name: str) -> Iterator[Path]:
    """Yield the folders that a fuzzer starts from: seeds, and what once broke the code."""
    yield BUILD / "seeds" / name
    if (INPUTS / name).is_dir():
        yield INPUTS / name


def main() -> None:
    """Corrupt models, and fuzz with every fuzzer in turn; end with 1 if one found something."""
    seconds = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        refused, ran = corrupt_bytes(build_host() / "corrupt", Path(folder), CORRUPTED)
    print(f"--- models with one byte corrupted: {refused:,} refused, {ran:,} ran", flush=True)
    build()
    broken = []
    for name in NAMES:
        corpus = BUILD / "corpus" / name
        corpus.mkdir(parents=True, exist_ok=True)
        run = command(name, BUILD / "broken", f"-max_total_time={seconds}", corpus, *inputs(name))
        print(f"--- {name}, {seconds} s", flush=True)
        broken += [name] if subprocess.run(run, check=False).returncode else []
    if broken:
        sys.exit(f"{', '.join(broken)}: broken; the input is in {BUILD / 'broken'}")


if __name__ == "__main__":
    main()
