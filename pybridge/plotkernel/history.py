"""The cells that were run, as a console asks for them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

__all__ = ["History"]

# More is nobody's to remember.
_MOST = 10_000


class History:
    """The cells of one session, the newest last."""

    def __init__(self) -> None:
        self._cells: list[tuple[int, str]] = []

    def add(self, number: int, source: str) -> None:
        """Note a cell that is run."""
        self._cells.append((number, source))
        del self._cells[:-_MOST]

    def get(
        self,
        access: str,
        *,
        output: bool = False,
        session: int = 0,
        start: int = 0,
        stop: int | None = None,
        n: int | None = None,
        pattern: str | None = None,
        unique: bool = False,
    ) -> list[tuple[int, int, Any]]:
        """Give cells as the messaging specification says, under ``history_request``.

        Returns
        -------
        list of tuple
            Session (always 0), number and source; with `output` the last is a pair of the source
            and None, for what was shown is not kept.
        """
        if access == "tail":
            found = self._cells[-n:] if n else list(self._cells)
        elif access == "range":
            last = float("inf") if stop is None else stop
            found = [cell for cell in self._cells if session == 0 and start <= cell[0] < last]
        else:
            found = [cell for cell in self._cells if fnmatchcase(cell[1], pattern or "*")]
            if unique:
                # Each where it stands last.
                latest = {source: (number, source) for number, source in found}
                found = sorted(latest.values())
            found = found[-n:] if n else found
        return [(0, number, (source, None) if output else source) for number, source in found]
