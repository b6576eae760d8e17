"""Answers to the exercises of lesson 05, written from their cards."""

import keras
from keras import layers

INPUT = (32, 32, 3)
COUNTS = {
    "conv1": 2_432,
    "conv2": 25_632,
    "conv3": 9_248,
    "conv4": 4_624,
    "dense1": 205_312,
    "dense2": 5_130,
}


def chain(*members):
    return keras.Sequential([keras.Input(INPUT), *members])


def block(filters, kernel=3, padding="same", strides=1):
    return layers.Conv2D(filters, kernel, padding=padding, strides=strides, activation="relu")


def blocks(first=8, second=8):
    return [block(first), block(first), layers.MaxPooling2D(), block(second), block(second), layers.MaxPooling2D()]


def decision(classes=10, units=16, activation="softmax"):
    return [layers.Flatten(), layers.Dense(units, activation="relu"), layers.Dense(classes, activation=activation)]


def functional():
    inputs = x = keras.Input(INPUT)
    for layer in [layers.Rescaling(1 / 255), *blocks(4, 6), *decision(activation=None)]:
        x = layer(x)
    return keras.Model(inputs, x)


def activations_as_layers():
    members = []
    for filters in (4, 8):
        for _ in range(2):
            members += [
                layers.Conv2D(filters, 3, use_bias=False),
                layers.BatchNormalization(),
                layers.Activation("relu"),
            ]
        members.append(layers.MaxPooling2D(2))
    return chain(*members, layers.Flatten(), layers.Dense(12), layers.ReLU(), layers.Dense(10), layers.Softmax())


def nested():
    return chain(
        layers.Rescaling(1 / 127.5, offset=-1), keras.Sequential(blocks(6, 6)), keras.Sequential([*decision(units=20)])
    )


def compiled():
    model = chain(*blocks(), layers.Dropout(0.3), *decision())
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return model


def compiled_for_one_hot():
    model = chain(*blocks(), *decision(activation=None))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), optimizer="adam")
    return model


def heaviest_by_sorting(rows):
    ordered = sorted(rows, key=lambda row: -row.parameters)
    return [ordered[0].layer, ordered[0].parameters / sum(row.parameters for row in ordered)]


def heaviest_by_loop(rows):
    layer, most, total = "", -1, 0
    for row in rows:
        total += row.parameters
        if row.parameters > most:
            layer, most = row.layer, row.parameters
    return layer, most / total


def heaviest_by_numpy(rows):
    import numpy as np

    counts = np.array([row.parameters for row in rows])
    return rows[counts.argmax()].layer, np.float32(counts.max() / counts.sum())


def heaviest_by_dictionary(rows):
    shares = {index: row.parameters / sum(each.parameters for each in rows) for index, row in enumerate(rows)}
    index = max(shares, key=shares.get)
    return rows[index].layer, shares[index]


def heaviest(rows, key=lambda row: row.parameters, share=lambda most, total: most / total):
    row = max(rows, key=key)
    return row.layer, share(row.parameters, sum(each.parameters for each in rows))


def small(*members, head=layers.GlobalAveragePooling2D):
    return chain(layers.Rescaling(1 / 255), *members, head(), layers.Dense(10, activation="softmax"))


def depthwise():
    return small(block(16), layers.SeparableConv2D(64, 3, strides=2), layers.SeparableConv2D(64, 3, strides=2))


def residual():
    inputs = keras.Input(INPUT)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    x = layers.add([x, layers.Conv2D(32, 3, padding="same", activation="relu")(x)])
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalMaxPooling2D()(x)))


def strided():
    return small(block(32, strides=2), block(32, strides=2), block(64, strides=2))


def half_the_filters():
    return chain(
        block(16, 5), block(16, 5, "valid"), layers.MaxPooling2D(2), block(16, 3, "valid"), block(16, 3, "valid"),
        layers.MaxPooling2D(2), layers.Dropout(0.2), *decision(units=256),
    )  # fmt: skip


ONE = strided()


def trained_already():
    model = strided()
    model.compile(loss="sparse_categorical_crossentropy")
    return model


RIGHT = {
    "5.1": [
        ("functional, logits", functional()),
        ("activations as layers", activations_as_layers()),
        ("nested", nested()),
        ("compiled", compiled()),
        (
            "no activation",
            chain(
                layers.Conv2D(8, 3),
                layers.Conv2D(8, 3),
                layers.MaxPooling2D(),
                layers.Conv2D(8, 3),
                layers.Conv2D(8, 3),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(10),
                layers.Dense(10),
            ),
        ),
    ],
    "5.2": [
        ("integers", COUNTS),
        ("floats", {name: float(count) for name, count in COUNTS.items()}),
        ("another order", dict(reversed(COUNTS.items()))),
        ("more names", {**COUNTS, "total": sum(COUNTS.values())}),
    ],
    "5.4": [
        ("sorting", heaviest_by_sorting),
        ("a loop", heaviest_by_loop),
        ("NumPy", heaviest_by_numpy),
        ("a dictionary", heaviest_by_dictionary),
        ("the row itself", lambda rows: (max(rows, key=lambda row: row.parameters), heaviest(rows)[1])),
    ],
    "5.5": [
        ("depthwise", depthwise),
        ("residual", residual),
        ("strided", strided),
        ("fewer filters", half_the_filters),
        ("compiled", trained_already),
        ("not built", lambda: keras.Sequential([layers.Flatten(), layers.Dense(10)])),
    ],
}
WRONG = {
    "5.1": [
        (
            "one convolution a block",
            "single convolution|second",
            chain(block(8), layers.MaxPooling2D(), block(8), layers.MaxPooling2D(), *decision()),
        ),
        (
            "one pooling",
            "pooling|Pooling",
            chain(block(8), block(8), block(8), block(8), layers.MaxPooling2D(), *decision()),
        ),
        ("nine classes", "9|10|class", chain(*blocks(), *decision(classes=9))),
        ("one dense layer", "Dense", chain(*blocks(), layers.Flatten(), layers.Dense(10))),
        (
            "strides",
            "stride|pixel",
            chain(
                block(8, strides=2),
                block(8),
                layers.MaxPooling2D(),
                block(8),
                block(8),
                layers.MaxPooling2D(),
                *decision(),
            ),
        ),
        (
            "no Flatten",
            "Flatten",
            chain(*blocks(), layers.GlobalAveragePooling2D(), layers.Dense(16), layers.Dense(10)),
        ),
        ("loss for logits", "logits|softmax|loss", compiled_for_one_hot()),
        ("grey images", "shape|32", keras.Sequential([keras.Input((32, 32, 1)), *blocks(), *decision()])),
        ("a list of layers", "list", [block(8), block(8)]),
        ("the class", "model", keras.Sequential),
        ("sigmoid", "sigmoid|softmax", chain(*blocks(), *decision(activation="sigmoid"))),
    ],
    "5.2": [
        ("no biases in conv1", "bias", COUNTS | {"conv1": 2_400}),
        ("three colours in conv2", "channel|colour|32", COUNTS | {"conv2": 2_432}),
        ("5 x 5 in conv3", "3 ×|3 x|kernel|5", COUNTS | {"conv3": 25_632}),
        ("32 filters in conv4", "16|filter", COUNTS | {"conv4": 9_248}),
        ("8 x 8 before dense1", "padding|Flatten", COUNTS | {"dense1": (8 * 8 * 16 + 1) * 512}),
        ("one left out", "dense2", {name: count for name, count in COUNTS.items() if name != "dense2"}),
        ("no bias in dense2", "bias", COUNTS | {"dense2": 5_120}),
        ("a total", "one number", sum(COUNTS.values())),
        ("half filled in", "not filled in|dense1", COUNTS | {"dense1": None}),
        ("a text", "text|numbers", COUNTS | {"conv1": "2,432"}),
    ],
    "5.4": [
        (
            "per cent",
            "per cent|100|fraction",
            lambda rows: heaviest(rows, share=lambda most, total: 100 * most / total),
        ),
        ("most work", "MACs|work", lambda rows: heaviest(rows, key=lambda row: row.macs)),
        (
            "the last layer",
            "last|most",
            lambda rows: (rows[-1].layer, rows[-1].parameters / sum(row.parameters for row in rows)),
        ),
        ("order", "first|order|swapped", lambda rows: heaviest(rows)[::-1]),
        ("the layer alone", "two", lambda rows: heaviest(rows)[0]),
        ("the count", "Divide", lambda rows: heaviest(rows, share=lambda most, total: most)),
        (
            "share of the others",
            "others|all|rest",
            lambda rows: heaviest(rows, share=lambda most, total: most / (total - most)),
        ),
        ("rounded", "rounded|round", lambda rows: (heaviest(rows)[0], round(heaviest(rows)[1], 1))),
        ("the least", "fewest|most|least", lambda rows: heaviest(rows, key=lambda row: -row.parameters)),
    ],
    "5.5": [
        ("too large", "parameters", lambda: chain(*blocks(32, 32), *decision(units=512))),
        ("nine classes", "10|class|9", lambda: chain(block(8), layers.Flatten(), layers.Dense(9))),
        ("the same each time", "new|same|again", lambda: ONE),
        (
            "other images",
            "32",
            lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)]),
        ),
        ("a list", "list", lambda: [layers.Flatten(), layers.Dense(10)]),
        ("maps", "shape|10", lambda: chain(block(8), layers.Dense(10))),
    ],
}
