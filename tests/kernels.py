"""A kernel of its own for tests of what happens in one, with other variables and another folder."""

from pathlib import Path

import nbclient
from nbformat import v4

from tools.lessons import find
from tools.lessons.kernels import OwnKernel

# The first cell where the project is not installed: on Colab, or in a notebook that came by e-mail.
WITHOUT_PROJECT = """
import sys
from pathlib import Path
type(get_ipython()).__str__ = lambda shell: "<google.colab._shell.Shell object at 0x7f00>"
sys.path[:] = [path for path in sys.path if not Path(path, "helpers").exists()]
"""


def outputs(folder: Path, *sources: str, **variables: str) -> list[tuple[str, str]]:
    """What these cells leave, in a kernel that runs in a folder: pairs of kind and text.

    The kind is stdout, stderr, the name of an exception or the last MIME type.
    """
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=120,
        coalesce_streams=True,
        kernel_name="python3",
        kernel_manager_class=OwnKernel,
        extra_arguments=["--log-level=ERROR"],
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute(env=find.variables(**variables))
    found = []
    for output in (output for cell in notebook.cells for output in cell.outputs):
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append((output.ename, output.evalue))
        else:
            found.append(
                (max(output.data, key=lambda mime: mime.startswith("image/")), output.data.get("text/plain", ""))
            )
    return found
