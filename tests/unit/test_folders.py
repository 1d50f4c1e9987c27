"""Class folders as people have them: what is an image, of which class, and what is passed over."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixtures import places
from tinyml_hil.dataset import Dataset, load_dataset
from tinyml_hil.errors import UsageError


def _images(root: Path, *names: str) -> Path:
    for shade, name in enumerate(names):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (shade, 0, 0)).save(file)
    return root


def _labels(dataset: Dataset) -> dict[str, str]:
    return {
        dataset.image_name(i): dataset.class_name(dataset.label(i)) for i in range(len(dataset))
    }


def test_folders_of_two_of_cifar10_s_classes_are_two_classes_to_a_model_of_two() -> None:
    dataset = load_dataset(places.CASES / "cat_dog_folders", classes=2)
    assert dataset.classes == ("cat", "dog")


def test_folders_of_two_of_cifar10_s_classes_keep_its_numbers_for_a_model_of_ten() -> None:
    dataset = load_dataset(places.CASES / "cat_dog_folders", classes=10)
    assert {dataset.label(i) for i in range(len(dataset))} == {3, 5}


@pytest.mark.parametrize("names", [("0", "2", "10"), ("0_ant", "2_bee", "10_cow")])
def test_numbered_folders_are_in_the_order_of_their_numbers(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    dataset = load_dataset(_images(tmp_path, *(f"{name}/a.png" for name in names)), classes=3)
    assert dataset.classes == names
    assert "--labels gives the order" in dataset.notes[0]


def test_numbered_folders_of_some_classes_keep_their_numbers(tmp_path: Path) -> None:
    dataset = load_dataset(_images(tmp_path, "3/a.png", "5/a.png"), classes=10)
    assert [dataset.label(i) for i in range(2)] == [3, 5]
    assert dataset.classes == tuple(map(str, range(10)))


def test_folders_that_are_numbered_from_1_are_classes_from_0(tmp_path: Path) -> None:
    dataset = load_dataset(_images(tmp_path, "1/a.png", "2/a.png"), classes=2)
    assert [dataset.label(i) for i in range(2)] == [0, 1]


def test_folder_in_a_class_folder_is_no_class(tmp_path: Path) -> None:
    root = _images(tmp_path, "cat/a.png", "cat/closeups/b.png", "dog/a.png")
    assert _labels(load_dataset(root)) == {
        "cat/a.png": "cat",
        "cat/closeups/b.png": "cat",
        "dog/a.png": "dog",
    }


def test_classes_are_the_folders_of_which_there_are_as_many_as_classes(tmp_path: Path) -> None:
    root = _images(tmp_path, "cat/far/a.png", "cat/near/a.png", "cat/out/a.png", "dog/far/a.png")
    assert load_dataset(root, classes=2).classes == ("cat", "dog")


def test_training_and_testing_are_splits_however_they_are_written(tmp_path: Path) -> None:
    root = _images(tmp_path, "Training/cat/a.png", "Testing/cat/b.png", "Testing/dog/c.png")
    assert _labels(load_dataset(root)) == {"Testing/cat/b.png": "cat", "Testing/dog/c.png": "dog"}


def test_image_beside_the_class_folders_is_passed_over_by_name(tmp_path: Path) -> None:
    dataset = load_dataset(_images(tmp_path, "cover.png", "mug/a.png", "pen/a.png"))
    assert dataset.classes == ("mug", "pen")
    assert dataset.notes == (
        "passes over 1 file, since it lies beside the class folders: cover.png",
    )


def test_class_folder_without_images_is_passed_over_by_name(tmp_path: Path) -> None:
    root = _images(tmp_path, "cat/a.png")
    (root / "dog").mkdir()
    assert load_dataset(root).notes == ("passes over 1 folder, since it is empty: dog",)


def test_what_is_no_image_is_passed_over_by_name(tmp_path: Path) -> None:
    root = _images(tmp_path, "cat/a.png", "dog/a.png")
    (root / "cat" / "a.heic").touch()
    (root / "labels").touch()
    assert load_dataset(root).notes == (
        "passes over 1 file, since it has no ending: labels",
        "passes over 1 file, since .heic is no image format: cat/a.heic",
    )


def test_what_operating_systems_leave_behind_is_passed_over() -> None:
    dataset = load_dataset(places.CASES / "mac.zip", classes=2)
    assert len(dataset) == 4
    assert dataset.classes == ("cat", "dog")
    assert dataset.notes == ()
    assert all(dataset.image(i).shape == (32, 32, 3) for i in range(4))


@pytest.mark.parametrize("name", [".DS_Store", "._a.png", "Thumbs.db", "desktop.ini", ".x/a.png"])
def test_hidden_file_is_passed_over(tmp_path: Path, name: str) -> None:
    root = _images(tmp_path, "cat/a.png", "dog/a.png")
    (root / "cat" / name).parent.mkdir(exist_ok=True)
    (root / "cat" / name).touch()
    dataset = load_dataset(root)
    assert (len(dataset), dataset.notes) == (2, ())


def test_zip_with_the_separators_of_windows_has_class_folders(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, "PNG")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        for name in ("set\\cat\\a.png", "set\\dog\\a.png"):
            file.writestr(name, content.getvalue())
    assert load_dataset(tmp_path / "set.zip", classes=2).classes == ("cat", "dog")


def test_class_folder_behind_a_link_is_read(tmp_path: Path) -> None:
    root = _images(tmp_path / "set", "cat/a.png")
    _images(tmp_path / "elsewhere", "dog/a.png")
    (root / "dog").symlink_to(tmp_path / "elsewhere" / "dog")
    (root / "cat" / "round").symlink_to(root)
    assert load_dataset(root, classes=2).classes == ("cat", "dog")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder for a test that ends as a user who may not read everything."""
    with tempfile.TemporaryDirectory(prefix="hil-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        if os.getuid() == 0:
            os.seteuid(0)


def _become_nobody() -> None:
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_folder_without_permission_is_named(as_nobody: Path) -> None:
    root = _images(as_nobody / "set", "cat/a.png", "dog/a.png")
    (root / "dog").chmod(0)
    _become_nobody()
    with pytest.raises(UsageError, match=r"cannot read the dataset .*Permission denied: '.*/dog'"):
        load_dataset(root)


def test_image_without_permission_is_named(as_nobody: Path) -> None:
    root = _images(as_nobody / "set", "cat/a.png")
    (root / "cat" / "a.png").chmod(0)
    _become_nobody()
    with pytest.raises(UsageError, match=r"cannot read cat/a\.png in .*Permission denied"):
        load_dataset(root).image(0)


def test_image_that_unpacks_to_gigabytes_is_refused_without_unpacking_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("cat/a.png", bytes(1 << 27))
    with pytest.raises(UsageError, match=r"cannot read cat/a\.png in .*larger than 67,108,864"):
        load_dataset(tmp_path / "set.zip").image(0)


def test_control_characters_in_names_are_shown_escaped(tmp_path: Path) -> None:
    dataset = load_dataset(_images(tmp_path, "\x1b[31mred/\x07.png", "blau ü/a.png"))
    assert dataset.classes == (r"\x1b[31mred", "blau ü")
    assert dataset.image_name(0) == r"\x1b[31mred/\x07.png"


FORMATS = ("png", "jpg", "jpeg", "bmp", "ppm", "pgm", "gif", "tif", "tiff", "webp", "tga", "ico")


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_that_pillow_opens_is_an_image(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "cat" / f"a.{ending}"
    file.parent.mkdir()
    Image.new(
        "L" if ending == "pgm" else "RGB", (32, 32), 200 if ending == "pgm" else (200,) * 3
    ).save(file)
    image = load_dataset(tmp_path).image(0)
    assert image.shape == (32, 32, 3)
    assert np.abs(image.astype(int) - 200).max() < 4


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_of_16_bits_a_channel_the_upper_8_count(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "cat" / f"a.{ending}"
    file.parent.mkdir()
    values = np.array([[0, 0x1234], [0x80FF, 0xFFFF]], np.uint16)
    Image.fromarray(values).save(file)
    assert load_dataset(tmp_path).image(0)[..., 0].tolist() == [[0, 0x12], [0x80, 0xFF]]


def test_damaged_tiff_is_one_sentence_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cat" / "a.tif"
    file.parent.mkdir()
    Image.new("RGB", (64, 64)).save(file, compression="tiff_deflate")
    content = bytearray(file.read_bytes())
    content[8:24] = bytes(16)  # where the compressed pixels begin
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"cat/a\.tif is a damaged image"):
        load_dataset(tmp_path).image(0)
    assert capfd.readouterr().err == ""


def test_floating_point_pixels_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "cat" / "a.tif")
    with pytest.raises(UsageError, match=r"cat/a\.tif has pixels that are no whole numbers"):
        load_dataset(tmp_path).image(0)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK"])
def test_other_kinds_of_pixels_become_colours(tmp_path: Path, mode: str) -> None:
    (tmp_path / "cat").mkdir()
    name = "a.tif" if mode == "CMYK" else "a.png"
    Image.new("RGB", (4, 4), "white").convert(mode).save(tmp_path / "cat" / name)
    assert (load_dataset(tmp_path).image(0) == 255).all()


@pytest.mark.filterwarnings("error")
def test_image_of_too_many_pixels_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    root = _images(tmp_path, "cat/a.png")
    with pytest.raises(UsageError, match=r"cat/a\.png has more than 10 pixels: make it smaller"):
        load_dataset(root).image(0)


def test_packed_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-python.tar.gz").touch()
    with pytest.raises(UsageError, match="is packed: unpack it"):
        load_dataset(tmp_path / "cifar-10-python.tar.gz")


def test_compressed_array_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.npz", "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("x.npy", "w", force_zip64=True) as array:
            array.write(bytes(1000))
        file.writestr("y.npy", "")
        file.filelist[0].file_size = 1 << 33  # what it says of itself in the directory
    with pytest.raises(
        UsageError, match=r"[0-9,]+ bytes of \w+, compressed; more than 1,073,741,824"
    ):
        load_dataset(tmp_path / "set.npz")
