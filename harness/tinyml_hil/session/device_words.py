"""Device words: what names one of several devices on the command line, as options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tinyml_hil.build import is_platform
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.session.options import (
    SURROUNDINGS,
    Options,
    converted,
    option_kinds,
    option_name,
)
from tinyml_hil.target import ProgrammedTarget, target_class

OF_ONE_DEVICE = (
    *("platform", "firmware", "firmware_config", "door", "debugger", "lane"),
    *("renode", "renode_driver", "port", "probe", "baud", "flash", "volume"),
    *("place", "coordinator"),
)
"""Options that a word may give to its device alone; all others are the same for all."""


def names_of(words: Sequence[str]) -> list[str]:
    """What each device is called: its word, as short as tells it from the others.

    Raises:
        UsageError: two words are the same.
    """
    counted = Counter(words)
    if again := next((word for word in words if counted[word] > 1), None):
        raise UsageError(
            f"--device {again} is given twice: several of one kind at once, which share the "
            "inputs, are --workers N, and -n N of pytest"
        )
    ever_longer = [list(map(shorten, words)) for shorten in (_head, _with_file_names, str)]
    return [
        next(names[place] for names in ever_longer if names.count(names[place]) == 1)
        for place in range(len(words))
    ]


def shared_options(options: Options, project: Project) -> Options:
    """The options of a run whose inputs several devices of one kind divide among them.

    Args:
        options: those of all devices alike, and the words that name these.
        project: as ``options_on``'s.

    Raises:
        UsageError: there are not several, or they are not of one kind.
    """
    if len(options.device) < 2:
        raise UsageError("--share is for several devices: give --device for each")
    words = options.device
    names_of(words)  # which refuses two that are the same
    kinds = [_in_common(word, options, project) for word in words]
    for word, kind in zip(words, kinds, strict=True):
        if other := [name for name, value in kind.items() if value != kinds[0][name]]:
            raise UsageError(
                f"--share is for devices of one kind: {words[0]} and {word} have not the same "
                f"{', '.join(other)}; without --share both run every input"
            )
    return replace(options, share=True, **kinds[0])


def options_of_sharers(options: Options, project: Project) -> list[Options]:
    """Of each device that ``shared_options`` are of; empty if they are of one device."""
    if not options.share or options.sharer:
        return []
    return [replace(options_on(word, options, project), device=(word,)) for word in options.device]


def _in_common(word: str, options: Options, project: Project) -> dict[str, Any]:
    """What devices of one kind have in common, as options."""
    own = options_on(word, options, project)
    platform = own.platform or target_class(own.target, project).default_platform
    same = {name: getattr(own, name) for name in OF_ONE_DEVICE if name not in SURROUNDINGS}
    return same | {"target": own.target, "platform": platform}


def _head(word: str) -> str:
    return word.partition(",")[0]


def _with_file_names(word: str) -> str:
    """A word with its options' paths without their folders."""
    head, *options = word.split(",")
    parts = (option.partition("=") for option in options)
    return ",".join([head, *(f"{key}={value.rpartition('/')[2]}" for key, _, value in parts)])


def options_on(word: str, options: Options, project: Project) -> Options:
    """The options of one device.

    Args:
        word: ``TARGET``, ``TARGET:PLATFORM`` or, of what is a device of its own, ``TARGET:PORT``;
            then perhaps ``,OPTION=VALUE``, once or more.
        options: those of all devices alike.
        project: whose targets and platforms count.

    Raises:
        UsageError: it names no device.
    """
    head, *given = word.split(",")
    target, _, place = head.partition(":")
    chosen: dict[str, Any] = {"target": target}
    if place:
        chosen[_kind_of(place, target, project)] = place
    chosen |= dict(_own_option(word, each) for each in given)
    return replace(options, device=(), **chosen)


def _kind_of(place: str, target: str, project: Project) -> str:
    """The option that what follows a target's name is a value of."""
    is_port = issubclass(target_class(target, project), ProgrammedTarget)
    return "port" if is_port and not is_platform(place, project.platforms) else "platform"


def _own_option(word: str, given: str) -> tuple[str, Any]:
    key, _, text = given.partition("=")
    name = key.replace("-", "_")
    if name not in OF_ONE_DEVICE or not text:
        known = ", ".join(f"{option_name(each).removeprefix('--')}=" for each in OF_ONE_DEVICE)
        raise UsageError(
            f"--device {word}: {given!r} is no option of one device; there are: {known}"
        )
    return name, converted(f"{key} of --device {word}", text, option_kinds()[name])
