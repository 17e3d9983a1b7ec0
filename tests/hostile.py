"""What nobody sends who means well: trees of the codec's, and what looks like them."""

import json

from hypothesis import strategies as st

from pybridge import codec

TAGS = [*codec._DECODERS, "", "$", "__proto__", "constructor", "toString", None, 5, []]
NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then"]
FIELDS = ["$", "v", "b", "dtype", "shape", "id", "type", "can", "__class__", *NAMES]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
    | st.sampled_from(["float64", "int8", "object", "-0x1f", "nan", *NAMES])
)


def trees_of(leaves, fields=FIELDS):
    """Trees of these leaves, whose objects have these keys and any others."""
    keys = st.sampled_from(fields) | st.text(max_size=5)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(keys, inner, max_size=5)
            | st.fixed_dictionaries({"$": st.sampled_from(TAGS), "v": inner, "b": inner})
            | st.fixed_dictionaries({"$": st.sampled_from(["set", "map", "dict"]), "v": inner})
            | st.fixed_dictionaries(
                {
                    "$": st.just("ndarray"),
                    "dtype": st.sampled_from([*sorted(codec.DTYPES), "object"]) | inner,
                    "shape": st.lists(st.integers(-2, 2**70), max_size=4),
                    "b": st.integers(-1, 3),
                }
            )
        ),
        max_leaves=12,
    )


trees = trees_of(scalars)

buffers = st.lists(st.binary(max_size=40), max_size=3)

# JSON, nearly JSON, and anything.
texts = (
    trees.map(json.dumps)
    | st.builds(lambda text, cut: text[:cut], trees.map(json.dumps), st.integers(0, 80))
    | st.text(max_size=40)
)
