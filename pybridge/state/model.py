"""`Model`: an object whose traits are the same in Python and in every page that shows it."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from pybridge import __version__, codec

from .sync import Sync
from .view import render_view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["Model"]


class Model(traitlets.HasTraits, codec.Foreign):
    """State that is the same in Python and in every cell and window that shows it.

    Traits tagged ``sync=True`` are mirrored in the page. Their values go through the bridge's
    codec: JSON, arrays, bytes, datetimes, sets, and other models. A trait of anything else is
    tagged ``to_json=f, from_json=g`` as well, with functions of ``(value, model)`` that convert it
    into such a value and back.

    Attributes
    ----------
    view : str or path-like, optional
        What a cell shows of it: an HTML template or a JavaScript module, as a file beside the one
        that defines the class, or as source. By default a control for each trait. See
        `pybridge.state.view`.
    style : str or path-like, optional
        CSS for it, again a file or source.

    Raises
    ------
    NotSerializableError
        When a mirrored trait is set to a value that cannot be sent, and a page shows the model.

    Examples
    --------
    >>> class Counter(Model):
    ...     value = traitlets.Int(0).tag(sync=True)
    >>> counter = Counter()
    >>> counter.value += 1
    """

    view: ClassVar[str | Path | None] = None
    style: ClassVar[str | Path | None] = None

    _pybridge_main_lane_only = "a model and its pages change it in turns, in the main thread"
    _sync: Sync

    def setup_instance(*args: Any, **kwargs: Any) -> None:
        """Prepare an instance; traitlets calls this before anything else."""
        self, *rest = args
        self._sync = Sync(self)
        super(Model, self).setup_instance(*rest, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Give what a copy takes over: all but the conversation with pages."""
        state: dict[str, Any] = super().__getstate__()
        del state["_sync"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what another one was; pages know this one by an id of its own."""
        sync = self._sync
        super().__setstate__(state)
        self._sync = sync

    @property
    def model_id(self) -> str:
        """The name that pages have for it."""
        return self._sync.id

    def notify_change(self, change: Any) -> None:
        """Tell the pages of a change, and then whoever observes it."""
        if change["type"] == "change":
            try:
                self._sync.changed(change["name"])
            except KeyboardInterrupt:
                self._sync.changed_perhaps(change["name"])
                raise
        try:
            super().notify_change(change)
        except Exception as error:  # noqa: BLE001 - the user's observers may raise anything
            self._sync.notified(error)

    def hold_sync(self) -> AbstractContextManager[None]:
        """Join all changes inside of a ``with`` block to one message.

        Examples
        --------
        >>> with model.hold_sync():  # doctest: +SKIP
        ...     model.low, model.high = 2, 5
        """
        return self._sync.hold()

    def send_state(self, *names: str) -> None:
        """Send traits again, for values that were changed in place.

        Parameters
        ----------
        *names
            By default all that are mirrored.
        """
        with self._sync.hold():
            for name in names or self._sync.names:
                self._sync.changed(name)

    def send(self, content: object, buffers: Sequence[codec.Buffer] = ()) -> None:
        """Send every page that shows the model something beside its state.

        Parameters
        ----------
        content : object
            Any value that the bridge can send.
        buffers : sequence of bytes-like
            Binary parts, for those who like them apart.
        """
        self._sync.send_message(content, list(buffers))

    def on_msg(
        self, callback: Callable[..., object], *, remove: bool = False
    ) -> Callable[..., object]:
        """Call something with ``(model, content, buffers)`` of each message that a page sends.

        Can be a decorator.

        Parameters
        ----------
        callback : callable
        remove : bool
            Call it no more.
        """
        listeners = self._sync.listeners
        if remove:
            listeners.remove(callback)
        else:
            listeners.append(callback)
        return callback

    def close(self) -> None:
        """Be shown no more: pages keep the last state, greyed. The object itself goes on."""
        self._sync.close()

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        return data, {"pybridge": {"version": __version__, "model": self.model_id}}

    def _repr_html_(self) -> str:
        self._sync.display()
        return render_view(self)

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        shown = {name: reprlib.repr(getattr(self, name)) for name in self._sync.names}
        values = ", ".join(f"{name}={value}" for name, value in shown.items())
        return f"{type(self).__name__}({values})"
