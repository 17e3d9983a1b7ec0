"""The animation player in a cell's output, as a person uses it."""

from __future__ import annotations

import base64
import io
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from tests.browser.cell import Cell
from tests.browser.notebook import Notebook

RECORD = """
const seen = [];
window.recordings ??= new Map();
window.recordings.set(root, seen);
new MutationObserver(() => {
    const frame = Number(root.dataset.frame);
    if (seen.at(-1)?.[1] !== frame) seen.push([performance.now(), frame]);
}).observe(root, {attributes: true, attributeFilter: ["data-frame"]});
"""


class Player:
    """One view of an animation.

    Parameters
    ----------
    notebook
        The page it is on.
    element
        The player's outermost element.
    """

    def __init__(self, notebook: Notebook, element: WebElement) -> None:
        self.notebook = notebook
        self.element = element

    @classmethod
    def of(cls, cell: Cell, *, drawn: bool = True) -> Player:
        """The player in a cell's output.

        Parameters
        ----------
        drawn
            Wait until it has drawn a frame.
        """
        player = cls(cell.notebook, cell.find(".pybridge-player"))
        player.scroll_here()
        if drawn:
            player.wait(lambda: player.shown > 0, "the player has drawn a frame")
        return player

    def js(self, body: str, *args: Any) -> Any:
        """`Notebook.js` with the player's element as ``root``; `args` begin at ``arguments[1]``."""
        return self.notebook.js("const root = arguments[0];" + body, self.element, *args)

    def wait(self, condition: Any, what: str, timeout: float = 15) -> Any:
        """Wait until a callable is truthy, and give its value."""
        return self.notebook.wait_for(condition, timeout, what)

    def find(self, css: str) -> WebElement:
        """The first element in the player that matches."""
        self.notebook.focus()
        return self.element.find_element(By.CSS_SELECTOR, css)

    def scroll_here(self) -> None:
        """Bring the player into the middle of the window."""
        self.js("root.scrollIntoView({block: 'center'});")

    # -- what a person does -----------------------------------------------------------------------

    def click(self, action: str) -> None:
        """Click the button of an action, such as ``"play"``."""
        self.find(f"[data-action={action}]").click()

    def focus(self) -> None:
        """Click on the picture, so that keys go to the player."""
        self.find(".pybridge-picture").click()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        ActionChains(self.notebook.focus()).send_keys(*keys).perform()

    def choose(self, label: str, option: str) -> None:
        """Choose an option, by its text, of the list with this label."""
        Select(self.find(f"select[aria-label='{label}']")).select_by_visible_text(option)

    def type_rate(self, text: str) -> None:
        """Type into the field for frames per second, and press Enter."""
        field = self.find(".pybridge-rate")
        field.click()
        field.send_keys(Keys.CONTROL + "a")
        field.send_keys(text + Keys.ENTER)

    def drag(self, *places: float, css: str = ".pybridge-slider") -> None:
        """Drag a slider's thumb from one place to the next, each from 0 (left) to 1."""
        slider = self.find(css)
        width = slider.size["width"]
        chain = ActionChains(self.notebook.driver, duration=20)
        offsets = [round((place - 0.5) * (width - 16)) for place in places]
        chain.move_to_element_with_offset(slider, offsets[0], 0).click_and_hold()
        for before, after in pairwise(offsets):
            chain.move_by_offset(after - before, 0)
        chain.release().perform()

    def open_menu(self) -> WebElement:
        """Open the menu that saves."""
        self.find(".pybridge-save summary").click()
        menu = self.find(".pybridge-menu")
        self.wait(menu.is_displayed, "the menu is open")
        return menu

    def save_as(self, file_format: str) -> None:
        """Open the menu that saves, and choose a format."""
        self.open_menu()
        self.find(f"[data-format={file_format}]").click()

    # -- what a person sees -----------------------------------------------------------------------

    @property
    def place(self) -> str:
        """The line that says where the view is: ``3 / 19 · 0.6 s``."""
        text: str = self.js("return root.querySelector('.pybridge-place').value;")
        return text.replace("\u2007", "")

    @property
    def frame(self) -> int:
        """The frame that the line beside the buttons names."""
        return int(self.place.split("/")[0])

    @property
    def drawn(self) -> int:
        """The frame on the canvas."""
        return self.number("frame")

    @property
    def shown(self) -> int:
        """How many frames were drawn so far; 0 while it is no player yet."""
        return int(self.js("return root.dataset.shown ?? 0;"))

    @property
    def calls(self) -> int:
        """How often frames were asked for so far."""
        return self.number("calls")

    @property
    def direction(self) -> int:
        """1 while it plays, -1 while it plays backwards, 0 while it rests."""
        return self.number("playing")

    @property
    def slider(self) -> tuple[int, int]:
        """Where the slider is, and its end."""
        value, end = self.js(
            "const {value, max} = root.querySelector('.pybridge-slider');"
            "return [Number(value), Number(max)];"
        )
        return value, end

    def number(self, name: str) -> int:
        """A number that the player keeps among its element's data."""
        return int(self.js("return root.dataset[arguments[1]];", name))

    def value(self, css: str) -> str:
        """The value of a control."""
        value: str = self.js("return root.querySelector(arguments[1]).value;", css)
        return value

    @property
    def note(self) -> str:
        """What the player says in words; empty while it says nothing, or is no player yet."""
        self.notebook.focus()
        notes = self.element.find_elements(By.CSS_SELECTOR, ".pybridge-note")
        return notes[0].text if notes else ""

    @property
    def trace(self) -> str:
        """The traceback that the player shows; empty while it shows none."""
        return self.find(".pybridge-trace").text

    def pixels(self) -> NDArray[np.uint8]:
        """The canvas' pixels, of shape (height, width, 4)."""
        url: str = self.js("return root.querySelector('canvas').toDataURL();")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))

    def at(self, index: int) -> None:
        """Wait until a frame is on the canvas and the controls say so."""
        self.wait(
            lambda: self.drawn == self.frame == index == self.slider[0],
            f"frame {index} is shown",
        )

    def settled(self) -> int:
        """Wait until the view has all it asks for; give the number of requests so far."""
        settle = """
            const [root] = arguments;
            const isIdle = () => !pybridge.debug.inFlight && !pybridge.debug.queued;
            for (let calls = NaN; calls !== root.dataset.calls || !isIdle(); ) {
                calls = root.dataset.calls;
                await new Promise(resolve => setTimeout(resolve, 300));
            }
            return Number(root.dataset.calls);
        """
        return int(self.notebook.js_async(settle, self.element))

    def record(self) -> None:
        """Begin to write down which frames are drawn, and when."""
        self.js(RECORD)

    @property
    def recorded(self) -> list[tuple[float, int]]:
        """The frames drawn since `record`, each with the page's time in ms."""
        return [(when, frame) for when, frame in self.js("return recordings.get(root);")]
