"""TFLM_DECODE: weights that lie coded in the model, as TFLM's tools write them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from .custom_cases import HUFFMAN, PRUNED, Coded, HuffmanCoded, decode
from .graph import DECODE, Graph, Op, Tensor, Tflm
from .runner import Engine, EngineError

SCALES = np.array([0.1, 0.2, 0.3])
WEIGHTS = Tensor((3, 8), "int8", SCALES, zero_points=(0, 0, 0))


@pytest.mark.parametrize(
    "way", [Coded(WEIGHTS, bits=4, stride=16), Coded(WEIGHTS, PRUNED), HuffmanCoded(WEIGHTS)]
)
def test_an_op_takes_what_was_decoded_as_its_weights(engine: Engine, way: Coded) -> None:
    rng = np.random.default_rng(7)
    graph = Graph()
    given = graph.input(Tensor((1, 8), "int8", 0.5, 3))
    weights = graph.add(way.tensor)
    graph.ops.append(
        Op(schema.BuiltinOperator.CUSTOM, way.add(rng, graph), [weights], custom=DECODE)
    )
    output, options = Tensor((1, 3), "int8", 40.0, 3), schema.FullyConnectedOptionsT()
    bias = graph.add(Tensor((3,), "int32", SCALES * 0.5, data=np.array([100, -200, 300])))
    fully_connected = schema.BuiltinOperator.FULLY_CONNECTED
    graph.outputs = [graph.op(fully_connected, [given, weights, bias], output, options)]
    inputs = rng.integers(-128, 128, (20, 1, 8)).astype(np.int8)
    runs = engine.run(graph.build(), *([data.tobytes()] for data in inputs)).runs
    tflm = Tflm(graph.build())
    assert [run.outputs for run in runs] == [tflm.run([data]) for data in inputs]


def _model(coded: Coded, **header: int) -> bytes:
    """A model of one output, whose header has other bytes at some places."""
    graph = decode(np.random.default_rng(3), coded)
    place = graph.ops[0].inputs[1]
    meaning = graph.tensors[place]
    assert meaning.data is not None
    data = meaning.data.copy()
    for name, value in header.items():
        data[{"way": 0, "version": 1, "stride": 6}[name]] = value
    graph.tensors[place] = replace(meaning, data=data)
    return graph.build()


PLAIN = Coded(Tensor((4, 4), "int8"))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            _model(HuffmanCoded(Tensor((4, 4), "int16"), entry=2)),
            "Huffman codes are for int8, or with entries of 4 bytes for int16",
        ),
        (_model(HuffmanCoded(Tensor((4, 4), "int32"))), "Huffman codes are for int8"),
        (_model(HuffmanCoded(PLAIN.tensor, version=2)), "version of the coding is not supported"),
        (_model(PLAIN, way=3), "way of coding is unknown"),
        (_model(PLAIN, way=127), "a way of coding of one's own is not supported"),
        (_model(PLAIN, way=200), "a way of coding of one's own is not supported"),
        (_model(PLAIN, version=2), "version of the coding is not supported"),
        (_model(replace(PLAIN, version=2)), "version of the coding is not supported"),
        (_model(replace(PLAIN, bits=8, stride=100)), "indices have no bits"),
        (_model(replace(PLAIN, tensor=Tensor((4, 4), "uint8"))), "types are not supported"),
        (
            _model(Coded(replace(WEIGHTS, shape=(2, 3, 2), dimension=1))),
            "channels are neither the first nor the last dimension",
        ),
        (
            _model(Coded(replace(WEIGHTS, shape=(4, 2)))),
            "channels are neither the first nor the last dimension",
        ),
        (
            _model(Coded(Tensor((4, 4), "int16", 0.5, 1), PRUNED)),
            "zero point must be 0",
        ),
        (_model(Coded(WEIGHTS), stride=255), "ask for values that are not there"),
    ],
)
def test_what_is_not_supported_is_refused_by_its_right_name(
    engine: Engine, model: bytes, message: str
) -> None:
    with pytest.raises(EngineError, match=message) as caught:
        engine.run(model)
    assert caught.value.op_name == DECODE


@pytest.mark.parametrize("way", [PLAIN, replace(PLAIN, way=PRUNED)], ids=["table", "pruned"])
@pytest.mark.parametrize(("part", "left"), [(0, 1), (1, 18)], ids=["codes", "values"])
def test_parts_that_end_early_are_refused(engine: Engine, way: Coded, part: int, left: int) -> None:
    graph = decode(np.random.default_rng(3), way)
    place = graph.ops[0].inputs[part]
    whole = graph.tensors[place]
    assert whole.data is not None
    graph.tensors[place] = replace(whole, data=whole.data[:left], shape=(left,))
    with pytest.raises(EngineError, match="codes are too few, or ask for values"):
        engine.run(graph.build())


def test_codes_that_are_computed_are_refused(engine: Engine) -> None:
    graph = decode(np.random.default_rng(3), PLAIN)
    codes = graph.ops[0].inputs[0]
    graph.tensors[codes] = replace(graph.tensors[codes], data=None)
    graph.inputs.append(codes)
    with pytest.raises(EngineError, match="codes and what they mean must be constants"):
        engine.run(graph.build())


def _by_tables(codes: bytes, entries: list[int], width: int = 1) -> Graph:
    """A model of int8 by tables of 16-bit entries that need not be sound."""
    graph = decode(np.random.default_rng(3), HuffmanCoded(Tensor((16,), "int8"), entry=2))
    header = [HUFFMAN, 1, 0, 0, 1, width - 1 << 4, *[0] * 10]
    meaning = np.concatenate([header, np.array(entries, "<u2").view(np.uint8)]).astype(np.uint8)
    for place, data in zip(
        graph.ops[0].inputs, (np.frombuffer(codes, np.uint8), meaning), strict=True
    ):
        graph.tensors[place] = replace(graph.tensors[place], data=data, shape=data.shape)
    return graph


A, B = 0x8841, 0x8842
"""Entries of two values whose code has one bit more."""
MANY = b"\xaa" * 512
"""Enough codes for what lies behind the tables to be taken for entries, if anything took it."""


@pytest.mark.parametrize(
    ("codes", "entries", "width"),
    [
        (b"\x55\x55", [A, B], 1),
        (b"\x55\x55", [A, A, B, B], 2),  # the last look is one bit beyond the codes
        (b"\x55", [0x8041, 0x8042], 1),  # no bits: the same value for ever
    ],
)
def test_codes_that_just_suffice_are_decoded(
    engine: Engine, codes: bytes, entries: list[int], width: int
) -> None:
    given = bytes(16)
    (output,) = engine.run(_by_tables(codes, entries, width).build(), [given]).runs[0].outputs
    wanted = b"AAAAAAAAAAAAAAAA" if entries[0] == 0x8041 else b"ABABABABABABABAB"
    assert output == given + wanted


@pytest.mark.parametrize(
    ("codes", "entries"),
    [
        (b"\x55", [A, B]),
        (MANY, [A]),
        (MANY, [A, 1]),  # the next table begins where the last ends
        (MANY, [A, 0x07FF]),
        (b"\x00\x00", [0, 0]),  # a table that leads to itself
        (b"\x00\x00", [0x7800, 0x7800]),
        (MANY, []),
    ],
)
def test_huffman_codes_that_lead_nowhere_are_refused(
    engine: Engine, codes: bytes, entries: list[int]
) -> None:
    with pytest.raises(EngineError, match="codes are too few, or ask for values"):
        engine.run(_by_tables(codes, entries).build())


def test_entry_behind_the_last_is_not_taken_though_it_would_be_a_sound_one(engine: Engine) -> None:
    graph = _by_tables(b"\x55\x55", [A, B])
    place = graph.ops[0].inputs[1]
    data = graph.tensors[place].data
    assert data is not None
    graph.tensors[place] = replace(graph.tensors[place], shape=(data.size - 2,))
    whole, cut = (
        size.to_bytes(4, "little") + data.tobytes() for size in (data.size, data.size - 2)
    )
    model = graph.build()
    assert whole in model
    with pytest.raises(EngineError, match="codes are too few, or ask for values"):
        engine.run(model.replace(whole, cut))
