"""Templating: how pages and messages are made of templates, of this room's and of another's."""

from __future__ import annotations

import jinja2


def new_environment(*packages: str) -> jinja2.Environment:
    """An environment without filters of its own; a name that a template misspells is an error.

    ``packages``: whose templates come first.
    """
    loaders = [jinja2.PackageLoader(package) for package in (*packages, "tinyml_hil.report")]
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        # Class names, paths and what a device says are text, whatever they look like.
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
