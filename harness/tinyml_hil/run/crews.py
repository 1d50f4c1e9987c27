"""Crews: workers for several devices at once, those of each device a crew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from multiprocessing.connection import wait
from typing import TypeVar

from tinyml_hil.errors import HilError
from tinyml_hil.run.workers import Workers

T = TypeVar("T")


def results_of_all(crews: Mapping[str, Workers[T]]) -> Iterator[tuple[str, list[T] | HilError]]:
    """What crews give as it comes, each by its name.

    A crew that fails gives its error and ends; the others go on.
    """
    while waited := [each for crew in crews.values() for each in crew.connections]:
        ready = wait(waited)
        for name, crew in crews.items():
            try:
                if found := crew.receive(ready):
                    yield name, found
            except HilError as error:
                crew.stop()
                yield name, error
