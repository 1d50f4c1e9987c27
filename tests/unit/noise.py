"""A link that loses, doubles, delays and changes bytes, as the test wishes."""

from __future__ import annotations

import random
import time


class Noise:
    """What happens to each byte on its way, at a rate, drawn by a seed."""

    def __init__(self, rate: float = 0.0, seed: int = 0) -> None:
        """``rate``: the share of bytes to which something happens; it may be changed meanwhile."""
        self.rate = rate
        self.happened = 0
        """To how many bytes something did."""
        self._draw = random.Random(seed)

    def disturb(self, data: bytes) -> bytes:
        """What arrives of it."""
        return b"".join(self._one(data[i : i + 1]) for i in range(len(data)))

    def _one(self, byte: bytes) -> bytes:
        if self._draw.random() >= self.rate:
            return byte
        self.happened += 1
        match self._draw.randrange(4):
            case 0:
                return b""
            case 1:
                return byte * 2
            case 2:
                return bytes([byte[0] ^ 1 << self._draw.randrange(8)])
            case _:
                time.sleep(0.01)
                return byte
