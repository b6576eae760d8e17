"""Booleans as text and back."""

import numpy as np
import pytest

from helpers.records import bits


@pytest.mark.parametrize("count", [1, 7, 8, 9, 1000])
def test_what_was_packed_comes_back(count):
    right = np.random.default_rng(count).random(count) < 0.6
    text = bits.pack(right)
    assert text.isascii()
    assert np.array_equal(bits.unpack(text, count), right)


def test_too_many_are_refused_and_damage_is_told():
    with pytest.raises(ValueError, match="9 booleans are wanted; this text holds 8"):
        bits.unpack(bits.pack(np.ones(8, bool)), 9)
    with pytest.raises(ValueError, match="ASCII"):
        bits.unpack("ü§", 1)
