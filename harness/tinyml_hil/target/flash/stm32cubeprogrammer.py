"""STM32CubeProgrammer's command line (UM2237, section 3.2)."""

from __future__ import annotations

from tinyml_hil.target.flash.base import CommandFlasher, Job


class Stm32CubeProgrammer(CommandFlasher):
    """Connects under reset, so that firmware which sleeps or has crashed does not matter."""

    name = "stm32cubeprogrammer"
    executable = "STM32_Programmer_CLI"
    install = "get STM32CubeProgrammer from st.com, and put its bin folder on PATH"

    def calls(self, job: Job) -> list[list[str]]:
        probe = [f"sn={job.probe}"] if job.probe else []
        connect = ["-c", "port=SWD", "mode=UR", *probe]
        return [[*connect, "-w", str(job.elf), "-v", "-rst"]]
