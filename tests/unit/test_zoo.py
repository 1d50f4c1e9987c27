"""Every kind of model in the zoo: green where the device is right, red where one bit is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from tests.flipped import copy_with_flipped_bit, flip_that_matters, model_with_flipped_bit
from tests.unit.conftest import Suite, failed_tests
from tests.zoo import IMAGES, ZOO
from tinyml_hil.model import load_reference
from tinyml_hil.session import Options, Session

PASSED, TESTS_FAILED = 0, 1
TRUE_REASONS = (
    "no budget for ",
    "no baseline for ",
    "this device counts instructions, not cycles",
)
DUMB = "all answers the same"
"""No bit of its weights changes an answer."""


NOT_FLIPPED = ("name ", "224 ")
"""How the kinds begin that differ by their name alone, or by how long they take."""


ON_A_PUSH = {
    *("one channel", "float at the ends", "vector", "uint8 as TOCO wrote it"),
    *("1 output, a sigmoid", "2 outputs", "1,001 outputs", "Flatten of Keras"),
}
FLIPPED_ON_A_PUSH = {"one channel", "float at the ends", "1 output, a sigmoid", DUMB}
"""The rest are the night's: each takes ten seconds, and all of them together a third of an hour."""


def _kinds(kinds: Iterable[str], on_a_push: set[str]) -> list[ParameterSet]:
    night = pytest.mark.nightly
    return [pytest.param(kind, marks=() if kind in on_a_push else night) for kind in kinds]


@pytest.fixture
def session(animal: str, suite: Suite) -> Session:
    """A run with that model and its images, which lie where the suite is run."""
    model, dataset = ZOO[animal].write(suite.folder)
    return Session(Options(target="qemu", model=model, dataset=dataset))


def _options(session: Session) -> list[str]:
    """As they are typed in the folder of model and dataset."""
    assert session.options.dataset
    names = session.options.model.name, session.options.dataset.name
    return [f"--model={names[0]}", f"--dataset={names[1]}"]


@pytest.mark.parametrize("animal", _kinds(ZOO, ON_A_PUSH))
def test_right_device_passes(suite: Suite, session: Session) -> None:
    result = suite(*_options(session))
    assert result.returncode == PASSED, result.stdout + result.stderr
    assert re.search(rf"^bit-exact +{IMAGES}/{IMAGES}$", result.stdout, re.MULTILINE)
    reasons = re.findall(r"^SKIPPED \[\d+\] \S+: (.+)", result.stdout, re.MULTILINE)
    assert [reason for reason in reasons if not reason.startswith(TRUE_REASONS)] == []


def _changed(session: Session, offset: int, folder: Path) -> set[int]:
    """The images whose answer on the host is another if a bit of the model is flipped."""
    flipped = load_reference("litert", model_with_flipped_bit(session.model, offset, folder))
    inputs = [session.model.input_of(session.dataset.image(i)) for i in range(IMAGES)]
    both = [(session.reference.predict(x), flipped.predict(x)) for x in inputs]
    return {i for i, (right, wrong) in enumerate(both) if not np.array_equal(right, wrong)}


@pytest.mark.parametrize(
    "animal",
    _kinds([kind for kind in ZOO if not kind.startswith(NOT_FLIPPED)], FLIPPED_ON_A_PUSH),
)
def test_flipped_weight_fails_the_images_that_it_changes(
    suite: Suite, session: Session, animal: str, tmp_path: Path
) -> None:
    offset = flip_that_matters(session, tmp_path, any)
    if animal == DUMB:
        assert offset is None
        return
    assert offset is not None
    built = session.firmware.elf
    elf = copy_with_flipped_bit(built, tmp_path / "broken.elf", ".model", offset)
    result = suite(*_options(session), f"--firmware={elf}", "-k", "images or layers or self_test")
    assert result.returncode == TESTS_FAILED, result.stdout + result.stderr
    failed = {
        int(n) for n in re.findall(r"output_equals_the_host\[(\d+)", " ".join(failed_tests(result)))
    }
    assert failed == _changed(session, offset, tmp_path)
    assert "the first layer that differs is op " in result.stdout
