"""Ten thousand times right or wrong in one line of a record: for intervals that compare networks image by image."""

import base64

import numpy as np


def pack(right: np.ndarray) -> str:
    """Booleans (n,) as text, eight in a byte and six bits in a letter."""
    return base64.b64encode(np.packbits(right)).decode("ascii")


def unpack(text: str, count: int) -> np.ndarray:
    """The first ``count`` booleans of a text that ``pack`` made. Raises ValueError when it holds fewer."""
    bits = np.unpackbits(np.frombuffer(base64.b64decode(text, validate=True), np.uint8)).astype(bool)
    if count > len(bits):
        raise ValueError(f"{count} booleans are wanted; this text holds {len(bits)}.")
    return bits[:count]
