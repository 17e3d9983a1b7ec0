"""Tiny wheels to install."""

import zipfile

TINY = "pybridge-test-tiny"
MODULE = "pybridge_test_tiny"


def make_wheel(folder, version, requires=()):
    """Write a wheel of a module that knows its version."""
    info = f"{MODULE}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {TINY}", f"Version: {version}"]
    files = {
        f"{MODULE}.py": f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join([*lines, *(f"Requires-Dist: {name}" for name in requires)]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{MODULE}-{version}-py3-none-any.whl", "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
