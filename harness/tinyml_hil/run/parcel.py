"""Parcel: a session for another machine, which has no file of the user's."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from tinyml_hil import __version__, paths
from tinyml_hil.dataset import CarriedDataset, Dataset
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.run.provenance import versions_of
from tinyml_hil.session import Options, Session
from tinyml_hil.target import ProgrammedTarget

_CONFIG = "firmware/firmware.toml"
_LABELS = "labels"


class CarriedSession(Session):
    """A session whose inputs came with it."""

    def __init__(self, options: Options, project: Project, dataset: Dataset) -> None:
        """``dataset``: the inputs, of which nothing is chosen any more."""
        super().__init__(options, project)
        self._carried = dataset

    @cached_property
    def dataset(self) -> Dataset:
        """Those that came."""
        return self._carried


@dataclass(frozen=True)
class Parcel:
    """What a session needs to run some of its inputs."""

    options: Options
    """The paths of files in it are relative."""
    files: dict[str, bytes]
    """By their relative paths."""
    dataset: Dataset
    versions: dict[str, str]
    """Of whatever has a part in the results."""

    @classmethod
    def of(cls, session: Session, inputs: Iterable[int]) -> Parcel:
        """Packs a session whose ``check()`` has succeeded, with these inputs of its dataset.

        Raises:
            UsageError: it needs what only this machine has.
        """
        require_portable(session)
        files = _files_of(session)
        taken = {0, *inputs}.intersection(range(len(session.dataset)))
        return cls(
            _moved(session, files),
            {name: path.read_bytes() for name, path in files.items()},
            CarriedDataset(session.dataset, sorted(taken)),
            _versions(session),
        )

    def write(self, folder: Path) -> None:
        """Writes its files to a folder of this machine's.

        Raises:
            OSError: they could not be written.
        """
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def session(self, folder: Path) -> Session:
        """The session; its files were written to ``folder``."""
        moved = {
            name: folder / path
            for name in ("firmware", "firmware_config", "model", "labels")
            if (path := getattr(self.options, name))
        }
        project = Project(folder, {"cache": "cache", "reports": "reports"})
        return CarriedSession(replace(self.options, **moved), project, self.dataset)

    def misfit(self, session: Session) -> str:
        """How this machine differs from the one that packed it; empty if results are the same.

        ``session``: as it is here.
        """
        here = _versions(session)
        return ", ".join(
            f"{name} {here.get(name) or 'not at all'} instead of {version}"
            for name, version in self.versions.items()
            if here.get(name) != version
        )


def pack(parcel: Parcel) -> bytes:
    """As it travels; ``unpacked`` is for what runs the same ``code_version`` only."""
    return pickle.dumps(parcel)


def unpacked(content: bytes) -> Parcel:
    """What ``pack`` packed."""
    parcel = pickle.loads(content)
    assert isinstance(parcel, Parcel)
    return parcel


@cache
def code_version() -> str:
    """The version of this package, and a hash of its sources and platforms."""
    package = Path(paths.__file__).parent
    known = hashlib.sha256()
    # In a wheel, the platforms are in the package; in a checkout, they are not.
    for folder, pattern, left_out in (package, "*.py", "data"), (paths.PLATFORMS, "*", None):
        for path in sorted(folder.rglob(pattern)):
            name = path.relative_to(folder)
            if path.is_file() and name.parts[0] != left_out:
                known.update(f"{name}\0".encode() + path.read_bytes())
    return f"{__version__} ({known.hexdigest()[:12]})"


def require_portable(session: Session) -> None:
    """Refuses what cannot be run elsewhere.

    Raises:
        UsageError: the session needs what only this machine has.
    """
    options, target = session.options, session.options.target
    if issubclass(session.target, ProgrammedTarget):
        raise UsageError(f"--cluster is for simulators: --target={target} is on this machine")
    if target in session.project.targets:
        raise UsageError(
            f"--cluster: the target {target} is the project's own, which workers have not: make it "
            "a package that is installed on each, with an entry point"
        )
    if options.op:
        raise UsageError("--cluster: the C of custom ops (--op) does not go to workers")
    if options.coverage:
        raise UsageError("--cluster: which lines ran (--coverage) is not told by workers")
    if session.door.name == "printed":
        raise UsageError(
            "--cluster: firmware that prints its results has inputs of its own: use --workers"
        )


def _files_of(session: Session) -> dict[str, Path]:
    """The files, by the relative paths that they get."""
    given, elf, model = session.options, session.firmware.elf, session.model.path
    settings, platform = model.with_suffix(".toml"), session.platform.folder
    config = given.firmware_config or elf.with_name(Path(_CONFIG).name)
    files = {
        f"firmware/{elf.name}": elf,
        f"model/{model.name}": model,
        f"model/{settings.name}": settings,
        _CONFIG: config,
    }
    if given.labels:
        files[_LABELS] = given.labels
    if platform.parent != paths.PLATFORMS:
        within = (path for path in platform.rglob("*") if path.is_file())
        files |= {f"platforms/{path.relative_to(platform.parent)}": path for path in within}
    return {name: path for name, path in files.items() if path.is_file()}


def _moved(session: Session, files: dict[str, Path]) -> Options:
    """The options for a machine that has these files, and whose programs are on its PATH."""
    elf, model = session.firmware.elf, session.model.path
    return replace(
        session.options.of_built(Path("firmware", elf.name)),
        model=Path("model", model.name),
        model_name=session.model.name,
        firmware_config=Path(_CONFIG) if _CONFIG in files else None,
        labels=Path(_LABELS) if _LABELS in files else None,
        platform=session.platform.name,
        dataset=Path(session.dataset.name),
        images=None,
        sample=None,
        reference=session.reference_choice.name,
        renode=None,
        tflm=None,
        device=(),
    )


def _versions(session: Session) -> dict[str, str]:
    """Without those of the machine, and of what built the firmware."""
    parts = ("tinyml_hil", "python", "numpy", "litert")
    kept = (*parts, session.reference_choice.name, session.options.target)
    return {name: said for name, said in versions_of(session).items() if name in kept}
