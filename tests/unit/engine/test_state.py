"""What goes on from one inference to the next is the same as LiteRT's, and starts as its does."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tinyml_hil.model import pack

from . import cases
from .cases import BUILTIN
from .conftest import BOTH_KERNELS
from .graph import Array, Graph, Reference, Tensor, random_data, with_inferred_shapes
from .runner import Engine
from .state_cases import STATEFUL, svdf, unidirectional_sequence_lstm
from .test_setup import refusal
from .variable_cases import VARIABLES, stream

pytestmark = BOTH_KERNELS
MODELS = 40
INFERENCES = 4


def sequence_of(graph: Graph, rng: cases.Rng) -> list[list[Array]]:
    """Return the inputs of several inferences."""
    return [[random_data(rng, graph.tensors[i]) for i in graph.inputs] for _ in range(INFERENCES)]


def network(rng: cases.Rng) -> Graph:
    """Return an LSTM whose output takes more and more memory."""
    graph = with_inferred_shapes(unidirectional_sequence_lstm(rng))
    last = graph.outputs[0]
    for _ in range(3):
        tensor = graph.tensors[last]
        options = schema.ConcatenationOptionsT()
        options.axis = 0
        twice = replace(tensor, shape=(2 * tensor.shape[0], *tensor.shape[1:]))
        last = graph.op(cases.BUILTIN.CONCATENATION, [last, last], twice, options)
    return cases.finish(graph, last)


@pytest.mark.parametrize("case", [*STATEFUL, network, *VARIABLES], ids=lambda case: case.__name__)
def test_state_goes_on_as_in_litert(engine: Engine, case: cases.Case) -> None:
    for seed in range(MODELS):
        rng = np.random.default_rng(seed)
        graph = with_inferred_shapes(case(rng))
        model, runs = graph.build(), sequence_of(graph, rng)
        reference = Reference(model)
        expected = [reference.run(inputs) for inputs in runs]
        answer = engine.run(model, *[[data.tobytes() for data in inputs] for inputs in runs])
        assert [run.outputs for run in answer.runs] == expected, f"seed {seed}"


def lstm(change: Callable[[Graph], object]) -> Graph:
    """Return one that LiteRT takes, changed."""
    graph = with_inferred_shapes(unidirectional_sequence_lstm(np.random.default_rng(3)))
    change(graph)
    return graph


def _without(*inputs: int) -> Callable[[Graph], object]:
    return lambda graph: [graph.ops[0].inputs.__setitem__(i, -1) for i in inputs]


def _with(i: int, like: int) -> Callable[[Graph], object]:
    return lambda graph: graph.ops[0].inputs.__setitem__(i, graph.ops[0].inputs[like])


def _state(**changes: object) -> Callable[[Graph], object]:
    def change(graph: Graph) -> None:
        number = graph.ops[0].inputs[19]
        graph.tensors[number] = replace(graph.tensors[number], **changes)  # type: ignore[arg-type]

    return change


def _relu(graph: Graph) -> None:
    graph.ops[0].options.fusedActivationFunction = schema.ActivationFunctionType.RELU


VARIANT = "peephole, projection, layer norm or a missing gate is not supported"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without(1, 5, 12), VARIANT),
        (_with(9, 12), VARIANT),
        (_with(16, 5), VARIANT),
        (_with(21, 12), VARIANT),
        (_relu, "an activation other than tanh is not supported"),
        (_with(2, 5), "weights or biases do not fit the input, or are not constant"),
        (_without(13), "weights or biases do not fit the input, or are not constant"),
        (_state(is_variable=False, data=np.zeros(1)), "constant has another size than its tensor"),
        (_state(shape=(1,)), "state is no variable, or has an unexpected shape"),
        (_state(scale=0.001), "cells have no valid quantization"),
        (_state(scale=2.0**-8), "cells have no valid quantization"),
        (_state(dtype="int8"), "types are not supported"),
    ],
)
def test_lstm_refuses_what_it_cannot_do(
    engine: Engine, change: Callable[[Graph], object], message: str
) -> None:
    assert refusal(engine, lstm(change).build()).message == message


def test_lstm_without_the_quantization_of_its_output_is_refused(engine: Engine) -> None:
    model = schema.ModelT.InitFromPackedBuf(lstm(lambda graph: None).build(), 0)
    model.subgraphs[0].operators[0].intermediates = None
    assert refusal(engine, pack(model)).message == "output has no valid quantization"


def _without_activation(graph: Graph) -> None:
    graph.ops[0].options.fusedActivationFunction = schema.ActivationFunctionType.NONE


def _svdf(**changes: object) -> Callable[[Graph], object]:
    def change(graph: Graph) -> None:
        number = graph.ops[0].inputs[4]
        graph.tensors[number] = replace(graph.tensors[number], **changes)  # type: ignore[arg-type]

    return change


def _rank(rank: int) -> Callable[[Graph], object]:
    return lambda graph: setattr(graph.ops[0].options, "rank", rank)


UNFIT = "weights do not fit the input, or each other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_rank(0), UNFIT),
        (_rank(-1), UNFIT),
        (_rank(1000), UNFIT),
        (_with(1, 2), UNFIT),
        (_with(3, 1), "bias has another size than the output"),
        (_with(1, 0), "input or weights have an unexpected rank, or are not constant"),
        (_without(4), "state is no variable, or has an unexpected shape"),
        (_svdf(is_variable=False, shape=(0,)), "tensor has an empty or unknown dimension"),
        (_svdf(shape=(1, 1)), "state is no variable, or has an unexpected shape"),
        (_svdf(dtype="int8"), "types are not supported"),
        (_svdf(scale=None), "input, weights, state or output has no valid quantization"),
        (_svdf(scale=1e-38), "scales are out of range"),
        (_without_activation, "an activation other than RELU is not supported"),
    ],
)
def test_svdf_refuses_what_it_cannot_do(
    engine: Engine, change: Callable[[Graph], object], message: str
) -> None:
    graph = with_inferred_shapes(svdf(np.random.default_rng(0)))
    change(graph)
    assert refusal(engine, graph.build()).message == message


# ---- Variables with names ----


def streaming(change: Callable[[Graph, Graph], object]) -> bytes:
    """Return a model of two variables that LiteRT takes, changed in either graph."""
    graph = stream(np.random.default_rng(5))
    assert graph.initial is not None
    change(graph, graph.initial)
    return graph.build()


def _op(graph: Graph, code: int) -> int:
    return next(i for i, op in enumerate(graph.ops) if op.code == code)


def _of_another_size(graph: Graph, _initial: Graph) -> None:
    op = graph.ops[_op(graph, BUILTIN.READ_VARIABLE)]
    tensor = graph.tensors[op.outputs[0]]
    graph.tensors[op.outputs[0]] = replace(tensor, shape=(1, 9, tensor.shape[2]))


def _begins_with_another_size(_graph: Graph, initial: Graph) -> None:
    number = initial.ops[_op(initial, BUILTIN.ASSIGN_VARIABLE)].inputs[1]
    initial.tensors[number] = replace(initial.tensors[number], shape=(2,), data=np.zeros(2))


def _computes(_graph: Graph, initial: Graph) -> None:
    constant = initial.ops[_op(initial, BUILTIN.ASSIGN_VARIABLE)].inputs[1]
    initial.op(BUILTIN.RELU, [constant], initial.tensors[constant])


def _reads_no_handle(graph: Graph, _initial: Graph) -> None:
    graph.ops[_op(graph, BUILTIN.READ_VARIABLE)].inputs[0] = graph.inputs[0]


def _reads_nothing(graph: Graph, _initial: Graph) -> None:
    graph.ops[_op(graph, BUILTIN.READ_VARIABLE)].inputs[0] = -1


def _assigns_nothing(graph: Graph, _initial: Graph) -> None:
    graph.ops[_op(graph, BUILTIN.ASSIGN_VARIABLE)].inputs[1] = -1


def _handle_of_a_number(graph: Graph, _initial: Graph) -> None:
    handle = graph.ops[_op(graph, BUILTIN.VAR_HANDLE)].outputs[0]
    graph.tensors[handle] = replace(graph.tensors[handle], dtype="int32")


def _many_handles(graph: Graph, _initial: Graph) -> None:
    """They would be more than lie where the one does."""
    handle = graph.ops[_op(graph, BUILTIN.VAR_HANDLE)].outputs[0]
    graph.tensors[handle] = replace(graph.tensors[handle], shape=(100_000,))


def _handle_twice(graph: Graph, _initial: Graph) -> None:
    graph.ops.append(graph.ops[_op(graph, BUILTIN.VAR_HANDLE)])


def _graph_that_is_not_there(graph: Graph, _initial: Graph) -> None:
    graph.ops[0].options.initSubgraphIndex = 7


def _two_beginnings(graph: Graph, _initial: Graph) -> None:
    options = schema.CallOnceOptionsT()
    options.initSubgraphIndex = 0
    graph.ops.append(replace(graph.ops[0], options=options))


def _too_many(graph: Graph, _initial: Graph) -> None:
    for number in range(130):
        options = schema.VarHandleOptionsT()
        options.sharedName = f"more{number}"
        graph.op(BUILTIN.VAR_HANDLE, [], Tensor((), "resource"), options)


BEYOND_CONSTANTS = "its graph does more than assign constants to variables"
NO_HANDLE = "input is no variable's handle"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_of_another_size, "variable has more than one size"),
        (_begins_with_another_size, "variable begins with another size"),
        (_computes, BEYOND_CONSTANTS),
        (_graph_that_is_not_there, BEYOND_CONSTANTS),
        (_two_beginnings, "more than one graph to begin with is not supported"),
        (_reads_no_handle, NO_HANDLE),
        (_reads_nothing, "tensor index is out of range"),
        (_assigns_nothing, "tensor index is out of range"),
        (_many_handles, "tensor type is not supported here"),
        (_handle_of_a_number, "output is no resource"),
        (_handle_twice, "tensor is written twice, or is constant"),
        (_too_many, "model has too many variables"),
    ],
)
def test_variables_are_refused_where_they_make_no_sense(
    engine: Engine, change: Callable[[Graph, Graph], object], message: str
) -> None:
    assert refusal(engine, streaming(change)).message == message


@pytest.mark.parametrize("of_another_handle", [False, True])
def test_variable_begins_with_what_it_was_assigned_last(
    engine: Engine, of_another_handle: bool
) -> None:
    graph = stream(np.random.default_rng(5))
    initial = graph.initial
    assert initial
    first = initial.ops[_op(initial, BUILTIN.ASSIGN_VARIABLE)]
    handle, constant = first.inputs
    tensor = initial.tensors[constant]
    assert tensor.data is not None
    if of_another_handle:
        named = initial.ops[_op(initial, BUILTIN.VAR_HANDLE)]
        handle = initial.op(BUILTIN.VAR_HANDLE, [], initial.tensors[handle], named.options)
    other = initial.add(replace(tensor, data=tensor.data + 1))
    initial.ops.append(replace(first, inputs=[handle, other]))
    inputs = [random_data(np.random.default_rng(0), graph.tensors[i]) for i in graph.inputs]
    output = engine.run(graph.build(), [data.tobytes() for data in inputs]).runs[0].outputs
    assert output == Reference(graph.build()).run(inputs)


def test_variable_without_a_beginning_begins_with_0(engine: Engine) -> None:
    graph = stream(np.random.default_rng(5))
    graph.initial = Graph()
    inputs = [random_data(np.random.default_rng(0), graph.tensors[i]) for i in graph.inputs]
    output = engine.run(graph.build(), [data.tobytes() for data in inputs]).runs[0].outputs[0]
    assert output == bytes(len(output) - inputs[0].nbytes) + inputs[0].tobytes()


def test_op_without_an_output_is_told_as_one(engine: Engine) -> None:
    answer = engine.run(streaming(lambda graph, initial: None))
    silent = ("CALL_ONCE", "VAR_HANDLE", "ASSIGN_VARIABLE")
    assert len(answer.layers) == sum(op not in silent for op in answer.ops)
