"""What a record says of where its numbers come from."""

import importlib.metadata

import keras

from tools.provenance import machine, provenance


def test_a_record_says_where_its_numbers_come_from():
    said = provenance("keras", "numpy")
    assert said == {
        "machine": machine(),
        "versions": {"keras": keras.__version__, "numpy": importlib.metadata.version("numpy")},
    }
    assert "cores" in said["machine"]
    assert provenance()["versions"] == {}
