"""Which versions of the page can talk to this kernel, and what the others are told."""

import sys

import pytest

from pybridge import stamp
from pybridge._version import PROTOCOL, __version__
from pybridge.errors import VersionMismatchError

# Newer than any that there is.
NEWER = "99!1.0"


@pytest.mark.parametrize(
    "said", [{}, stamp.STAMP, {"protocol": PROTOCOL}, {"protocol": PROTOCOL, "version": NEWER}]
)
def test_a_page_with_the_same_protocol_is_understood(said):
    stamp.check(said)


@pytest.mark.parametrize("protocol", [PROTOCOL - 1, PROTOCOL + 1, None, "1", [], {}])
def test_a_page_with_another_protocol_is_not(protocol):
    with pytest.raises(VersionMismatchError) as caught:
        stamp.check({"protocol": protocol, "version": "0.0.1"})
    assert (caught.value.page, caught.value.kernel) == ("0.0.1", __version__)


@pytest.mark.parametrize(
    "said",
    [
        {"protocol": PROTOCOL - 1, "version": __version__},
        {"protocol": PROTOCOL - 1, "version": NEWER},
        {"protocol": "none", "version": "0.0.1"},
        {"protocol": None, "version": "no version"},
        {"protocol": None},
    ],
)
def test_an_older_page_is_to_be_reloaded(said):
    with pytest.raises(VersionMismatchError, match=r"older than the kernel's.*Ctrl\+Shift\+R"):
        stamp.check(said)


@pytest.mark.parametrize(
    "said",
    [
        {"protocol": PROTOCOL + 1, "version": __version__},
        {"protocol": PROTOCOL + 1, "version": "0.0.1"},
        {"protocol": None, "version": NEWER},
    ],
)
def test_for_a_newer_page_the_kernel_is_to_be_upgraded(said):
    with pytest.raises(VersionMismatchError, match="newer than the kernel's") as caught:
        stamp.check(said)
    assert f"{sys.executable} -m pip install -U pybridge-nbext" in str(caught.value)
    assert "reload" not in str(caught.value)


def test_what_means_nothing_here_may_mean_something_in_another_version():
    stamp.suspect({})
    stamp.suspect(stamp.STAMP)
    with pytest.raises(VersionMismatchError, match="newer"):
        stamp.suspect(stamp.STAMP | {"version": NEWER})
    with pytest.raises(VersionMismatchError, match="older"):
        stamp.suspect(stamp.STAMP | {"version": "0.0.1"})


def test_a_version_that_is_none_is_cut_short():
    with pytest.raises(VersionMismatchError) as caught:
        stamp.check({"protocol": 0, "version": "9" * 10_000})
    assert len(str(caught.value)) < 1000
