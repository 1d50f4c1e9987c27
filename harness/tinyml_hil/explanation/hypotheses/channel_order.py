"""Channel order: the device takes the colours of a pixel in another order, or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import Change, InputHypothesis

_OTHER = {"rgb": "bgr", "bgr": "rgb"}
_RGB = "RGB"


class ChannelOrder(InputHypothesis):
    """BGR for RGB before all; every other order, and grey."""

    name = "channel-order"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """Nothing for images of one channel."""
        if evidence.channels != {3}:
            return
        host = evidence.model.preprocessing.channels
        other = _OTHER[host]
        yield Change(
            f"the image as {other.upper()}, the host as {host.upper()}",
            preprocessing=lambda given: replace(given, channels=other),
        )
        for order in permutations(range(3)):
            if order not in ((0, 1, 2), (2, 1, 0)):
                name = "".join(_RGB[channel] for channel in order)
                yield Change(
                    f"the channels in the order {name}, the host as {host.upper()}",
                    lambda image, order=order: image[..., list(order)],  # type: ignore[misc]
                )
        yield Change("the image in grey, the host in colours", _grey)
        for channel, name in enumerate(("red", "green", "blue")):
            yield Change(
                f"the {name} channel three times, the host the three channels",
                lambda image, channel=channel: np.repeat(image[..., [channel]], 3, axis=2),  # type: ignore[misc]
            )


def _grey(image: NDArray[Any]) -> NDArray[Any]:
    """As ITU-R 601-2 weighs the colours, and Pillow does."""
    return np.repeat(np.asarray(Image.fromarray(image).convert("L"))[..., None], 3, axis=2)
