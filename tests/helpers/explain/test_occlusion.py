"""Occlusion of a linear model, patch by patch."""

import itertools

import numpy as np
import pytest
from small_models import images, linear, softmax

from helpers import explain


@pytest.mark.parametrize(("patch", "stride", "fill"), [(2, 1, 128), (3, 2, [10, 200.5, 0]), (6, 1, 0)])
def test_occlusion_of_a_linear_model_by_hand(patch, stride, fill):
    model, weights = linear(classes=3)
    x, classes = images(4, side=6), np.array([2, 0, 1, 1])
    positions = range(0, 6 - patch + 1, stride)
    whole = np.einsum("nrcd,rcdk->nk", x.astype(float), weights) + np.arange(3)
    logit, probability = np.empty((2, 4, len(positions), len(positions)))
    for n, (i, top), (j, left) in itertools.product(range(4), enumerate(positions), enumerate(positions)):
        covered = x[n].astype(float)
        covered[top : top + patch, left : left + patch] = fill
        scores = np.einsum("rcd,rcdk->k", covered, weights) + np.arange(3)
        logit[n, i, j] = (whole[n] - scores)[classes[n]]
        probability[n, i, j] = (softmax(whole[n]) - softmax(scores))[classes[n]]
    got = explain.occlusion(model, x, classes, fill, patch, stride, output="logit", batch_size=7)
    np.testing.assert_allclose(got, logit, atol=1e-4)
    assert (logit < 0).any()
    assert (logit > 0).any()
    np.testing.assert_allclose(explain.occlusion(model, x, classes, fill, patch, stride), probability, atol=1e-5)
