"""Values that the bridge carries: strict comparison, and how to read those in vectors.json."""

import collections
import enum
import functools
import json
import math
import os
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

NAMES = {
    "collections": collections,
    "datetime": datetime,
    "enum": enum,
    "functools": functools,
    "np": np,
    "timedelta": timedelta,
    "timezone": timezone,
}

_vectors = json.loads(Path(__file__).with_name("vectors.json").read_text("ascii"))
VALUES = _vectors["values"]
REFUSALS = _vectors["refusals"]


def evaluate(source):
    """Give the value of an expression in vectors.json."""
    return eval(source, dict(NAMES))


@contextmanager
def local_zone(name):
    """Let this process live in another time zone, in POSIX's notation."""
    before = os.environ.get("TZ")
    try:
        if name is not None:
            os.environ["TZ"] = name
            time.tzset()
        yield
    finally:
        os.environ.pop("TZ", None)
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def same(left, right):
    """Tell whether two values agree, types, dtypes, signs of zeros and order of keys included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        if math.isnan(left):
            return math.isnan(right)
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and _same_items(left, right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left), list(right)) and same(list(left.values()), list(right.values()))
    if isinstance(left, set):
        return len(left) == len(right) and all(any(same(a, b) for b in right) for a in left)
    if isinstance(left, datetime):
        return left == right and left.utcoffset() == right.utcoffset()
    return left == right


def _same_items(left, right):
    if left.dtype.kind != "f":
        return left.tobytes() == right.tobytes()
    # The bits of a NaN are nobody's business, the sign of a zero is.
    known = ~np.isnan(left)
    return np.array_equal(left, right, equal_nan=True) and np.array_equal(
        np.signbit(left)[known], np.signbit(right)[known]
    )
