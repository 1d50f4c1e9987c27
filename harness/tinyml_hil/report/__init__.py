"""Report: turns the files that a run left into a page, and into a summary for a chat message."""

from tinyml_hil.report.write import PAGE, SUMMARY, write, write_or_warn

__all__ = ["PAGE", "SUMMARY", "write", "write_or_warn"]
