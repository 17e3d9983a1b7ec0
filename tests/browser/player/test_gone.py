"""A player whose cell is removed or run again leaves nothing behind."""

from __future__ import annotations

from typing import Any

from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player

# Not as the cell's result, which IPython would keep in Out.
SHOW = "display(pybridge.Animation(moving(5, size=(2, 1))))"


def handles(page: Notebook) -> list[str]:
    names: list[str] = page.py(
        "return await py.runPython('[handle.name for handle in pybridge.handles()]');"
    )
    return names


def released(page: Notebook, least: int = 0) -> None:
    page.wait_for(lambda: len(handles(page)) <= least, 10, "the handle is released")


def test_a_removed_cell_releases_its_handle_within_seconds(page: Notebook, show: Show) -> None:
    show()
    assert len(handles(page)) == 1
    page.py(
        "const {notebook} = Jupyter; notebook.delete_cell(notebook.ncells() - 1);"
        "const removed = performance.now();"
        "while ((await py.runPython('len(pybridge.handles())')) > 0) {"
        "    if (performance.now() - removed > 5000) throw new Error('not within 5 s');"
        "    await new Promise(resolve => setTimeout(resolve, 10));"
        "}"
    )


def test_a_cell_run_again_has_a_handle_of_its_own(page: Notebook, show: Show) -> None:
    show()
    [before] = handles(page)
    player = Player.of(page.cells[-1].run())
    released(page, 1)
    assert handles(page) != [before]
    player.click("next")
    player.at(1)


def test_cleared_output_releases_the_handle(page: Notebook, show: Show) -> None:
    show()
    page.cells[-1].js("cell.clear_output();")
    released(page)


def test_one_of_two_views_keeps_the_handle(page: Notebook, show: Show) -> None:
    show()
    other = Player.of(page.run("shown"))
    page.js("const {notebook} = Jupyter; notebook.delete_cell(notebook.ncells() - 2);")
    calls = other.settled()
    other.click("last")
    other.at(19)
    assert other.calls > calls
    assert len(handles(page)) == 1


def measure(page: Notebook) -> dict[str, Any]:
    """What might pile up, once all that may go is gone."""
    driver = page.focus()
    python = page.py(
        "return await py.runPython(`"
        "import gc, matplotlib.pyplot as plt; from matplotlib.figure import Figure; gc.collect();"
        "dict(handles=len(pybridge.handles()), open=len(plt.get_fignums()),"
        " figures=sum(isinstance(o, Figure) for o in gc.get_objects()))`);"
    )
    driver.execute_cdp_cmd("Performance.enable", {})
    for _ in range(3):
        driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    values = {metric["name"]: metric["value"] for metric in metrics}
    return {
        **python,
        "elements": page.js("return document.querySelectorAll('*').length;"),
        "nodes": values["Nodes"],
        "listeners": values["JSEventListeners"],
        "heap": values["JSHeapUsedSize"],
    }


RERUN = """
const [count] = arguments, cell = Jupyter.notebook.get_cells().at(-1);
for (let i = 0; i < count; i++) {
    const before = cell.output_area.element[0].querySelector('.pybridge-player');
    cell.execute();
    const until = performance.now() + 5000;
    for (;;) {
        const player = cell.output_area.element[0].querySelector('.pybridge-player');
        if (player && player !== before && Number(player.dataset.shown) > 0) break;
        if (performance.now() > until) throw new Error('no player');
        await new Promise(resolve => setTimeout(resolve, 5));
    }
}
"""


def test_two_hundred_runs_leave_nothing_behind(page: Notebook) -> None:
    page.append(SHOW)
    # The first runs load and compile what stays.
    page.js_async(RERUN, 20, timeout=60)
    Player.of(page.cells[-1])
    released(page, 1)
    before = measure(page)
    page.js_async(RERUN, 200, timeout=120)
    Player.of(page.cells[-1])
    released(page, 1)
    after = measure(page)
    assert after["handles"] == before["handles"] == 1
    assert after["open"] == before["open"] == 0
    assert after["figures"] <= before["figures"] + 2
    assert after["elements"] == before["elements"]
    assert after["nodes"] <= before["nodes"] + 500
    assert after["listeners"] <= before["listeners"] + 20
    assert after["heap"] <= before["heap"] + 5e6
    assert page.console_errors() == []
