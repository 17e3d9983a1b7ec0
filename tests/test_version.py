"""What the browser's half and the kernel's half both know is the same on both sides."""

import json
import re
import subprocess

import pytest

from pybridge import (
    __version__,
    codec,
    dispatch,
    errors,
    operations,
    page,
    pages,
    reporting,
    uploads,
)
from pybridge._assets import asset_folder
from pybridge._version import PROTOCOL

from .node import Node, find_node


def source(name):
    return (asset_folder("nbext") / name).read_text("utf-8")


def constant(name, file="dispatch.js"):
    """Give what the browser's file sets a constant to."""
    return re.search(rf"const {name} = ([^;]+);", source(file)).group(1)


def test_versions_are_equal():
    assert f"VERSION: '{__version__}', PROTOCOL: {PROTOCOL} }}" in source("version.js")


def test_messages_have_the_same_types():
    assert constant("MIME") == f"'{dispatch.MIME}'"
    assert constant("CANCEL_REQUEST") == f"'{dispatch.CANCEL_REQUEST}'"
    assert constant("PAGE", "references.js") == f"'{page.PAGE}'"
    assert constant("PAGE_REQUEST", "references.js") == f"'{pages.PAGE_REQUEST}'"
    assert f"subscribe('{reporting.PROGRESS}'" in source("progress.js")
    assert f"reply.kind === '{reporting.PROGRESS}'" in source("dispatch.js")


def test_a_page_is_heard_of_often_within_its_lease():
    pulse = int(constant("PULSE", "references.js").replace("_", "")) / 1000
    assert pulse <= pages.LEASE / 5


def test_limits_are_equal():
    assert eval(constant("LARGEST", "pieces.js")) == uploads.MAX_UPLOAD
    assert int(constant("MAX_DEPTH", "codec.js")) == codec.MAX_DEPTH
    assert eval(constant("MAX_BYTES", "codec.js")) == codec.MAX_BYTES
    assert int(constant("INLINE")) == dispatch._INLINE


def test_a_piece_of_an_upload_is_well_below_what_a_server_takes():
    assert eval(constant("PIECE", "pieces.js")) <= 8 * 2**20


def test_operations_are_the_same():
    asked = "".join(source(name) for name in ("bridge.js", "dispatch.js"))
    calls = re.findall(r"(?:this\.ask|request)\(\s*'([\w.]+)'", asked)
    proxies = "".join(source(name) for name in ("proxy.js", "buffers.js"))
    calls += [f"proxy.{name}" for name in re.findall(r"\.ask\('(\w+)'", proxies)]
    assert {*calls, *re.findall(r"op: '([\w.]+)'", asked)} == set(operations._OPERATIONS)


def test_codes_of_errors_are_declared():
    declared = set(re.findall(r"\| '([a-z-]+)'", source("pybridge.d.ts")))
    classes = [getattr(errors, name) for name in errors.__all__]
    own = {cls.code for cls in classes if issubclass(cls, errors.BridgeError)}
    assert own - {errors.BridgeError.code} <= declared


def test_both_codecs_know_the_same_dtypes():
    names = source("codec.js").split("const ARRAYS = {")[1].split("};")[0]
    assert {*re.findall(r"(\w+): \w+Array", names), "float16"} == codec.DTYPES


def test_the_page_executes_one_call_with_one_literal():
    with Node("requests.mjs") as node:
        code = node.ask({"op": "run", "fields": {"code": "1"}})["code"]
    prefix = 'await __import__("pybridge").dispatch('
    assert code.startswith(prefix) and code.endswith(")")
    request = json.loads(json.loads(code[len(prefix) : -1]))
    assert request | {"id": "x"} == {
        "op": "run",
        "id": "x",
        "protocol": PROTOCOL,
        "version": __version__,
        "code": "1",
    }


@pytest.mark.skipif(find_node() is None, reason="needs node")
def test_node_is_new_enough():
    version = subprocess.check_output([find_node(), "--version"], text=True)
    assert int(version.lstrip("v").split(".")[0]) >= 20
