"""Host layers: what each op of a model gives on the host, by any of the references."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from tinyml_hil.model.loading import load_reference
from tinyml_hil.model.model import Model


class HostLayers:
    """A reference that keeps what every op gives."""

    def __init__(self, reference: str, model: Model) -> None:
        """Loads the model.

        Raises:
            UsageError: there is no such reference, or it refuses the model.
            SetupError: its package is not installed.
        """
        self._nodes = model.graph.nodes
        self._reference = load_reference(reference, model, keeps_layers=True)

    def run(self, tensor: NDArray[Any]) -> list[list[NDArray[Any]]]:
        """The outputs of each op, in the order of the graph, for one raw input tensor."""
        self._reference.predict(tensor)
        return [[self._reference.kept(i) for i in node.outputs] for node in self._nodes]
