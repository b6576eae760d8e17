"""Hosts that fail in a hundred ways: each ends in a sentence, and in the right files where a good host follows."""

import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from fake_cifar10 import (
    ARCHIVE,
    FOLDER,
    LEFT,
    assert_is_the_fake,
    assert_nothing_passes_for_good,
    offer,
    whole_message,
)
from faulty_hosts import ADDRESSES, FAULTY, LOGIN_PAGE, SLOW
from resuming_hosts import RESUMING
from servers import Server
from tqdm import tqdm

from helpers import data
from helpers.data import hosts

# What the sentence says of some of them; of the others, what the library says.
REASONS = {
    "not_found": "HTTP Error 404: Not Found",
    "page": "something else than an archive, perhaps the login page",
    "other_length": "offers a file of",
    "from_the_middle": "does not go on where it was asked to",
    "empty": "sent nothing of the archive",
    "truncated": "before the end",
    "one_bit_flipped": "other bytes than the published archive",
    "redirect_to_ftp": "leads to 'ftp://127.0.0.1/archive.tar.gz', which does not begin with http:// or https://",
    "redirect_to_itself": "leads elsewhere more than 10 times",
    "headers_without_end": "sent nothing",
    "stalled_in_the_middle": "sent nothing",
    "a file": "which does not begin with http:// or https://",
    "nobody listens": "Connection refused",
}


@pytest.fixture
def faulty(fake):
    with Server(fake.archive, more=FAULTY | RESUMING) as running:
        yield running


def assert_one_sentence(error, address):
    text = whole_message(error)
    assert text.isprintable()
    assert len(text) < 1_500
    assert text.startswith("CIFAR-10 could not be fetched: ")
    assert (address[:200] in text) is address.isprintable()


@pytest.mark.parametrize("name", [*FAULTY, *ADDRESSES])
def test_a_faulty_host_alone_and_before_a_good_one(data_folder, fake, faulty, name, request):
    if name in SLOW:
        request.getfixturevalue("impatient")
    address = ADDRESSES.get(name, faulty.address(name))
    offer(data_folder, fake, [address])
    with pytest.raises(data.DatasetError) as error:
        data.load("cifar10")
    assert_one_sentence(error, address)
    assert REASONS.get(name, "") in str(error.value)
    assert_nothing_passes_for_good(data_folder)

    for earlier in (True, False):
        if earlier:  # half of it came another day
            (data_folder / f"{ARCHIVE}.part").write_bytes(half(fake.archive))
        offer(data_folder, fake, [address, faulty.address("good")])
        assert_is_the_fake(data.load("cifar10"), fake)
        assert {path.name for path in data_folder.iterdir()} == LEFT
        shutil.rmtree(data_folder / FOLDER)


# The states in which an earlier day may have left the download, of which no byte of the first half is asked for again
# where it is right and the host knows how to go on


def half(archive):
    return archive[: len(archive) // 2]


STATES = {
    "nothing": lambda archive: b"",
    "one byte": lambda archive: archive[:1],
    "half": half,
    "all but a byte": lambda archive: archive[:-1],
    "a portal's page": lambda archive: LOGIN_PAGE[:47],
    "half of zeros": lambda archive: bytes(len(archive) // 2),
    "half with a bit flipped": lambda archive: half(archive)[:-1] + bytes([half(archive)[-1] ^ 1]),
    "half of another file": lambda archive: half(archive)[::-1],
    "all, but zeros": lambda archive: bytes(len(archive)),
    "all, but the last byte": lambda archive: archive[:-1] + bytes([archive[-1] ^ 1]),
    "more than all": lambda archive: archive + b"!",
    "much more than all": lambda archive: bytes(10**6),
}


@pytest.mark.parametrize(
    "host", ["good", "from_the_start", "without_length", "chunked", "breaking", "moved", *RESUMING]
)
def test_a_download_goes_on_or_begins_again(data_folder, fake, faulty, host):
    """A host with its own ways is enough, whatever was begun."""
    part_file = data_folder / f"{ARCHIVE}.part"
    for state in STATES.values():
        part_file.write_bytes(state(fake.archive))
        offer(data_folder, fake, [faulty.address(host)])
        try:
            dataset = data.load("cifar10")
        except data.DatasetError:
            # A host that breaks off each time may need a second run after a wrong beginning.
            assert host in ("breaking", "goes_on_by_half_the_file_at_most")
            dataset = data.load("cifar10")
        assert_is_the_fake(dataset, fake)
        assert {path.name for path in data_folder.iterdir()} == LEFT
        shutil.rmtree(data_folder / FOLDER)


def test_what_came_rightly_is_not_fetched_again(data_folder, fake, faulty):
    """A web page, an error and a part of another file cost nothing of what an earlier day brought."""
    part_file = data_folder / f"{ARCHIVE}.part"
    part_file.write_bytes(half(fake.archive))
    bad = ["page", "portal", "not_found", "range_of_another_file", "no_content"]
    offer(data_folder, fake, [faulty.address(name) for name in bad])
    with pytest.raises(data.DatasetError):
        data.load("cifar10")
    assert part_file.read_bytes() == half(fake.archive)
    faulty.requests.clear()
    offer(data_folder, fake, [faulty.address(name) for name in [*bad, "good"]])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert faulty.requests[-1] == ("good", f"bytes={len(half(fake.archive))}-")


def test_a_portal_s_bytes_are_not_gone_on_from(data_folder, fake, faulty):
    offer(data_folder, fake, [faulty.address("portal"), faulty.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert faulty.requests == [("portal", None), ("good", None)]


def test_a_spoiled_beginning_costs_the_good_host_one_more_request(data_folder, fake, faulty):
    (data_folder / f"{ARCHIVE}.part").write_bytes(bytes(5_000))
    offer(data_folder, fake, [faulty.address("good"), faulty.address("missing")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert faulty.requests == [("good", "bytes=5000-"), ("good", None)]


def test_a_whole_download_that_was_not_unpacked_needs_no_host(data_folder, fake, faulty):
    (data_folder / f"{ARCHIVE}.part").write_bytes(fake.archive)
    assert_is_the_fake(data.load("cifar10"), fake)
    assert faulty.requests == []
    assert {path.name for path in data_folder.iterdir()} == LEFT


# Slow hosts


@pytest.mark.parametrize("behaviour", ["crawling", "trickling"])
def test_a_crawling_host_is_left_for_another(data_folder, fake, server, behaviour):
    offer(data_folder, fake, [server.address(behaviour), server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    (first, _), (second, wanted) = server.requests
    assert (first, second) == (behaviour, "good")
    begin = int(wanted.removeprefix("bytes=").removesuffix("-"))  # what the first one sent is not fetched again
    assert 0 < begin < len(fake.archive)
    if behaviour == "trickling":
        assert begin < hosts.PIECE  # nobody waited until a whole piece was together


def test_a_crawling_host_is_better_than_none_and_says_how_to_stop(data_folder, fake, server, capfd):
    offer(data_folder, fake, [server.address("crawling"), server.address("missing")])
    assert_is_the_fake(data.load("cifar10"), fake)
    # The other one is asked to go on, and for the whole file.
    assert [behaviour for behaviour, _ in server.requests] == ["crawling", "missing", "missing", "crawling"]
    said = capfd.readouterr().out
    assert said.count("Interrupt the kernel (or press Ctrl+C) to stop") == 1
    assert "minutes" in said


def test_an_interrupted_download_goes_on(data_folder, fake, server, monkeypatch):
    """The student stops what trickles: what has come is kept, and the thread that fetched it ends."""
    offer(data_folder, fake, [server.address("trickling")])

    def interrupt(bar, text):
        assert "Interrupt the kernel" in text
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tqdm, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            data.load("cifar10")
    offer(data_folder, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    behaviour, wanted = server.requests[-1]
    assert behaviour == "good"
    assert int(wanted.removeprefix("bytes=").removesuffix("-")) > 0


def test_no_thread_stays_behind(data_folder, fake, faulty, impatient):
    """Not even one that is flooded, or waits for room in the queue."""
    before = set(threading.enumerate())
    bad = ["continues_in_a_flood", "headers_without_end", "silent_after_a_byte", "gzip_without_end", "trickling"]
    offer(data_folder, fake, [faulty.address(name) for name in [*bad, "good"]])
    assert_is_the_fake(data.load("cifar10"), fake)
    for thread in set(threading.enumerate()) - before:
        if thread.name.endswith("(talk)"):
            thread.join(10)
            assert not thread.is_alive()


# The way to the host


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize(
    "proxy",
    ["http://me:secret@127.0.0.1:1", "127.0.0.1:1", "http://[::1", "socks5://127.0.0.1:1", "http://:abc", "\x1b[2J"],
)
def test_a_dead_proxy_is_named(data_folder, fake, monkeypatch, variable, proxy):
    kind = variable.lower().removesuffix("_proxy")
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv(variable, proxy)
    address = f"{kind}://example.invalid/archive.tar.gz"
    offer(data_folder, fake, [address])
    with pytest.raises(data.DatasetError) as error:
        data.load("cifar10")
    assert_one_sentence(error, address)
    assert f"the proxy ({kind}_proxy={proxy.rpartition('@')[2]})".replace("\x1b", " ") in str(error.value)
    assert "secret" not in str(error.value)


def test_a_proxy_that_works_is_used(data_folder, fake, server, monkeypatch):
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", server.address("").split("//")[1].split("/")[0])
    offer(data_folder, fake, ["http://example.invalid/archive.tar.gz"])
    server.behaviours[""] = server.behaviours["good"]  # a proxy is asked for the whole address: GET http://example...
    assert_is_the_fake(data.load("cifar10"), fake)


def test_no_network_names_every_address(data_folder, fake):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/archive.tar.gz"  # bound, but nobody listens
        unknown = "http://no-such-host.invalid/archive.tar.gz"
        offer(data_folder, fake, [closed, unknown])
        with pytest.raises(data.DatasetError, match="could not be fetched") as error:
            data.load("cifar10")
    assert closed in whole_message(error)
    assert unknown in whole_message(error)


@pytest.mark.usefixtures("impatient")
def test_a_host_that_never_takes_the_call(data_folder, fake, faulty):
    """It listens, and its queue is full; or it takes the call and says nothing about its certificate."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        offer(data_folder, fake, [f"https://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/", faulty.address("good")])
        assert_is_the_fake(data.load("cifar10"), fake)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_that_nobody_vouches_for_is_refused(data_folder, fake, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(fake.archive, context) as server:
        offer(data_folder, fake, [server.address("good")])
        with pytest.raises(data.DatasetError, match="certificate"):
            data.load("cifar10")
    assert server.requests == []
