"""Requests put together from pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge import uploads
from pybridge.errors import BadArgumentError, TooLargeError


@pytest.fixture(autouse=True)
def _none_left(monkeypatch):
    monkeypatch.setattr(uploads, "_uploads", {})


def sent_in_pieces(data, size, order=list):
    offsets = order(range(0, len(data), size))
    for offset in offsets:
        uploads.receive("u", offset, len(data), memoryview(data)[offset : offset + size])
    return len(offsets)


@pytest.mark.parametrize("order", [list, lambda offsets: list(reversed(offsets))])
def test_pieces_become_the_buffers_in_whichever_order_they_came(order):
    data = bytes(range(100))
    pieces = sent_in_pieces(data, 7, order)
    buffers = uploads.take("u", pieces, [10, 0, 90])
    assert list(map(bytes, buffers)) == [data[:10], b"", data[10:]]


@given(st.lists(st.binary(max_size=20)).filter(any), st.integers(1, 50), st.randoms())
def test_any_buffers_survive_any_cut(parts, size, random):
    uploads._uploads.clear()
    data = b"".join(parts)
    pieces = sent_in_pieces(data, size, lambda offsets: random.sample(offsets, len(offsets)))
    assert list(map(bytes, uploads.take("u", pieces, list(map(len, parts))))) == parts


def test_a_piece_that_comes_twice_counts_once():
    uploads.receive("u", 0, 4, b"ab")
    uploads.receive("u", 0, 4, b"ab")
    uploads.receive("u", 2, 4, b"cd")
    assert bytes(uploads.take("u", 2, [4])[0]) == b"abcd"


def test_uploads_do_not_mix():
    uploads.receive("a", 0, 2, b"aa")
    uploads.receive("b", 0, 2, b"bb")
    assert bytes(uploads.take("a", 1, [2])[0]) == b"aa"
    assert bytes(uploads.take("b", 1, [2])[0]) == b"bb"


def test_an_upload_is_taken_once():
    uploads.receive("u", 0, 1, b"a")
    uploads.take("u", 1, [1])
    assert uploads._uploads == {}
    with pytest.raises(BadArgumentError, match="call again"):
        uploads.take("u", 1, [1])


@pytest.mark.parametrize(("pieces", "sizes"), [(2, [4]), (0, [4]), (1, [3]), (1, [4, 1]), (1, [])])
def test_an_upload_that_is_not_whole_is_refused_and_forgotten(pieces, sizes):
    uploads.receive("u", 0, 4, b"abcd")
    with pytest.raises(BadArgumentError):
        uploads.take("u", pieces, sizes)
    assert uploads._uploads == {}


@pytest.mark.parametrize(
    ("offset", "total", "piece"),
    [(-1, 4, b"a"), (4, 4, b"a"), (3, 4, b"ab"), (0, 5, b"a"), (0, 3, b"a")],
)
def test_a_piece_that_does_not_fit_is_refused(offset, total, piece):
    uploads.receive("u", 0, 4, b"a")
    with pytest.raises(BadArgumentError):
        uploads.receive("u", offset, total, piece)


@pytest.mark.parametrize("total", [uploads.MAX_UPLOAD + 1, 2**70, -1])
def test_too_large_an_upload_allocates_nothing(total):
    with pytest.raises(TooLargeError) as caught:
        uploads.receive("u", 0, total, b"a")
    assert (caught.value.size, caught.value.limit) == (total, uploads.MAX_UPLOAD)
    assert uploads._uploads == {}


def test_pieces_whose_call_never_comes_are_dropped(monkeypatch):
    now = 0.0
    monkeypatch.setattr(uploads.time, "monotonic", lambda: now)
    uploads.receive("left", 0, 2, b"a")
    now = uploads._PATIENCE - 1
    uploads.receive("left", 1, 2, b"b")
    now += uploads._PATIENCE - 1
    uploads.receive("other", 0, 2, b"a")
    uploads.drop_stale()
    assert set(uploads._uploads) == {"left", "other"}
    now += 2
    uploads.drop_stale()
    assert set(uploads._uploads) == {"other"}


def test_an_upload_that_is_given_up_is_forgotten():
    uploads.receive("u", 0, 4, b"ab")
    uploads.drop("u")
    uploads.drop("u")
    assert uploads._uploads == {}


def test_what_a_closed_page_has_sent_is_dropped_and_what_is_still_to_come_is_not_kept():
    uploads.receive("a", 0, 2, b"a", "closed")
    uploads.receive("b", 0, 2, b"b", "open")
    uploads.leave("closed")
    uploads.receive("a", 1, 2, b"a", "closed")
    assert list(uploads._uploads) == ["b"]
