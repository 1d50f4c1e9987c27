"""Random Huffman codes, packed, with the tables by which TFLM decodes them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .cases import Rng
from .graph import Array

COUNT_BITS = 4


def random_words(rng: Rng, values: list[int]) -> dict[str, int]:
    """Give each value a code word, of which none begins with another: a tree of random splits.

    Many split the longest word, so that some are long; the only value of a tree has no bits.
    """
    words = [""]
    while len(words) < len(values):
        longest = max(range(len(words)), key=lambda i: len(words[i]))
        word = words.pop(longest if rng.random() < 0.3 else int(rng.integers(len(words))))
        words += [word + "0", word + "1"]
    return dict(zip(words, values, strict=True))


@dataclass
class Tables:
    """Code words as tables, each of which is looked into by some bits more."""

    rng: Rng
    words: dict[str, int]
    size: int
    """Bytes of an entry, 2 or 4."""
    width: int
    """Bits by which the first table is looked into."""
    entries: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._add(self.words, self.width)

    @property
    def header(self) -> int:
        """The byte of what they mean that tells of the tables."""
        return self.width - 1 << 4 | int(self.size == 4)

    @property
    def data(self) -> Array:
        """All entries, as bytes."""
        return np.array(self.entries, f"<u{self.size}").view(np.uint8)

    def _entry(self, is_value: bool, count: int, value: int) -> int:
        width = 8 * self.size - 1 - COUNT_BITS
        assert count < 1 << COUNT_BITS
        assert value < 1 << width
        return (is_value << COUNT_BITS | count) << width | value

    def _add(self, words: dict[str, int], width: int) -> None:
        begin = len(self.entries)
        self.entries += [0] * (1 << width)
        for index in range(1 << width):
            bits = f"{index:0{width}b}"
            found = [word for word in words if bits.startswith(word)]
            if found:
                value = words[found[0]] & (1 << 4 * self.size) - 1
                self.entries[begin + index] = self._entry(True, len(found[0]), value)
                continue
            rest = {w[width:]: value for w, value in words.items() if w.startswith(bits)}
            deeper = int(self.rng.integers(1, 4))
            offset = len(self.entries) - begin - index
            self.entries[begin + index] = self._entry(False, deeper - 1, offset)
            self._add(rest, deeper)


def random_tables(rng: Rng, size: int, bits: int) -> Tables:
    """Give tables of 1 to 100 values of so many bits, which may have a sign."""
    values = rng.choice(1 << bits, int(rng.integers(1, 101)), replace=False) - (1 << bits - 1)
    words = random_words(rng, [int(value) for value in values])
    return Tables(rng, words, size, int(rng.integers(1, 9)))


def packed(rng: Rng, words: dict[str, int], count: int) -> Array:
    """Give random code words one after the other, first bits high, up to a whole 32 bits."""
    texts = list(words)
    text = "".join(texts[i] for i in rng.integers(0, len(texts), count))
    whole = text.ljust(max(32, -(-len(text) // 32) * 32), "0")
    return np.packbits(np.array(list(whole), np.uint8))
