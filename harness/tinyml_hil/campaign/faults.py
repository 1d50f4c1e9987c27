"""Faults: the bits that can be hit, and those that a seed draws among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinyml_hil.errors import UsageError

WHERE = ("weights", "biases", "activations", "input", "code", "ram", "registers")
KINDS = ("flip", "stuck0", "stuck1", "burst:K")
BEFORE = -1
"""As ``Fault.after``: before the inference."""
_KIND = re.compile(r"flip|stuck0|stuck1|burst:([2-9]|[12]\d|3[0-2])")


@dataclass(frozen=True)
class Kind:
    """What happens to bits."""

    name: str
    """One of ``KINDS``, with its number."""

    @classmethod
    def parse(cls, text: str) -> Kind:
        """Reads what ``--kind`` gives.

        Raises:
            UsageError: it is none.
        """
        if not _KIND.fullmatch(text):
            raise UsageError(
                f"--kind {text}: there are flip, stuck0, stuck1 and burst:2 to burst:32"
            )
        return cls(text)

    @property
    def bits(self) -> int:
        """How many neighbouring bits are hit."""
        return int(self.name.partition(":")[2] or 1)

    def changed(self, data: bytes, bit: int) -> bytes:
        """What the bytes become.

        Args:
            data: little-endian, as the memory has it.
            bit: the first that is hit, counted from the lowest of the first byte; a burst ends at
                the end of the bytes.
        """
        value, size = int.from_bytes(data, "little"), 8 * len(data)
        mask = ((1 << self.bits) - 1 << bit) & ((1 << size) - 1)
        if self.name == "stuck0":
            value &= ~mask
        elif self.name == "stuck1":
            value |= mask
        else:
            value ^= mask
        return value.to_bytes(len(data), "little")


@dataclass(frozen=True)
class Region:
    """Neighbouring bytes that are hit in the same way."""

    where: str
    """One of ``WHERE``."""
    name: str
    """Of the tensor, the section, or the function whose registers they are."""
    address: int
    """In the memory of the device; 0 for registers, of which r0 comes first, four bytes each."""
    size: int
    """Bytes."""
    width: int = 8
    """Bits of an element."""
    layer: int = BEFORE
    """The op that reads it (weights, biases), or gives it (activations), or is entered (registers);
    BEFORE for what belongs to none."""
    op: str = ""
    """Its name in the .tflite schema."""
    moments: tuple[int, ...] = (BEFORE,)
    """When it may be hit: after these ops; BEFORE the inference."""

    @property
    def bits(self) -> int:
        return 8 * self.size


@dataclass(frozen=True)
class Fault:
    """One fault, in one inference of one input."""

    id: int
    region: Region
    bit: int
    """In the region."""
    after: int
    """The op after which it comes; BEFORE the inference, or at the entry of the region's op."""
    input: int
    """The input's index in the dataset."""

    @property
    def address(self) -> int:
        return self.region.address + self.bit // 8

    @property
    def element_bit(self) -> int:
        """The bit's position in its element; 0 is the lowest."""
        return self.bit % self.region.width

    def __str__(self) -> str:
        return f"fault {self.id}: {self.region.where} of {self.region.name}, bit {self.bit:,}"


@dataclass(frozen=True)
class Space:
    """All bits that can be hit."""

    regions: tuple[Region, ...]

    @cached_property
    def bits(self) -> int:
        return sum(region.bits for region in self.regions)

    @property
    def bits_there_are(self) -> int:
        """How many bits of memory and registers these are: tensors that lie in one place, one after
        the other, count once, and so do the registers of all ops.
        """
        registers = [region for region in self.regions if region.where == "registers"]
        total, end = max((region.bits for region in registers), default=0), 0
        memory = (region for region in self.regions if region.where != "registers")
        for region in sorted(memory, key=lambda region: region.address):
            behind = region.address + region.size
            total += 8 * max(behind - max(region.address, end), 0)
            end = max(end, behind)
        return total

    def draw(self, count: int | None, inputs: Sequence[int], seed: int) -> list[Fault]:
        """Draws faults: bits uniformly and none twice, moments and inputs uniformly.

        Args:
            count: how many; None, or more than there are bits, for every bit once, in order.
            inputs: their indices in the dataset.
            seed: the same one gives the same faults, on any machine.
        """
        random = np.random.default_rng(seed)
        if count is None or count >= self.bits:
            chosen = np.arange(self.bits)
        else:
            chosen = random.choice(self.bits, count, replace=False)
        of_input = random.integers(len(inputs), size=len(chosen))
        of_moment = random.random(len(chosen))
        sizes = [region.bits for region in self.regions]
        ends = np.cumsum(sizes)
        starts, owners = ends - sizes, np.searchsorted(ends, chosen, side="right")
        return [
            _fault(number, self.regions[owner], int(bit - starts[owner]), moment, inputs[index])
            for number, (bit, owner, moment, index) in enumerate(
                zip(chosen, owners, of_moment, of_input, strict=True)
            )
        ]


def _fault(number: int, region: Region, bit: int, moment: float, index: int) -> Fault:
    """``moment``: from 0 up to 1, over those of the region."""
    after = region.moments[int(moment * len(region.moments))]
    return Fault(number, region, bit, after, index)
