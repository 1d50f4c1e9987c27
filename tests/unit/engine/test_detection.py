"""TFLite_Detection_PostProcess: a custom op with four outputs, as LiteRT has it."""

from __future__ import annotations

import numpy as np
import pytest

from .custom_cases import Detection, random_detection
from .graph import DETECTION, Reference
from .runner import Engine, EngineError

CASES = 150


def test_detections_are_litert_s_and_all_else_is_0(engine: Engine) -> None:
    rng = np.random.default_rng(11)
    for _ in range(CASES):
        case = random_detection(rng)
        model, inputs = case.graph(rng).build(), case.inputs(rng)
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
        engine.run(case.graph(np.random.default_rng(1)).build())
    assert caught.value.op_name == DETECTION
