"""Side-by-side measurements of the bridge in a real notebook: ``python -m benchmarks``.

Each figure is a ratio of two ways to do the same thing, sampled alternately on one server, in one
browser and one kernel: the bridge, and what the notebook itself offers (the *bare* way). Absolute
times depend on the machine; the ratios hardly do.
"""
