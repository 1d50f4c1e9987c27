"""Gates on real runs: what is made worse on purpose turns its own budget red, and no other.

Firmware is built from a copy of its sources, unchanged for the baseline and then changed a little,
and runs on QEMU; the limits are those of budgets.toml.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from fixtures import places
from tinyml_hil import paths
from tinyml_hil.build import COMPILER
from tinyml_hil.dataset import load_dataset
from tinyml_hil.errors import SetupError
from tinyml_hil.gate import baseline_of, save_baseline
from tinyml_hil.model import Model, load_model, load_reference
from tinyml_hil.project import Project
from tinyml_hil.record import RunRecord
from tinyml_hil.run import OngoingRun, device_facts
from tinyml_hil.session import Options, Session
from tinyml_hil.target import TargetOptions
from tinyml_hil.target.qemu import QemuTarget

pytestmark = pytest.mark.nightly

MODEL = places.MODELS / "cifar10_int8.tflite"
SHIFTS = range(0, 10, 2)
"""Columns by which each of the twenty images is moved, so that one in a hundred is a point."""
BIAS = 2
"""Which input of FULLY_CONNECTED it is."""
LARGEST_DAMAGE = 1 << 14

PLACES = {"cache": "build", "reports": "reports", "history": "history.sqlite"}

Images = list[NDArray[np.uint8]]


class Bench:
    """A copy of the firmware's sources, and runs of what they build."""

    def __init__(self, folder: Path) -> None:
        """``folder`` gets everything: sources, builds, images, runs, history."""
        self.project = Project(folder, PLACES)
        self._history = self.project.history
        shutil.copy(places.ROOT / "budgets.toml", folder)
        self.images, labels = _images_as_the_model_sees_them(load_model(MODEL))
        np.savez(folder / "images.npz", images=np.stack(self.images), labels=np.array(labels))
        self.labels = labels
        self.model = Path(shutil.copy(MODEL, folder))
        self._options = Options(target="qemu", model=self.model, dataset=folder / "images.npz")
        shutil.copytree(paths.FIRMWARE, folder / "firmware")

    def run(self) -> RunRecord:
        """Builds the sources as they are, runs all images, and checks every budget."""
        session = Session(self._options, self.project)
        run = OngoingRun.begin(session, ["pytest"])
        with session.device(run.transcripts / "session.log") as device:
            run.add(session.evaluation(device).records(range(len(self.images))))
            run.observe(device_facts(device, session))
        session.close()
        failures = [outcome.message() for outcome in run.check_budgets(self._history)]
        run.finish("failed" if failures else "passed", failures, self._history)
        return run.record

    @contextmanager
    def changed(self, name: str, old: str, new: str) -> Iterator[None]:
        """Replaces what is in a source once, for as long as the block lasts."""
        path = paths.FIRMWARE / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        try:
            yield
        finally:
            path.write_text(text)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Sources that nobody has changed yet."""
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    try:
        QemuTarget.check(TargetOptions())
    except SetupError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("gates")
    with pytest.MonkeyPatch.context() as patch:
        one = Bench(folder)
        patch.setattr(paths, "FIRMWARE", folder / "firmware")
        patch.delenv("TINYML_HIL_REPORTS", raising=False)
        yield one


@pytest.fixture(scope="module")
def baseline(bench: Bench) -> RunRecord:
    """The run of the unchanged sources, recorded as the baseline."""
    record = bench.run()
    save_baseline(baseline_of(record, bench.project), bench.project.baselines)
    return record


def _images_as_the_model_sees_them(model: Model) -> tuple[Images, list[int]]:
    """A hundred images, and the model's own answers as their labels: it reaches 100 %."""
    dataset = load_dataset(places.DEFAULT_DATASET, None)
    originals = [dataset.image(index) for index in range(len(dataset))]
    images = [np.roll(image, shift, axis=1) for shift in SHIFTS for image in originals]
    return images, _answers(model, images)


def _answers(model: Model, images: Images) -> list[int]:
    reference = load_reference("litert", model)
    return [int(reference.predict(model.input_of(image)).argmax()) for image in images]


def _broken(record: RunRecord) -> set[str]:
    return {budget["name"] for budget in record.budgets if not budget["ok"]}


def _facts(record: RunRecord) -> dict[str, Any]:
    """All that was measured."""
    names = ("numbers", "memory", "boot_ticks", "layers", "firmware", "unit")
    return {name: getattr(record, name) for name in names}


def test_unchanged_sources_give_identical_numbers_and_keep_every_budget(
    bench: Bench, baseline: RunRecord
) -> None:
    again = bench.run()
    assert _facts(again) == _facts(baseline)
    assert _broken(again) == set()
    assert {budget["name"] for budget in again.budgets} == {
        *("accuracy", "exact", "instructions", "flash", "ram", "arena", "stack", "boot")
    }


def test_convolution_a_tenth_of_an_inference_slower_breaks_instructions_and_boot(
    bench: Bench, baseline: RunRecord
) -> None:
    # Boot, too: the self-test in it runs ten images.
    convolutions = sum(layer["op"] == "CONV_2D" for layer in baseline.layers)
    rounds = round(baseline.numbers["ticks_mean"] / 10 / convolutions / 2)  # of two instructions
    start = "static void invoke(const nn_node *node) {\n"
    loop = '__asm volatile("1: subs %0, %0, #1\\n bne 1b" : "+r"(rounds) : : "cc");\n'
    slower = f"#ifdef __arm__\nunsigned rounds = {rounds};\n{loop}#endif\n"
    with bench.changed("nn/ops/conv_2d.c", start, start + slower):
        slow = bench.run()
    assert slow.numbers["ticks_mean"] == pytest.approx(1.1 * baseline.numbers["ticks_mean"], 1e-3)
    assert _broken(slow) == {"instructions", "boot"}
    assert slow.failures[0].startswith("instructions: ")
    assert f"since {slow.id}" in slow.failures[0]


def test_model_one_point_less_accurate_breaks_accuracy_alone(
    bench: Bench, baseline: RunRecord
) -> None:
    try:
        _write_model_one_point_worse(bench)
        worse = bench.run()
    finally:
        shutil.copy(MODEL, bench.model)
    assert baseline.numbers["accuracy_device"] == 1
    assert worse.numbers["accuracy_device"] == 0.99
    assert _broken(worse) == {"accuracy"}
    assert worse.failures[0].startswith("accuracy: 99.00 %, the budget is at least 99.50 %")


def _write_model_one_point_worse(bench: Bench) -> None:
    """Adds just so much to the last bias of class 0 in the model that one image is lost."""
    good = load_model(MODEL)
    (place,) = _places_of(good, _last_bias(good))
    few, many = 0, LARGEST_DAMAGE
    while many - few > 1:  # the more is added, the more images are taken for class 0
        amount = (few + many) // 2
        if _lost(good, bench, place, amount):
            many = amount
        else:
            few = amount
    assert _lost(good, bench, place, many) == 1


def _lost(good: Model, bench: Bench, place: int, amount: int) -> int:
    """Writes the damaged model; how many images it gets wrong on the host."""
    content = bytearray(good.content)
    bias = int.from_bytes(content[place : place + 4], "little", signed=True)
    content[place : place + 4] = (bias + amount).to_bytes(4, "little", signed=True)
    bench.model.write_bytes(content)
    answers = _answers(load_model(bench.model), bench.images)
    return sum(answer != label for answer, label in zip(answers, bench.labels, strict=True))


def _last_bias(model: Model) -> bytes:
    """What the bias of the last FULLY_CONNECTED is in the file: int32, one a class."""
    node = [node for node in model.graph.nodes if node.op == "FULLY_CONNECTED"][-1]
    graph = schema.ModelT.InitFromPackedBuf(model.content, 0)
    return bytes(graph.buffers[graph.subgraphs[0].tensors[node.inputs[BIAS]].buffer].data)


def _places_of(model: Model, part: bytes) -> list[int]:
    starts = range(0, len(model.content) - len(part) + 1, 4)
    return [start for start in starts if model.content[start : start + len(part)] == part]


def test_two_kilobytes_more_flash_break_flash_alone(bench: Bench, baseline: RunRecord) -> None:
    start = "int main(void) {\n"
    ballast = "static const uint8_t ballast[2048] = {1};\n"
    use = "    (void)*(const volatile uint8_t *)ballast;\n"
    with bench.changed("app/main.c", start, ballast + start + use):
        large = bench.run()
    more = large.firmware["sizes"]["flash"] - baseline.firmware["sizes"]["flash"]
    assert 2048 <= more < 2048 + 32
    assert _broken(large) == {"flash"}
    assert large.failures[0].startswith(f"flash: {large.firmware['sizes']['flash']:,} bytes")


def test_64_bytes_more_stack_break_stack_alone(bench: Bench, baseline: RunRecord) -> None:
    start = "int main(void) {\n"
    ballast = "    volatile uint8_t ballast[64];\n    ballast[0] = 1;\n    (void)ballast[0];\n"
    with bench.changed("app/main.c", start, start + ballast):
        deep = bench.run()
    assert deep.memory["stack_used"] - baseline.memory["stack_used"] == 64
    assert _broken(deep) == {"stack"}
    assert deep.failures[0].startswith(f"stack: {deep.memory['stack_used']:,} bytes")
