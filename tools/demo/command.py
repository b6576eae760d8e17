"""``python -m tools demo``: write the page, with a stored network in it, and serve it to this computer."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from helpers import start

with start.quiet():
    import keras

from helpers import data, export, models, places, records
from tools.demo import runtime

OWN = Path(__file__).with_name("files")
FOLDER = places.BUILD / "demo"
PRETRAINED = "efficientnet_lite0"  # on ImageNet (lesson 13)


def main(arguments: argparse.Namespace) -> int:
    """Write the page to build/demo and serve it until Ctrl-C; status 1 where the port is taken."""
    try:
        write(FOLDER, *_stored(arguments.model))
    except ValueError as error:
        raise SystemExit(str(error)) from None
    try:
        server = ThreadingHTTPServer(("127.0.0.1", arguments.port), partial(Handler, directory=str(FOLDER)))
    except OSError as error:
        print(f"Port {arguments.port} cannot be used ({error.strerror}): choose another one with --port.")
        return 1
    with server:
        port = server.server_address[1]
        print(f"Open http://localhost:{port} in a browser on this computer; Ctrl-C ends it.", flush=True)
        server.serve_forever()
    return 0


def _stored(name: str) -> tuple[keras.Model, Sequence[str], str]:
    """A stored network, the names of its classes, and what is said of it; ValueError where there is none."""
    if name == PRETRAINED:
        about = "EfficientNet-Lite0, trained on ImageNet: 1.28 million photos. Of 1,000 classes, the ten most probable."
        return records.pretrained(top=True), records.imagenet_classes(), about
    model, _ = records.stored_model(name)
    record = records.result(name)
    accuracy = record["test_accuracy"][record["seeds"].index(record["weights_seed"])]
    about = f"{name}, trained on CIFAR-10: {100 * accuracy:.2f} % of its test images right."
    return model, data.CIFAR10_CLASSES, about


def write(folder: Path, model: keras.Model, class_names: Sequence[str], about: str) -> None:
    """Everything that the page needs, into a folder: itself, LiteRT, the exported network, and what it is called."""
    if models.outputs_logits(model):
        model = keras.Sequential([keras.Input(model.input_shape[1:]), model, keras.layers.Softmax()])
    runtime.fetch(folder / "litert")
    for path in OWN.iterdir():
        shutil.copyfile(path, folder / path.name)
    network = export.litert(model, folder / "network.tflite", batch=1)
    count = {2: "two", 10: "ten"}.get(len(class_names), f"{len(class_names):,}")
    facts = {
        "about": f"{about} {model.count_params():,} parameters, {network.stat().st_size / 1e6:.1f} MB as LiteRT.",
        "limits": f"These {count} classes are all it knows. Whatever you show it, a face or an empty table, it spreads "
        "100 % over them, and it cannot say that it does not know.",
        "side": model.input_shape[1],
        "classes": class_names,
    }
    (folder / "network.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


class Handler(SimpleHTTPRequestHandler):
    """Files as they are now, and no line for each request."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_) -> None:
        pass
