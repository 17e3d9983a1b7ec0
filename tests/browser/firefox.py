"""Headless Firefox, driven by Selenium, with what `Chromium` has as far as the tests need it."""

from __future__ import annotations

from typing import Any

from selenium import webdriver
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service

from .chromium import find_program

BROWSERS = ("firefox", "firefox-esr")

# As in Chromium, a window that is not in front keeps its pace.
PREFERENCES = {
    "dom.min_background_timeout_value": 4,
    "dom.min_background_timeout_value_without_budget_throttling": 4,
    "dom.timeout.enable_budget_timer_throttling": False,
    "layout.throttled_frame_rate": 60,
    "widget.windows.window_occlusion_tracking.enabled": False,
}


class Firefox(webdriver.Firefox):
    """A headless Firefox with a new, empty profile. Use it as a context manager, or `quit` it.

    Parameters
    ----------
    size
        Width and height of a window, in CSS pixels.

    Attributes
    ----------
    console
        As of `Chromium`.

    Raises
    ------
    RuntimeError
        When the browser or its driver is not on the PATH.
    """

    def __init__(self, *, size: tuple[int, int] = (1280, 900)) -> None:
        self.console: list[dict[str, Any]] = []
        self._unread: list[dict[str, Any]] = []
        self._first: set[str] = set()
        options = Options()
        options.binary_location = find_program(*BROWSERS)
        options.enable_bidi = True
        options.add_argument("-headless")
        options.add_argument(f"--width={size[0]}")
        options.add_argument(f"--height={size[1]}")
        for name, value in PREFERENCES.items():
            options.set_preference(name, value)
        super().__init__(options=options, service=Service(find_program("geckodriver")))
        self.script.add_console_message_handler(self._hear)
        self.script.add_javascript_error_handler(self._hear)

    def _hear(self, entry: Any) -> None:
        level = "SEVERE" if entry.level == "error" else entry.level.upper()
        said = {"message": entry.text, "source": entry.type_, "timestamp": entry.timestamp}
        self._unread.append({"level": level, **said})

    def read_console(self) -> list[dict[str, Any]]:
        """As of `Chromium`."""
        entries, self._unread = self._unread, []
        self.console.extend(entries)
        return entries

    def begin_pages_with(self, source: str) -> None:
        """As of `Chromium`, in all windows."""
        if source not in self._first:
            self._first.add(source)
            self.script.pin(f"() => {{ {source} }}")

    def emulate_screen(self, width: int, height: int, scale: float = 1) -> None:
        """As of `Chromium`."""
        self.browsing_context.set_viewport(
            context=self.current_window_handle,
            viewport={"width": width, "height": height},
            device_pixel_ratio=scale,
        )

    def restore_screen(self) -> None:
        """As of `Chromium`."""
        self.browsing_context.set_viewport(
            context=self.current_window_handle, viewport=None, device_pixel_ratio=None
        )
