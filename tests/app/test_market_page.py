"""The market's tab rendered without a browser: what is clicked and moved comes back as what is shown."""

import time

import ipyvuetify
import pytest
import solara

from verifuse.app import offered, shared_bench
from verifuse.app.market.page import MarketPage

PATIENCE = 180


def below(widget):
    """Give a widget and all that stands in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        if not isinstance(child, str):
            yield from below(child)


class Tab:
    """A rendered tab, and what somebody would see in it."""

    def __init__(self):
        self.box, self.context = solara.render(MarketPage(), handle_error=False)

    @property
    def text(self):
        return " ".join(one.unsafe_innerHTML or "" for one in self.all(solara.widgets.HTML))

    def all(self, kind):
        return [one for one in below(self.box) if isinstance(one, kind)]

    def one(self, kind, is_it):
        """Return a widget, which may not be there while another thread draws."""
        self.until(lambda: any(map(is_it, self.all(kind))))
        return next(filter(is_it, self.all(kind)))

    def button(self, name):
        return self.one(ipyvuetify.Btn, lambda one: name in one.children)

    def is_enabled(self, name):
        return [not one.disabled for one in self.all(ipyvuetify.Btn) if name in one.children] == [True]

    def is_disabled(self, name):
        return [one.disabled for one in self.all(ipyvuetify.Btn) if name in one.children] == [True]

    def slider(self, name):
        kind = "vf-speed" if name == "speed" else f"vf-knob-{name}"
        holder = self.one(ipyvuetify.Html, lambda one: kind in str(one.class_).split())
        return next(one for one in holder.children if isinstance(one, ipyvuetify.Slider))

    def select(self, label):
        return self.one(ipyvuetify.Select, lambda one: one.label == label)

    def until(self, condition):
        ends = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < ends, self.text[:2000]
            time.sleep(0.1)

    def shows(self, text):
        self.until(lambda: text in self.text)


@pytest.fixture(scope="module")
def small_page(cache, tmp_path_factory, small):
    """Let the page begin with a small market, and learn where the other tests do."""
    path = tmp_path_factory.mktemp("scenarios") / "small.toml"
    path.write_text(
        'extends = "quick"\nname = "small"\n[task]\nalso_measure = []\nmafr = 0.3\n'
        "[contributors]\ncount = 2\n[fusion]\nepochs = 12\nstage_one_epochs = 4\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(offered.SCENARIO, str(path))
        patch.setenv("VERIFUSE_CACHE", str(cache))
        for remembered in (offered.offered, shared_bench.the_bench):
            remembered.cache_clear()
        yield
    shared_bench.the_bench().close()
    for remembered in (offered.offered, shared_bench.the_bench):
        remembered.cache_clear()


@pytest.fixture
def tab(small_page):
    tab = Tab()
    yield tab
    tab.context.close()
    tab.until(lambda: shared_bench.the_bench().visitors == 0)


def test_the_first_picture_shows_who_takes_part(tab):
    tab.shows("stands still")
    for text in ("contributor-2", "verifier-3", "0.00 ether", "is still to come", "5.0000", "block <b>1</b>"):
        assert text in tab.text


def test_step_play_and_reset(tab):
    tab.shows("stands still")
    tab.button("Step").click()
    tab.shows("block <b>2</b>")
    tab.shows("posts the task, with 2.34 ether behind it")
    tab.until(lambda: tab.is_enabled("Play"))
    tab.slider("speed").v_model = 5
    tab.button("Play").click()
    tab.shows("The market is over.")
    tab.shows('<i class="vf-spot vf-rewarded">')
    assert "vf-line-II" in tab.text
    tab.until(lambda: tab.is_disabled("Play") and tab.is_disabled("Step"))
    tab.button("Reset").click()
    tab.shows("block <b>1</b>")
    tab.until(lambda: tab.is_enabled("Play"))


def test_sliders_change_the_market_within_their_bounds(tab):
    tab.shows("stands still")
    tab.slider("verifiers").v_model = 5
    tab.shows("verifier-5")
    tab.slider("mafr").v_model = 0.62
    tab.shows("62 %")
    tab.shows("task.mafr=0.62")
    assert "verifiers.count=5" in tab.text
    tab.slider("mafr").v_model = 62  # no slider sends that, but a script may
    tab.slider("verifiers").v_model = 5000
    tab.slider("reward").v_model = "all"
    tab.shows("stands still")
    assert "task.mafr=0.62" in tab.text and "verifier-6" not in tab.text


def test_somebody_dishonest_can_be_chosen(tab):
    tab.shows("stands still")
    tab.select("Verifiers").v_model = "lazy"
    tab.shows("lazy-1")
    assert "votes without measuring" in tab.text
    tab.slider("dishonest_verifiers").v_model = 2
    tab.shows("lazy-2")
    tab.select("Verifiers").v_model = "no such"
    tab.select("Verifiers").v_model = "honest"
    tab.until(lambda: "lazy-1" not in tab.text)


def test_another_scenario_can_be_picked(tab):
    tab.shows("stands still")
    tab.select("Scenario").v_model = "late_joiners"
    tab.shows("newcomer-2")
    assert not [one for one in tab.all(ipyvuetify.Html) if "vf-knob-contributors" in str(one.class_)]
    tab.select("Scenario").v_model = "paper_2"
    tab.shows("drawn from curves of real runs")
    tab.shows("contributor-5")


def test_two_tabs_have_a_market_each(tab):
    other = Tab()
    tab.shows("stands still")
    other.shows("stands still")
    other.button("Step").click()
    other.shows("block <b>2</b>")
    assert "block <b>1</b>" in tab.text
    other.context.close()
