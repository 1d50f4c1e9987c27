"""Words: how text that came from elsewhere is shown."""

from __future__ import annotations


def shown(text: str) -> str:
    """The text, with everything escaped that is not printed as itself.

    A control character in the name of a class or a file would otherwise reach a terminal or a page,
    and surrogates, of a name that is no UTF-8, cannot be written at all.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown_lines(text: str) -> str:
    """The same for text of several lines, which stay what they are."""
    return "\n".join(shown(line.expandtabs()) for line in text.split("\n"))


def first_line(said: object) -> str:
    """What an error says first; what follows are transcripts, registers or hints."""
    return str(said).partition("\n")[0]


def shortened(text: str, longest: int) -> str:
    """A text that leaves room for others beside it."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
