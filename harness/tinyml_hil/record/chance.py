"""Chance: whether as many answers are right as a model gives that does not see its images."""

from __future__ import annotations

from scipy.special import bdtr, bdtrc

_LEVEL = 0.01


def is_near_chance(correct: int, images: int, classes: int) -> bool:
    """Whether a model guesses, going by how many of its answers are right.

    That is so if guesses among the classes are right as often, and a model that is right half-way
    between a guess and always is not, each in more than one of a hundred cases. Of few images it is
    never so. Source: the cumulative binomial distribution.
    """
    guess = 1 / classes
    guesses_may = correct == 0 or bdtrc(correct - 1, images, guess) > _LEVEL
    half_way_may = bdtr(correct, images, (1 + guess) / 2) > _LEVEL
    return bool(guesses_may and not half_way_may)
