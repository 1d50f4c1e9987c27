"""Colours of the page's drawings, by what they are for; the page has its own for the dark."""

COLOURS = {
    "text": "#1a1f27",
    "quiet": "#5a6472",
    "raised": "#f5f6f8",
    "device": "#2f6fde",
    "host": "#a8b0bc",
    "good": "#1b7a3d",
    "bad": "#c0272d",
}
"""By CSS variable, without its dashes: the value where a page has none."""
