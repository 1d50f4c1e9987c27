"""The committed models are what their card says, and fit the devices that they are for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fixtures import places
from fixtures.train.card import page
from fixtures.train.recipe import NAME, VARIANTS
from tinyml_hil.build import judge
from tinyml_hil.dataset import load_dataset
from tinyml_hil.model import Model, load_model, load_reference

GUIDE_ARENA = 63 * 1024
IC01_MACS = 12_501_632
QUALITY_TARGET = 0.85  # MLPerf Tiny's for image classification
QUANTIZATION_LOSS = 0.005
SANE_OF_20 = 16


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return dict(json.loads((places.MODELS / f"{NAME}.json").read_text()))


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(variant: str) -> Model:
    return load_model(places.MODELS / VARIANTS[variant])


def test_card_is_that_of_the_file(variant: str, model: Model, facts: dict[str, Any]) -> None:
    said = facts["models"][variant]
    assert model.sha256 == said["sha256"]
    assert model.macs == said["macs"]
    assert (str(model.input), str(model.output)) == (said["input"], said["output"])
    assert sorted(set(model.ops)) == said["ops"]


def test_page_is_written_from_the_json(facts: dict[str, Any]) -> None:
    assert (places.MODELS / f"{NAME}.md").read_text() == page(NAME, VARIANTS, facts)


def test_input_and_output_have_the_type_of_the_variant(variant: str, model: Model) -> None:
    assert model.input.dtype == model.output.dtype == np.dtype(variant)


def test_input_is_a_pixel_as_it_is_or_less_128(model: Model) -> None:
    lowest = np.iinfo(model.input.dtype).min
    assert (model.input.scale, model.input.zero_point) == (1 / 64, 128 + lowest)


def test_it_takes_no_more_than_ic01_and_the_guide_s_arena(model: Model) -> None:
    verdict = judge(model.content, model.graph, places.BUILD)
    assert verdict.lacks == ()
    assert verdict.arena is not None
    assert verdict.arena <= GUIDE_ARENA
    assert model.macs <= IC01_MACS


def test_accuracy_of_the_card_reaches_the_quality_target(
    variant: str, facts: dict[str, Any]
) -> None:
    lossless = next(iter(facts["tests"]))
    images = facts["tests"][lossless]["images"]
    quantized = facts["models"][variant]["correct"][lossless] / images
    assert quantized >= QUALITY_TARGET
    assert quantized >= facts["float_correct"][lossless] / images - QUANTIZATION_LOSS


def test_most_of_the_default_images_are_right(model: Model) -> None:
    dataset = load_dataset(places.DEFAULT_DATASET)
    reference = load_reference("litert", model)
    answers = [reference.predict(model.input_of(dataset.image(i))) for i in range(len(dataset))]
    right = [int(a.argmax()) == dataset.label(i) for i, a in enumerate(answers)]
    assert sum(right) >= SANE_OF_20
