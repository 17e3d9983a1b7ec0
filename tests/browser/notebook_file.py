"""Notebook files: written for a test, signed so that the server trusts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.sign import NotebookNotary

KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def write_notebook(
    path: Path,
    cells: Sequence[str | nbformat.NotebookNode] = (),
    *,
    outputs: Mapping[int, Sequence[Mapping[str, Any]]] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> nbformat.NotebookNode:
    """Write a notebook.

    Parameters
    ----------
    path
        File to write.
    cells
        Sources of code cells, or whole cells made by `nbformat.v4`.
    outputs
        Saved outputs by cell index, in nbformat 4, `nbformat.v4.new_output("stream", text="hi")`.
    metadata
        Notebook metadata, merged over a Python 3 kernel's.

    Returns
    -------
    The notebook.
    """
    nodes = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    for index, saved in (outputs or {}).items():
        nodes[index].outputs = [nbformat.from_dict(dict(output)) for output in saved]
        nodes[index].execution_count = 1
    notebook = nbformat.v4.new_notebook(
        cells=nodes, metadata={"kernelspec": KERNELSPEC, **(metadata or {})}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return notebook


def sign_notebook(path: Path, data_dir: Path) -> None:
    """Sign a notebook for the server whose Jupyter data folder is `data_dir`.

    The page of a trusted notebook keeps the scripts in its saved outputs and runs them on load.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    notary = NotebookNotary(data_dir=str(data_dir))
    try:
        notary.sign(nbformat.read(path, as_version=4))
    finally:
        notary.store.close()
