"""Model: what a .tflite file holds, and how images and tensors become its input."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.model.decision import gives_probabilities
from tinyml_hil.model.graph import Graph, Tensor, graph_of, read_graph
from tinyml_hil.model.preprocessing import Preprocessing
from tinyml_hil.model.settings import load_settings
from tinyml_hil.model.tensor_input import tensor_of
from tinyml_hil.model.tensor_spec import TensorSpec
from tinyml_hil.model.tensors import batch_of, joined
from tinyml_hil.words import shown

_CHANNELS = ((1,), (3,))
_INPUT_TYPES = tuple(map(np.dtype, (np.int8, np.uint8, np.int16, np.int32, np.float32)))


@dataclass(frozen=True)
class Model:
    """One .tflite model.

    What it takes and gives in an inference are ``inputs`` and ``outputs``. Where there are several,
    they pass as one value: see ``tensors``.
    """

    path: Path
    content: bytes = field(repr=False)
    """The file, as it is linked into the firmware."""
    graph: Graph = field(repr=False)
    inputs: tuple[TensorSpec, ...]
    """In the order of the graph, with the whole batch; at least one."""
    outputs: tuple[TensorSpec, ...]
    """Likewise."""
    preprocessing: Preprocessing
    """From the TOML file of the model's name beside it."""
    given_name: str = ""
    """What it is called; empty to go by its file."""
    front_end: str = ""
    """From the TOML file, too: the user's function that makes inputs; empty if there is none."""
    given_task: str = ""
    """From there, too; empty if it names none."""
    given_threshold: float | None = None
    """Likewise; None if it gives none."""
    host_engine: Path | None = None
    """The firmware's engine, built for this machine, for custom ops; None if they are not given."""

    @cached_property
    def batch(self) -> int:
        """How many inputs it takes at once."""
        return batch_of(self.inputs, self.outputs)

    @cached_property
    def input(self) -> TensorSpec:
        """The first input's, of a single one of the batch."""
        return _of_one(self.inputs[0], self.batch)

    @cached_property
    def output(self) -> TensorSpec:
        """The first output's, by which it is judged, for a single input of the batch."""
        return _of_one(self.outputs[0], self.batch)

    @property
    def input_bytes(self) -> int:
        """Bytes of all that an inference takes."""
        return sum(spec.bytes for spec in self.inputs)

    @property
    def output_bytes(self) -> int:
        """Bytes of all that an inference gives."""
        return sum(spec.bytes for spec in self.outputs)

    @property
    def has_plain_ends(self) -> bool:
        """Whether an inference is of one input, in one tensor, and gives one tensor; and takes
        values, not numbers of something.
        """
        is_of_one = len(self.inputs) == len(self.outputs) == self.batch == 1
        return is_of_one and self.input.dtype != np.int32

    @cached_property
    def ops(self) -> tuple[str, ...]:
        """Names of the ops, of custom ones their own, in the order in which they run."""
        return tuple(node.name for node in self.graph.nodes)

    @property
    def computes_in_uint8(self) -> bool:
        """Whether it is uint8 inside, as the models that TOCO wrote, and not at its ends alone."""
        return self.graph.computes_in_uint8

    @property
    def has_float(self) -> bool:
        """Whether any op computes with float32; QUANTIZE, which only reads it, does not count."""
        return self.graph.has_float

    @property
    def computes_shapes(self) -> bool:
        """Whether an op gives integers, as shapes are, or another size than the file tells."""
        return self.graph.computes_shapes

    @property
    def keeps_state(self) -> bool:
        """Whether something goes on from one inference to the next, until it is reset."""
        return self.graph.keeps_state

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, in convolutions and fully connected ops."""
        return self.graph.macs

    @property
    def name(self) -> str:
        """What it is called, or its file without the ending, as firmware and protocol carry it."""
        return re.sub(r"[^A-Za-z0-9_.+-]", "_", self.given_name or self.path.stem)

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def class_count(self) -> int:
        """How many classes it tells apart: one for each score, or two by one score or an error."""
        if self.task == "anomaly":
            return 2
        scores = self.output.shape[-1:] if self.task == "segmentation" else self.output.shape
        return max(2, math.prod(scores))

    @property
    def gives_probabilities(self) -> bool:
        """Whether its scores are probabilities: it ends in SOFTMAX or LOGISTIC."""
        return gives_probabilities(self.ops)

    @property
    def task(self) -> str:
        """What it is for, one of ``TASKS``: what the TOML file says, else what its shape tells."""
        if self.given_task:
            return self.given_task
        if len(self.inputs) > 1 or len(self.outputs) > 1:
            return "classification"
        given, gives = (_without_ones(spec.shape) for spec in (self.input, self.output))
        if given == gives and math.prod(gives) > 1 and "SOFTMAX" not in self.ops:
            return "anomaly"
        # An output of height x width x channels may be a map or, not flattened, scores of classes.
        return "classification"

    @property
    def middle(self) -> float:
        """The single score that speaks for both of two classes alike: a real value."""
        return 0.5 if self.gives_probabilities else 0.0

    @property
    def threshold(self) -> float:
        """What a single score has to be above to mean the second of two classes: a real value."""
        return self.middle if self.given_threshold is None else self.given_threshold

    @property
    def takes_images(self) -> bool:
        """Whether an input has the shape of an image's; it may be something else all the same."""
        return any(self.preprocessing.is_for(_of_one(spec, self.batch)) for spec in self.inputs)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that the model takes, if it does."""
        return self.preprocessing.image_shape(self.input)

    def is_image(self, given: NDArray[Any]) -> bool:
        """Whether it is pixels that become an input as images do: uint8, H x W x 3 or 1."""
        return self._is_image(given, self.input)

    def _is_image(self, given: NDArray[Any], spec: TensorSpec) -> bool:
        is_pixels = given.dtype == np.uint8 and given.shape[2:] in _CHANNELS
        return is_pixels and self.preprocessing.is_for(spec)

    def input_of(self, *given: NDArray[Any]) -> NDArray[Any]:
        """What an inference takes for an input of the dataset, or for as many as the batch has.

        Where there are fewer, the last one fills the batch up.

        Args:
            given: each an image, as of ``is_image``, which ``preprocessing`` makes an input of;
                else raw values of the input's type, or real ones, of the input's shape with or
                without its dimensions of one, or in a row. Where the model takes several tensors,
                a NumPy structured value that has these by the names of the ``inputs``.

        Returns:
            An array of the input's dtype and shape, batch dimension included; or the value of
            several, as of ``tensors.joined``.

        Raises:
            UsageError: the image has another size, and is not to be resized; or a tensor has
                another shape or type, or is missing.
        """
        singles = [_of_one(spec, self.batch) for spec in self.inputs]
        rows = [[self._tensor_of(x, spec) for x, spec in self._by_input(g, singles)] for g in given]
        rows += rows[-1:] * (self.batch - len(rows))
        if self.batch == 1:
            return joined(rows[0])
        whole = zip(self.inputs, zip(*rows, strict=True), strict=True)
        return joined([np.concatenate(parts).reshape(spec.shape) for spec, parts in whole])

    def _by_input(
        self, given: NDArray[Any], specs: list[TensorSpec]
    ) -> list[tuple[NDArray[Any], TensorSpec]]:
        """What is given for each input."""
        named = given.dtype.names
        if not named and len(specs) == 1:
            return [(given, specs[0])]
        if missing := [spec.name for spec in specs if spec.name not in (named or ())]:
            there = f"has {', '.join(map(shown, named))}" if named else "is one array"
            raise UsageError(
                f"{self.name} takes the tensors {', '.join(shown(spec.name) for spec in specs)}, "
                f"and an input {there}: {shown(missing[0])} is missing"
            )
        return [(given[spec.name], spec) for spec in specs]

    def _tensor_of(self, given: NDArray[Any], spec: TensorSpec) -> NDArray[Any]:
        if self._is_image(given, spec):
            return self.preprocessing.tensor_of(given, spec, self.name)
        try:
            return tensor_of(given, spec, self.name)
        except UsageError as error:
            named = f"{shown(spec.name)}: " if len(self.inputs) > 1 else ""
            raise UsageError(f"{named}{error}{self._hint(given)}") from error

    def _hint(self, given: NDArray[Any]) -> str:
        """What there is to do about what does not fit as it is."""
        settings = self.path.with_suffix(".toml").name
        planes = replace(self, preprocessing=Preprocessing(layout="nchw"))
        if planes.is_image(given):
            return f'; for images, {settings} says: layout = "nchw"'
        if given.dtype.kind == "f" and given.size != math.prod(self.input.shape):
            return f'; if a function makes its features, {settings} says: front_end = "module:name"'
        return ""

    def holding(self, content: bytes) -> Model:
        """The same with another content of its file, which takes and gives tensors of its types.

        Raises:
            UsageError: the content is no model, or takes or gives others.
        """
        graph = graph_of(content, self.path)
        given, gives = _ends(self.path, graph)
        theirs, ours = (given, gives), (self.inputs, self.outputs)
        if [_types(specs) for specs in theirs] != [_types(specs) for specs in ours]:
            raise UsageError(f"another content of {self.path} takes or gives other tensors")
        return replace(self, content=content, graph=graph, inputs=given, outputs=gives)


def load_model(path: Path, signature: str | None = None, name: str = "") -> Model:
    """Reads a .tflite file.

    Args:
        path: of the file.
        signature: which function of several in it.
        name: what the model is called; empty for the file's name.

    Raises:
        UsageError: the file cannot be read, is not a .tflite, or has no such signature, or several
            of which none is chosen; or the model is none that can be tested, or the TOML file
            beside it means nothing, or not for it.
    """
    content, graph = read_graph(path, signature)
    if not graph.inputs or not graph.outputs:
        ends = f"{_counted(graph.inputs, 'input')} and {_counted(graph.outputs, 'output')}"
        raise UsageError(f"{path} has {ends}; a model that is tested has one of each at least")
    inputs, outputs = _ends(path, graph)
    settings = load_settings(path.with_suffix(".toml"))
    model = Model(
        *(path, content, graph, inputs, outputs, settings.preprocessing),
        given_name=name,
        front_end=settings.front_end,
        given_task=settings.task,
        given_threshold=settings.threshold,
    )
    _require_known_inputs(model)
    return model


def _counted(tensors: tuple[int, ...], what: str) -> str:
    return f"{len(tensors)} {what}" if len(tensors) == 1 else f"{len(tensors)} {what}s"


def _ends(path: Path, graph: Graph) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """The inputs and the outputs."""
    inputs, outputs = (
        tuple(
            _spec(path, graph.tensors[number], f"{what}_{place}")
            for place, number in enumerate(numbers)
        )
        for what, numbers in (("input", graph.inputs), ("output", graph.outputs))
    )
    return inputs, outputs


def _spec(path: Path, tensor: Tensor, unnamed: str) -> TensorSpec:
    try:
        dtype = np.dtype(tensor.type)
    except TypeError as error:
        raise UsageError(f"{path} takes or gives {tensor.type}, which is not supported") from error
    if any(size <= 0 for size in tensor.shape):
        raise UsageError(f"{path} takes or gives {tensor}, which has no size")
    return TensorSpec(tensor.shape, dtype, tensor.scale, tensor.zero_point, tensor.name or unnamed)


def _of_one(spec: TensorSpec, batch: int) -> TensorSpec:
    """Of a single input of a batch."""
    return spec if batch == 1 else replace(spec, shape=(1, *spec.shape[1:]))


def _types(specs: tuple[TensorSpec, ...]) -> list[tuple[np.dtype[Any], tuple[int, ...]]]:
    return [(spec.dtype, spec.shape) for spec in specs]


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _has_threshold(model: Model) -> bool:
    """Whether a score, an error, or each of several scores, is held against a threshold."""
    if model.task in ("multi-label", "anomaly"):
        return True
    shape = model.output.shape
    return math.prod(shape[-1:] if model.task == "segmentation" else shape) == 1


def _require_known_inputs(model: Model) -> None:
    if model.given_threshold is not None and not _has_threshold(model):
        raise UsageError(
            f"{model.path.with_suffix('.toml')}: a threshold is for a model that gives one score, "
            f"and {model.name} gives {math.prod(model.output.shape):,}: leave it out"
        )
    if not model.takes_images and model.preprocessing != Preprocessing():
        settings = model.path.with_suffix(".toml").name
        raise UsageError(
            f"{model.path} takes {model.input}, and {settings} is about images, which are "
            '1 x H x W x 3, 1 x H x W x 1 or 1 x H x W (or 1 x 3 x H x W, with layout = "nchw"): '
            "leave its keys out"
        )
    for spec in model.inputs:
        _require_known_input(model, spec)


def _require_known_input(model: Model, spec: TensorSpec) -> None:
    if spec.dtype not in _INPUT_TYPES:
        raise UsageError(
            f"{model.path} takes {spec.dtype}; inputs are int8, uint8, int16, int32 or float32. "
            "Convert it with inference_input_type = tf.int8"
        )
    quantized = model.preprocessing.mean or model.preprocessing.scale
    if quantized and not spec.scale and spec.dtype != np.float32:
        raise UsageError(f"{model.path} takes {spec} without a scale: leave mean and scale out")
    if model.takes_images and spec.dtype in (np.int16, np.int32) and not spec.scale:
        raise UsageError(
            f"{model.path} takes {spec} without a scale, by which images could become its input: "
            "convert it with inference_input_type = tf.int8, or tf.float32"
        )
