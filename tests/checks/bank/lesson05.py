"""Answers to the exercises of lesson 05, written from their cards."""

import keras
from keras import layers

INPUT = (32, 32, 3)


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


def counter(
    conv=lambda kernel, channels, filters: (kernel * kernel * channels + 1) * filters,
    dense=lambda given, units: (given + 1) * units,
    after=lambda side, kernel, padding: side if padding == "same" else side - kernel + 1,
    pooled=lambda side, size: side // size,
    flat=lambda side, channels: side * side * channels,
    channels_after=lambda channels, filters: filters,
    result=list,
):
    """A counter as many would write it, with parts to put wrong."""

    def parameters(plan, side=32, channels=3):
        counts = []
        for kind, *settings in plan:
            if kind == "conv":
                filters, kernel, padding = settings
                counts.append(conv(kernel, channels, filters))
                side, channels = after(side, kernel, padding), channels_after(channels, filters)
            elif kind == "pool":
                side = pooled(side, settings[0])
                counts.append(0)
            elif kind == "flatten":
                given = flat(side, channels)
                counts.append(0)
            else:
                counts.append(dense(given, settings[0]))
                given = settings[0]
        return result(counts)

    return parameters


def by_matching(plan, side=32, channels=3):
    counts = []
    for layer in plan:
        match layer:
            case ("conv", filters, kernel, "same"):
                counts.append(kernel**2 * channels * filters + filters)
                channels = filters
            case ("conv", filters, kernel, "valid"):
                counts.append(kernel**2 * channels * filters + filters)
                channels, side = filters, side - (kernel - 1)
            case ("dense", units):
                counts.append(channels * units + units)
                channels = units
            case ("pool", size):
                counts.append(0)
                side = side // size
            case _:
                counts.append(0)
                channels = side * side * channels
    return counts


def by_keras(plan, side=32, channels=3):
    kinds = {
        "conv": lambda filters, kernel, padding: layers.Conv2D(filters, kernel, padding=padding),
        "pool": layers.MaxPooling2D,
        "flatten": layers.Flatten,
        "dense": layers.Dense,
    }
    shape, counts = (None, side, side, channels), []
    for kind, *settings in plan:
        layer = kinds[kind](*settings)
        layer.build(shape)
        shape = layer.compute_output_shape(shape)
        counts.append(layer.count_params())
    return counts


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
        ("functional, logits", functional),
        ("activations as layers", activations_as_layers),
        ("nested", nested),
        ("compiled", compiled),
        (
            "no activation",
            lambda: chain(
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
        ("branches", counter()),
        ("match", by_matching),
        ("Keras' own layers", by_keras),
        ("a tuple", counter(result=tuple)),
        ("floats", counter(result=lambda counts: [float(count) for count in counts])),
    ],
    "5.4": [
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
            lambda: chain(block(8), layers.MaxPooling2D(), block(8), layers.MaxPooling2D(), *decision()),
        ),
        (
            "one pooling",
            "pooling|Pooling",
            lambda: chain(block(8), block(8), block(8), block(8), layers.MaxPooling2D(), *decision()),
        ),
        ("nine classes", "9|10|class", lambda: chain(*blocks(), *decision(classes=9))),
        ("one dense layer", "Dense", lambda: chain(*blocks(), layers.Flatten(), layers.Dense(10))),
        (
            "strides",
            "stride|pixel",
            lambda: chain(
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
            lambda: chain(*blocks(), layers.GlobalAveragePooling2D(), layers.Dense(16), layers.Dense(10)),
        ),
        ("loss for logits", "logits|softmax|loss", compiled_for_one_hot),
        ("grey images", "shape|32", lambda: keras.Sequential([keras.Input((32, 32, 1)), *blocks(), *decision()])),
        ("a list of layers", "list", lambda: [block(8), block(8)]),
        ("the model itself", "function", compiled()),
        (
            "scaled twice",
            "twice",
            lambda: chain(layers.Rescaling(1 / 255), layers.Rescaling(1 / 255), *blocks(), *decision()),
        ),
        ("the class", "model", keras.Sequential),
        ("sigmoid", "sigmoid|softmax", lambda: chain(*blocks(), *decision(activation="sigmoid"))),
    ],
    "5.2": [
        ("no biases", "bias", counter(lambda k, c, f: k * k * c * f, lambda given, units: given * units)),
        ("no biases in the dense layers", "bias", counter(dense=lambda given, units: given * units)),
        ("channels left out", "channels", counter(lambda k, c, f: (k * k + 1) * f)),
        ("three channels everywhere", "channels", counter(channels_after=lambda channels, filters: channels)),
        ("every padding as same", "valid", counter(after=lambda side, kernel, padding: side)),
        ("every padding as valid", "same", counter(after=lambda side, kernel, padding: side - kernel + 1)),
        ("pooling ignored", "pool", counter(pooled=lambda side, size: side)),
        ("Flatten by channels", "Flatten", counter(flat=lambda side, channels: channels)),
        ("the total", "one number", counter(result=sum)),
        ("the layers that learn", "learn|0", counter(result=lambda counts: [count for count in counts if count])),
        ("one filter", "filter", counter(lambda k, c, f: k * k * c + 1)),
        ("a dictionary of counts", "function", {"conv1": 2_432}),
    ],
    "5.4": [
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
