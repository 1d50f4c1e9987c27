"""Which targets there are: the product's own, those of a project, and those that are installed."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import entry_points

from tinyml_hil import choices
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.target.base import Target

GROUP = "tinyml_hil.targets"
"""The entry points of distributions that bring a target: each its name and ``module:Class``."""
_OWN = {
    "qemu": "tinyml_hil.target.qemu:QemuTarget",
    "renode": "tinyml_hil.target.renode:RenodeTarget",
    "board": "tinyml_hil.target.board:BoardTarget",
}


def target_names(project: Project) -> tuple[str, ...]:
    """The names of all targets, the product's own first."""
    return tuple(dict.fromkeys((*choices.TARGETS, *_further(project))))


def target_class(name: str, project: Project) -> type[Target]:
    """The target called ``name``: the product's own, the project's, or one that is installed.

    Raises:
        UsageError: there is none, or it cannot be loaded.
    """
    place = _OWN.get(name) or _further(project).get(name)
    if place is None:
        raise UsageError(
            f"there is no target {name!r}; there are: {', '.join(target_names(project))}"
        )
    if name in project.targets and str(project.root) not in sys.path:
        sys.path.insert(0, str(project.root))  # modules of the project's own need no installation
    module, _, attribute = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"the target {name!r} is {place!r}, which cannot be loaded: {error}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Target)):
        raise UsageError(f"the target {name!r} is {place!r}, which is no class of Target's")
    return found


def _further(project: Project) -> dict[str, str]:
    """Those that are no part of the product; the project's hide installed ones of the same name."""
    installed = {point.name: point.value for point in entry_points(group=GROUP)}
    return installed | project.targets
