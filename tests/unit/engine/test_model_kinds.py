"""docs/models.md says of each kind of model what becomes of it: so it is."""

import re
from pathlib import Path

import pytest

from fixtures import places
from tests.model_kinds import KINDS, Kind, row, verdict

from .runner import Engine

PAGE = places.ROOT / "docs" / "models.md"
NAMES = [kind.name for kind in KINDS]


def _table() -> dict[str, str]:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return {name: said for name, said in rows if name in NAMES}


def test_the_page_lists_every_kind_in_order() -> None:
    assert list(_table()) == NAMES


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_kind_is_what_the_page_says(kind: Kind, engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    kind.write(tmp_path / "model.tflite")
    assert row(kind, verdict(tmp_path / "model.tflite", engine)) == row(kind, _table()[kind.name])
