"""TFLite_Detection_PostProcess: a custom op with four outputs, as LiteRT has it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers
from numpy.typing import NDArray

from tinyml_hil.model import pack, unpack

from .graph import Graph, Op, Reference, Tensor
from .runner import Engine, EngineError

NAME = "TFLite_Detection_PostProcess"
CASES = 150
SCALES = {"y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0}


@dataclass(frozen=True)
class Detection:
    """A model of this op alone."""

    is_quantized: bool = False
    boxes: int = 6
    stride: int = 4
    columns: int = 4
    classes: int = 3
    most: int = 2
    most_of_box: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """For detections in each output."""
        return self.most * self.most_of_box

    def _tensor(self, shape: tuple[int, ...], scale: float, zero_point: int) -> Tensor:
        if self.is_quantized:
            return Tensor(shape, "uint8", scale, zero_point)
        return Tensor(shape, "float32")

    def build(self, rng: np.random.Generator) -> bytes:
        """The model, with random anchors."""
        graph, count = Graph(), self.boxes
        boxes = graph.input(self._tensor((1, count, self.stride), 0.05, 128))
        scores = graph.input(self._tensor((1, count, self.columns), 1 / 256, 5))
        anchors = np.concatenate(
            [rng.uniform(0, 1, (count, 2)), rng.uniform(0.1, 0.5, (count, 2))], 1
        )
        anchors = np.round(anchors / 0.01) + 3 if self.is_quantized else anchors
        given = graph.add(replace(self._tensor((count, 4), 0.01, 3), data=anchors))
        shapes = ((1, self.places, 4), (1, self.places), (1, self.places), (1,))
        graph.outputs = [graph.add(Tensor(shape, "float32")) for shape in shapes]
        graph.ops.append(Op(schema.BuiltinOperator.CUSTOM, [boxes, scores, given], graph.outputs))
        options = {
            "max_detections": self.most,
            "max_classes_per_detection": self.most_of_box,
            "num_classes": self.classes,
            "nms_score_threshold": 0.1,
            "nms_iou_threshold": 0.5,
            **SCALES,
            **self.options,
        }
        model = unpack(graph.build())
        model.operatorCodes[0].customCode = NAME
        encoded = bytes(flexbuffers.Dumps(options))
        model.subgraphs[0].operators[0].customOptions = np.frombuffer(encoded, np.uint8)
        return pack(model)

    def inputs(self, rng: np.random.Generator) -> list[NDArray[Any]]:
        """Random boxes and scores; of these many are equal."""
        shapes = (1, self.boxes, self.stride), (1, self.boxes, self.columns)
        steps = int(rng.choice([3, 20, 255]))
        if self.is_quantized:
            boxes, scores = (rng.integers(0, 256, shape).astype(np.uint8) for shape in shapes)
            return [boxes, (scores // (255 // steps) * (255 // steps)).astype(np.uint8)]
        real = np.round(rng.uniform(0, 1, shapes[1]) * steps) / steps
        return [rng.normal(0, 2, shapes[0]).astype(np.float32), real.astype(np.float32)]

    def is_set(self, found: int) -> NDArray[np.bool_]:
        """Which places of the outputs LiteRT sets."""
        places = np.arange(self.places)
        if self.options.get("use_regular_nms"):
            return places < self.most
        of_box = min(self.most_of_box, self.classes)
        return (places // self.most_of_box < found) & (places % self.most_of_box < of_box)


def _random(rng: np.random.Generator) -> Detection:
    classes = int(rng.integers(1, 8))
    return Detection(
        is_quantized=bool(rng.integers(2)),
        boxes=int(rng.integers(1, 50)),
        stride=int(rng.choice([4, 7])),
        columns=classes + int(rng.integers(2)),
        classes=classes,
        most=int(rng.integers(1, 12)),
        most_of_box=int(rng.integers(1, 4)),
        options={
            "use_regular_nms": bool(rng.integers(2)),
            "detections_per_class": int(rng.integers(1, 20)),
            "nms_score_threshold": float(rng.choice([0.0, 0.3, 0.5])),
            "nms_iou_threshold": float(rng.choice([0.3, 0.6, 1.0])),
        },
    )


def test_detections_are_litert_s_and_all_else_is_0(engine: Engine) -> None:
    rng = np.random.default_rng(11)
    for _ in range(CASES):
        case = _random(rng)
        model, inputs = case.build(rng), case.inputs(rng)
        expected = [np.frombuffer(o, np.float32) for o in Reference(model).run(inputs)]
        (run,) = engine.run(model, [data.tobytes() for data in inputs]).runs
        found = [np.frombuffer(output, np.float32) for output in run.outputs]
        assert found[3] == expected[3]
        is_set = case.is_set(int(expected[3][0]))
        for mine, right in zip(found[:3], expected[:3], strict=True):
            rows, rights = mine.reshape(case.places, -1), right.reshape(case.places, -1)
            assert rows[is_set].tobytes() == rights[is_set].tobytes(), case
            assert not rows[~is_set].any()


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (Detection(columns=5), "num_classes is not that of the scores"),
        (Detection(stride=3), "boxes, scores and anchors do not fit"),
        (
            Detection(options={"max_detections": 3}),
            "outputs have other shapes than max_detections tells",
        ),
        (Detection(options={"detections_per_class": 0}), "a number of detections is not above 0"),
        (
            Detection(options={"nms_iou_threshold": 0.0}),
            "nms_iou_threshold is not above 0, or above 1",
        ),
    ],
)
def test_what_litert_would_not_run_is_refused(
    engine: Engine, case: Detection, message: str
) -> None:
    with pytest.raises(EngineError, match=message) as caught:
        engine.run(case.build(np.random.default_rng(1)))
    assert caught.value.op_name == NAME
