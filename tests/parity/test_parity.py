"""The same images on two targets: not one byte of any output may differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyml_hil.errors import SetupError
from tinyml_hil.session import Parity, Session, describe_row, parity_rows
from tinyml_hil.target import TARGETS

FIRST = "qemu"


@pytest.mark.parity
@pytest.mark.parametrize("second", [name for name in TARGETS if name != FIRST])
def test_every_image_gives_the_same_bytes_on(
    hil: Session, log_folder: Path, pytestconfig: pytest.Config, second: str
) -> None:
    parity = Parity(hil.options, [FIRST, second])
    try:
        parity.check()
        with parity.devices(log_folder / f"parity-{second}") as devices:
            found = list(parity_rows(devices, parity.model, parity.dataset))
    except SetupError as error:
        if pytestconfig.getoption("target") == second:
            raise
        pytest.skip(str(error))
    different = [describe_row(row, parity.dataset) for row in found if not row.equal]
    if different:
        pytest.fail("\n".join(different), pytrace=False)
