"""The plots of a report as SVG: what one has when it is part of a page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree

import pytest
from matplotlib import rc_context, rcParams

from tinyml_hil.report.colours import COLOURS
from tinyml_hil.report.svg import new_plot


def _bars(*names: str) -> str:
    with new_plot(300, 100) as plot:
        values = list(range(1, len(names) + 1))
        plot.bars(names, values, ["label"] * len(names), [f"title of {name}" for name in names])
        return plot.svg("what it is")


def _texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_each_bar_has_a_title_and_the_whole_has_one() -> None:
    titles = re.findall(r"<title>(.*?)</title>", _bars("a", "b"))
    assert titles == ["what it is", "title of a", "title of b"]


def test_every_colour_is_a_variable_of_the_page() -> None:
    styles = " ".join(re.findall(r'style="([^"]*)"', _bars("a")))
    assert f"var(--device, {COLOURS['device']})" in styles
    assert f"var(--text, {COLOURS['text']})" in styles
    assert re.findall(r"(?<!, )#[0-9a-f]{6}", styles) == []


@pytest.mark.parametrize("name", ["$x^2$", "a_$b", "犬", "\\frac"])
def test_name_is_text_whatever_it_looks_like(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert name in _texts(_bars(name, "other"))


def test_name_is_escaped() -> None:
    svg = _bars("<b>&")
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;" in _texts(svg)


def test_name_that_xml_cannot_hold_is_drawn_all_the_same() -> None:
    assert "?[31mred" in _texts(_bars("\x1b[31mred"))


def test_long_name_leaves_room_for_its_bar() -> None:
    assert "a name that has no end …" in _texts(_bars("a name that has no end at all, it seems"))


def test_settings_of_the_user_for_other_plots_change_nothing() -> None:
    drawn = _bars("a")
    with rc_context({"text.usetex": True, "savefig.bbox": "tight", "font.size": 30}):
        assert _bars("a") == drawn
        assert rcParams["font.size"] == 30


def test_backend_that_does_not_exist_stops_no_report() -> None:
    code = "from os import environ; from tinyml_hil.report import page; page._environment(); "
    code += "print(environ['MPLBACKEND'])"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MPLBACKEND": "nonsense"},
        capture_output=True,
        text=True,
    )
    assert (result.stdout, result.stderr) == ("nonsense\n", "")


def test_the_same_drawing_is_the_same_text() -> None:
    assert _bars("a", "b") == _bars("a", "b")


def test_what_two_drawings_name_alike_is_the_same() -> None:
    drawings = [ElementTree.fromstring(_bars(*names)) for names in (("a",), ("b", "c"))]
    named = [
        {
            element.attrib["id"]: ElementTree.tostring(element).strip()
            for element in root.iter()
            if "id" in element.attrib
        }
        for root in drawings
    ]
    assert all(named)
    assert all(named[0][name] == named[1][name] for name in named[0].keys() & named[1].keys())
