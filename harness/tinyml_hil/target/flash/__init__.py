"""Ways to program a board. A new one is a file here and a line in ``FLASHERS``."""

from __future__ import annotations

from tinyml_hil.choices import FLASH
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.target.flash.base import CommandFlasher, Flasher, Job
from tinyml_hil.target.flash.mass_storage import MassStorage
from tinyml_hil.target.flash.openocd import OpenOcd
from tinyml_hil.target.flash.probe_rs import ProbeRs
from tinyml_hil.target.flash.pyocd import PyOcd
from tinyml_hil.target.flash.stm32cubeprogrammer import Stm32CubeProgrammer

__all__ = ["FLASHERS", "CommandFlasher", "Flasher", "Job", "choose_flasher"]

FLASHERS: dict[str, Flasher] = {
    flasher.name: flasher
    for flasher in (Stm32CubeProgrammer(), OpenOcd(), PyOcd(), ProbeRs(), MassStorage())
}


def choose_flasher(name: str, job: Job) -> Flasher | None:
    """The flasher called ``name``; for ``auto`` the first that is there; for ``none`` None.

    Raises:
        UsageError: there is no such flasher.
        SetupError: what it needs is missing.
    """
    if name == "none":
        return None
    if name == "auto":
        return _first_found(job)
    if name not in FLASHERS:
        raise UsageError(f"no way to program called {name!r}; there are: {', '.join(FLASH)}")
    FLASHERS[name].check(job)
    return FLASHERS[name]


def _first_found(job: Job) -> Flasher:
    problems = []
    for flasher in FLASHERS.values():
        try:
            flasher.check(job)
        except SetupError as error:
            problems.append(f"  {flasher.name}: {error}")
        else:
            return flasher
    raise SetupError("\n".join(["there is nothing to program the board with:", *problems]))
