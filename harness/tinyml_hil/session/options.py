"""Options: what can be chosen, for pytest and for the command line alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, get_type_hints

from tinyml_hil import paths
from tinyml_hil.build import OPS
from tinyml_hil.device import LANES
from tinyml_hil.errors import UsageError
from tinyml_hil.model import REFERENCES
from tinyml_hil.target import CHOICES, DRIVERS, TARGETS

LONGEST_TIMEOUT = 86_400.0
"""Seconds."""
SURROUNDINGS = ("timeout", "renode", "renode_driver", "port", "probe", "baud", "flash", "volume")
"""Options that have no part in the results: how long to wait, and where things are."""


def _option(
    default: Any, text: str, metavar: str | None = None, choices: Iterable[str] | None = None
) -> Any:
    names = list(choices) if choices else None
    said = f"{text}: {', '.join(names)}" if names else text
    metadata = {"help": said, "metavar": metavar, "choices": names}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """Each field is an option of its name; whole numbers are above 0."""

    target: str = _option("qemu", f"how firmware is run: {', '.join(TARGETS)}")
    platform: str | None = _option(None, "which hardware is run; each target has its own default")
    model: Path = _option(paths.DEFAULT_MODEL, "a .tflite classifier", "FILE")
    firmware: Path | None = _option(None, "run this ELF, build none", "ELF")
    dataset: Path = _option(paths.DEFAULT_DATASET, "labelled images: a folder or a file", "PATH")
    labels: Path | None = _option(None, "names of the model's classes, one a line", "FILE")
    images: int | None = _option(None, "only the first N images", "N")
    sample: str | None = _option(None, "N images, drawn evenly from all classes", "SEED:N")
    reference: str = _option("litert", "the host's answer", choices=REFERENCES)
    lane: str = _option("auto", "how images reach the device", choices=LANES)
    arena: int | None = _option(None, "size of the tensor arena to build with", "BYTES")
    ops: str = _option("model", "ops to build with; all: to load other models", choices=OPS)
    timeout: float = _option(30.0, "longest wait for the device's next line", "SECONDS")
    renode: Path | None = _option(None, "renode: its executable", "EXE")
    renode_driver: str = _option("monitor", "renode: what drives it", choices=DRIVERS)
    port: str | None = _option(None, "board: serial port; its probe's own if not given")
    probe: str | None = _option(None, "board: serial number of the debug probe", "SERIAL")
    baud: int = _option(115200, "board: of the serial port")
    flash: str = _option("auto", "board: how it is programmed", choices=CHOICES)
    volume: Path | None = _option(None, "board: the probe's mass storage volume")

    def __post_init__(self) -> None:
        """Refuses what no run can use."""
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            raise UsageError(f"--timeout is {self.timeout:g}; it is above 0 and at most a day")
        if self.images and self.sample:
            raise UsageError("--images and --sample exclude each other: give one of them")
        if self.ops not in OPS:
            raise UsageError(f"--ops is {self.ops!r}; it is one of: {', '.join(OPS)}")

    def to_plain(self) -> dict[str, Any]:
        """The options as plain types, for JSON; paths are absolute."""
        return {
            name: str(value.absolute()) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Options:
        """The options that ``to_plain`` was called on; what is missing has its default."""
        types = get_type_hints(cls)
        given = {name: value for name, value in content.items() if name in types}
        for name, value in given.items():
            if value is not None and types[name] in (Path, Path | None):
                given[name] = Path(value)
        return cls(**given)

    def resuming(self, recorded: Options) -> Options:
        """The options to go on with a run that began with ``recorded``, where these are given now.

        Raises:
            UsageError: one of these would change the results.
        """
        now, then, default = (o.to_plain() for o in (self, recorded, Options()))
        different = [
            f"--{name}={value}, not {then[name]}"
            for name, value in now.items()
            if name not in SURROUNDINGS and value not in (default[name], then[name])
        ]
        if different:
            raise UsageError(f"the run was not started with {'; '.join(different)}")
        return replace(recorded, **{name: getattr(self, name) for name in SURROUNDINGS})
