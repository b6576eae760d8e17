"""Models of Keras between a student's kernel and the process that checks: their config, their weights, their loss.

A config from a kernel names classes and functions that Keras would import. Only layers, operations and activations
that compute, and read no file, are made again; anything else is refused with its name.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

MOST = 6 * 10**6  # weights that are sent along; a larger model is made anew, with first values
# Layers and what hangs on them, from public modules and nothing else.
MODULES = {
    "keras", "keras.layers", "keras.models", "keras.initializers", "keras.regularizers", "keras.constraints",
    "keras.losses", "keras.random",
}  # fmt: skip
OPERATIONS = re.compile(r"keras\.src\.ops\.(numpy|nn|math)")
# Of these modules, what runs code, reads files, or holds another framework's model.
REFUSED = re.compile(
    r"Lambda|.*Wrapper|Jax.*|Flax.*|TF.*|Torch.*|.*Lookup|Hashing|HashedCrossing|TextVectorization|Discretization|"
    r"RNN|.*Cell|.*RNNCells|MelSpectrogram|STFTSpectrogram|RandAugment|Pipeline|FeatureSpace"
)
VALUES = {"__tuple__", "__numpy__", "__tensor__", "__ellipsis__", "__slice__", "__keras_tensor__"}


class Unknown(Exception):
    """The name of what is in a model and cannot be made again here."""


def made_of(model: Any, encode: Any, tokens: Any) -> dict:
    """A model as data. ``tokens`` gives each variable a number of its own. Raises Unknown where Keras cannot."""
    import keras

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of functions of the student's own, which the other side refuses
            config = keras.saving.serialize_keras_object(model)
            compiled = _loss(model) if getattr(model, "compiled", False) else None
        config.pop("compile_config", None)
    except Exception as error:  # whatever stands in a model of a student's own
        raise Unknown(type(error).__name__) from None
    weights = model.weights if model.built else []
    count = sum(int(np.prod(weight.shape)) for weight in weights)
    return {
        "kind": "model",
        "config": config,
        "weights": encode([np.asarray(weight) for weight in weights]) if count <= MOST else None,
        "trainable": [bool(layer.trainable) for layer in model._flatten_layers()],
        "tokens": [tokens(weight) for weight in weights],
        "compiled": compiled,
    }


def model(made: dict, decode: Any, trusted: bool) -> Any:
    """The model again. Raises Unknown for what is not among what may be made, unless it comes from a trusted side."""
    import keras

    config = made["config"]
    if not trusted:
        refuse(config)
    again = keras.saving.deserialize_keras_object(config, safe_mode=True)
    if not isinstance(again, keras.Model):
        raise Unknown(type(again).__name__)
    if made["weights"] is not None and again.built:
        again.set_weights(decode(made["weights"]))
    layers = list(again._flatten_layers())
    if len(layers) == len(made["trainable"]):
        for layer, trainable in zip(layers, made["trainable"]):
            if layer._trainable != bool(trainable):
                layer._trainable = bool(trainable)
                for weight in layer._trainable_variables:
                    weight.trainable = bool(trainable)
    if made["compiled"] is not None:
        again.compile(optimizer="sgd", loss=_losses(made["compiled"], trusted))
    return again


def refuse(made: Any, depth: int = 0) -> None:
    """Raise Unknown for anything in a config that is not known to compute only."""
    if depth > 60:
        raise Unknown("a config without an end")
    if isinstance(made, list):
        for entry in made:
            refuse(entry, depth + 1)
    if not isinstance(made, dict):
        return
    kind = made.get("class_name")
    if kind is not None:
        if not isinstance(kind, str) or ("config" not in made and kind not in VALUES):
            raise Unknown(str(kind)[:80])
        if kind not in VALUES:
            _refuse_class(kind, made)
    if "fn" in made or "function" in made or "__typespec__" in made:
        raise Unknown("function")
    for entry in made.values():
        refuse(entry, depth + 1)


def _refuse_class(kind: str, made: dict) -> None:
    import keras

    module, registered = made.get("module"), made.get("registered_name")
    if kind == "function":
        name = made["config"]
        known = isinstance(name, str) and (hasattr(keras.activations, name) or hasattr(keras.losses, name))
        if module not in ("builtins", "keras.activations") or not known:
            raise Unknown(f"function {str(name)[:80]}")
        return
    inner = (module, kind) in {("keras", "DTypePolicy"), ("keras.src.models.functional", "Functional")}
    public = module in MODULES and kind[:1].isupper() and not REFUSED.fullmatch(kind)
    operation = isinstance(module, str) and OPERATIONS.fullmatch(module)
    if registered not in (None, kind) or not (inner or public or operation):
        raise Unknown(kind[:80])


def _loss(model: Any) -> Any:
    """The loss of a compiled model: text, a config of Keras, or "" for one of the student's own."""
    import keras

    losses = keras.tree.flatten(model.loss)
    if not losses or model.loss is None:
        return []
    told = []
    for one in losses:
        if isinstance(one, str):
            told.append(one)
        else:
            try:
                told.append(keras.losses.serialize(one))
            except Exception:  # a function or class of the student's own
                told.append("")
    return told


def _losses(made: Any, trusted: bool) -> Any:
    import keras

    losses = []
    for one in made:
        try:
            if not trusted:
                refuse(one)
            loss = keras.losses.get(one)
        except Exception:  # none that Keras knows
            loss = None
        losses.append(loss if loss is not None else _own_loss)
    return losses[0] if len(losses) == 1 else (losses or None)


def _own_loss(truth: Any, predicted: Any) -> Any:
    raise TypeError("a loss of the student's own is not called here")
