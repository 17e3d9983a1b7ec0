"""Stands in for a page: it holds objects, and answers what Python asks of them."""

from pybridge.codec import Whole
from pybridge.jsproxy import proxy_class


class FakePage:
    """A page whose answers the test chooses.

    Attributes
    ----------
    answers : dict
        What to answer, by operation; a function takes the fields. An exception is raised.
    asked : list of (str, dict)
        The questions so far, with plain values.
    dropped : list of int
        Objects that were given back.
    """

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []
        self.dropped = []
        self.gone = False

    def ask(self, op, **fields):
        fields = {name: _plain(value) for name, value in fields.items()}
        self.asked.append((op, fields))
        answer = self.answers[op]
        if callable(answer) and not hasattr(answer, "_pybridge_page"):
            answer = answer(**fields)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def drop(self, key):
        self.dropped.append(key)

    def proxy(self, can="", key=1, type_name="Object"):
        """Make a proxy of an object of this page."""
        return proxy_class(can)(self, key, type_name)


def _plain(value):
    return value.value if isinstance(value, Whole) else value
