"""The examples of docs/proxies.md, run from its top to its end."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

from .notebook import Notebook

DOCS = Path(__file__).parents[2] / "docs" / "proxies.md"

BLOCK = re.compile(r"^ *```(python|js)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
# `expression;  // value, and what it means`
SAID = re.compile(r"(?P<expression>(?!const |for )\S.*?);\s*// (?P<said>.*)")
CONNECT = "const py = await pybridge.connect();\n"


def with_checks(code: str) -> str:
    """Code that gives ``[[expression, value], ...]`` of the lines whose comment says a value."""
    lines = []
    for line in code.replace(CONNECT, "").splitlines():
        match = SAID.fullmatch(line)
        if match and said(match["said"]) is not None:
            lines.append(f"results.push([{json.dumps(line)}, {match['expression']}]);")
        else:
            lines.append(line)
    return "\n".join([CONNECT, "const results = [];", *lines, "return results;"])


def said(comment: str) -> object:
    """The value that a comment begins with, None if it is only words."""
    try:
        return json.JSONDecoder().raw_decode(comment)[0]
    except json.JSONDecodeError:
        return None


def test_the_examples_do_what_their_comments_say(notebook: Notebook) -> None:
    checked = 0
    for language, block in BLOCK.findall(DOCS.read_text(encoding="utf-8")):
        code = textwrap.dedent(block)
        if language == "python":
            notebook.run(code)
            continue
        for line, value in notebook.js_async(with_checks(code)):
            match = SAID.fullmatch(line)
            assert match and value == said(match["said"]), line
            checked += 1
    assert checked > 8
    assert notebook.py("return py.runPython('clicks')") == ["click"]
    assert not notebook.console_errors()
