"""A flipped bit: firmware that is broken on purpose, and where in a model that matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema
from elftools.elf.elffile import ELFFile

from tinyml_hil.model import Model, Node, load_model, load_reference
from tinyml_hil.session import Session

BIT = 6
_IMAGES = 20
_TRIED = 16
"""Bytes of an op's weights that are tried, from its first to its last."""

FAILED_BY_A_FLIP = {
    "output_equals_the_host[0-cat]",
    "lane_gives_the_host_s_output[memory]",
    "lane_gives_the_host_s_output[uart]",
    "each_layer_gives_the_host_s_bits",
    "exact_images",
    "self_test_passes_at_boot",
}
"""The tests of the suite, run on the first image, that a flip which changes its output fails."""


def copy_with_flipped_bit(elf: Path, copy: Path, section: str, offset: int, bit: int = BIT) -> Path:
    """An ELF that differs in one bit, ``offset`` bytes into a section."""
    content = bytearray(elf.read_bytes())
    with elf.open("rb") as file:
        start = ELFFile(file).get_section_by_name(section)["sh_offset"]
    content[start + offset] ^= 1 << bit
    copy.write_bytes(content)
    return copy


def model_with_flipped_bit(model: Model, offset: int, folder: Path) -> Model:
    """The model with one bit changed, ``offset`` bytes into its file, which ``folder`` gets."""
    content = bytearray(model.content)
    content[offset] ^= 1 << BIT
    path = folder / "flipped.tflite"
    path.write_bytes(content)
    return load_model(path)


def weights_of(model: Model, node: Node) -> range:
    """Where some of an op's weights are in the file, evenly spread."""
    graph = schema.ModelT.InitFromPackedBuf(model.content, 0)
    weights = graph.subgraphs[0].tensors[node.inputs[1]]
    content = bytes(graph.buffers[weights.buffer].data)
    start = model.content.index(content)
    return range(start, start + len(content))[:: max(len(content) // _TRIED, 1)]


def flip_that_matters(
    session: Session, folder: Path, matters: Callable[[list[bool]], bool]
) -> int | None:
    """Which weight of the session's model changes what the host answers, if a bit of it is flipped.

    Args:
        folder: for a file of its own.
        matters: takes whether the answer to each of the first images is another.

    Returns:
        The offset in the file; None if none that was tried will do.
    """
    model = session.model
    count = min(_IMAGES, len(session.dataset))
    images = [model.input_of(session.dataset.image(i)) for i in range(count)]
    right = [session.reference.predict(image).tobytes() for image in images]
    for offset in (at for node in model.graph.nodes if node.macs for at in weights_of(model, node)):
        broken = model_with_flipped_bit(model, offset, folder)
        flipped = load_reference(session.reference_choice.name, broken)
        answers = [flipped.predict(image).tobytes() for image in images]
        if matters([a != r for a, r in zip(answers, right, strict=True)]):
            return offset
    return None
