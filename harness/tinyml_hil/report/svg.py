"""SVG: plots of matplotlib's that are part of a page and take the page's colours.

A page has a CSS variable for each of ``COLOURS``: one drawing is light or dark as the page is.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from warnings import catch_warnings, filterwarnings

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from tinyml_hil.report.colours import COLOURS
from tinyml_hil.report.xml_text import writable
from tinyml_hil.words import shortened

_FONT_SIZE = 12
_UNITS_PER_INCH = 72
"""Of the SVG that matplotlib writes; one is a pixel of the page."""
LONGEST_NAME = 24
"""Characters beside a drawing."""
_COLOUR = re.compile("|".join(COLOURS.values()))
_VARIABLES = {value: f"var(--{name}, {value})" for name, value in COLOURS.items()}


def drawable(name: str) -> str:
    """A name that leaves room for what it names, in characters that can be drawn."""
    return shortened(writable(name), LONGEST_NAME)


@contextmanager
def new_plot(width: float, height: float) -> Iterator[Plot]:
    """An empty plot; to be drawn in, and written, in the context that this opens.

    Args:
        width, height: in pixels; a page may give it less.
    """
    with rc_context():
        rcdefaults()  # a user's matplotlibrc is for the user's own plots
        rcParams.update(
            {
                "font.size": _FONT_SIZE,
                "text.color": COLOURS["text"],
                "text.parse_math": False,  # names may hold any character
                "axes.edgecolor": COLOURS["quiet"],
                "axes.labelcolor": COLOURS["quiet"],
                "axes.spines.top": False,
                "axes.spines.right": False,
                "xtick.color": COLOURS["quiet"],
                "ytick.color": COLOURS["quiet"],
                "ytick.labelcolor": COLOURS["text"],
                "svg.fonttype": "none",  # text stays text, in the page's font
                "svg.hashsalt": "tinyml-hil",  # the same drawing is the same file
            }
        )
        yield Plot(width / _UNITS_PER_INCH, height / _UNITS_PER_INCH)


class Plot:
    """A figure with one pair of axes, and titles for what a pointer may rest on."""

    def __init__(self, width: float, height: float) -> None:
        """A figure of a size in inches."""
        self.figure = Figure(figsize=(width, height), layout="constrained")
        self.axes: Axes = self.figure.add_subplot()
        self._titles: dict[str, str] = {}

    def explain(self, patch: Patch, title: str) -> None:
        """Gives a patch its title."""
        group = f"explained {len(self._titles)}"
        patch.set_gid(group)
        self._titles[group] = title

    def bar(
        self,
        y: float,
        length: float,
        title: str,
        colour: str = "device",
        height: float = 0.7,
        left: float = 0,
    ) -> None:
        """Draws one bar from left to right, around a row or beside its middle."""
        (bar,) = self.axes.barh(y, length, height, left, color=COLOURS[colour])
        self.explain(bar, title)

    def bars(
        self,
        names: Sequence[str],
        values: Sequence[float],
        labels: Sequence[str],
        titles: Sequence[str],
    ) -> None:
        """Draws bars from left to right, the first at the top, between their names and labels."""
        for y, (value, label, title) in enumerate(zip(values, labels, titles, strict=True)):
            self.bar(y, value, title)
            self.axes.annotate(label, (value, y), (3, 0), textcoords="offset points", va="center")
        self.rows(names)
        self.axes.set_xlim(0, max(values, default=0) * 1.3 or 1)  # room for the labels
        self.axes.get_xaxis().set_visible(False)
        self.axes.spines["bottom"].set_visible(False)

    def rows(self, names: Sequence[str]) -> None:
        """Names the rows, the first at the top."""
        self.axes.set_yticks(range(len(names)), [drawable(name) for name in names])
        self.axes.tick_params(axis="y", length=0)
        self.axes.set_ylim(len(names) - 0.5, -0.5)

    def count_y(self) -> None:
        """Makes the y axis one of whole numbers."""
        self.axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
        self.axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))

    def svg(self, description: str, stretched: bool = False) -> str:
        """The drawing, as an element of the class ``plot`` for a page; what it shows is escaped.

        Args:
            description: said where it cannot be seen.
            stretched: its shape is the page's matter; it has the class ``stretched``, too.
        """
        file = io.StringIO()
        with catch_warnings():
            # What matplotlib only measures, the page's fonts draw.
            filterwarnings("ignore", "Glyph .* missing from font")
            self.figure.savefig(
                file, format="svg", transparent=True, dpi=_UNITS_PER_INCH, metadata={"Date": None}
            )
        root = ElementTree.fromstring(writable(file.getvalue()))
        _make_part_of_a_page(root)
        for group in root.iter("g"):
            title = self._titles.get(group.attrib.pop("id", ""))
            if title:
                group.insert(0, _title(title))
        box = root.attrib["viewBox"]
        root.attrib = {"class": "plot", "role": "img", "viewBox": box, "width": box.split()[2]}
        if stretched:
            root.attrib |= {"class": "plot stretched", "preserveAspectRatio": "none"}
        root.insert(0, _title(description))
        return ElementTree.tostring(root, encoding="unicode")


def _make_part_of_a_page(root: ElementTree.Element) -> None:
    """Takes away what only a file of its own needs, and gives the colours their variables."""
    for parent in list(root.iter()):
        for child in [child for child in parent if _name(child.tag) in ("metadata", "style")]:
            parent.remove(child)
    for element in root.iter():
        # HTML knows SVG's elements without their namespaces.
        element.tag = _name(element.tag)
        element.attrib = {_name(name): value for name, value in element.attrib.items()}
        if "style" in element.attrib:
            element.attrib["style"] = _COLOUR.sub(_variable, element.attrib["style"])


def _name(qualified: str) -> str:
    return qualified.rpartition("}")[2]


def _variable(colour: re.Match[str]) -> str:
    return _VARIABLES[colour[0]]


def _title(text: str) -> ElementTree.Element:
    title = ElementTree.Element("title")
    title.text = writable(text)
    return title
