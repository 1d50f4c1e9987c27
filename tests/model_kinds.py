"""Kinds of models that people convert, a small one of each, and what becomes of it here.

`python -m tests.model_kinds` prints the table of docs/models.md. Weights are random and the random
numbers fixed: what a kind is lies in how a model is written, not in what it has learnt.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tests.unit.engine.conftest import PROGRAMS, build_host
from tests.unit.engine.runner import Engine
from tinyml_hil.build import judge
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, Reference, load_model, load_reference

Layers = Any
"""``tf.keras.layers``; Keras has no types."""
Build = Callable[[Any], Any]
"""Makes a network of ``tf.keras``, or a ``tf.Module`` with a method ``serve``."""

INPUTS = 10
IMAGE = (16, 16, 3)
SOUND = (25, 10)
MOTION = (32, 3)
ROW = (12,)
CLASSES = 4
NEAR = 1e-5
"""Of the largest output: how far float32 may be off."""


@dataclass(frozen=True)
class Kind:
    """One kind of model."""

    name: str
    build: Build
    quantization: str = "int8"
    """One of QUANTIZATIONS."""
    ends: str = "int8"
    """The type of its inputs and outputs."""

    def write(self, path: Path) -> None:
        """Converts a small one."""
        with redirect_stdout(io.StringIO()):  # on which TensorFlow talks
            path.write_bytes(_convert(self))


def _small(layers: Layers, x: Any) -> Any:
    return layers.Conv2D(6, 3, 2, padding="same", activation="relu")(x)


def _head(layers: Layers, x: Any, activation: str = "softmax", units: int = CLASSES) -> Any:
    return layers.Dense(units, activation=activation)(layers.GlobalAveragePooling2D()(x))


def of_images(
    middle: Callable[[Layers, Any], Any], head: Any = _head, batch: int | None = 1
) -> Build:
    """A network that begins with a convolution, and ends with a classifier."""

    def build(tf: Any) -> Any:
        layers = tf.keras.layers
        image = layers.Input(IMAGE, batch_size=batch)
        return tf.keras.Model(image, head(layers, middle(layers, _small(layers, image))))

    return build


def of(shape: tuple[int, ...], body: Callable[[Layers, Any], Any], dtype: str = "float32") -> Build:
    """A network with one input and one output."""

    def build(tf: Any) -> Any:
        start = tf.keras.layers.Input(shape, batch_size=1, dtype=dtype)
        return tf.keras.Model(start, body(tf.keras.layers, start))

    return build


def _plain(layers: Layers, x: Any) -> Any:
    return layers.MaxPooling2D(2)(layers.Conv2D(8, 3, activation="relu")(x))


def _wide(layers: Layers, x: Any) -> Any:
    """Below 1,024 weights the converter leaves them in float32."""
    return layers.Conv2D(20, 3, activation="relu")(_plain(layers, x))


def _separable(layers: Layers, x: Any) -> Any:
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    return layers.Conv2D(12, 1, activation="relu6")(x)


def _inverted_residual(layers: Layers, x: Any) -> Any:
    y = layers.Conv2D(12, 1, activation="relu6")(x)
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu6")(y)
    return layers.Add()([x, layers.Conv2D(6, 1)(y)])


def _hard_swish(layers: Layers, x: Any) -> Any:
    y = layers.ReLU(6.0)(layers.Rescaling(1.0, 3.0)(x))
    return layers.Multiply()([x, layers.Rescaling(1 / 6)(y)])


def _squeeze_and_excite(layers: Layers, x: Any) -> Any:
    y = layers.Reshape((1, 1, 6))(layers.GlobalAveragePooling2D()(x))
    y = layers.Conv2D(6, 1, activation="sigmoid")(layers.Conv2D(2, 1, activation="swish")(y))
    return layers.Multiply()([x, y])


def _dense_block(layers: Layers, x: Any) -> Any:
    for _ in range(2):
        x = layers.Concatenate()([x, layers.Conv2D(4, 3, padding="same", activation="relu")(x)])
    return layers.AveragePooling2D(2)(x)


def _inception(layers: Layers, x: Any) -> Any:
    pooled = layers.AveragePooling2D(3, 1, padding="same")(x)
    return layers.Concatenate()(
        [
            layers.Conv2D(4, 1)(x),
            layers.Conv2D(4, 5, padding="same")(x),
            layers.Conv2D(2, 1)(pooled),
        ]
    )


def _shuffle(layers: Layers, x: Any) -> Any:
    y = layers.Reshape((8, 8, 2, 3))(x)
    return layers.Reshape((8, 8, 6))(layers.Permute((1, 2, 4, 3))(y))


def _attention(layers: Layers, x: Any) -> Any:
    x = layers.Reshape((64, 6))(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)])
    return layers.Reshape((8, 8, 6))(layers.LayerNormalization()(x))


def _unet(layers: Layers, x: Any) -> Any:
    y = layers.Conv2D(8, 3, 2, padding="same", activation="relu")(x)
    y = layers.Conv2DTranspose(6, 3, 2, padding="same", activation="relu")(y)
    return layers.Concatenate()([x, y])


def _map(layers: Layers, x: Any) -> Any:
    return layers.Conv2D(3, 1, activation="softmax")(layers.UpSampling2D(2)(x))


def _activated(activation: str) -> Build:
    return of_images(lambda layers, x: layers.Conv2D(6, 3, activation=activation)(x))


def _layer(make: Callable[[Layers], Any]) -> Build:
    return of_images(lambda layers, x: make(layers)(x))


def _flat(layers: Layers, x: Any) -> Any:
    return layers.Dense(CLASSES, activation="softmax")(layers.Flatten()(x))


def _max_head(layers: Layers, x: Any) -> Any:
    return layers.Dense(CLASSES, activation="softmax")(layers.GlobalMaxPooling2D()(x))


def _recurrent(make: Callable[[Layers], Any]) -> Build:
    return of(SOUND, lambda layers, x: _out(layers, make(layers)(x)))


def _out(layers: Layers, x: Any) -> Any:
    return layers.Dense(CLASSES, activation="softmax")(x)


def _conv1d(layers: Layers, x: Any) -> Any:
    x = layers.Conv1D(8, 3, 2, activation="relu")(x)
    return _out(layers, layers.GlobalAveragePooling1D()(layers.MaxPooling1D(2)(x)))


def _temporal(layers: Layers, x: Any) -> Any:
    for dilation in (1, 2, 4):
        y = layers.Conv1D(3, 3, dilation_rate=dilation, padding="causal", activation="relu")(x)
        x = layers.Add()([x, y])
    return _out(layers, layers.Flatten()(x))


def _separable1d(layers: Layers, x: Any) -> Any:
    x = layers.SeparableConv1D(8, 5, activation="relu")(x)
    return _out(layers, layers.GlobalMaxPooling1D()(x))


def _autoencoder(layers: Layers, x: Any) -> Any:
    for units in (8, 3, 8):
        x = layers.Dense(units, activation="relu")(layers.BatchNormalization()(x))
    return layers.Dense(ROW[0])(x)


def _perceptron(layers: Layers, x: Any) -> Any:
    x = layers.Normalization(mean=[0.1] * ROW[0], variance=[2.0] * ROW[0])(x)
    return _out(layers, layers.Dropout(0.2)(layers.Dense(8, activation="tanh")(x)))


def _embedding(layers: Layers, x: Any) -> Any:
    return _out(layers, layers.GlobalAveragePooling1D()(layers.Embedding(120, 6)(x)))


def _two_inputs(tf: Any) -> Any:
    layers = tf.keras.layers
    # The converter takes them by name.
    image = layers.Input(IMAGE, batch_size=1, name="image")
    row = layers.Input(ROW, batch_size=1, name="row")
    seen = layers.GlobalAveragePooling2D()(_small(layers, image))
    return tf.keras.Model([image, row], _out(layers, layers.Concatenate()([seen, row])))


def _two_outputs(tf: Any) -> Any:
    layers = tf.keras.layers
    image = layers.Input(IMAGE, batch_size=1)
    x = _small(layers, image)
    return tf.keras.Model(image, [_head(layers, x), _head(layers, x, "linear", 4)])


def _streaming(tf: Any) -> Any:
    class Streaming(tf.Module):  # type: ignore[misc]
        """Adds each frame to what it keeps of those before."""

        def __init__(self) -> None:
            self.kept = tf.Variable(np.zeros((1, 8), np.float32))
            self.weights = tf.constant(np.random.default_rng(1).normal(size=(8, 4)), tf.float32)

        @tf.function(input_signature=[tf.TensorSpec((1, 8), tf.float32)])  # type: ignore[untyped-decorator]
        def serve(self, frame: Any) -> Any:
            self.kept.assign(self.kept * 0.5 + frame)
            return tf.matmul(self.kept, self.weights)

    return Streaming()


def _spectrum(tf: Any) -> Any:
    class Spectrum(tf.Module):  # type: ignore[misc]
        """Makes its spectrogram itself."""

        @tf.function(input_signature=[tf.TensorSpec((1, 64), tf.float32)])  # type: ignore[untyped-decorator]
        def serve(self, sound: Any) -> Any:
            return tf.abs(tf.signal.rfft(sound))

    return Spectrum()


KINDS = [
    Kind("convolutions, int8 throughout", of_images(_plain)),
    Kind("the same, uint8 in and out", of_images(_plain), ends="uint8"),
    Kind("the same, float32 in and out", of_images(_plain), ends="float32"),
    Kind("the same, float32 throughout", of_images(_plain), "float32", "float32"),
    Kind("the same, weights in float16", of_images(_plain), "float16", "float32"),
    Kind("the same, dynamic range (hybrid)", of_images(_wide), "dynamic range", "float32"),
    Kind("the same, 16x8 (int16 activations)", of_images(_plain), "16x8", "int16"),
    Kind("Flatten, open batch", of_images(_plain, _flat, None)),
    Kind("Flatten, batch of 1", of_images(_plain, _flat)),
    Kind("global maximum", of_images(_plain, _max_head)),
    Kind("MobileNet: depthwise and 1x1, RELU6", of_images(_separable)),
    Kind("MobileNetV2: inverted residual", of_images(_inverted_residual)),
    Kind("MobileNetV3: hard swish", of_images(_hard_swish)),
    Kind("EfficientNet: squeeze and excite, swish", of_images(_squeeze_and_excite)),
    Kind("DenseNet: concatenations", of_images(_dense_block)),
    Kind("Inception: branches", of_images(_inception)),
    Kind("ShuffleNet: channels shuffled", of_images(_shuffle)),
    Kind("transformer: attention, layer normalization", of_images(_attention)),
    Kind("U-Net: transposed convolution", of_images(_unet)),
    Kind("segmentation: a map of classes", of_images(lambda _, x: x, _map)),
    Kind("upsampling, bilinear", _layer(lambda k: k.UpSampling2D(2, interpolation="bilinear"))),
    Kind("zero padding", _layer(lambda k: k.ZeroPadding2D(1))),
    Kind("cropping", _layer(lambda k: k.Cropping2D(1))),
    Kind("Conv3D", of((4, 8, 8, 1), lambda k, x: _out(k, k.Flatten()(k.Conv3D(2, 3)(x))))),
    *(
        Kind(f"activation {name}", _activated(name))
        for name in (
            "elu",
            "gelu",
            "hard_sigmoid",
            "leaky_relu",
            "mish",
            "selu",
            "sigmoid",
            "silu",
            "softplus",
            "softsign",
            "tanh",
        )
    ),
    Kind("activation PReLU", _layer(lambda k: k.PReLU(shared_axes=[1, 2]))),
    Kind("layer normalization", _layer(lambda k: k.LayerNormalization())),
    Kind("group normalization", _layer(lambda k: k.GroupNormalization(2))),
    Kind("unit length (embeddings)", of(ROW, lambda k, x: k.UnitNormalization()(k.Dense(8)(x)))),
    Kind("sound or motion: Conv1D", of(MOTION, _conv1d)),
    Kind("Conv1D, dilated and causal", of(MOTION, _temporal)),
    Kind("SeparableConv1D", of(MOTION, _separable1d)),
    Kind("LSTM, float32", _recurrent(lambda k: k.LSTM(6)), "float32", "float32"),
    Kind("LSTM, unrolled", _recurrent(lambda k: k.LSTM(6, unroll=True))),
    Kind(
        "bidirectional LSTM, float32",
        _recurrent(lambda k: k.Bidirectional(k.LSTM(4))),
        "float32",
        "float32",
    ),
    Kind("GRU", _recurrent(lambda k: k.GRU(6)), "float32", "float32"),
    Kind("GRU, unrolled", _recurrent(lambda k: k.GRU(6, unroll=True))),
    Kind("SimpleRNN, unrolled", _recurrent(lambda k: k.SimpleRNN(6, unroll=True))),
    Kind("a stream that keeps state (variables)", _streaming, "float32", "float32"),
    Kind("a spectrogram in the model", _spectrum, "float32", "float32"),
    Kind("rows of numbers: normalization, Dense", of(ROW, _perceptron)),
    Kind("autoencoder", of(ROW, _autoencoder)),
    Kind("words: Embedding", of((8,), _embedding, "int32"), "float32", "float32"),
    Kind("one sigmoid", of_images(_plain, lambda k, x: _head(k, x, "sigmoid", 1))),
    Kind("multi-label: sigmoids", of_images(_plain, lambda k, x: _head(k, x, "sigmoid"))),
    Kind("regression: one number", of_images(_plain, lambda k, x: _head(k, x, "linear", 1))),
    Kind("two inputs", _two_inputs),
    Kind("two outputs", _two_outputs),
    Kind("a batch of 4", of_images(_plain, batch=4)),
]


def _convert(kind: Kind) -> bytes:
    """A .tflite of this kind."""
    import tensorflow as tf  # here, since it takes seconds

    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(1)
    made = kind.build(tf)
    if isinstance(made, tf.keras.Model):
        converter = tf.lite.TFLiteConverter.from_keras_model(made)
        shapes = [(tuple(x.shape), x.dtype) for x in made.inputs]
    else:
        function = made.serve.get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], made)
        shapes = []
    _quantize(tf, converter, kind, shapes)
    return bytes(converter.convert())


def _quantize(tf: Any, converter: Any, kind: Kind, shapes: list[tuple[Any, str]]) -> None:
    if kind.quantization == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind.quantization == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind.quantization not in ("int8", "16x8"):
        return
    rng = np.random.default_rng(1)
    converter.representative_dataset = lambda: (
        [rng.normal(0, 1, [d or 1 for d in shape]).astype(dtype) for shape, dtype in shapes]
        for _ in range(8)
    )
    ops = tf.lite.OpsSet
    chosen = {
        "int8": ops.TFLITE_BUILTINS_INT8,
        "16x8": ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
    }
    converter.target_spec.supported_ops = [chosen[kind.quantization]]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, kind.ends)


def verdict(path: Path, engine: Engine) -> str:
    """What becomes of a model: that it runs and how exact, or why it does not."""
    try:
        model = load_model(path)
    except UsageError as error:
        return f"refused: {str(error).replace(str(path), 'the model')}"
    lacks = judge(model.content, model.graph, places.BUILD).lacks
    if lacks:
        return f"refused: {'; '.join(lacks)}"
    try:
        reference = load_reference("litert", model)
    except UsageError as error:
        return f"runs, and is not compared: {str(error).replace(str(path), 'the model')}"
    return _compared(model, engine, reference)


def _compared(model: Model, engine: Engine, reference: Reference) -> str:
    """Runs it on inputs of chance, one after the other, in the engine and in LiteRT."""
    tensors = [model.graph.tensors[i] for i in model.graph.inputs]
    rng = np.random.default_rng(2)
    inputs = [[_random(rng, t.shape, np.dtype(t.type)) for t in tensors] for _ in range(INPUTS)]
    # One by one: what a model keeps from one inference to the next begins anew with each input.
    runs = [engine.run(model.content, [x.tobytes() for x in given]).runs[0] for given in inputs]
    expected = [[x.tobytes() for x in reference.run(given)] for given in inputs]
    pairs = [(run.outputs, right) for run, right in zip(runs, expected, strict=True)]
    if all(outputs == right for outputs, right in pairs):
        return "runs, exact"
    if model.output.dtype == np.float32 and all(_near(*pair) for pair in pairs):
        return "runs, as near as float32 is"
    return "runs, and gives other values"


def _near(outputs: list[bytes], expected: list[bytes]) -> bool:
    """Whether float32 outputs are as near as docs/engine.md says."""
    both = [[np.frombuffer(x, np.float32) for x in side] for side in (outputs, expected)]
    return all(
        np.allclose(one, other, rtol=0, atol=NEAR * np.abs(other).max())
        for one, other in zip(*both, strict=True)
    )


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype == np.float32:
        return rng.normal(0, 1, shape).astype(dtype)
    if dtype == np.int32:  # places in a vocabulary
        return rng.integers(0, 100, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


def row(kind: Kind, said: str) -> str:
    """A row of the table."""
    return f"| {kind.name} | {said} |"


def _rows() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(build_host() / PROGRAMS["simd"], Path(folder) / "stderr.txt")
        for kind in KINDS:
            path = Path(folder) / "model.tflite"
            kind.write(path)
            yield row(kind, verdict(path, engine))
        engine.close()


if __name__ == "__main__":
    for line in _rows():
        print(line, flush=True)
