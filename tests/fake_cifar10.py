"""CIFAR-10 in small, the manifest that goes with it, and what the tests of its way to the lessons ask."""

import hashlib
import io
import json
import tarfile

import numpy as np

from helpers import data

TRAINING = [f"data_batch_{number}.bin" for number in range(1, 6)]
FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
RECORDS = 10
# In the data folder, once the images are there.
LEFT = {"manifest.json", FOLDER, "checked.json", "cifar10.lock"}


class FakeCifar10:
    """CIFAR-10 in small: the same names and format, 10 images a file, and the manifest that goes with it."""

    def __init__(self, generator):
        self.labels = {name: generator.permutation(np.arange(RECORDS) % 10) for name in [*TRAINING, "test_batch.bin"]}
        self.images = {name: generator.integers(0, 256, (RECORDS, 32, 32, 3), np.uint8) for name in self.labels}
        self.files = {name: self._encode(name) for name in self.labels}
        self.archive = self._pack()

    def _encode(self, name):
        # Written from the format's description, pixel by pixel, so that reading has something to agree with.
        content = bytearray()
        for label, image in zip(self.labels[name], self.images[name]):
            content.append(label)
            for colour in range(3):
                for row in range(32):
                    content += bytes(image[row, column, colour] for column in range(32))
        return bytes(content)

    def _pack(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            strangers = [
                "../escaped.txt",
                "/tmp/escaped_from_archive.txt",
                f"{FOLDER}/../../escaped.txt",
                f"{FOLDER}/new",
            ]
            members = {f"{FOLDER}/{name}": content for name, content in self.files.items()}
            for name, content in {**dict.fromkeys(strangers, b"never written"), **members}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()

    def manifest(self, addresses):
        entries = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in self.files.items()
        }
        return {
            "title": "CIFAR-10",
            "archive": ARCHIVE,
            "bytes": len(self.archive),
            "sha256": hashlib.sha256(self.archive).hexdigest(),
            "addresses": addresses,
            "folder": FOLDER,
            "training": {name: entries[name] for name in TRAINING},
            "test": {"test_batch.bin": entries["test_batch.bin"]},
        }

    def write_folder(self, parent):
        folder = parent / FOLDER
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder


def offer(folder, fake, addresses):
    (folder / "manifest.json").write_text(json.dumps({"cifar10": fake.manifest(addresses)}))


def assert_is_the_fake(dataset, fake):
    """Every image is there, with its label, in the right set."""
    assert dataset.name == "cifar10"
    assert np.array_equal(dataset.x_test, fake.images["test_batch.bin"])
    assert np.array_equal(dataset.y_test, fake.labels["test_batch.bin"])
    labels = {image.tobytes(): label for name in TRAINING for image, label in zip(fake.images[name], fake.labels[name])}
    x = np.concatenate([dataset.x_train, dataset.x_val])
    y = np.concatenate([dataset.y_train, dataset.y_val])
    assert len(labels) == len(x) == len(y) == 5 * RECORDS
    assert {image.tobytes(): label for image, label in zip(x, y)} == labels


def assert_nothing_passes_for_good(folder):
    assert not (folder / FOLDER).exists()
    assert not (folder / ARCHIVE).exists()


def whole_message(error):
    """The text, which must name a next step and be about as long as two sentences."""
    text = str(error.value)
    assert any(step in text for step in ("run this again", "Copy", "CIFAR10_PATH")), text
    return text


def load_or_sentence(fake):
    """Whether the images are there, and right; if not, a sentence says what to do, and "auto" goes on."""
    try:
        dataset = data.load("cifar10")
    except data.DatasetError as error:
        text = str(error)
        assert text.isprintable()
        assert any(step in text for step in ("run this again", "CIFAR10_PATH", "manifest.json anew")), text
        return ""
    assert_is_the_fake(dataset, fake)
    return "right"


def mutated(content, generator):
    """Bytes flipped, dropped, doubled, cut off or put in."""
    content = bytearray(content)
    for _ in range(generator.integers(1, 6)):
        start = int(generator.integers(len(content) + 1))
        end = min(len(content), start + int(2 ** generator.uniform(0, 14)))
        piece = bytes(content[start:end])
        noise = generator.bytes(end - start)
        content[start:end] = (
            noise[:1] + piece[1:],
            noise,
            b"",
            piece * 2,
            piece + noise,
            bytes(len(piece)),
            piece[::-1],
        )[generator.integers(7)]
    return bytes(content)
