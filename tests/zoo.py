"""A zoo of small classifiers, one of each kind that users have, and inputs for each.

No model is trained: what a verdict about a device hangs on is how a model is written, not whether
its answers are right. `python -m tests.zoo FOLDER` writes them all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from tests.unit.engine.graph import Graph, Tensor

BUILTIN = schema.BuiltinOperator
IMAGES = 6
_SPREAD = 60.0
"""Of a weight times an activation, in steps of both, for the scale of their sums: about."""


class Network:
    """Layers one behind the other, quantized as the image is: per channel, or as TOCO wrote it."""

    def __init__(self, image: Tensor) -> None:
        """Begins with the image."""
        self.graph = Graph()
        self._rng = np.random.default_rng(5)
        self._last = self.graph.input(image)

    def conv(self, filters: int, size: int | tuple[int, int] = 3, stride: int = 2) -> Network:
        """A convolution with a RELU; size: of its window, or height and width."""
        rows, columns = size if isinstance(size, tuple) else (size, size)
        options = schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.SAME, stride, stride
        options.fusedActivationFunction = schema.ActivationFunctionType.RELU
        _, height, width, channels = self.tensor.shape
        output = (1, -(-height // stride), -(-width // stride), filters)
        weights = self._weights((filters, rows, columns, channels), 0)
        return self._weighted(BUILTIN.CONV_2D, weights, self._sums(weights, output, True), options)

    def depthwise(self, stride: int = 1) -> Network:
        """A depthwise convolution with a RELU."""
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.SAME, stride, stride
        options.depthMultiplier = 1
        options.fusedActivationFunction = schema.ActivationFunctionType.RELU
        _, height, width, channels = self.tensor.shape
        output = (1, -(-height // stride), -(-width // stride), channels)
        weights = self._weights((1, 3, 3, channels), 3)
        sums = self._sums(weights, output, True)
        return self._weighted(BUILTIN.DEPTHWISE_CONV_2D, weights, sums, options)

    def dense(self, units: int, logits: tuple[float, int] | None = None) -> Network:
        """A fully connected layer over all that is there, with the scale and zero point given."""
        weights = self._weights((units, int(np.prod(self.tensor.shape[1:]))), 0)
        sums = self._sums(weights, (1, units), False)
        if logits:
            sums = Tensor(sums.shape, sums.dtype, *logits)
        options = schema.FullyConnectedOptionsT()
        return self._weighted(BUILTIN.FULLY_CONNECTED, weights, sums, options)

    def average(self) -> Network:
        """Global average pooling."""
        options = schema.ReducerOptionsT()
        options.keepDims = False
        axes = self._constant([1, 2])
        source = self.tensor
        shape = (1, source.shape[-1])
        return self._op(BUILTIN.MEAN, [axes], _like(source, shape), options)

    def pool(self) -> Network:
        """The average of all positions, as a pool whose window is the whole image."""
        _, height, width, channels = self.tensor.shape
        options = schema.Pool2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.VALID, height, width
        options.filterHeight, options.filterWidth = height, width
        output = _like(self.tensor, (1, 1, 1, channels))
        return self._op(BUILTIN.AVERAGE_POOL_2D, [], output, options)

    def flatten(self) -> Network:
        """What Keras writes for Flatten, if the batch is open: the shape is computed."""
        source, size = self._last, int(np.prod(self.tensor.shape[1:]))
        graph = self.graph
        shape = graph.op(BUILTIN.SHAPE, [source], Tensor((4,), "int32"), schema.ShapeOptionsT())
        graph.ops[-1].options.outType = schema.TensorType.INT32
        options = schema.StridedSliceOptionsT()
        options.shrinkAxisMask = 1
        bounds = [self._constant([bound]) for bound in (0, 1, 1)]
        batch = graph.op(BUILTIN.STRIDED_SLICE, [shape, *bounds], Tensor((), "int32"), options)
        pack = schema.PackOptionsT()
        pack.valuesCount, pack.axis = 2, 0
        features = graph.add(Tensor((), "int32", data=np.array(size, np.int32)))
        wanted = graph.op(BUILTIN.PACK, [batch, features], Tensor((2,), "int32"), pack)
        return self._op(BUILTIN.RESHAPE, [wanted], _like(self.tensor, (1, size)), None)

    def reshape(self, *shape: int) -> Network:
        """Another shape, that is a constant."""
        return self._op(BUILTIN.RESHAPE, [self._constant(list(shape))], _like(self.tensor, shape))

    def softmax(self) -> Network:
        """Probabilities."""
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        return self._op(BUILTIN.SOFTMAX, [], self._probabilities(), options)

    def sigmoid(self) -> Network:
        """A probability of each output by itself."""
        return self._op(BUILTIN.LOGISTIC, [], self._probabilities())

    def quantize(self, tensor: Tensor) -> Network:
        """Other numbers for the same values."""
        return self._op(BUILTIN.QUANTIZE, [], tensor, schema.QuantizeOptionsT())

    def dequantize(self) -> Network:
        """The values themselves."""
        options = schema.DequantizeOptionsT()
        return self._op(BUILTIN.DEQUANTIZE, [], Tensor(self.tensor.shape, "float32"), options)

    @property
    def tensor(self) -> Tensor:
        """The last layer's output."""
        return self.graph.tensors[self._last]

    def build(self) -> bytes:
        """The .tflite file."""
        return self.graph.build()

    def _op(self, code: int, others: list[int], output: Tensor, options: object = None) -> Network:
        self._last = self.graph.op(code, [self._last, *others], output, options)
        self.graph.outputs = [self._last]
        return self

    def _constant(self, values: list[int]) -> int:
        data = np.array(values, np.int32)
        return self.graph.add(Tensor(data.shape, "int32", data=data))

    def _probabilities(self) -> Tensor:
        source = self.tensor
        if source.dtype == "float32":
            return Tensor(source.shape, "float32")
        if source.dtype == "int16":
            return Tensor(source.shape, source.dtype, 2**-15)
        return Tensor(source.shape, source.dtype, 1 / 256, int(np.iinfo(source.dtype).min))

    def _weights(self, shape: tuple[int, ...], dimension: int) -> Tensor:
        """Random ones, of the type that goes with the last layer; per channel, if they are int8."""
        rng, dtype = self._rng, self.tensor.dtype
        taps = int(np.prod(shape)) // shape[dimension]
        if dtype == "float32":
            return Tensor(shape, dtype, data=rng.normal(0, 1 / np.sqrt(taps), shape))
        if dtype == "uint8":
            return Tensor(shape, dtype, 0.01, 120, data=rng.integers(1, 256, shape))
        channels = 1 if len(shape) == 2 else shape[dimension]
        scales = (0.004 * 2 ** rng.uniform(0, 2, channels)).astype(np.float32)
        return Tensor(shape, "int8", scales, 0, dimension, rng.integers(-127, 128, shape))

    def _sums(self, weights: Tensor, shape: tuple[int, ...], is_relu: bool) -> Tensor:
        """A layer's output, whose scale is about what its sums spread over."""
        source = self.tensor
        if source.dtype == "float32":
            return Tensor(shape, "float32")
        taps = int(np.prod(weights.shape)) // shape[-1]
        step = np.max(_scale_of(weights)) * np.max(_scale_of(source))
        info = np.iinfo(source.dtype)
        zero_point = info.min if is_relu else (info.min + info.max + 1) // 2
        if source.dtype == "int16":
            zero_point = 0
        return Tensor(shape, source.dtype, float(step * _SPREAD * np.sqrt(taps)), int(zero_point))

    def _weighted(self, code: int, weights: Tensor, sums: Tensor, options: object) -> Network:
        source, channels = self.tensor, sums.shape[-1]
        bias = Tensor((channels,), "float32", data=self._rng.normal(0, 0.1, channels))
        if source.dtype != "float32":
            scale = _scale_of(weights) * _scale_of(source)
            data = self._rng.integers(-2000, 2000, channels)
            bias = Tensor((channels,), "int32", scale, data=data)
            if source.dtype == "int16":
                bias = Tensor((channels,), "int64", scale, data=data * 256)
        return self._op(code, [self.graph.add(weights), self.graph.add(bias)], sums, options)


def _scale_of(tensor: Tensor) -> NDArray[np.float32]:
    assert tensor.scale is not None
    return np.asarray(tensor.scale, np.float32)


def _like(source: Tensor, shape: tuple[int, ...]) -> Tensor:
    return Tensor(shape, source.dtype, source.scale, source.zero_point)


@dataclass(frozen=True)
class Animal:
    """One kind of model, and what its inputs are."""

    make: Callable[[], bytes]
    shape: tuple[int, ...] = (16, 16, 3)
    classes: int = 10
    file: str = "own.tflite"
    are_real: bool = False
    """Whether its inputs are real numbers, not pixels."""

    def inputs(self) -> NDArray[Any]:
        """Pixels: of its own brightness and contrast each; or real numbers from about -3 to 3."""
        rng = np.random.default_rng(6)
        shape = (IMAGES, *self.shape)
        if self.are_real:
            return rng.normal(0, 1, shape).astype(np.float32)
        middle = rng.integers(40, 216, (IMAGES, 1, 1, self.shape[-1]))
        noise = rng.normal(0, 1, shape) * rng.uniform(5, 60, (IMAGES, 1, 1, 1))
        return np.clip(middle + noise, 0, 255).astype(np.uint8)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Puts model and dataset into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.file).write_bytes(self.make())
        dataset = folder / "set.npz"
        labels = np.arange(IMAGES) % self.classes
        np.savez(dataset, inputs=self.inputs(), labels=labels)
        return folder / self.file, dataset


def _image(shape: tuple[int, int, int], scale: float = 1 / 255, zero_point: int = -128) -> Tensor:
    return Tensor((1, *shape), "int8", scale, zero_point)


def _small(
    image: Tensor,
    classes: int = 10,
    logits: tuple[float, int] | None = None,
) -> Network:
    """Convolution, average and logits."""
    return Network(image).conv(8).average().dense(classes, logits)


RGB = (16, 16, 3)
FLOAT = Tensor((1, *RGB), "float32")
UINT8 = Tensor((1, *RGB), "uint8", 1 / 255, 0)
INT16 = Tensor((1, *RGB), "int16", 2**-15)

ZOO = {
    "scale of 1 by 255": Animal(lambda: _small(_image(RGB)).softmax().build()),
    "scale that is printed as another double": Animal(
        lambda: _small(_image(RGB, 0.003921568859368563)).softmax().build()
    ),
    "scale of 1 by 127.5": Animal(lambda: _small(_image(RGB, 1 / 127.5, -1)).softmax().build()),
    "scale of 0.1": Animal(lambda: _small(_image(RGB, 0.1, 0)).softmax().build()),
    "one channel": Animal(lambda: _small(_image((28, 28, 1))).softmax().build(), (28, 28, 1)),
    "no channel": Animal(
        lambda: (
            Network(Tensor((1, 28, 28), "int8", 1 / 255, -128))
            .reshape(1, 784)
            .dense(10)
            .softmax()
            .build()
        ),
        (28, 28, 1),
    ),
    "not square": Animal(lambda: _small(_image((12, 20, 3))).softmax().build(), (12, 20, 3)),
    "float": Animal(lambda: _small(FLOAT).softmax().build()),
    "float logits": Animal(lambda: _small(FLOAT).build()),
    "float at the ends": Animal(
        lambda: (
            Network(FLOAT)
            .quantize(_image(RGB))
            .conv(8)
            .average()
            .dense(10)
            .softmax()
            .dequantize()
            .build()
        )
    ),
    "uint8 at the ends": Animal(
        lambda: (
            Network(UINT8)
            .quantize(_image(RGB))
            .conv(8)
            .average()
            .dense(10)
            .softmax()
            .quantize(Tensor((1, 10), "uint8", 1 / 256, 0))
            .build()
        )
    ),
    "uint8 as TOCO wrote it": Animal(lambda: _small(UINT8).softmax().build()),
    "16x8": Animal(lambda: _small(INT16).softmax().build()),
    "int8 logits": Animal(lambda: _small(_image(RGB)).build()),
    "logits below zero": Animal(lambda: _small(_image(RGB), 10, (0.1, 127)).build()),
    "logits of a scale above one": Animal(lambda: _small(_image(RGB), 10, (3.7, 12)).build()),
    "all answers the same": Animal(lambda: _small(_image(RGB), 10, (1e3, 0)).build()),
    "1 output, a sigmoid": Animal(lambda: _small(_image(RGB), 1).sigmoid().build(), classes=2),
    "1 output, a float sigmoid": Animal(lambda: _small(FLOAT, 1).sigmoid().build(), classes=2),
    "2 outputs": Animal(lambda: _small(_image(RGB), 2).softmax().build(), classes=2),
    "3 outputs": Animal(lambda: _small(_image(RGB), 3).softmax().build(), classes=3),
    "36 outputs": Animal(lambda: _small(_image(RGB), 36).softmax().build(), classes=36),
    "1,001 outputs": Animal(lambda: _small(_image(RGB), 1001).softmax().build(), classes=1001),
    "4,320 outputs": Animal(lambda: _small(_image(RGB), 4320).build(), classes=4320),
    "outputs of four dimensions": Animal(
        lambda: _small(_image(RGB), 5).reshape(1, 1, 1, 5).build(), classes=5
    ),
    "Flatten of Keras": Animal(
        lambda: Network(_image(RGB)).conv(4).flatten().dense(10).softmax().build()
    ),
    "Flatten of Keras in float": Animal(
        lambda: Network(FLOAT).conv(4).flatten().dense(10).softmax().build()
    ),
    "depthwise convolutions": Animal(
        lambda: (
            Network(_image(RGB))
            .conv(8)
            .depthwise()
            .conv(16, 1, 1)
            .average()
            .dense(10)
            .softmax()
            .build()
        )
    ),
    "mostly weights": Animal(lambda: Network(_image(RGB)).dense(256).dense(10).softmax().build()),
    "8 x 8": Animal(lambda: _small(_image((8, 8, 3))).softmax().build(), (8, 8, 3)),
    "224 x 224": Animal(
        lambda: Network(_image((224, 224, 3))).conv(4, 3, 4).average().dense(10).softmax().build(),
        (224, 224, 3),
    ),
    "vector": Animal(
        lambda: Network(Tensor((1, 640), "int8", 0.03, -5)).dense(32).dense(10).softmax().build(),
        (640,),
        are_real=True,
    ),
    "vector without a batch": Animal(
        lambda: Network(Tensor((24,), "float32")).reshape(1, 24).dense(4).softmax().build(),
        (24,),
        classes=4,
        are_real=True,
    ),
    "spectrogram": Animal(
        lambda: _small(Tensor((1, 49, 10, 1), "int8", 0.03, 7), 12).softmax().build(),
        (49, 10),
        classes=12,
        are_real=True,
    ),
    "samples of six axes": Animal(
        lambda: (
            Network(Tensor((1, 64, 6), "uint8", 0.03, 128))
            .reshape(1, 64, 1, 6)
            .conv(8)
            .average()
            .dense(5)
            .softmax()
            .build()
        ),
        (64, 6),
        classes=5,
        are_real=True,
    ),
    "name with spaces": Animal(lambda: _small(_image(RGB)).build(), file="my own model.tflite"),
    "name with umlauts": Animal(lambda: _small(_image(RGB)).build(), file="Gerät-größer.tflite"),
    "name with a leading dash": Animal(lambda: _small(_image(RGB)).build(), file="-own.tflite"),
    "name with quotes": Animal(lambda: _small(_image(RGB)).build(), file='it\'s "it" $1.tflite'),
}


def main() -> None:
    """Writes each into a folder of its own."""
    for name, animal in ZOO.items():
        print(*animal.write(Path(sys.argv[1]) / name))


if __name__ == "__main__":
    main()
