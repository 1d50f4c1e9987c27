"""Devices: several that run the same, each with a session of its own."""

from __future__ import annotations

from tinyml_hil.project import Project
from tinyml_hil.session.device_words import names_of, options_on
from tinyml_hil.session.options import Options
from tinyml_hil.session.session import Session


def sessions_of(options: Options, project: Project) -> dict[str, Session]:
    """A session for each device, by the device's name; for one, it is that of ``--target``.

    Args:
        options: those of all devices alike, and the words that name these.
        project: as ``Session``'s.

    Raises:
        UsageError: a word names no device, or two name the same.
    """
    if not options.device:
        return {options.target: Session(options, project)}
    names = names_of(options.device)
    return {
        name: Session(options_on(word, options, project), project)
        for name, word in zip(names, options.device, strict=True)
    }
