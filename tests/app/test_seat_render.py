"""The seat's page without a browser: it draws, plays a move, and forgets everything on reset."""

import ipyvuetify as v
import pytest
import solara

from verifuse.app.seat.charts import series, tick_step, vote_bars, wallet_chart
from verifuse.app.seat.page import SeatPage
from verifuse.app.seat.panels import table
from verifuse.app.seat.sitting import the_house
from verifuse.app.seat.views import Vote
from verifuse.app.shared_bench import the_bench

ETHER = 10**18


@pytest.fixture
def seat(cache, monkeypatch):
    """Render the page for one visitor of a fresh server."""
    monkeypatch.setenv("VERIFUSE_CACHE", str(cache))
    the_bench.cache_clear()
    the_house.cache_clear()
    _, rendered = solara.render(SeatPage(), handle_error=False)
    yield rendered
    rendered.close()
    the_bench().close()


def press(rendered, name):
    rendered.find(v.Btn, children=[name]).wait_for(timeout=120)
    rendered.find(v.Btn, children=[name])[0].widget.click()


def shows(rendered, text):
    html = rendered.find(solara.widgets.HTML).widgets
    return any(text in (one.unsafe_innerHTML or "") for one in html)


def test_a_visitor_sits_down_stays_silent_and_leaves_nothing_behind(seat):
    assert shows(seat, "Take a verifier's seat") and not the_house().games
    press(seat, "Take the seat")
    press(seat, "Stay silent")
    seat.find(v.Btn, children=["Next model"]).wait_for(timeout=120)
    assert shows(seat, "You said nothing, and earned nothing") and the_house().games == 1
    press(seat, "Reset")
    seat.find(v.Btn, children=["Take the seat"]).wait_for(timeout=120)
    assert shows(seat, "Take a verifier's seat") and not shows(seat, "Model 1 of")
    assert not the_house().games and not the_bench().visitors


def test_bars_say_who_lies_above_the_mafr():
    text = vote_bars([Vote("you", 9_333, True), Vote("<verifier>", 4_000, False)], 5_000)
    assert text.count("seat-mark") == 2 and text.count("seat-fails") == 1
    assert "93.33 %" in text and "<verifier>" not in text and "left:calc(50.00% - 1px)" in text


def test_a_wallets_chart_holds_every_point_within_its_frame():
    lines = series([("you", (0, -ETHER // 10, ETHER)), ("honest", (0, 0, 3 * ETHER, 3 * ETHER))])
    chart = wallet_chart(lines, models=2)
    spots = [one.split('"')[0] for one in chart.split('cy="')[1:]]
    assert len(spots) == 7 and all(0 < float(spot) < 210 for spot in spots)
    assert ">end<" in chart and "−" in chart and lines[0].width < lines[1].width


@pytest.mark.parametrize("span", [0, 0.001, 0.05, 0.3, 1, 7, 20])
def test_an_axis_has_few_ticks(span):
    assert span / tick_step(span) <= 5


def test_tables_show_strangers_words_as_words():
    assert "<script>" not in table(["a"], [["<script>"]])
