"""Headless Chromium, driven by Selenium."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# What the classic notebook itself logs: it asks for ipywidgets' extension, installed or not. Of
# ipywidgets: what its page says when a second window asks for the widgets' state. Of ipyparallel:
# its tab in the list of files asks for a server extension that is not enabled.
HOST_NOISE = (
    "/nbextensions/widgets/notebook/js/extension.js",
    "Comm promise not found",
    "/ipyparallel/clusters",
)

FLAGS = (
    "--headless=new",
    # Chromium's own sandbox does not start as root, nor in most containers.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Two windows of one test must both keep their timers and animation frames.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


def find_program(*names: str) -> str:
    """Path of the first of `names` on the PATH.

    Raises
    ------
    RuntimeError
        When there is none.
    """
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise RuntimeError(
        f"none of {', '.join(names)} is on the PATH; see `make chromium` and `make firefox`"
    )


class Chromium(webdriver.Chrome):
    """A headless Chromium with a new, empty profile. Use it as a context manager, or `quit` it.

    Parameters
    ----------
    size
        Width and height of a window, in CSS pixels.
    scale
        Device pixels a CSS pixel; Chromium's own choice by default.

    Attributes
    ----------
    console
        Every console entry read so far, over all windows: dicts with ``level``, ``message``,
        ``source`` and ``timestamp`` (ms).

    Raises
    ------
    RuntimeError
        When the browser or its driver is not on the PATH.
    """

    def __init__(self, *, size: tuple[int, int] = (1280, 900), scale: float | None = None) -> None:
        self.console: list[dict[str, Any]] = []
        options = Options()
        options.binary_location = find_program(*BROWSERS)
        # A service with a path keeps Selenium from downloading a driver.
        service = Service(find_program("chromedriver"))
        self._profile = tempfile.mkdtemp(prefix="pybridge-chromium-")
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={self._profile}")
        options.add_argument(f"--window-size={size[0]},{size[1]}")
        if scale is not None:
            options.add_argument(f"--force-device-scale-factor={scale}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        try:
            super().__init__(options=options, service=service)
        except BaseException:
            shutil.rmtree(self._profile, ignore_errors=True)
            raise

    def quit(self) -> None:
        """End the browser and remove its profile."""
        try:
            super().quit()
        finally:
            shutil.rmtree(self._profile, ignore_errors=True)

    def read_console(self) -> list[dict[str, Any]]:
        """The console entries since the last call, of all windows; also kept in `console`."""
        entries: list[dict[str, Any]] = self.get_log("browser")
        self.console.extend(entries)
        return entries

    def begin_pages_with(self, source: str) -> None:
        """Have a script run in each page of the current window, before its own."""
        self.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})

    def emulate_media(self, *, dark: bool = False, reduced_motion: bool = False) -> None:
        """Make the current window prefer dark colours, or less motion."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {
                "name": "prefers-reduced-motion",
                "value": "reduce" if reduced_motion else "no-preference",
            },
        ]
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def emulate_screen(self, width: int, height: int, scale: float = 1) -> None:
        """Give the current window's page a size in CSS pixels and a device scale factor."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def restore_screen(self) -> None:
        """End what `emulate_screen` has begun in the current window."""
        self.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def errors(entries: Iterable[dict[str, Any]], ignore: Iterable[str] = ()) -> list[str]:
    """Messages of the severe entries, without the host's own and those holding an `ignore` text."""
    ignored = (*HOST_NOISE, *ignore)
    return [
        entry["message"]
        for entry in entries
        if entry["level"] == "SEVERE" and not any(text in entry["message"] for text in ignored)
    ]
