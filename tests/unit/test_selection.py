"""Which images a run takes, what their classes are called, and what is found before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyml_hil import paths
from tinyml_hil.dataset import ArrayDataset, Dataset, read_labels, sample, survey_of, with_classes
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, load_model
from tinyml_hil.session import Options, Session

LABELS = [0] * 50 + [1] * 30 + [2] * 5


def _dataset(labels: list[int], classes: tuple[str, ...] = ("0", "1", "2")) -> Dataset:
    pixels = np.random.default_rng(0).integers(0, 256, (len(labels), 32, 32, 3), np.uint8)
    return ArrayDataset("set", classes, pixels, np.array(labels))


def _counts(dataset: Dataset) -> list[int]:
    labels = [dataset.label(i) for i in range(len(dataset))]
    return [labels.count(number) for number in range(3)]


def _pixels(dataset: Dataset) -> list[NDArray[np.uint8]]:
    return [dataset.image(i) for i in range(len(dataset))]


def test_sample_has_as_many_of_each_class_as_there_are() -> None:
    assert _counts(sample(_dataset(LABELS), "7:12")) == [4, 4, 4]
    assert _counts(sample(_dataset(LABELS), "7:45")) == [20, 20, 5]


def test_sample_of_a_seed_is_always_the_same_and_of_another_is_not() -> None:
    first, again, other = (sample(_dataset(LABELS), f"{seed}:12") for seed in (7, 7, 8))
    assert np.array_equal(_pixels(first), _pixels(again))
    assert not np.array_equal(_pixels(first), _pixels(other))


@pytest.mark.parametrize("chosen", ["7", "x:3", "7:0", "7:-1", "7:86"])
def test_sample_that_cannot_be_drawn_is_refused(chosen: str) -> None:
    with pytest.raises(UsageError, match="--sample"):
        sample(_dataset(LABELS), chosen)


def test_images_and_sample_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        Options(images=3, sample="7:3")


def test_session_takes_the_sample_that_was_asked_for() -> None:
    dataset = Session(Options(sample="1:5")).dataset
    assert len(dataset) == 5
    assert len({dataset.label(i) for i in range(5)}) == 5


def test_names_are_given_to_classes_that_have_numbers_only(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("mug\npen\n\nrug\nsky\n")
    dataset = with_classes(_dataset([2, 0]), read_labels(tmp_path / "labels.txt"))
    assert dataset.classes == ("mug", "pen", "rug", "sky")
    assert [dataset.class_name(dataset.label(i)) for i in range(2)] == ["rug", "mug"]


def test_classes_that_have_names_get_the_numbers_of_the_labels() -> None:
    dataset = with_classes(_dataset([0, 1, 2], ("mug", "pen", "rug")), ("rug", "mug", "sky", "pen"))
    assert [dataset.label(i) for i in range(3)] == [1, 3, 0]


def test_class_without_a_label_is_named() -> None:
    with pytest.raises(UsageError, match="has classes without a label: pen"):
        with_classes(_dataset([0, 1], ("mug", "pen")), ("mug", "rug"))


def test_classes_and_labels_that_miss_each_other_are_both_named_with_what_to_do() -> None:
    said = r"without a label: cat, dog; labels without an image: cats, dogs; name both alike"
    with pytest.raises(UsageError, match=said):
        with_classes(_dataset([0, 1], ("cat", "dog")), ("cats", "dogs"))


def test_of_a_thousand_labels_without_an_image_ten_are_named() -> None:
    names = tuple(f"label {i}" for i in range(1000))
    with pytest.raises(UsageError, match="label 8, label 9 and 990 more; name") as caught:
        with_classes(_dataset([0], ("cat",)), names)
    assert len(str(caught.value)) < 400


def test_labels_that_are_too_few_are_refused() -> None:
    with pytest.raises(UsageError, match="has labels up to 2, but there are 2 names only"):
        with_classes(_dataset([2]), ("mug", "pen"))


@pytest.mark.parametrize(("text", "complaint"), [("a\na\n", "a name twice: a"), ("\n", "no names")])
def test_labels_file_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_labels(tmp_path / "labels.txt")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfmug\r\npen\r\n",
        "mug\npen".encode("utf-16"),
        b"mug  \n\n pen\n\n\n",
        b"0 mug\n1 pen\n",
    ],
)
def test_labels_are_read_however_they_were_written(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    assert read_labels(tmp_path / "labels.txt") == ("mug", "pen")


def test_names_that_begin_with_other_numbers_than_their_own_keep_them(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("1 mug\n2 pens\n")
    assert read_labels(tmp_path / "labels.txt") == ("1 mug", "2 pens")


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(paths.DEFAULT_MODEL)


def test_survey_changes_with_a_pixel_a_label_and_the_order(model: Model) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    other = pixels.copy()
    other[0, 0, 0, 0] ^= 1
    found = {
        survey_of(ArrayDataset("set", ("a", "b"), images, np.array(labels)), model).sha256
        for images, labels in (
            (pixels, [0, 1]),
            (other, [0, 1]),
            (pixels, [1, 0]),
            (pixels[::-1], [1, 0]),
        )
    }
    assert len(found) == 4


def test_duplicates_are_counted(model: Model) -> None:
    pixels = np.zeros((3, 32, 32, 3), np.uint8)
    assert (
        survey_of(ArrayDataset("set", ("a",), pixels, np.array([0, 0, 0])), model).duplicates == 2
    )


def test_image_with_two_labels_is_refused_with_both(model: Model) -> None:
    dataset = ArrayDataset("set", ("a", "b"), np.zeros((2, 32, 32, 3), np.uint8), np.array([0, 1]))
    with pytest.raises(UsageError, match="images 0 and 1 are the same, but labelled a and b"):
        survey_of(dataset, model)


def test_image_that_does_not_fit_is_named(model: Model) -> None:
    dataset = ArrayDataset("set", ("a",), np.zeros((1, 28, 28, 3), np.uint8), np.array([0]))
    with pytest.raises(UsageError, match="image 0: an image is 28 x 28 x 3, but cifar10 takes 32"):
        survey_of(dataset, model)


def test_label_that_the_model_lacks_is_refused(model: Model) -> None:
    dataset = ArrayDataset("set", ("a",), np.zeros((1, 32, 32, 3), np.uint8), np.array([10]))
    with pytest.raises(UsageError, match="image 0 has the label 10; cifar10 has 10 classes"):
        survey_of(dataset, model)
