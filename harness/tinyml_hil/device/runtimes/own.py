"""The project's own engine, firmware/nn: its tensors, from the interpreter that nn_invoke gets."""

from __future__ import annotations

from tinyml_hil.device.runtimes.base import Call, Runtime
from tinyml_hil.model import Model

# firmware/nn/state.h: the arena begins with one location a tensor; with the highest bit it is an
# offset into the model. Behind them, at a multiple of 8, is a record an op: four words, then
# half of one with the number of the op in the resolver, and two counts.
_IN_MODEL = 0x8000_0000
_RECORD, _RECORD_OP = 20, 16


class OwnEngine(Runtime):
    """The engine of firmware/nn."""

    name = "the engine of tinyml-hil"
    function = "nn_invoke"
    shows_layers = True

    def failure(self, returned: int) -> str:
        """A bool, of which the lowest byte counts (AAPCS32, 5.1)."""
        return "" if returned & 0xFF else "false"

    def op(self, call: Call, model: Model, index: int) -> int | None:
        outputs = model.graph.nodes[index].outputs
        arena = call.address("interpreter->arena")
        folded_end = call.debugger.word(call.address("interpreter->folded_end", 4))
        if outputs and call.debugger.word(arena + 4 * outputs[0]) < folded_end:
            return None
        locations = -(-4 * len(model.graph.tensors) // 8) * 8
        number = call.debugger.word(arena + locations + index * _RECORD + _RECORD_OP) & 0xFFFF
        return call.address(f"interpreter->ops[{number}]->invoke")

    def tensor(self, call: Call, model: Model, index: int) -> int:
        arena = call.address("interpreter->arena")
        location = call.debugger.word(arena + 4 * index)
        if location & _IN_MODEL:
            return call.address("interpreter->model.fb.data") + (location & ~_IN_MODEL)
        return arena + location
