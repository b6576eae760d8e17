"""Answers to the exercises of lesson 13, written from their cards."""

import keras
import numpy as np
from keras import layers


def head_functional(network, classes):
    for layer in network.layers:
        layer.trainable = False
    return keras.Model(network.inputs, layers.Dense(classes)(network.layers[-2].output))


def head_in_a_chain(network, classes):
    model = keras.Sequential([keras.Input(network.input_shape[1:]), *network.layers[:-1]])
    for layer in model.layers:
        layer.trainable = False
    model.add(layers.Dense(classes, activation="softmax"))
    return model


def head_of_a_copy(network, classes):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return head_functional(copy, classes)


def head_with_softmax_behind(network, classes):
    features = keras.Model(network.inputs[0], network.layers[-2].output)
    features.trainable = False
    return keras.Sequential([features, layers.Dense(classes), layers.Softmax()])


def nothing_frozen(network, classes):
    return keras.Model(network.inputs, layers.Dense(classes)(network.layers[-2].output))


def all_frozen(network, classes):
    model = nothing_frozen(network, classes)
    model.trainable = False
    return model


def behind_the_old_head(network, classes):
    network.trainable = False
    return keras.Sequential([network, layers.Dense(classes)])


def untrained(network, classes):
    return head_functional(keras.models.clone_model(network), classes)


def last_frozen_only(network, classes):
    network.layers[-2].trainable = False
    return nothing_frozen(network, classes)


def two_new_layers(network, classes):
    for layer in network.layers:
        layer.trainable = False
    return keras.Model(network.inputs, layers.Dense(classes)(layers.Dense(16)(network.layers[-2].output)))


def first_not_frozen(network, classes):
    model = head_functional(network, classes)
    next(layer for layer in model.layers if layer.weights).trainable = True
    return model


def drawn_by_choice(labels, count, generator):
    classes = np.unique(labels)
    return np.concatenate([generator.choice(np.where(labels == one)[0], count, replace=False) for one in classes])


def drawn_as_list(labels, count, generator):
    taken = []
    for one in sorted(set(labels.tolist())):
        taken.extend(generator.permutation(np.flatnonzero(labels == one))[:count].tolist())
    return taken


def drawn_in_order(labels, count, generator):
    return np.sort(drawn_by_choice(labels, count, generator))


def drawn_by_walking(labels, count, generator):
    left = {int(one): count for one in labels}
    taken = []
    for index in generator.permutation(len(labels)):
        if left[int(labels[index])]:
            left[int(labels[index])] -= 1
            taken.append(int(index))
    return taken


def first_ones(labels, count, generator):
    return np.concatenate([np.flatnonzero(labels == one)[:count] for one in np.unique(labels)])


def with_replacement(labels, count, generator):
    return np.concatenate([generator.choice(np.flatnonzero(labels == one), count) for one in np.unique(labels)])


def flags_by_loop(kinds, first):
    flags = []
    for index in range(len(kinds)):
        flags.append(index >= first and kinds[index] != "BatchNormalization")
    return flags


def flags_by_slices(kinds, first):
    return [False] * first + [kind != "BatchNormalization" for kind in kinds[first:]]


def flags_by_array(kinds, first):
    flags = np.array(kinds) != "BatchNormalization"
    flags[:first] = False
    return flags


RIGHT = {
    "13.1": [
        ("functional", head_functional),
        ("a chain", head_in_a_chain),
        ("a copy", head_of_a_copy),
        ("softmax as a layer", head_with_softmax_behind),
    ],
    "13.2": [
        ("choice", drawn_by_choice),
        ("a list", drawn_as_list),
        ("sorted", drawn_in_order),
        ("a walk", drawn_by_walking),
    ],
    "13.3": [
        ("a loop", flags_by_loop),
        ("slices", flags_by_slices),
        ("an array", flags_by_array),
        ("a tuple", lambda kinds, first: tuple(flags_by_loop(kinds, first))),
    ],
}
WRONG = {
    "13.1": [
        ("nothing frozen", "frozen|freeze|trainable", nothing_frozen),
        ("all frozen", "frozen|head|new layer", all_frozen),
        ("behind the old head", "last layer|old|head", behind_the_old_head),
        ("untrained", "learnt|weights|trained", untrained),
        ("one frozen", "frozen|freeze|trainable", last_frozen_only),
        ("one class too many", "class", lambda network, classes: head_functional(network, classes + 1)),
        ("two new layers", "one|Dense|new", two_new_layers),
        ("first one left", "frozen|freeze|trainable", first_not_frozen),
        ("the old network", "class|head|new", lambda network, classes: network),
        (
            "sigmoid",
            "sigmoid|softmax",
            lambda network, classes: keras.Sequential(
                [head_functional(network, classes), layers.Activation("sigmoid")]
            ),
        ),
    ],
    "13.2": [
        ("the first ones", "random|first", first_ones),
        ("with replacement", "replace|more than once", with_replacement),
        ("its own seed", "generator", lambda y, n, g: drawn_by_choice(y, n, np.random.default_rng(0))),
        ("no seed", "same seed|generator", lambda y, n, g: drawn_by_choice(y, n, np.random.default_rng())),
        ("of all classes together", "each class", lambda y, n, g: g.choice(len(y), n * len(set(y)), replace=False)),
        ("count in all", "each", lambda y, n, g: g.choice(len(y), n, replace=False)),
        ("labels", "indices|labels", lambda y, n, g: y[drawn_by_choice(y, n, g)]),
        ("a row for each class", "flat|class", lambda y, n, g: drawn_by_choice(y, n, g).reshape(-1, n)),
        ("one too few", "class", lambda y, n, g: drawn_by_choice(y, n - 1, g)),
    ],
    "13.3": [
        ("normalization too", "normalization", lambda kinds, first: [i >= first for i in range(len(kinds))]),
        ("all but normalization", "early", lambda kinds, first: flags_by_loop(kinds, 0)),
        ("turned round", "other way", lambda kinds, first: [not flag for flag in flags_by_loop(kinds, first)]),
        ("one late", "first", lambda kinds, first: flags_by_loop(kinds, first + 1)),
        ("one early", "one layer", lambda kinds, first: flags_by_loop(kinds, first - 1)),
        ("the late ones alone", "each layer", lambda kinds, first: flags_by_loop(kinds, first)[first:]),
        ("how many", "shape|list", lambda kinds, first: sum(flags_by_loop(kinds, first))),
    ],
}
