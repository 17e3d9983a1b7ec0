"""Running JavaScript in the page, with its exceptions as Python exceptions."""

from __future__ import annotations

from typing import Any

from selenium.common.exceptions import JavascriptException, TimeoutException
from selenium.webdriver.remote.webdriver import WebDriver

DESCRIBE = """
const describe = (error, depth = 0) => {
    if (error === null || (typeof error !== "object" && typeof error !== "function")) {
        return {name: "thrown", message: String(error), fields: {}};
    }
    const fields = {};
    for (const key of new Set([...Object.getOwnPropertyNames(error), "code", "type"])) {
        if (["name", "message", "stack", "cause"].includes(key)) continue;
        try {
            const json = JSON.stringify(error[key]);
            if (json !== undefined) fields[key] = JSON.parse(json);
        } catch (unserializable) {
            fields[key] = String(error[key]);
        }
    }
    return {
        name: String(error.name), message: String(error.message), stack: String(error.stack),
        fields, cause: error.cause && depth < 5 ? describe(error.cause, depth + 1) : null,
    };
};
"""

# WebDriver turns what JSON cannot hold into `{}` or null without a word.
HAND_OVER = """
const handOver = (value, path = "the value", above = []) => {
    const refuse = what => { throw new TypeError(`${path} is ${what}, which JSON cannot hold`); };
    if (["bigint", "function", "symbol"].includes(typeof value)) refuse(`a ${typeof value}`);
    if (typeof value === "number" && !Number.isFinite(value)) refuse(String(value));
    if (value === null || typeof value !== "object" || value instanceof Node) return value;
    if (above.includes(value)) refuse("part of itself");
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const list = ["Array", "NodeList", "HTMLCollection"].includes(tag)
        || (ArrayBuffer.isView(value) && tag !== "DataView");
    if (!list && tag !== "Object") refuse(`a ${tag}`);
    for (const [key, item] of list ? Array.from(value).entries() : Object.entries(value)) {
        handOver(item, list ? `${path}[${key}]` : `${path}.${key}`, [...above, value]);
    }
    return value;
};
"""

# The body is compiled in the page, so that what is wrong with it is caught as its exceptions are,
# and by the window's own compiler, since Firefox runs what the driver sends beside the page.
SYNC = (
    DESCRIBE
    + HAND_OVER
    + """
const [body, ...given] = arguments;
try {
    return {value: handOver(new window.Function(body).apply(window, given))};
} catch (error) {
    return {error: describe(error)};
}
"""
)

ASYNC = (
    DESCRIBE
    + HAND_OVER
    + """
const [body, limit, ...given] = arguments, done = given.pop();
const AsyncFunction = window.eval('(async () => {})').constructor;
const timer = setTimeout(() => done({timeout: true}), limit);
(async () => ({value: handOver(await new AsyncFunction(body).apply(window, given))}))()
    .catch(error => ({error: describe(error)}))
    .then(answer => {
        clearTimeout(timer);
        done(answer);
    });
"""
)


class JavaScriptError(Exception):
    """JavaScript threw.

    Attributes
    ----------
    name, message, stack : str
        Those of the JavaScript error; ``name`` is ``"thrown"`` when a bare value was thrown.
    fields : dict
        Its other properties that JSON can hold.
    code, type : Any
        The fields of that name, None where the error has none.
    cause : JavaScriptError or None
        The error's ``cause``.
    """

    def __init__(self, description: dict[str, Any]) -> None:
        self.name: str = description["name"]
        self.message: str = description["message"]
        self.stack: str = description.get("stack") or ""
        self.fields: dict[str, Any] = description.get("fields") or {}
        self.code = self.fields.get("code")
        self.type = self.fields.get("type")
        cause = description.get("cause")
        self.cause = JavaScriptError(cause) if cause else None
        super().__init__(f"{self.name}: {self.message}\n{self.stack}".rstrip())


def run_sync(driver: WebDriver, body: str, *args: Any) -> Any:
    """Run the body of a function in the current window.

    Parameters
    ----------
    body
        It finds `args` in ``arguments`` and returns a value JSON can hold, an element, or lists
        and objects of these.

    Raises
    ------
    JavaScriptError
        When it throws, is no JavaScript, or returns what JSON cannot hold.
    """
    try:
        return _value(driver.execute_script(SYNC, body, *args))
    except JavascriptException as error:
        raise _interrupted(error) from error


def run_async(driver: WebDriver, body: str, *args: Any, timeout: float = 30) -> Any:
    """Run the body of an async function in the current window and wait for its value.

    Raises
    ------
    JavaScriptError
        When it throws, is no JavaScript, or returns what JSON cannot hold.
    TimeoutError
        When it does not settle within `timeout` seconds.
    """
    # The page's timer speaks first; the driver's is for a page that is blocked.
    driver.set_script_timeout(timeout + 5)
    try:
        answer = driver.execute_async_script(ASYNC, body, round(timeout * 1000), *args)
    except TimeoutException as error:
        raise TimeoutError(f"the page was blocked for {timeout + 5:g} s in\n{body}") from error
    except JavascriptException as error:
        raise _interrupted(error) from error
    if answer.get("timeout"):
        raise TimeoutError(f"not settled after {timeout:g} s:\n{body}")
    return _value(answer)


def _interrupted(error: JavascriptException) -> JavaScriptError:
    # What the body throws comes back as a value; this is the page going away under it.
    return JavaScriptError({"name": "JavascriptException", "message": error.msg or ""})


def _value(answer: dict[str, Any]) -> Any:
    if answer.get("error"):
        raise JavaScriptError(answer["error"])
    return answer.get("value")
