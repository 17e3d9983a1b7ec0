"""A graphing calculator as a Jupyter kernel: it draws lines such as ``y = sin(2x)``.

`Session` reads cells and `Plot` draws them; neither knows anything of Jupyter. `kernel` and
`service` do: the one answers a notebook, the other the page.
"""
