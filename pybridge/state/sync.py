"""One model's conversation with the pages that show it; twin of nbext/model.js.

Described message by message in docs/protocol.md. The kernel's values are the ones that count: it
takes patches one after the other, and each gets a number, the revision.
"""

from __future__ import annotations

import json
import logging
import uuid
import weakref
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pybridge import codec, comms, host, pages, tracebacks
from pybridge.errors import (
    BadArgumentError,
    InterruptedError,  # noqa: A004 - the bridge's own
    NotSerializableError,
    VersionMismatchError,
)

from .outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pybridge.page import Page

    from .model import Model

__all__ = ["TARGET", "Sync", "count", "find", "identify", "sync_names"]

_logger = logging.getLogger(__name__)

TARGET = "pybridge.model"

_known: weakref.WeakValueDictionary[str, Sync] = weakref.WeakValueDictionary()
# What cells show is kept for their sake; nobody else need hold it.
_kept: set[Sync] = set()


def _as_it_is(value: Any) -> Any:
    return value


def _views(parts: list[bytes]) -> list[memoryview]:
    return [memoryview(part) for part in parts]


class Sync:
    """What keeps one model in step with its copies.

    Parameters
    ----------
    model : Model

    Attributes
    ----------
    id : str
        The model's name in every page.
    listeners : list of callable
        Called with ``(model, content, buffers)`` of each message that a page sends.
    """

    def __init__(self, model: Model) -> None:
        self.id = uuid.uuid4().hex
        self.listeners: list[Callable[..., object]] = []
        self._model = model
        self._end: Any = None
        self._finalizer: Any = None
        self._displayed = False
        # Of each page, the number of its last patch that was taken, and what of it was refused.
        self._taken: dict[str, tuple[int, dict[str, dict[str, Any]]]] = {}
        self._outbox = Outbox(self._send_patch)
        # While a page's patch is taken: the failures of observers, which are no refusal of it.
        self._failures: list[Exception] | None = None
        _known[self.id] = self

    def __repr__(self) -> str:
        return f"<{type(self._model).__name__} {self.id[:8]}>"

    @property
    def model(self) -> Model:
        """Whose conversation it is."""
        return self._model

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the traits that are mirrored."""
        return sync_names(type(self._model))

    @property
    def revision(self) -> int:
        """Number of the last patch."""
        return self._outbox.revision

    def open(self) -> None:
        """Let pages speak to the model, as long as something holds it."""
        if self._end is None:
            self._end = comms.listen(self.id, TARGET, _weakly(self))
            self._finalizer = weakref.finalize(self, comms.end, self._end, tell=True)
            self._finalizer.atexit = False

    def display(self) -> None:
        """As `open`, and keep it: a cell is about to show it."""
        self.open()
        self._displayed = True
        _kept.add(self)

    def close(self) -> None:
        """End the conversation, and tell the pages so."""
        _kept.discard(self)
        self._displayed = False
        self._outbox.close()
        if self._end is not None:
            self._finalizer.detach()
            end, self._end = self._end, None
            comms.end(end, tell=True)

    def refer(self, obj: object) -> dict[str, Any]:
        """Give the tree of a reference to another model, which pages may speak to from then on."""
        sync = getattr(obj, "_sync", None)
        if not isinstance(sync, Sync):
            raise NotSerializableError("$", f"a {type(obj).__qualname__}", "it is of one page only")
        sync.open()
        return {"$": "model", "id": sync.id}

    def state(self) -> dict[str, object]:
        """Give every value that is mirrored, in the form in which it is sent."""
        return {name: self.sent_form(name) for name in self.names}

    def sent_form(self, name: str) -> object:
        """Give a trait's value in the form in which it is sent."""
        convert = self._tag(name, "to_json")
        value = getattr(self._model, name)
        return value if convert is None else convert(value, self._model)

    def changed(self, name: str) -> None:
        """Tell the pages of a trait's new value. Raises NotSerializableError."""
        if name not in self.names or not self._outbox.viewers:
            return
        # The value that is sent last is that which was set last, from whichever thread.
        with self._outbox.lock:
            value = self.sent_form(name)
            if self._outbox.put(name, value):
                return
            try:
                self._check(name, value)
            except NotSerializableError:
                self._outbox.drop(name)
                raise

    def changed_perhaps(self, name: str) -> None:
        """Tell the pages of a trait once more, between cells: an interrupt came meanwhile."""
        host.call_soon(lambda: self.changed(name))

    def _check(self, name: str, value: object) -> None:
        """Look whether a value can be sent. Raises NotSerializableError."""
        codec.encode({name: value}, [], refer=self.refer)

    def notified(self, error: Exception) -> None:
        """Take what an observer has raised. Raises it, unless a page's patch is being taken."""
        if self._failures is None:
            raise error
        self._failures.append(error)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Join what changes inside to one patch."""
        hold = self._outbox.hold()
        try:
            yield
        finally:
            # By itself, and first: an interrupt while it waits for the lock would hold for good.
            del hold
            self._outbox.resume()

    def send_message(self, content: object, buffers: list[codec.Buffer]) -> None:
        """Send every page something, behind all changes so far."""
        with self._outbox.lock:
            self._outbox.flush()
            self._tell("message", content=content, buffers=[bytes(part) for part in buffers])

    def shown(self, session: str, revision: int) -> None:
        """Note that a page has shown a revision; from any thread."""
        self._outbox.shown(session, revision)

    # What pages say.

    def heard(self, message: dict[str, Any]) -> None:
        """Take a message of a page's; one that is none of a model is refused."""
        done = comms.id_of(message)
        try:
            comms.check(message)
        except VersionMismatchError as error:
            self._send({}, done=done, error=error)
            return
        page = pages.sender()
        body = message["content"]["data"].get("body")
        try:
            said = codec.decode(body, host.buffers_of(message), self._adopt)
            take, fields = self._TAKES[said["kind"]]
            given = [kind(said[name]) for name, kind in fields.items()]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            bad = BadArgumentError(f"not a message of a model: {error!r:.200}")
            _logger.debug("%s: a message of %r is none of a model", self, page)
            self._refuse(page, done, body, bad)
            return
        try:
            with comms.interruptible():
                take(self, page, done, *given)
        except InterruptedError as error:
            self._send({}, done=done, error=error)

    def _refuse(self, page: Page, done: str, body: object, error: BadArgumentError) -> None:
        """Refuse what cannot be read; a patch as a whole, which its page would else send again."""
        try:
            raw = codec.loads(str(body))
            number, names = int(raw["number"]), [str(name) for name in raw["values"]]
        except (KeyError, TypeError, ValueError, OverflowError):
            self._send({}, done=done, error=error)
            return
        refused = dict.fromkeys(names, tracebacks.describe(error))
        self._answer(page.session, done, number, {}, refused)

    def _take_request(self, page: Page, done: str) -> None:
        if self._displayed:
            _kept.add(self)
        _logger.debug("%s: %r needs its state", self, page)
        self._outbox.view(page)
        # Changes from now on come after it, with higher numbers; none is missed.
        revision = self._outbox.revision
        taken, refused = self._taken.get(page.session, (0, {}))
        try:
            values = self.state()
            fields = {"revision": revision, "taken": taken, "errors": refused, "values": values}
            self._tell("state", done=done, to=page.session, **fields)
        except Exception as error:  # noqa: BLE001 - the user's to_json may raise anything
            self._tell("failed", done=done, to=page.session, error=tracebacks.describe(error))
        self.shown(page.session, revision)

    def _take_patch(self, page: Page, done: str, number: int, values: dict[str, Any]) -> None:
        self._outbox.view(page)
        self._taken[page.session] = number, {}
        _logger.debug("%s: patch %d of %r: %s", self, number, page, list(values))
        sent = _snapshot(values)
        self._failures = []
        with self.hold():
            try:
                errors = self._apply(values)
            except Exception as error:  # noqa: BLE001 - the user's defaults may raise anything
                errors = dict.fromkeys(values, tracebacks.describe(error))
            finally:
                failures, self._failures = self._failures, None
            self._answer(page.session, done, number, sent, errors)
        for failure in failures:
            host.show_error(failure)

    def _answer(
        self,
        session: str,
        done: str,
        number: int,
        sent: dict[str, Any],
        errors: dict[str, dict[str, Any]],
    ) -> None:
        """Tell the pages what has become of a patch."""
        outbox = self._outbox
        with outbox.lock:
            others = any(other != session for other in outbox.viewers)
            altered, known = self._compare(sent, errors)
            # What else changed goes with the answer, not on its own.
            changed = outbox.take() | altered
            for name in known if not others else ():
                changed.pop(name, None)
            revision = outbox.revision + 1
            fields = {"revision": revision, "values": changed, "errors": errors}
            # The answer may be lost; then the page asks for the state.
            self._taken[session] = number, errors
            self._tell("patch", done=done, sender=session, number=number, **fields)
            outbox.revision = revision

    def _compare(
        self, sent: dict[str, Any], errors: dict[str, dict[str, Any]]
    ) -> tuple[dict[str, object], list[str]]:
        """Tell what a patch has come to that its sender does not know, and the names of the rest.

        What Python has now and cannot send is one more error of its trait.
        """
        altered, known = {}, []
        for name in (sent.keys() | errors.keys()) & set(self.names):
            try:
                current = self.sent_form(name)
                if name not in errors and _same(current, sent[name]):
                    known.append(name)
                    continue
                self._check(name, current)
                altered[name] = current
            except Exception as error:  # noqa: BLE001 - the user's to_json may raise anything
                errors.setdefault(name, tracebacks.describe(error))
        return altered, known

    def _apply(self, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Set the traits that a page has changed, and give the errors of those that refuse."""
        model = self._model
        errors: dict[str, dict[str, Any]] = {}
        converted: dict[str, object] = {}
        for name, value in values.items():
            try:
                converted[name] = self._received_form(name, value)
            except Exception as error:  # noqa: BLE001 - the user's from_json may raise anything
                errors[name] = tracebacks.describe(error)
        if len(converted) > 1:
            before = {name: getattr(model, name) for name in converted}
            try:
                # Limits and what they limit may be set together.
                with model.hold_trait_notifications():
                    for name, value in converted.items():
                        setattr(model, name, value)
            except Exception:  # noqa: BLE001 - each gets its own error below
                # traitlets takes them back for errors of its own only.
                _take_back(model, before)
            else:
                return errors
        for name, value in converted.items():
            try:
                setattr(model, name, value)
            except Exception as error:  # noqa: BLE001 - a validator may raise anything
                errors[name] = tracebacks.describe(error)
        return errors

    def _received_form(self, name: str, value: object) -> object:
        if name not in self.names:
            kind = type(self._model).__name__
            raise BadArgumentError(f"{kind} has no synchronised trait {name!r:.80}")
        convert = self._tag(name, "from_json")
        return value if convert is None else convert(value, self._model)

    def _take_message(self, page: Page, done: str, content: Any, buffers: list[memoryview]) -> None:
        del page
        with self.hold():
            for listener in list(self.listeners):
                try:
                    listener(self._model, content, buffers)
                except Exception as error:  # noqa: BLE001 - the user's code
                    host.show_error(error)
        self._send({}, done=done)

    def _take_leave(self, page: Page, done: str) -> None:
        self._send({}, done=done)
        if self._outbox.leave(page.session):
            # If Python holds it, a page may come back to it.
            _kept.discard(self)

    def _take_close(self, page: Page, done: str) -> None:
        del page
        self._send({}, done=done)
        self._model.close()

    # By kind: what takes it, and its fields.
    _TAKES: ClassVar[dict[str, tuple[Callable[..., None], dict[str, Callable[[Any], Any]]]]] = {
        "request_state": (_take_request, {}),
        "patch": (_take_patch, {"number": int, "values": dict}),
        "message": (_take_message, {"content": _as_it_is, "buffers": _views}),
        "leave": (_take_leave, {}),
        "close": (_take_close, {}),
    }

    # What pages are told.

    def _send_patch(self, revision: int, values: Mapping[str, object]) -> None:
        self._tell(
            "patch", revision=revision, values=dict(values), sender=None, number=0, errors={}
        )

    def _tell(self, kind: str, done: str | None = None, **fields: object) -> None:
        buffers: list[codec.Buffer] = []
        tree = codec.encode({"kind": kind, **fields}, buffers, refer=self.refer)
        text = json.dumps(tree, separators=(",", ":"), allow_nan=False)
        self._send({"body": text}, buffers, done)

    def _send(
        self,
        data: dict[str, str],
        buffers: Sequence[codec.Buffer] = (),
        done: str | None = None,
        error: Exception | None = None,
    ) -> None:
        if self._end is not None:
            self._end.send(data, metadata=comms.mark(done, error), buffers=list(buffers))

    def _adopt(self, tree: dict[str, Any]) -> object:
        if tree["$"] == "model":
            return find(tree["id"]).model
        raise BadArgumentError("a model's state holds values and models, not other references")

    def _tag(self, name: str, key: str) -> Any:
        return self._model.trait_metadata(name, key)


@lru_cache(maxsize=256)
def sync_names(model_class: type[Model]) -> tuple[str, ...]:
    """List the traits of a class that are mirrored, in the order in which they were declared."""
    mirrored = model_class.class_traits(sync=True)
    declared = (name for base in reversed(model_class.__mro__) for name in vars(base))
    return tuple(dict.fromkeys(name for name in declared if name in mirrored))


def identify(obj: object) -> dict[str, Any]:
    """Tell a page by which id it can speak to a model. Raises BadArgumentError for others."""
    sync = getattr(obj, "_sync", None)
    if not isinstance(sync, Sync):
        raise BadArgumentError(f"a {type(obj).__qualname__} is no pybridge.Model")
    sync.open()
    return {"id": sync.id}


def find(model_id: str) -> Sync:
    """Give the conversation of a model by its id.

    Raises
    ------
    BadArgumentError
        When there is no such model any more.
    """
    sync = _known.get(model_id)
    if sync is None:
        raise BadArgumentError("this model is gone: run the cell that makes it again")
    return sync


def count() -> int:
    """Count the models that there are."""
    return len(_known)


def _on_shown(page: Page, content: dict[str, Any]) -> None:
    """Take from a page which revisions of which models it has shown; in the control thread."""
    for model_id, revision in content["models"]:
        sync = _known.get(model_id)
        if sync is not None:
            sync.shown(page.session, int(revision))


def _weakly(sync: Sync) -> Callable[[dict[str, Any]], None]:
    """Make what hears pages for a model, and does not keep it."""
    reference = weakref.ref(sync)

    def heard(message: dict[str, Any]) -> None:
        found = reference()
        if found is not None:
            found.heard(message)

    return heard


def _snapshot(value: Any) -> Any:
    """Copy what can be changed in place."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [_snapshot(item) for item in value]
    if isinstance(value, dict):
        return {key: _snapshot(item) for key, item in value.items()}
    return set(value) if isinstance(value, set) else value


def _same(one: object, other: object) -> bool:
    """Tell whether a page that has `other` need not be sent `one`."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # noqa: BLE001 - the user's __eq__ may raise anything
        return False


def _take_back(model: Model, values: dict[str, object]) -> None:
    """Set values that were there before, whatever validators say."""
    # As traitlets does it itself.
    model._cross_validation_lock = True  # noqa: SLF001
    try:
        for name, value in values.items():
            # A trait that is read-only is as it was.
            if getattr(model, name) is not value:
                setattr(model, name, value)
    finally:
        model._cross_validation_lock = False  # noqa: SLF001


pages.on("shown", _on_shown)
