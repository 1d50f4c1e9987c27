"""Given: the inputs that a user names, of which a front end may make the model's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.dataset import (
    Dataset,
    FrontEnd,
    decode_input,
    has_names,
    load_dataset,
    load_front_end,
    sample,
    with_classes,
)
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model
from tinyml_hil.project import Project
from tinyml_hil.session.options import Options


def front_end_of(model: Model, project: Project) -> FrontEnd | None:
    """What makes the model's inputs; None if its TOML file names no function for it.

    Raises:
        UsageError: there is no such function, neither beside the model nor in the project.
    """
    if not model.front_end:
        return None
    return load_front_end(model.front_end, [model.path.parent.resolve(), project.root])


def dataset_of(
    options: Options, model: Model, path: Path, labels: tuple[str, ...], front_end: FrontEnd | None
) -> Dataset:
    """The dataset at ``path``: what ``images`` or ``sample`` choose of it.

    Args:
        options: those that were chosen.
        model: whose classes it has.
        path: where it is.
        labels: the names of the classes; empty for the dataset's own.
        front_end: what makes its inputs.

    Raises:
        UsageError: there is none, it is damaged, or it has other classes.
    """
    classes = model.class_count
    dataset = load_dataset(
        path, options.images, classes=classes, front_end=front_end, task=model.given_task
    )
    if labels:
        dataset = with_classes(dataset, labels)
    elif not has_names(dataset) and len(dataset.classes) < classes:
        # That no image has the last labels says nothing about the model.
        dataset = with_classes(dataset, tuple(map(str, range(classes))))
    return sample(dataset, options.sample) if options.sample else dataset


def read_input(path: Path, model: Model, front_end: FrontEnd | None) -> NDArray[Any]:
    """The model's input for a file: an image, a tensor, or what the front end makes an input.

    Raises:
        UsageError: it cannot be read, or does not fit.
    """
    if front_end:
        return model.input_of(front_end(path, str(path)))
    try:
        return model.input_of(decode_input(path.read_bytes(), str(path)))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
