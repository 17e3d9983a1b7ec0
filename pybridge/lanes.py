"""Which calls are served beside the cells; twin of nbext/lanes.js.

A page's calls go to the main lane: the kernel's main thread, one after the other with the cells.
What was declared safe, ``register(..., lane="side")`` or ``@export(lane="side")``, goes to the side
lane of the page, a subshell of its own (see `subshells`), and is answered while a cell runs. Calls
of one lane keep their order, those of different lanes have none.

Pages know what is declared, and that there is a side lane at all, from events of the name `LANES`,
with

- ``to``: the session that it is for, which gets all of it; null for all pages, which get what is
  new;
- ``handles``: a list of pairs, the name of a handle and the list of its methods that the side lane
  serves, where null stands for the handle itself. Empty: it serves none of them.

They say in a `pages.PAGE_REQUEST` with ``what``

- ``lanes``: that they need to know all of them;
- ``lane``, with ``id``: that they have opened this subshell, which ends with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import host, pages, registry, subshells
from .errors import WrongLaneError

if TYPE_CHECKING:
    from .page import Page
    from .registry import Handle

__all__ = ["LANES", "check", "listen"]

LANES = "pybridge.lanes"

# What carries the parts of a call that is itself looked at.
_PARTS = ("upload", "upload.drop")

# Names of handles that pages know to be served in the side lane.
_told: set[str] = set()


def listen() -> None:
    """Tell pages what is declared, from now on: this kernel has subshells."""
    registry.on_change(_tell)
    pages.on("lanes", _tell_all)
    pages.on("lane", _adopt)
    if host.has_pages():
        host.broadcast(LANES, {"to": None, "handles": []})


def check(request: dict[str, Any]) -> None:
    """Refuse what is not to be served in the side lane.

    Raises
    ------
    NoHandleError
        When there is no such handle.
    WrongLaneError
        When it was not declared safe.
    """
    op = request.get("op")
    if op in _PARTS:
        return
    if op != "call":
        raise WrongLaneError(
            f"{op!r:.80} is served in the main lane alone: there it meets no cell that runs."
            " Leave lane: 'side' out, or put it into a method that is declared safe"
        )
    handle = registry.get(request.get("name", ""))
    method = request.get("method")
    known = handle.answers_itself if method is None else method in handle.methods
    # What is not exported is refused by the call itself.
    if known and method not in handle.side:
        what = repr(handle.name) if method is None else f"{method!r} of {handle.name!r}"
        raise WrongLaneError(
            f"{what} was not declared safe while a cell runs: decorate it with"
            " @pybridge.export(lane='side'), or register the object with lane='side', if it may"
            " run in another thread"
        )


def _tell(name: str, handle: Handle | None) -> None:
    if handle is not None and handle.side:
        _told.add(name)
    elif name in _told:
        _told.discard(name)
    else:
        return
    # Without pages, as in nbconvert, it would only be noise; those that come are told all.
    if host.has_pages() or any(pages.pages()):
        host.broadcast(LANES, {"to": None, "handles": [[name, _side(handle)]]})


def _tell_all(page: Page, _: dict[str, Any]) -> None:
    known = [[handle.name, _side(handle)] for handle in registry.handles() if handle.side]
    host.broadcast(LANES, {"to": page.session, "handles": known})


def _side(handle: Handle | None) -> list[str | None]:
    return list(handle.side) if handle is not None else []


def _adopt(page: Page, content: dict[str, Any]) -> None:
    subshell = str(content["id"])
    subshells.adopt(subshell)
    page.at_end(lambda: subshells.close(subshell))
