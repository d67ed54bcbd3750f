"""The market's tab: what a visitor chose, her market, and all there is to see of it."""

# pyright: reportPrivateImportUsage=false
# Solara marks its own names as typed and does not say which it exports.

from html import escape
from typing import cast

import reacton.ipyvuetify as rv
import solara

from ...analysis.people import clock
from ..kernels import outside
from ..offered import offered
from ..offers import Choices, Offer
from ..picture import Picture
from ..shared_bench import the_bench
from . import tables
from .charts import chart_legend, fused_chart, local_chart
from .controls import Controls
from .network import legend, network
from .visit import PAUSES, Status, Visit

EVERYBODY = "everybody"
MODES = {
    "opening": "opening the market …",
    "paused": "stands still",
    "playing": "plays",
    "over": "over",
    "refused": "cannot be opened",
}


@solara.component
def MarketPage():
    """Show a market that the visitor can change, play and look into."""
    offers = solara.use_memo(offered, [])
    first = next(iter(offers.values())).choices
    chosen = solara.use_reactive(first)
    picture = solara.use_reactive(cast(Picture | None, None))
    status = solara.use_reactive(Status())
    visit = solara.use_memo(lambda: outside(Visit, offers, the_bench(), picture.set, status.set), [])

    def come_and_go():
        # The page's end is the market's, whether a tab is closed or its kernel culled.
        return visit.close

    solara.use_effect(come_and_go, [])
    solara.use_effect(lambda: visit.open(chosen.value), [chosen.value])

    offer = offers[chosen.value.scenario]
    with solara.Div(classes=["vf-market"]):
        with solara.Div(classes=["vf-card", "vf-transport"]):
            Transport(visit, status, picture)
        with solara.Div(classes=["vf-card", "vf-controls"]):
            solara.HTML(tag="h2", unsafe_innerHTML="The market")
            Controls(offers, chosen.value, chosen.set)
            Command(offer, chosen.value)
        with solara.Div(classes=["vf-main"]):
            with solara.Div(classes=["vf-card", "vf-network"]):
                Network(picture)
            with solara.Div(classes=["vf-card", "vf-people"]):
                Shown("Who does what, and why", picture, "people")
                Diary(picture)
        with solara.Div(classes=["vf-side"]):
            with solara.Div(classes=["vf-card", "vf-charts"]):
                Accuracies(picture, offer, chosen.value)
            with solara.Div(classes=["vf-card", "vf-wallets"]):
                Shown(
                    "Wallets <small>in ether; what is owed waits in the contract</small>",
                    picture,
                    "wallets",
                )
            with solara.Div(classes=["vf-card", "vf-chain"]):
                Chain(picture)


@solara.component
def Transport(visit: Visit, status: solara.Reactive[Status], picture: solara.Reactive[Picture | None]):
    """Show what makes the market go, and how far it is."""
    speed, set_speed = solara.use_state(3)
    now, shown = status.value, picture.value
    is_over = now.mode in ("over", "refused") or (shown is not None and shown.is_over)
    is_ready = shown is not None and not is_over and now.mode != "opening"
    plays = now.mode == "playing"

    def pace(value: object) -> None:
        if isinstance(value, int) and value in PAUSES:
            set_speed(value)
            visit.pace(value)

    with solara.Div(classes=["vf-buttons"]):
        if plays:
            solara.Button("Pause", visit.pause, "mdi-pause", color="primary", classes=["vf-pause"])
        else:
            solara.Button(
                "Play", visit.play, "mdi-play", color="primary", disabled=not is_ready, classes=["vf-play"]
            )
        solara.Button(
            "Step", visit.step, "mdi-skip-next", outlined=True, disabled=not is_ready, classes=["vf-step"]
        )
        solara.Button("Reset", visit.reset, "mdi-restart", outlined=True, classes=["vf-reset"])
        with solara.Div(classes=["vf-speed"]):
            solara.HTML(tag="span", unsafe_innerHTML="speed")
            rv.Slider(v_model=speed, on_v_model=pace, min=1, max=5, step=1, hide_details=True, dense=True)
    facts = []
    if shown is not None:
        facts = [
            ("simulated", clock(shown.time)),
            ("block", str(shown.block)),
            ("transactions", str(len(shown.calls))),
            ("models", str(len(shown.models))),
        ]
    html = "".join(f"<span>{escape(name)} <b>{escape(value)}</b></span> " for name, value in facts)
    html += f'<span class="vf-mode vf-mode-{now.mode}">{escape(MODES[now.mode])}</span>'
    solara.HTML(unsafe_innerHTML=html, classes=["vf-facts"])
    if now.work.what:
        with solara.Div(classes=["vf-work"]):
            rv.ProgressLinear(indeterminate=True, height=3)
            with solara.Div(classes=["vf-work-row"]):
                solara.HTML(tag="span", unsafe_innerHTML=escape(_waiting(now)))
                solara.Button("Cancel", visit.cancel, small=True, text=True, classes=["vf-cancel"])
    if now.message:
        kind = "vf-refused" if now.mode == "refused" else "vf-told"
        solara.HTML(tag="p", unsafe_innerHTML=escape(now.message), classes=["vf-message", kind])


def _waiting(status: Status) -> str:
    work = status.work
    if work.ahead:
        others = f"{work.ahead} other{'s' if work.ahead > 1 else ''}"
        return (
            f"waits for a turn at {work.what}: {others} first (the server learns for one visitor at a time)"
        )
    return f"{work.what}: real work, done once and then remembered"


@solara.component
def Network(picture: solara.Reactive[Picture | None]):
    """Show the market as a network, and what happened last in words."""
    shown = picture.value
    if shown is None:
        solara.HTML(unsafe_innerHTML='<div class="vf-blank">The market is being opened …</div>')
        return
    solara.HTML(unsafe_innerHTML=network(shown), classes=["vf-drawing"])
    solara.HTML(unsafe_innerHTML=legend())
    if shown.is_over and shown.integrated:
        over = f"<b>The market is over.</b> The initiator has {escape(shown.integrated)}"
        solara.HTML(tag="p", unsafe_innerHTML=over, classes=["vf-message", "vf-told"])
    solara.HTML(tag="h2", unsafe_innerHTML="What happened last")
    solara.HTML(unsafe_innerHTML=tables.news(shown))


@solara.component
def Accuracies(picture: solara.Reactive[Picture | None], offer: Offer, chosen: Choices):
    """Show local and fused accuracies as they come, and the models."""
    shown = picture.value
    task = offer.base.task
    if shown is None:
        return
    solara.HTML(tag="h2", unsafe_innerHTML="Local accuracy <small>each model on its owner's images</small>")
    solara.HTML(unsafe_innerHTML=local_chart(shown))
    what = "Fused accuracy <small>on the verification sample</small>"
    if task.fitness == "standalone":
        what = "Accuracy alone <small>as each panel measured it</small>"
    solara.HTML(tag="h2", unsafe_innerHTML=what)
    mafr = chosen.mafr if not task.has_reference and not offer.base.tasks else None
    solara.HTML(unsafe_innerHTML=fused_chart(shown, mafr, task.strategy))
    if task.fitness != "standalone":
        solara.HTML(unsafe_innerHTML=chart_legend(task.strategy, has_both=len(task.measured) > 1))
    solara.HTML(tag="h2", unsafe_innerHTML="Models")
    solara.HTML(unsafe_innerHTML=tables.models(shown, task.strategy))


@solara.component
def Shown(title: str, picture: solara.Reactive[Picture | None], table: str):
    """Show one of the tables of ``tables``."""
    solara.HTML(tag="h2", unsafe_innerHTML=title)
    if picture.value is not None:
        solara.HTML(unsafe_innerHTML=getattr(tables, table)(picture.value))


@solara.component
def Diary(picture: solara.Reactive[Picture | None]):
    """Show what one or all of them noted."""
    who, set_who = solara.use_state(EVERYBODY)
    shown = picture.value
    if shown is None:
        return
    names = [EVERYBODY, *(one.name for one in shown.people)]
    now = who if who in names else EVERYBODY
    rv.Select(
        label="the diary of",
        items=names,
        v_model=now,
        on_v_model=set_who,
        dense=True,
        hide_details=True,
        class_="vf-diary",
    )
    solara.HTML(unsafe_innerHTML=tables.diary(shown, now), classes=["vf-lines"])


@solara.component
def Chain(picture: solara.Reactive[Picture | None]):
    """Show the newest blocks; what is unfolded in one stays so when another is mined."""
    solara.HTML(
        tag="h2", unsafe_innerHTML="The chain <small>newest block first; unfold a transaction</small>"
    )
    shown = picture.value
    if shown is None:
        return
    with solara.Div(classes=["vf-blocks"]):
        for number, html in tables.blocks(shown):
            solara.HTML(unsafe_innerHTML=html).key(f"block {number}")
        earlier = tables.earlier_blocks(shown)
        if earlier:
            text = f"and {earlier} earlier block{'s' if earlier > 1 else ''}"
            solara.HTML(tag="p", unsafe_innerHTML=text, classes=["vf-empty"]).key("earlier")


@solara.component
def Command(offer: Offer, chosen: Choices):
    """Show the command that runs the same market without a page."""
    text = (
        "<details class='vf-about'><summary>the same on the command line</summary>"
        f"<pre>{escape(offer.command(chosen))}</pre></details>"
    )
    solara.HTML(unsafe_innerHTML=text)
