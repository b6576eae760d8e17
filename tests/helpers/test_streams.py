"""Random numbers follow from a stream's name, the seed and the epoch."""

import numpy as np
import pytest

from helpers import streams


def test_the_numbers_of_the_streams_never_change():
    """A changed number changes what a stored training drew, so that it could not be trained again."""
    assert streams.NUMBERS == {"flip": 1, "crop": 2, "order": 3, "zoom": 4, "noise": 5}
    assert len(set(streams.NUMBERS.values())) == len(streams.NUMBERS)


def first_numbers(*key):
    return streams.generator(*key).random(8).tolist()


def test_every_stream_seed_and_epoch_draws_numbers_of_its_own():
    keys = [(name, seed, *epoch) for name in streams.NUMBERS for seed in (0, 1) for epoch in ((), (0,), (1,), (2,))]
    # A generator without an epoch may equal that of epoch 0: the words of a key are padded with zeros.
    drawn = [tuple(first_numbers(*key)) for key in keys if key[2:] != ()]
    assert len(set(drawn)) == len(drawn)
    assert [first_numbers(*key) for key in keys] == [first_numbers(*key) for key in keys]


@pytest.mark.parametrize("epoch", [(), (4,)])
def test_a_stream_is_numpy_s_generator_of_seed_number_and_epoch(epoch):
    for name, number in streams.NUMBERS.items():
        assert first_numbers(name, 7, *epoch) == np.random.default_rng((7, number, *epoch)).random(8).tolist()


def test_an_unknown_stream_is_refused():
    with pytest.raises(KeyError, match="shift"):
        streams.generator("shift", 0)


@pytest.mark.parametrize("images", [1, 7, 100])
def test_without_a_batch_size_every_image_comes_once_from_the_oldest_stream(images):
    order = streams.order(images, seed=3, epoch=2)
    np.testing.assert_array_equal(np.sort(order), np.arange(images))
    np.testing.assert_array_equal(order, np.random.default_rng((3, 2)).permutation(images))


@pytest.mark.parametrize(("images", "batch_size", "kept"), [(100, 30, 90), (90, 30, 90), (29, 30, 0), (7, 1, 7)])
def test_with_a_batch_size_there_are_whole_batches_only(images, batch_size, kept):
    order = streams.order(images, 3, 2, batch_size)
    assert len(order) == len(set(order.tolist())) == kept
    assert set(order.tolist()) <= set(range(images))
    np.testing.assert_array_equal(order, np.random.default_rng((3, 3, 2)).permutation(images)[:kept])


@pytest.mark.parametrize("batch_size", [None, 30])
def test_another_epoch_or_seed_has_another_order(batch_size):
    orders = [streams.order(100, seed, epoch, batch_size).tolist() for seed, epoch in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert len({tuple(order) for order in orders}) == 4
    left_out = [set(range(100)) - set(order) for order in orders]
    assert (left_out[0] == left_out[1]) == (batch_size is None), "other images wait in each epoch"
