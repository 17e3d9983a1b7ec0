"""The Plot kernel keeps to Jupyter's messaging, by the conformance suite for kernels."""

import jupyter_kernel_test
import nbclient
import nbconvert
import nbformat
from jupyter_kernel_test.msgspec_v5 import validate_message


class TestPlotKernel(jupyter_kernel_test.KernelTests):
    kernel_name = "plot"
    language_name = "plot"
    file_extension = ".plot"
    code_execute_result = (
        {"code": "6 * 7", "result": "42"},
        {"code": "2^10", "result": "1024"},
        {"code": "sqrt(2) * 2 / sqrt(2)", "result": "2"},
        {"code": "2 + 2", "result": "4"},
    )
    code_display_data = (
        {"code": "y = x**2", "mime": "image/png"},
        {"code": "y = x**2", "mime": "image/svg+xml"},
        {"code": "y = x**2", "mime": "text/html"},
    )
    completion_samples = (
        {"text": "y = si", "matches": {"sign", "sin", "sinc", "sinh"}},
        {"text": "y = cos(ta", "matches": {"tan", "tanh", "tau"}},
    )
    complete_code_samples = ("y = x**2", "f(x) = sin(x)", "2 + 3", "# only a comment")
    incomplete_code_samples = ("y = (x", "y =")
    invalid_code_samples = ("y = )x",)
    code_page_something = "sin?"
    code_generate_error = "y = nothing(x)"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "2^1*"
    code_inspect_sample = "sin"

    def execute_helper(self, code, timeout=60, **options):
        # The suite's own gives what is published a tenth of a second to come.
        published = []
        reply = self.kc.execute_interactive(
            code, timeout=timeout, output_hook=published.append, allow_stdin=False, **options
        )
        validate_message(reply, "execute_reply")
        for message in published:
            validate_message(message, message["msg_type"], reply["parent_header"]["msg_id"])
        kinds = [message["msg_type"] for message in published]
        assert kinds[:2] == ["status", "execute_input"] and kinds[-1] == "status"
        assert published[0]["content"]["execution_state"] == "busy"
        assert published[-1]["content"]["execution_state"] == "idle"
        assert published[1]["content"]["code"] == code
        return reply, published[2:-1]


def test_without_a_page_there_is_the_picture():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("y = sin(x)")],
        metadata={"kernelspec": {"name": "plot", "display_name": "Plot", "language": "plot"}},
    )
    nbclient.execute(notebook)
    _, display = notebook.cells[0].outputs
    assert display["output_type"] == "display_data"
    assert {"image/png", "image/svg+xml", "text/html", "text/plain"} == set(display["data"])
    html, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert 'alt="y = sin(x)"' in html
    markdown, resources = nbconvert.MarkdownExporter().from_notebook_node(notebook)
    assert "![" in markdown or "<img" in markdown
    assert resources["outputs"] or "data:image/png" in markdown
