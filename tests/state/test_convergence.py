"""A model and its copies in two pages end up equal, whatever happens in whichever order.

The model is the real one, the pages are the real modules in node; the test is the network, and
delivers what is under way in any order that a network may.
"""

import json
import threading
from collections import deque

import pytest
import traitlets
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import pybridge
from pybridge.state import outbox
from tests.node import Node

SESSIONS = ("one", "two")
NAMES = ("number", "limited", "even", "text")


class Shared(pybridge.Model):
    number = traitlets.Int(0).tag(sync=True)
    limited = traitlets.Int(0).tag(sync=True)
    even = traitlets.Int(0).tag(sync=True)
    twice = traitlets.Int(0).tag(sync=True)
    text = traitlets.Any("").tag(sync=True)

    @traitlets.validate("limited")
    def _limit(self, proposal):
        return min(proposal["value"], 1)

    @traitlets.validate("even")
    def _refuse_odd(self, proposal):
        if proposal["value"] % 2:
            raise traitlets.TraitError("odd")
        return proposal["value"]

    @traitlets.observe("number")
    def _double(self, change):
        self.twice = 2 * change["new"]


# Few, so that the same one comes again.
values = st.integers(0, 3)
sessions = st.sampled_from(SESSIONS)


class Network(RuleBasedStateMachine):
    """Two pages, and what is under way between them and the kernel."""

    node = None
    page = None

    @initialize()
    def open(self):
        self.node.ask({"op": "reset"})
        self.model = Shared()
        self.model._sync.open()
        self.end = self.page.end(self.model)
        self.up = {session: deque() for session in SESSIONS}
        self.down = {session: deque() for session in SESSIONS}
        self.acks = {session: deque() for session in SESSIONS}
        self.states = {}
        # The last values that a page has set and that were not refused, and those that arrived.
        self.mine = {session: {} for session in SESSIONS}
        self.taken = {session: {} for session in SESSIONS}
        for session in SESSIONS:
            self.do(session, "ask")
        self.settle()

    def do(self, session, op, **fields):
        state = self.node.ask({"page": session, "op": op, **fields})
        assert "error" not in state, state
        self.up[session].extend(state["up"])
        self.acks[session].extend(state["acks"])
        self.states[session] = state
        for name, _ in state["events"]:
            self.mine[session].pop(name, None)
        for name, value in self.mine[session].items():
            if name in state["waiting"]:
                assert state["shown"][name] == value, "one's own value has jumped back"

    def deliver(self):
        """Put what the kernel has said on its way to each page."""
        for text, buffers in self.page.end(self.model).sent:
            for session in SESSIONS:
                hexed = [buffer.hex() for buffer in buffers]
                self.down[session].append(("hear", {"text": text, "buffers": hexed}))
        self.page.end(self.model).sent = []

    @rule(session=sessions, name=st.sampled_from(NAMES), value=values)
    def page_sets(self, session, name, value):
        if self.states[session]["shown"].get(name) != value:
            self.mine[session][name] = value
            self.do(session, "set", name=name, value=value)

    @rule(name=st.sampled_from(NAMES), value=values)
    def python_sets(self, name, value):
        setattr(self.model, name, 2 * value if name == "even" else value)
        self.deliver()

    @rule(session=sessions)
    def page_has_a_frame(self, session):
        self.do(session, "frame")

    @rule(session=sessions)
    def kernel_takes(self, session):
        if self.up[session]:
            message = self.up[session].popleft()
            buffers = [bytes.fromhex(part) for part in message["buffers"]]
            self.page.says(self.model, session, message["text"], buffers)
            self.taken[session].update(json.loads(message["text"]).get("values", {}))
            self.deliver()
            self.down[session].append(("idle", {"id": message["id"]}))

    @rule(session=sessions)
    def page_hears(self, session):
        if self.down[session]:
            op, fields = self.down[session].popleft()
            self.do(session, op, **fields)

    @rule(session=sessions)
    def kernel_hears_what_is_shown(self, session):
        if self.acks[session]:
            self.page.shows(self.model, session, self.acks[session].popleft())
            self.deliver()

    @rule(session=sessions)
    def a_message_overtakes_another(self, session):
        # The kernel sends from more than one thread.
        queue = self.down[session]
        if len(queue) > 1 and queue[0][0] == queue[1][0] == "hear":
            queue[0], queue[1] = queue[1], queue[0]

    @rule(session=sessions, arrived=st.integers(0, 2))
    def connection_breaks_and_is_back(self, session, arrived):
        for _ in range(arrived):
            self.kernel_takes(session)
        lost = [message["id"] for message in self.up[session]]
        lost += [fields["id"] for op, fields in self.down[session] if op == "idle"]
        self.up[session].clear()
        self.down[session].clear()
        self.do(session, "cut", ids=lost)
        self.do(session, "ask")

    def settle(self):
        """Let everything that is under way arrive."""
        for _ in range(1000):
            for session in SESSIONS:
                self.do(session, "frame")
                self.kernel_takes(session)
                self.page_hears(session)
                self.kernel_hears_what_is_shown(session)
            if not any(q for queues in (self.up, self.down, self.acks) for q in queues.values()):
                return
        raise AssertionError("they never come to rest")

    def teardown(self):
        if not hasattr(self, "states"):
            return
        self.settle()
        truth = {name: getattr(self.model, name) for name in (*NAMES, "twice")}
        for session in SESSIONS:
            assert self.states[session]["status"] == "live"
            assert self.states[session]["waiting"] == []
            assert self.states[session]["shown"] == truth
            for name, value in self.mine[session].items():
                assert self.taken[session][name] == value, "a last value was lost"
        assert self.model.limited <= 1
        assert self.model.even % 2 == 0


@pytest.fixture
def network(page, monkeypatch):
    # A clock of its own would be one more player.
    monkeypatch.setattr(outbox, "PATIENCE", threading.TIMEOUT_MAX)
    with Node("replicas.mjs") as node:
        yield type("TwoPages", (Network,), {"node": node, "page": page})


def test_all_copies_end_up_equal(network):
    run_state_machine_as_test(
        network,
        settings=settings(
            max_examples=150,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
