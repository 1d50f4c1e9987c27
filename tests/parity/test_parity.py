"""The same images on two targets or platforms: not one byte of any output may differ."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tinyml_hil.device import Device
from tinyml_hil.errors import SetupError
from tinyml_hil.plugin.state import target_is_chosen
from tinyml_hil.record import Agreement, InputRecord
from tinyml_hil.session import Session, record_of, sessions_of

FIRST = "qemu"
OTHERS = ("qemu:mps2-an386", "qemu:mps3-an547", "renode", "renode:stm32f746g-disco", "board")


@pytest.mark.parity
@pytest.mark.parametrize("second", OTHERS)
def test_every_image_gives_the_same_bytes_on(
    hil: Session, log_folder: Path, pytestconfig: pytest.Config, second: str
) -> None:
    alike = replace(hil.options, device=(FIRST, second), platform=None, firmware=None)
    sessions = sessions_of(alike, hil.project)
    logs = log_folder / f"parity-{second.replace(':', '-')}"
    try:
        for session in sessions.values():
            session.check()
        with ExitStack() as running:
            devices = {
                name: running.enter_context(session.device(logs / f"{number}.log"))
                for number, (name, session) in enumerate(sessions.items())
            }
            found = Agreement({name: _records(hil, device) for name, device in devices.items()})
    except SetupError as error:
        if target_is_chosen(pytestconfig) and second.startswith(hil.options.target):
            raise
        pytest.skip(str(error))
    assert len(found.rows) == len(hil.dataset)
    if found.disagreements:
        told = [each.sentence(hil.dataset.title, "image") for each in found.disagreements]
        pytest.fail("\n".join(told), pytrace=False)


def _records(hil: Session, device: Device) -> list[InputRecord]:
    """What a device gives, which is all that is expected of it here."""
    dataset, model = hil.dataset, hil.model
    tensors = (model.input_of(dataset.image(index)) for index in range(len(dataset)))
    return [
        record_of(index, dataset.label(index), given, given.output, model)
        for index, given in enumerate(device.classify_many(tensors))
    ]
