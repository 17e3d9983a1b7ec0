"""Install the kernelspec ``plot``, or remove it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_client.kernelspec import KernelSpecManager

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

NAME = "plot"
SPEC = Path(__file__).with_name("kernelspec")


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pybridge.plotkernel", description=__doc__)
    parser.add_argument("action", choices=["install", "remove"])
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--user", action="store_true", help="for this user")
    place.add_argument("--sys-prefix", action="store_true", help="for this Python environment")
    place.add_argument("--prefix", help="below a folder, as PREFIX/share/jupyter/kernels")
    options = parser.parse_args(arguments)
    prefix = sys.prefix if options.sys_prefix else options.prefix
    if options.action == "remove" and (options.user or prefix):
        parser.error(
            "remove takes the kernel that `jupyter kernelspec list` shows; no place is said"
        )
    try:
        if options.action == "remove":
            return _remove()
        print(f"installed the kernel {NAME!r} in {_install(options.user, prefix)}")  # noqa: T201
    except PermissionError as error:
        print(f"{error}: try --user or --sys-prefix", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _install(user: bool, prefix: str | None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / NAME
        shutil.copytree(SPEC, copy)
        spec = json.loads((copy / "kernel.json").read_text("utf-8"))
        # This Python, whichever one the notebook's server is run by.
        spec["argv"][0] = sys.executable
        (copy / "kernel.json").write_text(json.dumps(spec, indent=1) + "\n", "utf-8")
        manager = KernelSpecManager()
        place = manager.install_kernel_spec(str(copy), NAME, user=user, prefix=prefix)
    return str(place)


def _remove() -> int:
    manager = KernelSpecManager()
    if NAME not in manager.find_kernel_specs():
        print(f"there is no kernel {NAME!r}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"removed {manager.remove_kernel_spec(NAME)}")  # noqa: T201
    return 0
