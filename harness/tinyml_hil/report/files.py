"""Files: the names of what a report is written into, in the folder of its run."""

from __future__ import annotations

PAGE = "report.html"
SUMMARY = "summary.md"
