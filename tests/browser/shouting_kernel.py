"""A wrapper kernel of ten lines on the bridge, with something for a page to call."""

from typing import ClassVar

from ipykernel.kernelapp import IPKernelApp

import pybridge
from pybridge.kernel import BridgeKernel


class Shouting(BridgeKernel):
    implementation = language = banner = "shouting"
    implementation_version = "1"
    language_info: ClassVar = {"name": "shouting", "file_extension": ".txt"}

    def do_execute(self, code, *_, **__):
        pybridge.register(code.upper, "again")
        text = {"name": "stdout", "text": code.upper()}
        self.send_response(self.iopub_socket, "stream", text)
        return {"status": "ok", "execution_count": self.execution_count}


if __name__ == "__main__":
    import shouting_things  # noqa: F401 - they register themselves

    IPKernelApp.launch_instance(kernel_class=Shouting)
