"""Whether a model guesses: told where there are images enough, and only then."""

from __future__ import annotations

import pytest

from tinyml_hil.record import is_near_chance


@pytest.mark.parametrize(
    ("correct", "images", "classes"),
    [(2, 20, 10), (0, 20, 10), (1, 10, 10), (50, 100, 2), (1, 200, 1000)],
)
def test_guesses_are_told(correct: int, images: int, classes: int) -> None:
    assert is_near_chance(correct, images, classes)


@pytest.mark.parametrize(
    ("correct", "images", "classes"),
    [(0, 5, 10), (2, 10, 10), (12, 20, 2), (9, 20, 10), (65, 100, 2), (20, 20, 10), (1, 1, 2)],
)
def test_few_images_or_answers_that_are_better_are_no_guesses(
    correct: int, images: int, classes: int
) -> None:
    assert not is_near_chance(correct, images, classes)
