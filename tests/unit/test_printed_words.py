"""What lines of firmware in its own words say, and what its firmware.toml may not say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tinyml_hil import paths
from tinyml_hil.dataset import CIFAR10_CLASSES
from tinyml_hil.device.answers import Classification
from tinyml_hil.device.firmware_config import load_firmware_config
from tinyml_hil.device.printed_send import Template
from tinyml_hil.device.printed_words import Part, PrintedTable, Words
from tinyml_hil.errors import DeviceError, UsageError
from tinyml_hil.model import load_model

FILE = Path("firmware.toml")
TEN_CLASSES = load_model(paths.DEFAULT_MODEL)
ONE_SCORE = load_model(places.CASES / "sigmoid1_int8.tflite")
CAT, SHIP = 3, 8


def _words(result: str | tuple[str, ...], **keys: object) -> Words:
    table = PrintedTable(result, **keys)  # type: ignore[arg-type]
    return Words(table, FILE, TEN_CLASSES, CIFAR10_CLASSES)


def _said(words: Words, *lines: str) -> Classification:
    parts = [part for line in lines if (part := words.read(line))]
    whole = Part()
    for part in parts:
        assert not whole.clashes(part)
        whole = whole.joined(part)
    return words.classification(whole)


def _known(result: Classification) -> dict[int, float]:
    known = np.flatnonzero(~np.isnan(result.output)).tolist()
    return {index: result.output[index] for index in known}


@pytest.mark.parametrize(
    ("printed", "value", "precision"),
    [
        ("0.98", 0.98, 0.005),
        ("98.4%", 0.984, 0.0005),
        ("98 %", 0.98, 0.005),
        ("1", 1.0, 0.5),
        ("9.80e-01", 0.98, 0.0005),
        (".5", 0.5, 0.05),
        ("+0.250", 0.25, 0.0005),
    ],
)
def test_score_is_half_of_its_last_printed_decimal_off_at_most(
    printed: str, value: float, precision: float
) -> None:
    result = _said(_words(r"(?P<class>\w+) (?P<score>[-+.\de]+)"), f"ship {printed}")
    assert _known(result) == {SHIP: pytest.approx(value)}
    assert result.precision == pytest.approx(precision)
    assert result.said_class == SHIP


def test_of_several_scores_the_coarsest_says_the_precision() -> None:
    numbers = "1.00, " + ", ".join(["0.000"] * 9)
    result = _said(_words(r"\[(?P<scores>.*)\]"), f"[{numbers}]")
    assert result.output.tolist() == [1.0, *[0.0] * 9]
    assert result.precision == pytest.approx(0.005)


def test_groups_with_a_number_are_the_scores_of_these_classes() -> None:
    result = _said(_words(r"cat (?P<score3>\S+) ship (?P<score8>\S+)"), "cat 0.25 ship 0.5")
    assert _known(result) == {CAT: 0.25, SHIP: 0.5}
    assert result.said_class is None


def test_class_and_its_score_may_be_on_lines_of_their_own() -> None:
    words = _words((r"Prediction: (?P<class>\w+)", r"Confidence: (?P<score>[\d.]+)%"))
    result = _said(words, "  Prediction: Ship   ", "2", "  Confidence: 65.1%   ")
    assert _known(result) == {SHIP: pytest.approx(0.651)}


def test_lines_with_one_class_s_score_each_are_one_result() -> None:
    words = _words(r"(?P<scored>\w+): (?P<score>[\d.]+)")
    whole = Part()
    for name in CIFAR10_CLASSES:
        assert not words.is_whole(whole)
        part = words.read(f"{name}: 0.100")
        assert part is not None
        whole = whole.joined(part)
    assert words.is_whole(whole)
    assert words.classification(whole).output.tolist() == [0.1] * 10


def test_only_the_class_leaves_every_score_unknown() -> None:
    result = _said(_words(r"is a (?P<class>\w+)"), "it is a ship")
    assert _known(result) == {}
    assert (result.said_class, result.precision > 0) == (SHIP, True)


def test_integers_of_the_output_are_its_real_values_in_steps() -> None:
    result = _said(_words(r"(?P<class>\w+) (?P<score>\d+)", scale="raw"), "ship 128")
    assert _known(result) == {SHIP: 0.5}
    assert result.precision == pytest.approx(0.5 / 256)


def test_a_scale_makes_the_firmware_s_unit_the_model_s() -> None:
    result = _said(_words(r"(?P<class>\w+) (?P<score>\d+)", scale=0.01), "ship 98")
    assert _known(result) == {SHIP: pytest.approx(0.98)}
    assert result.precision == pytest.approx(0.005)


def test_classes_may_have_the_firmware_s_own_names_or_numbers() -> None:
    own = ("Plane", "Car", "Bird", "Cat", "Deer", "Dog", "Frog", "Horse", "Boat", "Truck")
    words = _words(r"is (?P<class>.+)", classes=own)
    assert _said(words, "is Boat").said_class == SHIP
    assert _said(words, "is 8").said_class == SHIP


@pytest.mark.parametrize("line", ["is zebra", "is 10"])
def test_a_class_that_the_model_has_not_is_named(line: str) -> None:
    with pytest.raises(DeviceError, match=r"printed the class '.*classes in \[printed\]"):
        _words(r"is (?P<class>.+)").read(line)


def test_the_index_of_the_first_input_is_the_firmware_s_own() -> None:
    part = _words(r"image (?P<index>\d+): (?P<class>\w+)", first=1).read("image 1: cat")
    assert part is not None
    assert part.index == 0


def test_a_printed_nan_is_no_score_that_was_left_out() -> None:
    result = _said(_words(r"(?P<class>\w+) (?P<score>\S+)"), "ship nan")
    assert _known(result) == {SHIP: np.inf}


@pytest.mark.parametrize(
    ("pattern", "line", "score"),
    [
        (r"p = (?P<score>\S+)", "p = 0.9", 0.9),
        (r"(?P<class>\d) (?P<score>\S+)", "1 0.9", 0.9),
        (r"(?P<class>\d) (?P<score>\S+)", "0 0.9", 0.1),
        (r"(?P<scores>.*)", "0.9", 0.9),
        (r"(?P<score0>.*)", "0.9", 0.9),
    ],
)
def test_a_single_output_is_the_second_class_s_score(pattern: str, line: str, score: float) -> None:
    words = Words(PrintedTable(pattern), FILE, ONE_SCORE, ("no", "yes"))
    assert _said(words, line).output.tolist() == [pytest.approx(score)]


@pytest.mark.parametrize("line", ["ship 0.5.1", "ship abc", "ship "])
def test_a_score_that_is_no_number_is_an_error_that_shows_the_line(line: str) -> None:
    with pytest.raises(DeviceError, match="no number"):
        _words(r"(?P<class>\w+) (?P<score>.*)").read(line)


def test_scores_of_another_number_than_the_outputs_are_an_error() -> None:
    with pytest.raises(DeviceError, match="printed 2 scores where cifar10 has 10"):
        _words(r"\[(?P<scores>.*)\]").read("[0.5 0.5]")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("result = '(?P<class>'", "result in [printed] is no regular expression"),
        ("result = '(?P<class>.)'\nend = '['", "end in [printed] is no regular expression"),
        ("result = '(?P<klass>.)'", "result in [printed] has a group 'klass'"),
        ("result = 'ship'", "result in [printed] has no named group that says a result"),
        ("result = '(?P<index>.)'", "result in [printed] has no named group that says a result"),
        ("result = '(?P<scored>.)(?P<class>.)'", "in that expression no group 'score'"),
        ("result = []", "expected `array`|Object missing|Expected `array` of length >= 1"),
        ("end = 'x'", "missing required field `result`"),
        ("result = '(?P<class>.)'\nprompt = '>'", "give send, too"),
        ("result = '(?P<class>.)'\nsend = 'go'", "send in [printed] has no input in it"),
        ("result = '(?P<class>.)'\nsend = '{hexx}'", "send in [printed] has {hexx}"),
        ("result = '(?P<class>.)'\nsend = '{hex}\\q'", "send in [printed] has \\q"),
        ("result = '(?P<class>.)'\nscale = 'half'", "scale"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_file_and_key(
    tmp_path: Path, table: str, message: str
) -> None:
    file = tmp_path / "firmware.toml"
    file.write_text(f"[printed]\n{table}\n")
    with pytest.raises(UsageError) as error:
        load_firmware_config(tmp_path / "firmware.elf", None)
    assert str(error.value).startswith(f"{file}: ")
    assert any(part in str(error.value) for part in message.split("|"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "keys", "message"),
    [
        (r"(?P<score>\d+)", {}, "does not say whose the group 'score' is"),
        (r"(?P<score10>\d+)", {}, "has a group 'score10', but cifar10 has 10 outputs"),
        (r"(?P<class>\d+)", {"classes": ("a", "b")}, "classes in [printed] are 2, but cifar10"),
    ],
)
def test_a_table_that_does_not_fit_the_model_is_refused(
    pattern: str, keys: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        _words(pattern, **keys)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("infer {hex}\\n", b"infer 01ff\n"),
        ("{base64}\\r\\n", b"Af8=\r\n"),
        ("{values};", b"1,255;"),
        ("\\x02{bytes}\\x03", b"\x02\x01\xff\x03"),
        ('{"x": [{values}]}\n', b'{"x": [1,255]}\n'),
    ],
)
def test_an_input_is_sent_in_the_form_that_the_template_has(template: str, sent: bytes) -> None:
    tensor = np.array([[1, 255]], np.uint8)
    assert Template(template, FILE).filled(tensor) == sent


def test_float_values_are_sent_with_as_many_decimals_as_tell_them_apart() -> None:
    assert Template("{values}", FILE).filled(np.array([0.1, -2], np.float32)) == b"0.1,-2.0"
