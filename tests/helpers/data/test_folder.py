"""Folders of one's own images: nothing lost without a word, no image on both sides of the split."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

from helpers.data import folder, photo


def pixels(seed, side=40):
    """Noise in blocks of pixels, so that it stays different at any size."""
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return small.repeat(side // 8, axis=0).repeat(side // 8, axis=1)


def save(path, seed, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed)).save(path, **options)
    return path


def make(top, **counts):
    """A folder with so many different images of each class; returns it."""
    number = 0
    for name, count in counts.items():
        (top / name).mkdir(parents=True)
        for index in range(count):
            save(top / name / f"{index:03d}.png", number)
            number += 1
    return top


def all_images(dataset):
    return [image.tobytes() for part in (dataset.x_train, dataset.x_val, dataset.x_test) for image in part]


def test_every_image_is_in_one_part_with_its_class(tmp_path, capsys):
    made = folder.load(make(tmp_path / "pets", cats=10, dogs=20))
    assert (made.name, made.class_names) == ("pets", ("cats", "dogs"))
    sizes = [(len(y), np.bincount(y).tolist()) for y in (made.y_train, made.y_val, made.y_test)]
    assert sizes == [(18, [6, 12]), (6, [2, 4]), (6, [2, 4])]
    assert made.x_train.shape == (18, 32, 32, 3)
    assert made.x_train.dtype == np.uint8
    assert made.y_test.dtype == np.int64
    found = {}
    for part in ("train", "val", "test"):
        for image, label in zip(getattr(made, f"x_{part}"), getattr(made, f"y_{part}")):
            found[image.tobytes()] = made.class_names[label]
    wanted = {photo(path, 32).tobytes(): path.parent.name for path in tmp_path.glob("pets/*/*.png")}
    assert found == wanted
    assert len(found) == 30
    assert capsys.readouterr().out == (
        "Images in pets: cats 10, dogs 20.\nSplit: 18 for training, 6 for validation, 6 for the test.\n"
    )


def test_the_training_images_are_shuffled(tmp_path):
    labels = folder.load(make(tmp_path / "pets", cats=20, dogs=20)).y_train
    assert sorted(labels) != list(labels)


def test_a_part_may_be_left_out_and_the_size_chosen(tmp_path):
    made = folder.load(make(tmp_path / "pets", cats=2, dogs=2), size=16, validation=0, test=0.5)
    assert made.x_val.shape == (0, 16, 16, 3)
    assert made.x_test.shape == (2, 16, 16, 3)
    assert np.bincount(made.y_train).tolist() == [1, 1]
    whole = folder.load(tmp_path / "pets", 16, 0, 0)
    assert (len(whole.x_train), len(whole.x_test)) == (4, 0)


def test_the_smallest_classes_are_in_every_part_whatever_the_shares(tmp_path):
    made = folder.load(make(tmp_path / "pets", cats=3, dogs=3), validation=0.49, test=0.5)
    assert [np.bincount(y).tolist() for y in (made.y_train, made.y_val, made.y_test)] == [[1, 1]] * 3


def test_the_same_folder_gives_the_same_split_whatever_the_files_are_called(tmp_path):
    make(tmp_path / "pets", cats=12, dogs=12)
    first, again = folder.load(tmp_path / "pets"), folder.load(tmp_path / "pets")
    for number, path in enumerate(sorted(tmp_path.glob("pets/*/*.png"), reverse=True)):
        path.rename(path.with_name(f"renamed {number:03d}.png"))
    renamed = folder.load(str(tmp_path / "pets"))
    other = folder.load(tmp_path / "pets", seed=1)
    assert all_images(first) == all_images(again) == all_images(renamed)
    assert sorted(all_images(first)) == sorted(all_images(other))
    assert {image.tobytes() for image in first.x_test} != {image.tobytes() for image in other.x_test}


def test_files_that_are_no_images_are_named_with_the_reason(tmp_path, capsys):
    top = make(tmp_path / "pets", cats=5, dogs=5)
    (top / "cats" / "notes.txt").write_text("no image", encoding="utf-8")
    (top / "dogs" / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (top / "dogs" / "empty.jpg").write_bytes(b"")
    whole = save(top / "dogs" / "cut.jpg", 99).read_bytes()
    (top / "dogs" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (top / "cats" / "old").mkdir()
    (top / "readme.md").write_text("mine", encoding="utf-8")
    (top / "dogs" / "lost.png").symlink_to(tmp_path / "nowhere.png")
    made = folder.load(top)
    assert len(all_images(made)) == 10
    said = capsys.readouterr().out
    assert "Left out: 7 files." in said
    for name, reason in {
        "cats/notes.txt": "of no format that is known here",
        "dogs/film.mp4": "a video",
        "dogs/empty.jpg": "empty",
        "dogs/cut.jpg": "damaged",
        "cats/old": "a folder inside a class",
        "readme.md": "its class is unknown",
        "dogs/lost.png": "does not exist",
    }.items():
        (line,) = [line for line in said.splitlines() if line.startswith(f"* {name}: ")]
        assert reason in line


def test_many_foreign_files_are_still_all_named(tmp_path, capsys):
    top = make(tmp_path / "pets", cats=3, dogs=3)
    for number in range(25):
        (top / "cats" / f"note {number}.txt").write_text("no image", encoding="utf-8")
    folder.load(top)
    said = capsys.readouterr().out
    assert all(f"cats/note {number}.txt" in said for number in range(25))
    assert said.count("\n") < 20


def test_what_the_system_wrote_is_no_image_and_no_class(tmp_path, capsys):
    top = make(tmp_path / "pets", cats=3, dogs=3)
    for name in (".DS_Store", "._000.png", "Thumbs.db", "desktop.ini"):
        (top / "cats" / name).write_bytes(b"x")
    for name in ("__MACOSX", ".ipynb_checkpoints"):
        (top / name).mkdir()
    assert folder.load(top).class_names == ("cats", "dogs")
    assert "Left out" not in capsys.readouterr().out


def test_duplicates_are_kept_once(tmp_path, capsys):
    top = make(tmp_path / "pets", cats=6, dogs=6)
    (top / "cats" / "copy.png").write_bytes((top / "cats" / "000.png").read_bytes())  # the same bytes
    save(top / "cats" / "other.bmp", 1)  # the same pixels
    turned = Image.fromarray(pixels(2)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(top / "cats" / "turned.png", exif=exif)  # the same once it is rotated
    made = folder.load(top)
    assert len(all_images(made)) == len(set(all_images(made))) == 12
    said = capsys.readouterr().out
    assert "* cats/copy.png: it is the same image as cats/000.png." in said
    assert "* cats/other.bmp: it is the same image as cats/001.png." in said
    assert "* cats/turned.png: it is the same image as cats/002.png." in said


def test_an_image_of_two_classes_is_in_none(tmp_path, capsys):
    top = make(tmp_path / "pets", cats=4, dogs=4)
    save(top / "dogs" / "a cat.png", 0)
    save(top / "dogs" / "another.png", 0)
    made = folder.load(top)
    assert np.bincount(np.concatenate([made.y_train, made.y_val, made.y_test])).tolist() == [3, 4]
    said = capsys.readouterr().out
    assert "Left out: 3 files." in said
    for file in ("cats/000.png", "dogs/a cat.png", "dogs/another.png"):
        assert f"* {file}: it is the same image as" in said
    assert said.count("but in another class") == 3


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGBA", "LA", "I;16"])
def test_images_of_every_kind_become_rgb(tmp_path, mode):
    top = make(tmp_path / "pets", cats=3, dogs=3)
    image = Image.fromarray(pixels(50)).convert("L" if mode == "I;16" else mode)
    image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257) if mode == "I;16" else image
    image.save(top / "dogs" / ("new.jpg" if mode == "CMYK" else "new.png"))
    assert len(all_images(folder.load(top))) == 7


def test_tiny_huge_and_long_images(tmp_path):
    top = make(tmp_path / "pets", cats=3, dogs=3)
    Image.new("RGB", (1, 1), "red").save(top / "cats" / "tiny.png")
    Image.new("RGB", (5_000, 4_000), "green").save(top / "cats" / "huge.jpg")
    Image.new("RGB", (3_000, 2), "blue").save(top / "cats" / "long.png")
    made = folder.load(top, size=8)
    means = {tuple(image.mean(axis=(0, 1)).round().astype(int)) for image in made.x_train[made.y_train == 0]}
    assert np.bincount(np.concatenate([made.y_train, made.y_val, made.y_test])).tolist() == [6, 3]
    assert means  # they are read; which part they are in is chance


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, "holds no subfolder. Make one subfolder for each class"),
        ({"cats": 9}, "holds only one class, cats."),
        ({"cats": 9, "dogs": 2}, "at least 3 different images, one for each part of the split: dogs has 2."),
        ({"cats": 0, "dogs": 9}, "cats has 0"),
    ],
)
def test_what_is_no_dataset_is_refused(tmp_path, counts, says):
    (tmp_path / "pets").mkdir()
    with pytest.raises(ValueError, match=says):
        folder.load(make(tmp_path / "pets", **counts))


def test_images_beside_no_subfolder_are_refused(tmp_path):
    save(tmp_path / "cat.png", 1)
    with pytest.raises(ValueError, match="holds no subfolder"):
        folder.load(tmp_path)
    with pytest.raises(ValueError, match="is a file"):
        folder.load(tmp_path / "cat.png")
    with pytest.raises(FileNotFoundError, match=r"dogs does not exist\. Relative paths start in"):
        folder.load(tmp_path / "dogs")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"validation": 20}, "validation is 20: a share"),
        ({"test": -0.1}, "test is -0.1: a share"),
        ({"test": float("nan")}, "test is nan: a share"),
        ({"test": None}, "test is None: a share"),
        ({"validation": 0.5, "test": 0.5}, "leave nothing to train on"),
        ({"size": 0}, "size is 0: a whole number is needed, from 1 to 4,000"),
        ({"size": 32.0}, r"size is 32\.0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": True}, "seed is True"),
        ({"path": None}, "None is not the path of a folder"),
    ],
)
def test_arguments_that_cannot_be_meant(tmp_path, options, says):
    with pytest.raises(ValueError, match=says):
        folder.load(**{"path": tmp_path} | options)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(tmp_path):
    top = make(tmp_path / "pets", cats=3, dogs=3)
    (top / "dogs").chmod(0)
    with pytest.raises(ValueError, match="may not be read"):
        folder.load(top)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=some.lists(some.integers(3, 12), min_size=2, max_size=4),
    validation=some.floats(0.01, 0.45),
    test=some.floats(0.01, 0.45),
    copies=some.integers(0, 3),
    seed=some.integers(0, 5),
)
def test_no_image_is_lost_or_on_both_sides(tmp_path_factory, counts, validation, test, copies, seed):
    top = tmp_path_factory.mktemp("some") / "set"
    number = 0
    for label, count in enumerate(counts):
        (top / str(label)).mkdir(parents=True)
        for index in range(count):
            for copy in range(1 + (copies if index == 0 else 0)):
                Image.fromarray(pixels(number, 8)).save(top / str(label) / f"{index}-{copy}.bmp")
            number += 1
    made = folder.load(top, 8, validation, test, seed)
    assert len(all_images(made)) == len(set(all_images(made))) == sum(counts)
    for part, share in (("val", validation), ("test", test)):
        for label, count in enumerate(counts):
            held = int((getattr(made, f"y_{part}") == label).sum())
            assert held >= 1
            assert held <= max(1, share * count + 0.5)
    assert np.bincount(made.y_train, minlength=len(counts)).min() >= 1
