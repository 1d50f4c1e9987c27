"""Model in firmware: some weights of the model in the ELF are not those of the file."""

from __future__ import annotations

from collections.abc import Iterator

from tinyml_hil.explanation.another_model import running
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.explanation.weights import changed, changed_places, flipped


class ModelInFirmware(Hypothesis):
    """A flipped bit, or other weights in the same graph, which the ELF shows."""

    name = "model-in-firmware"
    quick = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """One, if an ELF was given whose model differs in its weights only."""
        if not evidence.session.options.firmware:
            return  # it was built with the model
        found, model = evidence.session.firmware.embedded_model, evidence.model
        places = changed_places(model, found.content) if found else []
        if not found or not places:
            return
        bits = found.content[places[0]] ^ model.content[places[0]]
        if len(places) == 1 and bits.bit_count() == 1:
            address = found.address + places[0]
            sentence = flipped(model, places[0], bits.bit_length() - 1, address)
        else:
            sentence = changed(model, places, found.address)
        yield running(evidence, found.content, sentence)
