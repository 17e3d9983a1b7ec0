"""Packaging of pybridge.

``nbext/`` and ``templates/`` lie beside the package, not in it. The wheel carries them as
``pybridge/nbext`` and ``pybridge/templates``, where ``pybridge._assets`` finds them, and the
browser's files once more below ``share/jupyter``, where the notebook server looks: installing the
wheel installs the extension, and the file below ``etc/jupyter`` enables it.
"""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

# What ships from the folders outside the package. Anything else in them is for developers.
ASSETS = {
    "nbext": ("*.js", "pybridge.d.ts", "*.css", "*.yaml"),
    "templates": ("*.html", "nbconvert/*/*"),
}

# Intel's igzip writes PNGs five times as fast as zlib. There are wheels for these; elsewhere zlib
# does it.
ISAL = (
    "isal>=1.7; platform_python_implementation == 'CPython' and python_version < '3.15' and"
    " (platform_machine == 'x86_64' or platform_machine == 'AMD64' or platform_machine == 'aarch64'"
    " or (platform_machine == 'arm64' and sys_platform == 'darwin'))"
)

# JPEGs for slow connections, twice as fast as by Pillow.
FAST_REQUIRES = ["simplejpeg>=1.7.1"]

# Frames drawn on a cluster; processes of this machine need neither.
PARALLEL_REQUIRES = ["ipyparallel>=8.6"]
DASK_REQUIRES = ["distributed>=2024.1"]

# The player saves MP4 through it; it brings an ffmpeg of its own.
EXPORT_REQUIRES = ["imageio-ffmpeg>=0.5"]

TEST_REQUIRES = [
    *DASK_REQUIRES,
    *EXPORT_REQUIRES,
    *FAST_REQUIRES,
    *PARALLEL_REQUIRES,
    "build>=1.2.1",
    "hypothesis>=6.115",
    "ipywidgets>=8",
    "jupyter-kernel-test>=0.7",
    "nbclient>=0.10",
    "nbformat>=5.10",
    "pandas>=2.2",
    "polars>=1.3",
    "pytest>=8.2",
    "pytest-timeout>=2.3.1",
    "pyyaml>=6",
    "selenium>=4.20",
    "setuptools>=77.0.1",
]


def version() -> str:
    """Read the version without importing the package, whose dependencies may not be there yet."""
    namespace: dict[str, object] = {}
    exec((HERE / "pybridge" / "_version.py").read_text("utf-8"), namespace)
    return str(namespace["__version__"])


def assets(folder: str) -> list[str]:
    """List the files of `folder` that ship, relative to here."""
    return sorted(
        path.relative_to(HERE).as_posix()
        for pattern in ASSETS[folder]
        for path in (HERE / folder).glob(pattern)
    )


# One file for the size of each of the notebook's icons, and the way to start the kernel.
KERNELSPEC = [
    f"pybridge/plotkernel/kernelspec/{name}"
    for name in ("kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg")
]

setup(
    name="pybridge-nbext",
    version=version(),
    description="JavaScript in a classic Jupyter notebook calls Python in the kernel, and back",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    author="pybridge contributors",
    license="BSD-3-Clause",
    license_files=["LICENSE"],
    keywords=["jupyter", "notebook", "nbextension", "javascript", "matplotlib", "animation"],
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Framework :: Jupyter",
        "Framework :: Matplotlib",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Programming Language :: JavaScript",
        "Programming Language :: Python :: 3",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    install_requires=[
        "asteval>=1.0",
        "cloudpickle>=3",
        "comm>=0.1.3",
        "contourpy>=1.1",
        "ipykernel>=6.25",
        ISAL,
        "jinja2>=3.1",
        "latex2mathml>=3.77",
        "matplotlib>=3.8",
        "numpy>=1.24",
        "packaging>=24.2",
        "pillow>=10",
        "tqdm>=4.60",
        "traitlets>=5.9",
    ],
    entry_points={
        "nbconvert.exporters": ["pybridge = pybridge.nbconvert.exporter:PybridgeExporter"]
    },
    extras_require={
        "dask": DASK_REQUIRES,
        "export": EXPORT_REQUIRES,
        "fast": FAST_REQUIRES,
        "parallel": PARALLEL_REQUIRES,
        "test": TEST_REQUIRES,
    },
    packages=[
        *find_packages(include=["pybridge", "pybridge.*"]),
        *(f"pybridge.{folder}" for folder in ASSETS),
    ],
    package_dir={f"pybridge.{folder}": folder for folder in ASSETS},
    package_data={
        "pybridge": ["py.typed"],
        "pybridge.plotkernel": ["kernelspec/*"],
        **{f"pybridge.{folder}": list(patterns) for folder, patterns in ASSETS.items()},
    },
    include_package_data=False,
    data_files=[
        ("share/jupyter/nbextensions/pybridge", assets("nbext")),
        ("etc/jupyter/nbconfig/notebook.d", ["nbext/pybridge.json"]),
        ("share/jupyter/kernels/plot", KERNELSPEC),
        *(
            (f"etc/jupyter/{folder}", [f"pybridge/server/{folder}/pybridge.json"])
            for folder in ("jupyter_server_config.d", "jupyter_notebook_config.d")
        ),
    ],
    zip_safe=False,
)
