"""Other version: the device runs another version of the model, or another model beside it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tinyml_hil.errors import HilError
from tinyml_hil.explanation.another_model import running
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.explanation.weights import changed_places
from tinyml_hil.model import ReferenceProcess, result_of

_MOST = 20
"""Versions, and files beside it, that are tried: the newest, and the first by name."""


class OtherVersion(Hypothesis):
    """The model that is in the ELF, an older one of the git history, or a file beside it."""

    name = "other-version"

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """One for each content that takes and gives tensors of the same types."""
        path = evidence.model.path
        known = {content: said for said, content in [*_committed(path), *_beside(path)]}
        known.pop(evidence.model.content, None)
        held = _held(evidence)
        if held:
            same = next((content for content in known if held.startswith(content)), b"")
            said = known.pop(same, "none of its last versions in git, nor a file beside it")
            yield from _in_firmware(evidence, held, said)
        for content, said in known.items():
            try:
                yield running(evidence, content, f"the device runs another model: {said}")
            except HilError:
                continue  # it is no model, or one for other inputs


def _held(evidence: Evidence) -> bytes:
    """The model in the ELF that was given, if it is another version of the run's; else empty."""
    if not evidence.session.options.firmware:
        return b""
    found = evidence.session.firmware.embedded_model
    if not found or not found.differing or changed_places(evidence.model, found.content):
        return b""
    return found.content


def _in_firmware(evidence: Evidence, held: bytes, said: str) -> Iterator[Candidate]:
    """The candidate that the ELF's model is what runs; in a process that damage may end."""
    name = evidence.model.path.name
    try:
        other = evidence.model.holding(held)
    except HilError as error:
        evidence.leave_out(f"the model in the firmware, which is not {name}: {error}")
        return
    with closing(ReferenceProcess(evidence.reference, other)) as kernels:
        yield Candidate(
            f"the firmware holds another model than {name}: {said}",
            lambda case: result_of(kernels.predict(case.tensor)),
        )


def _beside(path: Path) -> Iterator[tuple[str, bytes]]:
    for other in sorted(path.absolute().parent.glob("*.tflite"))[:_MOST]:
        try:
            yield f"{other.name}, which lies beside it", other.read_bytes()
        except OSError:
            continue


def _committed(path: Path) -> Iterator[tuple[str, bytes]]:
    """The last versions of a file in its git repository; none if it is in none."""
    listed = _git(path, "log", f"--max-count={_MOST}", "--format=%h %cs", "--", path.name)
    for line in (listed or b"").decode().splitlines():
        commit, _, day = line.partition(" ")
        if content := _git(path, "show", f"{commit}:./{path.name}"):
            yield f"{path.name} of the commit {commit} of {day}", content


def _git(path: Path, *arguments: str) -> bytes | None:
    if not shutil.which("git"):
        return None
    command = ["git", "-C", str(path.absolute().parent), *arguments]
    done = subprocess.run(command, capture_output=True)
    return done.stdout if done.returncode == 0 else None
