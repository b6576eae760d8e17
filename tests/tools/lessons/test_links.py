"""``links``: a page of addresses that fetch and open a lesson at a hub."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tools import __main__ as command
from tools.lessons import find, links, repository

HUB, COURSE = "https://hub.university.edu", "https://git.university.edu/cnn/course"


def test_each_lesson_has_a_link_that_fetches_and_opens_it(tmp_path, capsys):
    page = tmp_path / "new" / "links.html"
    assert command.main(["links", f"{HUB}/", "--repository", COURSE, "--branch", "week1", "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    addresses = [urlsplit(unescape(address)) for address in re.findall(r'href="([^"]+)"', text)]
    assert len(addresses) == len(find.find())
    for address, lesson in zip(addresses, find.find(), strict=True):
        words = {name: value for name, (value,) in parse_qs(address.query).items()}
        assert address._replace(query="").geturl() == f"{HUB}/hub/user-redirect/git-pull"
        assert (words["repo"], words["branch"]) == (COURSE, "week1")
        folder = words["targetPath"]
        assert words["urlpath"] == f"lab/tree/{folder}/notebooks/student/{lesson.path.name}"
        assert folder != "cnn-on-cifar10", "there lie the lessons that the hub itself copies"
    assert f"{len(addresses)} links" in capsys.readouterr().out
    assert command.main(["links", HUB, "--repository", COURSE, "--lesson", "04", "--out", str(page)]) == 0
    assert re.findall(r"student%2F(\d\d)_", page.read_text(encoding="utf-8")) == ["04"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([HUB], "has no address yet: give --repository URL"),
        (["hub.university.edu", "--repository", COURSE], "it looks like https://hub.university.edu"),
    ],
)
def test_an_address_that_is_missing_is_said(words, sentence, monkeypatch, tmp_path):
    monkeypatch.setattr(repository, "address", lambda: repository.PLACEHOLDER)
    with pytest.raises(SystemExit, match=sentence):
        command.main(["links", *words, "--out", str(tmp_path / "links.html")])
    assert not list(tmp_path.iterdir())


def test_a_link_is_one_line_that_a_mail_can_hold():
    assert re.fullmatch(r"[!-~]+", links.link(HUB, COURSE, "04_first_cnn.ipynb"))
