"""The page of ``make demo`` in Chromium: it predicts what Keras predicts, from a file and from a camera."""

from __future__ import annotations

import shutil

import keras
import numpy as np
import pytest
from browser import visits
from PIL import Image
from playwright.sync_api import expect

from helpers import data, places, records
from tools import programs
from tools.demo import command, runtime

READY = "body[data-ready]"
PHOTO = sorted(places.PHOTOS.glob("*.jpg"))[0]


@pytest.fixture(scope="module")
def network():
    return records.stored_model("improved_cnn")[0]


@pytest.fixture(scope="module")
def address(network, served, tmp_path_factory):
    """The page; npm is called once for all tests, and for ``make demo``."""
    folder = tmp_path_factory.mktemp("demo")
    try:
        runtime.fetch(command.FOLDER / "litert")
    except SystemExit as error:  # no npm, or no network
        pytest.skip(str(error))
    shutil.copytree(command.FOLDER / "litert", folder / "litert")
    command.write(
        folder, network, data.CIFAR10_CLASSES, "improved_cnn, trained on CIFAR-10: 87.95 % of its test images right."
    )
    return served(folder) + "/index.html"


@pytest.fixture
def opened(address, visit):
    def new(size="screen", **options):
        made = visit(size, **options)
        made.page.goto(address)
        made.page.wait_for_selector(READY)
        return made

    return new


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """What a camera sees: a photo in the middle of 640 × 480 pixels, without end, and the same as an image file."""
    folder = tmp_path_factory.mktemp("film")
    photo = Image.fromarray(data.photo(PHOTO, 480))
    frame = Image.new("RGB", (640, 480), "grey")
    frame.paste(photo, (80, 0))
    luma, *colours = frame.convert("YCbCr").split()
    # As television has them: black is 16, white 235, and colours have a quarter of the pixels.
    planes = [luma.point(lambda value: 16 + value * 219 / 255)]
    planes += [colour.reduce(2).point(lambda value: 128 + (value - 128) * 224 / 255) for colour in colours]
    with (folder / "film.y4m").open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for _ in range(3):
            file.write(b"FRAME\n" + b"".join(plane.tobytes() for plane in planes))
    frame.save(folder / "frame.png")
    return folder


@pytest.fixture(scope="module")
def with_camera(browser, film):
    """Chromium with a camera that shows the film, which every page may use."""
    flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    chromium = browser.browser_type.launch(
        executable_path=programs.chromium(),
        args=["--disable-gpu", "--no-sandbox", *flags, f"--use-file-for-fake-video-capture={film / 'film.y4m'}"],
    )
    yield chromium
    chromium.close()


def seen(page):
    """Pixels that the network got, and its probabilities."""
    found = page.evaluate("({ pixels: [...window.lastSeen.pixels], shares: window.lastSeen.shares })")
    return np.array(found["pixels"], np.uint8).reshape(32, 32, 3), np.array(found["shares"])


def chosen(page, path):
    """Give the page a file, and wait for what it says of it."""
    page.get_by_label("Choose an image").set_input_files(path)
    expect(page.locator("#spoken, #message").filter(has_text=path.name)).to_have_count(1)


def smooth(mode="RGB", size=(301, 200)):
    """Colours that change over the image, and fine noise."""
    row, column = np.mgrid[: size[1], : size[0]]
    image = np.stack([row % 256, column % 256, (row + 2 * column) % 256], axis=-1)
    noise = np.random.default_rng(0).integers(-30, 30, image.shape)
    return Image.fromarray((image + noise).clip(0, 255).astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("size", [(301, 200), (200, 301), (32, 32), (17, 17), (1, 1), (1_600, 1_199)])
def test_a_file_gives_what_keras_gives(opened, network, tmp_path, size):
    page = opened().page
    path = tmp_path / "mine.png"
    smooth(size=size).save(path)
    chosen(page, path)
    pixels, shares = seen(page)
    wanted = data.photo(path, 32)
    assert np.abs(pixels.astype(int) - wanted).max() <= 1
    predicted = network.predict(wanted[None], verbose=0)[0]
    assert shares.argmax() == predicted.argmax()
    np.testing.assert_allclose(shares, predicted, atol=0.01)
    np.testing.assert_allclose(shares, network.predict(pixels[None], verbose=0)[0], atol=1e-4)
    best = data.CIFAR10_CLASSES[shares.argmax()]
    assert page.locator("#spoken").inner_text() == f"mine.png: {best}, {100 * shares.max():.1f} %."
    assert page.locator("#bars li.first").inner_text().split("\n")[0].strip() == best


@pytest.mark.parametrize("kind", ["photo", "turned", "transparent", "grey"])
def test_photos_of_every_kind(opened, network, tmp_path, kind):
    page = opened().page
    if kind == "photo":
        path = PHOTO
    elif kind == "turned":
        path, exif = tmp_path / "turned.jpg", Image.Exif()
        exif[0x0112] = 6
        smooth().save(path, quality=95, exif=exif)
    elif kind == "transparent":
        path, image = tmp_path / "clear.png", smooth("RGBA")
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(path)
    else:
        path = tmp_path / "grey.png"
        smooth("L").save(path)
    chosen(page, path)
    pixels, shares = seen(page)
    wanted = data.photo(path, 32)
    assert np.abs(pixels.astype(int) - wanted).max() <= 2
    predicted = network.predict(wanted[None], verbose=0)[0]
    assert shares.argmax() == predicted.argmax()
    np.testing.assert_allclose(shares, predicted, atol=0.01)


def test_a_dropped_file(opened, tmp_path):
    page = opened().page
    path = tmp_path / "dropped.png"
    smooth().save(path)
    transfer = page.evaluate_handle(
        """(numbers) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(numbers)], "dropped.png", { type: "image/png" }));
            return transfer;
        }""",
        list(path.read_bytes()),
    )
    page.dispatch_event("#stage", "dragover", {"dataTransfer": transfer})
    assert "over" in page.locator("#stage").get_attribute("class")
    page.dispatch_event("#stage", "drop", {"dataTransfer": transfer})
    expect(page.locator("#spoken")).to_contain_text("dropped.png: ")
    assert page.locator("#image").get_attribute("aria-label") == "Middle square of dropped.png"
    page.dispatch_event("#stage", "drop", {"dataTransfer": page.evaluate_handle("new DataTransfer()")})
    assert "That was no file" in page.locator("#message").inner_text()


def test_a_broken_file_is_a_sentence_and_the_next_one_works(opened, tmp_path):
    page = opened().page
    broken, whole = tmp_path / "broken.png", tmp_path / "whole.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnone")
    smooth().save(whole)
    chosen(page, broken)
    assert page.get_by_role("alert").inner_text() == (
        "broken.png cannot be read as an image by this browser. Save it as JPEG or PNG, and choose that file."
    )
    chosen(page, whole)
    assert page.get_by_role("alert").inner_text() == ""


def test_the_camera_predicts_what_keras_predicts(address, with_camera, network, film):
    made = visits.Visit(with_camera, visits.SIZES["screen"])
    page = made.page
    page.goto(address)
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start the camera").press("Enter")
    expect(page.locator("#frames")).to_contain_text("frames/s")
    pixels, shares = seen(page)
    wanted = data.photo(film / "frame.png", 32)
    assert np.abs(pixels.astype(int) - wanted).mean() < 3  # colours in a film are coarser
    assert shares.argmax() == network.predict(wanted[None], verbose=0)[0].argmax()
    np.testing.assert_allclose(shares, network.predict(pixels[None], verbose=0)[0], atol=1e-4)
    assert page.locator("#spoken").inner_text() == f"Camera: {data.CIFAR10_CLASSES[shares.argmax()]}."
    page.get_by_role("button", name="Stop the camera").click()
    assert page.locator("#frames").inner_text() == "–"
    assert page.get_by_role("button", name="Start the camera").is_enabled()
    faults = made.faults()
    made.close()
    assert faults == []


def test_without_permission_or_a_camera_a_sentence_says_so(opened):
    page = opened().page
    for error, says in {
        "NotAllowedError": "The camera may not be used: allow it",
        "NotFoundError": "There is no camera on this computer",
        "NotReadableError": "in use by another program",
        "OddError": "The camera does not start (OddError)",
    }.items():
        page.evaluate(
            "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }", error
        )
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("alert")).to_contain_text(says)


def test_chromium_itself_refuses_the_camera(opened):
    page = opened().page
    page.get_by_role("button", name="Start the camera").click()
    expect(page.get_by_role("alert")).to_contain_text("choose an image")
    assert page.get_by_role("button", name="Start the camera").is_enabled()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["screen", "phone"])
def test_the_page_fits_and_can_be_read(opened, axe, size, theme):
    made = opened(size, color_scheme=theme)
    axe(made.page)
    chosen(made.page, PHOTO)
    assert made.sideways() <= 0
    axe(made.page)
    places.BUILD.joinpath("browser").mkdir(parents=True, exist_ok=True)
    made.page.screenshot(path=places.BUILD / "browser" / f"demo_{size}_{theme}.png", full_page=True)
    if size == "screen":
        assert made.page.locator("#bars li").last.bounding_box()["y"] < 700, "all ten without scrolling"


def test_it_says_what_it_does_not_know(opened):
    page = opened().page
    assert "These ten classes are all it knows." in page.inner_text("main")
    assert "no image leaves this computer" in page.inner_text("footer")
    assert page.locator("#bars li").all_inner_texts() == [f"{name}\n–" for name in data.CIFAR10_CLASSES]


def test_of_many_classes_the_ten_most_probable_are_shown(served, visit, address, tmp_path_factory, tmp_path):
    folder = tmp_path_factory.mktemp("many")
    shutil.copytree(command.FOLDER / "litert", folder / "litert")
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, keras.layers.Dense(30)(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))))
    names = [f"class {number}" for number in range(30)]
    command.write(folder, model, names, "Many classes.")
    page = visit().page
    page.goto(served(folder) + "/index.html")
    page.wait_for_selector(READY)
    smooth().save(tmp_path / "mine.png")
    chosen(page, tmp_path / "mine.png")
    logits = model.predict(data.photo(tmp_path / "mine.png", 16)[None], verbose=0)[0]
    shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    shown = [line.replace("\n", " ") for line in page.locator("#bars li").all_inner_texts()]
    order = shares.argsort()[::-1][:10]
    assert [line.rsplit(" ", 2)[0] for line in shown] == [names[index] for index in order]
    assert shown[0] == f"{names[order[0]]} {100 * shares[order[0]]:.1f} %"
    assert "These 30 classes are all it knows." in page.inner_text("main")


def test_without_the_network_a_sentence_says_so(address, visit):
    page = visit("screen", (r"404", r"Failed to load")).page
    page.route("**/network.tflite", lambda route: route.fulfill(status=404))
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text("The network cannot be loaded")
