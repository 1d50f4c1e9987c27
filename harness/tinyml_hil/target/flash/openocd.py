"""OpenOCD, with the platform's own configuration file (OpenOCD User's Guide, section 12.5)."""

from __future__ import annotations

from pathlib import Path

from tinyml_hil.build import Platform
from tinyml_hil.target.flash.base import CommandFlasher, Job

NOTHING_LISTENS = "gdb_port disabled; tcl_port disabled; telnet_port disabled"
"""The command without which it listens on fixed ports, of which two runs at once need the same."""


def config_of(platform: Platform) -> Path:
    """The platform's configuration file for OpenOCD; it need not be there."""
    return platform.folder / "openocd.cfg"


class OpenOcd(CommandFlasher):
    """``program ... verify reset exit``; nothing listens meanwhile."""

    name = "openocd"
    executable = "openocd"
    install = "apt-get install openocd"

    def calls(self, job: Job) -> list[list[str]]:
        commands = [NOTHING_LISTENS]
        if job.probe:
            commands.append(f"adapter serial {job.probe}")
        commands.append(f"program {{{job.elf}}} verify reset exit")
        return [
            ["-f", str(config_of(job.platform)), *(part for c in commands for part in ("-c", c))]
        ]
