"""The shell of the page: a heading and two tabs."""

# pyright: reportPrivateImportUsage=false
# Solara marks its own names as typed and does not say which it exports.

from importlib import resources

import solara
import solara.lab

from .market.page import MarketPage
from .seat.page import SeatPage

TABS = ("Market", "Take a verifier's seat")


@solara.component
def Layout(children: list[solara.Element] = []):  # noqa: B006 - Solara passes children so
    """Stand in for Solara's own layout, which has a bar and a drawer that nobody needs here."""
    solara.Div(children=children, classes=["vf-page"])


@solara.component
def Page():
    """Show the tab that the visitor is on; it opens when she first comes and stays as she left it."""
    tab, set_tab = solara.use_state(0)
    seen, set_seen = solara.use_state(frozenset({0}))

    def turn_to(index: int) -> None:
        if index in range(len(TABS)):
            set_seen(seen | {index})
            set_tab(index)

    solara.Title("Verifuse")
    solara.Style(resources.files("verifuse.app").joinpath("page.css").read_text("utf-8"))
    with solara.Div(classes=["vf-shell"]):
        with solara.Div(classes=["vf-top"]):
            solara.HTML(
                unsafe_innerHTML="<h1>Verifuse</h1><p>Strangers train a model together without showing "
                "their data, and a smart contract pays them for it.</p>"
            )
            with solara.lab.Tabs(value=tab, on_value=turn_to):
                for name in TABS:
                    solara.lab.Tab(name)
        for index, Tab in enumerate((MarketPage, SeatPage)):
            if index in seen:
                with solara.Div(classes=["vf-tab" if index == tab else "vf-hidden"]).key(TABS[index]):
                    Tab()
