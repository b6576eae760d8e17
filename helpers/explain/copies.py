"""Copies of a model: for images of another size, or with random weights."""

from typing import Any

import keras
import numpy as np

from helpers.explain.layers import ends, layer_calls


def at_size(model: keras.Model, size: tuple[int, int]) -> keras.Model:
    """A copy of the part of the model whose outputs are maps, for images of another size (rows, columns).

    A convolution slides over an image of any size with the same weights. The copy ends with the last layer whose
    output is a map: flattening fixes the size, and a mean over all positions leaves none.
    """
    maps = [call.outputs[0] for call in layer_calls(model).values() if len(call.outputs[0].shape) == 4]
    if not maps:
        raise ValueError(f"{model.name!r} has no layer whose output is a map: there is nothing to slide.")
    given = ends(model)[0]
    part = keras.Model(given, maps[-1], name=model.name)
    copy = keras.models.clone_model(part, keras.Input((*size, given.shape[-1])))
    copy.set_weights(part.get_weights())
    return copy


def random_weights(model: keras.Model, seed: int = 0) -> keras.Model:
    """The same architecture with freshly drawn weights: a map that does not change with them explains nothing.

    The sanity check of Adebayo et al. 2018, arXiv:1810.03292. The copy shares nothing with the model.
    """
    ends(model)
    generator = np.random.default_rng(seed)

    def reseeded(config: Any) -> Any:
        if not isinstance(config, dict):
            return config
        seeds = {key: int(generator.integers(2**31)) for key in config if key == "seed"}
        return {key: reseeded(value) for key, value in config.items()} | seeds

    # Through the settings of the layers, so that the seeds of TensorFlow and NumPy stay as they are.
    return keras.models.clone_model(model, clone_function=lambda old: type(old).from_config(reseeded(old.get_config())))
