"""The same images on two targets or platforms: not one byte of any output may differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyml_hil.errors import SetupError
from tinyml_hil.plugin.state import target_is_chosen
from tinyml_hil.session import Parity, Session, describe_row, parity_rows

FIRST = "qemu"
OTHERS = ("qemu:mps2-an386", "qemu:mps3-an547", "renode", "renode:stm32f746g-disco", "board")


@pytest.mark.parity
@pytest.mark.parametrize("second", OTHERS)
def test_every_image_gives_the_same_bytes_on(
    hil: Session, log_folder: Path, pytestconfig: pytest.Config, second: str
) -> None:
    parity = Parity(hil.options, [FIRST, second], hil.project)
    try:
        parity.check()
        with parity.devices(log_folder / f"parity-{second.replace(':', '-')}") as devices:
            found = list(parity_rows(devices, parity.model, parity.dataset, parity.task))
    except SetupError as error:
        if target_is_chosen(pytestconfig) and second.startswith(hil.options.target):
            raise
        pytest.skip(str(error))
    different = [describe_row(row, parity.task) for row in found if not row.equal]
    if different:
        pytest.fail("\n".join(different), pytrace=False)
