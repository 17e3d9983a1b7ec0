"""Whatever happens, a call ends in its value or the right error, and the next one works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium

from .case import SECOND, VALUE, Case
from .faults import FAULTS, Fault
from .kinds import KINDS
from .link import Link
from .matrix import Cell, cells, few
from .moments import MOMENTS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" not in metafunc.fixturenames:
        return
    chosen = cells() if metafunc.config.getoption("--all-faults", default=False) else few()
    names = [f"{fault.name}-{moment.name}-{kind}" for fault, moment, kind in chosen]
    metafunc.parametrize("cell", chosen, ids=names)


@pytest.mark.parametrize("chosen", [cells(), few()], ids=["all", "few"])
def test_every_fault_moment_and_kind_of_call_is_met(chosen: list[Cell]) -> None:
    faults, moments, kinds = map(set, zip(*chosen, strict=True))
    assert (faults, moments, kinds) == (set(FAULTS), set(MOMENTS), set(KINDS))


def test_the_whole_matrix_holds_every_pair() -> None:
    for first, second, every in [(0, 1, FAULTS), (0, 2, FAULTS), (1, 2, MOMENTS)]:
        others = MOMENTS if second == 1 else KINDS
        pairs = {(cell[first], cell[second]) for cell in cells()}
        assert pairs == {(one, other) for one in every for other in others}


@pytest.fixture
def case(driver: Chromium, link: Link, cell: Cell) -> Iterator[Case]:
    _, moment, kind = cell
    driver.read_console()
    case = Case(driver, link, kind, moment)
    yield case
    if link.hold:
        link.hold.let_go()
    link.hold = link.rule = link.rate = None
    link.mend()
    case.close()


def ends_in(case: Case, fault: Fault) -> str:
    """Bring a call to its moment, let the fault happen, and give what the call ends in."""
    moment = case.moment
    if moment.before and not fault.new_page:
        fault.begin()
        pending = case.begin(mode=moment.mode)
    else:
        moment.prepare()
        pending = case.begin(mode=moment.mode)
        case.reach(pending)
        fault.begin()
    if not fault.lasts:
        fault.end()
    moment.let_go()
    outcome = case.outcome(pending)
    if fault.lasts:
        fault.end()
    return outcome


def test_a_call_survives(case: Case, cell: Cell, outcomes: dict[str, str]) -> None:
    fault = cell[0](case)
    outcome = ends_in(case, fault)
    outcomes[f"{fault.name}|{case.moment.name}|{case.kind.name}"] = outcome
    assert outcome in fault.may_end_in()

    began, ended = (case.notes().count(what) for what in ("began", "ended"))
    if not case.kind.twice:
        assert began <= 1
    if outcome == VALUE:
        assert ended >= 1
    if outcome == "aborted":
        assert began == 0

    fault.heal()
    following = case.begin(SECOND)
    assert case.outcome(following, SECOND) == VALUE
    assert "ended" in case.notes(SECOND)
    if not case.kind.twice:
        assert case.notes(SECOND).count("began") == 1
    case.wait_until_nothing_is_left()
