"""The suite can fail: firmware that is broken on purpose is caught, and the message says where."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from numpy.typing import NDArray

from fixtures import places
from tests.flipped import (
    copy_with_flipped_bit,
    flip_that_matters,
    model_with_flipped_bit,
    weights_of,
)
from tinyml_hil import paths
from tinyml_hil.build import Firmware
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import FAILED, Device, explain
from tinyml_hil.device.layers import Difference
from tinyml_hil.explanation import HYPOTHESES, Evidence, Explanation, examine
from tinyml_hil.model import HostLayers, Model, Node
from tinyml_hil.project import Project
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Session, differences, selftest_labels

IMAGES = 10
SELFTEST_HEADER = 24  # firmware/app/selftest.c: six 32-bit numbers, then the class names


@pytest.fixture(autouse=True)
def _only_on_a_simulator(hil: Session, device: Device) -> None:
    device.require("info", "selftest", "layers", "tensor")
    if hil.options.target == "board":
        pytest.skip("would program the board with broken firmware")


def _run(hil: Session, elf: Path, folder: Path) -> tuple[list[str], list[InputRecord]]:
    """Boots ``elf`` beside the running device: its boot lines, and records of the dataset."""
    broken = Session(replace(hil.options, firmware=elf, arena=None, images=IMAGES))
    with broken.device(folder / "uart.log") as device:
        evaluation = broken.evaluation(device)
        return device.boot_lines, list(evaluation.records(range(len(broken.dataset))))


def test_one_flipped_weight_bit_is_named_by_image_count_and_size(
    hil: Session, firmware: Firmware, dataset: Dataset, tmp_path: Path
) -> None:
    offset = flip_that_matters(hil, tmp_path, lambda changed: any(changed[:IMAGES]))
    if offset is None:
        pytest.skip("no flipped bit that was tried changes an answer on the host")
    elf = copy_with_flipped_bit(firmware.elf, tmp_path / "broken.elf", ".model", offset)
    lines, records = _run(hil, elf, tmp_path)
    message = differences(records, dataset, hil.task)
    assert FAILED in lines
    assert "output bytes differ from the host, by " in message
    assert message.startswith("image ")


def _flip_that_matters_at(
    node: Node, model: Model, tensor: NDArray[Any], folder: Path
) -> tuple[int, Difference]:
    """Where a bit of an op's weights changes its output, and how that differs, on the host."""
    right = HostLayers("litert", model).run(tensor)[node.index][0].astype(np.float64)
    for offset in weights_of(model, node):
        broken = model_with_flipped_bit(model, offset, folder)
        distance = np.abs(HostLayers("litert", broken).run(tensor)[node.index][0] - right)
        if distance.any():
            count = int((distance != 0).sum())
            return offset, Difference(count, distance.size, float(distance.max()))
    pytest.skip(f"no flipped bit that was tried changes the output of op {node.index}")


def test_one_flipped_weight_bit_is_named_by_its_layer(
    hil: Session, firmware: Firmware, model: Model, dataset: Dataset, tmp_path: Path
) -> None:
    weighted = [node for node in model.graph.nodes if node.macs]
    node = weighted[len(weighted) // 2]
    tensor = model.input_of(dataset.image(0))
    offset, difference = _flip_that_matters_at(node, model, tensor, tmp_path)
    elf = copy_with_flipped_bit(firmware.elf, tmp_path / "broken.elf", ".model", offset)
    broken = Session(replace(hil.options, firmware=elf, arena=None))
    with broken.device(tmp_path / "uart.log") as device:
        message = explain(device, model, "litert", tensor)
    shape = str(model.graph.tensors[node.outputs[0]])
    assert message == (
        f"the first layer that differs is op {node.index}, {node.op} ({shape}): {difference}"
    )


def test_one_flipped_label_is_named_by_image(
    hil: Session, firmware: Firmware, dataset: Dataset, tmp_path: Path
) -> None:
    names = sum(len(name) + 1 for name in dataset.classes)
    first_label = SELFTEST_HEADER + names + -names % 4
    broken = tmp_path / "broken.elf"
    elf = copy_with_flipped_bit(firmware.elf, broken, ".selftest", first_label, bit=0)
    lines, _ = _run(hil, elf, tmp_path)
    other = dataset.class_name(dataset.label(0) ^ 1)
    assert selftest_labels(lines, dataset) == (
        f"image 0: the firmware says label {other}, "
        f"the dataset {dataset.class_name(dataset.label(0))}"
    )


def test_one_changed_constant_in_a_kernel_is_caught(
    hil: Session,
    model: Model,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    softmax = [node.inputs[0] for node in model.graph.nodes if node.op == "SOFTMAX"]
    if all(model.graph.tensors[i].type == "float32" for i in softmax):
        pytest.skip("the constant is one of a quantized SOFTMAX, which this model has not")
    if hil.options.firmware:
        pytest.skip("needs a build, and --firmware builds none")
    if hil.dataset_path != places.DEFAULT_DATASET:
        pytest.skip("known to change an answer on the default images only")
    sources = tmp_path / "firmware"
    shutil.copytree(paths.FIRMWARE, sources)
    fixed_point = sources / "nn" / "fixed_point.c"
    right, wrong = "exp_minus_eighth = 1895147668", "exp_minus_eighth = 1795147668"
    text = fixed_point.read_text()
    assert text.count(right) == 1
    fixed_point.write_text(text.replace(right, wrong))
    monkeypatch.setattr(paths, "FIRMWARE", sources)
    elsewhere = Project(tmp_path, {"cache": "build"})
    broken = Session(replace(hil.options, dataset=hil.dataset_path), elsewhere).firmware
    lines, records = _run(hil, broken.elf, tmp_path)
    assert FAILED in lines
    assert "output bytes differ from the host, by " in differences(records, dataset, hil.task)


def test_output_of_an_older_build_is_not_accepted(
    hil: Session, device: Device, firmware: Firmware, tmp_path: Path
) -> None:
    with firmware.elf.open("rb") as file:
        note = ELFFile(file).get_section_by_name(".note.gnu.build-id")["sh_size"]
    older = tmp_path / "older.elf"
    elf = copy_with_flipped_bit(firmware.elf, older, ".note.gnu.build-id", note - 1, bit=0)
    device._running.firmware = Firmware(elf)
    try:
        with pytest.raises(Exception, match="was not programmed, or another firmware answers"):
            device.reset()
    finally:
        device._running.firmware = firmware
        device.reset()


class _OtherFlash(Session):
    """A session whose device runs another ELF than the one that it was given."""

    elf: Path

    @contextmanager
    def device(
        self, transcript: Path, on_boot_line: Callable[[str], None] = lambda line: None
    ) -> Iterator[Device]:
        flashed = Session(replace(self.options, firmware=self.elf), self.project)
        with flashed.device(transcript, on_boot_line) as device:
            yield device


def test_flipped_bit_that_only_the_device_has_is_explained_by_its_address(
    hil: Session, firmware: Firmware, tmp_path: Path
) -> None:
    offset = flip_that_matters(hil, tmp_path, lambda changed: any(changed[:IMAGES]))
    if offset is None:
        pytest.skip("no flipped bit that was tried changes an answer on the host")
    session = _OtherFlash(replace(hil.options, firmware=firmware.elf, arena=None, images=IMAGES))
    session.elf = copy_with_flipped_bit(firmware.elf, tmp_path / "broken.elf", ".model", offset)
    _, records = _run(hil, session.elf, tmp_path)
    reference = session.reference_choice.name
    blank = Explanation("", reference, len(records), sum(not r.exact for r in records))
    with Evidence(session, reference, records, tmp_path / "again.log") as evidence:
        hypotheses = [each for each in HYPOTHESES if each.name == "flipped-bit"]
        found = examine(evidence, hypotheses, blank)
    assert found.cause, found.sentence
    assert firmware.embedded_model
    assert f"at address {firmware.embedded_model.address + offset:#x}" in found.cause.sentence
