"""Inputs that are no images: read from each layout, made into the model's input, or refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.conftest import Run
from tests.unit.engine.graph import Tensor
from tests.zoo import IMAGES, ZOO, Network
from tinyml_hil.dataset import load_dataset, survey_of, with_classes
from tinyml_hil.errors import UsageError
from tinyml_hil.explanation import HYPOTHESES, Evidence, Explanation, examine
from tinyml_hil.model import Model, TensorSpec, load_model
from tinyml_hil.model.tensor_input import tensor_of
from tinyml_hil.record import InputRecord
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session

INT8 = TensorSpec((1, 2, 3, 1), np.dtype(np.int8), 0.5, 10)
FLOAT = TensorSpec((1, 6), np.dtype(np.float32), 0.0, 0)
WORDS = TensorSpec((1, 6), np.dtype(np.int32), 0.0, 0)
BARE = TensorSpec((1, 6), np.dtype(np.int8), 0.0, 0)
RAW = np.array([[-128, 0, 1], [2, 3, 127]], np.int8)


@pytest.mark.parametrize("shape", [(1, 2, 3, 1), (2, 3, 1), (2, 3), (6,), (1, 6)])
def test_raw_values_stay_as_they_are(shape: tuple[int, ...]) -> None:
    tensor = tensor_of(RAW.reshape(shape), INT8, "m")
    assert tensor.shape == INT8.shape
    assert np.array_equal(tensor.reshape(2, 3), RAW)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_real_numbers_are_quantized_by_the_input_s_scale_and_zero_point(dtype: type) -> None:
    real: NDArray[Any] = np.array([0, 1, -1, 0.7, 1000, -1000], dtype)
    assert tensor_of(real, INT8, "m").ravel().tolist() == [10, 12, 8, 11, 127, -128]


def test_real_numbers_are_quantized_to_the_whole_range_of_int16() -> None:
    spec = TensorSpec((1, 4), np.dtype(np.int16), 2**-15, 0)
    real = np.array([0.5, -0.25, 7, -7])
    assert tensor_of(real, spec, "m").ravel().tolist() == [16384, -8192, 32767, -32768]


def test_real_numbers_of_a_float_input_are_as_they_are() -> None:
    real = np.array([0.1, -2, 3, 4, 5, 1e9])
    tensor = tensor_of(real, FLOAT, "m")
    assert tensor.dtype == np.float32
    assert np.array_equal(tensor[0], real.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32])
def test_whole_numbers_of_any_type_are_those_of_words(dtype: type) -> None:
    tensor = tensor_of(np.array([0, 1, 99, 3, 4, 5], dtype), WORDS, "m")
    assert tensor.dtype == np.int32
    assert tensor.tolist() == [[0, 1, 99, 3, 4, 5]]


@pytest.mark.parametrize(
    ("values", "spec", "complaint"),
    [
        (np.zeros((3, 2), np.int8), INT8, "an input is 3 x 2, but m takes 1 x 2 x 3 x 1: give it"),
        (np.zeros(5, np.int8), FLOAT, "an input is 5, but m takes 1 x 6: "),
        (np.int8(1), FLOAT, "an input is a single value, but m takes 1 x 6: "),
        (np.zeros(6, np.int64), INT8, r"int64, but m takes int8: .*, or real numbers \(float32\)"),
        (np.zeros(6, np.uint8), FLOAT, "uint8, but m takes float32: give raw values of that type$"),
        (np.zeros(6), BARE, "float64, and m takes int8 1x6 without a scale"),
        (np.array([0, 1, 2, 3, 4, 0.5]), WORDS, "no whole numbers of 32 bits, and m takes int32"),
        (np.array([0, 1, 2, 3, 4, np.nan]), WORDS, "no whole numbers of 32 bits"),
        (np.array([0, 1, 2, 3, 4, 2**31]), WORDS, "no whole numbers of 32 bits"),
        (np.array([1, 2, 3, 4, 5, np.nan]), FLOAT, "not finite"),
        (np.array([1, 2, 3, 4, 5, 1e300]), INT8, "not finite"),
    ],
)
def test_tensor_that_does_not_fit_is_refused(
    values: NDArray[Any], spec: TensorSpec, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        tensor_of(np.asarray(values), spec, "m")


def _model(folder: Path, kind: str) -> Model:
    path, _ = ZOO[kind].write(folder)
    return load_model(path)


def test_pixels_are_an_image_and_raw_values_are_none_for_a_model_of_either(tmp_path: Path) -> None:
    model = _model(tmp_path, "spectrogram")
    pixels = np.full((49, 10, 1), 3, np.uint8)
    assert (model.input_of(pixels) == 3 - 128).all()
    assert (model.input_of(pixels.astype(np.int8)) == 3).all()


def test_image_for_an_int16_input_is_a_real_number_quantized(tmp_path: Path) -> None:
    model = _model(tmp_path, "16x8")
    image = np.full((16, 16, 3), 255, np.uint8)
    image[0, 0, 0] = 51
    tensor = model.input_of(image).ravel()
    assert tensor[:2].tolist() == [round(0.2 * 2**15), 32767]


def test_image_for_a_model_of_planes_is_told_of_the_layout(tmp_path: Path) -> None:
    image = Tensor((1, 3, 4, 5), "int8", 0.1, 0)
    (tmp_path / "m.tflite").write_bytes(Network(image).reshape(1, 60).dense(3).build())
    model = load_model(tmp_path / "m.tflite")
    with pytest.raises(UsageError, match=r'4 x 5 x 3, .*; for images, m\.toml .*layout = "nchw"$'):
        model.input_of(np.zeros((4, 5, 3), np.uint8))


def test_settings_of_images_for_a_model_that_takes_none_are_refused(tmp_path: Path) -> None:
    path, _ = ZOO["vector"].write(tmp_path)
    (tmp_path / "own.toml").write_text("mean = 127.5")
    with pytest.raises(UsageError, match=r"own\.toml is about images, .*: leave its keys out"):
        load_model(path)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float32, np.float64])
def test_npz_keeps_values_of_any_type(tmp_path: Path, dtype: type) -> None:
    inputs: NDArray[Any] = np.arange(24).reshape(4, 3, 2).astype(dtype)
    np.savez(tmp_path / "set.npz", inputs=inputs, labels=np.array([0, 1, 2, 1]))
    dataset = load_dataset(tmp_path / "set.npz")
    assert dataset.image(2).dtype == dtype
    assert np.array_equal(dataset.image(2), inputs[2])
    assert dataset.title(2) == "input 2"


def test_npz_may_name_its_classes(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((3, 2)), y=np.array(["yes", "no", "yes"]))
    dataset = load_dataset(tmp_path / "set.npz")
    assert dataset.classes == ("no", "yes")
    assert [dataset.label(i) for i in range(3)] == [1, 0, 1]
    ordered = with_classes(dataset, ("yes", "no"))
    assert [ordered.label(i) for i in range(3)] == [0, 1, 0]
    assert ordered.title(1) == "input 1"


def test_folders_of_npy_are_classes(tmp_path: Path) -> None:
    for name, values in (("no/a", [1.5, 2]), ("yes/b", [3, 4])):
        (tmp_path / name).parent.mkdir()
        np.save(tmp_path / f"{name}.npy", np.array(values))
    dataset = load_dataset(tmp_path)
    assert dataset.classes == ("no", "yes")
    assert dataset.image(0).tolist() == [1.5, 2]
    assert dataset.title(1) == "input 1, yes/b.npy"


def _without_an_end() -> bytes:
    """A .npy whose header goes on to the end of the file."""
    saved = io.BytesIO()
    np.save(saved, np.arange(3))
    return saved.getvalue().replace(b"}", b" ")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"what", "no array that NumPy reads"),
        (b"", "no array"),
        (_without_an_end(), "no array that NumPy reads"),
    ],
)
def test_damaged_npy_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / "a.npy").write_bytes(content)
    with pytest.raises(UsageError, match=rf"yes/a\.npy is {complaint}"):
        load_dataset(tmp_path).image(0)


def _table(folder: Path, text: str) -> Path:
    (folder / "set.csv").write_text(text)
    return folder / "set.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_real_numbers_beside_a_label(tmp_path: Path, delimiter: str) -> None:
    text = "a,Label,b\n1,0,-2.5\n\n3,2,4e1\n".replace(",", delimiter)
    dataset = load_dataset(_table(tmp_path, text))
    assert [dataset.image(i).tolist() for i in range(2)] == [[1, -2.5], [3, 40]]
    assert dataset.image(0).dtype == np.float32
    assert [dataset.label(i) for i in range(2)] == [0, 2]
    assert dataset.classes == ("0", "1", "2")


def test_csv_may_name_its_classes_which_all_lines_tell(tmp_path: Path) -> None:
    text = "\ufeffclass,a\nyes,1\nno,2\n"
    dataset = load_dataset(_table(tmp_path, text), count=1)
    assert (len(dataset), dataset.classes, dataset.label(0)) == (1, ("no", "yes"), 1)


@pytest.mark.parametrize("labels", [("0.0", "10.0", "2.0"), ("0", "1e1", "2.0")])
def test_csv_may_write_numbers_of_classes_with_decimals(
    tmp_path: Path, labels: tuple[str, ...]
) -> None:
    text = "".join(["label,a\n", *(f"{label},1\n" for label in labels)])
    for task in ("", "classification"):
        dataset = load_dataset(_table(tmp_path, text), task=task)
        assert [dataset.label(i) for i in range(3)] == [0, 10, 2]
        assert dataset.classes == tuple(map(str, range(11)))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1,2,3\n", r"set\.csv has no column of labels: its first line names"),
        ("", "has no column of labels"),
        ("label,a\n1,x\n", r"set\.csv:2: 'x' is not a number"),
        ("label,a\n1,2\n1,2,3\n", r"set\.csv:3: there are 3 columns, and 2 names"),
        ("label,a\n,2\n", r"set\.csv:2: there is no label"),
        ("label,a\n99999999999999999999,2\n", "labels are from 0 to"),
        ("label,a\n", "holds no image"),
    ],
)
def test_csv_that_cannot_be_used_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        load_dataset(_table(tmp_path, text))


def test_input_that_does_not_fit_is_named_before_the_run(tmp_path: Path) -> None:
    model = _model(tmp_path, "vector")
    dataset = load_dataset(_table(tmp_path, "label,a,b\n1,2,3\n"))
    with pytest.raises(
        UsageError, match=r"set\.csv: input 0: an input is 2, but own takes 1 x 640"
    ):
        survey_of(dataset, model)


@pytest.mark.parametrize("kind", ["vector", "spectrogram"])
def test_without_a_dataset_a_model_of_tensors_asks_for_one(tmp_path: Path, kind: str) -> None:
    path, _ = ZOO[kind].write(tmp_path)
    with pytest.raises(UsageError, match="give labelled ones with --dataset"):
        _ = Session(Options(target="qemu", model=path)).dataset


@pytest.mark.parametrize("kind", ["vector", "spectrogram"])
def test_cause_is_found_among_those_that_are_not_about_images(tmp_path: Path, kind: str) -> None:
    path, dataset = ZOO[kind].write(tmp_path)
    session = Session(Options(target="qemu", model=path, dataset=dataset))
    inputs = [session.model.input_of(session.dataset.image(i)) for i in range(IMAGES)]
    right = [session.reference.predict(tensor).reshape(-1) for tensor in inputs]
    stale = [right[0], *right[:-1]]
    records = [
        InputRecord(i, session.dataset.label(i), right[i], stale[i], 1) for i in range(IMAGES)
    ]
    told = Explanation("", "litert", IMAGES, IMAGES)
    with Evidence(session, "litert", records, tmp_path / "unused") as evidence:
        examine(evidence, [each for each in HYPOTHESES if not each.costly], told)
    assert told.cause
    assert told.cause.hypothesis == "stale-input"
    assert told.left_out == []


def test_folders_of_npy_are_exact_on_the_device_and_drawn(run_cli: Run, tmp_path: Path) -> None:
    animal = ZOO["spectrogram"]
    path, _ = animal.write(tmp_path)
    for index in range(animal.classes):
        (tmp_path / "set" / str(index)).mkdir(parents=True)
    for index, values in enumerate(animal.inputs()):
        np.save(tmp_path / "set" / str(index) / "a.npy", values)
    (tmp_path / "set" / "11" / "b.npy").write_bytes(
        (tmp_path / "set" / "0" / "a.npy").read_bytes()[:-1] + b"\x3f"
    )
    options = ("--model", path, "--dataset", tmp_path / "set", "--target=qemu", "--json")
    result = run_cli("evaluate", *options)
    assert result.returncode == 0, result.stderr
    run = json.loads(result.stdout)
    assert run["numbers"]["exact"] == run["numbers"]["images"] == IMAGES + 1
    page = (Path(run["folder"]) / PAGE).read_text()
    assert 'alt="input 0, 0"' in page
    assert "data:image/png;base64," in page
