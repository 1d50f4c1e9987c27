"""Plants: for each hypothesis, devices that have its cause, computed on the host.

A file for each subject; a new hypothesis without a plant fails its test.
"""

from __future__ import annotations

from tests.unit.plants import inputs, layered, models, outputs, references, roundings
from tests.unit.plants.plant import Plant, World, world_of

PLANTS: list[Plant] = [
    *(*references.PLANTS, *inputs.PLANTS, *models.PLANTS, *outputs.PLANTS),
    *(*roundings.PLANTS, *layered.PLANTS),
]

__all__ = ["PLANTS", "Plant", "World", "world_of"]
