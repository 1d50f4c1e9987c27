"""Printed: firmware that prints its results in its own words, for built-in or sent inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.device.answers import Classification
from tinyml_hil.device.base import Device
from tinyml_hil.device.firmware_config import FirmwareConfig
from tinyml_hil.device.inputs import require_input
from tinyml_hil.device.listener import Listener, SilenceError
from tinyml_hil.device.printed_send import Template
from tinyml_hil.device.printed_words import Part, Words
from tinyml_hil.device.running import Launch, RunningFirmware
from tinyml_hil.errors import GoneError, LinkError, MissingCommandError, UsageError
from tinyml_hil.model import Model
from tinyml_hil.target import ProgrammedTarget

ONCE_A_BOOT = "this firmware has its inputs built in, and infers each once a boot"
_UNFINISHED = (
    "A result was begun, and is not whole. If that is all that the firmware prints of it, say what "
    "comes then by end or, if inputs are sent, by prompt in [printed] of firmware.toml."
)


def _no_tensor(index: int) -> NDArray[Any]:
    raise IndexError(index)


@dataclass(frozen=True)
class KnownInputs:
    """The inputs of a dataset, of which firmware may have the first built in."""

    classes: tuple[str, ...]
    """Names of the model's classes; there may be none."""
    name: str = ""
    """The dataset's; empty if there is none."""
    count: int = 0
    """How many inputs there are."""
    tensor: Callable[[int], NDArray[Any]] = _no_tensor
    """The model's input for one of them."""


class PrintedFirmware(RunningFirmware):
    """Firmware whose lines are read for results."""

    def __init__(self, launch: Launch, words: Words, template: Template) -> None:
        """``template``: what is sent, if anything is."""
        super().__init__(launch)
        self._words = words
        self._template = template
        self._listener: Listener | None = None
        self._forget()

    def _forget(self) -> None:
        """Before a boot nothing is known of it."""
        self.boot_lines = []
        self._results: dict[int, Classification] = {}
        self._next = 0
        self._part: Part | None = None
        self._over = ""
        self._prompted = False
        self._lost = False
        self._answering = False

    @property
    def sends(self) -> bool:
        """Whether inputs are sent to it; else it has them built in."""
        return bool(self._template)

    @property
    def boots_again(self) -> bool:
        """Whether it can be booted from here; somebody's hand may be needed for a board."""
        return not isinstance(self.target, ProgrammedTarget) or self.target.may_program

    def _start(self) -> None:
        self._forget()
        link = self.target.start(self.firmware.elf)
        self._listener = Listener(link, self._timeout)
        if isinstance(self.target, ProgrammedTarget) and self.target.may_program:
            self.target.program(self.firmware.elf)
        if self.sends and not self.boots_again:
            self._prompted = True  # before anybody listened
            return
        with self._noticing_loss():
            self._await_boot()

    def _reset_in_place(self) -> bool:
        return False

    @property
    def gone(self) -> str:
        return self._listener.gone if self._listener else ""

    @property
    def lost(self) -> bool:
        return self._lost or bool(self.gone)

    @property
    def idle(self) -> bool:
        return not self.lost and not self._answering

    @property
    def listener(self) -> Listener:
        """What reads its lines.

        Raises:
            LinkError: the device has not been started.
        """
        if self._listener is None:
            raise LinkError("the device has not been started")
        return self._listener

    @contextlib.contextmanager
    def _noticing_loss(self) -> Iterator[None]:
        try:
            yield
        except LinkError:
            self._lost = True
            raise

    def _await_boot(self) -> None:
        """Reads until the prompt, or until there is something of a first result."""
        if self.sends and not self._words.patterns.prompt:
            return
        while not (self._prompted or self._part or self._results or self._over):
            line = self._read("its prompt" if self.sends else "its first result")
            if not (self._part or self._results or self._prompted):
                self.boot_lines.append(line)
                self._on_boot_line(line)

    def result(self, index: int) -> Classification:
        """What it prints for its built-in input ``index``.

        Raises:
            UsageError: it has fewer inputs.
            DeviceError: it printed what is no result.
            LinkError: it does not get on.
        """
        with self._noticing_loss():
            while index not in self._results and not self._over:
                try:
                    self._read(f"the result of input {index}")
                except SilenceError as error:
                    if self._part:
                        raise LinkError(f"{error}\n{_UNFINISHED}") from error
                    if not self._results:
                        raise
                    self._over = f"nothing for {self._timeout:g} s"
        if index not in self._results:
            raise UsageError(self._too_few(index))
        return self._results[index]

    def _too_few(self, index: int) -> str:
        count = len(self._results)
        if not count:
            return self.listener.describe(f"the firmware printed no result, but {self._over}")
        first, last = min(self._results), max(self._results)
        return (
            f"the firmware printed {count} result{'' if count == 1 else 's'}, of the inputs "
            f"{first} to {last}, and then {self._over}: there is none for input {index}. Choose "
            f"those that it has built in: --images {last + 1}"
        )

    def answer(self, tensor: NDArray[Any]) -> Classification:
        """Sends an input, and reads the reply.

        Raises:
            DeviceError: it printed what is no result.
            LinkError: there is no prompt, or no result in the reply.
        """
        with self._noticing_loss():
            self._await_prompt()
            self._results, self._part, self._over, self._next = {}, None, "", 0
            self._prompted, self._answering = False, True
            self.listener.send(self._template.filled(tensor))
            while not self._results:
                try:
                    self._read("the result of the input that was sent")
                except SilenceError as error:
                    hint = f"\n{_UNFINISHED}" if self._part else ""
                    raise LinkError(f"{error}{hint}") from error
                if (self._prompted or self._over) and not self._results:
                    raise LinkError(
                        self.listener.describe(
                            "the reply has ended, and no line of it is a result as firmware.toml "
                            "has it"
                        )
                    )
            self._answering = False
        return next(iter(self._results.values()))

    def _await_prompt(self) -> None:
        self.listener.begin()
        while self._words.patterns.prompt and not self._prompted:
            self._read("its prompt")

    def _read(self, awaited: str) -> str:
        """Takes the next line for what it is."""
        prompt = self._words.patterns.prompt
        line = self.listener.line(awaited, prompt)
        if part := self._words.read(line):
            if self._part and self._part.clashes(part):
                self._close()
            self._part = self._part.joined(part) if self._part else part
            if self._words.is_whole(self._part):
                self._close()
        elif prompt and prompt.search(line):
            self._prompted = True
            self._close()
        if self._words.ends(line):
            self._close()
            self._over = repr(line)
        return line

    def _close(self) -> None:
        """Nothing more belongs to the result that was begun."""
        part, self._part = self._part, None
        if part is None or not self._words.says_something(part):
            return
        index = self._next if part.index is None else part.index
        if index in self._results:
            self._over = f"input {index} once more"
            return
        self._results[index] = self._words.classification(part)
        self._next = index + 1
        self.listener.get_on()


class PrintedDevice(Device):
    """Firmware that is compared by what it prints, and can be asked for nothing else."""

    def __init__(
        self, running: PrintedFirmware, wanted_lane: str, model: Model, inputs: KnownInputs
    ) -> None:
        """``inputs``: of which it has the first built in, unless it is sent its inputs."""
        super().__init__(running, wanted_lane)
        self._printed = running
        self._model = model
        self._inputs = inputs
        self._indices: dict[bytes, int] = {}
        self._seen = 0
        self._last = -1

    @property
    def once_a_boot(self) -> str:
        return "" if self._printed.sends else ONCE_A_BOOT

    @property
    def lanes(self) -> tuple[str, ...]:
        return ("uart",)

    @property
    def ticks_unit(self) -> str:
        return ""

    def reset(self) -> None:
        if not (self.lost or self._printed.boots_again):
            raise MissingCommandError(
                "this board runs its firmware already, and cannot be booted again from here"
            )
        super().reset()

    def bring_back(self) -> None:
        if not self.lost and self._printed.sends:
            with contextlib.suppress(GoneError):
                self._printed.listener.listen()
        super().bring_back()

    def _classify(self, tensor: NDArray[Any]) -> Classification:
        content = require_input(tensor, self._model.inputs)
        if self._printed.sends:
            return self._printed.answer(tensor)
        self._last = self._index_of(content)
        return self._printed.result(self._last)

    def _index_of(self, content: bytes) -> int:
        """Which of the known inputs it is; of several that are alike, the one that is next."""
        following = self._last + 1
        if following < self._inputs.count and self._bytes(following) == content:
            return following
        while content not in self._indices and self._seen < self._inputs.count:
            self._indices.setdefault(self._bytes(self._seen), self._seen)
            self._seen += 1
        if content not in self._indices:
            raise UsageError(
                "this firmware has its inputs built in, and this one is none of "
                f"{self._inputs.name or 'them'}: give the data set whose first inputs they are "
                "with --dataset, or, if it can be sent inputs, send in [printed] of firmware.toml"
            )
        return self._indices[content]

    def _bytes(self, index: int) -> bytes:
        return self._inputs.tensor(index).tobytes()

    def _lacking(self, command: str) -> MissingCommandError:
        return MissingCommandError(
            f"this firmware prints its results in its own words, and has no command '{command}'"
        )


@contextmanager
def open_printed(
    launch: Launch, model: Model, lane: str, config: FirmwareConfig, inputs: KnownInputs
) -> Iterator[Device]:
    """As ``open_device``, behind this door.

    ``config``: has a table [printed].
    """
    table, file = config.printed, config.file
    if table is None:
        raise UsageError(f"{file} has no table [printed]")
    if not model.has_plain_ends:
        raise UsageError(
            f"{model.path} takes or gives several tensors, or several inputs at once; firmware "
            "that prints its results in its own words is tested with one of each"
        )
    words, template = Words(table, file, model, inputs.classes), Template(table.send, file)
    with PrintedFirmware(launch, words, template) as running:
        yield PrintedDevice(running, lane, model, inputs)
