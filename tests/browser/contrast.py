"""How well text can be told from what is behind it, measured by a script in the page."""

from __future__ import annotations

from pathlib import Path

READABLE = 4.5
"""Least contrast of text (WCAG 2.2, success criterion 1.4.3)."""
LEAST_CONTRAST = Path(__file__).with_name("least_contrast.js").read_text()
