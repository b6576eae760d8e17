"""The first cell of a lesson."""

import os

import matplotlib.pyplot as plt
import pytest

from helpers import start


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 sha_ni\n", True),
        ("model name : x\nflags : fpu amx_tile amx_bf16\nbugs : none\n", True),
        ("flags\t\t: fpu avx512f avx2\n", False),
        ("flags\t\t: fpu avx512_bf16x\nmodel name : avx512_bf16\n", False),
        ("Features\t: fp asimd bf16\n", False),
        ("", False),
    ],
)
def test_bfloat16_only_where_the_processor_names_it(tmp_path, lines, expected):
    (tmp_path / "cpuinfo").write_text(lines)
    assert start.bfloat16_products(tmp_path / "cpuinfo") is expected
    assert start.bfloat16_products(tmp_path / "nothing") is False
    assert start.bfloat16_products(tmp_path) is False


@pytest.mark.parametrize(("found", "asked", "mode"), [(True, True, "BF16"), (False, True, None), (True, False, None)])
def test_products_in_bfloat16_only_where_asked_for_and_found(found, asked, mode, monkeypatch, capsys):
    # Set and taken away again, so that the end of the test takes away what the lesson sets.
    monkeypatch.setenv("ONEDNN_DEFAULT_FPMATH_MODE", "")
    monkeypatch.delenv("ONEDNN_DEFAULT_FPMATH_MODE")
    monkeypatch.setattr(start, "bfloat16_products", lambda: found)
    with plt.rc_context():
        start.lesson(bfloat16=asked)
    assert os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE") == mode
    assert capsys.readouterr().out.count("bfloat16") == asked
