"""Answers to the exercises of lesson 06, written from their cards."""

import functools
import itertools

import numpy as np
from scipy.signal import lfilter


def history(loss, val_loss, accuracy=(0.3, 0.5, 0.6), val_accuracy=(0.3, 0.4, 0.5)):
    return {"loss": [*loss], "val_loss": [*val_loss], "accuracy": [*accuracy], "val_accuracy": [*val_accuracy]}


# C is the one: it ends 0.4 above its lowest; A has the highest loss, B the largest gap, D only falls.
CURVES = {
    "A": history([2.3, 2.2, 2.1], [2.4, 2.3, 2.5]),
    "B": history([1.5, 0.3, 0.1], [1.6, 1.6, 1.65]),
    "C": history([1.5, 0.8, 0.5], [1.6, 1.1, 1.5]),
    "D": history([1.9, 1.2, 0.9], [1.8, 1.3, 1.1]),
}


def by_accumulate(values, weight):
    return list(itertools.accumulate(values, lambda last, new: weight * last + (1 - weight) * new))


def by_recursion(values, weight):
    if len(values) == 1:
        return [values[0]]
    before = by_recursion(values[:-1], weight)
    return [*before, before[-1] * weight + values[-1] - weight * values[-1]]


def by_a_filter(values, weight):
    values = np.asarray(values, dtype=float)
    return lfilter([1 - weight], [1, -weight], values, zi=[weight * values[0]])[0]


def by_powers(values, weight):
    values = np.asarray(values, dtype=np.float64)
    return np.array(
        [
            weight**n * values[0] + (1 - weight) * sum(weight ** (n - k) * values[k] for k in range(1, n + 1))
            for n in range(len(values))
        ]
    )


def moving_mean(values, weight):
    return [values[0], *(weight * a + (1 - weight) * b for a, b in itertools.pairwise(values))]


def smoothed_from_zero(values, weight):
    return by_accumulate([0.0, *values], weight)[1:]


def without_the_first(values, weight):
    return by_accumulate(values, weight)[1:]


def in_whole_numbers(values, weight):
    result = np.zeros(len(values), dtype=int)
    result[0] = values[0]
    for index in range(1, len(values)):
        result[index] = weight * result[index - 1] + (1 - weight) * values[index]
    return result


def backwards(values, weight):
    return by_accumulate(values[::-1], weight)[::-1]


def band_by_hand(curves):
    columns = list(zip(*curves))
    return [sum(one) / len(one) for one in columns], [min(one) for one in columns], [max(one) for one in columns]


def band_stacked(curves):
    return np.stack([np.mean(curves, axis=0), np.quantile(curves, 0, axis=0), np.quantile(curves, 1, axis=0)])


def band_by_tensors(curves):
    import tensorflow as tf

    curves = tf.constant(curves)
    return tf.reduce_mean(curves, 0), tf.reduce_min(curves, 0), tf.reduce_max(curves, 0)


def band_by_sorting(curves):
    ordered = np.sort(curves, axis=0)
    return np.float32(np.average(curves, axis=0)), np.float32(ordered[0]), np.float32(ordered[-1])


def deviations(curves):
    mean, deviation = np.mean(curves, axis=0), np.std(curves, axis=0)
    return mean, mean - deviation, mean + deviation


def stop_by_lists(val_losses, patience):
    waited, best = 0, 0
    for index in range(len(val_losses)):
        if index == 0 or val_losses[index] < min(val_losses[:index]):
            waited, best = 0, index + 1
        else:
            waited += 1
        if waited == patience:
            return [index + 1, best]
    return [len(val_losses), best]


def stop_by_arrays(val_losses, patience):
    losses = np.asarray(val_losses)
    lowest = np.minimum.accumulate(losses)
    best = np.array([np.argmax(losses == low) for low in lowest])
    stops = np.flatnonzero(np.arange(len(losses)) - best >= patience)
    last = stops[0] if len(stops) else len(losses) - 1
    return np.array([last + 1, best[last] + 1])


def stop_by_while(val_losses, patience):
    epoch, best, lowest = 1, 1, float("inf")
    while True:
        if val_losses[epoch - 1] < lowest:
            lowest, best = val_losses[epoch - 1], epoch
        if epoch - best == patience or epoch == len(val_losses):
            return float(epoch), float(best)
        epoch += 1


def stop_by_keras(val_losses, patience):
    """The callback itself, given one loss after the other."""
    import keras

    class Model:
        stop_training = False

        def get_weights(self):
            return []

    stop = keras.callbacks.EarlyStopping(patience=patience)
    stop.set_model(Model())
    stop.on_train_begin()
    for epoch, loss in enumerate(val_losses):
        stop.on_epoch_end(epoch, {"val_loss": loss})
        if stop.model.stop_training:
            return epoch + 1, stop.best_epoch + 1
    return len(val_losses), stop.best_epoch + 1


def stop(val_losses, patience, first=1, better=lambda new, low: new < low, late=0, whole=False, reset=True):
    best, waited = 0, 0
    for index, loss in enumerate(val_losses):
        if index == 0 or better(loss, val_losses[best]):
            best, waited = index, 0 if reset else waited
        else:
            waited += 1
            if waited >= patience + late and not whole:
                return index + first, best + first
    return len(val_losses) - 1 + first, best + first


def compared_with_the_epoch_before(val_losses, patience):
    waited = best = 0
    for index in range(1, len(val_losses)):
        if val_losses[index] < val_losses[index - 1]:
            waited = 0
        else:
            waited += 1
        if val_losses[index] < val_losses[best]:
            best = index
        if waited == patience:
            return index + 1, best + 1
    return len(val_losses), best + 1


RIGHT = {
    "6.1": [
        ("C", "C", CURVES),
        ("numpy text", np.str_("C"), CURVES),
        ("with a space", "C ", CURVES),
        ("small", "c", CURVES),
    ],
    "6.2": [
        ("by hand", band_by_hand),
        ("stacked", band_stacked),
        ("tensors", band_by_tensors),
        ("float32", band_by_sorting),
    ],
    "6.3": [
        ("lists", stop_by_lists),
        ("arrays", stop_by_arrays),
        ("while", stop_by_while),
        ("EarlyStopping", stop_by_keras),
    ],
    "6.4": [
        ("accumulate", by_accumulate),
        ("recursion", by_recursion),
        ("a filter", by_a_filter),
        ("powers", by_powers),
    ],
}
WRONG = {
    "6.1": [
        ("high losses", "not learnt|training", "A", CURVES),
        ("the largest gap", "gap", "B", CURVES),
        ("no rise", "lowest|rise", "D", CURVES),
        ("no letter of it", "letter|A", "E", CURVES),
        ("two letters", "letter|one", "BC", CURVES),
        ("a number", "letter|text", 3, CURVES),
        ("a list", "letter|text|list", ["C"], CURVES),
    ],
    "6.2": [
        ("over epochs", "axis|epoch", lambda c: (np.mean(c, 1), np.min(c, 1), np.max(c, 1))),
        ("order", "order|lowest|swapped", lambda c: (np.min(c, 0), np.mean(c, 0), np.max(c, 0))),
        ("highest first", "order|lowest|swapped", lambda c: (np.mean(c, 0), np.max(c, 0), np.min(c, 0))),
        ("median", "median", lambda c: (np.median(c, 0), np.min(c, 0), np.max(c, 0))),
        ("one number each", "shape|one number|epoch", lambda c: (np.mean(c), np.min(c), np.max(c))),
        ("standard deviation", "standard deviation|deviation", deviations),
        ("two of three", "three|two|2|3", lambda c: (np.mean(c, 0), np.min(c, 0))),
        ("sum", "sum", lambda c: (np.sum(c, 0), np.min(c, 0), np.max(c, 0))),
        ("first and last seed", "", lambda c: (np.mean(c, 0), np.asarray(c)[0], np.asarray(c)[-1])),
    ],
    "6.3": [
        ("from 0", "from 0|count", functools.partial(stop, first=0)),
        ("equal counts as better", "strictly|equal|lower", functools.partial(stop, better=lambda n, low: n <= low)),
        ("one epoch late", "late|patience|one epoch", functools.partial(stop, late=1)),
        ("one epoch early", "early|soon|patience|one epoch", functools.partial(stop, late=-1)),
        ("never stops", "never|patience|end|stop", functools.partial(stop, whole=True)),
        ("not in a row", "in a row|again|start", functools.partial(stop, reset=False)),
        ("order", "swapped|order", lambda losses, patience: stop(losses, patience)[::-1]),
        ("the highest", "highest|lowest|lower", functools.partial(stop, better=lambda n, low: n > low)),
        ("the epoch before", "before|lowest", compared_with_the_epoch_before),
        ("one number", "two", lambda losses, patience: stop(losses, patience)[0]),
    ],
    "6.4": [
        ("the value before, not the smoothed one", "raw|smoothed value before", moving_mean),
        ("weights swapped", "swapped|other way", lambda values, weight: by_accumulate(values, 1 - weight)),
        ("from zero", "0|first", smoothed_from_zero),
        ("first one left out", "first|shape|long", without_the_first),
        ("backwards", "back|end|order|last", backwards),
        ("whole numbers", "whole numbers|fractions", in_whole_numbers),
        ("rounded", "rounded", lambda values, weight: np.round(by_accumulate(values, weight), 1)),
        ("last one alone", "one number|shape|each", lambda values, weight: by_accumulate(values, weight)[-1]),
        ("not smoothed", "nothing|not smoothed|same|values themselves", lambda values, weight: list(values)),
        ("smoothed twice", "", lambda values, weight: by_accumulate(by_accumulate(values, weight), weight)),
    ],
}
