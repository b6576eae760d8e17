"""What an untouched cell of an exercise shows, in a shell as notebooks have one."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from helpers import stubs


@pytest.fixture
def told(monkeypatch, tmp_path):
    """told(source): what a cell shows of its error, as one text; the shell is told.shell."""
    no_history = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell(ipython_dir=str(tmp_path), config=no_history)
    shown = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, error, lines: shown.append("\n".join(lines)))

    def run(source):
        shown.clear()
        assert not shell.run_cell(source).success
        (text,) = shown
        return text

    run.shell = shell
    stubs.explain(shell)
    return run


def test_the_line_that_is_handed_out_shows_a_sentence_and_no_traceback(told):
    assert told("predicted = None\nraise NotImplementedError  # Replace this line by your code.") == stubs.NOT_YET


@pytest.mark.parametrize(
    "source",
    [
        "raise NotImplementedError('no gradient for this layer')",
        "def stub():\n    raise NotImplementedError\nstub()",
        "import numbers\nnumbers.Complex.conjugate(None)",
        "1 / 0",
    ],
)
def test_every_other_error_keeps_its_traceback(told, source):
    assert "Traceback" in told(source)


def test_who_handles_errors_already_goes_on(told):
    shown = told.shell._showtraceback
    told.shell.set_custom_exc(
        (Exception,), lambda shell, kind, error, *_, tb_offset=None: shown(kind, error, ["theirs"])
    )
    stubs.explain(told.shell)
    assert told("raise NotImplementedError") == "theirs"
