"""Named streams of random numbers: what a training draws follows from its seed, the epoch and the stream's name alone.

So a training that was killed and goes on sees the same images in the same order, and one kind of augmentation can be
switched on without changing what another one draws.
"""

import numpy as np

# The numbers are part of every stored training: never change one, never use one twice.
NUMBERS = {"flip": 1, "crop": 2, "order": 3, "zoom": 4, "noise": 5}


def generator(stream: str, seed: int, *epoch: int) -> np.random.Generator:
    """The generator of a stream, for one epoch where there is one. Raises KeyError for a name that is not there."""
    return np.random.default_rng((seed, NUMBERS[stream], *epoch))


def order(images: int, seed: int, epoch: int, batch_size: int | None = None) -> np.ndarray:
    """Indices of the images of one epoch, in the order in which they are shown.

    With a ``batch_size``, whole batches only (recipes with ``equal_batches``). All images at once are drawn from the
    oldest stream, (seed, epoch), which has no number: the stored trainings of the tutorials' models come from it.
    """
    if batch_size is None:
        return np.random.default_rng((seed, epoch)).permutation(images)
    return generator("order", seed, epoch).permutation(images)[: images // batch_size * batch_size]
