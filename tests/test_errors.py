"""The tree of errors, and the names that the package exports."""

import importlib
import inspect
import pkgutil
import re

import pytest

import pybridge
from pybridge import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]
# What JavaScript threw is nobody's fault in the bridge, and has no code.
OWN = [cls for cls in CLASSES if cls is not errors.JsError]

MADE = {
    "BridgeError": errors.BridgeError("m"),
    "NoHandleError": errors.NoHandleError("sim"),
    "NotExportedError": errors.NotExportedError("sim", "run", ["step"]),
    "BadArgumentError": errors.BadArgumentError("m", "$.name"),
    "NotSerializableError": errors.NotSerializableError("$.a", "a Thing", "no way"),
    "TooLargeError": errors.TooLargeError("m", 2, 1),
    "VersionMismatchError": errors.VersionMismatchError("2", "1", page_is_older=False),
    "DestroyedError": errors.DestroyedError("m"),
    "NoPageError": errors.NoPageError("m"),
    "NotPythonError": errors.NotPythonError("m"),
    "WrongLaneError": errors.WrongLaneError("m"),
    "AnswerTimeoutError": errors.AnswerTimeoutError("m"),
    "JsError": errors.JsError("RangeError", "m", "at x.js:1"),
    "CancelledError": errors.CancelledError("m"),
    "InterruptedError": errors.InterruptedError("m"),
}


def public_modules():
    names = [module.name for module in pkgutil.iter_modules(pybridge.__path__)]
    return [f"pybridge.{name}" for name in names if not name.startswith("_")]


def constants_and_classes_first(name):
    """Sort as ruff does."""
    return (not name.isupper(), not name[0].isupper(), name)


@pytest.mark.parametrize("name", ["pybridge", *public_modules()])
def test_exported_names_are_sorted_and_there(name):
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert list(exported) == sorted(exported, key=constants_and_classes_first)
    assert all(hasattr(module, exported_name) for exported_name in exported)


def test_every_error_is_exported_and_has_one_root():
    defined = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert defined == set(errors.__all__)
    assert all(issubclass(cls, errors.BridgeError) for cls in OWN)


def test_the_package_exports_all_that_a_notebook_needs():
    assert {"Animation", "BridgeError", "export", "get", "handles", "register", "release"} <= set(
        pybridge.__all__
    )
    with pytest.raises(AttributeError, match="nothing"):
        _ = pybridge.nothing


def test_codes_are_unique():
    codes = [cls.code for cls in OWN]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_tree_in_the_docstring_has_every_error_with_its_code_and_data(cls):
    line = next(
        line for line in errors.__doc__.splitlines() if re.search(rf"[ ^]{cls.__name__}\b", line)
    )
    error = MADE[cls.__name__]
    if cls in OWN and cls is not errors.BridgeError:
        assert f" {cls.code}" in line
    for attribute in re.findall(r"\.(\w+)", line):
        assert hasattr(error, attribute)


def test_messages_say_what_to_do():
    assert "pybridge.register(..., 'sim')" in str(MADE["NoHandleError"])
    assert "exports step" in str(MADE["NotExportedError"])
    assert "exports nothing" in str(errors.NotExportedError("sim", "run", []))
    assert "not callable" in str(errors.NotExportedError("sim", None, ["step"]))
    assert str(MADE["NotSerializableError"]) == "cannot send a Thing at $.a: no way"
    assert "pip install" in str(MADE["VersionMismatchError"])
    assert str(MADE["JsError"]) == "RangeError: m"
    assert str(errors.JsError("Stop", "")) == "Stop"


def test_errors_are_also_what_python_would_raise():
    assert isinstance(MADE["NoHandleError"], LookupError)
    assert isinstance(MADE["NotExportedError"], AttributeError)
    assert isinstance(MADE["BadArgumentError"], ValueError)
    assert isinstance(MADE["NotSerializableError"], TypeError)
    assert isinstance(MADE["DestroyedError"], ReferenceError)
    assert isinstance(MADE["NoPageError"], RuntimeError)
    assert isinstance(MADE["AnswerTimeoutError"], TimeoutError)
