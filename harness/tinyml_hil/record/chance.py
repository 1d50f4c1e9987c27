"""Chance: whether as many answers are right as a model gives that does not see its images."""

from __future__ import annotations

from pathlib import Path

from scipy.special import bdtr, bdtrc

from tinyml_hil.record.run_record import RunRecord
from tinyml_hil.record.tasks import task_of_run

_LEVEL = 0.01


def is_near_chance(correct: int, images: int, guess: float) -> bool:
    """Whether a model guesses, going by how many of its answers are right.

    That is so if guesses, which are right in ``guess`` of all cases, are right as often, and a
    model that is right half-way between a guess and always is not, each in more than one of a
    hundred cases. Of few images it is never so. Source: the cumulative binomial distribution.
    """
    guesses_may = correct == 0 or bdtrc(correct - 1, images, guess) > _LEVEL
    half_way_may = bdtr(correct, images, (1 + guess) / 2) > _LEVEL
    return bool(guesses_may and not half_way_may)


def guessing_hint(record: RunRecord) -> str:
    """What may be wrong with a run whose host itself only guesses; empty if it does not.

    Device and host get the same inputs, so that no difference between them shows this.
    """
    guess = task_of_run(record).guess
    if guess is None or "accuracy_host" not in record.numbers:
        return ""
    images, classes = int(record.numbers["images"]), len(record.dataset["classes"])
    correct = round(record.numbers["accuracy_host"] * images)
    if not is_near_chance(correct, images, guess):
        return ""
    what = record.dataset.get("what", "image")
    settings = Path(record.model["path"]).with_suffix(".toml").name
    made = (
        f"does {settings} give the mean, scale and channels that the model was trained with"
        if what == "image"
        else "are the inputs made as those that the model was trained with"
    )
    return (
        f"the host is right in {correct:,} of {images:,} {what}s, as if it guessed among "
        f"{classes:,} classes: {made}, and are the classes numbered as they were then (--labels)?"
    )
