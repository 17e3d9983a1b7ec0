"""Whatever a page says to a model is taken or refused, and the next patch is taken."""

import json

import pytest
import traitlets
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pybridge import Model
from tests.hostile import FIELDS, NAMES, buffers, scalars, texts, trees, trees_of

NUMBERS = st.integers(-3, 2**70) | st.just({"$": "float", "v": "inf"}) | trees


class Odd(Model):
    x = traitlets.Any(0).tag(sync=True)
    constructor = traitlets.Any(0).tag(sync=True)


said = st.fixed_dictionaries(
    {"kind": st.sampled_from(["request_state", "patch", "message", "leave", ""]) | trees},
    optional={
        "number": NUMBERS,
        "values": st.dictionaries(st.sampled_from(["x", "y", *NAMES]), trees, max_size=3)
        | trees_of(scalars, ["x", *FIELDS]),
        "content": trees,
        "buffers": st.lists(trees, max_size=2) | trees,
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said.map(json.dumps) | texts, buffers)
@example('{"kind": "patch", "number": {"$": "float", "v": "inf"}, "values": {}}', [])
@example('{"kind": "patch", "number": 1e999, "values": {"x": {"$": "no"}}}', [])
@example('{"kind": "patch", "number": 1, "values": [["x"], {"$": "no"}]}', [])
@example('{"kind": "patch", "number": 1, "values": {"$": "map", "v": [[[1], 2]]}}', [])
@example('{"kind": "patch", "number": 1, "values": {"$": "map", "v": [[1, 2]]}}', [])
@example('{"kind": "message", "content": 1, "buffers": [1]}', [])
@example('{"kind": ["patch"]}', [])
@example("[" * 100_000, [])
def test_whatever_a_page_says(page, text, parts):
    model = Odd()
    heard = []
    model.on_msg(lambda *said: heard.append(said))
    model._repr_html_()
    page.say(model, "other", "request_state")
    page.says(model, "page", text, parts)
    page.say(model, "other", "patch", number=1, values={"x": 5})
    assert model.x == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_trait_is_refused_alone(page, name):
    model = Odd()
    model._repr_html_()
    page.say(model, "page", "request_state")
    page.heard(model)
    page.say(model, "page", "patch", number=1, values={name: {"polluted": 1}, "x": 7})
    [patch] = page.heard(model)
    assert model.x == 7
    assert set(patch["errors"]) == {name} - {"constructor"}
