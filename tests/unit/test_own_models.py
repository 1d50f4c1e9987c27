"""Models of others: other sizes, channels and input types, bit-exact on QEMU; preprocessing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures import places
from tests.unit.conftest import Run
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Preprocessing, TensorSpec, load_model
from tinyml_hil.model.settings import Settings, load_settings
from tinyml_hil.record import load_record
from tinyml_hil.target.qemu import EXECUTABLE

IMAGE = np.array([[[0, 51, 102], [255, 0, 10]]], np.uint8)  # 1 x 2 x 3
INT8 = TensorSpec((1, 1, 2, 3), np.dtype(np.int8), 2 / 255, 0)
FLOAT = TensorSpec((1, 1, 2, 3), np.dtype(np.float32), 0.0, 0)


def test_pixels_cover_the_whole_range_of_an_8_bit_input() -> None:
    tensor = Preprocessing().tensor_of(IMAGE, INT8, "m")
    assert tensor.tolist() == [[[[-128, -77, -26], [127, -128, -118]]]]


def test_float_input_takes_pixels_from_0_to_1() -> None:
    tensor = Preprocessing().tensor_of(IMAGE, FLOAT, "m")
    assert tensor.dtype == np.float32
    assert tensor.ravel().tolist() == pytest.approx((IMAGE.ravel() / 255).tolist())


def test_mean_and_scale_are_quantized_as_the_input_says() -> None:
    preprocessing = Preprocessing(mean=(127.5,), scale=(1 / 127.5,))
    spec = TensorSpec((1, 1, 2, 3), np.dtype(np.int8), 0.01, 3)
    # -1, -0.6 and -0.2, which are -100, -60 and -20 steps of 0.01 from 3.
    assert preprocessing.tensor_of(IMAGE, spec, "m")[0, 0, 0].tolist() == [-97, -57, -17]


def test_mean_and_scale_may_differ_by_channel() -> None:
    tensor = Preprocessing(mean=(0, 1, 2), scale=(1, 10, 100)).tensor_of(IMAGE, FLOAT, "m")
    assert tensor[0, 0, 0].tolist() == [0, 500, 10000]


def test_colours_and_dimensions_are_put_in_order() -> None:
    planes = TensorSpec((1, 3, 1, 2), np.dtype(np.uint8), 0.0, 0)
    tensor = Preprocessing(channels="bgr", layout="nchw").tensor_of(IMAGE, planes, "m")
    assert tensor.tolist() == [[[[102, 10]], [[51, 0]], [[0, 255]]]]


def test_images_are_resized_only_where_that_is_asked_for() -> None:
    spec = TensorSpec((1, 4, 4, 3), np.dtype(np.uint8), 0.0, 0)
    even = np.full((8, 6, 3), 77, np.uint8)
    assert (Preprocessing(resize=True).tensor_of(even, spec, "m") == 77).all()
    with pytest.raises(UsageError, match="an image is 8 x 6 x 3, but m takes 4 x 4 x 3"):
        Preprocessing().tensor_of(even, spec, "m")


def test_grey_and_colour_become_each_other() -> None:
    grey = TensorSpec((1, 1, 2, 1), np.dtype(np.uint8), 0.0, 0)
    assert Preprocessing().tensor_of(IMAGE, grey, "m").shape == (1, 1, 2, 1)
    back = Preprocessing().tensor_of(IMAGE[..., :1], INT8, "m")
    assert back.tolist() == [[[[-128] * 3, [127] * 3]]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("size = 3", "unknown keys"),
        ("resize = 1", "resize is true or false"),
        ('channels = "gbr"', "channels is one of: rgb, bgr"),
        ("mean = [1, 2]", "mean is a number, or a list of three"),
        ('scale = "1"', "scale is a number, or a list of three"),
        ("front_end = 3", "front_end is a Python function, 'module:function'"),
        ('task = "regresion"', "task is one of: classification"),
        ('threshold = "0.5"', "threshold is a number"),
        ("threshold = nan", "threshold is a number"),
        ("= 3", r"model\.toml is not TOML: "),
    ],
)
def test_toml_that_means_nothing_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "model.toml").write_text(text)
    with pytest.raises(UsageError, match=complaint):
        load_settings(tmp_path / "model.toml")


def test_threshold_is_for_a_single_score(tmp_path: Path) -> None:
    shutil.copy(places.CASES / "two_class_int8.tflite", tmp_path / "m.tflite")
    (tmp_path / "m.toml").write_text("threshold = 0.5")
    with pytest.raises(UsageError, match="a threshold is for a model that gives one score, and m"):
        load_model(tmp_path / "m.tflite")


def test_model_without_a_toml_has_the_default() -> None:
    assert load_settings(Path("none.toml")) == Settings()


def _separable(layers: Any, x: Any, filters: int, stride: int) -> Any:
    x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.ReLU(6.0)(layers.BatchNormalization()(x))


def _mobilenet_like(keras: Any, shape: tuple[int, int, int]) -> Any:
    layers = keras.layers
    image = layers.Input(shape, batch_size=1)
    x = layers.ReLU(6.0)(layers.Conv2D(8, 3, 2, padding="same")(image))
    for filters, stride in ((16, 1), (24, 2), (24, 1)):
        x = _separable(layers, x, filters, stride)
    x = layers.Dense(5)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Softmax()(x))


def _depthwise(keras: Any, shape: tuple[int, int, int]) -> Any:
    """With an open batch, for which the new shape of Flatten is computed in the model."""
    layers = keras.layers
    image = layers.Input(shape)
    x = layers.DepthwiseConv2D(5, 2, depth_multiplier=4, activation="relu")(image)
    x = layers.MaxPooling2D(2)(x)
    return keras.Model(image, layers.Dense(5)(layers.Flatten()(x)))


def _convert(network: Any, images: NDArray[np.uint8], tf: Any, input_type: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: (
        [image[None].astype(np.float32) / 127.5 - 1] for image in images
    )
    converter.inference_input_type = getattr(tf, input_type)
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


@pytest.mark.parametrize(
    ("build", "shape", "input_type"),
    [
        (_mobilenet_like, (48, 40, 3), "int8"),
        pytest.param(_depthwise, (28, 28, 1), "uint8", marks=pytest.mark.nightly),
        pytest.param(_depthwise, (24, 24, 3), "float32", marks=pytest.mark.nightly),
        # 37 KB, more than the console has room for else
        pytest.param(_mobilenet_like, (112, 112, 3), "int8", marks=pytest.mark.nightly),
    ],
)
def test_model_of_another_size_and_input_is_bit_exact(
    run_cli: Run, tmp_path: Path, build: Any, shape: tuple[int, int, int], input_type: str
) -> None:
    tf = pytest.importorskip("tensorflow")
    if not shutil.which(EXECUTABLE):
        pytest.skip(f"apt-get install {EXECUTABLE}")
    tf.keras.utils.set_random_seed(1)
    images = np.random.default_rng(1).integers(0, 256, (8, *shape), np.uint8)
    content = _convert(build(tf.keras, shape), images, tf, input_type)
    (tmp_path / "own.tflite").write_bytes(content)
    (tmp_path / "own.toml").write_text("mean = 127.5\nscale = 0.00784313725490196\n")
    np.savez(tmp_path / "set.npz", images=images, labels=np.arange(8) % 5)
    result = run_cli(
        *("evaluate", "--model", tmp_path / "own.tflite", "--dataset", tmp_path / "set.npz"),
        *("--arena", 2**18, "--json"),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    printed = json.loads(result.stdout)
    assert (printed["numbers"]["exact"], printed["numbers"]["images"]) == (8, 8)
    assert load_record(Path(printed["folder"])).layers, "the input did not reach the console"


def _every_layer(keras: Any, shape: tuple[int, int, int]) -> Any:
    layers = keras.layers
    image = layers.Input(shape, batch_size=1)
    x = layers.Conv2D(8, 3, 2, padding="same", activation="relu")(image)
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu6")(x)
    x = layers.MaxPooling2D(2)(layers.Add()([x, y]))
    x = layers.AveragePooling2D(2)(layers.Subtract()([x, layers.Multiply()([x, x])]))
    x = layers.Dense(10)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Softmax()(x))


@pytest.mark.nightly
def test_float_model_is_brought_up_before_it_is_quantized(run_pytest: Run, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    if not shutil.which(EXECUTABLE):
        pytest.skip(f"apt-get install {EXECUTABLE}")
    tf.keras.utils.set_random_seed(1)
    network = _every_layer(tf.keras, (32, 32, 3))
    content = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (tmp_path / "float.tflite").write_bytes(content)
    tests = [f"harness/tinyml_hil/suite/test_{name}.py" for name in ("images", "layers")]
    options = ("--target=qemu", "--images=4", f"--model={tmp_path / 'float.tflite'}")
    result = run_pytest(*options, *tests)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^bit-exact +4/4$", result.stdout, re.MULTILINE)
