"""Packages that a page asks for, installed from a folder into a folder."""

import asyncio
import contextlib
import importlib.metadata
import os
import sys
import textwrap
import time
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from packaging.requirements import Requirement

from pybridge import packages
from pybridge.errors import BadArgumentError
from pybridge.packages import PackageError, find_missing, load

from .wheels import MODULE, TINY, make_wheel


@pytest.fixture
def target(tmp_path, monkeypatch):
    """A folder that pip installs into, from another and nowhere else."""
    folder, wheels = tmp_path / "target", tmp_path / "wheels"
    folder.mkdir()
    wheels.mkdir()
    for version in ("0.1", "0.2"):
        make_wheel(wheels, version)
    make_wheel(wheels, "0.3", ["pybridge-test-nowhere"])
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_TARGET", str(folder))
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop(MODULE, None)


@pytest.fixture
def fake_pip(tmp_path, monkeypatch):
    """Put a program in the place of pip."""

    def put(code):
        (tmp_path / "pip.py").write_text(textwrap.dedent(code), "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return put


def collect(names):
    async def all_lines():
        return [line async for line in load(names)]

    return asyncio.run(all_lines())


def test_a_package_is_installed_and_can_be_imported(target):
    assert find_missing(f"import {MODULE}") == [MODULE]
    lines = collect([f"{TINY}==0.1"])
    assert find_missing(f"import {MODULE}") == []
    assert importlib.import_module(MODULE).version == "0.1"
    assert all(set(line) == {"stream", "text"} for line in lines)
    assert any(line["text"] == f"Successfully installed {TINY}-0.1" for line in lines)
    assert (target / f"{MODULE}.py").exists()


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("name", [TINY, MODULE, f"{MODULE}>=0.1,<1", f"{TINY} (==0.1)"])
def test_what_is_installed_is_left_alone(fake_pip, name):
    collect(f"{TINY}==0.1")
    fake_pip("raise SystemExit('pip was called')")
    assert collect(name) == []
    assert collect([]) == []


@pytest.mark.usefixtures("target")
def test_another_version_is_installed_where_it_is_asked_for():
    collect(f"{TINY}==0.1")
    lines = collect([f"{TINY}==0.2"])
    assert any(line["text"] == f"Successfully installed {TINY}-0.2" for line in lines)


def test_extras_are_left_to_pip(fake_pip):
    fake_pip("import sys; print(sys.argv[1:])")
    (line,) = collect(["pytest[dev]>=1", "pytest"])
    assert line["stream"] == "stdout"
    assert line["text"].endswith("'--progress-bar', 'off', '--', 'pytest[dev]>=1']")


@pytest.mark.parametrize(
    "name",
    [
        "--index-url=http://localhost",
        "-r requirements.txt",
        "https://localhost/tiny.whl",
        "tiny @ https://localhost/tiny.whl",
        "git+https://localhost/tiny",
        "./tiny",
        "/tmp/tiny.whl",
        "..",
        "tiny; python_version > '3'",
        "tiny --pre",
        "tiny\n--pre",
        "tiny other",
        "tiny>>1",
        "tiny===/../../../tmp/tiny",
        "tiny===1.0",
        "naïve",
        "",
        None,
        7,
    ],
)
def test_what_is_no_name_is_refused_before_anything_is_installed(fake_pip, name):
    fake_pip("raise SystemExit('pip was called')")
    with pytest.raises(BadArgumentError) as caught:
        collect([TINY, name])
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("names", [None, 7])
def test_what_are_no_names_is_refused(names):
    with pytest.raises(BadArgumentError, match="names"):
        collect(names)


def test_a_name_is_never_a_file(fake_pip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.zip").touch()
    fake_pip("import sys; print(sys.argv[-1])")
    assert collect("tiny.zip") == [{"stream": "stdout", "text": "tiny-zip"}]


def test_a_package_that_is_nowhere_is_an_error_with_pips_reason(target):
    with pytest.raises(PackageError, match="No matching distribution found for") as caught:
        collect([TINY, "pybridge-test-nowhere"])
    assert isinstance(caught.value, RuntimeError)
    assert caught.value.names == [TINY, "pybridge-test-nowhere"]
    assert os.listdir(target) == []


def test_a_failure_without_a_reason_is_an_error_too(fake_pip):
    fake_pip("raise SystemExit(3)")
    with pytest.raises(PackageError, match="pybridge-test-tiny: pip ended with status 3: it says"):
        collect(TINY)


def test_without_pip_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(PackageError, match=r"there is no pip; .*-m ensurepip"):
        collect(TINY)


def test_both_streams_are_told_apart(fake_pip):
    fake_pip(
        """
        import sys
        print("é\\n\\n  two ")
        print("a warning", file=sys.stderr)
        sys.stdout.write("no end")
        """
    )
    lines = collect(TINY)
    assert [line["text"] for line in lines if line["stream"] == "stdout"] == [
        "é",
        "",
        "  two ",
        "no end",
    ]
    assert [line["text"] for line in lines if line["stream"] == "stderr"] == ["a warning"]


WAITING = """
    import os, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(os.getpid(), child.pid, flush=True)
    {}
    time.sleep(60)
"""


STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


def is_running(pid):
    try:
        # One that nobody waits for stays behind, in the state Z.
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def assert_ended(line):
    deadline = time.monotonic() + 10
    while any(map(is_running, line["text"].split())):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not packages._turn.locked()


def test_lines_come_while_pip_runs_and_closing_ends_it_and_its_children(fake_pip):
    fake_pip(WAITING.format(""))

    async def close_after_one():
        lines = load(TINY)
        first = await anext(lines)
        assert all(map(is_running, first["text"].split()))
        await lines.aclose()
        return first

    assert_ended(asyncio.run(close_after_one()))


def test_a_cancel_ends_pip(fake_pip):
    fake_pip(WAITING.format(""))

    async def cancel_while_waiting():
        seen = asyncio.Queue()

        async def consume():
            async for line in load(TINY):
                seen.put_nowait(line)

        task = asyncio.create_task(consume())
        first = await seen.get()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        return first

    assert_ended(asyncio.run(cancel_while_waiting()))


def test_a_pip_that_will_not_end_is_killed(fake_pip, monkeypatch):
    monkeypatch.setattr(packages, "_TERMINATION_WAIT", 0.2)
    fake_pip(WAITING.format("child.kill(); child.wait()").replace("print", STUBBORN + "print", 1))

    async def close_after_one():
        lines = load(TINY)
        first = await anext(lines)
        await lines.aclose()
        return first

    assert_ended(asyncio.run(close_after_one()))


@pytest.mark.usefixtures("target")
def test_one_pip_runs_at_a_time_and_the_second_sees_what_the_first_did():
    async def both():
        async def one():
            return [line async for line in load(f"{TINY}==0.1")]

        return await asyncio.gather(one(), one())

    first, second = asyncio.run(both())
    assert first and second == []


CODE = """
import os, pybridge_test_a.part as a, sys
from __future__ import annotations
from . import pybridge_test_no
from .pybridge_test_no import x
from pybridge_test_b.part import y
import numpy as np
import pybridge, pybridge.js
from pybridge.js import document

def f():
    import pybridge_test_c
    if f:
        from sklearn_missing import z

if sys:
    import pybridge_test_a, pybridge_test_d
"""


def test_missing_modules_are_found_wherever_they_are_imported():
    assert find_missing(CODE) == [
        "pybridge_test_a",
        "pybridge_test_b",
        "pybridge_test_c",
        "sklearn_missing",
        "pybridge_test_d",
    ]


def test_nothing_is_imported(tmp_path, monkeypatch):
    (tmp_path / "pybridge_test_loud.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_missing("import pybridge_test_loud.part") == []


@pytest.mark.parametrize("module", sorted(packages.DISTRIBUTIONS))
def test_modules_are_mapped_to_their_distributions(module, monkeypatch):
    monkeypatch.setattr(packages, "_is_there", lambda _: False)
    distribution = packages.DISTRIBUTIONS[module]
    assert find_missing(f"import {module}.part\nimport {module}") == [distribution]
    assert Requirement(distribution).name == distribution


def test_names_that_no_distribution_has_are_left_out():
    assert find_missing("import _pybridge_test, naïve, google.pybridge_test") == []


def test_a_module_made_by_hand_is_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "pybridge_test_made", type(sys)("pybridge_test_made"))
    assert find_missing("import pybridge_test_made") == []


def test_magics_are_understood_in_a_notebook(monkeypatch):
    shell = InteractiveShell()
    monkeypatch.setattr(packages, "get_ipython", lambda: shell)
    assert find_missing("%matplotlib inline\n!ls\nimport pybridge_test_a\nobj?") == [
        "pybridge_test_a"
    ]


def test_code_that_is_none_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        find_missing("import")
