"""probe-rs (probe.rs/docs/tools/probe-rs, ``download`` and ``reset``)."""

from __future__ import annotations

from tinyml_hil.target.flash.base import CommandFlasher, Job


class ProbeRs(CommandFlasher):
    """``download`` leaves the core halted, so a reset follows."""

    name = "probe-rs"
    executable = "probe-rs"
    install = "see probe.rs/docs/getting-started/installation"

    def calls(self, job: Job) -> list[list[str]]:
        # Its selector is vendor, product and serial number.
        probe = ["--probe", f"{job.platform.usb_ids[0]}:{job.probe}"] if job.probe else []
        chip = ["--chip", job.platform.probe_rs_chip, *probe]
        return [["download", *chip, "--verify", str(job.elf)], ["reset", *chip]]
