"""Dataset layouts: each is recognised, and each kind of damage is named."""

from __future__ import annotations

import os
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fixtures import places
from tinyml_hil.dataset import arrays, load_dataset
from tinyml_hil.dataset.dataset import WindowDataset
from tinyml_hil.errors import UsageError

COUNT = 6


@pytest.fixture
def images() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (COUNT, 32, 32, 3), np.uint8)


@pytest.fixture
def labels() -> NDArray[np.uint8]:
    return np.array([3, 8, 8, 0, 6, 9], np.uint8)


@pytest.fixture
def binary(tmp_path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    planes = images.transpose(0, 3, 1, 2).reshape(COUNT, -1)
    np.hstack([labels[:, None], planes]).tofile(tmp_path / "test_batch.bin")
    return tmp_path


@pytest.fixture
def class_folders(tmp_path: Path, images: NDArray[np.uint8]) -> Path:
    root = tmp_path / "folders"
    for index, image in enumerate(images):
        folder = root / "test" / ["mug", "pen"][index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{index}.png")
    (root / "train" / "bird").mkdir(parents=True)
    Image.fromarray(images[0]).save(root / "train" / "bird" / "0.png")
    return root


def test_default_images_are_the_first_twenty_of_cifar10() -> None:
    dataset = load_dataset(places.DEFAULT_DATASET)
    labels = [dataset.label(i) for i in range(len(dataset))]
    assert labels == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1, 0, 9, 5, 7, 9, 8, 5, 7, 8, 6]


def test_binary_layout_keeps_pixels_and_labels(
    binary: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    dataset = load_dataset(binary)
    assert [dataset.label(i) for i in range(COUNT)] == labels.tolist()
    assert all((dataset.image(i) == images[i]).all() for i in range(COUNT))
    assert dataset.class_name(3) == "cat"


def test_one_binary_file_is_a_dataset_too(binary: Path) -> None:
    assert len(load_dataset(binary / "test_batch.bin")) == COUNT


def test_python_layout_keeps_pixels_and_labels(
    tmp_path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    planes = images.transpose(0, 3, 1, 2).reshape(COUNT, -1)
    content = {b"data": planes, b"labels": labels.tolist()}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(content))
    dataset = load_dataset(tmp_path)
    assert [dataset.label(i) for i in range(COUNT)] == labels.tolist()
    assert (dataset.image(5) == images[5]).all()


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "ran",)  # type: ignore[return-value]

    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"labels": Evil()}))
    with pytest.raises(UsageError, match="has no place in a dataset"):
        load_dataset(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_class_folders_take_the_test_split_and_the_classes_in_turn(
    class_folders: Path, images: NDArray[np.uint8]
) -> None:
    dataset = load_dataset(class_folders)
    assert dataset.classes == ("mug", "pen")
    assert [dataset.label(i) for i in range(len(dataset))] == [0, 1] * 3
    assert (dataset.image(1) == images[1]).all()


def test_class_folders_of_a_part_of_cifar10_keep_its_numbers(class_folders: Path) -> None:
    (class_folders / "test" / "mug").rename(class_folders / "test" / "ship")
    (class_folders / "test" / "pen").rename(class_folders / "test" / "cat")
    dataset = load_dataset(class_folders)
    assert [dataset.label(i) for i in range(2)] == [3, 8]
    assert len(dataset.classes) == 10


def test_zip_of_class_folders_is_the_same_dataset(class_folders: Path, tmp_path: Path) -> None:
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(class_folders.rglob("*.png")):
            file.write(path, path.relative_to(class_folders))
    packed, unpacked = load_dataset(archive), load_dataset(class_folders)
    assert len(packed) == len(unpacked)
    assert all((packed.image(i) == unpacked.image(i)).all() for i in range(len(packed)))


def test_count_takes_the_first_images(binary: Path) -> None:
    assert len(load_dataset(binary, 2)) == 2
    assert len(load_dataset(binary, 100)) == COUNT


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no dataset at"):
        load_dataset(tmp_path / "nowhere")


def test_folder_of_something_else_is_refused_with_what_is_awaited(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UsageError, match="neither CIFAR-10's test_batch"):
        load_dataset(tmp_path)


def test_binary_file_cut_short_is_refused(binary: Path) -> None:
    path = binary / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UsageError, match="a multiple of 3073 bytes"):
        load_dataset(binary)


def test_label_out_of_range_is_named(binary: Path) -> None:
    path = binary / "test_batch.bin"
    content = bytearray(path.read_bytes())
    content[3073 * 2] = 77
    path.write_bytes(content)
    with pytest.raises(UsageError, match="image 2 has the label 77"):
        load_dataset(binary)


def test_damaged_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 no zip at all")
    with pytest.raises(UsageError, match="cannot read the dataset"):
        load_dataset(tmp_path / "x.zip")


def test_class_folder_that_is_not_named_in_utf_8_is_refused(class_folders: Path) -> None:
    mugs = class_folders / "test" / "mug"
    mugs.rename(mugs.with_name(os.fsdecode(b"Becher f\xfcr Tee")))
    with pytest.raises(UsageError, match=r"folder 'Becher f.*' is not named in UTF-8: rename it"):
        load_dataset(class_folders)


def test_damaged_image_is_named(class_folders: Path) -> None:
    victim = class_folders / "test" / "mug" / "0.png"
    victim.write_bytes(victim.read_bytes()[:60])
    with pytest.raises(UsageError, match=r"0\.png is a damaged image"):
        load_dataset(class_folders).image(0)


def test_training_batches_are_the_train_split_in_their_order(tmp_path: Path) -> None:
    for number in (1, 2):
        records = np.full((3, 3073), number, np.uint8)
        records[:, 0] = [number, 0, number + 2]
        records.tofile(tmp_path / f"data_batch_{number}.bin")
    train = load_dataset(tmp_path, split="train")
    assert [train.label(i) for i in range(len(train))] == [1, 0, 3, 2, 0, 4]
    assert [int(train.image(i)[0, 0, 0]) for i in range(len(train))] == [1, 1, 1, 2, 2, 2]
    assert len(load_dataset(tmp_path, count=4, split="train")) == 4


def test_class_folders_below_train_are_the_train_split(class_folders: Path) -> None:
    train = load_dataset(class_folders, split="train")
    assert len(train) == 1
    assert train.class_name(train.label(0)) == "bird"


def test_test_batch_is_never_taken_for_training_images(binary: Path) -> None:
    with pytest.raises(UsageError, match="no dataset with a train split"):
        load_dataset(binary, split="train")


def test_folders_below_test_are_never_taken_for_training_images(class_folders: Path) -> None:
    shutil.rmtree(class_folders / "train")
    with pytest.raises(UsageError, match="no dataset with a train split"):
        load_dataset(class_folders, split="train")


@pytest.mark.parametrize(
    "names", [("images", "labels"), ("inputs", "labels"), ("x", "y"), ("x_test", "y_test")]
)
def test_numpy_arrays_keep_pixels_and_labels(
    tmp_path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8], names: tuple[str, str]
) -> None:
    arrays: dict[str, Any] = dict(zip(names, (images, labels), strict=True))
    np.savez(tmp_path / "set.npz", **arrays)
    dataset = load_dataset(tmp_path / "set.npz")
    assert [dataset.label(i) for i in range(COUNT)] == labels.tolist()
    assert (dataset.image(2) == images[2]).all()
    assert dataset.class_name(3) == "3"


def test_numpy_arrays_without_channels_are_grey(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((2, 28, 28), np.uint8), y=np.array([[0], [1]]))
    dataset = load_dataset(tmp_path / "set.npz")
    assert dataset.image(0).shape == (28, 28, 1)
    assert dataset.label(1) == 1


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"a": np.zeros(1)}, "has the arrays a; it needs images and labels"),
        ({"x": np.zeros((2, 4), complex), "y": np.zeros(2, int)}, "inputs are complex128"),
        ({"x": np.zeros((2, 4)), "y": np.zeros(2, complex)}, "2 whole numbers or names"),
        ({"x": np.zeros((2, 4, 4), np.uint8), "y": np.zeros(3, int)}, "2 whole numbers"),
        ({"x": np.zeros((2, 4, 4), np.uint8), "y": np.array([0, -1])}, "input 1 has the label -1"),
        ({"x": np.zeros((1, 4, 4), np.uint8), "y": np.array([1 << 40])}, "labels are from 0 to"),
    ],
)
def test_numpy_arrays_that_are_no_images_and_labels_are_refused(
    tmp_path: Path, arrays: dict[str, Any], complaint: str
) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(UsageError, match=complaint):
        load_dataset(tmp_path / "set.npz")


def test_large_array_is_not_read_but_where_it_is_looked_at(
    tmp_path: Path,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrays, "_LARGEST_READ", images.nbytes)  # its header is beyond
    np.savez(tmp_path / "set.npz", images=images, labels=labels)
    read = load_dataset(tmp_path / "set.npz")
    assert isinstance(read._inputs, np.memmap)  # type: ignore[attr-defined]
    assert all((read.image(i) == images[i]).all() for i in range(COUNT))
    assert [read.label(i) for i in range(COUNT)] == labels.tolist()


def test_array_that_a_run_has_no_use_for_may_have_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "_LARGEST_READ", 4096)
    few: dict[str, Any] = {"x_test": np.zeros((2, 4, 4), np.uint8), "y_test": np.zeros(2, int)}
    np.savez_compressed(tmp_path / "set.npz", x_train=np.zeros(8192, np.uint8), **few)
    assert len(load_dataset(tmp_path / "set.npz")) == 2


def test_mlperf_tiny_s_layout_keeps_pixels_and_labels(
    tmp_path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    lines = [f"{i}.bin,10,{label}\n" for i, label in enumerate(labels)]
    (tmp_path / "y_labels.csv").write_text("".join(lines))
    for i, image in enumerate(images):
        image.tofile(tmp_path / f"{i}.bin")
    dataset = load_dataset(tmp_path)
    assert [dataset.label(i) for i in range(COUNT)] == labels.tolist()
    assert (dataset.image(4) == images[4]).all()
    assert len(dataset.classes) == 10


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("a.bin,10", "y_labels.csv:1: .* is not name,classes,label"), ("a.bin,10,10", "none of 10")],
)
def test_line_of_mlperf_tiny_s_labels_that_is_wrong_is_named(
    tmp_path: Path, line: str, complaint: str
) -> None:
    (tmp_path / "y_labels.csv").write_text(line)
    with pytest.raises(UsageError, match=complaint):
        load_dataset(tmp_path)


def test_raw_input_that_is_no_square_image_is_int8_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "y_labels.csv").write_text("tst_000000_Stop_7.bin, 12, 7\n")
    (tmp_path / "tst_000000_Stop_7.bin").write_bytes(bytes([0, 127, 128, 255, 1, 2, 3]))
    dataset = load_dataset(tmp_path)
    assert dataset.image(0).dtype == np.int8
    assert dataset.image(0).tolist() == [0, 127, -128, -1, 1, 2, 3]
    assert (dataset.title(0), dataset.label(0)) == ("input 0, tst_000000_Stop_7.bin", 7)


def test_raw_input_that_is_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "y_labels.csv").write_text("a.bin,2,1")
    (tmp_path / "a.bin").write_bytes(b"")
    with pytest.raises(UsageError, match=r"a\.bin is empty"):
        load_dataset(tmp_path)


def test_mlperf_s_windows_are_real_numbers_and_know_their_recording(tmp_path: Path) -> None:
    for name, first in (("normal.bin", 0), ("anomaly.bin", 100)):
        np.arange(first, first + 8, dtype="<f4").tofile(tmp_path / name)
    lines = "normal.bin,2,0,16,8\nanomaly.bin,2,1,16,8\n"
    (tmp_path / "y_labels.csv").write_text(lines)
    dataset = load_dataset(tmp_path)
    assert isinstance(dataset, WindowDataset)
    assert [dataset.image(i).tolist()[0] for i in range(len(dataset))] == [0, 2, 4, 100, 102, 104]
    assert dataset.image(5).tolist() == [104, 105, 106, 107]
    assert [dataset.label(i) for i in range(6)] == [0, 0, 0, 1, 1, 1]
    assert [dataset.group(i) for i in range(6)] == [0, 0, 0, 1, 1, 1]
    assert dataset.title(3) == "input 3, anomaly.bin"
    assert len(load_dataset(tmp_path, 4)) == 4


@pytest.mark.parametrize("window", ["16", "15,8", "16,0", "16,8,1"])
def test_window_of_mlperf_s_that_means_nothing_is_named(tmp_path: Path, window: str) -> None:
    (tmp_path / "y_labels.csv").write_text(f"a.bin,2,1,{window}")
    with pytest.raises(UsageError, match=r"y_labels\.csv:1: .* is not name,classes,label,window"):
        load_dataset(tmp_path)
