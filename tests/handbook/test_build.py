"""The handbook builds without a warning, and every link inside it leads somewhere."""

import inspect
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
OTHERWISE = {"cli", "app"}
"""Packages that users do not import: they type their commands, or look at their pages."""


class Page(HTMLParser):
    """Where a page leads, and what in it can be led to."""

    def __init__(self, path):
        super().__init__()
        self.path, self.targets, self.ids = path, [], Counter()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.update([given["id"]] if given.get("id") else [])
        self.targets += [given[key] for key in ("href", "src") if given.get(key)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build it as ``make handbook`` does."""
    out = tmp_path_factory.mktemp("handbook")
    options = ["--fail-on-warning", "--keep-going", "--quiet", "--doctree-dir", str(out / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(out / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path: Page(path) for path in (out / "html").rglob("*.html")}


def test_every_page_of_the_handbook_is_there(site):
    built = {path.name for path in site}
    assert {f"{path.stem}.html" for path in (ROOT / "docs").rglob("*.md")} <= built


def test_every_link_inside_leads_somewhere(site):
    for page in site.values():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            assert path.is_file(), f"{page.path.name} leads to {target}"
            if parts.fragment and path in site:
                assert unquote(parts.fragment) in site[path].ids, f"{page.path.name} leads to {target}"


def test_nothing_is_loaded_from_elsewhere(site):
    for page in site.values():
        text = page.path.read_text("utf-8")
        for start in ('src="http', "src='http", '<link rel="stylesheet" type="text/css" href="http'):
            assert start not in text, f"{page.path.name} needs a network"


def test_every_package_is_in_the_reference(site):
    for path in ROOT.glob("*/__init__.py"):
        module = import_module(f"verifuse.{path.parent.name}") if path.parent.name not in OTHERWISE else None
        if not hasattr(module, "__all__"):
            continue
        (page,) = (one for one in site if one.parts[-2:] == ("api", f"{path.parent.name}.html"))
        for name in module.__all__:
            if inspect.isroutine(getattr(module, name)) or inspect.isclass(getattr(module, name)):
                assert site[page].ids[f"verifuse.{path.parent.name}.{name}"] == 1, f"{name} is not told of"
