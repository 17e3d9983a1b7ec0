"""Packages that a page has installed into the kernel's environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wheels import MODULE, TINY, make_wheel

from .notebook import Notebook

# pip takes wheels from one folder, puts them into another, and asks nobody else.
SETUP = """
import importlib, os, sys
for name in [name for name in os.environ if name.startswith("PIP_")]:
    del os.environ[name]
os.environ.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS={wheels!r},
                  PIP_TARGET={target!r})
sys.path.insert(0, {target!r})
"""


@pytest.fixture
def page(notebook: Notebook, tmp_path: Path) -> Iterator[Notebook]:
    """A notebook whose pip knows one package, in two versions."""
    wheels, target = tmp_path / "wheels", tmp_path / "target"
    wheels.mkdir()
    target.mkdir()
    for version in ("0.1", "0.2"):
        make_wheel(wheels, version)
    notebook.run(SETUP.format(wheels=str(wheels), target=str(target)))
    notebook.target = target  # type: ignore[attr-defined]
    yield notebook
    assert notebook.console_errors() == []


def installed(page: Notebook) -> list[str]:
    """What lies in the folder that pip installs into."""
    return sorted(os.listdir(page.target))  # type: ignore[attr-defined]


LOAD = """
const lines = [], errors = [];
const callbacks = {messageCallback: l => lines.push(l), errorCallback: l => errors.push(l)};
"""


def test_a_package_is_installed_and_its_lines_arrive(page: Notebook) -> None:
    lines, errors, version = page.py(
        LOAD
        + """
        await py.loadPackage(arguments[0], callbacks);
        const module = await py.pyimport(arguments[1]);
        return [lines, errors, await module.version];
        """,
        TINY,
        MODULE,
        timeout=120,
    )
    assert version == "0.2"
    assert any("Successfully installed" in line for line in lines)
    assert not any("\n" in line for line in lines)
    assert not any("ERROR" in line for line in errors)


def test_what_is_there_is_not_installed(page: Notebook) -> None:
    assert page.py(
        LOAD + "await py.loadPackage(['numpy', 'ipykernel'], callbacks); return [lines, errors];"
    ) == [[], []]
    assert installed(page) == []


def test_a_version_may_be_asked_for(page: Notebook) -> None:
    assert (
        page.py(
            LOAD
            + "await py.loadPackage([arguments[0] + '<0.2'], callbacks);"
            + "return await (await py.pyimport(arguments[1])).version;",
            TINY,
            MODULE,
            timeout=120,
        )
        == "0.1"
    )


def test_the_imports_of_code_are_installed(page: Notebook) -> None:
    names, version, again = page.py(
        LOAD
        + """
        const code = `import json, numpy\\nfrom ${arguments[0]} import version\\nversion`;
        const names = await py.loadPackagesFromImports(code, callbacks);
        const version = await py.runPython(code);
        return [names, version, await py.loadPackagesFromImports(code, callbacks)];
        """,
        MODULE,
        timeout=120,
    )
    assert (names, version, again) == ([MODULE], "0.2", [])


@pytest.mark.parametrize(
    "name",
    [
        "--index-url=http://x",
        "-r requirements.txt",
        "./here",
        "https://example.org/a.whl",
        "a @ https://example.org/a.whl",
        "a; python_version > '3'",
        "a b",
        "",
        "$(touch x)",
    ],
)
def test_what_is_no_name_is_refused(page: Notebook, name: str) -> None:
    error = page.py_error("await py.loadPackage(['numpy', arguments[0]]);", name)
    assert (error.name, error.code) == ("BridgeError", "bad-argument")
    assert installed(page) == []


def test_a_package_that_nobody_has_says_so(page: Notebook) -> None:
    error = page.py_error(
        LOAD + "await py.loadPackage('pybridge-test-nowhere', callbacks);",
        timeout=120,
    )
    assert (error.name, error.type) == ("PythonError", "PackageError")
    assert "pybridge-test-nowhere" in error.message


def test_code_that_is_none_is_pythons_error(page: Notebook) -> None:
    assert page.py_error("await py.loadPackagesFromImports('import (');").type == "SyntaxError"


def test_without_callbacks_the_lines_go_to_the_console(page: Notebook) -> None:
    page.focus().read_console()
    page.py("await py.loadPackage(arguments[0]);", TINY, timeout=120)
    messages = [entry["message"] for entry in page.focus().read_console()]
    assert any("Successfully installed" in message for message in messages)
