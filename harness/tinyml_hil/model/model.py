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

_CHANNELS = ((1,), (3,))
_WITH_BATCH = 4
"""Dimensions of an input whose first is never its content's."""
_INPUT_TYPES = (np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.float32))


@dataclass(frozen=True)
class Model:
    """One .tflite model with one input and one output."""

    path: Path
    content: bytes = field(repr=False)
    """The file, as it is linked into the firmware."""
    graph: Graph = field(repr=False)
    input: TensorSpec
    output: TensorSpec
    preprocessing: Preprocessing
    """From the TOML file of the model's name beside it."""
    front_end: str = ""
    """From there, too: the user's function that makes inputs; empty if there is none."""
    given_task: str = ""
    """From there, too; empty if it names none."""
    given_threshold: float | None = None
    """Likewise; None if it gives none."""

    @cached_property
    def ops(self) -> tuple[str, ...]:
        """Names of the ops, in the order in which they run."""
        return tuple(node.op for node in self.graph.nodes)

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
        """Whether an op gives integers, as shapes are, or a RESHAPE what is open in the file."""
        return self.graph.computes_shapes

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, in convolutions and fully connected ops."""
        return self.graph.macs

    @property
    def name(self) -> str:
        """Name of the file without its ending, as far as firmware and protocol can carry it."""
        return re.sub(r"[^A-Za-z0-9_.+-]", "_", self.path.stem)

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def class_count(self) -> int:
        """How many classes it tells apart: one for each score, or two by a single score."""
        return max(2, math.prod(self.output.shape))

    @property
    def gives_probabilities(self) -> bool:
        """Whether its scores are probabilities: it ends in SOFTMAX or LOGISTIC."""
        return gives_probabilities(self.ops)

    @property
    def task(self) -> str:
        """What it is for, one of ``TASKS``: what the TOML file says, else what its shape tells."""
        return self.given_task or "classification"

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
        """Whether its input has the shape of an image's; it may be something else all the same."""
        return self.preprocessing.is_for(self.input)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that the model takes, if it does."""
        return self.preprocessing.image_shape(self.input)

    def is_image(self, given: NDArray[Any]) -> bool:
        """Whether it is pixels that become an input as images do: uint8, H x W x 3 or 1."""
        is_pixels = given.dtype == np.uint8 and given.shape[2:] in _CHANNELS
        return is_pixels and self.takes_images

    def input_of(self, given: NDArray[Any]) -> NDArray[Any]:
        """The model's input for one image, as ``preprocessing`` makes it, or for one tensor.

        Args:
            given: an image, as of ``is_image``; else raw values of the input's type, or real ones,
                of the input's shape with or without its dimensions of one, or in a row.

        Returns:
            An array of the input's dtype and shape, batch dimension included.

        Raises:
            UsageError: the image has another size, and is not to be resized; or the tensor has
                another shape or type.
        """
        if self.is_image(given):
            return self.preprocessing.tensor_of(given, self.input, self.name)
        try:
            return tensor_of(given, self.input, self.name)
        except UsageError as error:
            raise UsageError(f"{error}{self._hint(given)}") from error

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
        ends = [[graph.tensors[i] for i in numbers] for numbers in (graph.inputs, graph.outputs)]
        specs = [_spec(self.path, tensor) for tensors in ends for tensor in tensors]
        wanted = [self.input, self.output]
        if [(spec.dtype, spec.shape) for spec in specs] != [(s.dtype, s.shape) for s in wanted]:
            raise UsageError(f"another content of {self.path} takes or gives other tensors")
        given, gives = specs
        return replace(self, content=content, graph=graph, input=given, output=gives)


def load_model(path: Path) -> Model:
    """Reads a .tflite file.

    Raises:
        UsageError: the file cannot be read, is not a .tflite, or is not a classifier with one
            input and one output; or the TOML file beside it means nothing, or not for it.
    """
    content, graph = read_graph(path)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        ends = f"{_counted(graph.inputs, 'input')} and {_counted(graph.outputs, 'output')}"
        raise UsageError(f"{path} has {ends}; a classifier has one of each")
    settings = load_settings(path.with_suffix(".toml"))
    model = Model(
        path=path,
        content=content,
        graph=graph,
        input=_spec(path, graph.tensors[graph.inputs[0]]),
        output=_spec(path, graph.tensors[graph.outputs[0]]),
        preprocessing=settings.preprocessing,
        front_end=settings.front_end,
        given_task=settings.task,
        given_threshold=settings.threshold,
    )
    _require_classifier(model)
    return model


def _counted(tensors: tuple[int, ...], what: str) -> str:
    return f"{len(tensors)} {what}" if len(tensors) == 1 else f"{len(tensors)} {what}s"


def _spec(path: Path, tensor: Tensor) -> TensorSpec:
    try:
        dtype = np.dtype(tensor.type)
    except TypeError as error:
        raise UsageError(f"{path} takes or gives {tensor.type}, which is not supported") from error
    if any(size <= 0 for size in tensor.shape):
        raise UsageError(f"{path} takes or gives {tensor}, which has no size")
    return TensorSpec(tensor.shape, dtype, tensor.scale, tensor.zero_point)


def _batch(model: Model) -> int:
    """How many inputs it takes at once: the first dimension of what has others, too."""
    given, gives = model.input.shape, model.output.shape
    if len(given) == _WITH_BATCH or (len(given) > 1 < len(gives) and given[0] == gives[0]):
        return given[0]
    return 1


def _require_classifier(model: Model) -> None:
    if model.given_threshold is not None and math.prod(model.output.shape) > 1:
        raise UsageError(
            f"{model.path.with_suffix('.toml')}: a threshold is for a model that gives one score, "
            f"and {model.name} gives {math.prod(model.output.shape):,}: leave it out"
        )
    if (batch := _batch(model)) > 1:
        raise UsageError(
            f"{model.path} takes {batch} inputs at once ({model.input}), and they are given one "
            "by one: convert it with a batch of 1"
        )
    if not model.takes_images and model.preprocessing != Preprocessing():
        settings = model.path.with_suffix(".toml").name
        raise UsageError(
            f"{model.path} takes {model.input}, and {settings} is about images, which are "
            '1 x H x W x 3, 1 x H x W x 1 or 1 x H x W (or 1 x 3 x H x W, with layout = "nchw"): '
            "leave its keys out"
        )
    if model.input.dtype not in _INPUT_TYPES:
        raise UsageError(
            f"{model.path} takes {model.input.dtype}; inputs are int8, uint8 or float32. "
            "Convert it with inference_input_type = tf.int8"
        )
    quantized = model.preprocessing.mean or model.preprocessing.scale
    if quantized and not model.input.scale and model.input.dtype != np.float32:
        raise UsageError(
            f"{model.path} takes {model.input} without a scale: leave mean and scale out"
        )
