"""Templating: how the pages and messages of this room are made of their templates."""

from __future__ import annotations

import jinja2


def new_environment() -> jinja2.Environment:
    """An environment without filters of its own; a name that a template misspells is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tinyml_hil.report"),
        # Class names, paths and what a device says are text, whatever they look like.
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
