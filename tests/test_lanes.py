"""What is declared for the side lane, what pages are told of it, and what is refused there."""

import matplotlib.pyplot as plt
import pytest
import traitlets

import pybridge
from pybridge import host, lanes, registry
from pybridge.errors import NoHandleError, WrongLaneError

from .fake_kernel import FakeKernel


class Sim:
    @pybridge.export
    def run(self): ...

    @pybridge.export(lane="side")
    def status(self): ...


class Louder(Sim):
    def status(self): ...

    @pybridge.export(lane="side")
    def run(self): ...


@pytest.fixture(autouse=True)
def kernel(monkeypatch):
    kernel = FakeKernel()
    monkeypatch.setattr(host, "_adopted", kernel)
    monkeypatch.setattr(registry, "_handles", {})
    monkeypatch.setattr(registry, "_listeners", [lanes._tell])
    monkeypatch.setattr(lanes, "_told", set())
    return kernel


def told(kernel):
    """What all pages were told, an event each."""
    return [body["handles"] for body in kernel.events(lanes.LANES)]


class TestDeclaring:
    def test_a_method(self):
        assert pybridge.register(Sim(), "sim").side == {"status"}

    def test_an_overriding_method_is_declared_anew_or_as_before(self):
        assert pybridge.register(Louder(), "sim").side == {"run", "status"}

    def test_an_object(self):
        handle = pybridge.register(Sim(), "sim", lane="side")
        assert handle.side == {"run", "status"}
        assert pybridge.register([], "list", methods=["append"], lane="side").side == {"append"}

    def test_a_function(self):
        @pybridge.export(lane="side")
        def now(): ...

        assert pybridge.get("now").side == {None}
        assert pybridge.register(lambda: 1, "f", lane="side").side == {None}
        assert pybridge.register(lambda: 1, "g").side == frozenset()

    def test_there_are_two_lanes(self):
        with pytest.raises(ValueError, match="lane='fast': there are 'main' and 'side'"):
            pybridge.register(Sim(), "sim", lane="fast")
        with pytest.raises(ValueError, match="lane='fast'"):
            pybridge.export(lane="fast")

    def test_what_is_known_to_be_unsafe_is_refused_with_the_reason(self):
        class Counter(pybridge.Model):
            value = traitlets.Int().tag(sync=True)

        with pytest.raises(ValueError, match="Counter object cannot be served in the side lane"):
            pybridge.register(Counter(), "counter", methods=["unobserve_all"], lane="side")

        class Louder(Counter):
            @pybridge.export(lane="side")
            def speak(self): ...

        with pytest.raises(ValueError, match="Louder object cannot be served in the side lane"):
            pybridge.register(Louder(), "louder")
        assert pybridge.handles() == []
        figure = plt.figure()
        with pytest.raises(ValueError, match=r"matplotlib draws in one thread.*Animation"):
            pybridge.register(figure, "figure", methods=["savefig"], lane="side")
        plt.close(figure)


class TestTelling:
    def test_what_is_declared_and_when_it_is_gone(self, kernel):
        handle = pybridge.register(Sim(), "sim")
        assert told(kernel) == [[["sim", ["status"]]]]
        handle.release()
        assert told(kernel)[1:] == [[["sim", []]]]
        handle.release()
        assert len(told(kernel)) == 2

    def test_one_that_takes_its_place(self, kernel):
        pybridge.register(Sim(), "sim")
        pybridge.register(lambda: 1, "sim")
        pybridge.register(lambda: 2, "sim")
        assert told(kernel) == [[["sim", ["status"]]], [["sim", []]]]

    def test_what_is_of_the_main_lane_is_nobodys_business(self, kernel):
        pybridge.register(lambda: 1, "f").release()
        assert kernel.sent == []

    def test_a_page_that_asks(self, kernel):
        pybridge.register(Sim(), "sim")
        pybridge.register(lambda: 1, "f")
        kernel.sent.clear()
        lanes._tell_all(type("Page", (), {"session": "that-page"}), {})
        assert kernel.events(lanes.LANES) == [
            {"to": "that-page", "handles": [["sim", ["status"]]]},
        ]


class TestChecking:
    @pytest.fixture(autouse=True)
    def _sim(self):
        pybridge.register(Sim(), "sim")

    def test_what_is_declared(self):
        lanes.check({"op": "call", "name": "sim", "method": "status"})
        lanes.check({"op": "upload"})

    def test_what_is_not(self):
        with pytest.raises(WrongLaneError, match=r"'run' of 'sim' was not declared.*lane='side'"):
            lanes.check({"op": "call", "name": "sim", "method": "run"})

    def test_what_meets_the_users_own_names(self):
        with pytest.raises(WrongLaneError, match="'run' is served in the main lane alone"):
            lanes.check({"op": "run", "code": "1"})

    def test_what_does_not_exist_is_told_as_in_the_other_lane(self):
        lanes.check({"op": "call", "name": "sim", "method": "missing"})
        lanes.check({"op": "call", "name": "sim", "method": None})
        with pytest.raises(NoHandleError):
            lanes.check({"op": "call", "name": "other", "method": "status"})
