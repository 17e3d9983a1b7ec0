"""``python -m pybridge.plotkernel``: run the kernel, or install or remove its kernelspec."""

from __future__ import annotations

import sys

from .install import main as install

if __name__ == "__main__":
    if sys.argv[1:2] in (["install"], ["remove"]):
        sys.exit(install(sys.argv[1:]))
    from ipykernel.kernelapp import IPKernelApp

    from .kernel import PlotKernel

    IPKernelApp.launch_instance(kernel_class=PlotKernel)
