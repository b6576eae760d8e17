"""Checks of lesson 05, The deeper model: your turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as kinds

from checks.grading import NotFilledIn, call, describe, exercise, name_mistake, number, numbers, whole, wrong
from helpers import anatomy, models

INPUT_SHAPE = (32, 32, 3)
CLASSES = 10
PATTERN = "Conv2D, Conv2D, MaxPooling2D, Conv2D, Conv2D, MaxPooling2D, Flatten, Dense, Dense with 10 units"
PLACES = (
    ("convolution", "the first convolution of the first block"),
    ("convolution", "the second convolution of the first block"),
    ("pooling", "the pooling of the first block"),
    ("convolution", "the first convolution of the second block"),
    ("convolution", "the second convolution of the second block"),
    ("pooling", "the pooling of the second block"),
    ("flatten", "Flatten"),
    ("dense", "the hidden Dense layer"),
    ("dense", "the Dense layer of the classes"),
)
GLOBAL_POOLING = (kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D)
OTHER_CONVOLUTIONS = (kinds.SeparableConv2D, kinds.DepthwiseConv2D, kinds.Conv2DTranspose, kinds.Conv1D, kinds.Conv3D)
DROPOUTS = (kinds.Dropout, kinds.SpatialDropout2D, kinds.GaussianDropout)
# With the activation "linear", these leave the whole linear; a layer that is not named here might not.
LINEAR = (
    kinds.Conv2D,
    kinds.Dense,
    kinds.Activation,
    kinds.BatchNormalization,
    kinds.ZeroPadding2D,
    kinds.GaussianNoise,
    *DROPOUTS,
)


class Step(NamedTuple):
    """One call of a layer (or of an operation such as keras.ops.relu): what it was given and what it made."""

    layer: Any
    given: tuple
    made: tuple


# --- 5.1: the model of the pattern


@exercise("5.1")
def exercise_5_1(model: Any) -> str:
    _is_built_model(model)
    chain = _chain(model)
    _follows_pattern(chain)
    layers = [step.layer for step in chain]
    _lets_something_through(layers)
    words = _ends_in_classes(model, layers)
    praise = [f"Your model follows the pattern and has {model.count_params():,} parameters.", *words]
    if not _scales(layers):
        praise.append("It has no Rescaling: give it images that are divided by 255 already.")
    return " ".join([*praise, *_weak_places(layers)])


def _is_built_model(model: Any) -> None:
    """Raise with a sentence unless this is a model of Keras whose shapes are known and fit the dataset."""
    if isinstance(model, type):
        wrong(f"this is the class {model.__name__} itself. A model is made by calling it: keras.Sequential([...]).")
    if isinstance(model, (list, tuple)):
        wrong(f"this is a {type(model).__name__} of {len(model)} things. Put the layers into keras.Sequential([...]).")
    if isinstance(model, kinds.Layer) and not isinstance(model, keras.Model):
        wrong(f"this is one layer ({type(model).__name__}), not a model. keras.Sequential([...]) makes one of several.")
    if isinstance(model, keras.KerasTensor):
        wrong("this is the output of a layer. A functional model is made from both ends: keras.Model(inputs, outputs).")
    if not isinstance(model, keras.Model):
        hint = " Did you mean what it returns? Then call it." if callable(model) else ""
        wrong(f"a model was expected, this is {describe(model)}.{hint}")
    if isinstance(model, keras.Sequential) and not model.layers:
        wrong("your model has no layers yet.")
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        if isinstance(model, keras.Sequential):
            wrong(
                "your model does not know the shape of its input, so it has no parameters yet. "
                "Begin with keras.Input((32, 32, 3))."
            )
        wrong("a subclass of keras.Model hides its layers. Use keras.Sequential or keras.Model(inputs, outputs).")
    if len(inputs) != 1 or len(outputs) != 1:
        wrong(f"your model has {len(inputs)} inputs and {len(outputs)} outputs. The pattern is one chain: one of each.")
    shape = tuple(inputs[0].shape[1:])
    if shape != INPUT_SHAPE:
        wrong(f"your model takes images of shape {shape}. Those of the dataset have the shape {INPUT_SHAPE}.")


def _chain(model: keras.Model) -> list[Step]:
    """The calls of layers in order, those in models inside it included; wrong() when they branch.

    From the output back, call by call: ``model.layers`` names a layer that is used twice only once.
    """
    chain: list[Step] = []
    tensor = model.outputs[0]
    while _origin(tensor) != _origin(model.inputs[0]):
        layer, node, _ = tensor._keras_history
        given = layer._inbound_nodes[node].input_tensors
        if len(given) > 1:
            wrong(f"the layer {layer.name!r} ({type(layer).__name__}) joins branches. The pattern is one chain.")
        if isinstance(layer, keras.Model):
            chain += reversed(_chain(layer))
        else:
            chain.append(Step(layer, given[0].shape, tensor.shape))
        tensor = given[0]
    return chain[::-1]


def _origin(tensor: keras.KerasTensor) -> tuple[int, int]:
    layer, node, _ = tensor._keras_history
    return id(layer), node


def _part(step: Step) -> str | None:
    """Which part of the pattern a layer is; None for layers that may stand anywhere because they keep the shape."""
    layer = step.layer
    if isinstance(layer, kinds.Conv2D):
        return "convolution"
    if isinstance(layer, kinds.MaxPooling2D):
        return "pooling"
    if isinstance(layer, kinds.Dense):
        return "dense"
    # keras.ops.reshape is an operation of the same name.
    if isinstance(layer, kinds.Flatten) or (type(layer).__name__ == "Reshape" and len(step.made) == 2):
        return "flatten"
    strangers = (kinds.AveragePooling2D, *GLOBAL_POOLING, *OTHER_CONVOLUTIONS)
    if isinstance(layer, kinds.ZeroPadding2D) or (not isinstance(layer, strangers) and step.made == step.given):
        return None
    return "stranger"


def _follows_pattern(chain: list[Step]) -> None:
    """Go along the chain beside the pattern and name the first place where they part."""
    counted = [step for step in chain if _part(step)]
    for index, step in enumerate(counted):
        part = _part(step)
        if part == "stranger":
            _name_stranger(step, index)
        if index == len(PLACES):
            wrong(_superfluous(step, counted))
        if part != PLACES[index][0]:
            wrong(_departure(step, index))
        if part == "convolution" and _pair(step.layer.strides) != (1, 1):
            wrong(
                f"{PLACES[index][1]} has strides {_pair(step.layer.strides)}. All convolutions of this model have "
                "stride 1; making the map smaller is left to the pooling."
            )
        if part == "pooling":
            _shrinks(step, index)
    if len(counted) < len(PLACES):
        wrong(_unfinished(counted))


def _departure(step: Step, index: int) -> str:
    """The sentence for a layer that stands where another part of the pattern belongs."""
    expected, place = PLACES[index]
    found, block = _part(step), "first" if index < 3 else "second"
    words = anatomy.describe(step.layer)
    if expected == "convolution":
        if found == "pooling" and index in (1, 4):
            return f"the {block} block pools after a single convolution. A block is two convolutions, then the pooling."
        if found == "pooling" and index == 0:
            return "your model begins with pooling. That comes too early: two convolutions stand before it."
        if found == "pooling":
            return "two poolings follow one another. The second block begins with two convolutions of its own."
        if index == 3:
            return f"after the first block comes {words}. A second block is missing: {PATTERN}."
        return f"{words} stands where {place} belongs. The pattern: {PATTERN}."
    if expected == "pooling":
        if found == "convolution":
            return (
                f"the {block} block has a third convolution where its MaxPooling2D belongs. "
                "A block is two convolutions, then the pooling."
            )
        return f"the {block} block ends without MaxPooling2D: {words} follows its convolutions."
    if expected == "flatten":
        if found == "dense":
            return (
                f"Flatten is missing. Dense works on the last axis alone: from {_times(step.given)} it makes "
                f"{_times(step.made)}, an answer for every place. Flatten first makes one list of "
                f"{math.prod(step.given[1:]):,} numbers."
            )
        extra = "a third block begins" if found == "convolution" else "the map is pooled once more"
        return f"{extra} after the second pooling, where Flatten belongs. The pattern has two blocks."
    if index == 7:
        return f"{words} comes after Flatten, where {place} belongs."
    return f"{words} stands where {place} belongs. The pattern: {PATTERN}."


def _name_stranger(step: Step, index: int) -> None:
    layer = step.layer
    if isinstance(layer, kinds.AveragePooling2D):
        wrong(
            "your model pools by AveragePooling2D, which takes the mean of each window. The pattern asks for "
            "MaxPooling2D, which keeps the largest value."
        )
    if isinstance(layer, GLOBAL_POOLING):
        wrong(
            f"{type(layer).__name__} stands where Flatten belongs. It keeps one number of each channel, "
            f"{step.made[-1]} in all; Flatten keeps all {math.prod(step.given[1:]):,} and their places."
        )
    if isinstance(layer, OTHER_CONVOLUTIONS):
        wrong(f"{type(layer).__name__} is another kind of convolution. The pattern asks for Conv2D.")
    place = PLACES[min(index, len(PLACES) - 1)][1]
    wrong(
        f"{type(layer).__name__} changes the shape from {_times(step.given)} to {_times(step.made)} "
        f"and has no place in the pattern; {place} was expected."
    )


def _superfluous(step: Step, counted: list[Step]) -> str:
    if _part(step) == "dense" and counted[8].layer.units != CLASSES:
        return f"between Flatten and the classes are {len(counted) - 8} Dense layers. The pattern has one there."
    return f"{anatomy.describe(step.layer)} comes after the Dense layer of the classes. That one is the last."


def _unfinished(counted: list[Step]) -> str:
    index = len(counted)
    if index == 8:
        units = counted[7].layer.units
        if units == CLASSES:
            return "Flatten leads straight to the classes. The pattern has a Dense layer of your choice between them."
        return f"the last layer is Dense {units}. After it comes one more Dense layer, with a unit for each class."
    if not index:
        return f"your model has none of the pattern's layers. The pattern: {PATTERN}."
    return f"your model ends after {anatomy.describe(counted[-1].layer)}. Next would come {PLACES[index][1]}."


def _shrinks(step: Step, index: int) -> None:
    strides = _pair(step.layer.strides)
    if 1 in strides:
        wrong(
            f"{PLACES[index][1]} moves by {strides}, so the map hardly shrinks: {_times(step.given)} becomes "
            f"{_times(step.made)}. Stride 1 is meant for the convolutions; leave the pooling's strides out, and it "
            "moves by its own size."
        )


def _ends_in_classes(model: keras.Model, layers: list) -> list[str]:
    """Look at what the model answers: ten probabilities or logits, and whether its loss knows which."""
    last = max(index for index, layer in enumerate(layers) if isinstance(layer, kinds.Dense))
    units = layers[last].units
    if units != CLASSES:
        wrong(
            f"the last layer has {units} unit{'s' * (units != 1)}. There are {CLASSES} classes, and each wants its own."
        )
    for layer in layers[last + 1 :]:
        if isinstance(layer, DROPOUTS):
            wrong("there is dropout after the last layer: in training it would strike out the answers themselves.")
    names = [_activation(layer) for layer in layers[last:]]
    if names.count("softmax") > 1:
        wrong("softmax is applied twice, in the last Dense layer and after it: the second flattens the probabilities.")
    generator = np.random.default_rng(5)
    images = generator.integers(0, 256, (8, *INPUT_SHAPE)).astype("float32")
    answers = np.asarray(model(images / 255, training=False), dtype=float)
    probabilities = bool((answers >= 0).all() and np.allclose(answers.sum(axis=1), 1, atol=1e-3))
    unusual = [name for name in names if name not in ("linear", "softmax")]
    if not probabilities and unusual:
        reason = {
            "sigmoid": "It answers yes or no for each class by itself, and the ten do not add up to 1.",
            "relu": "It cuts negative values off, and a class that falls below zero learns no more.",
        }.get(unusual[0], "Its ten values are no probabilities.")
        wrong(f"the last layer ends in {unusual[0]}. {reason} For one class out of ten take softmax.")
    if _loss_fits(model, probabilities) or probabilities:
        return []
    return ["Its answers are logits (no softmax): compile it with SparseCategoricalCrossentropy(from_logits=True)."]


def _loss_fits(model: keras.Model, probabilities: bool) -> bool:
    """When the model is compiled: find out by numbers whether its loss reads what it answers; True when sure."""
    if not getattr(model, "compiled", False):
        return False
    if model.loss is None:
        wrong("your model is compiled without a loss. Without one it cannot learn.")
    try:
        loss = keras.losses.get(model.loss)
    except (TypeError, ValueError):
        return False
    name = getattr(loss, "name", None) or getattr(loss, "__name__", "")
    if "squared" in name or "absolute" in name:
        wrong(f"the loss {name} is for quantities. Classes want a categorical cross-entropy (lesson 03 shows why).")
    if "binary" in name:
        wrong(f"the loss {name} treats every class as a question of its own. One class out of ten: categorical.")
    reads = _reads(loss)
    if reads == "logits" and probabilities:
        wrong("the loss says from_logits=True, but the model ends in softmax: softmax would be applied twice.")
    if reads == "probabilities" and not probabilities:
        wrong(
            "the last layer has no softmax, and the loss does not know it. Add softmax, or say "
            "SparseCategoricalCrossentropy(from_logits=True)."
        )
    return reads is not None


def _reads(loss: Callable) -> str | None:
    """What a loss takes as predictions: "probabilities" or "logits"; None when it is no cross-entropy of either."""
    logits = np.array([[0.5, -1.0, 2.0]], dtype="float32")
    powers = np.exp(logits)
    share = powers / powers.sum()
    expected = -math.log(share[0, 1])
    for truth in (np.array([[1]]), np.array([[0.0, 1.0, 0.0]], dtype="float32")):
        for kind, prediction in (("probabilities", share), ("logits", logits)):
            try:
                value = float(np.mean(loss(truth, prediction)))
            except Exception:
                # A loss for one-hot labels refuses whole numbers, and the other way round.
                continue
            if math.isclose(value, expected, rel_tol=1e-3):
                return kind
    return None


def _lets_something_through(layers: list) -> None:
    for layer in layers:
        if isinstance(layer, DROPOUTS) and layer.rate == 1:
            wrong(f"{type(layer).__name__}(1.0) strikes out every number in training, so nothing before it can learn.")


def _scales(layers: list) -> bool:
    """Whether some layer, or an operation such as images / 255, can bring the images to 0..1."""
    operations = ("Divide", "TrueDivide", "Multiply")
    return any(
        isinstance(layer, (kinds.Rescaling, kinds.Normalization, kinds.Lambda)) or type(layer).__name__ in operations
        for layer in layers
    )


def _weak_places(layers: list) -> list[str]:
    """What the pattern leaves open and few would choose: a sentence for each."""
    learning = [index for index, layer in enumerate(layers) if isinstance(layer, (kinds.Conv2D, kinds.Dense))]
    sentences = []
    if any(_is_linear(layers[learning[first] : learning[first + 1]]) for first in (0, 2)):
        sentences.append(
            "Two of its convolutions follow one another with no activation between them: such a pair can do no more "
            "than one larger convolution. A ReLU would make the second one count."
        )
    if _is_linear(layers[learning[4] : learning[5]]):
        sentences.append(
            "Its hidden Dense layer has no activation: together with the Dense layer of the classes it can do no more "
            "than that one alone. A ReLU would make it count."
        )
    if any(_activation(layer) == "softmax" for layer in layers[: learning[5]]):
        sentences.append(
            "There is a softmax before the last layer: it makes channels, or units, share a sum of 1, so most come "
            "out small. ReLU is usual inside a network."
        )
    return sentences


def _is_linear(layers: list) -> bool:
    return all(isinstance(layer, LINEAR) and _activation(layer) == "linear" for layer in layers)


def _activation(layer: Any) -> str:
    # By name, because keras.ops.softmax and keras.ops.relu are operations of the same names.
    if type(layer).__name__ in ("Softmax", "ReLU", "Relu", "Sigmoid"):
        return type(layer).__name__.lower()
    activation = getattr(layer, "activation", None)
    return "linear" if activation is None else getattr(activation, "__name__", type(activation).__name__)


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _times(shape: tuple) -> str:
    return "×".join(map(str, shape[1:]))


# --- 5.2: its parameters, predicted

# What goes into the formula for each layer of the reference: kernel side and channels in (None and numbers in for
# a dense layer), filters or units.
COUNTED = {
    "conv1": (5, 3, 32),
    "conv2": (5, 32, 32),
    "conv3": (3, 32, 32),
    "conv4": (3, 32, 16),
    "dense1": (None, 400, 512),
    "dense2": (None, 512, 10),
}


@exercise("5.2")
def exercise_5_2(predicted: Any) -> str:
    if isinstance(predicted, Mapping):
        missing = [name for name in COUNTED if name not in predicted]
        if missing:
            wrong(f"your dictionary has no {missing[0]!r}. Its keys are {', '.join(COUNTED)}.")
        answers = [predicted[name] for name in COUNTED]
        if any(answer is None or answer is Ellipsis for answer in answers):
            raise NotFilledIn
    else:
        if isinstance(predicted, (int, float, np.number)):
            wrong(f"{predicted:,} is one number. Six layers learn: give one number for each of {', '.join(COUNTED)}.")
        listed = isinstance(predicted, (list, tuple))
        if listed and any(answer is None or answer is Ellipsis for answer in predicted):
            raise NotFilledIn
        answers = list(np.ravel(numbers(predicted, "your prediction")))
        if len(answers) != len(COUNTED):
            wrong(
                f"you have {len(answers)} numbers. Six layers learn: {', '.join(COUNTED)}. Leave out those with none."
            )
    for (name, facts), answer in zip(COUNTED.items(), answers):
        _count_is_right(name, *facts, answer)
    return f"Together {sum(map(_count, COUNTED.values())):,}, as in the published table."


def _count(facts: tuple[int | None, int, int]) -> int:
    # As a layer holds them: an array for the kernel, another one for the biases.
    side, given, made = facts
    kernel = (given, made) if side is None else (side, side, given, made)
    return np.empty(kernel).size + np.empty(made).size


def _count_is_right(name: str, side: int | None, given: int, made: int, answer: Any) -> None:
    got = whole(answer, name)
    right = _count((side, given, made))
    if got == right:
        return
    if side is None:
        mistakes = {
            f"{name}: {got:,} is the answer without biases. Each of the {made} units also has one.": given * made,
            f"{name}: {got:,} counts one bias for each input. Who owns a bias, the input or the unit?": (
                given * made + given
            ),
            f"{name}: {got:,} counts a single bias for the whole layer.": given * made + 1,
        }
        if name == "dense1":
            slips = {
                288: "288 inputs, 3×3×32, are those of the first model. What does the second pooling leave here?",
                16: "16 inputs would be one per channel. Flatten keeps every place: how many are there?",
                25: "25 inputs are the places alone. Each has several channels.",
                256: "256 inputs are 4×4×16: conv1 has same padding and keeps 32.",
                1600: "1,600 inputs are those before the second pooling, which halves both sides.",
                800: "800 inputs are 5×5×32. How many filters has the last convolution?",
                1024: "1,024 inputs are 8×8×16: that is what four convolutions with same padding would leave.",
                784: "784 inputs are 7×7×16. But the 3×3 convolutions have no padding and take something off.",
                576: "576 inputs are 6×6×16. Follow the side once more: 32, 32, 28, 14, ...",
                12544: "12,544 inputs are 28×28×16, without any pooling.",
            }
            mistakes |= {f"dense1: {text}": inputs * made + made for inputs, text in slips.items()}
            mistakes |= {
                f"dense1: {text} The biases are missing, too.": inputs * made for inputs, text in slips.items()
            }
        if name == "dense2":
            mistakes["dense2: 4,010 takes the 400 numbers of Flatten as input. Dense 512 stands between them."] = 4_010
    else:
        mistakes = {
            f"{name}: {got:,} is the answer without biases. Each of the {made} filters also has one.": (
                side * side * given * made
            ),
            f"{name}: {got:,} leaves the input's {given} channels out. A filter is as deep as its input.": (
                (side * side + 1) * made
            ),
            f"{name}: {got:,} counts a bias for every channel of every filter. A filter has one bias.": (
                (side * side + 1) * given * made
            ),
            f"{name}: {got:,} counts one bias for each channel that comes in. Who owns a bias, channel or filter?": (
                side * side * given * made + given
            ),
            f"{name}: {got:,} counts a single bias for the whole layer.": side * side * given * made + 1,
            f"{name}: {got:,} is one filter's share. The layer has {made} of them.": side * side * given + 1,
            f"{name}: {got:,} takes the kernel as a single row. It is a square of {side}×{side}.": (
                (side * given + 1) * made
            ),
            f"{name}: {got:,} is the count for 3 channels. Those of the image go into the first layer only.": (
                (side * side * 3 + 1) * made
            ),
            f"{name}: {got:,} is the count for {8 - side}×{8 - side} kernels. Here they are {side}×{side}.": (
                ((8 - side) ** 2 * given + 1) * made
            ),
            f"{name}: {got:,} is the count for {48 - made} filters. Look the number of filters up again.": (
                (side * side * given + 1) * (48 - made)
            ),
        }
    # Where two rules agree (3 channels in the first layer), the right count must not be called a mistake.
    name_mistake(got, {text: value for text, value in mistakes.items() if value != right}, tolerance=0)
    wrong(f"{name}: {got:,} is not it. Do this one on paper: what does one of the {made} hold, and how many are there?")


# --- 5.4: the layer that holds most


@exercise("5.4")
def exercise_5_4(heaviest: Callable) -> str:
    for model in _models_to_weigh():
        rows = anatomy.layers(model)
        answer = call(heaviest, rows)
        if isinstance(answer, (str, bytes)) or not isinstance(answer, (tuple, list)) or len(answer) != 2:
            wrong(f"two things were expected, the layer and its share; your function returned {describe(answer)}.")
        _heaviest_is_right(rows, *answer, model.name)
    layer, share = call(heaviest, anatomy.layers(models.build("guide_cnn")))
    return f"In guide_cnn {getattr(layer, 'layer', layer)} holds {number(share):.1%} of all parameters."


def _models_to_weigh() -> Iterator[keras.Model]:
    yield models.build("guide_cnn")
    yield models.build("strided_cnn")
    # The most parameters in a convolution, and not in the last of the layers that have any.
    yield keras.Sequential(
        [
            keras.Input(INPUT_SHAPE),
            kinds.Conv2D(8, 3),
            kinds.Conv2D(64, 5),
            kinds.MaxPooling2D(8),
            kinds.Flatten(),
            kinds.Dense(10),
        ],
        name="two_convolutions",
    )


def _heaviest_is_right(rows: list[anatomy.Row], layer: Any, share: Any, model: str) -> None:
    counts = np.array([row.parameters for row in rows])
    right = rows[int(counts.argmax())]
    right_share = counts.max() / counts.sum()
    if isinstance(layer, anatomy.Row):
        layer = layer.layer
    if not isinstance(layer, str):
        hint = " That looks like a position: return what the row at it calls its layer." * isinstance(layer, int)
        wrong(f"the first thing should be the row's layer, a text; it is {describe(layer)}.{hint}")
    share = number(share, "the share")
    if layer not in (right.layer, right.name):
        work = rows[int(np.argmax([row.macs for row in rows]))]
        memory = rows[int(np.argmax([row.memory for row in rows]))]
        learning = [row for row in rows if row.parameters]
        for wrong_row, text in (
            (work, "has the most MACs. Asked for is the layer with the most parameters"),
            (memory, "has the largest output. Asked for is the layer with the most parameters"),
            (learning[-1], "is the last layer. Look for the largest number of parameters in all rows"),
            (min(learning, key=lambda row: row.parameters), "has the fewest parameters"),
        ):
            if layer in (wrong_row.layer, wrong_row.name):
                wrong(f"in {model}, {layer!r} {text}.")
        wrong(f"in {model}, {layer!r} is not the layer with the most parameters.")
    if math.isclose(share, right_share, rel_tol=0.005):
        return
    name_mistake(
        share,
        {
            f"{share:.4g} is the share in per cent. Return it between 0 and 1.": 100 * right_share,
            f"{share:,.0f} is the layer's number of parameters. Divide it by that of all layers.": counts.max(),
            f"{share:.4g} is the share of a mean layer's parameters. Divide by the sum of all layers.": (
                counts.max() / counts.mean()
            ),
            f"{share:.4g} compares the layer with all others. A share is a part of the whole, itself included.": (
                counts.max() / (counts.sum() - counts.max())
            ),
            f"{share:.4g} is this layer's share of the MACs. Asked for is its share of the parameters.": (
                right.macs / sum(row.macs for row in rows)
            ),
        },
        tolerance=0.002,
    )
    wrong(
        f"in {model}, the layer is right; its share is not {share:.4g}. Divide its parameters by the sum over all rows."
    )


# --- 5.5: half the parameters


@exercise("5.5")
def exercise_5_5(build_small: Callable) -> str:
    if isinstance(build_small, keras.Model) and not isinstance(build_small, type):
        wrong("this is a model. Hand over the function that builds it, so that the check gets a fresh one.")
    model = call(build_small)
    _is_built_model(model)
    limit = models.build("deeper_cnn").count_params() // 2
    parameters = model.count_params()
    again = {id(weight) for weight in getattr(call(build_small), "weights", [])}
    if any(id(weight) in again for weight in model.weights):
        wrong("called twice, your function returned the same weights. Make all layers inside it, new at each call.")
    if parameters > limit:
        wrong(
            f"your model has {parameters:,} parameters. At most {limit:,} are allowed: which layer holds most of them?"
        )
    images = np.random.default_rng(5).integers(0, 256, (8, *INPUT_SHAPE), dtype=np.uint8)
    answers = np.asarray(model(images, training=False), dtype=float)
    if answers.shape != (8, CLASSES):
        wrong(f"for 8 images your model answers with the shape {answers.shape}. It should be (8, {CLASSES}).")
    if not np.isfinite(answers).all():
        wrong("your model's answers hold NaN or infinity before any training.")
    if not parameters or not model.trainable_weights:
        wrong("your model has nothing to train.")
    layers = list(_layers_anywhere(model))
    _lets_something_through(layers)
    probabilities = bool((answers >= 0).all() and np.allclose(answers.sum(1), 1, atol=1e-3))
    _learns(model, images, probabilities)
    praise = [f"{parameters:,} parameters, {parameters / (2 * limit):.0%} of the deeper model's."]
    if not probabilities:
        praise.append("Its answers are logits (no softmax): its loss needs from_logits=True.")
    elif models.outputs_logits(model):
        praise.append("Its softmax is not the last layer's, so models.outputs_logits misses it: say from_logits=False.")
    if not _scales(layers):
        praise.append("It has no Rescaling, and the images go from 0 to 255: begin with one.")
    return " ".join([*praise, "Now report its accuracy."])


def _layers_anywhere(model: keras.Model) -> Iterator[Any]:
    """All layers and operations, those of models inside it included."""
    for layer in getattr(model, "operations", model.layers):
        if isinstance(layer, keras.Model):
            yield from _layers_anywhere(layer)
        else:
            yield layer


def _learns(model: keras.Model, images: np.ndarray, probabilities: bool) -> None:
    """One step of training must give a finite loss and move the weights."""
    if _activation(model.layers[-1]) == "sigmoid" or (not probabilities and _activation(model.layers[-1]) != "linear"):
        wrong(f"the last layer ends in {_activation(model.layers[-1])}. Take softmax, or no activation for logits.")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not probabilities)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    before = [weight.numpy() for weight in model.trainable_weights]
    try:
        value = float(np.ravel(model.train_on_batch(images, np.arange(8) % CLASSES))[0])
    except Exception as error:
        wrong(f"one step of training stopped with {type(error).__name__}: {str(error).splitlines()[0]}")
    if not math.isfinite(value):
        wrong(f"the loss of the first step of training is {value}.")
    if all(np.array_equal(old, new.numpy()) for old, new in zip(before, model.trainable_weights)):
        wrong("one step of training changed no weight: no gradient reaches them.")
