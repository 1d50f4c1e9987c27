"""pyOCD (pyocd.io/docs/command_reference, ``load``)."""

from __future__ import annotations

from tinyml_hil.target.flash.base import CommandFlasher, Job


class PyOcd(CommandFlasher):
    """Needs the chip's CMSIS pack: ``pyocd pack install CHIP``."""

    name = "pyocd"
    executable = "pyocd"
    install = "pip install pyocd, then pyocd pack install with the chip's name"

    def calls(self, job: Job) -> list[list[str]]:
        probe = ["--uid", job.probe] if job.probe else []
        return [["load", "--target", job.platform.pyocd_target, *probe, str(job.elf)]]
