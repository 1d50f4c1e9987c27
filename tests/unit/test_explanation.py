"""Why outputs differ: each cause that is planted is named, and nothing else is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from fixtures import places
from tests.unit.engine.graph import Graph, Tensor
from tests.unit.plants import PLANTS, Plant, World, world_of
from tests.unit.plants.models import place_of
from tests.unit.plants.references import OtherTensorFlow
from tinyml_hil.errors import UsageError
from tinyml_hil.explanation import (
    EXPLANATION,
    HYPOTHESES,
    Candidate,
    Case,
    Evidence,
    Explanation,
    Hypothesis,
    examine,
    load_explanation,
)
from tinyml_hil.explanation.weights import changed_places, flipped
from tinyml_hil.model import KERNELS, Preprocessing, apart, constants_of, joined, load_model
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Session

OP = schema.BuiltinOperator


def explained(
    world: World,
    records: list[InputRecord],
    *hypotheses: Hypothesis,
    session: Session | None = None,
) -> Explanation:
    blank = Explanation("", world.reference, len(records), sum(not r.exact for r in records))
    with Evidence(session or world.session, world.reference, records, Path("unused")) as evidence:
        return examine(evidence, hypotheses or HYPOTHESES, blank)


@pytest.fixture
def world() -> World:
    return world_of(places.IC01)


@pytest.fixture
def other_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KERNELS, "tensorflow", OtherTensorFlow)


@pytest.mark.parametrize("plant", PLANTS, ids=str)
@pytest.mark.usefixtures("other_tensorflow")
def test_planted_cause_is_named_and_no_other(plant: Plant, tmp_path: Path) -> None:
    world = plant.world
    outputs = [plant.give(world, i) for i in range(len(world.dataset))]
    found = explained(world, world.records(outputs), session=plant.session(world, tmp_path))
    assert found.cause, found.sentence
    assert found.cause.hypothesis == plant.hypothesis
    assert re.search(plant.said, found.cause.sentence), found.cause.sentence
    assert [told.sentence for told in found.same] == []


def test_every_hypothesis_is_planted() -> None:
    assert {plant.hypothesis for plant in PLANTS} == {h.name for h in HYPOTHESES}


def test_page_on_results_names_every_hypothesis() -> None:
    page = (places.ROOT / "docs" / "results.md").read_text()
    assert [h.name for h in HYPOTHESES if f"| `{h.name}` |" not in page] == []


def _corrupted(world: World, images: int) -> list[InputRecord]:
    """Random bytes in so many of the outputs, from the first on."""
    random = np.random.default_rng(7)
    outputs = [output.copy() for output in world.expected]
    for output in outputs[:images]:
        where = random.choice(output.size, 3, replace=False)
        output[where] ^= random.integers(1, 128, 3).astype(output.dtype)
    return world.records(outputs)


@pytest.mark.parametrize("images", [1, 30])
@pytest.mark.usefixtures("other_tensorflow")
def test_random_corruption_is_explained_by_none(world: World, images: int) -> None:
    found = explained(world, _corrupted(world, images))
    assert found.cause is None
    assert not found.explained
    assert found.sentence.startswith("nothing that was tried explains it")


@pytest.mark.parametrize("size", [None, (50, 44)], ids=["as it is", "resized"])
@pytest.mark.parametrize("model", ["ic01.tflite", "cifar10.tflite"])
@pytest.mark.usefixtures("other_tensorflow")
def test_every_candidate_can_be_computed(model: str, size: tuple[int, int] | None) -> None:
    path = places.IC01 if model == places.IC01.name else places.MODELS / model
    world = world_of(path, "litert", Preprocessing(resize=True), size)
    records = _corrupted(world, 1)
    with Evidence(world.session, "litert", records, Path("unused")) as evidence:
        (case,) = evidence.differing
        for hypothesis in HYPOTHESES:
            for candidate in hypothesis.candidates(evidence):
                output = candidate.predict(case)
                assert output is not None, candidate.sentence
                assert output.dtype == world.model.output.dtype, candidate.sentence
                assert output.size == case.output.size, candidate.sentence
                if candidate.seen:
                    assert candidate.seen(case).shape == world.model.image_shape


class Fixed(Hypothesis):
    """Gives what it is told to."""

    name = "fixed"

    def __init__(
        self, predict: Callable[[Case], NDArray[Any] | None], sentence: str = "fixed"
    ) -> None:
        self.sentence = sentence
        self.predict = predict
        self.asked: list[int] = []

    def candidates(self, evidence: Evidence) -> Any:
        yield Candidate(self.sentence, self._predict)

    def _predict(self, case: Case) -> NDArray[Any] | None:
        self.asked.append(case.index)
        return self.predict(case)


class Costly(Fixed):
    """The same, tried last."""

    costly = True


def test_cause_has_to_leave_agreeing_inputs_as_they_are(world: World) -> None:
    changed = [o.copy() for o in world.expected]
    for output in changed[:5]:
        output[0] ^= 1

    def predict(case: Case) -> NDArray[Any]:
        output = case.expected.copy()
        output[0] ^= 1
        return output

    found = explained(world, world.records(changed), Fixed(predict))
    assert found.cause is None
    assert found.closest
    assert found.closest.reproduced == 5


def test_of_causes_that_give_the_same_the_first_is_told(world: World) -> None:
    records = _corrupted(world, 3)
    first, second = (Fixed(lambda case: case.output, name) for name in ("first", "second"))
    costly = Costly(lambda case: case.output)
    found = explained(world, records, costly, first, second)
    assert found.cause
    assert found.cause.sentence == "first"
    assert [told.sentence for told in found.same] == ["second"]
    assert costly.asked == []


def test_costly_cause_is_tried_where_nothing_else_explains(world: World) -> None:
    costly = Costly(lambda case: case.output)
    found = explained(world, _corrupted(world, 3), costly, Fixed(lambda case: case.expected))
    assert found.cause
    assert costly.asked


def test_wrong_cause_is_dropped_at_the_first_input(world: World) -> None:
    wrong = Fixed(lambda case: case.expected)
    found = explained(world, _corrupted(world, 30), wrong)
    assert len(wrong.asked) == 1
    assert found.closest is None


def test_what_came_closest_is_told(world: World) -> None:
    def predict(case: Case) -> NDArray[Any]:
        output = case.expected.copy()
        place = case.record.differing.argmax()
        output[place] = case.output[place]
        return output

    found = explained(world, _corrupted(world, 1), Fixed(predict))
    assert re.search(r"closest: fixed \(1 of the 3 values of image 0 that differ\)", found.sentence)


def test_order_that_few_inputs_show_is_no_cause(world: World) -> None:
    order = next(each for each in HYPOTHESES if each.name == "output-order")
    outputs = [output[[3, 1, 4, 0, 5, 9, 2, 6, 8, 7]] for output in world.expected]
    records = [record for record in world.records(outputs) if not record.exact]
    assert explained(world, records[:2], order).cause is None
    assert explained(world, records, order).cause


def test_outputs_that_are_given_one_for_another_are_named(tmp_path: Path) -> None:
    graph = Graph()
    tensor = Tensor((1, 7), "int8", 0.5, -3)
    given, other = graph.input(tensor), graph.input(tensor)
    ops = ((OP.RELU, given), (OP.RELU6, given), (OP.RELU, other))
    graph.outputs = [graph.op(op, [read], tensor) for op, read in ops]
    path = tmp_path / "three.tflite"
    path.write_bytes(graph.build())
    world = World(path)
    one, two, three = zip(*map(apart, world.expected), strict=True)
    outputs = [joined(each) for each in zip(three, two, one, strict=True)]
    found = explained(world, world.records(outputs))
    assert found.cause
    assert found.cause.sentence == (
        "the device gives the outputs 'output_0' and 'output_2' one for the other"
    )
    assert [len(case.host) for case in found.cases] == [21] * len(found.cases)


def test_what_differs_in_a_further_output_alone_has_to_be_explained(tmp_path: Path) -> None:
    graph = Graph()
    tensor = Tensor((1, 7), "int8", 0.5, -3)
    given, other = graph.input(tensor), graph.input(Tensor((1, 5), "int8", 0.5, -3))
    graph.outputs = [graph.op(OP.RELU, [read], graph.tensors[read]) for read in (given, other)]
    path = tmp_path / "two.tflite"
    path.write_bytes(graph.build())
    world = World(path)
    outputs = [value.copy() for value in world.expected]
    for value in outputs:
        value["1"][0, :3] ^= 1
    found = explained(world, world.records(outputs))
    assert found.cause is None
    assert [case.differing for case in found.cases] == [[7, 8, 9]] * len(found.cases)


def test_damage_to_a_shape_is_no_change_of_weights() -> None:
    model = load_model(places.IC01)
    shape = next(node for node in model.graph.nodes if node.op == "RESHAPE").inputs[1]
    places_of = {c.tensor: c.start for c in constants_of(model.content)}
    for tensor, seen in ((shape, False), (model.graph.nodes[0].inputs[1], True)):
        content = bytearray(model.content)
        content[places_of[tensor]] ^= 1
        assert bool(changed_places(model, bytes(content))) is seen


def test_flipped_bit_is_told_with_its_weight_and_place() -> None:
    model = load_model(places.IC01)
    place = place_of(model, 8, 291)
    said = flipped(model, place, 6, 0x8000 + place)
    weight = int(np.frombuffer(model.content, np.int8)[place])
    assert "bit 6 of element [1, 0, 0, 3] of " in said
    assert f"so that it is {weight ^ 64} instead of {weight}; byte {place:,} " in said
    assert said.endswith(f"at address {0x8000 + place:#x}")


def test_flipped_bit_of_a_packed_weight_is_told_with_the_weight_it_is_in() -> None:
    model = load_model(places.CASES / "int4_conv_filter.tflite")
    weights = model.graph.nodes[0].inputs[1]
    place = next(c.start for c in constants_of(model.content) if c.tensor == weights) + 14
    higher = int(np.frombuffer(model.content, np.int8)[place]) >> 4
    said = flipped(model, place, 7, None)
    assert "bit 3 of element [1, 0, 0, 2] of " in said
    assert f"so that it is {higher ^ -8} instead of {higher};" in said


def test_printed_outputs_are_compared_within_their_precision(world: World) -> None:
    raw = [world.host.predict(-world.tensor(i)) for i in range(len(world.dataset))]
    records = []
    for exact, output in zip(world.records(world.expected), raw, strict=True):
        real = world.model.output.dequantize(exact.expected).astype(np.float64)
        printed = np.round(world.model.output.dequantize(output).astype(np.float64), 3)
        records.append(InputRecord(exact.index, exact.label, real, printed, 1, 0.0005))
    found = explained(world, records, Fixed(lambda case: world.host.predict(-case.tensor)))
    assert found.cause


def test_previous_input_is_the_one_before(world: World) -> None:
    records = _corrupted(world, 2)
    with Evidence(world.session, "litert", records, Path("unused")) as evidence:
        by_index = {case.index: case for case in evidence.differing}
    assert by_index[0].previous is None
    assert by_index[1].previous is by_index[0]


def test_explanation_is_read_as_it_was_written(world: World, tmp_path: Path) -> None:
    found = explained(world, _corrupted(world, 2), Fixed(lambda case: case.output))
    found.save(tmp_path)
    assert load_explanation(tmp_path) == found


_CASE = {"index": 0, "title": "", "differing": [2], "device": [1], "host": [1]}
_WHOLE = {"run": "", "reference": "", "inputs": 1, "different": 1, "schema": 1}


@pytest.mark.parametrize(
    "damage",
    ["{", '{"schema": 1}', '{"schema": 2}', "[]", json.dumps(_WHOLE | {"cases": [_CASE]})],
)
def test_damaged_explanation_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    (tmp_path / EXPLANATION).write_text(damage)
    with pytest.raises(UsageError, match=EXPLANATION) as refusal:
        load_explanation(tmp_path)
    assert "\n" not in str(refusal.value)


def test_run_that_was_not_explained_has_no_explanation(tmp_path: Path) -> None:
    assert load_explanation(tmp_path) is None


def test_explanation_is_plain_json(world: World) -> None:
    found = explained(world, _corrupted(world, 2), Fixed(lambda case: case.expected))
    assert json.loads(json.dumps(found.to_plain()))["explained"] is False


def test_input_that_a_cause_says_nothing_of_does_not_count(world: World) -> None:
    records = _corrupted(world, 3)
    some = Fixed(lambda case: None if case.index == 0 else case.output)
    found = explained(world, records, some)
    assert found.cause
    assert 0 not in [case.index for case in found.cases]


def test_cause_that_says_nothing_of_what_differs_is_none(world: World) -> None:
    silent = Fixed(lambda case: None if case.differs else case.output)
    assert explained(world, _corrupted(world, 3), silent).cause is None


def test_answer_that_many_causes_may_give_is_not_explained(world: World) -> None:
    sure = np.full(10, -128, np.int8)
    sure[5] = 127
    (record,) = world.records([sure])
    found = explained(world, [record], Fixed(lambda case: case.output))
    assert found.cause is None
    assert "too little differs" in found.left_out[0]
    assert "this would give it all: fixed" in found.left_out[0]
