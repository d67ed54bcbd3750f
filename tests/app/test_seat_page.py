"""The seat's whole story in a real browser: look, type, sign, watch, cheat, reset."""

import re
from pathlib import Path

import pytest
from browser import NARROW, WIDE, solara_page
from playwright.sync_api import expect

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def url(serve, cache, tmp_path_factory):
    log = tmp_path_factory.mktemp("seat") / "server.log"
    with serve(solara_page(HERE / "seat_alone.py"), log, VERIFUSE_CACHE=str(cache)) as url:
        yield url


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def take_a_seat(page, task="plain"):
    page.locator(f"[data-seat={task}]").click()
    expect(page.get_by_text("Model 1 of")).to_be_visible()


def type_in(page, text):
    page.get_by_label("Evaluation in per cent").fill(text)
    press(page, "Show what I sign")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_whole_story_of_an_honest_verifier(open_window, url, width):
    window = open_window(url, width)
    page = window.page
    take_a_seat(page)
    assert re.fullmatch(r"Qm\w{44}", page.locator("dd code").first.inner_text())
    press(page, "Fetch the model and measure")
    expect(page.get_by_text("Its predictions")).to_be_visible()
    cells = page.locator(".seat-cell")
    assert cells.count() == 24 and page.locator(".seat-cell.seat-wrong").count() > 0
    assert window.overflow == 0

    type_in(page, "eleven")
    expect(page.get_by_text("type a number between 0 and 100 %")).to_be_visible()
    assert page.get_by_role("button", name="and report it").count() == 0

    honest = page.get_by_text("Honest is what you measured").locator("b").inner_text()
    type_in(page, honest)
    expect(page.locator("pre")).to_contain_text(f'"fitnessBps": {round(float(honest) * 100)}')
    expect(page.get_by_text("type a number between")).to_have_count(0)
    page.get_by_role("button", name="and report it").click()

    expect(page.locator(".seat-verdict")).to_contain_text("You earned 0.05 ether for your evaluation")
    expect(page.get_by_text("The contract asked the oracle")).to_be_visible()
    assert page.get_by_text(re.compile("^0x[0-9a-f]{128}$")).count() == 1
    assert page.locator(".seat-bar .seat-mark").count() >= 3
    assert window.overflow == 0

    press(page, "Next model")
    expect(page.get_by_text("Model 2 of")).to_be_visible()
    press(page, "Reset")
    expect(page.get_by_role("button", name="Take the seat").first).to_be_visible()
    assert page.locator(".seat-verdict").count() == 0


def test_a_cheat_sees_what_her_rule_brings_to_the_end(open_window, url):
    window = open_window(url)
    page = window.page
    take_a_seat(page)
    for _ in range(3):
        press(page, "Type a number without measuring")
        type_in(page, "100")
        page.get_by_role("button", name="and report it").click()
        expect(page.locator(".seat-verdict")).to_contain_text("although you did not measure that")
        page.get_by_role("button", name=re.compile("Next model|See how it ends")).click()
    expect(page.get_by_text("The task is over")).to_be_visible()
    rows = page.locator(".seat-table").first.locator("tbody tr")
    expect(rows).to_have_count(4)
    you, honest, cheat, silent = (rows.nth(place).locator("td").all_inner_texts() for place in range(4))
    assert you[1:] == cheat[1:] and you[1] == honest[1] == "0.15" and silent[1] == "0"
    assert you[-1] == "0 s" != honest[-1]


def test_silence_in_a_task_with_bonds_burns_the_bond(open_window, url):
    window = open_window(url, NARROW)
    page = window.page
    take_a_seat(page, "bonded")
    press(page, "Stay silent")
    expect(page.locator(".seat-verdict.seat-lost")).to_contain_text("0.1 ether of your bond are burnt")
    expect(page.locator(".seat-money")).to_contain_text("−0.1")
    assert window.overflow == 0


def test_two_visitors_do_not_see_each_other(open_window, url):
    one, other = (open_window(url).page for _ in range(2))
    take_a_seat(one)
    assert other.get_by_role("button", name="Take the seat").count() == 2
    take_a_seat(other)
    press(one, "Stay silent")
    press(other, "Fetch the model and measure")
    expect(one.locator(".seat-verdict")).to_contain_text("You said nothing, and earned nothing")
    expect(other.get_by_text("Its predictions")).to_be_visible()
    assert other.locator(".seat-verdict").count() == 0 and one.get_by_text("Its predictions").count() == 0
