"""Exceptions as data."""

import json
import sys
from pathlib import Path

import pytest

import pybridge
from pybridge import codec, errors, tracebacks
from pybridge.running import Call, cancel


def caught(action):
    try:
        action()
    except BaseException as error:  # noqa: BLE001
        return error
    raise AssertionError


def fail(message="no luck"):
    raise ValueError(message)


def described(action):
    description = tracebacks.describe(caught(action))
    json.dumps(description)
    return description


def compiled(filename, source):
    namespace = {}
    exec(compile(source, filename, "exec"), namespace)
    return namespace


def test_an_exception_says_what_where_and_why():
    description = described(fail)
    assert description["code"] == "python"
    assert (description["type"], description["message"]) == ("ValueError", "no luck")
    assert description["cause"] is None
    frame = description["frames"][-1]
    assert frame["name"] == "fail" and frame["text"] == "raise ValueError(message)"
    assert Path(frame["file"]) == Path(__file__)
    assert frame["line"] == fail.__code__.co_firstlineno + 1
    assert description["traceback"].startswith("Traceback (most recent call last):")
    assert description["traceback"].endswith("ValueError: no luck\n")


def test_frames_are_outermost_first():
    assert [frame["name"] for frame in described(lambda: fail(1))["frames"]] == [
        "caught",
        "<lambda>",
        "fail",
    ]


def test_a_class_inside_another_has_its_whole_name():
    class InnerError(Exception):
        pass

    def action():
        raise InnerError

    assert described(action)["type"].endswith("<locals>.InnerError")


def test_causes_and_contexts_are_told():
    def with_cause():
        try:
            fail("first")
        except ValueError as error:
            raise KeyError("second") from error

    def with_context():
        try:
            fail("first")
        finally:
            raise KeyError("second")

    for action in (with_cause, with_context):
        cause = described(action)["cause"]
        assert (cause["type"], cause["message"]) == ("ValueError", "first")
        assert cause["frames"][-1]["name"] == "fail"


def test_a_context_that_was_suppressed_is_not():
    def action():
        try:
            fail()
        except ValueError:
            raise KeyError("second") from None

    assert described(action)["cause"] is None


def test_a_cause_that_counts_as_false_is_one():
    class EmptyError(Exception):
        def __bool__(self):
            return False

    def action():
        raise KeyError from EmptyError("cause")

    assert described(action)["cause"]["message"] == "cause"


def test_a_loop_of_causes_ends():
    first, second = ValueError("1"), ValueError("2")
    first.__cause__, second.__cause__ = second, first
    depth = 0
    description = tracebacks.describe(first)
    while description:
        description = description["cause"]
        depth += 1
    assert depth <= 20


def test_a_runaway_recursion_keeps_its_two_ends():
    def deeper(n):
        return deeper(n + 1)

    description = described(lambda: deeper(0))
    assert description["type"] == "RecursionError"
    assert len(description["frames"]) <= 100
    assert description["frames"][0]["name"] == "caught"
    assert description["frames"][-1]["name"] == "deeper"
    assert len(description["traceback"]) < 5000


def test_an_exception_whose_str_fails_is_still_described():
    class BrokenError(Exception):
        def __str__(self):
            raise RuntimeError

    class NoTextError(Exception):
        def __str__(self):
            return 5  # noqa: PLE0307

    for cls in (BrokenError, NoTextError):

        def action(cls=cls):
            raise cls

        assert "failed" in described(action)["message"]


def test_a_message_may_hold_anything():
    message = "\0 \ud800 \u2028 <script> '\""
    assert described(lambda: fail(message))["message"] == message


def without_caller(error):
    """Give an error as one that the bridge's own code caught, with no frame of this file."""
    error.__traceback__ = error.__traceback__.tb_next.tb_next
    return error


def test_the_bridges_own_errors_carry_their_code_and_path():
    error = without_caller(caught(lambda: pybridge.get("nobody")))
    description = tracebacks.describe(error)
    assert (description["code"], description["type"]) == ("no-handle", "NoHandleError")
    assert description["frames"] == [] and "path" not in description
    description = tracebacks.describe(errors.BadArgumentError("m", "$.name"))
    assert (description["code"], description["path"]) == ("bad-argument", "$.name")


def test_an_error_of_the_bridge_that_came_through_the_standard_library_is_its_own():
    error = without_caller(caught(lambda: codec.decode('[{"$":"unknown"}]')))
    assert tracebacks.describe(error)["code"] == "bad-argument"
    with Call("id") as call:
        cancel("id")
        error = without_caller(caught(lambda: call.interruptible().__enter__()))
    assert tracebacks.describe(error)["code"] == "cancelled"


def test_an_error_of_the_bridge_in_the_users_code_is_the_users():
    description = described(lambda: pybridge.get("nobody"))
    assert (description["code"], description["type"]) == ("python", "NoHandleError")
    assert [frame["name"] for frame in description["frames"]] == ["caught", "<lambda>", "get"]


def test_a_method_of_a_library_shows_where_it_failed():
    package = Path(pybridge.__file__).parent
    bridge = compiled(str(package / "dispatch.py"), "def call(f, *args):\n    f(*args)")
    error = caught(lambda: bridge["call"](json.loads, "nonsense"))
    description = tracebacks.describe(without_caller(error))
    assert description["code"] == "python"
    assert [frame["name"] for frame in description["frames"]] == ["loads", "decode", "raw_decode"]


def test_a_users_exception_with_a_path_is_not_the_bridges():
    def action():
        raise ImportError(path="/somewhere")

    assert "path" not in described(action)


def test_frames_of_the_bridge_around_the_users_are_left_out():
    package = Path(pybridge.__file__).parent
    bridge = compiled(str(package / "dispatch.py"), "def call(f):\n    f()")
    error = caught(lambda: bridge["call"](fail))
    error.__traceback__ = error.__traceback__.tb_next.tb_next
    description = tracebacks.describe(error)
    assert [frame["name"] for frame in description["frames"]] == ["fail"]
    assert "dispatch.py" not in description["traceback"]


def test_a_package_with_a_longer_name_is_the_users():
    package = Path(pybridge.__file__).parent
    other = compiled(f"{package}_extras/thing.py", "def fail():\n    raise ValueError")
    error = caught(other["fail"])
    error.__traceback__ = error.__traceback__.tb_next
    assert [frame["name"] for frame in tracebacks.describe(error)["frames"]] == ["fail"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="needs exception groups")
def test_groups_of_exceptions_are_told_in_the_traceback():
    def action():
        raise ExceptionGroup(  # noqa: F821
            "several", [ValueError("one"), KeyError("two")]
        )

    assert "ValueError: one" in described(action)["traceback"]


def test_a_property_of_the_users_exception_that_fails_is_not_asked_for():
    class BrokenError(Exception):
        @property
        def path(self):
            raise ZeroDivisionError

    def fail():
        raise BrokenError("no luck")

    assert described(fail)["message"] == "no luck"
