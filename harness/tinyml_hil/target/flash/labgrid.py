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

    def __init__(self, place: str, coordinator: str, environment: str | None = None) -> None:
        """``coordinator``: HOST:PORT. ``environment``: a file of labgrid's with the driver to use;
        None for OpenOCD with the platform's configuration.
        """
        self._place = place
        self._coordinator = coordinator
        self._environment = environment

    def check(self, job: Job) -> None:
        if not shutil.which("ssh"):
            raise SetupError("labgrid programs by SSH: apt-get install openssh-client")

    def program(self, job: Job) -> None:
        self.check(job)
        if self._environment:
            self._bootstrap(self._environment, job)
            return
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as environment:
            json.dump(self._described(job), environment)
            environment.flush()
            self._bootstrap(environment.name, job)

    def _bootstrap(self, environment: str, job: Job) -> None:
        call(
            "labgrid-client",
            [
                *(*die_with_parent("TERM"), sys.executable, "-m", "labgrid.remote.client"),
                *("-x", self._coordinator, "-c", environment, "-p", self._place),
                *("bootstrap", str(job.elf)),
            ],
        )

    def _described(self, job: Job) -> dict[str, object]:
        """The place as labgrid's own files describe one, with the driver for its probe."""
        driver = {
            "config": str(config_of(job.platform).absolute()),
            "load_commands": [NOTHING_LISTENS, "program {{{filename}}} verify reset exit"],
        }
        resources = {"RemotePlace": {"name": self._place}}
        target = {"resources": resources, "drivers": {"OpenOCDDriver": driver}}
        return {"targets": {"main": target}}
