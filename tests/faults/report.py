"""Writes what came of the faults into docs/reliability.md: python -m tests.faults.report."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .case import CLOSED, VALUE
from .faults import FAULTS
from .kinds import KINDS
from .matrix import cells

ROOT = Path(__file__).parents[2]
HOSTS = ("notebook6", "nbclassic")
DOCUMENT = ROOT / "docs" / "reliability.md"

Outcomes = dict[str, dict[str, str]]


def read() -> Outcomes:
    """Read what the last runs have left, by host and cell, of the hosts that have met all cells."""
    outcomes = {}
    for host in HOSTS:
        path = ROOT / "build" / f"faults-{host}.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        if len(known) == len(cells()):
            outcomes[host] = known
    return outcomes


def table(outcomes: Outcomes) -> str:
    """Make the table: a row for each fault, a column for each kind of call."""
    by_pair = {(fault, kind): moment for fault, moment, kind in cells()}
    lines = [
        "| | " + " | ".join(kind.name for kind in KINDS) + " |",
        "|-" * (len(KINDS) + 1) + "|",
    ]
    for fault in FAULTS:
        row = []
        for kind in KINDS:
            moment = by_pair[fault, kind].name
            cell = f"{fault.name}|{moment}|{kind.name}"
            found = [outcome[cell] for outcome in outcomes.values()]
            row.append(f"{moment}: {_told(found)}")
        lines.append(f"| **{fault.name}** | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _told(found: list[str]) -> str:
    words = {VALUE: "✓", CLOSED: "tested", "note": "said in words"}
    told = [words.get(outcome, f"`{outcome}`") for outcome in found]
    return told[0] if len(set(told)) == 1 else " / ".join(told)


def main() -> None:
    """Put the table where the document has it."""
    outcomes = read()
    text = DOCUMENT.read_text()
    begin, end = "<!-- faults -->", "<!-- end of faults -->"
    made = f"{begin}\n{table(outcomes)}\n{end}"
    text = re.sub(f"{begin}.*{end}", lambda _: made, text, flags=re.DOTALL)
    DOCUMENT.write_text(text)
    ended = [outcome for host in outcomes.values() for outcome in host.values()]
    print(  # noqa: T201 - a command
        f"{len(ended)} cells on {' and '.join(outcomes)}, {ended.count(VALUE)} ended in the value"
    )


if __name__ == "__main__":
    main()
