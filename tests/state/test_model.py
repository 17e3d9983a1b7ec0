"""What a model says to its pages, and what it makes of what they say."""

import copy
import gc
import json
import pickle
import weakref
from datetime import datetime, timezone

import numpy as np
import pytest
import traitlets

import pybridge
from pybridge import host, pages
from pybridge.errors import BadArgumentError, NoHandleError, NotSerializableError
from pybridge.operations import perform


class Slider(pybridge.Model):
    value = traitlets.Int(5).tag(sync=True)
    top = traitlets.Int(10).tag(sync=True)
    anything = traitlets.Any(None, allow_none=True).tag(sync=True)
    private = traitlets.Int(0)

    @traitlets.validate("value")
    def _below_the_top(self, proposal):
        if proposal["value"] > self.top:
            raise traitlets.TraitError(f"{proposal['value']} is above {self.top}")
        return proposal["value"]


@pytest.fixture
def slider(page):
    """A model that the page 'one' shows."""
    model = Slider()
    model._sync.open()
    page.say(model, "one", "request_state")
    page.heard(model)
    return model


def patches(page, model):
    return [said for said in page.heard(model) if said["kind"] == "patch"]


def test_a_page_that_asks_gets_the_whole_state(page):
    model = Slider(value=3)
    model._sync.open()
    page.say(model, "one", "request_state")
    assert page.heard(model) == [
        {
            "kind": "state",
            "to": "one",
            "revision": 0,
            "taken": 0,
            "errors": {},
            "values": {"value": 3, "top": 10, "anything": None},
        }
    ]


def test_nothing_is_said_as_long_as_nobody_shows_it(page):
    model = Slider()
    model._sync.open()
    model.value = 7
    assert page.heard(model) == []


def test_a_change_is_told_with_its_revision(page, slider):
    slider.value = 7
    slider.private = 1
    assert [(said["revision"], said["values"]) for said in patches(page, slider)] == [
        (1, {"value": 7})
    ]


@pytest.mark.parametrize("moment", ["before it is put", "while it is sent"])
def test_a_change_that_an_interrupt_kept_from_the_pages_is_told_between_cells(
    page, slider, monkeypatch, moment
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "before it is put":
            patch.setattr(slider._sync._outbox, "put", interrupted)
        else:
            patch.setattr(slider._sync._outbox, "_send", interrupted)
        later = []
        patch.setattr(host, "call_soon", later.append)
        with pytest.raises(KeyboardInterrupt):
            slider.value = 7
    assert patches(page, slider) == []
    for each in later:
        each()
    assert [said["values"] for said in patches(page, slider)] == [{"value": 7}]


def test_an_interrupt_at_the_end_of_a_hold_does_not_hold_for_good(page, slider, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    def change():
        with slider.hold_sync():
            slider.value = 7

    with monkeypatch.context() as patch:
        patch.setattr(slider._sync._outbox, "resume", interrupted)
        with pytest.raises(KeyboardInterrupt):
            change()
    slider.top = 20
    assert [said["values"] for said in patches(page, slider)] == [{"value": 7, "top": 20}]


def test_hold_sync_joins_changes(page, slider):
    with slider.hold_sync():
        slider.value = 7
        slider.top = 20
        slider.value = 15
    assert [said["values"] for said in patches(page, slider)] == [{"value": 15, "top": 20}]


@pytest.mark.parametrize(
    "value",
    [
        b"\x00\xff",
        datetime(2026, 1, 2, tzinfo=timezone.utc),
        {1, 2},
        {"a": [1, {"b": b"c"}]},
        2**60,
        float("inf"),
    ],
)
def test_values_go_through_the_codec_both_ways(page, slider, value):
    slider.anything = value
    assert patches(page, slider)[0]["values"]["anything"] == value
    slider.anything = None
    page.say(slider, "one", "patch", number=1, values={"anything": value})
    assert slider.anything == value


def test_arrays_travel_as_buffers(page, slider):
    slider.anything = np.arange(1000.0)
    [(text, buffers)] = page.end(slider).sent
    assert len(text) < 200
    assert buffers == [np.arange(1000.0).tobytes()]


def test_a_value_that_cannot_be_sent_fails_where_it_is_set(page, slider):
    with pytest.raises(NotSerializableError, match=r"anything"):
        slider.anything = object()
    slider.value = 6
    assert patches(page, slider)[-1]["values"] == {"value": 6}


def test_it_fails_there_also_when_it_would_be_sent_later(page, slider):
    with pytest.raises(NotSerializableError), slider.hold_sync():
        slider.anything = object()
    assert patches(page, slider) == []


def test_to_json_and_from_json_convert(page):
    class Dated(pybridge.Model):
        day = traitlets.Any().tag(
            sync=True,
            to_json=lambda value, _: value.isoformat(),
            from_json=lambda value, _: datetime.fromisoformat(value),
        )

    model = Dated(day=datetime(2026, 1, 2, tzinfo=timezone.utc))
    model._sync.open()
    page.say(model, "one", "request_state")
    assert page.heard(model)[0]["values"] == {"day": "2026-01-02T00:00:00+00:00"}
    page.say(model, "one", "patch", number=1, values={"day": "2027-01-02T00:00:00+00:00"})
    assert model.day == datetime(2027, 1, 2, tzinfo=timezone.utc)
    # The page has it in its own form: there is nothing to tell it.
    assert patches(page, model)[0]["values"] == {}
    page.say(model, "one", "patch", number=2, values={"day": "no date"})
    [answer] = page.heard(model)
    assert answer["errors"]["day"]["type"] == "ValueError"


@pytest.mark.parametrize("value", [object(), ZeroDivisionError])
def test_what_cannot_be_told_of_a_patch_is_an_error_of_its_trait(page, value):
    def told(value, _):
        if value is ZeroDivisionError:
            raise ZeroDivisionError
        return value

    class Fickle(pybridge.Model):
        x = traitlets.Any(0).tag(sync=True, to_json=told, from_json=lambda *_: value)
        y = traitlets.Any(0).tag(sync=True)

    model = Fickle()
    model._sync.open()
    page.say(model, "one", "request_state")
    page.say(model, "two", "request_state")
    page.heard(model)
    page.say(model, "one", "patch", number=1, values={"x": 5, "y": 6})
    [answer] = page.heard(model)
    assert (answer["sender"], answer["number"]) == ("one", 1)
    assert list(answer["errors"]) == ["x"]
    # The others have to know of what was taken.
    assert answer["values"].pop("x", 0) == 0
    assert answer["values"] == {"y": 6}
    model.x = 7
    assert page.heard(model)[0]["values"] == {"x": 7}


def test_an_interrupt_is_told_to_the_page_that_waits(page, slider):
    @slider.on_msg
    def heard(*_):
        raise KeyboardInterrupt

    page.say(slider, "one", "message", content=1, buffers=[])
    assert page.end(slider).errors[-1]["code"] == "interrupted"


def test_a_model_in_a_trait_is_referred_to(page, slider):
    child = Slider(value=1)
    slider.anything = [child]
    [reference] = patches(page, slider)[0]["values"]["anything"]
    assert reference.id == child.model_id
    # And pages may speak to it now.
    page.say(child, "one", "request_state")
    assert page.heard(child)[0]["values"]["value"] == 1


def test_a_model_that_a_page_refers_to_is_the_model_itself(page, slider):
    child = Slider()
    child._sync.open()
    tree = f'{{"$":"model","id":"{child.model_id}"}}'
    page.says(slider, "one", f'{{"kind":"patch","number":1,"values":{{"anything":{tree}}}}}')
    assert slider.anything is child


# What a page changes.


def test_a_patch_is_taken_and_answered_to_its_sender(page, slider):
    page.say(slider, "one", "patch", number=1, values={"value": 8})
    assert slider.value == 8
    assert page.heard(slider) == [
        {
            "kind": "patch",
            "revision": 1,
            "values": {},
            "sender": "one",
            "number": 1,
            "errors": {},
        }
    ]


def test_other_pages_are_told_the_values(page, slider):
    page.say(slider, "two", "request_state")
    page.heard(slider)
    page.say(slider, "one", "patch", number=1, values={"value": 8})
    assert patches(page, slider)[0]["values"] == {"value": 8}


def test_what_observers_change_goes_with_the_answer(page, slider):
    slider.observe(lambda change: slider.set_trait("top", change["new"] + 50), "value")
    page.say(slider, "one", "patch", number=1, values={"value": 8})
    [answer] = page.heard(slider)
    assert (answer["number"], answer["values"]) == (1, {"top": 58})


def test_a_value_that_is_altered_is_told_to_its_sender(page):
    class Clipped(pybridge.Model):
        value = traitlets.CInt(5).tag(sync=True)

    model = Clipped()
    model._sync.open()
    page.say(model, "one", "request_state")
    page.heard(model)
    page.say(model, "one", "patch", number=1, values={"value": "5"})
    assert patches(page, model)[0]["values"] == {"value": 5}


def test_a_refused_value_comes_back_to_its_sender_alone(page, slider):
    page.say(slider, "two", "request_state")
    page.heard(slider)
    page.say(slider, "one", "patch", number=1, values={"value": 99})
    [answer] = page.heard(slider)
    assert answer["sender"] == "one"
    # The others hear of the value that they have.
    assert answer["values"] == {"value": 5}
    assert answer["errors"]["value"]["message"] == "99 is above 10"
    assert answer["errors"]["value"]["type"] == "TraitError"
    assert slider.value == 5


def test_what_was_refused_is_told_again_to_a_page_that_asks(page, slider):
    page.say(slider, "one", "patch", number=1, values={"value": 99})
    page.heard(slider)
    page.say(slider, "one", "request_state")
    [state] = page.heard(slider)
    assert state["taken"] == 1
    assert state["errors"]["value"]["message"] == "99 is above 10"
    page.say(slider, "one", "patch", number=2, values={"value": 9})
    page.say(slider, "one", "request_state")
    assert page.heard(slider)[-1]["errors"] == {}


def test_what_depends_on_each_other_can_be_set_together(page, slider):
    page.say(slider, "one", "patch", number=1, values={"value": 15, "top": 20})
    assert (slider.value, slider.top) == (15, 20)


def test_of_joined_values_only_the_refused_one_is_lost(page, slider):
    page.say(slider, "one", "patch", number=1, values={"value": 99, "anything": "kept"})
    assert (slider.value, slider.anything) == (5, "kept")
    [answer] = page.heard(slider)
    assert list(answer["errors"]) == ["value"]


def test_beside_a_read_only_one_the_others_are_taken(page):
    class Measured(pybridge.Model):
        wanted = traitlets.Int(1).tag(sync=True)
        measured = traitlets.Int(2, read_only=True).tag(sync=True)

    model = Measured()
    model._sync.open()
    page.say(model, "one", "patch", number=1, values={"wanted": 5, "measured": 6})
    assert (model.wanted, model.measured) == (5, 2)
    [answer] = page.heard(model)
    assert list(answer["errors"]) == ["measured"]
    assert "read-only" in answer["errors"]["measured"]["message"]


def test_a_default_that_fails_is_an_error_of_what_was_set_with_it(page):
    class Broken(pybridge.Model):
        one = traitlets.Int().tag(sync=True)
        two = traitlets.Int(2).tag(sync=True)

        @traitlets.default("one")
        def _never(self):
            raise ZeroDivisionError("never")

    model = Broken()
    model._sync.open()
    page.say(model, "one", "patch", number=1, values={"one": 5, "two": 6})
    [answer] = page.heard(model)
    assert answer["number"] == 1
    assert answer["errors"].keys() == {"one", "two"}


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_is_a_model_of_its_own(page, slider, copied):
    slider.anything = [1, 2]
    other = copied(slider)
    other._sync.open()
    page.heard(slider)
    assert other.model_id != slider.model_id
    other.value = 9
    page.say(other, "one", "request_state")
    [state] = page.heard(other)
    assert state["values"] == {"value": 9, "top": 10, "anything": [1, 2]}
    assert slider.value == 5
    assert page.heard(slider) == []
    other.value = 8
    page.say(slider, "one", "patch", number=1, values={"value": 7})
    assert (slider.value, other.value) == (7, 8)


def test_a_validator_that_raises_something_else_refuses_too(page):
    class Odd(pybridge.Model):
        one = traitlets.Int(1).tag(sync=True)
        two = traitlets.Int(2).tag(sync=True)

        @traitlets.validate("one")
        def _never(self, _):
            raise ZeroDivisionError("never")

    model = Odd()
    model._sync.open()
    page.say(model, "one", "patch", number=1, values={"one": 5, "two": 6})
    assert (model.one, model.two) == (1, 6)


@pytest.mark.parametrize("name", ["private", "absent", "__class__", "value.real"])
def test_only_mirrored_traits_can_be_set(page, slider, name):
    page.say(slider, "one", "patch", number=1, values={name: 1})
    [answer] = page.heard(slider)
    assert answer["errors"][name]["code"] == "bad-argument"
    assert answer["values"] == {}
    assert slider.private == 0


def test_an_observer_that_fails_is_no_refusal(page, slider, monkeypatch):
    shown = []
    monkeypatch.setattr("pybridge.host.show_error", shown.append)

    def fail(_):
        raise RuntimeError("observer")

    slider.observe(fail, "value")
    page.say(slider, "one", "patch", number=1, values={"value": 8})
    assert slider.value == 8
    assert [said["kind"] for said in page.heard(slider)] == ["patch"]
    assert [str(error) for error in shown] == ["observer"]


def test_an_observer_that_fails_at_a_change_from_python_raises_there(slider):
    def fail(_):
        raise RuntimeError("observer")

    slider.observe(fail, "value")
    with pytest.raises(RuntimeError, match="observer"):
        slider.value = 8


def test_the_answer_to_a_page_that_asks_again_says_what_was_taken(page, slider):
    page.say(slider, "one", "patch", number=4, values={"value": 8})
    page.heard(slider)
    page.say(slider, "one", "request_state")
    [state] = page.heard(slider)
    assert (state["taken"], state["revision"]) == (4, 1)


def test_every_message_of_a_page_is_said_to_be_handled_once(page, slider):
    kinds = ["request_state", "patch", "message", "leave", "request_state", "close"]
    fields = {
        "patch": {"number": 1, "values": {"value": 99, "top": 3}},
        "message": {"content": 1, "buffers": []},
    }
    page.say(slider, "two", "request_state")
    page.end(slider).done.clear()
    for kind in kinds:
        page.say(slider, "one", kind, **fields.get(kind, {}))
    assert [json.loads(text)["kind"] for text in page.end(slider).done] == kinds


@pytest.mark.parametrize(
    "text", ['"text"', "{}", '{"kind": "nothing"}', '{"kind": "patch"}', "not JSON", "[1]"]
)
def test_nonsense_is_refused_and_changes_nothing(page, slider, text):
    page.says(slider, "one", text)
    end = page.end(slider)
    assert (end.done[-1], [error["code"] for error in end.errors]) == (text, ["bad-argument"])
    slider.value = 6
    assert slider.value == 6


def test_a_page_of_another_version_is_refused_and_told_why(page, slider):
    text = json.dumps({"kind": "newer"})
    page.says(slider, "one", text, stamp={"protocol": 99, "version": "99"})
    end = page.end(slider)
    assert (end.sent, end.done[-1]) == ([], text)
    assert [error["code"] for error in end.errors] == ["version-mismatch"]


# Messages beside the state.


def test_messages_go_to_pages_behind_the_changes_before(page, slider):
    with slider.hold_sync():
        slider.value = 6
        slider.send({"hello": 1}, [b"part"])
    heard = page.heard(slider)
    assert [said["kind"] for said in heard] == ["patch", "message"]
    assert heard[1] == {"kind": "message", "content": {"hello": 1}, "buffers": [b"part"]}


def test_messages_of_pages_go_to_the_listeners(page, slider):
    heard = []

    @slider.on_msg
    def listen(model, content, buffers):
        heard.append((model, content, [bytes(part) for part in buffers]))

    page.say(slider, "one", "message", content={"a": 1}, buffers=[b"part"])
    slider.on_msg(listen, remove=True)
    page.say(slider, "one", "message", content="unheard", buffers=[])
    assert heard == [(slider, {"a": 1}, [b"part"])]


# Its life.


def test_closing_tells_the_pages_and_leaves_the_object(page, slider):
    slider.close()
    slider.close()
    assert page.end(slider).told_end is True
    slider.value = 7
    assert slider.value == 7


def test_a_page_can_close_it(page, slider):
    page.say(slider, "one", "close")
    assert page.end(slider).told_end is True


def test_what_a_cell_shows_is_kept_until_the_last_page_leaves(page):
    model = Slider()
    model._repr_html_()
    end, gone = page.end(model), weakref.ref(model)
    for session in ("one", "two"):
        page.say(model, session, "request_state")
    page.say(model, "one", "leave")
    del model
    gc.collect()
    assert gone() is not None
    page.say(gone(), "two", "leave")
    gc.collect()
    assert gone() is None
    assert end.told_end is True


def test_a_page_that_is_gone_keeps_nothing(page):
    model = Slider()
    model._repr_html_()
    gone = weakref.ref(model)
    for session in ("one", "two"):
        page.say(model, session, "request_state")
    pages.of("one", []).end()
    page.say(model, "two", "leave")
    del model
    gc.collect()
    assert gone() is None


def test_a_cell_that_runs_again_is_not_left_by_the_view_that_it_replaces(page):
    model = Slider()
    model._repr_html_()
    page.say(model, "one", "request_state")
    # The page hears of the new output later than the kernel of the old view's end.
    model._repr_html_()
    page.say(model, "one", "leave")
    page.say(model, "one", "request_state")
    assert page.heard(model)[-1]["kind"] == "state"


def test_a_view_may_leave_and_come_back_while_python_holds_the_model(page, slider):
    page.say(slider, "one", "leave")
    page.say(slider, "one", "request_state")
    assert page.heard(slider)[-1]["kind"] == "state"


def test_a_patch_that_cannot_be_read_is_refused(page, slider):
    text = '{"kind":"patch","number":3,"values":{"anything":{"$":"model","id":"gone"}}}'
    page.says(slider, "one", text)
    [answer] = page.heard(slider)
    assert (answer["sender"], answer["number"]) == ("one", 3)
    assert answer["errors"]["anything"]["code"] == "bad-argument"


def test_a_value_that_cannot_be_sent_leaves_no_gap(page, slider):
    with pytest.raises(NotSerializableError):
        slider.anything = object()
    slider.value = 6
    assert [said["revision"] for said in patches(page, slider)] == [1]
    page.say(slider, "two", "request_state")
    [failed] = page.heard(slider)
    assert (failed["kind"], failed["to"]) == ("failed", "two")
    assert failed["error"]["code"] == "not-serializable"


def test_what_an_observer_changes_in_place_is_told(page, slider):
    def append(_):
        if len(slider.anything) < 3:
            slider.anything.append(3)
            slider.send_state("anything")

    slider.observe(append, "anything")
    page.say(slider, "one", "patch", number=1, values={"anything": [1, 2]})
    [answer] = page.heard(slider)
    assert answer["values"] == {"anything": [1, 2, 3]}


def test_a_page_that_was_taken_to_be_gone_is_told_again(page, slider):
    page.say(slider, "one", "patch", number=4, values={"value": 1})
    page.heard(slider)
    pages.of("one", [b"address"]).gone = True
    page.say(slider, "one", "request_state")
    [state] = page.heard(slider)
    assert state["taken"] == 4
    slider.value = 2
    assert patches(page, slider)[0]["values"] == {"value": 2}


@pytest.mark.usefixtures("page")
def test_one_that_nobody_needs_is_freed():
    model = Slider()
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


@pytest.mark.usefixtures("page")
def test_pages_find_it_by_its_registered_name():
    model = Slider()
    with pybridge.register(model, "by name"):
        assert perform({"op": "model", "name": "by name"}, []) == {"id": model.model_id}
    with pytest.raises(NoHandleError):
        perform({"op": "model", "name": "by name"}, [])
    with (
        pybridge.register(len, "a function"),
        pytest.raises(BadArgumentError, match=r"no pybridge\.Model"),
    ):
        perform({"op": "model", "name": "a function"}, [])


def test_send_state_tells_what_was_changed_in_place(page, slider):
    slider.anything = [1]
    page.heard(slider)
    slider.anything.append(2)
    slider.send_state("anything")
    assert patches(page, slider)[0]["values"] == {"anything": [1, 2]}
    page.shows(slider, "one", 2)
    slider.send_state()
    assert set(patches(page, slider)[0]["values"]) == {"value", "top", "anything"}


def test_models_that_refer_to_each_other_have_words():
    class Node(pybridge.Model):
        other = traitlets.Any().tag(sync=True)

    one, two = Node(), Node()
    one.other, two.other = two, one
    assert repr(one) == "Node(other=Node(other=...))"
