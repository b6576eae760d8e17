"""A trial of sparse coding: the dictionary sees no label, the classifier the first so many."""

import numpy as np
import pytest
from made_up import dataset as made_up_dataset

from helpers.teaching import sparse
from tools.studies import lesson11, sparse_coding
from tools.studies.engine import Trial

TRIALS = next(lesson11.sparse_coding())


def test_sparse_coding_on_a_few_images(tmp_path):
    records = [sparse_coding.coded(trial.payload("shapes10", dry=True), tmp_path) for trial in TRIALS]
    assert [record["seed"] for record in records] == [0, 0, 1, 1]
    for record in records:
        assert list(record["validation_by_images"]) == ["50", "100"]
        assert all(0 <= accuracy <= 1 for accuracy in record["validation_by_images"].values())
        assert (record["atoms"], record["patches"], record["threshold"]) == (8, 300, 0.5)
        assert (record["dataset"], record["training_images"]) == ("shapes10", 500)
        assert "scikit-learn" in record["versions"]
    # Eight atoms and a hundred labels already beat guessing, by three standard errors of a mean over 4,000 images.
    assert np.mean([record["validation_by_images"]["100"] for record in records]) > 0.1 + 3 * (0.1 * 0.9 / 4000) ** 0.5


@pytest.mark.parametrize("learnt", [True, False])
def test_a_dictionary_is_learnt_only_where_the_trial_says_so(loaded, tmp_path, monkeypatch, learnt):
    loaded(made_up_dataset(120))
    learns, used = [], []

    def dictionary(white, atoms, seed):
        learns.append(seed)
        return -white[:atoms]

    def features(images, whitening, chosen, threshold):
        used.append(chosen)
        return images.reshape(len(images), -1)[:, :20].astype(np.float32)

    monkeypatch.setattr(sparse, "dictionary", dictionary)
    monkeypatch.setattr(sparse, "features", features)
    trial = next(one for one in TRIALS if one.seed == 1 and (one.label == "learnt") is learnt)
    sparse_coding.coded(trial.payload("made up", dry=True), tmp_path)
    assert learns == [1] * learnt
    assert np.array_equal(used[0], used[1]), "training and validation images get the same dictionary"
    if not learnt:
        np.testing.assert_allclose(np.linalg.norm(used[0], axis=1), 1, rtol=1e-5)


def test_the_classifier_learns_from_the_first_images(loaded, tmp_path, monkeypatch):
    seen = []

    class Classifier(sparse_coding.RidgeClassifier):
        def fit(self, x, y):
            seen.append((len(x), y.tolist()))
            return super().fit(x, y)

    dataset = made_up_dataset(120)
    loaded(dataset)
    monkeypatch.setattr(sparse_coding, "RidgeClassifier", Classifier)
    monkeypatch.setattr(sparse_coding, "AMOUNTS", (30, 60, 120))
    sizes = {"atoms": 6, "patches": 200, "threshold": 0.5, "dictionary": "random patches"}
    trial = Trial(None, 0, "random patches", facts=sizes)
    record = sparse_coding.coded(trial.payload("made up", dry=False), tmp_path)
    assert seen == [(amount, dataset.y_train[:amount].tolist()) for amount in (30, 60, 120)]
    assert list(record["validation_by_images"]) == ["30", "60", "120"]
    assert (record["atoms"], record["patches"]) == (6, 200)
