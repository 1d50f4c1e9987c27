"""OpenOCD, with the platform's own configuration file (OpenOCD User's Guide, section 12.5)."""

from __future__ import annotations

from tinyml_hil.target.flash.base import CommandFlasher, Job


class OpenOcd(CommandFlasher):
    """``program ... verify reset exit``; nothing listens meanwhile."""

    name = "openocd"
    executable = "openocd"
    install = "apt-get install openocd"

    def calls(self, job: Job) -> list[list[str]]:
        config = job.platform.folder / "openocd.cfg"
        # Its servers would listen on fixed ports, of which two runs at once need the same.
        commands = ["gdb_port disabled; tcl_port disabled; telnet_port disabled"]
        if job.probe:
            commands.append(f"adapter serial {job.probe}")
        commands.append(f"program {{{job.elf}}} verify reset exit")
        return [["-f", str(config), *(part for c in commands for part in ("-c", c))]]
