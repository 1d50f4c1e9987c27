"""Plants: for each hypothesis, devices that have its cause, computed on the host.

A file for each subject; a new hypothesis without a plant fails its test.
"""

from __future__ import annotations

from tests.unit.plants import inputs, models, outputs, references
from tests.unit.plants.plant import Plant, World, world_of

PLANTS: list[Plant] = [*references.PLANTS, *inputs.PLANTS, *models.PLANTS, *outputs.PLANTS]

__all__ = ["PLANTS", "Plant", "World", "world_of"]
