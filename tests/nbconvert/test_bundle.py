"""The script of an exported page."""

from __future__ import annotations

import re

from pybridge.nbconvert.bundle import script, styles


def test_a_module_comes_after_what_it_needs():
    order = re.findall(r"const define = definer\('([\w-]+)'\)", script())
    assert order[-1] == "exported"
    assert order.index("frames") < order.index("baked") < order.index("player")
    assert len(order) == len(set(order))


def test_nothing_in_it_speaks_to_a_notebook_or_a_kernel():
    order = re.findall(r"const define = definer\('([\w-]+)'\)", script())
    assert {"host", "bridge", "origin", "dispatch"}.isdisjoint(order)


def test_nothing_in_it_ends_its_element():
    assert "</" not in script()
    assert "</" not in styles()
