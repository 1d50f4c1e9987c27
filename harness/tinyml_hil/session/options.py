"""Options: what can be chosen, for pytest and for the command line alike."""

from __future__ import annotations

import os
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from tinyml_hil import choices, paths
from tinyml_hil.errors import UsageError
from tinyml_hil.project import PLACES, TABLE, TARGETS_TABLE, Project, variable

_NAME = re.compile(r"[A-Za-z0-9_.+-]+")
"""Of a model, as firmware and protocol can carry it."""
LONGEST_TIMEOUT = 86_400.0
"""Seconds."""
SURROUNDINGS = frozenset(
    (
        *("reply_timeout", "renode", "renode_driver"),
        *("port", "probe", "baud", "flash", "volume", "debugger"),
        *("place", "coordinator", "place_wait"),
    )
)
"""Options that have no part in the results: how long to wait, and where things are."""

_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
"""What a variable of an option without a value may be."""
_EITHER = frozenset(("target", "device"))
"""Options that say what runs the firmware: one device, or several."""
FOR_A_BUILD = ("arena", "engine", "arithmetic")
"""Options that firmware which is built already cannot heed any more."""


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

    target: str = _option("qemu", f"how firmware is run: {', '.join(choices.TARGETS)}")
    device: tuple[str, ...] = _option(
        (),
        "one of several devices that run the same, instead of --target: qemu:mps2-an386, "
        "board:/dev/ttyACM0, board,probe=SERIAL; may be given several times",
        "DEVICE",
    )
    share: bool = _option(False, "several --device of one kind divide the inputs among them")
    platform: str | None = _option(
        None, "which hardware is run: a name or a folder; each target has its own default"
    )
    model: Path = _option(paths.DEFAULT_MODEL, "a .tflite classifier", "FILE")
    signature: str | None = _option(None, "which function of several in the model", "NAME")
    model_name: str | None = _option(
        None, "what the model is called, such as kws01; by its file if not given", "NAME"
    )
    firmware: Path | None = _option(None, "run this ELF, build none", "ELF")
    firmware_config: Path | None = _option(
        None, "how that ELF is tested; firmware.toml beside it if not given", "FILE"
    )
    door: str = _option("auto", "how inputs and outputs pass", choices=choices.DOORS)
    debugger: str | None = _option(
        None, "board: the GDB server to use, such as localhost:3333", "HOST:PORT"
    )
    dataset: Path | None = _option(
        None, "labelled images: a folder or a file; 20 of CIFAR-10 if not given", "PATH"
    )
    labels: Path | None = _option(None, "names of the model's classes, one a line", "FILE")
    images: int | None = _option(None, "only the first N images", "N")
    sample: str | None = _option(None, "N images, drawn evenly from all classes", "SEED:N")
    repeat: int = _option(
        1, "how often each input is run, to find a device that does not repeat itself", "N"
    )
    reference: str = _option("auto", "whose answers on the host count", choices=choices.REFERENCES)
    lane: str = _option("auto", "how images reach the device", choices=choices.LANES)
    arena: int | None = _option(None, "size of the tensor arena to build with", "BYTES")
    engine: str = _option("own", "what infers in the firmware", choices=choices.ENGINES)
    tflm: Path | None = _option(
        None, "--engine tflm: your checkout of TensorFlow Lite for Microcontrollers", "DIR"
    )
    arithmetic: str = _option(
        "litert", "--engine own: whose bits it gives", choices=choices.ARITHMETICS
    )
    ops: str = _option("model", "ops to build with; all: to load other models", choices=choices.OPS)
    coverage: bool = _option(False, "tell which lines of the firmware ran; not on a board")
    coverage_sources: str | None = _option(
        None, "where the sources are, that the ELF was compiled elsewhere from", "FROM=TO"
    )
    op: tuple[Path, ...] = _option(
        (),
        "your own C file for a custom op, C++ with --engine tflm; may be given several times",
        "FILE",
    )
    reply_timeout: float = _option(30.0, "longest wait for the device's next line", "SECONDS")
    renode: Path | None = _option(None, "renode: its executable", "EXE")
    renode_driver: str = _option(
        "monitor", "renode: what drives it", choices=choices.RENODE_DRIVERS
    )
    port: str | None = _option(None, "board: serial port; its probe's own if not given")
    place: str | None = _option(
        None,
        "board: the place of labgrid's that it is at, its tags, such as rack=2, or its file",
        "PLACE",
    )
    coordinator: str | None = _option(
        None, "board: labgrid's coordinator; LG_COORDINATOR if not given", "HOST:PORT"
    )
    place_wait: float = _option(600.0, "board: longest wait while others have the place", "SECONDS")
    probe: str | None = _option(None, "board: serial number of the debug probe", "SERIAL")
    baud: int = _option(115200, "board: of the serial port")
    flash: str = _option("auto", "board: how it is programmed", choices=choices.FLASH)
    volume: Path | None = _option(None, "board: the probe's mass storage volume")

    def __post_init__(self) -> None:
        """Refuses what no run can use."""
        if not 0 < self.reply_timeout <= LONGEST_TIMEOUT:
            raise UsageError(
                f"--reply-timeout is {self.reply_timeout:g}; it is above 0 and at most a day"
            )
        if self.model_name is not None and not _NAME.fullmatch(self.model_name):
            raise UsageError(
                f"--model-name is {self.model_name!r}; it has letters, digits, and any of . _ + -"
            )
        if self.images and self.sample:
            raise UsageError("--images and --sample exclude each other: give one of them")
        if self.coverage_sources is not None and not all(self.coverage_sources.partition("=")):
            raise UsageError(
                f"--coverage-sources is {self.coverage_sources!r}, not FROM=TO: the folder that "
                "the ELF names, and the one that is here"
            )
        for option in fields(self):
            value, allowed = getattr(self, option.name), option.metadata["choices"]
            if allowed and value not in allowed:
                name = option_name(option.name)
                raise UsageError(f"{name} is {value!r}; it is one of: {', '.join(allowed)}")

    def to_plain(self) -> dict[str, Any]:
        """The options as plain types, for JSON; paths are absolute."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_plain(cls, content: dict[str, Any]) -> Options:
        """The options that ``to_plain`` was called on; what is missing has its default.

        Raises:
            UsageError: they are something else.
        """
        import msgspec  # here: every start of pytest loads this module, and few read a record

        try:
            options = msgspec.convert(content, cls, dec_hook=_path)
        except ValueError as error:
            raise UsageError(f"the run's options are damaged: {error}") from error
        for name, value in asdict(options).items():
            _require_positive(f"{option_name(name)} of the run", value)
        return options

    def of_built(self, elf: Path) -> Options:
        """These, with the firmware that was built by them."""
        usual = {name: getattr(Options(), name) for name in FOR_A_BUILD}
        return replace(self, firmware=elf, **usual)

    def require_no_build(self) -> None:
        """Refuses what is for a build, where firmware is given.

        Raises:
            UsageError: one of these is chosen.
        """
        for name in FOR_A_BUILD:
            if getattr(self, name) != getattr(Options(), name):
                raise UsageError(f"{option_name(name)} is for a build, and --firmware builds none")

    @property
    def sharer(self) -> str:
        """The word of the device that these are of, of several that share the inputs; else empty.

        See ``device_words.options_of_sharers``.
        """
        return self.device[0] if self.share and len(self.device) == 1 else ""

    @property
    def _without_a_part(self) -> frozenset[str]:
        """Options that have none in the results of these."""
        return SURROUNDINGS | ({"tflm"} if self.engine == choices.OWN_ENGINE else frozenset())

    def resuming(self, recorded: Options) -> Options:
        """The options to go on with a run that began with ``recorded``, where these are given now.

        What has no part in the results, such as the port, is as it was then, too, unless it is
        given now.

        Raises:
            UsageError: one of these would change the results.
        """
        now, then, default = (o.to_plain() for o in (self, recorded, Options()))
        different = [
            f"{option_name(name)}={value}, not {then[name]}"
            for name, value in now.items()
            if name not in recorded._without_a_part and value not in (default[name], then[name])
        ]
        if different:
            raise UsageError(f"the run was not started with {'; '.join(different)}")
        given = (name for name in SURROUNDINGS if now[name] != default[name])
        return replace(recorded, **{name: getattr(self, name) for name in given})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value.absolute()) if isinstance(value, Path) else value


def _path(_: type[Path], value: str) -> Path:
    if "\0" in value:
        raise ValueError("there is a NUL in a path")
    return Path(value)


def help_of(option: Field[Any]) -> str:
    """What a field is for, and its default where that says anything."""
    said = str(option.metadata["help"])
    plain = isinstance(option.default, str | int | float) and option.default is not False
    return f"{said} (default: {option.default})" if plain else said


def takes_several(option: Field[Any]) -> bool:
    """Whether a field may be given several times: it is a tuple."""
    return isinstance(option.default, tuple)


_SEVERAL = frozenset(option.name for option in fields(Options) if takes_several(option))


def option_name(name: str) -> str:
    """How the field of this name is given on a command line."""
    return f"--{name.replace('_', '-')}"


def load_options(project: Project, given: Mapping[str, Any]) -> Options:
    """What is chosen: on the command line, else in the environment, else in the project's settings.

    Args:
        project: its paths are taken from its folder, those of the environment from where we are.
        given: on the command line, by the names of the fields; None is not given.

    Raises:
        UsageError: a setting is of no option, or a value cannot be used.
    """
    chosen: dict[str, Any] = {}
    here = {name: value for name, value in given.items() if value is not None}
    for stronger in (_from_settings(project), _from_environment(), here):
        chosen = _with(chosen, stronger)
    return Options(**chosen | {name: tuple(chosen[name]) for name in _SEVERAL & chosen.keys()})


def _with(chosen: dict[str, Any], stronger: dict[str, Any]) -> dict[str, Any]:
    """What is chosen, and what outdoes it: of target and devices there is one."""
    found = {name for name in _EITHER if stronger.get(name)}
    if found == _EITHER:
        raise UsageError(
            "--target and --device exclude each other: --target is for one device, --device is "
            "given for each of several"
        )
    others = _EITHER - found if found else frozenset()
    if "target" in found:
        others |= {"share"}  # which is of several devices
    return {name: value for name, value in chosen.items() if name not in others} | stronger


def chosen_target(given: str | Sequence[str] | None, name: str = "target") -> bool:
    """Whether a target was chosen for this run, not only by a project's settings or by default.

    ``name``: of the option, which may be that of several devices.
    """
    return bool(given or os.environ.get(variable(name)))


def option_kinds() -> dict[str, type]:
    """The type of each field of ``Options``, without its None, or of what it has several of; by the
    field's name.
    """
    return {
        name: next((kind for kind in get_args(hint) if kind is not types.NoneType), hint)
        for name, hint in get_type_hints(Options).items()
    }


def _from_environment() -> dict[str, Any]:
    found = {}
    for name, kind in option_kinds().items():
        if text := os.environ.get(variable(name)):
            parts = _parts(text, kind) if name in _SEVERAL else [text]
            found[name] = _held(name, [converted(variable(name), part, kind) for part in parts])
    return found


def _parts(text: str, kind: type) -> list[str]:
    """What a variable names several of: paths as in PATH, words with spaces between."""
    return text.split(os.pathsep) if kind is Path else text.split()


def _held(name: str, values: list[Any]) -> Any:
    return tuple(values) if name in _SEVERAL else values[0]


def converted(where: str, text: str, kind: type) -> Any:
    """The value of an option that ``where`` gives as a text.

    Raises:
        UsageError: it is none.
    """
    if kind is bool:
        if text not in _TRUTHS:
            raise UsageError(f"{where} is {text!r}; it is one of: {', '.join(_TRUTHS)}")
        return _TRUTHS[text]
    try:
        value = kind(text)
    except ValueError:
        raise UsageError(f"{where} is {text!r}, not a number") from None
    _require_positive(where, value)
    return value


def _from_settings(project: Project) -> dict[str, Any]:
    kinds = option_kinds()
    found = {}
    for key, value in project.settings.items():
        name = key.replace("-", "_")
        if key in PLACES or key == TARGETS_TABLE:
            continue
        where = f"{project.file}: [tool.{TABLE}] {key}"
        if name not in kinds:
            known = ", ".join(sorted((*kinds, *PLACES, TARGETS_TABLE))).replace("_", "-")
            raise UsageError(f"{where}: there is no such setting; there are: {known}")
        values = value if name in _SEVERAL and isinstance(value, list) else [value]
        found[name] = _held(name, [_setting(where, v, kinds[name], project) for v in values])
    if "/" in str(found.get("platform", "")):
        found["platform"] = str(project.root / found["platform"])
    return found


def _setting(where: str, value: Any, kind: type, project: Project) -> Any:
    wanted: Any = {Path: str, float: (int, float)}.get(kind, kind)
    if not isinstance(value, wanted) or isinstance(value, bool) is not (kind is bool):
        raise UsageError(f"{where} is {value!r}, not a {'path' if kind is Path else kind.__name__}")
    if kind is Path:
        return project.root / value
    _require_positive(where, value)
    return value


def _require_positive(where: str, value: Any) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise UsageError(f"{where} is {value}; it is above 0")
