"""Built with NN_ARITHMETIC=tflm, the engine gives TFLM's bits, in every op and in whole models."""

from collections.abc import Iterator

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tests.references import MODELS, PAGE, inputs_of, rows_of
from tinyml_hil.model import load_model, load_reference

from . import cases
from .cases import BUILTIN, activation_tensor
from .conftest import PROGRAMS, build_host
from .graph import Array, Graph, Reference, Tensor, random_data, with_inferred_shapes
from .runner import Engine, EngineError
from .state_cases import svdf, unidirectional_sequence_lstm
from .test_boundaries import all_values, weighted
from .test_cases import BY_TFLM

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")

CASES_PER_OP = 40
ARENA = 4 << 20
COMPUTING = [
    cases.abs_,
    cases.add,
    cases.average_pool_2d,
    cases.batch_matmul,
    cases.conv_2d,
    cases.depthwise_conv_2d,
    cases.div,
    cases.elu,
    cases.fully_connected,
    cases.hard_swish,
    cases.l2_normalization,
    cases.leaky_relu,
    cases.log_softmax,
    cases.logistic,
    cases.mean,
    cases.mul,
    cases.prelu,
    cases.quantize,
    cases.relu,
    cases.relu6,
    cases.resize_bilinear,
    cases.rsqrt,
    cases.softmax,
    cases.squared_difference,
    cases.sub,
    cases.sum_,
    cases.tanh,
    cases.transpose_conv,
]
"""All of TFLM's ops of int8 that round; the others move what is there."""
TELLING = {
    row.model: row.first for row in rows_of(PAGE.read_text()) if row.kernels == "tflite-micro"
}
"""Inputs of each model on which TFLM and LiteRT differ."""


@pytest.fixture(scope="module", params=PROGRAMS)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Run the engine in TFLM's arithmetic, under ASan and UBSan, with either choice of kernels."""
    folder = build_host(places.BUILD / "host-tflm", "tflm")
    log = tmp_path_factory.mktemp("engine") / "stderr.txt"
    engine = Engine(folder / PROGRAMS[request.param], log)
    yield engine
    engine.close()


def tflm(model: bytes, inputs: list[Array]) -> list[bytes] | None:
    """All outputs by TFLM; None if it does not take the model."""
    try:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA)
        for index, data in enumerate(inputs):
            interpreter.set_input(data, index)
        interpreter.invoke()
    except (RuntimeError, ValueError):
        return None
    outputs = len(schema.Model.GetRootAs(model).Subgraphs(0).OutputsAsNumpy())
    return [np.array(interpreter.get_output(index)).tobytes() for index in range(outputs)]


def equal(engine: Engine, graph: Graph, inputs: list[Array]) -> bool:
    """Compare all outputs of a graph; False if TFLM does not take it."""
    model = with_inferred_shapes(graph).build()
    expected = tflm(model, inputs)
    if expected is None:
        return False
    answer = engine.run(model, [data.tobytes() for data in inputs])
    assert answer.runs[0].outputs == expected
    return True


@pytest.mark.parametrize("case", COMPUTING, ids=lambda case: case.__name__)
def test_op_gives_the_bits_of_tflm(engine: Engine, case: cases.Case) -> None:
    compared = 0
    for seed in range(CASES_PER_OP):
        rng = np.random.default_rng(seed)
        graph = case(rng)
        try:
            compared += equal(
                engine, graph, [random_data(rng, graph.tensors[i]) for i in graph.inputs]
            )
        except Exception as error:
            error.add_note(f"{case.__name__}, seed {seed}")
            raise
    assert compared > CASES_PER_OP / 2, "TFLM takes most of them"


@pytest.mark.parametrize("weights_are", ["per_tensor", "per_channel"])
@pytest.mark.parametrize(
    "code",
    [BUILTIN.CONV_2D, BUILTIN.DEPTHWISE_CONV_2D, BUILTIN.FULLY_CONNECTED],
    ids=["conv_2d", "depthwise_conv_2d", "fully_connected"],
)
def test_sums_at_the_edge_between_two_outputs_round_as_tflm(
    engine: Engine, code: int, weights_are: str
) -> None:
    for seed in range(40):
        graph = weighted(np.random.default_rng(seed), code, weights_are)
        assert equal(engine, graph, [np.zeros(graph.tensors[0].shape, np.int8)])


@pytest.mark.parametrize(
    ("code", "output"),
    [
        (BUILTIN.LOGISTIC, (1 / 256, -128)),
        (BUILTIN.TANH, (1 / 128, 0)),
        (BUILTIN.RELU6, (0.02, 3)),
    ],
    ids=["logistic", "tanh", "relu6"],
)
def test_every_input(engine: Engine, code: int, output: tuple[float, int]) -> None:
    """All 256 inputs, with 200 quantizations."""
    graph = Graph()
    rng = np.random.default_rng(0)
    for _ in range(200):
        index = graph.input(activation_tensor(rng, (256,)))
        graph.outputs.append(graph.op(code, [index], Tensor((256,), "int8", *output)))
    assert equal(engine, graph, [all_values("int8")] * 200)


def test_logistic_of_other_outputs_than_tflm_takes_is_refused(engine: Engine) -> None:
    graph = Graph()
    index = graph.input(Tensor((4,), "int8", 0.1, 0))
    output = Tensor((4,), "int8", 1 / 256, 0)
    graph.outputs = [graph.op(BUILTIN.LOGISTIC, [index], output)]
    assert tflm(graph.build(), [np.zeros(4, np.int8)]) is None
    with pytest.raises(EngineError, match="output must have zero point -128"):
        engine.run(graph.build())


def test_input_scale_that_no_fixed_point_holds_is_refused(engine: Engine) -> None:
    graph = Graph()
    index = graph.input(Tensor((4,), "int8", 2.0**-29, 0))
    graph.outputs = [graph.op(BUILTIN.TANH, [index], Tensor((4,), "int8", 1 / 128, 0))]
    with pytest.raises(EngineError, match="input scale is too small"):
        engine.run(graph.build())


def test_uint8_is_left_out(engine: Engine) -> None:
    uint8 = next(case for case in cases.ALL if case.__name__ == "fully_connected_uint8")
    graph = with_inferred_shapes(uint8(np.random.default_rng(0)))
    with pytest.raises(EngineError, match="types are not supported"):
        engine.run(graph.build())


@pytest.mark.parametrize("name", BY_TFLM)
def test_case_that_litert_refuses_gives_the_bits_of_tflm(engine: Engine, name: str) -> None:
    model = load_model(places.CASES / f"{name}.tflite")
    reference = load_reference("tflite-micro", model)
    rng = np.random.default_rng(1)
    for _ in range(3):
        data = random_data(rng, Tensor(model.input.shape, model.input.dtype.name))
        (output,) = engine.run(model.content, [data.tobytes()]).runs[0].outputs
        assert output == reference.predict(data).tobytes()


def test_svdf_gives_the_bits_of_tflm(engine: Engine) -> None:
    compared = 0
    for seed in range(CASES_PER_OP):
        rng = np.random.default_rng(seed)
        graph = svdf(rng)
        if graph.ops[0].inputs[3] >= 0:  # without a bias, the wheel crashes
            compared += equal(engine, graph, [random_data(rng, graph.tensors[0])])
    assert compared > CASES_PER_OP / 2


def test_lstm_is_refused(engine: Engine) -> None:
    graph = with_inferred_shapes(unidirectional_sequence_lstm(np.random.default_rng(0)))
    with pytest.raises(EngineError, match="is not in the arithmetic of TFLM"):
        engine.run(graph.build())


@pytest.mark.parametrize("name", MODELS)
def test_models_give_tflm_s_bits_where_litert_gives_others(engine: Engine, name: str) -> None:
    if not MODELS[name].is_file():
        pytest.skip(f"the model {name} is not there; `make setup` fetches it")
    model = load_model(MODELS[name])
    by_tflm, by_litert = (load_reference(kind, model) for kind in ("tflite-micro", "litert"))
    inputs = inputs_of(model)[list(TELLING[name])]
    answer = engine.run(model.content, *[[data.tobytes()] for data in inputs])
    outputs = [run.outputs[0] for run in answer.runs]
    assert outputs == [by_tflm.predict(data).tobytes() for data in inputs]
    for output, data in zip(outputs, inputs, strict=True):
        assert output != by_litert.predict(data).tobytes()


@pytest.mark.parametrize(
    ("code", "options", "scales", "zero_points"),
    [
        (
            BUILTIN.MUL,
            schema.MulOptionsT(),
            ("0x1.5b3aeep-6", "0x1.25eefcp-1", "0x1.339fc8p-1"),
            (10, -2, -109),
        ),
        (
            BUILTIN.PRELU,
            None,
            ("0x1.5b3aeep-6", "0x1.25eefcp-1", "0x1.339fc8p-1"),
            (10, -2, -109),
        ),
        (BUILTIN.RELU, None, ("0x1.9da864p-4", "0x1.585a96p-3"), (-128, -128)),
        (
            BUILTIN.LEAKY_RELU,
            schema.LeakyReluOptionsT(alpha=float.fromhex("0x1.594c5ap-1")),
            ("0x1.0bf61ap-1", "0x1.0b0b96p-1"),
            (127, 127),
        ),
        (
            BUILTIN.HARD_SWISH,
            schema.HardSwishOptionsT(),
            ("0x1.8ec74ap-7", "0x1.67f7a2p-6"),
            (18, -107),
        ),
    ],
    ids=["mul", "prelu", "relu", "leaky_relu", "hard_swish"],
)
def test_op_rescales_in_the_precision_of_tflm(
    engine: Engine,
    code: int,
    options: object,
    scales: tuple[str, ...],
    zero_points: tuple[int, ...],
) -> None:
    """Quantizations of which single and double precision make different outputs."""
    values = all_values("int8")
    inputs = [values]
    if len(scales) == 3:
        inputs = list(np.meshgrid(values, values, indexing="ij"))
    graph = Graph()
    quantized = [
        Tensor(inputs[0].shape, "int8", float.fromhex(scale), zero_point)
        for scale, zero_point in zip(scales, zero_points, strict=True)
    ]
    indices = [graph.input(tensor) for tensor in quantized[:-1]]
    graph.outputs = [graph.op(code, indices, quantized[-1], options)]
    model = with_inferred_shapes(graph).build()
    assert Reference(model).run(inputs) != tflm(model, inputs), "LiteRT's precision tells"
    assert equal(engine, graph, inputs)
