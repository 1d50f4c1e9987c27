"""Models that people brought and that once got a wrong answer, each with the right one."""

import numpy as np
import pytest

from fixtures import places
from tinyml_hil.build import arena_for
from tinyml_hil.errors import UsageError
from tinyml_hil.model import load_model, load_reference

from .graph import Tensor, random_data
from .runner import Engine

RUN = (
    *("act_gelu_int8", "act_softplus_int8", "layernorm_int8"),
    *("buffer_offset", "cifar10", "cropping_int8", "depth_to_space_int8", "empty_scale_float"),
    *("global_max_pool_int8", "mnist_cnn_tutorial_int8", "negative_logits_int8"),
    *("own_1152_outputs_int8", "own_224_int8", "own_dense_int8", "own_flatten_softmax_int8"),
    *("own_gap_logits_int8", "own_gap_softmax_int8", "own_gray_int8", "own_sigmoid_float"),
    *("reshape_layer_batch1_int8", "sigmoid1_int8", "two_class_int8", "unused_string_tensor"),
    "upsample_nearest_int8",
    "dynamic_range",
    *("int16x8", "int4_conv_filter", "batch4_int8", "two_inputs_int8"),
)
BY_TFLM = ("act_elu_int8",)
"""LiteRT has no reference kernel for one of its ops; see test_tflm_arithmetic.py."""
REFUSED = {
    "two_signatures_float": "by the signatures 'classify', 'logits': choose one with --signature",
}


@pytest.mark.parametrize("name", RUN)
def test_engine_gives_the_bits_of_the_host(engine: Engine, name: str) -> None:
    model = load_model(places.CASES / f"{name}.tflite")
    reference, rng = load_reference("litert", model), np.random.default_rng(1)
    for _ in range(3):
        inputs = [random_data(rng, Tensor(s.shape, s.dtype.name)) for s in model.inputs]
        (output,) = engine.run(model.content, [x.tobytes() for x in inputs]).runs[0].outputs
        assert output == reference.run(inputs)[0].tobytes()


@pytest.mark.parametrize(("name", "sentence"), REFUSED.items())
def test_model_that_cannot_run_is_refused_by_what_it_has(name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        arena_for(load_model(places.CASES / f"{name}.tflite"), None, 64_512, places.BUILD)


def test_every_case_has_its_answer() -> None:
    assert {path.stem for path in places.CASES.glob("*.tflite")} == {*RUN, *BY_TFLM, *REFUSED}
