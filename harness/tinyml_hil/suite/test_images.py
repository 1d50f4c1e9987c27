"""Every image of the dataset: the device gives the host's bits, and so the host's accuracy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device, explain
from tinyml_hil.model import Model
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Evaluation, Session, difference, differences, instability


@pytest.fixture
def explain_first(
    explained: list[int],
    device: Device,
    hil: Session,
    model: Model,
    dataset: Dataset,
    evaluation: Evaluation,
) -> Callable[[int], str]:
    """Says which layer differs first, and why if that is found quickly, for the first image that
    fails; nothing for others.
    """

    def explain_image(index: int) -> str:
        if explained:
            return ""
        explained.append(index)
        reference = hil.reference_choice.name
        where = explain(device, model, reference, model.input_of(dataset.image(index)))
        # Here, since few runs have anything to explain, and it takes a while to load.
        from tinyml_hil.explanation import explain_quickly

        found = explain_quickly(hil, reference, evaluation.known)
        why = f"why: {found.sentence}\n" if found else ""
        return f"{where}\n{why}"

    return explain_image


@pytest.fixture(scope="module")
def explained(hil: Session) -> list[int]:
    """The images for which that was said, on one device."""
    return []


def test_output_equals_the_host(
    evaluation: Evaluation,
    dataset: Dataset,
    image_index: int,
    record_result: Callable[[InputRecord], None],
    explain_first: Callable[[int], str],
) -> None:
    record = evaluation.record(image_index)
    record_result(record)
    if record.unstable:
        pytest.fail(instability(record, dataset), pytrace=False)
    if not record.exact:
        pytest.fail(
            explain_first(image_index) + difference(record, dataset, evaluation.task), pytrace=False
        )


def test_accuracy_equals_the_host(evaluation: Evaluation, dataset: Dataset) -> None:
    records = list(evaluation.records(range(len(dataset))))
    if problem := evaluation.task.disagreement(records):
        told = differences(records, dataset, evaluation.task)
        pytest.fail(f"{problem}\n{told}", pytrace=False)
