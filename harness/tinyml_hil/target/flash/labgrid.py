"""The driver that labgrid has for OpenOCD: programs through the debug probe of a place."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile

from tinyml_hil.errors import SetupError
from tinyml_hil.process import die_with_parent
from tinyml_hil.target.flash.base import Flasher, Job, call
from tinyml_hil.target.flash.openocd import NOTHING_LISTENS, config_of

PROBE = "NetworkUSBDebugger"
"""The class of a debug probe that an exporter gives to the network."""


class Labgrid(Flasher):
    """``labgrid-client bootstrap``, at a place that this run holds.

    labgrid brings the files to the exporter's machine, and runs OpenOCD there, by SSH. It is not in
    ``FLASHERS``: a board that is here has no place.
    """

    name = "labgrid"

    def __init__(self, place: str, coordinator: str) -> None:
        """``coordinator``: HOST:PORT."""
        self._place = place
        self._coordinator = coordinator

    def check(self, job: Job) -> None:
        if not shutil.which("ssh"):
            raise SetupError("labgrid programs by SSH: apt-get install openssh-client")

    def program(self, job: Job) -> None:
        self.check(job)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as environment:
            json.dump(self._environment(job), environment)
            environment.flush()
            call(
                "labgrid-client",
                [
                    *(*die_with_parent("TERM"), sys.executable, "-m", "labgrid.remote.client"),
                    *("-x", self._coordinator, "-c", environment.name, "-p", self._place),
                    *("bootstrap", str(job.elf)),
                ],
            )

    def _environment(self, job: Job) -> dict[str, object]:
        """The place as labgrid's own files describe one, with the driver for its probe."""
        driver = {
            "config": str(config_of(job.platform).absolute()),
            "load_commands": [NOTHING_LISTENS, "program {{{filename}}} verify reset exit"],
        }
        resources = {"RemotePlace": {"name": self._place}}
        target = {"resources": resources, "drivers": {"OpenOCDDriver": driver}}
        return {"targets": {"main": target}}
