"""Installs what a page asks for: ``py.loadPackage`` and ``py.loadPackagesFromImports``.

pip does it, in a process of its own, into the environment that the kernel runs in.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from IPython import get_ipython
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from .errors import BadArgumentError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator
    from typing import IO

__all__ = ["PackageError", "find_missing", "load"]

_logger = logging.getLogger(__name__)

DISTRIBUTIONS = {
    "Bio": "biopython",
    "Crypto": "pycryptodome",
    "IPython": "ipython",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "gitpython",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "osgeo": "gdal",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "ruamel": "ruamel.yaml",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "usb": "pyusb",
    "win32api": "pywin32",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Distributions whose name is not that of the module; any other module is looked for as it is."""

# Many distributions share these names, and none is meant by the name alone.
_SHARED = frozenset({"azure", "google"})

_TERMINATION_WAIT = 5.0
_MAX_REASON = 5

# Two pips at once in one environment get in each other's way. The calls of a kernel may run in
# several loops, so this is no lock of asyncio.
_turn = threading.Lock()

Line = dict[str, str]


class PackageError(RuntimeError):
    """Packages could not be installed.

    Attributes
    ----------
    names : list of str
        What was to be installed.
    """

    def __init__(self, names: list[str], why: str) -> None:
        super().__init__(f"could not install {', '.join(names)}: {why}")
        self.names = names


async def load(names: str | Iterable[str]) -> AsyncGenerator[Line, None]:
    """Install what is not installed yet, and give what pip says, line by line.

    Closing the generator, or cancelling who awaits it, ends pip.

    Parameters
    ----------
    names : str or iterable of str
        Names of distributions, with extras and versions where it matters: ``"rich[jupyter]>=13"``.

    Yields
    ------
    dict
        ``stream``, "stdout" or "stderr", and ``text``, a line without its end.

    Raises
    ------
    BadArgumentError
        When a name is anything else, such as an option, an address or a path. Nothing has been
        installed then.
    PackageError
        When there is no pip, or it fails.
    """
    wanted = _requirements(names)
    while not _turn.acquire(blocking=False):  # noqa: ASYNC110 - an Event belongs to one loop
        await asyncio.sleep(0.1)
    try:
        importlib.invalidate_caches()
        missing = [str(requirement) for requirement in wanted if not _is_installed(requirement)]
        if missing:
            async with contextlib.aclosing(_install(missing)) as lines:
                async for line in lines:
                    yield line
            importlib.invalidate_caches()
    finally:
        _turn.release()


def find_missing(code: str) -> list[str]:
    """Name the distributions that would bring the modules which code imports and nobody has.

    Imports count wherever they stand in the code, relative ones do not. Nothing is imported. In a
    notebook the code may hold magics.

    Raises
    ------
    SyntaxError
        When it is no code.
    """
    shell = get_ipython()
    source = code if shell is None else shell.transform_cell(code)
    importlib.invalidate_caches()
    missing = (module for module in _imported(ast.parse(source)) if not _is_there(module))
    return list(dict.fromkeys(DISTRIBUTIONS.get(module, module) for module in missing))


def _requirements(names: str | Iterable[str]) -> list[Requirement]:
    try:
        given = [names] if isinstance(names, str) else list(names)
    except TypeError:
        kind = type(names).__qualname__
        raise BadArgumentError(f"names of packages are a list, not a {kind}") from None
    requirements = []
    for name in given:
        try:
            requirement = Requirement(name)
        except (InvalidRequirement, TypeError):
            requirement = None
        if requirement is None or requirement.url or requirement.marker or _is_free(requirement):
            raise BadArgumentError(
                f"{name!r:.80} names no package; a name may be followed by extras and versions, as"
                " in 'rich[jupyter]>=13', and is no option, address or path"
            )
        # Without its dots a name is never taken for that of an archive in the working directory.
        requirement.name = canonicalize_name(requirement.name)
        requirements.append(requirement)
    return requirements


def _is_free(requirement: Requirement) -> bool:
    """Tell whether any text may follow the name, even one with which pip takes it for a path."""
    return any(each.operator == "===" for each in requirement.specifier)


def _is_installed(requirement: Requirement) -> bool:
    if requirement.extras:
        return False  # pip knows what they take, and asks no server when it is there
    try:
        version = importlib.metadata.version(requirement.name)
        return requirement.specifier.contains(str(version), prereleases=True)
    except (importlib.metadata.PackageNotFoundError, InvalidVersion):
        return False


async def _install(names: list[str]) -> AsyncGenerator[Line, None]:
    if importlib.util.find_spec("pip") is None:
        raise PackageError(names, f"there is no pip; {sys.executable} -m ensurepip brings it")
    reason: deque[str] = deque(maxlen=_MAX_REASON)
    _logger.debug("pip installs %s", names)
    process = _start_pip(names)
    try:
        async with contextlib.aclosing(_lines(process)) as lines:
            async for line in lines:
                if line["stream"] == "stderr":
                    reason.append(line["text"])
                yield line
        status = await asyncio.to_thread(process.wait)
    finally:
        await _end(process)
    _logger.debug("pip has ended with status %d", status)
    if status:
        why = "\n".join(reason) or "it says nothing of the reason"
        raise PackageError(names, f"pip ended with status {status}: {why}")


def _start_pip(names: list[str]) -> subprocess.Popen[str]:
    options = "--disable-pip-version-check --no-input --progress-bar off".split()
    return subprocess.Popen(  # noqa: S603 - the names are checked
        [sys.executable, "-m", "pip", "install", *options, "--", *names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
        # A group of its own: an interrupt of the kernel reaches it through us alone, and its
        # children end with it.
        start_new_session=True,
    )


async def _lines(process: subprocess.Popen[str]) -> AsyncGenerator[Line, None]:
    """Give the lines of both streams as they come.

    Threads read them: asyncio starts no process in the loop that kernels have on Windows.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[Line | None] = asyncio.Queue()

    def read(name: str, pipe: IO[str]) -> None:
        # A loop that has been closed takes nothing more.
        with pipe, contextlib.suppress(RuntimeError):
            for text in pipe:
                line = {"stream": name, "text": text.rstrip("\r\n")}
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    streams = {"stdout": process.stdout, "stderr": process.stderr}
    for stream in streams.items():
        threading.Thread(target=read, args=stream, daemon=True).start()
    ended = 0
    while ended < len(streams):
        line = await lines.get()
        if line is None:
            ended += 1
        else:
            yield line


async def _end(process: subprocess.Popen[str]) -> None:
    """End a process and its children, if it still runs."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.terminate()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.to_thread(process.wait, _TERMINATION_WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _imported(tree: ast.AST) -> Iterator[str]:
    """Give the names of the top-level modules that a program imports, in its order."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in sorted(imports, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module or ""] if node.level == 0 else []
        yield from (name.partition(".")[0] for name in names)


def _is_there(module: str) -> bool:
    """Tell whether a module can be imported, or comes from no distribution at all."""
    # Names of distributions are ASCII, and begin with a letter or a digit.
    if not module.isascii() or module.startswith("_") or module in _SHARED:
        return True
    if module in sys.stdlib_module_names or module == __package__:
        return True
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # a module without a specification, which somebody made by hand
        return True
