"""A graphing calculator as a Jupyter kernel: cells hold lines such as ``y = sin(2x)``, and show them.

`Session` reads cells and `Plot` draws them; neither knows anything of Jupyter.
"""
