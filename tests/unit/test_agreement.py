"""Agreement: equal outputs agree; a device that gives other bytes is named, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyml_hil.record import Agreement, InputRecord, Row, joint_rows

HOST = [1, 9, 3]


def _record(
    values: list[int] | NDArray[Any], host: list[int] | None = None, index: int = 3
) -> InputRecord:
    output = np.asarray(values, np.int8) if isinstance(values, list) else values
    expected = output if host is None else np.array(host, np.int8)
    return InputRecord(index, 0, expected, output, 100)


def _said(**records: InputRecord | list[InputRecord]) -> list[str]:
    given = {name: r if isinstance(r, list) else [r] for name, r in records.items()}
    found = Agreement(given).disagreements
    return [each.sentence(lambda index: f"image {index}", "image") for each in found]


def test_equal_outputs_agree() -> None:
    found = Agreement({"qemu": [_record([1, -2, 3])], "renode": [_record([1, -2, 3])]})
    assert (found.equal, found.disagreements) == (1, [])


def test_odd_one_of_three_devices_is_named_whatever_the_host_says() -> None:
    said = _said(
        qemu=_record([1, 9, 3], [0, 0, 0]),
        renode=_record([1, 9, 10], [0, 0, 0]),
        board=_record([1, 9, 3], [0, 0, 0]),
    )
    assert said == [
        "renode disagrees with qemu and board on 1 of 1 images, most on image 3: "
        "1 of 3 values differs, by 7 at most"
    ]


def test_of_two_devices_that_without_the_host_s_bits_is_named() -> None:
    said = _said(qemu=_record([2, 9, 5], HOST), renode=_record(HOST, HOST))
    assert said == [
        "qemu disagrees with renode on 1 of 1 images, most on image 3: "
        "2 of 3 values differ, by 2 at most"
    ]


def test_the_host_s_bits_weigh_more_than_two_devices_that_err_alike() -> None:
    wrong = _record([1, 9, 4], HOST)
    assert Row({"a": wrong, "b": wrong, "c": _record(HOST, HOST)}).odd == ["a", "b"]


def test_none_of_two_devices_is_blamed_where_the_host_has_neither_s_bits() -> None:
    (said,) = _said(qemu=_record([0, 9, 3], HOST), renode=_record([1, 8, 3], HOST))
    assert said.startswith("renode and qemu disagree on 1 of 1 images")
    assert said.endswith("which of them is right is not told by that")


def test_input_of_which_most_differs_is_told_and_devices_on_most_inputs_are_first() -> None:
    host = [_record(HOST, HOST, index) for index in range(3)]
    once = [*host[:2], _record([1, 9, 4], HOST, 2)]
    twice = [host[0], _record([1, 8, 4], HOST, 1), _record([0, 9, 3], HOST, 2)]
    first, second = _said(a=host, b=once, c=twice, d=host)
    assert first.startswith("c disagrees with a, b and d on 2 of 3 images, most on image 1: 2 of")
    assert second.startswith("b disagrees with a and d on 1 of 3 images, most on image 2: 1 of")


def test_only_inputs_that_every_device_had_are_compared() -> None:
    found = Agreement(
        {
            "qemu": [_record(HOST, HOST, index) for index in (0, 1, 2)],
            "renode": [_record([0, 0, 0], HOST, 2), _record(HOST, HOST, 0)],
        }
    )
    assert [next(iter(row.records.values())).index for row in found.rows] == [0, 2]
    assert found.equal == 1


@pytest.mark.parametrize("other", [-0.0, np.nan])
def test_floats_are_compared_by_their_bytes(other: float) -> None:
    given = [_record(np.array([value], np.float32)) for value in (0.0, other)]
    (found,) = Agreement({"qemu": [given[0]], "renode": [given[1]]}).disagreements
    assert str(found.worst.distance("renode")) == "1 of 1 values differs, by 0 at most"


def test_printed_outputs_are_not_compared_byte_for_byte() -> None:
    printed = InputRecord(3, 0, np.array([0.5]), np.array([0.5]), 100, precision=0.01)
    found = Agreement({"a": [_record(HOST)], "b": [_record(HOST)], "c": [printed]})
    assert (found.printed, found.equal) == (["c"], 1)


def test_what_counts_in_another_unit_has_a_row_of_its_own() -> None:
    rows = joint_rows(
        {
            "qemu": [("images", "3"), ("instructions an inference", "7"), ("arena", "5")],
            "board": [("images", "3"), ("cycles an inference", "9"), ("arena", "5")],
        }
    )
    assert rows == [
        ("images", ["3", "3"]),
        ("cycles an inference", ["", "9"]),
        ("instructions an inference", ["7", ""]),
        ("arena", ["5", "5"]),
    ]
