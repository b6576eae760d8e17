"""Softmax and cross-entropy as lesson 03 teaches them, from logits and without overflow."""

import numpy as np


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities: logits (..., classes) -> (..., classes), finite for finite logits.

    log softmax(z) = z - max(z) - log(sum(exp(z - max(z)))); Goodfellow, Bengio and Courville, Deep Learning, 4.1.
    """
    logits = np.asarray(logits, dtype=float)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis: logits (..., classes) -> (..., classes), each row adding up to 1."""
    return np.exp(log_softmax(logits))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log p(label) in natural logarithms: logits (images, classes), integer labels (images,)."""
    labels = np.asarray(labels)
    return float(-log_softmax(logits)[np.arange(len(labels)), labels].mean())
