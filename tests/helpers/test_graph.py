"""The graph of layers: sent through it, images come out as the model itself lets them out."""

import keras
import numpy as np
import pytest
from keras import layers

from checks import lesson05_pattern
from helpers import graph


def names(calls):
    return [call.layer.name for call in calls]


def chain():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, name="one"), layers.Dense(2, name="two")])


def branches():
    given = keras.Input((4,))
    left = layers.Dense(3, name="left")(given)
    right = layers.Dense(3, name="right")(layers.Dense(5, name="before")(given))
    return keras.Model(given, layers.Concatenate(name="both")([left, layers.Add(name="sum")([right, left])]))


def shared_layer():
    given = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    return keras.Model(given, layers.Subtract(name="difference")([shared(shared(given)), shared(given)]))


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="deep")], name="inner")
    outer = keras.Sequential([keras.Input((3,)), inner, layers.Dense(2, name="middle")], name="outer")
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), outer])


def nested_twice():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="deep")], name="inner")
    given = keras.Input((4,))
    return keras.Model(given, inner(inner(given)))


class Halves(layers.Layer):
    """Two outputs of one call."""

    def call(self, given):
        return given[:, :2], given[:, 2:]


def several_ends():
    first, second = keras.Input((4,)), keras.Input((2,))
    left, right = Halves(name="halves")(first)
    total = layers.Add(name="sum")([right, second])
    return keras.Model([first, second], [layers.Subtract(name="difference")([total, left]), total, left])


def intermediate_input():
    whole = chain()
    return keras.Model(whole.layers[0].output, whole.layers[1].output)


BUILDERS = [chain, branches, shared_layer, nested, nested_twice, several_ends, intermediate_input]


def sent_through(model, values):
    """What the outputs are when every layer is called by hand, and the names of the layers in order."""
    called = []

    def compute(name, layer, arriving):
        called.append(name)
        leaving = layer(arriving if len(arriving) > 1 else arriving[0])
        return list(leaving) if isinstance(leaving, tuple) else [leaving]

    return graph.follow(model, values, compute), called


@pytest.mark.parametrize("build", BUILDERS)
def test_values_follow_the_graph_as_in_the_model(build):
    model = build()
    given = [np.random.default_rng(0).normal(size=(5, *each.shape[1:])).astype("float32") for each in model.inputs]
    expected = model(given if len(given) > 1 else given[0])
    got, _ = sent_through(model, given)
    expected = expected if isinstance(expected, list) else [expected]
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("build", BUILDERS)
def test_every_call_comes_after_those_it_depends_on(build):
    model = build()
    made = [id(tensor) for tensor in model.inputs]
    for call in graph.calls(model):
        assert all(id(tensor) in made for tensor in call.inputs)
        made += [id(tensor) for tensor in call.outputs]
    assert all(id(tensor) in made for tensor in model.outputs)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (chain, ["one", "two"]),
        (branches, ["left", "before", "right", "sum", "both"]),
        (shared_layer, ["shared", "shared", "shared", "difference"]),
        (several_ends, ["halves", "sum", "difference"]),
        (nested, ["first", "outer"]),
        (nested_twice, ["inner", "inner"]),
    ],
)
def test_each_call_is_listed_once_and_input_layers_are_left_out(build, expected):
    assert names(graph.calls(build())) == expected


def test_models_inside_models_are_opened():
    assert names(lesson05_pattern._flat_calls(nested())) == ["first", "deep", "middle"]
    assert sent_through(nested(), [np.zeros((1, 4))])[1] == ["first", "outer/inner/deep", "outer/middle"]
    assert names(lesson05_pattern._flat_calls(nested_twice())) == ["deep", "deep"]


def test_a_layer_of_two_models_has_the_tensors_of_the_one_that_is_asked():
    shared = layers.Dense(3, name="shared")
    models = [keras.Sequential([keras.Input((4,)), layers.Dense(4), shared, layers.Dense(n)]) for n in (1, 2)]
    for model in models:
        calls = graph.calls(model)
        assert len(calls) == 3
        assert calls[1].layer is shared
        assert calls[0].outputs[0] is calls[1].inputs[0]
        assert calls[1].outputs[0] is calls[2].inputs[0]
        assert calls[2].outputs[0] is model.outputs[0]


def test_a_model_that_is_called_elsewhere_keeps_its_graph():
    model = branches()
    before = graph.calls(model)
    keras.Model(other := keras.Input((4,)), layers.Dense(2)(model(other)))
    model(np.zeros((1, 4)))
    assert graph.calls(model) == before


def test_operations_of_functions_are_calls_too():
    given = keras.Input((4,))
    model = keras.Model(given, keras.ops.relu(layers.Dense(3)(given / 255)))
    assert [type(call.layer).__name__ for call in graph.calls(model)][1:] == ["Dense", "Relu"]
    assert len(graph.calls(model)) == 3


def test_layers_that_the_outputs_do_not_depend_on_are_left_out():
    whole = chain()
    assert names(graph.calls(keras.Model(whole.inputs, whole.layers[0].output))) == ["one"]


class Subclassed(keras.Model):
    def call(self, images):
        return images


@pytest.mark.parametrize("ask", [graph.ends, graph.calls, lambda model: graph.follow(model, [0], list)])
@pytest.mark.parametrize("build", [Subclassed, keras.Sequential, lambda: keras.Sequential([layers.Dense(3)])])
def test_a_model_without_a_graph_is_refused_in_a_sentence(ask, build):
    sentence = r"has no graph of layers: begin it with keras\.Input.*subclass of keras\.Model cannot be read"
    with pytest.raises(ValueError, match=sentence):
        ask(build())


def test_a_subclass_inside_a_model_is_one_call_and_cannot_be_opened():
    model = keras.Sequential([keras.Input((4,)), Subclassed(name="hidden")])
    assert names(graph.calls(model)) == ["hidden"]
    with pytest.raises(ValueError, match=r"'hidden' has no graph of layers"):
        lesson05_pattern._flat_calls(model)
