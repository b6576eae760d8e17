"""Small models for the tests of helpers/explain: every way to end in classes, and ones to work out by hand."""

import keras
import numpy as np
from keras import layers


def images(n=3, side=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), np.uint8)


def sequential(side=8):
    """Two convolutions, the second one with padding, and a softmax in the last layer."""
    return keras.Sequential(
        [
            layers.Input((side, side, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="second"),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(6, activation="relu", name="hidden"),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


def functional(side=8):
    """A branch, and the softmax as a layer of its own."""
    given = keras.Input((side, side, 3))
    first = layers.Conv2D(4, 3, padding="same", name="first")(layers.Rescaling(1 / 255)(given))
    left = layers.Activation("relu", name="rectified")(first)
    right = layers.Conv2D(4, 1, activation="tanh", name="second")(first)
    merged = layers.Add(name="sum")([left, right])
    classes = layers.Dense(3, name="classes")(layers.GlobalAveragePooling2D()(merged))
    return keras.Model(given, layers.Softmax(name="probabilities")(classes))


def logits_out(side=8):
    """No softmax at all, and layers that another model was built from first."""
    parts = [layers.Conv2D(4, 3, activation="elu", name="first"), layers.Flatten(), layers.Dense(3, name="classes")]
    keras.Sequential([layers.Input((side, side, 3)), *parts])
    return keras.Sequential([layers.Input((side, side, 3)), layers.Rescaling(1 / 255), *parts])


BUILDERS = [sequential, functional, logits_out]


def with_random_weights(model, seed=0, scale=0.5):
    """Weights that are neither small nor centred, biases and the statistics of normalisation included."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        layer.set_weights([scale * generator.uniform(-1, 1, w.shape) for w in layer.get_weights()])
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return model


def linear(side=6, classes=2, seed=0):
    """Logits that are a weighted sum of the numbers of the image, and the weights (side, side, 3, classes)."""
    model = keras.Sequential([layers.Input((side, side, 3)), layers.Flatten(), layers.Dense(classes)])
    weights = np.random.default_rng(seed).normal(size=(side, side, 3, classes)).astype(np.float32) / 100
    model.layers[-1].set_weights([weights.reshape(-1, classes), np.arange(classes, dtype=np.float32)])
    return model, weights


def one_filter(side=9, bias=0.0, activation="relu"):
    """One 3×3 filter of random weights on images from 0 to 255, and its kernel."""
    model = keras.Sequential(
        [layers.Input((side, side, 3)), layers.Conv2D(1, 3, activation=activation, name="filter"), layers.Flatten()]
    )
    generator = np.random.default_rng(4)
    kernel = (generator.uniform(0.4, 1, (3, 3, 3, 1)) * generator.choice([-1, 1], (3, 3, 3, 1))).astype(np.float32)
    model.layers[0].set_weights([kernel, np.array([bias], np.float32)])
    return model, kernel[..., 0]


def softmax(values):
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def before_activation(model, name):
    """A layer's values before its activation, by a copy of the model in which that layer has none."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.get_layer(name).activation = keras.activations.linear
    return keras.Model(copy.inputs[0], copy.get_layer(name).output)
