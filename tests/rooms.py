"""Draws the package's rooms and the imports between them, as docs/design.md shows them.

    python -m tests.rooms

prints the drawing, for the page's block of mermaid; a test compares the two.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tinyml_hil import paths

PACKAGE = Path(paths.__file__).parent
GROUND = "ground"
_INDENT = "  "


def rooms() -> list[str]:
    """The names of the rooms, and of the modules on the top floor that are one by themselves."""
    packages = [init.parent.name for init in PACKAGE.glob("*/__init__.py")]
    return sorted([*packages, "robot_library"])


def arrows() -> set[tuple[str, str]]:
    """Which room imports from which; the modules that lie on the ground count as one."""
    return {
        (room, _room_of(module))
        for file in PACKAGE.rglob("*.py")
        if (room := _room_of(".".join(file.relative_to(PACKAGE).with_suffix("").parts)))
        for module in _imports(file)
        if _room_of(module) != room
    } - {(GROUND, room) for room in rooms()}


def picture() -> str:
    """A flowchart; an arrow that follows from others is left out."""
    drawn = arrows()
    needed = {
        (a, b) for a, b in drawn if not any(_leads(c, b, drawn) for c in _next(a, drawn) - {b})
    }
    lines = [f"{_INDENT}{a} --> {b}" for a, b in sorted(needed)]
    return "\n".join(["flowchart TD", *lines])


def _next(room: str, drawn: set[tuple[str, str]]) -> set[str]:
    return {b for a, b in drawn if a == room}


def _leads(start: str, end: str, drawn: set[tuple[str, str]]) -> bool:
    return start == end or any(_leads(room, end, drawn) for room in _next(start, drawn))


def _room_of(module: str) -> str:
    name = module.partition(".")[0]
    return name if name in rooms() else GROUND


def _imports(file: Path) -> Iterator[str]:
    """The package's modules that a file imports from, without the package's name."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "tinyml_hil":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinyml_hil."):
            yield str(node.module).removeprefix("tinyml_hil.")


if __name__ == "__main__":
    print(picture())
