"""Gates: budgets in pytest, as a marker that names one and a fixture that checks a value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tinyml_hil.dataset import Dataset, survey_of
from tinyml_hil.device import Device
from tinyml_hil.gate import Budgets, load_budgets
from tinyml_hil.history import history_url, with_since
from tinyml_hil.record import MEASURES, Circumstances
from tinyml_hil.run import versions_of
from tinyml_hil.session import Session

MARKER = "budget"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", f"{MARKER}(name): checks this budget of budgets.toml")


@pytest.fixture(scope="session")
def _circumstances(hil: Session, dataset: Dataset, _running_device: Device) -> Circumstances:
    return Circumstances(
        platform=hil.platform.name,
        model=hil.model.name,
        unit=_running_device.ticks_unit,
        compiler=versions_of(hil).get("compiler", ""),
        dataset_sha256=survey_of(dataset, hil.model).sha256,
    )


@pytest.fixture(scope="session")
def _budgets(_circumstances: Circumstances) -> Budgets:
    return load_budgets(_circumstances)


@pytest.fixture
def budget(
    request: pytest.FixtureRequest, _circumstances: Circumstances, _budgets: Budgets
) -> Callable[[float], None]:
    """Fails the test if a value does not keep the budget that its marker names.

    The test is skipped where there is no such limit.
    """
    name = _named(request.node)
    if _budgets.check(name, 0) is None:
        pytest.skip(_budgets.why_none(name))

    def check(value: float) -> None:
        outcome = _budgets.check(name, value)
        if outcome and not outcome.ok:
            url = history_url(request.config.getoption("history"))
            (outcome,) = with_since([outcome], _circumstances, "this run", url)
            pytest.fail(outcome.message(), pytrace=False)

    return check


def _named(item: pytest.Item) -> str:
    marker = item.get_closest_marker(MARKER)
    name = marker.args[0] if marker and marker.args else None
    if name not in MEASURES:
        raise pytest.UsageError(
            f"{item.nodeid}: the fixture needs the marker of a budget, such as "
            f'@pytest.mark.budget("flash"); there are: {", ".join(MEASURES)}'
        )
    return str(name)
