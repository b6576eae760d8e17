"""Ours against captum's: what is compared, and what the record says. captum and PyTorch are optional."""

import importlib.util
from concurrent.futures import Future

import numpy as np
import pytest

from helpers import explain
from tools.bench import captum_maps, jobs, parts, peers


class Process:
    """In place of the process with captum: our own maps, ``off`` them, each after the next of ``seconds``."""

    def __init__(self, model, images, off=0.0, seconds=(9.0, 3.0, 1.0, 2.0)):
        classes, fill = np.arange(len(images)), float(images.mean())
        self.maps = {
            "saliency": explain.saliency(model, images, classes),
            "Grad-CAM": explain.grad_cam(model, images, classes),
            "occlusion": peers.by_pixel(explain.occlusion(model, images, classes, fill, 8, output="logit"), 8),
        }
        self.off, self.seconds = off, dict.fromkeys(self.maps, seconds)

    def __call__(self, workers, context, prepare, given):
        assert prepare is captum_maps.prepare
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, timed, job):
        first, *self.seconds[job] = self.seconds[job]
        done = Future()
        done.set_result((self.maps[job] + self.off * np.abs(self.maps[job]).max(), first))
        return done


def test_the_record_has_the_medians_of_the_rounds_after_the_first_call(monkeypatch, capsys):
    model, images = jobs.explained(side=16, images=2)
    monkeypatch.setattr(peers, "ProcessPoolExecutor", Process(model, images))
    record = peers.captum(model, images, patch=8, rounds=3)
    assert list(record) == ["saliency", "Grad-CAM", "occlusion"]
    for job in record.values():
        assert job["seconds"] == 2.0
        assert job["ratio"] == pytest.approx(2.0 / job["ours_seconds"], rel=0.05)
    assert "Grad-CAM" in capsys.readouterr().out


def test_maps_that_disagree_are_not_timed(monkeypatch):
    model, images = jobs.explained(side=16, images=2)
    monkeypatch.setattr(peers, "ProcessPoolExecutor", Process(model, images, off=2e-5))
    with pytest.raises(AssertionError, match="saliency: the maps of captum and ours disagree"):
        peers.captum(model, images, patch=8, rounds=1)


def test_a_pixel_has_the_mean_of_the_patches_that_cover_it():
    drops = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    covering = [[[] for _ in range(5)] for _ in range(6)]
    for top, left in np.ndindex(4, 3):
        for row, column in np.ndindex(3, 3):
            covering[top + row][left + column].append(drops[:, top, left])
    expected = np.array([[np.mean(values, axis=0) for values in row] for row in covering])
    np.testing.assert_allclose(peers.by_pixel(drops, 3), np.moveaxis(expected, -1, 0), atol=1e-6)


@pytest.mark.parametrize("missing", ["torch", "captum"])
def test_without_captum_or_pytorch_there_are_the_slow_ways_only(missing, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else name)
    monkeypatch.setattr(jobs, "explain_part", list)
    assert parts.explain_part() == {"jobs": {}}


def test_with_both_captum_has_its_part_of_the_record(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(jobs, "explain_part", list)
    monkeypatch.setattr(peers, "captum", lambda model, images: {"saliency": len(images)})
    monkeypatch.setattr(parts, "provenance", lambda *names: {"versions": dict.fromkeys(names, "1")})
    expected = {"jobs": {"saliency": 12}, "versions": {"torch": "1", "captum": "1"}}
    assert parts.explain_part() == {"jobs": {}, "captum": expected}


@pytest.mark.skipif(not peers.captum_is_there(), reason="captum and PyTorch are optional")
def test_captum_gives_the_same_maps():
    model, images = jobs.explained(side=16, images=3)
    assert all(job["seconds"] > 0 for job in peers.captum(model, images, patch=8, rounds=1).values())
