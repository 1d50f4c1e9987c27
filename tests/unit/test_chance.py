"""Whether a model guesses: told where there are images enough, and only then."""

from __future__ import annotations

import pytest

from tests.unit.runs import a_record
from tinyml_hil.record import guessing_hint
from tinyml_hil.record.chance import is_near_chance


@pytest.mark.parametrize(
    ("correct", "images", "classes"),
    [(2, 20, 10), (0, 20, 10), (1, 10, 10), (50, 100, 2), (1, 200, 1000)],
)
def test_guesses_are_told(correct: int, images: int, classes: int) -> None:
    assert is_near_chance(correct, images, 1 / classes)


@pytest.mark.parametrize(
    ("correct", "images", "classes"),
    [(0, 5, 10), (2, 10, 10), (12, 20, 2), (9, 20, 10), (65, 100, 2), (20, 20, 10), (1, 1, 2)],
)
def test_few_images_or_answers_that_are_better_are_no_guesses(
    correct: int, images: int, classes: int
) -> None:
    assert not is_near_chance(correct, images, 1 / classes)


def test_run_whose_host_guesses_has_a_hint_at_the_preprocessing() -> None:
    numbers = {"images": 40, "accuracy_host": 0.1}
    dataset = a_record().dataset | {"classes": list("0123456789")}
    hint = guessing_hint(a_record(numbers=numbers, dataset=dataset))
    assert hint.startswith("the host is right in 4 of 40 images, as if it guessed among 10 classes")
    assert "does ic01.toml give the mean, scale and channels" in hint


def test_run_of_tensors_has_no_hint_at_what_is_for_images() -> None:
    dataset = a_record().dataset | {"classes": list("0123456789"), "what": "input"}
    hint = guessing_hint(a_record(numbers={"images": 40, "accuracy_host": 0.1}, dataset=dataset))
    assert hint.startswith("the host is right in 4 of 40 inputs, ")
    assert "mean" not in hint


def test_run_without_images_or_with_right_answers_has_no_hint() -> None:
    assert guessing_hint(a_record(numbers={})) == ""
    assert guessing_hint(a_record()) == ""
