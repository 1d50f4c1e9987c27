"""References: the host's own run of a model, with exact kernels, to compare a device with."""

from __future__ import annotations

import importlib
import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model.flatbuffer import as_registered
from tinyml_hil.model.model import Model
from tinyml_hil.model.tensors import apart, joined
from tinyml_hil.words import first_line

_REFUSALS = (ValueError, RuntimeError, MemoryError, IndexError)
"""What the interpreters raise at a model that they cannot run."""
_DETECTION = "TFLite_Detection_PostProcess"
"""A custom op that LiteRT has; it leaves what it does not detect as it was."""
_TFLM_ARENA_FACTOR = 10
_TFLM_ARENA_LEAST = 1 << 20
_LARGEST_ELEMENT = 8
"""Bytes."""


class Reference(ABC):
    """One interpreter with one model, on the host.

    Every reference runs the *reference* kernels of its package, which are not the same in all.
    LiteRT's default kernels are faster and give other bits than any of them.
    """

    name: str
    """As given to ``--reference``."""
    package: str
    """The distribution that it comes from."""

    @abstractmethod
    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        """Loads the model. ``keeps_layers``: see ``kept``.

        Raises:
            SetupError: the package is not installed.
            UsageError: the package refuses the model.
        """

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """What an inference gives for what it takes (see ``Model.input_of``): the raw output, flat,
        or the value of several, as of ``tensors.joined``.

        Raises:
            UsageError: the model cannot be run on it: it has a word that there is none of.
        """
        try:
            outputs = self.run(apart(tensor))
        except RuntimeError as error:
            raise UsageError(f"{self.name} cannot run an input: {_reason(error)}") from error
        return outputs[0].reshape(-1) if len(outputs) == 1 else joined(outputs)

    @abstractmethod
    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """All raw outputs of the graph for all its raw inputs, each in the order of the graph.

        No run sees what another has left behind in a state that the model keeps.
        """

    @abstractmethod
    def kept(self, index: int) -> NDArray[Any]:
        """The tensor at ``index`` of the graph, of the last prediction; if it keeps layers."""


class _TfliteInterpreter(Reference):
    """What LiteRT and TensorFlow share: the Python interface of ``Interpreter``."""

    def _load(
        self, interpreter_class: Any, resolver: Any, model: Model, keeps_layers: bool
    ) -> None:
        detecting = (n for n in model.graph.nodes if n.custom == _DETECTION)
        self._unset = [number for node in detecting for number in node.outputs]
        self._new = partial(
            interpreter_class,
            model_content=as_registered(model.content),
            experimental_op_resolver_type=resolver,
            # Else what no op has set may have been written for another tensor.
            experimental_preserve_all_tensors=keeps_layers or bool(self._unset),
        )
        self._has_handles = model.graph.has_handles
        try:
            self._begin()
            self._inputs = [each["index"] for each in self._interpreter.get_input_details()]
            self._outputs = [each["index"] for each in self._interpreter.get_output_details()]
            # Some damage is found by the kernels only.
            self.run(_zeros(model))
        except _REFUSALS as error:
            raise _refused(self.name, model, error) from error

    def _begin(self) -> None:
        with self._quietly():
            self._interpreter = self._new()
            self._interpreter.allocate_tensors()

    def _quietly(self) -> AbstractContextManager[object]:
        """In this, what the package says whenever it begins is not shown."""
        return nullcontext()

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        if self._has_handles:
            self._begin()  # nothing else gives such variables what they hold at first
        for index, tensor in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, tensor)
        self._interpreter.reset_all_variables()
        for index in self._unset:
            self._interpreter.tensor(index)()[...] = 0
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]

    def kept(self, index: int) -> NDArray[Any]:
        tensor: NDArray[Any] = self._interpreter.get_tensor(index)
        return tensor


class LiteRt(_TfliteInterpreter):
    """LiteRT's ``BUILTIN_REF`` kernels."""

    name = "litert"
    package = "ai-edge-litert"

    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        litert = self._interpreters()
        self._load(litert.Interpreter, litert.OpResolverType.BUILTIN_REF, model, keeps_layers)

    def _interpreters(self) -> Any:
        return _import("ai_edge_litert.interpreter", self.package)


class TensorFlow(_TfliteInterpreter):
    """``tf.lite.Interpreter`` with ``BUILTIN_REF`` kernels."""

    name = "tensorflow"
    package = "tensorflow-cpu"

    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        # TensorFlow logs to stderr while it is imported, which no caller wants to read: warnings,
        # and that it has oneDNN, which reference kernels do not use.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
        tensorflow = _import("tensorflow", self.package)
        resolver = tensorflow.lite.experimental.OpResolverType.BUILTIN_REF
        self._load(tensorflow.lite.Interpreter, resolver, model, keeps_layers)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        with warnings.catch_warnings():
            # It announces its own deprecation in favour of LiteRT, the default here.
            warnings.simplefilter("ignore", UserWarning)
            yield


class TfliteMicro(Reference):
    """TensorFlow Lite for Microcontrollers itself, in its Python build."""

    name = "tflite-micro"
    package = "tflite-micro"

    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        runtime = _import("tflite_micro.python.tflite_micro.runtime", self.package)
        try:
            kept = runtime.InterpreterConfig.kPreserveAllTensors
            # Spelt so in the package.
            config = {"intrepreter_config": kept} if keeps_layers else {}
            self._new = partial(
                runtime.Interpreter.from_bytes,
                model.content,
                arena_size=_tflm_arena(model),
                **config,
            )
            self._interpreter = self._new()
            self._has_handles = model.graph.has_handles
            self._outputs = len(model.graph.outputs)
            self._keeps_state = model.keeps_state
            self.run(_zeros(model))
        except _REFUSALS as error:
            raise _refused(self.name, model, error) from error

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        if self._has_handles:
            self._interpreter = self._new()
        for index, tensor in enumerate(inputs):
            self._interpreter.set_input(tensor, index)
        if self._keeps_state:
            self._interpreter.reset()
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_output(index)) for index in range(self._outputs)]

    def kept(self, index: int) -> NDArray[Any]:
        return np.array(self._interpreter.GetTensor(index, 0)["tensor_data"])


REFERENCES: dict[str, type[Reference]] = {
    reference.name: reference for reference in (LiteRt, TensorFlow, TfliteMicro)
}


def _tflm_arena(model: Model) -> int:
    """Bytes: as many times the file as the package takes by itself, and room for all tensors.

    The file of a few weights may have large ones, and what TFLM keeps of an op is as large there.
    """
    elements = sum(tensor.size for tensor in model.graph.tensors)
    by_itself = _TFLM_ARENA_FACTOR * len(model.content)
    return _TFLM_ARENA_LEAST + by_itself + _LARGEST_ELEMENT * elements


def _zeros(model: Model) -> list[NDArray[Any]]:
    tensors = (model.graph.tensors[index] for index in model.graph.inputs)
    return [np.zeros(tensor.shape, tensor.type) for tensor in tensors]


def _import(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SetupError(
            f"{package} is not installed: pip install {package} "
            "(it has wheels for some machines and Python versions only)"
        ) from error


def _refused(name: str, model: Model, error: Exception) -> UsageError:
    return UsageError(f"{name} refuses {model.path}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return first_line(str(error).strip()) or type(error).__name__
