"""The kernelspec is installed and removed by a command of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KERNEL = (sys.executable, "-m", "pybridge.plotkernel")


@pytest.fixture
def run(tmp_path):
    """Run a command that knows the kernels below a folder, and those of nobody else."""
    data = tmp_path / "share" / "jupyter"
    places = {"JUPYTER_PATH": str(data), "JUPYTER_DATA_DIR": str(tmp_path / "user")}
    # Else the first kernel found, to be removed for one, would be the environment's own.
    environment = {**os.environ, **places, "JUPYTER_PREFER_ENV_PATH": "0", "JUPYTER_NO_CONFIG": "1"}

    def run(*command):
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def specs(run):
    listed = run(sys.executable, "-m", "jupyter", "kernelspec", "list", "--json")
    return json.loads(listed.stdout)["kernelspecs"]


def test_the_package_brings_the_kernel(run):
    assert specs(run)["plot"]["spec"]["display_name"] == "Plot"


def test_it_is_installed_below_a_prefix_and_started_by_this_python(run, tmp_path):
    done = run(*KERNEL, "install", "--prefix", str(tmp_path))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "share" / "jupyter" / "kernels" / "plot"
    assert str(folder) in done.stdout
    names = {"kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"}
    assert {path.name for path in folder.iterdir()} == names
    found = specs(run)["plot"]
    assert Path(found["resource_dir"]) == folder
    assert found["spec"]["argv"][0] == sys.executable


def test_it_is_installed_for_a_user_and_removed(run, tmp_path):
    assert run(*KERNEL, "install", "--user").returncode == 0
    folder = tmp_path / "user" / "kernels" / "plot"
    assert (folder / "kernel.json").exists()
    done = run(*KERNEL, "remove")
    assert done.returncode == 0, done.stderr
    assert not folder.exists()


def test_a_mistake_on_the_command_line_is_told(run):
    done = run(*KERNEL, "install", "--user", "--sys-prefix")
    assert done.returncode == 2
    assert "not allowed with" in done.stderr
