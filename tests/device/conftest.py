"""What the suite's tests share besides the plugin's fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tinyml_hil.device import Device
from tinyml_hil.session import Session


@pytest.fixture
def any_model(_any_model: Device) -> Device:
    """A device of the module's own, whose firmware has every op; brought back if it was lost."""
    _any_model.bring_back()
    return _any_model


@pytest.fixture(scope="module")
def _any_model(hil: Session, log_folder: Path, request: pytest.FixtureRequest) -> Iterator[Device]:
    if hil.options.firmware:
        pytest.skip("needs a build, and --firmware builds none")
    if hil.options.target == "board":
        pytest.skip("would program the board with another firmware")
    session = Session(replace(hil.options, ops="all"))
    # One that began with test_ would be taken for a part of the session's transcript.
    with session.device(log_folder / f"{request.path.stem.removeprefix('test_')}.log") as device:
        yield device
