"""The suite from outside: red for what is broken, and nothing else, from any folder."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile

from tests.flipped import FAILED_BY_A_FLIP, copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import Suite, failed_tests
from tinyml_hil import paths
from tinyml_hil.build import SELFTEST_IMAGES, Firmware
from tinyml_hil.session import Options, Session

PASSED, TESTS_FAILED = 0, 1
SELFTEST_HEADER = 24  # firmware/app/selftest.c: six 32-bit numbers, then the class names


def test_a_sample_of_the_dataset_is_not_taken_for_the_self_test_s_images(
    suite: Suite, built: Firmware
) -> None:
    result = suite("--sample=1:4", f"--firmware={built.elf}")
    assert result.returncode == PASSED, result.stdout + result.stderr


def test_flipped_weight_bit_fails_images_layers_and_self_test(
    suite: Suite, built: Firmware, tmp_path: Path
) -> None:
    matters = flip_that_matters(Session(Options()), tmp_path, lambda changed: changed[0])
    assert matters is not None
    elf = copy_with_flipped_bit(built.elf, tmp_path / "broken.elf", ".model", matters)
    result = suite("--images=1", f"--firmware={elf}")
    assert result.returncode == TESTS_FAILED
    assert failed_tests(result) >= FAILED_BY_A_FLIP
    assert "the first layer that differs is op " in result.stdout
    assert re.search(
        r"^the device.s own self-test failed: \d/10 equal", result.stdout, re.MULTILINE
    )
    assert "object at 0x" not in result.stdout  # no fixtures, no code of the harness


def test_flipped_label_fails_the_self_test_s_labels_alone(
    suite: Suite, built: Firmware, tmp_path: Path
) -> None:
    dataset = Session(Options()).dataset
    names = sum(len(name) + 1 for name in dataset.classes)
    label = SELFTEST_HEADER + names + -names % 4
    elf = copy_with_flipped_bit(built.elf, tmp_path / "broken.elf", ".selftest", label, bit=0)
    result = suite("--images=1", f"--firmware={elf}")
    assert result.returncode == TESTS_FAILED
    assert failed_tests(result) == {"self_test_has_the_labels_of_the_dataset"}
    assert "image 0: the firmware says label bird, the dataset cat" in result.stdout


def test_labels_of_firmware_with_other_images_are_skipped(
    suite: Suite, built: Firmware, tmp_path: Path
) -> None:
    dataset = Session(Options()).dataset
    others = [dataset.image(i) for i in range(SELFTEST_IMAGES, len(dataset))]
    np.savez(tmp_path / "others.npz", images=np.stack(others), labels=np.arange(len(others)))
    result = suite(f"--dataset={tmp_path / 'others.npz'}", f"--firmware={built.elf}")
    skipped = re.findall(r"the self-test of this firmware has other images than", result.stdout)
    assert failed_tests(result) <= {"accuracy"}, result.stdout
    assert skipped


def test_elf_keeps_the_self_test_s_images(built: Firmware) -> None:
    session = Session(Options())
    first = session.model.input_of(session.dataset.image(0)).tobytes()
    assert first in built.selftest
    with built.elf.open("rb") as file:
        assert len(built.selftest) == ELFFile(file).get_section_by_name(".selftest")["sh_size"]


def test_elf_without_a_self_test_has_no_images(tmp_path: Path, built: Firmware) -> None:
    objcopy = ["arm-none-eabi-objcopy", "--remove-section=.selftest"]
    without = tmp_path / "without.elf"
    subprocess.run([*objcopy, str(built.elf), str(without)], check=True, capture_output=True)
    assert Firmware(without).selftest == b""


def test_suite_needs_nothing_of_the_checkout_s_tests() -> None:
    suite = Path(paths.__file__).parent / "suite"
    assert [f.name for f in suite.glob("*.py") if re.search(r"\btests\b\.", f.read_text())] == []
