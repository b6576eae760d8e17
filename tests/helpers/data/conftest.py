"""A machine that has no dataset yet, and a server that delivers a small one."""

import functools

import numpy as np
import pytest
from fake_cifar10 import FakeCifar10, offer
from servers import Server

from helpers import places
from helpers.data import cifar10, hosts, shapes10

certificates = functools.cache(hosts._certificates)  # a twentieth of a second for each connection


@pytest.fixture(scope="session")
def fake():
    return FakeCifar10(np.random.default_rng(7))


@pytest.fixture
def server(fake):
    with Server(fake.archive) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch):
    """Every host has a quarter of a second, except good ones: they may run on a machine that is busy."""
    talk, usual = hosts._talk, (hosts.TIMEOUT_SECONDS, hosts.ANSWER_SECONDS)

    def impatient_talk(address, start):
        hosts.TIMEOUT_SECONDS, hosts.ANSWER_SECONDS = usual if "/good/" in address else (0.25, 0.25)
        return talk(address, start)

    monkeypatch.setattr(hosts, "_talk", impatient_talk)
    yield
    hosts.TIMEOUT_SECONDS, hosts.ANSWER_SECONDS = usual


@pytest.fixture
def data_folder(tmp_path, monkeypatch, fake, server):
    """An empty data folder with a manifest, and the switches as a fresh machine has them."""
    for name in ("CIFAR10_PATH", "CNN_DATASET", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setattr(places, "DATA", folder)
    monkeypatch.setattr(places, "MANIFEST", folder / "manifest.json")
    monkeypatch.setattr(cifar10, "VALIDATION_IMAGES", 10)
    for name, part in (("TRAINING", (50, 1)), ("VALIDATION", (10, 2)), ("TEST", (20, 3))):
        monkeypatch.setattr(shapes10, name, part)
    monkeypatch.setattr(hosts, "_certificates", certificates)
    monkeypatch.setattr(hosts, "CRAWL_SECONDS", 0.3)
    monkeypatch.setattr(hosts, "CRAWL_BYTES_PER_SECOND", 500_000)
    offer(folder, fake, [server.address("missing")])
    return folder
