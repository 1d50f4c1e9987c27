"""TensorFlow Lite for Microcontrollers in our firmware: what the suite does not ask of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.unit.test_custom_ops import NAME, custom_model
from tinyml_hil.campaign import Campaign, Choice, Outcome, held, run_again
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device, LayerComparison
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Graph, Model
from tinyml_hil.project import Project
from tinyml_hil.record import load_campaign
from tinyml_hil.session import Engines, Session

TOO_SMALL = 20_000
IMAGES = 3
FAULTS = 20
EXAMPLE = places.ROOT / "docs" / "examples" / "thresholded_relu.cc"


@pytest.fixture(autouse=True, scope="module")
def _needs_tflm(hil: Session) -> None:
    if hil.options.engine != "tflm":
        pytest.skip("needs --engine=tflm --tflm=DIR, a checkout that is built")


def test_reference_is_the_runtime_that_infers(hil: Session) -> None:
    assert hil.reference_choice.name == "tflite-micro"


def test_every_layer_of_every_image_has_its_bits(
    device: Device, model: Model, dataset: Dataset, hil: Session
) -> None:
    comparison = LayerComparison(device, model, hil.reference_choice.name)
    for index in range(len(dataset)):
        first = comparison.first_difference(model.input_of(dataset.image(index)))
        assert first is None, f"image {index}: {first}"


def test_there_is_no_heap(device: Device) -> None:
    assert device.memory().heap == 0


def test_arena_that_is_too_small_is_told_in_tflm_s_own_words(hil: Session, tmp_path: Path) -> None:
    small = Session(replace(hil.options, arena=TOO_SMALL), hil.project)
    said = r"cannot run its model: e-\[model: Failed to resize buffer. Requested: \d+, avail"
    with (
        pytest.raises(UsageError, match=said),
        small.device(tmp_path / "small.log"),
    ):
        pass


def test_op_that_tflm_lacks_is_named_before_anything_is_built(hil: Session) -> None:
    lacking = replace(hil.model, graph=_with_op(hil.model, "BUCKETIZE"))
    with pytest.raises(UsageError, match="has no kernel for BUCKETIZE"):
        hil.engine.files(lacking, "model")


def test_op_of_the_user_s_own_is_linked_and_gives_what_it_gives_here(
    hil: Session, tmp_path: Path
) -> None:
    session = _with_custom_op(hil, tmp_path, EXAMPLE)
    assert str(session.reference_choice) == (
        "tflite-micro: TensorFlow Lite for Microcontrollers is in the firmware; its C++ file on "
        f"this machine for {NAME}, which it lacks"
    )
    with session.device(tmp_path / "custom.log") as device:
        assert device.info.ops == (NAME, "SOFTMAX")
        comparison = LayerComparison(device, session.model, session.reference_choice.name)
        for index in range(len(session.dataset)):
            tensor = session.model.input_of(session.dataset.image(index))
            assert comparison.first_difference(tensor) is None
    session.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tflm_custom_thresholded", "other", 'it defines no extern "C" function tflm_custom_'),
        (".custom_name = ", ".custom_name = nullptr; (void)", "gives has no custom_name: docs/"),
        ('"ThresholdedRelu"', '"Other"', rf"has no kernel for {NAME}: with --op .* it has Other$"),
        ("return &op;", "return lost;", r"(?s)does not build with --op .*'lost' was not declared"),
        ("kTfLiteInt8;", "kTfLiteInt16;", r"\(op 0, ThresholdedRelu\): types are not supported"),
    ],
    ids=["symbol", "name", "other", "syntax", "refusal"],
)
def test_what_is_wrong_with_it_is_one_sentence(
    hil: Session, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    file = tmp_path / EXAMPLE.name
    file.write_text(text.replace(old, new))
    session = _with_custom_op(hil, tmp_path, file)
    with pytest.raises(UsageError, match=said):
        session.check()


def _with_custom_op(hil: Session, folder: Path, op: Path) -> Session:
    model = custom_model(folder / "custom.tflite", "int8", {"theta": 0.75}).path
    inputs = np.random.default_rng(4).integers(-128, 128, (IMAGES, 6), np.int8)
    np.savez(folder / "set.npz", inputs=inputs, labels=np.zeros(IMAGES, int))
    options = replace(hil.options, model=model, op=(op,), dataset=folder / "set.npz", images=None)
    return Session(options, hil.project)


def test_faults_in_its_biases_are_run_again_layer_by_layer(
    hil: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TINYML_HIL_REPORTS", raising=False)
    project = Project(tmp_path, {"cache": str(hil.project.cache), "reports": "reports"})
    session = held(Session(replace(hil.options, images=2), project))
    campaign = Campaign.begin(session, Choice(("biases",), "flip", 2, FAULTS), ["test"])
    found = [result for results in campaign.run(1) for result in results]
    assert campaign.finish(f"sqlite:///{tmp_path}/history.sqlite") == ""
    assert len(found) == FAULTS
    assert all(result.outcome.counts for result in found)
    changed = next(result for result in found if result.outcome == Outcome.CRITICAL)
    again = run_again(session, campaign.folder, load_campaign(campaign.folder), changed.fault)
    session.close()
    first = next(step for step in again.steps if step.difference)
    assert (again.is_same, first.node.index) == (True, again.fault.region.layer)


def _with_op(model: Model, op: str) -> Graph:
    first, *others = model.graph.nodes
    return replace(model.graph, nodes=(replace(first, op=op), *others))


def test_engines_are_set_side_by_side(hil: Session, tmp_path: Path) -> None:
    compared = Engines(Session(replace(hil.options, images=IMAGES), hil.project))
    compared.check()
    own, tflm = compared.measure(compared.references(), tmp_path)
    assert own.exact["litert"] == tflm.exact["tflite-micro"] == own.images == tflm.images == IMAGES
    assert [layer.op for layer in own.layers] == [layer.op for layer in tflm.layers]
    for facts in (own, tflm):
        assert min(facts.ticks, facts.flash, facts.arena, facts.stack) > 0
