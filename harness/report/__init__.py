"""Report: turns the files that a run left into a page, and into a summary for a chat message."""

from harness.report.write import PAGE, SUMMARY, write

__all__ = ["PAGE", "SUMMARY", "write"]
