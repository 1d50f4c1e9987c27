"""Devices: several that run the same, each with a session of its own."""

from __future__ import annotations

from tinyml_hil.project import Project
from tinyml_hil.session.device_words import names_of, options_on, shared_options
from tinyml_hil.session.options import Options
from tinyml_hil.session.session import Session


def sessions_of(options: Options, project: Project) -> dict[str, Session]:
    """A session for each device, by the device's name; for one, it is that of ``--target``.

    Devices that share the inputs have one together; see ``Session.sharers``.

    Args:
        options: those of all devices alike, and the words that name these.
        project: as ``Session``'s.

    Raises:
        UsageError: a word names no device, two name the same, or they cannot share.
    """
    if options.share:
        shared = shared_options(options, project)
        return {shared.target: Session(shared, project)}
    if not options.device:
        return {options.target: Session(options, project)}
    names = names_of(options.device)
    return {
        name: Session(options_on(word, options, project), project)
        for name, word in zip(names, options.device, strict=True)
    }
