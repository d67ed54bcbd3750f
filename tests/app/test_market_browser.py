"""The market's tab in a real browser, from the first picture to the last block, at two widths."""

import json
import re
import sys
import time
import urllib.request

import pytest
from browser import NARROW, PATIENCE_SECONDS, WIDE
from playwright.sync_api import expect

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.fixture(scope="module")
def url(serve, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    scenario = folder / "small.toml"
    scenario.write_text(
        'extends = "quick"\nname = "small"\n[task]\nalso_measure = []\nmafr = 0.3\n'
        "[contributors]\ncount = 2\n[fusion]\nepochs = 12\nstage_one_epochs = 4\n"
    )
    command = [sys.executable, "-m", "verifuse", "app", str(scenario), "--no-browser"]
    with serve(command, folder / "server.log", VERIFUSE_CACHE=str(cache)) as url:
        yield url


def ready(page):
    expect(page.locator(".vf-mode")).to_have_text("stands still")


def block(page):
    return page.locator(".vf-facts")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def move(page, knob, key, times):
    thumb = page.locator(f".vf-knob-{knob} [role=slider]")
    told = page.locator(f".vf-knob-{knob} b")
    for _ in range(times):
        before = told.inner_text()
        thumb.press(key)
        expect(told).not_to_have_text(before)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_whole_story(open_window, url, width):
    window = open_window(url, width)
    page = window.page
    ready(page)
    network = page.locator(".vf-wide svg" if width == WIDE else ".vf-narrow svg")
    expect(network).to_be_visible()
    expect(network.get_by_text("verifier-3", exact=True)).to_be_visible()
    assert window.overflow == 0

    move(page, "mafr", "ArrowRight", 5)
    expect(page.locator(".vf-knob-mafr b")).to_have_text("35 %")
    move(page, "verifiers", "ArrowRight", 1)
    expect(network.get_by_text("verifier-4", exact=True)).to_be_visible()
    ready(page)

    press(page, "Step")
    expect(block(page)).to_contain_text("block 2")
    expect(page.locator(".vf-network")).to_contain_text("posts the task, with 2.34 ether behind it")
    assert page.locator(f"{'.vf-wide' if width == WIDE else '.vf-narrow'} .vf-act.vf-transaction").count() > 0
    call = page.locator(".vf-call", has_text="postTask").first
    call.locator("summary").click()
    expect(call.locator("dd").first).to_contain_text("mafr_bps 35.00 %")

    page.locator(".vf-speed [role=slider]").press("End")
    press(page, "Play")
    expect(page.get_by_text("The market is over.")).to_be_visible()
    assert page.locator(".vf-charts .vf-point.vf-line-II").count() == 2
    assert page.locator(".vf-charts .vf-bar").count() == 2
    expect(page.locator(".vf-charts .vf-table")).to_contain_text("Rewarded")
    assert window.overflow == 0

    press(page, "Reset")
    expect(block(page)).to_contain_text(re.compile(r"block 1\b"))
    ready(page)


def test_a_dishonest_verifier_is_chosen_and_told_apart(open_window, url):
    page = open_window(url).page
    ready(page)
    page.locator(".vf-behaviour-verifier .v-select__slot").click()
    page.get_by_role("option", name="lazy").click()
    expect(page.locator(".vf-wide svg").get_by_text("lazy-1", exact=True)).to_be_visible()
    assert page.locator(".vf-wide .vf-person.vf-dishonest").count() == 1


def test_two_visitors_have_a_market_each(open_window, url):
    one, other = open_window(url).page, open_window(url).page
    for page in (one, other):
        ready(page)
    press(one, "Step")
    expect(block(one)).to_contain_text("block 2")
    expect(block(other)).to_contain_text(re.compile(r"block 1\b"))
    move(other, "verifiers", "ArrowRight", 1)
    expect(other.locator(".vf-wide svg").get_by_text("verifier-4", exact=True)).to_be_visible()
    expect(one.locator(".vf-wide svg").get_by_text("verifier-4", exact=True)).to_have_count(0)


def test_a_page_that_is_left_frees_its_market(open_window, url):
    def kernels():
        with urllib.request.urlopen(f"{url}/resourcez", timeout=10) as answer:
            return json.load(answer)["kernels"]["total"]

    page = open_window(url).page
    ready(page)
    before = kernels()
    page.goto("about:blank")
    ends = time.monotonic() + 30
    while kernels() >= before:
        assert time.monotonic() < ends
        time.sleep(0.05)
