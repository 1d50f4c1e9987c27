"""Failures: what a test says that failed: its assertion or error, and where; no more."""

from __future__ import annotations

import linecache
import re

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprExceptionInfo

_LONGEST = 2000
_PARTS = re.compile(r"\n \+ +(?:where|and) .*")
"""How pytest explains the parts of an assertion: whole devices and models, as Python shows them."""
_OBJECT = re.compile(r"<(?:[\w.]+\.)?(\w+) object at 0x[0-9a-f]+>")


def said_by(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The message of a failure, the statement that it is from, and its place.

    The code around it and the values of fixtures, which pytest shows at a terminal, help nobody
    who was not there.
    """
    shown = report.longrepr
    if not isinstance(shown, ExceptionChainRepr | ReprExceptionInfo) or not shown.reprcrash:
        return report.longreprtext[:_LONGEST]
    if shown.reprtraceback.style == "value":  # of ``pytest.fail(..., pytrace=False)``
        return report.longreprtext[:_LONGEST]
    crash = shown.reprcrash
    message = _OBJECT.sub(r"\1", _PARTS.sub("", crash.message))
    statement = linecache.getline(crash.path, crash.lineno).strip()
    return f"{message[:_LONGEST]}\n{crash.path}:{crash.lineno}: {statement}"
