"""Notebooks as pages of their own: ``jupyter nbconvert --to pybridge notebook.ipynb``.

This runs in nbconvert's process, not in a kernel. What it has to know of a notebook's players and
models it asks their kernel, before that ends.
"""
