"""The notebook server of the running environment, started apart from everything of the user's."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psutil

from .host import (
    classic_prefix,
    free_port,
    host_command,
    host_configuration,
    host_environment,
    installed_host,
    write_configuration,
)
from .waiting import wait_until

AWKWARD_BASE_URL = "/user/a@b/"


class Server:
    """A notebook server in temporary folders, as a context manager.

    Parameters
    ----------
    folder
        Folder of the notebooks; by default a temporary one.
    base_url
        URL prefix, with both slashes.
    token
        Access token; by default a new random one.
    settings
        Configuration by class and trait, ``{"KernelManager": {"shutdown_wait_time": 1}}``. The
        class ``"App"`` stands for the host's application, whatever its name.
    args
        More command-line arguments.
    env
        More environment variables; a value of None removes the variable.
    timeout
        Seconds until the server must answer.

    Attributes
    ----------
    host
        ``"notebook6"`` or ``"nbclassic"``.
    folder
        Folder of the notebooks.
    process
        The server's process.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        base_url: str = AWKWARD_BASE_URL,
        token: str | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        args: Sequence[str] = (),
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> None:
        self.host = installed_host()
        self.base_url = base_url
        self.token = token if token is not None else secrets.token_hex(16)
        self.timeout = timeout
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._args = list(args)
        self._env = dict(env or {})
        self._settings = dict(settings or {})
        self._root = Path(tempfile.mkdtemp(prefix="pybridge-server-")).resolve()
        self.folder = Path(folder).resolve() if folder else self._root / "notebooks"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data_dir = self._root / "data"
        self._log = self._root / "server.log"

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # -- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process and wait until its HTTP API answers.

        Raises
        ------
        RuntimeError
            When the process ends or does not answer in time; the message ends with its log.
        """
        try:
            config = host_configuration(
                self.folder, self.base_url, self.token, free_port(), self._settings
            )
            write_configuration(self._root, config)
            with self._log.open("wb") as log:
                # A session of its own: Ctrl-C in the terminal must reach us, not the server.
                self.process = subprocess.Popen(
                    [*host_command(), *self._args],
                    cwd=self.folder,
                    env=host_environment(self._root, self._env),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            wait_until(self._answers, self.timeout, "the notebook server answers", interval=0.1)
        except BaseException as error:
            tail = self.log_tail()
            self.stop()
            if isinstance(error, (TimeoutError, OSError, RuntimeError)):
                raise RuntimeError(f"{error}; the end of its log:\n{tail}") from error
            raise

    def stop(self) -> None:
        """End the kernels and the server, and remove the temporary folders."""
        if self.process is not None and self.process.poll() is None:
            family = psutil.Process(self.process.pid).children(recursive=True)
            try:
                for kernel in self.kernels():
                    self.shutdown_kernel(kernel["id"])
                self.api("POST", "api/shutdown")
                self.process.wait(10)
            except (OSError, RuntimeError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait(10)
            for process in family:
                # It may be ending by itself.
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(family, timeout=5)
        self.process = None
        shutil.rmtree(self._root, ignore_errors=True)

    def restart(self) -> None:
        """Kill the process and start another; the kernels end, the folders stay."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        for info in self._infos():
            info.unlink()
        self.start()

    def wait(self) -> None:
        """Block until the process ends by itself."""
        if self.process is not None:
            self.process.wait()

    @property
    def log(self) -> str:
        """All the server and its kernels have printed so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.splitlines()[-lines:])

    # -- addresses and the HTTP API -------------------------------------------------------------

    def url(self, path: str = "", *, token: bool = True) -> str:
        """Address of a path below the base URL, with the token unless told otherwise."""
        query = "?" + urlencode({"token": self.token}) if token and self.token else ""
        return f"http://127.0.0.1:{self.port}{self.base_url}{quote(path, safe='/@')}{query}"

    def notebook_url(self, path: str) -> str:
        """Address of the classic notebook page of a file."""
        return self.url(f"{classic_prefix()}notebooks/{path}")

    def add_kernel(self, name: str, script: Path) -> dict[str, str]:
        """Let notebooks run a kernel that is a script.

        Returns
        -------
        The ``kernelspec`` of a notebook's metadata.
        """
        folder = self.data_dir / "kernels" / name
        folder.mkdir(parents=True)
        kernelspec = {"display_name": name.title(), "language": name}
        argv = [sys.executable, str(script), "-f", "{connection_file}"]
        (folder / "kernel.json").write_text(json.dumps({"argv": argv, **kernelspec}))
        return {"name": name, **kernelspec}

    def tree_url(self) -> str:
        """Address of the classic list of files."""
        return self.url(f"{classic_prefix()}tree")

    def api(self, method: str, path: str, body: Any = None, timeout: float = 30) -> Any:
        """Call the HTTP API.

        Returns
        -------
        The decoded JSON of the answer, None when it is empty.

        Raises
        ------
        RuntimeError
            When the server answers with an error status.
        OSError
            When there is no answer.
        """
        request = urllib.request.Request(
            self.url(path, token=False),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        try:
            # No proxy of the environment lies between this process and its own child.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=timeout) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")[:500]
            raise RuntimeError(f"{method} {path}: {error.code} {reason}") from error
        return json.loads(content) if content else None

    # -- kernels --------------------------------------------------------------------------------

    def kernels(self) -> list[dict[str, Any]]:
        """The models of the running kernels (``id``, ``name``, ``execution_state`` ...)."""
        models: list[dict[str, Any]] = self.api("GET", "api/kernels")
        return models

    def kernel_pid(self, kernel_id: str) -> int:
        """Process id of a running kernel.

        Raises
        ------
        LookupError
            When no process below the server's belongs to that kernel.
        """
        assert self.process is not None
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                command = process.cmdline()
            except psutil.Error:
                continue
            # The server names a kernel's connection file after its id.
            if any(kernel_id in argument for argument in command):
                return process.pid
        raise LookupError(f"no process of kernel {kernel_id}")

    def restart_kernel(self, kernel_id: str) -> None:
        """Restart a kernel behind the page's back."""
        self.api("POST", f"api/kernels/{kernel_id}/restart")

    def interrupt_kernel(self, kernel_id: str) -> None:
        """Interrupt a kernel behind the page's back."""
        self.api("POST", f"api/kernels/{kernel_id}/interrupt")

    def shutdown_kernel(self, kernel_id: str) -> None:
        """Shut a kernel down, for good."""
        self.api("DELETE", f"api/kernels/{kernel_id}")

    def kill_kernel(self, kernel_id: str) -> None:
        """Kill a kernel's process with SIGKILL; the server starts it anew within seconds."""
        psutil.Process(self.kernel_pid(kernel_id)).kill()

    # -- internals ------------------------------------------------------------------------------

    def _infos(self) -> list[Path]:
        return list((self._root / "runtime").glob("*server-*.json"))

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the notebook server ended with status {self.process.returncode}")
        # Asked for a port that was taken meanwhile, the server takes another and writes it here.
        infos = self._infos()
        if not infos:
            return False
        try:
            self.port = json.loads(infos[0].read_text())["port"]
            self.kernels()
        except (OSError, ValueError, RuntimeError):
            return False
        return True
