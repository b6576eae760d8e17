"""Small models of lesson 05's pattern, in every way that a student may write them, and with parts replaced."""

import keras
from keras import layers


def sequence(**changes):
    """The layers of a small model of the pattern by name; ``changes`` replace one, or leave it out (None)."""
    parts = {
        "input": keras.Input((32, 32, 3)),
        "conv1": layers.Conv2D(4, 3, activation="relu"),
        "conv2": layers.Conv2D(4, 3, activation="relu"),
        "pool1": layers.MaxPooling2D(2),
        "conv3": layers.Conv2D(6, 3, activation="relu"),
        "conv4": layers.Conv2D(6, 3, activation="relu"),
        "pool2": layers.MaxPooling2D(2),
        "flatten": layers.Flatten(),
        "dense": layers.Dense(12, activation="relu"),
        "classes": layers.Dense(10, activation="softmax"),
    }
    assert changes.keys() <= parts.keys()
    stack = []
    for part in (parts | changes).values():
        stack += part if isinstance(part, list) else [] if part is None else [part]
    return stack


def sequential(**changes):
    return keras.Sequential(sequence(**changes))


def functional(**changes):
    first, *others = sequence(**changes)
    x = first
    for layer in others:
        x = layer(x)
    return keras.Model(first, x)


def compiled(model, loss):
    model.compile("adam", loss=loss)
    return model


def nested():
    stack = sequence()
    features = keras.Sequential([keras.Input((32, 32, 3)), *stack[1:7]])
    return keras.Sequential([keras.Input((32, 32, 3)), features, keras.Sequential(stack[7:])])


def built_late():
    model = keras.Sequential(sequence(input=None))
    model.build((None, 32, 32, 3))
    return model


def softmax_as_an_operation():
    model = functional(classes=layers.Dense(10))
    return keras.Model(model.input, keras.ops.softmax(model.output))


def used_twice(build=None):
    """The same layer at two positions: it stands in the pattern twice, and in ``model.layers`` once or twice."""
    drop, pool, conv = layers.Dropout(0.5), layers.MaxPooling2D(2), layers.Conv2D(4, 3, activation="relu")
    return (build or functional)(conv2=conv, pool1=[pool, drop], conv3=conv, conv4=conv, pool2=[pool, drop])


def of_operations():
    first = keras.Input((32, 32, 3))
    x = first / 255
    for filters in (4, 6):
        x = keras.activations.relu(layers.Conv2D(filters, 3)(x))
        x = keras.ops.relu(layers.Conv2D(filters, 3)(x))
        x = layers.MaxPooling2D(2)(x)
    x = keras.ops.reshape(x, (-1, 5 * 5 * 6))
    x = keras.ops.gelu(layers.Dense(9)(x))
    return keras.Model(first, keras.ops.softmax(layers.Dense(10)(x)))


def conv(strides=1, filters=4):
    return layers.Conv2D(filters, 3, strides=strides, activation="relu")
