"""Every budget of budgets.toml, each a test of its own, whose name says which one is broken."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import pytest

from tinyml_hil.build import Firmware
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.record import InputRecord, Summary, summarise
from tinyml_hil.session import Evaluation

Check = Callable[[float], None]


@pytest.fixture
def records(evaluation: Evaluation, dataset: Dataset) -> list[InputRecord]:
    """Those of the whole dataset."""
    return list(evaluation.records(range(len(dataset))))


@pytest.fixture
def summary(records: list[InputRecord]) -> Summary:
    """What the whole dataset comes to."""
    return summarise(records)


@pytest.fixture
def reach(
    request: pytest.FixtureRequest,
    budget: Check,
    evaluation: Evaluation,
    records: list[InputRecord],
) -> Callable[[], None]:
    """Holds how good the answers are, by the measure of the budget, against that."""

    def check() -> None:
        task, name = evaluation.task, request.node.get_closest_marker("budget").args[0]
        if name not in task.measures:
            pytest.skip(f"{name} is no number of the task {task.name}")
        value = task.numbers(records)[f"{name}_device"]
        if not isfinite(value):
            pytest.skip(f"these {len(records):,} inputs come to no {name}")
        budget(value)

    return check


# Those of another task than the model's are not collected.
@pytest.mark.budget("accuracy")
def test_accuracy(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("f1")
def test_f1(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("miou")
def test_mean_iou(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("pixel_accuracy")
def test_pixel_accuracy(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("auc")
def test_auc(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("mae")
def test_mean_absolute_error(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("rmse")
def test_root_mean_square_error(reach: Callable[[], None]) -> None:
    reach()


@pytest.mark.budget("exact")
def test_exact_images(budget: Check, summary: Summary) -> None:
    budget(summary.exact / summary.images)


# Without these, the reason of a skip would be that there is no baseline.
@pytest.fixture
def _tells_info(device: Device) -> None:
    device.require("info")


@pytest.fixture
def _tells_memory(device: Device) -> None:
    device.require("memory")


@pytest.mark.budget("instructions")
def test_instructions_an_inference(budget: Check, summary: Summary) -> None:
    budget(summary.ticks)


@pytest.mark.budget("cycles")
def test_cycles_an_inference(budget: Check, summary: Summary) -> None:
    budget(summary.ticks)


@pytest.mark.budget("microseconds")
def test_microseconds_an_inference(budget: Check, summary: Summary) -> None:
    budget(summary.ticks)


@pytest.mark.budget("flash")
def test_flash(budget: Check, firmware: Firmware) -> None:
    budget(firmware.sizes.flash)


@pytest.mark.budget("ram")
def test_ram(budget: Check, firmware: Firmware) -> None:
    budget(firmware.sizes.ram)


@pytest.mark.budget("arena")
@pytest.mark.usefixtures("_tells_info")
def test_arena(budget: Check, device: Device) -> None:
    budget(device.info.arena_used)


@pytest.mark.budget("stack")
@pytest.mark.usefixtures("_tells_memory")
def test_stack_after_boot(budget: Check, device: Device) -> None:
    device.reset()  # what other tests did on this device does not count
    budget(device.memory().stack_used)


@pytest.mark.budget("boot")
@pytest.mark.usefixtures("_tells_info")
def test_ticks_to_the_first_prompt(budget: Check, device: Device) -> None:
    budget(device.boot_ticks)
