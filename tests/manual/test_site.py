"""The manual as a site: built strictly, with an anchor for each requirement and no broken link."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path, PurePosixPath

import pytest

import spec
from conformance.report.manual import address
from manual.build import FILES, TEXTS, BrokenSite, built
from manual.links import broken_links, read
from manual.text import anchor, as_page

ROOT = Path(__file__).parents[2]
HERE = PurePosixPath("docs/page.md")

pytestmark = pytest.mark.virtual


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("manual"))


def test_each_requirement_has_an_anchor_and_a_mend(site: Path) -> None:
    wanted = {anchor(each.id) for each in spec.requirements()}
    for page in ("protocol", "mends"):
        assert wanted - read(site / f"spec/{page}.html").anchors == set()


def test_what_reports_link_to_is_there(site: Path) -> None:
    for each in spec.requirements():
        link = address(site.as_uri(), each.id)
        assert link is not None
        page, _, fragment = link.removeprefix("file://").partition("#")
        assert fragment in read(Path(page)).anchors


def test_the_search_finds_each_requirement_at_its_anchor(site: Path) -> None:
    items = json.loads((site / "search.json").read_text("utf-8"))["items"]
    found = {item["location"]: item for item in items}
    for each in spec.requirements():
        item = found[f"spec/protocol.html#{anchor(each.id)}"]
        assert item["title"] == each.id
        assert item["text"].startswith(f"<p>[{each.id}] {each.sentence.split('`')[0]}")


def test_every_page_is_in_the_navigation_and_in_no_other_place(site: Path) -> None:
    texts = [path for pattern in TEXTS for path in ROOT.glob(pattern)]
    assert len(texts) > len(spec.requirements()) / 4
    nav = json.dumps(tomllib.loads((ROOT / "manual/zensical.toml").read_text("utf-8"))["project"])
    for path in texts:
        name = path.relative_to(ROOT).as_posix().replace("README.md", "index.md")
        assert nav.count(f'"{name}"') == 1, name
        assert (site / name).with_suffix(".html").is_file()
    for path in (path for pattern in FILES for path in ROOT.glob(pattern)):
        assert (site / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """A site that works without a network, and tells nobody who reads it."""
    for path in site.rglob("*.html"):
        assert {each for each in read(path).loaded if "://" in each or each[:2] == "//"} == set()


@pytest.mark.parametrize(
    ("page", "link", "told"),
    [
        ("docs/gate-ci.md", "nowhere.md", "page does not exist"),
        ("docs/gate-ci.md", "../spec/protocol.md#s-nothing", "anchor does not exist"),
        ("README.md", "spec/absent/", "index.html: spec/absent"),
    ],
)
def test_a_link_that_leads_nowhere_ends_the_build(
    tmp_path: Path, page: str, link: str, told: str
) -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in ("docs", "spec"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("tests/mutants", "tests/peers/libraries"):
        (tmp_path / name).mkdir(parents=True)
    with (tmp_path / page).open("a", encoding="utf-8") as file:
        file.write(f"\nA [link]({link}).\n")
    with pytest.raises(BrokenSite, match=told):
        built(tmp_path, tmp_path / "built")


def test_a_link_in_the_rendered_pages_is_followed(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text(
        '<a href="two.html#here"></a><a href="two.html#gone"></a><a href="#top"></a>'
        '<a href="three.html"></a><a href="https://example.org/"></a><img src="absent.png">'
    )
    (tmp_path / "two.html").write_text('<p id="here"></p><a href="one.html"></a>')
    assert list(broken_links(tmp_path)) == [
        "one.html: two.html#gone",
        "one.html: #top",
        "one.html: three.html",
        "one.html: absent.png",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See S-PONG.", "See [S-PONG](../spec/protocol.md#s-pong){ .id }."),
        ("See S-PONG-FORM.", "See [S-PONG-FORM](../spec/protocol.md#s-pong-form){ .id }."),
        ("`--select S-PONG` and `S-*`", "`--select S-PONG` and `S-*`"),
        ("## S-PONG", "## S-PONG"),
        ("    wsbeat explain S-PONG", "    wsbeat explain S-PONG"),
        ("```text\nS-PONG\n\nS-ECHO\n```", "```text\nS-PONG\n\nS-ECHO\n```"),
        ("[mutants](../tests/mutants/)", "mutants"),
        ("[`a[0]`](../README.md#b)", "[`a[0]`](../index.md#b)"),
        ("[out](https://example.org/S-PONG)", "[out](https://example.org/S-PONG)"),
    ],
)
def test_a_text_becomes_a_page(text: str, shown: str) -> None:
    def placed(path: PurePosixPath) -> PurePosixPath | None:
        if str(path) == "README.md":
            return PurePosixPath("index.md")
        return None if str(path) == "tests/mutants" else path

    assert as_page(text, HERE, placed) == f"{shown}\n"
