"""What a cell shows of a model, and what a saved notebook keeps of it.

A class's ``view`` is a template or a module, a file (``.html``, ``.js`` or ``.mjs``, beside the
file that defines the class) or source:

- An HTML **template**, filled in by Jinja2 with the model as ``model``. An element with
  ``data-trait="x"`` shows the trait ``x``, and where it is an ``input``, a ``select`` or a
  ``textarea`` it changes it as well.
- A JavaScript **module** as anywidget has them: its default export has a ``render({model, el})``,
  and maybe an ``initialize({model})``; both may return a function that is called at the end.

The output carries the state, as long as that is small, so that a notebook that is opened without
its kernel shows the last one: the page brings it up to date when the notebook is saved.
"""

from __future__ import annotations

import base64
import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import traitlets
from markupsafe import Markup

from pybridge import codec
from pybridge._templates import render
from pybridge.errors import BadArgumentError, NotSerializableError

from .sync import sync_names

if TYPE_CHECKING:
    from .model import Model

__all__ = ["render_view"]

# More is not kept in the notebook, in bytes.
_KEPT = 64 * 1024
# So much of a value is told to those without the script, in characters.
_SUMMARY = 60
_SUFFIXES = {".html": "template", ".js": "module", ".mjs": "module"}


@dataclass(frozen=True)
class _Source:
    """A view's or a style's text.

    Attributes
    ----------
    text : str
    path : Path, optional
        The file it was read from.
    """

    text: str
    path: Path | None = None


def render_view(model: Model) -> str:
    """Give the HTML of a cell's output that shows a model.

    Raises
    ------
    BadArgumentError
        When the class's view is neither a file that is there nor source.
    """
    kind, view = _view(type(model))
    style = _source(type(model), "style")
    if kind == "template":
        assert view is not None  # noqa: S101 - a template has a text
        content = Markup(_fill_in(view, model))  # noqa: S704 - the author's own markup
    else:
        content = Markup(  # noqa: S704 - rendered from our template
            render("controls.html", traits=_describe(model), plain=kind == "module")
        )
    kept = _kept_state(model)
    kept["module"] = view.text if view is not None and kind == "module" else None
    return render(
        "model.html",
        id=model.model_id,
        content=content,
        # A style ends where its tag does.
        style=Markup(style.text.replace("</", "<\\/")) if style else "",  # noqa: S704 - see above
        kept=kept,
    )


def _view(model_class: type[Model]) -> tuple[str, _Source | None]:
    source = _source(model_class, "view")
    if source is None:
        return "controls", None
    if source.path is not None:
        kind = _SUFFIXES.get(source.path.suffix)
        if kind is None:
            raise BadArgumentError(
                f"the view of {model_class.__name__} is an .html, .js or .mjs file,"
                f" not {source.path.name!r}"
            )
        return kind, source
    return ("template" if source.text.lstrip().startswith("<") else "module"), source


def _source(model_class: type[Model], attribute: str) -> _Source | None:
    given = getattr(model_class, attribute)
    if given is None:
        return None
    text = str(given)
    # No name of a file has any of these.
    if not isinstance(given, Path) and any(mark in text for mark in "\n<{"):
        return _Source(text)
    path = _folder(model_class, attribute) / text
    try:
        return _Source(path.read_text("utf-8"), path)
    except OSError as error:
        raise BadArgumentError(
            f"{model_class.__name__}.{attribute} is neither source nor a file that can be read:"
            f" {error}"
        ) from error


def _folder(model_class: type[Model], attribute: str) -> Path:
    """Give the folder of the file whose class statement has set the attribute."""
    owner = next(cls for cls in model_class.__mro__ if attribute in vars(cls))
    try:
        path = Path(inspect.getfile(owner))
    except (TypeError, OSError):
        # A class made in a notebook.
        return Path.cwd()
    return path.parent if path.is_file() else Path.cwd()


def _fill_in(view: _Source, model: Model) -> str:
    loader = None if view.path is None else jinja2.FileSystemLoader(view.path.parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(view.text).render(model=model)


def _kept_state(model: Model) -> dict[str, Any]:
    """Give what the page needs to show the model without a kernel."""
    sync = model._sync  # noqa: SLF001 - one capability, two modules
    kept: dict[str, Any] = {"revision": sync.revision, "state": None, "buffers": []}
    buffers: list[codec.Buffer] = []
    try:
        text = json.dumps(codec.encode(sync.state(), buffers, refer=sync.refer), allow_nan=False)
    except NotSerializableError as error:
        raise NotSerializableError(error.path, error.type_name, _HINT) from error
    if len(text) + sum(map(len, buffers)) <= _KEPT:
        kept["state"] = text
        kept["buffers"] = [base64.b64encode(part).decode("ascii") for part in buffers]
    return kept


_HINT = "tag its trait with to_json and from_json, which convert it into a value that can be sent"


def _describe(model: Model) -> list[dict[str, Any]]:
    """Describe a control for each trait that is mirrored."""
    described = []
    traits = model.traits()
    for name in sync_names(type(model)):
        trait = traits[name]
        value = getattr(model, name)
        described.append(
            {
                "name": name,
                "control": _control(trait),
                "value": value if isinstance(value, str) else _summary(value),
                "checked": value is True,
                "min": getattr(trait, "min", None),
                "max": getattr(trait, "max", None),
                "step": 1 if isinstance(trait, traitlets.Int) else "any",
                "choices": list(getattr(trait, "values", None) or ()),
            }
        )
    return described


def _control(trait: traitlets.TraitType[Any, Any]) -> str:
    """Tell which control goes with a trait."""
    if trait.read_only:
        return "output"
    if isinstance(trait, traitlets.Bool):
        return "checkbox"
    if isinstance(trait, traitlets.Int | traitlets.Float):
        # traitlets marks a missing limit of a Float by infinity.
        limits = (trait.min, trait.max)
        bounded = all(limit is not None and abs(limit) != float("inf") for limit in limits)
        return "range" if bounded else "number"
    if isinstance(trait, traitlets.Enum) and all(isinstance(v, str) for v in trait.values or ()):
        return "select"
    if isinstance(trait, traitlets.Unicode):
        return "text"
    return "output"


def _summary(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SUMMARY else f"{text[: _SUMMARY - 1]}…"
