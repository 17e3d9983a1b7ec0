"""What the wheel and the sdist hold, and what installing them does to the notebook servers."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

import pybridge
from pybridge import _assets

ROOT = Path(__file__).resolve().parent.parent
USERS_TYPES = "pybridge.d.ts"  # the other declarations are for tsc

if not (ROOT / "setup.py").exists():
    pytest.skip("needs a checkout", allow_module_level=True)


def nbextension_commands():
    """Modules behind ``jupyter nbclassic-extension`` and notebook 6's ``jupyter nbextension``."""
    commands = ["nbclassic.nbextensions"]
    if int(importlib.metadata.version("notebook").split(".")[0]) < 7:
        commands.append("notebook.nbextensions")
    return commands


def nbextension(module, *arguments):
    """Give Python the arguments that do what the command does."""
    return ["-c", f"from {module} import main; main()", *arguments]


def shipped(folder, *suffixes):
    """Names of the files of a top-level folder that a user gets."""
    return {
        path.name
        for path in (ROOT / folder).iterdir()
        if path.suffix in suffixes or path.name == USERS_TYPES
    }


def run(*command, **options):
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def assert_enabled_and_valid(listed):
    """Check the answer of ``jupyter nbextension list``."""
    plain = re.sub(r"\x1b\[\d*m", "", listed)
    assert re.search(r"pybridge/main\s+enabled", plain), plain
    # Of each extension that is enabled; the command writes the two to different streams.
    assert plain.count("Validating: OK") == plain.count("enabled"), plain


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Return a copy of the checkout, with things lying around that must not ship."""
    copy = tmp_path_factory.mktemp("checkout") / "pybridge"
    ignored = shutil.ignore_patterns(
        ".*", "build", "dist", "*.egg-info", "node_modules", "__pycache__"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    for stray in (
        ".envs/notebook6/lib/stray.js",
        "build/demo/stray.png",
        "nbext/node_modules/stray/stray.js",
        "pybridge/__pycache__/stray.pyc",
        "templates/stray.html~",
        "tests/js/node_modules/stray/stray.js",
    ):
        (copy / stray).parent.mkdir(parents=True, exist_ok=True)
        (copy / stray).write_text("stray")
    return copy


def build(source, kind, out):
    # Without isolation nothing is downloaded: setuptools comes with the test requirements.
    run(sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", out, source)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(checkout, tmp_path_factory):
    return build(checkout, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    return build(checkout, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_from_sdist(sdist, tmp_path_factory):
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        # The filter came with 3.10.12 and 3.11.4.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(unpacked, **safely)
    (source,) = unpacked.iterdir()
    return build(source, "wheel", tmp_path_factory.mktemp("wheel-from-sdist"))


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


# What switches the page's extension on, and the server's for each kind of server.
ENABLING = {
    "nbconfig/notebook.d/pybridge.json": {"load_extensions": {"pybridge/main": True}},
    "jupyter_server_config.d/pybridge.json": {
        "ServerApp": {"jpserver_extensions": {"pybridge.server": True}}
    },
    "jupyter_notebook_config.d/pybridge.json": {
        "NotebookApp": {"nbserver_extensions": {"pybridge.server": True}}
    },
}

EXPORTED = ("conf.json", "index.html.j2")
KERNELSPEC = ("kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg")


def test_the_wheel_holds_the_package_with_its_assets_and_the_files_of_the_server(wheel):
    data = f"pybridge_nbext-{pybridge.__version__}.data/data"
    browser = shipped("nbext", ".js", ".css", ".yaml")
    assert {"main.js", "pybridge.yaml"} <= browser
    python = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "pybridge").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert names_in(wheel) == {
        *python,
        "pybridge/py.typed",
        *(f"pybridge/nbext/{name}" for name in browser),
        *(f"pybridge/templates/{name}" for name in shipped("templates", ".html")),
        *(f"pybridge/templates/nbconvert/pybridge/{name}" for name in EXPORTED),
        *(f"{data}/share/jupyter/nbextensions/pybridge/{name}" for name in browser),
        *(f"{data}/etc/jupyter/{name}" for name in ENABLING),
        *(f"pybridge/plotkernel/kernelspec/{name}" for name in KERNELSPEC),
        *(f"{data}/share/jupyter/kernels/plot/{name}" for name in KERNELSPEC),
    }


@pytest.mark.parametrize("name", sorted(ENABLING))
def test_the_wheel_enables_the_extensions(wheel, name):
    data = f"pybridge_nbext-{pybridge.__version__}.data/data"
    with zipfile.ZipFile(wheel) as archive:
        assert json.loads(archive.read(f"{data}/etc/jupyter/{name}")) == ENABLING[name]


def test_the_wheel_asks_for_no_server(wheel):
    # A kernel's environment may have none.
    (metadata,) = importlib.metadata.distributions(path=[str(wheel)])
    required = [need for need in metadata.requires if "extra" not in need]
    assert {need.split(">=")[0] for need in required} == {
        "asteval",
        "cloudpickle",
        "comm",
        "contourpy",
        "ipykernel",
        "isal",
        "jinja2",
        "latex2mathml",
        "matplotlib",
        "numpy",
        "packaging",
        "pillow",
        "tqdm",
        "traitlets",
    }


def test_a_wheel_built_from_the_sdist_is_the_same(wheel, wheel_from_sdist):
    assert names_in(wheel_from_sdist) == names_in(wheel)


def test_the_sdist_holds_the_sources_and_nothing_else(sdist):
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert {"setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE", "README.md"} <= names
    assert {f"nbext/{name}" for name in os.listdir(ROOT / "nbext") if "." in name} <= names
    folders = {name.split("/")[0] for name in names if "/" in name}
    assert folders == {"nbext", "pybridge", "pybridge_nbext.egg-info", "templates"}
    assert not [name for name in names if "stray" in name]


class Environment:
    """A virtual environment that has what the running one has, except pybridge."""

    def __init__(self, folder):
        venv.create(folder, with_pip=False, symlinks=True)
        self.folder = folder
        self.python = folder / "bin" / "python"
        borrowed = folder / "borrowed"
        borrowed.mkdir()
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            if "pybridge" not in path.name and path.suffix != ".pth":
                (borrowed / path.name).symlink_to(path)
        # Debian's own scheme is another one; Python 3.10 does not have that of environments.
        scheme = "venv" if "venv" in sysconfig.get_scheme_names() else "posix_prefix"
        site_packages = sysconfig.get_path("purelib", scheme, {"base": str(folder)})
        (Path(site_packages) / "borrowed.pth").write_text(f"{borrowed}\n")
        self.env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "PYTHON"))
        }
        self.env.update(HOME=str(folder / "home"), JUPYTER_PREFER_ENV_PATH="1")

    def run(self, *arguments):
        # Python looks in the working directory first, and the checkout holds a pybridge.
        return run(self.python, *arguments, env=self.env, cwd=self.folder)

    def pip_install(self, *arguments):
        self.run("-m", "pip", "install", "--no-deps", "--no-build-isolation", "-q", *arguments)


@pytest.fixture
def environment(tmp_path):
    return Environment(tmp_path / "environment")


def assert_served(environment):
    for command in nbextension_commands():
        assert_enabled_and_valid(environment.run(*nbextension(command, "list")))
    served = environment.folder / "share/jupyter/nbextensions/pybridge"
    assert shipped("nbext", ".js", ".yaml") <= set(os.listdir(served))


@pytest.mark.parametrize("built", ["wheel", "wheel_from_sdist"])
def test_installing_a_wheel_installs_and_enables_the_extension(built, environment, request):
    environment.pip_install(request.getfixturevalue(built))
    assert_served(environment)


@pytest.mark.parametrize("command", nbextension_commands())
@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
def test_the_extension_can_be_installed_and_enabled_by_hand(
    command, editable, environment, checkout, wheel
):
    environment.pip_install(*(["--editable", checkout] if editable else [wheel]))
    # Nothing but the commands may have put anything in place.
    for place in ("share/jupyter/nbextensions", "etc/jupyter/nbconfig"):
        shutil.rmtree(environment.folder / place, ignore_errors=True)

    found = environment.run(
        "-c", "from pybridge import _assets as a; print(a.asset_folder('nbext'))"
    )
    expected = checkout if editable else environment.folder
    assert Path(found.strip()).is_relative_to(expected)

    environment.run(*nbextension(command, "install", "--py", "pybridge", "--sys-prefix"))
    environment.run(*nbextension(command, "enable", "--py", "pybridge", "--sys-prefix"))
    assert_served(environment)


@pytest.mark.parametrize("command", nbextension_commands())
def test_the_running_environment_serves_the_extension(command):
    assert_enabled_and_valid(run(sys.executable, *nbextension(command, "list")))


def test_the_tests_meet_the_installed_package():
    assert Path(pybridge.__file__).is_relative_to(sys.prefix)


def test_the_paths_for_jupyter_exist():
    (path,) = pybridge._jupyter_nbextension_paths()
    assert path["section"] == "notebook"
    assert path["dest"] == "pybridge"
    assert path["require"] == "pybridge/main"
    assert (Path(path["src"]) / "main.js").is_file()


def test_a_missing_asset_folder_is_named_with_the_places_searched():
    with pytest.raises(FileNotFoundError, match=r"'no-such-folder'.*install pybridge-nbext again"):
        _assets.asset_folder("no-such-folder")


def test_the_configurator_can_list_the_extension():
    # The rules of jupyter_nbextensions_configurator 0.6, which skips what breaks them.
    listed = yaml.safe_load((ROOT / "nbext" / "pybridge.yaml").read_text("utf-8"))
    assert listed["Type"] == "Jupyter Notebook Extension"
    assert listed["Section"] == "notebook"
    assert (ROOT / "nbext" / listed["Main"]).is_file()
    assert {"Name", "Description", "Compatibility"} <= listed.keys()
