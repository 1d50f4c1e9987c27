"""Orientation: the device takes the rows or the columns of an image in another order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import Change, InputHypothesis


class Orientation(InputHypothesis):
    """Mirrored, upside down, turned, or with rows for columns."""

    name = "orientation"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """The seven ways beside the host's in which an image may lie."""
        yield Change("the image upside down: its last row first", lambda image: image[::-1])
        yield Change("the image mirrored: its last column first", lambda image: image[:, ::-1])
        yield Change("the image turned by 180 degrees", lambda image: image[::-1, ::-1])
        turns = (
            ("with rows for columns: transposed", lambda image: image.swapaxes(0, 1)),
            ("turned by 90 degrees, against the clock", np.rot90),
            ("turned by 90 degrees, with the clock", lambda image: np.rot90(image, -1)),
            (
                "turned by 90 degrees and mirrored",
                lambda image: image[::-1, ::-1].swapaxes(0, 1),
            ),
        )
        square = all(case.image.shape[0] == case.image.shape[1] for case in evidence.cases)
        for said, turn in turns:
            if square or evidence.model.preprocessing.resize:
                yield Change(f"the image {said}", turn)
        if not square:
            yield Change(
                "the pixels column by column, the host row by row",
                lambda image: np.ascontiguousarray(image.swapaxes(0, 1)).reshape(image.shape),
            )
