"""The demo's command without a browser: what it fetches, from whom, and what it says where that fails."""

import argparse
import hashlib
import json
import socket
import sys
import threading
import urllib.request

import pytest
import small_models

from helpers import export, models
from tools.demo import command, runtime


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """npm(script, **contents): in place of npm, a Python script that may call put(); FILES are of these contents."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def new(script="put()"):
        path = folder / "npm"
        path.write_text(
            f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
            "place = Path(sys.argv[sys.argv.index('--prefix') + 1]) / 'node_modules'\n"
            "def put():\n"
            f"    for name in {[inside for inside, _ in runtime.FILES.values()]!r}:\n"
            "        (place / name).parent.mkdir(parents=True, exist_ok=True)\n"
            "        (place / name).write_text('import a from \"@litertjs/wasm-utils\"; ' + name)\n"
            f"{script}\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    content = 'import a from "@litertjs/wasm-utils"; '
    files = {
        name: (inside, hashlib.sha256((content + inside).encode()).hexdigest())
        for name, (inside, _) in runtime.FILES.items()
    }
    monkeypatch.setattr(runtime, "FILES", files)
    monkeypatch.setenv("PATH", str(folder))
    return new


def test_files_are_fetched_once_and_name_no_package(npm, tmp_path, capsys):
    npm()
    runtime.fetch(tmp_path / "litert")
    assert "fetched by npm, once" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "litert").iterdir()} == {*runtime.FILES, "PACKAGE"}
    text = (tmp_path / "litert" / "core.js").read_text(encoding="utf-8")
    assert text == 'import a from "./wasm-utils.js"; @litertjs/core/dist/index.js'
    npm("sys.exit(1)")
    runtime.fetch(tmp_path / "litert")
    assert capsys.readouterr().out == ""


def test_without_npm_a_sentence_says_what_to_install(npm, tmp_path):
    with pytest.raises(SystemExit, match=r"npm is not in PATH.*apt-get install npm"):
        runtime.fetch(tmp_path / "litert")


def test_without_a_network_npm_says_why(npm, tmp_path):
    npm("print('npm error code ENOTFOUND', file=sys.stderr); sys.exit(1)")
    with pytest.raises(SystemExit, match=r"could not fetch @litertjs/core@\S+ \(npm error code ENOTFOUND\)"):
        runtime.fetch(tmp_path / "litert")
    assert not (tmp_path / "litert").exists()


def test_other_files_than_those_known_are_not_used(npm, tmp_path):
    npm("put(); (place / '@litertjs/core/wasm/litert_wasm_compat_internal.wasm').write_text('changed')")
    with pytest.raises(SystemExit, match="is not what it was when the demo was made"):
        runtime.fetch(tmp_path / "litert")
    assert not (tmp_path / "litert" / "PACKAGE").exists()


def test_the_page_has_a_network_with_probabilities_and_what_is_said_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "fetch", lambda folder: folder.mkdir(parents=True))
    model = small_models.with_random_weights(small_models.logits_out(), scale=0.1)
    assert models.outputs_logits(model)
    command.write(tmp_path / "demo", model, ("cat", "dog", "horse"), "A small one.")
    facts = json.loads((tmp_path / "demo" / "network.json").read_text(encoding="utf-8"))
    assert (facts["side"], facts["classes"]) == (8, ["cat", "dog", "horse"])
    assert facts["about"].startswith(f"A small one. {model.count_params():,} parameters, 0.0 MB")
    assert facts["limits"].startswith("These 3 classes are all it knows.")
    network = tmp_path / "demo" / "network.tflite"
    assert export.litert_network(network)[1] == (1, 8, 8, 3), "LiteRT in a browser takes no other batch than this"
    shares = export.predict_litert(network, small_models.images())
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert {"index.html", "demo.js", "demo.css", "resize.js"} <= {path.name for path in (tmp_path / "demo").iterdir()}


def arguments(model="improved_cnn", port=0):
    return argparse.Namespace(model=model, port=port)


def test_unknown_networks_and_taken_ports_are_sentences(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="There is no model 'improved'"):
        command.main(arguments("improved"))
    monkeypatch.setattr(command, "write", lambda *_: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command.main(arguments(port=port)) == 1
    assert f"Port {port} cannot be used" in capsys.readouterr().out


def test_it_serves_this_computer_alone(tmp_path, monkeypatch, capsys):
    said, servers = [], []
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "write", lambda folder, model, names, about: said.append(about))
    (tmp_path / "index.html").write_text("a page", encoding="utf-8")

    class Server(command.ThreadingHTTPServer):
        def serve_forever(self, *_):
            servers.append(self.server_address)
            threading.Thread(target=super().serve_forever, daemon=True).start()
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server_address[1]}/") as answer:
                said.append((answer.read(), answer.headers["Cache-Control"]))
            self.shutdown()

    monkeypatch.setattr(command, "ThreadingHTTPServer", Server)
    assert command.main(arguments()) == 0
    assert servers[0][0] == "127.0.0.1"
    assert f"Open http://localhost:{servers[0][1]} in a browser" in capsys.readouterr().out
    assert said == ["improved_cnn, trained on CIFAR-10: 87.95 % of its test images right.", (b"a page", "no-cache")]
