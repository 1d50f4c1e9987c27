"""The host's runtimes differ as docs/engine.md says: a part of `python -m tests.references`."""

from __future__ import annotations

import pytest

from tests.references import MODELS, OTHERS, PAGE, Row, is_measurable, measure, problems, rows_of
from tinyml_hil.errors import SetupError

INPUTS = 40
"""All are a matter of minutes: the night takes them."""
SAID = rows_of(PAGE.read_text())


def test_the_page_has_a_row_for_each_model_and_all_kernels() -> None:
    wanted = [(model, kernels) for model in MODELS for kernels in OTHERS]
    assert [(row.model, row.kernels) for row in SAID] == wanted


def test_a_row_is_read_as_it_is_written() -> None:
    assert rows_of("\n".join(map(str, SAID))) == SAID
    assert str(SAID[0]) in PAGE.read_text()


@pytest.mark.parametrize("said", SAID, ids=lambda row: f"{row.model}-{row.kernels}")
def test_references_differ_as_the_page_says(said: Row) -> None:
    if not is_measurable(said.kernels):
        pytest.skip("the page has LiteRT's default kernels of an x86-64 processor")
    try:
        found = measure(said.model, said.kernels, INPUTS)
    except SetupError as error:
        pytest.skip(str(error))
    assert list(problems(said, found, INPUTS)) == []


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (
            Row("m", "k", 4, 2, (3, 7, 8, 9), {"ADD": {1: 2}}),
            "the output differs on 4 of the first",
        ),
        (Row("m", "k", 2, 2, (3, 8), {"ADD": {1: 2}}), "inputs (3, 8) differ first"),
        (Row("m", "k", 2, 3, (3, 7), {"ADD": {1: 2}}), "outputs differ by 3 at most"),
        (Row("m", "k", 2, 2, (3, 7), {"ADD": {1: 4}}), "ADD 1 differs on 4 of the first 990"),
        (Row("m", "k", 2, 2, (3, 7), {"SUB": {2: 1}, "ADD": {1: 2}}), "SUB 2 differs on 1 of"),
    ],
)
def test_what_cannot_be_so_is_told(found: Row, problem: str) -> None:
    said = Row("m", "k", 3, 2, (3, 7, 995), {"ADD": {1: 3}})
    assert problem in "\n".join(problems(said, found, 990))


def test_of_all_inputs_every_number_is_exact() -> None:
    said = Row("m", "k", 3, 2, (3, 7, 995), {"ADD": {1: 3}})
    assert list(problems(said, said, 1000)) == []
    less = Row("m", "k", 3, 1, (3, 7, 995), {"ADD": {1: 2}})
    told = list(problems(said, less, 1000))
    assert [line.partition(",")[0] for line in told] == [
        "ADD 1 differs on 2 of the first 1000 inputs",
        "outputs differ by 1 at most",
    ]
