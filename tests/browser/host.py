"""The classic notebook that is installed beside the running interpreter, and how to start it.

=============  ===========================  ================================
host           installed                    notebooks at
=============  ===========================  ================================
``notebook6``  notebook 6.5                 ``<base>/notebooks/<path>``
``nbclassic``  nbclassic beside Notebook 7  ``<base>/nbclassic/notebooks/<path>``
``nbclassic``  nbclassic alone              ``<base>/notebooks/<path>``
=============  ===========================  ================================

All Jupyter folders but those below ``sys.prefix`` are put below one root, so what the environment
installed (notebook extensions, kernels) is visible and what the user configured is not.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

Configuration = dict[str, dict[str, Any]]

# Settings of whoever runs the tests that would reach the server or its kernels.
FOREIGN = {"JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "JUPYTER_TOKEN", "PYTHONSTARTUP"}


def installed_major(distribution: str) -> int | None:
    """Major version of an installed distribution, None where it is not installed."""
    try:
        return int(metadata.version(distribution).split(".")[0])
    except metadata.PackageNotFoundError:
        return None


def installed_host() -> str:
    """Name of the classic notebook in this environment: ``"notebook6"`` or ``"nbclassic"``.

    Raises
    ------
    RuntimeError
        When there is neither.
    """
    notebook = installed_major("notebook")
    if notebook is not None and notebook < 7:
        return "notebook6"
    if installed_major("nbclassic") is None:
        raise RuntimeError(
            f"no classic notebook for {sys.executable}: install notebook<7 or nbclassic"
        )
    return "nbclassic"


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def classic_prefix() -> str:
    """Return what lies between the base URL and ``notebooks/``: nothing or ``"nbclassic/"``."""
    beside_notebook7 = installed_host() == "nbclassic" and installed_major("notebook") is not None
    return "nbclassic/" if beside_notebook7 else ""


def host_command() -> list[str]:
    """Return the command that starts the host."""
    module = "nbclassic" if installed_major("notebook") is None else "notebook"
    return [sys.executable, "-m", module, "--no-browser"]


def host_configuration(
    folder: Path,
    base_url: str,
    token: str,
    port: int,
    settings: Mapping[str, Mapping[str, Any]],
) -> Configuration:
    """Return the host's configuration by class and trait, with `settings` over it.

    In `settings`, the class ``"App"`` stands for the host's application, whatever its name.
    """
    notebook6 = installed_host() == "notebook6"
    name = "NotebookApp" if notebook6 else "ServerApp"
    app: dict[str, Any] = {
        "ip": "127.0.0.1",
        "port": port,
        "base_url": base_url,
        "allow_root": True,
        "open_browser": False,
        "notebook_dir" if notebook6 else "root_dir": str(folder),
    }
    config: Configuration = {name: app, "KernelManager": {"shutdown_wait_time": 2}}
    config.setdefault(name if notebook6 else "IdentityProvider", {})["token"] = token
    for cls, traits in settings.items():
        config.setdefault(name if cls == "App" else cls, {}).update(traits)
    return config


def write_configuration(root: Path, config: Configuration) -> None:
    """Write the configuration where a host started with `host_environment` reads it."""
    folder = root / "config"
    folder.mkdir(exist_ok=True)
    name = "notebook" if installed_host() == "notebook6" else "server"
    (folder / f"jupyter_{name}_config.json").write_text(json.dumps(config))


def host_environment(root: Path, changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return the environment variables for a host whose Jupyter folders lie below `root`.

    Parameters
    ----------
    root
        A folder of the host's own.
    changes
        More variables; a value of None removes one.
    """
    env = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    env["JUPYTER_CONFIG_DIR"] = str(root / "config")
    env["JUPYTER_DATA_DIR"] = str(root / "data")
    env["JUPYTER_RUNTIME_DIR"] = str(root / "runtime")
    env["IPYTHONDIR"] = str(root / "ipython")
    for key, value in changes.items():
        env.pop(key, None)
        if value is not None:
            env[key] = value
    return env
