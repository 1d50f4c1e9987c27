"""Damages the folder of a run in every way that we think of, and asks every command about it.

``python -m tests.unit.damage SECONDS`` tries random ones; ``test_damaged_runs.py`` tries some.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import typer

from tests.unit.report_builder import make_run
from tinyml_hil.build import Firmware
from tinyml_hil.cli import evaluating
from tinyml_hil.cli.app import app
from tinyml_hil.errors import HilError, SetupError
from tinyml_hil.explanation import EXPLANATION, CaseFacts, Explanation, Told
from tinyml_hil.history import open_history
from tinyml_hil.project import variable
from tinyml_hil.record import JOURNAL, MAP, RECORD, RESULTS, InputRecord
from tinyml_hil.session import Options, Session

ENDED, STOPPED = "20260101-000000-qemu-0001", "20260102-000000-qemu-0002"
HISTORY = "history.sqlite"
FILES = (
    *(
        RECORD,
        RESULTS,
        JOURNAL,
        EXPLANATION,
        "memory.json",
        "symbols.json",
        MAP,
        "transcripts/session.log",
    ),
    HISTORY,
)
BOMB = 2**30 + 1
"""Bytes that a small archive would unpack to."""
_ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 10**400, 0.5, -1e308, float("nan"), float("inf")),
    *("", "x", "\0", "../..", "\ud800", "ä" * 300, [], {}, [[]], [None], {"": {}}, {"x": -1}),
)
Damage = Callable[[random.Random, bytes], bytes]
"""Makes the content of a file another one."""


def _cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def _flipped(rng: random.Random, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 8, 64))):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _junk(rng: random.Random, content: bytes) -> bytes:
    return rng.randbytes(len(content))


def _of_another_kind(rng: random.Random, content: bytes) -> bytes:
    return json.dumps(rng.choice(_ODD)).encode()


def _nested(rng: random.Random, content: bytes) -> bytes:
    return b'{"schema":1,"x":' + b"[" * 100_000


def _edited(rng: random.Random, content: bytes) -> bytes:
    """One value of a file of JSON, or of one of its lines, is another one or gone."""
    lines = content.splitlines() if content.count(b"\n{") else [content]
    number = rng.randrange(len(lines))
    tree = {"": json.loads(lines[number])}
    table: Any = tree
    key: Any = ""
    while isinstance(table[key], dict | list) and table[key] and rng.random() < 0.8:
        table = table[key]
        key = rng.choice(list(table)) if isinstance(table, dict) else rng.randrange(len(table))
    if table is not tree and rng.random() < 0.3:
        del table[key]
    else:
        table[key] = copy.deepcopy(rng.choice(_ODD))
    lines[number] = json.dumps(tree[""]).encode()
    return b"\n".join(lines) + b"\n"


def _other_arrays(rng: random.Random, content: bytes) -> bytes:
    """One array of an archive is another one or gone."""
    with np.load(io.BytesIO(content)) as archive:
        arrays = dict(archive)
    name = rng.choice(list(arrays))
    array = arrays.pop(name)
    others = (
        *(array[:-1], array[..., None], array.astype(str), array.astype(complex)),
        *(array.astype(np.int64) - 200, array * 0 + 99, np.array(3), np.zeros((0, 10))),
        *(np.full(array.shape, np.nan), np.full(array.shape, np.inf, np.float32)),
    )
    if (choice := rng.randrange(len(others) + 1)) < len(others):
        arrays[name] = others[choice]
    saved = io.BytesIO()
    np.savez_compressed(saved, **arrays)
    return saved.getvalue()


def bomb() -> bytes:
    """A small archive that is larger than memory."""
    packed = io.BytesIO()
    header = {"descr": "|i1", "fortran_order": False, "shape": (BOMB,)}
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("index.npy", "w") as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for _ in range(BOMB // 2**20):
            member.write(bytes(2**20))
    return packed.getvalue()


def _no_numbers(rng: random.Random, content: bytes) -> bytes:
    """Outputs of a float model that has gone astray; such a run is not damaged."""
    with np.load(io.BytesIO(content)) as archive:
        arrays = dict(archive)
    for name in rng.choice((("output",), ("output", "expected"))):
        values = rng.choices((0.5, np.nan, np.inf, -np.inf, 3e38), k=arrays[name].size)
        arrays[name] = np.array(values, np.float32).reshape(arrays[name].shape)
    arrays["expected"] = arrays["expected"].astype(np.float32)
    saved = io.BytesIO()
    np.savez_compressed(saved, **arrays)
    return saved.getvalue()


OF_ANY: dict[str, Damage] = {
    "cut": _cut,
    "flipped": _flipped,
    "junk": _junk,
    "of another kind": _of_another_kind,
}
OF_JSON: dict[str, Damage] = {"edited": _edited, "nested": _nested}
OF_ARRAYS: dict[str, Damage] = {"other arrays": _other_arrays, "no numbers": _no_numbers}


def damages_of(file: str) -> dict[str, Damage]:
    """The random damages of a file, by name."""
    if file == RESULTS:
        return OF_ANY | OF_ARRAYS
    return OF_ANY | OF_JSON if ".json" in file else OF_ANY


def _answer(index: int, label: int) -> InputRecord:
    """As of the default model, whose output is uint8."""
    output = np.zeros(10, np.uint8)
    output[label] = 255
    return InputRecord(index, label, output, output, 1000)


class Runs:
    """Two runs as they lie on the disk, one that has ended and one that was stopped."""

    def __init__(self, folder: Path, elf: Path) -> None:
        """Makes them in ``folder``, which has to be empty; their firmware is ``elf``."""
        self._whole = folder / "whole"
        self.folder = folder / "project"
        for name, status in ((ENDED, "passed"), (STOPPED, "interrupted")):
            options = Options(firmware=elf, images=4)
            make_run(self._whole / "reports" / name, options, _answer, status)  # type: ignore[arg-type]
        cases = [CaseFacts(0, "image 0", [0], [0.0, 1.0], [1.0, 1.0])]
        cause = Told("other-kernels", "the device computes as another")
        explanation = Explanation(ENDED, "litert", 4, 1, cases, cause)
        explanation.save(self._whole / "reports" / ENDED)
        with open_history(f"sqlite:///{self._whole}/history.sqlite") as history:
            for name in (ENDED, STOPPED):
                history.record(self._whole / "reports" / name)

    def fresh(self) -> Path:
        """The project's folder, as it was."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._whole, self.folder)
        return self.folder

    def file(self, name: str) -> Path:
        """The file of this name, in the run that has it, or of the history."""
        if name == HISTORY:
            return self.folder / name
        return self.folder / "reports" / (STOPPED if name == JOURNAL else ENDED) / name

    def ask(self, command: str) -> str:
        """What a command says that refuses; else nothing.

        Raises:
            AssertionError: it ended in another way than with one sentence.
        """
        said = io.StringIO()
        with self._surroundings(), contextlib.redirect_stdout(said):
            try:
                app(command.split(), standalone_mode=False)
            except HilError as error:
                message = str(error)
            except OSError as error:
                message = str(error)
            except typer.Exit:
                message = ""
            except Exception as error:
                raise AssertionError(f"{command}: {traceback.format_exc()}") from error
            else:
                message = ""
        assert "\n" not in message, f"{command}: {message}"
        assert "Traceback" not in said.getvalue()
        return message

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        places = {
            variable("reports"): str(self.folder / "reports"),
            variable("history"): str(self.folder / "history.sqlite"),
            variable("baselines"): str(self.folder / "baselines"),
        }
        with (
            mock.patch.dict(os.environ, places),
            # Whoever goes on with a run is stopped before a device is started.
            mock.patch.object(evaluating, "_run_images", side_effect=SetupError("stopped")),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            yield


COMMANDS = (
    f"report {ENDED}",
    f"explain {ENDED}",
    f"baseline update {ENDED}",
    f"compare {STOPPED} {ENDED}",
    f"history import {ENDED}",
    "history import",
    f"evaluate --resume {STOPPED}",
    f"evaluate --resume {ENDED}",
    "trend",
)


def main() -> None:
    """Tries random damages for some seconds; ends with 1 where a command cannot cope with one."""
    end = time.monotonic() + int(sys.argv[1])
    seed = random.randrange(2**32)
    print(f"--- damaged runs, {sys.argv[1]} s, seed {seed}", flush=True)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        firmware: Firmware = Session(Options()).firmware
        runs = Runs(Path(folder), firmware.elf)
        while time.monotonic() < end:
            runs.fresh()
            file = rng.choice(FILES)
            name, damage = rng.choice(list(damages_of(file).items()))
            path = runs.file(file)
            path.write_bytes(damage(rng, path.read_bytes()))
            for command in COMMANDS:
                try:
                    runs.ask(command)
                except AssertionError as error:
                    kept = Path(tempfile.mkdtemp(prefix="damaged-run-"))
                    shutil.copy(path, kept)
                    sys.exit(f"{file}, {name}: {error}\nthe file is in {kept}")


if __name__ == "__main__":
    main()
