"""The errors that a user can act on; each message says what is wrong and what to do next."""

from __future__ import annotations


class HilError(Exception):
    """Base of all errors that are reported as one message, without a traceback."""


class UsageError(HilError):
    """What the user gave cannot be used: an option, a model, a dataset, an ELF."""


class MissingCommandError(UsageError):
    """The firmware lacks a command of docs/protocol.md that is needed for what was asked."""


class SetupError(HilError):
    """Something that has to be installed or running is not."""


class LinkError(HilError):
    """The device could not be reached, went away, or did not answer in time."""


class GoneError(LinkError):
    """The device went away: its emulator ended, or its cable was pulled."""


class SilentError(LinkError):
    """The device did not answer in time."""


class DamagedError(LinkError):
    """What went over the link did not come as it was sent; it is worth asking again."""


class DeviceError(HilError):
    """The device answered with an error line, ``e-[...]``."""


class FaultError(DeviceError):
    """The firmware hit a processor fault, ``e-fault-[...]``."""
