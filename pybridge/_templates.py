"""The Jinja2 templates in ``templates/``: markup only, everything put in is escaped."""

from __future__ import annotations

import functools

import jinja2

from ._assets import asset_folder

__all__ = ["legible", "render"]


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(asset_folder("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """Fill in a template; raises `jinja2.UndefinedError` for a value that it misses."""
    return legible(_environment().get_template(template).render(**values))


def legible(text: str) -> str:
    """Give a text that can be shown: half of a surrogate pair has no form in a message."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
