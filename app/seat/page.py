"""The page of the seat: what the visitor sees, types and clicks; each move runs in a thread."""

# Solara exports its names, and gives widgets their "element", at run time.
# pyright: reportPrivateImportUsage=false, reportAttributeAccessIssue=false

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara
from ipyvuetify import VuetifyTemplate
from solara.lab import use_task

from ...errors import InputError, VerifuseError
from ..shared_bench import Work
from . import panels
from .charts import series
from .entry import parse_evaluation
from .game import Game
from .rivals import Rival
from .sitting import SeatTaken, Sitting, the_house
from .tasks import BONDED, TASKS, SeatTask
from .views import Phase, Signed, Snapshot

LOOKS = Path(__file__).with_name("seat.css")
PACE_SECONDS = 0.5
"""How long a new block is shown before the next one comes."""

WELCOME = (
    "<h2>Take a verifier's seat</h2><p>In the paper's Figure 5 a verification contributor looks at an "
    "announced model in a web application, types her evaluation and sends it off. Take her seat. Everything "
    "behind it is real: networks are trained on small pictures of digits, a Solidity contract runs on an "
    "Ethereum virtual machine, your evaluation is signed with your key, and an oracle carries it to the "
    "contract. You may be honest, or cheat: watch your wallet.</p>"
)
OPENING = (
    "<h2>Your market opens</h2><p>The contract is deployed, the initiator posts its task with ether behind "
    "it, and the first computing contributor trains a model.</p>"
)
QUESTION = (
    "<p>The contract drew you onto the panel. An honest verifier fetches the model from the store by its CID "
    "and measures it: work that nobody sees. Nobody sees it either if you do not.</p>"
)
TRAINING = "<h3>The market goes on</h3><p>A computing contributor trains the next model.</p>"
TIME_PASSES = "<h3>Time passes</h3><p>You measure, or the others on the panel do.</p>"
OUT_OF_HANDS = (
    "<h3>Your evaluation is out of your hands</h3><p>When the time to evaluate is over, somebody has the "
    "contract ask its oracle. The oracle brings all signed evaluations in one call; the contract checks each "
    "signature, compares with the MAFR, and pays.</p>"
)

SCROLLS = """<template><div></div></template>
<script>module.exports = { mounted() { this.$el.scrollIntoView({ block: "start" }); } };</script>"""

log = logging.getLogger(__name__)


class Visit:
    """One visitor's state; every change of it draws the page anew.

    Attributes:
        sitting: Her game, if she has begun one.
        snapshot: The game as it was last seen.
        waits_for: What the game waits for, in words.
        is_seated: Whether she has.
        refusal: Why what she typed cannot be used.
        trouble: Why the game cannot go on, if it cannot.
        preview: What she is about to sign, and the number it says.
        is_typing: Whether she means to report without having measured.
        rivals: What others would have earned.
    """

    def __init__(self) -> None:
        self.sitting: Sitting | None = None
        self.gone = threading.Event()
        self.snapshot: solara.Reactive[Snapshot | None] = solara.reactive(None)
        self.waits_for = solara.reactive("")
        self.is_seated = solara.reactive(False)
        self.refusal = solara.reactive("")
        self.trouble = solara.reactive("")
        self.text = solara.reactive("")
        self.preview: solara.Reactive[tuple[int, Signed] | None] = solara.reactive(None)
        self.is_typing = solara.reactive(False)
        self.rivals: solara.Reactive[tuple[Rival, ...]] = solara.reactive(())

    def begin(self, task: SeatTask) -> None:
        """Take a seat."""
        self.sitting = the_house().sit_down(task, self._tell)
        self.trouble.set("")
        self.is_seated.set(True)

    def play(self, move: Callable[[Game], None] | None) -> None:
        """Make a move and show block by block what comes of it; to be called in a thread."""
        sitting = self.sitting
        if sitting is None:
            return
        self._forget_what_was_typed()
        try:
            seen = self.snapshot.value.lines if self.snapshot.value else ()
            for snapshot in sitting.play(move):
                if sitting is not self.sitting:
                    return
                self.snapshot.set(snapshot)
                if snapshot.lines != seen:
                    self.gone.wait(PACE_SECONDS)
                seen = snapshot.lines
            if self.snapshot.value is not None and self.snapshot.value.phase is Phase.OVER:
                self.waits_for.set("playing the same market by other rules")
                self.rivals.set(sitting.rivals())
        except Exception as error:
            if not isinstance(error, VerifuseError):
                log.exception("a game failed")
            if sitting is self.sitting:
                self.trouble.set(
                    str(error) if isinstance(error, VerifuseError) else f"The game failed: {error}"
                )
        finally:
            if sitting is self.sitting:
                self.waits_for.set("")

    def prepare(self) -> None:
        """Read what she typed, and show what she would sign."""
        if self.sitting is None:
            return
        self.preview.set(None)
        try:
            bps = parse_evaluation(self.text.value)
            self.preview.set((bps, self.sitting.preview(bps)))
            self.refusal.set("")
        except SeatTaken as error:
            self.trouble.set(str(error))
        except InputError as error:
            self.refusal.set(str(error))

    def leave(self) -> None:
        """Give the seat back and forget everything."""
        sitting, self.sitting = self.sitting, None
        self.gone.set()
        self.gone = threading.Event()
        if sitting is not None:
            sitting.close()

    def reset(self) -> None:
        """Leave, and begin with an empty page."""
        self.leave()
        self._forget_what_was_typed()
        self.is_seated.set(False)
        self.trouble.set("")
        self.snapshot.set(None)
        self.waits_for.set("")
        self.rivals.set(())

    def _forget_what_was_typed(self) -> None:
        self.text.set("")
        self.refusal.set("")
        self.preview.set(None)
        self.is_typing.set(False)

    def _tell(self, work: Work) -> None:
        if self.sitting is None:
            return  # she has left meanwhile
        ahead = f", {work.ahead} before it" if work.ahead else ""
        self.waits_for.set(f"{work.what}{ahead}" if work.what else "")


Act = Callable[[Callable[[Game], None] | None], Any]


@solara.component
def SeatPage():
    """Let a visitor take a verification contributor's seat (the paper's Figure 5)."""
    visit = solara.use_memo(Visit, [])
    task = use_task(visit.play, dependencies=None)
    solara.use_effect(lambda: visit.leave, [])
    snapshot = visit.snapshot.value

    def begin(chosen: SeatTask) -> None:
        visit.begin(chosen)
        task(None)

    with solara.Div(classes=["seat"]):
        solara.Style(LOOKS)
        if not visit.is_seated.value:
            Welcome(begin)
        elif visit.trouble.value:
            solara.Error(visit.trouble.value)
            ResetButton(visit)
        elif snapshot is None:
            Html(OPENING)
            Waiting(visit)
            ResetButton(visit)
        else:
            number = snapshot.model.number if snapshot.model else 0
            ToTheTop().key(f"{number} {snapshot.phase}")
            Html(panels.steps(snapshot))
            with solara.Div(classes=["seat-columns"]):
                with solara.Div():
                    Application(visit, snapshot, task, busy=task.pending)
                with solara.Div():
                    Side(visit, snapshot)


@solara.component
def ToTheTop():
    """Scroll to here when it comes onto the page: what is new stands at the top."""
    VuetifyTemplate.element(template=SCROLLS)


def Html(text: str) -> None:
    """Put HTML that was made here on the page."""
    solara.HTML(unsafe_innerHTML=text)


@solara.component
def Welcome(on_begin: Callable[[SeatTask], None]):
    """Say what there is to play, and let the visitor choose."""
    Html(WELCOME)
    with solara.Div(classes=["seat-choice"]):
        for task in TASKS.values():
            with solara.Div(classes=["seat-card"]):
                Html(f"<h3>{task.title}</h3><p>{task.about}</p>")
                solara.Button(
                    "Take the seat",
                    color="primary",
                    on_click=lambda task=task: on_begin(task),
                    attributes={"data-seat": task.key},
                )


@solara.component
def Application(visit: Visit, snapshot: Snapshot, act: Act, busy: bool):
    """Show the paper's web application at the present step."""
    model, has_bond = snapshot.model, snapshot.task == BONDED.key
    if snapshot.phase is Phase.OVER:
        with solara.Div(classes=["seat-card"]):
            Html(panels.closing(snapshot, visit.rivals.value, has_bond=has_bond))
            if busy:
                Waiting(visit)
            ResetButton(visit, "Play again")
        with solara.Div(classes=["seat-card"]):
            Html(panels.results(snapshot.results))
        return
    if snapshot.phase is Phase.DECIDED:
        with solara.Div(classes=["seat-card"]):
            Html(panels.verdict(snapshot))
            with solara.Div(classes=["seat-buttons"]):
                last = model is not None and model.number == model.models
                label = "See how it ends" if last else "Next model"
                solara.Button(label, color="primary", disabled=busy, on_click=lambda: act(Game.go_on))
                ResetButton(visit)
    if model is not None:
        with solara.Div(classes=["seat-card"]):
            Html(panels.announced(model))
            if snapshot.phase is Phase.SEATED:
                Ask(visit, act, busy)
    if snapshot.phase is Phase.RUNNING:
        with solara.Div(classes=["seat-card"]):
            Html(passing(snapshot))
            Waiting(visit)
            ResetButton(visit)
    if snapshot.measured is not None and model is not None:
        with solara.Div(classes=["seat-card"]):
            Html(panels.measured(snapshot.measured, model))
            if snapshot.phase is Phase.MEASURED:
                Entry(visit, act, busy)
    if snapshot.signed is not None and model is not None:
        with solara.Div(classes=["seat-card"]):
            Html(panels.to_sign(snapshot.signed, model))
    if snapshot.lines:
        with solara.Div(classes=["seat-card"]):
            Html(panels.story(snapshot.lines))
    if any(one.outcome for one in snapshot.results):
        with solara.Div(classes=["seat-card"]):
            Html(panels.results(snapshot.results))


@solara.component
def Ask(visit: Visit, act: Act, busy: bool):
    """Ask the visitor whether she measures."""
    Html(QUESTION)
    with solara.Div(classes=["seat-buttons"]):
        solara.Button(
            "Fetch the model and measure", color="primary", disabled=busy, on_click=lambda: act(Game.measure)
        )
        solara.Button(
            "Type a number without measuring",
            outlined=True,
            disabled=busy,
            on_click=lambda: visit.is_typing.set(True),
        )
        solara.Button("Stay silent", outlined=True, disabled=busy, on_click=lambda: act(Game.stay_silent))
        ResetButton(visit)
    if visit.is_typing.value:
        Entry(visit, act, busy, silence=False)


@solara.component
def Entry(visit: Visit, act: Act, busy: bool, silence: bool = True):
    """Let the visitor type an evaluation, see what it comes to as typed data, and sign."""
    preview, snapshot = visit.preview.value, visit.snapshot.value
    assert snapshot is not None and snapshot.model is not None, "there is a model to evaluate"
    found = snapshot.measured
    hint = "Type what you like: you have not measured."
    if found is not None:
        hint = f"Honest is what you measured: <b>{found.fitness_bps / 100:.2f}</b>."
    Html(f"<h3 class='seat-entry'>Your evaluation</h3><p class='seat-grey seat-tight'>{hint}</p>")
    solara.InputText(
        "Evaluation in per cent",
        value=visit.text,
        error=visit.refusal.value or False,
        disabled=busy,
    )
    with solara.Div(classes=["seat-buttons"], style="margin-top: 8px"):
        solara.Button(
            "Show what I sign",
            color="primary",
            outlined=preview is not None,
            disabled=busy,
            on_click=visit.prepare,
        )
        if silence:
            solara.Button("Stay silent", outlined=True, disabled=busy, on_click=lambda: act(Game.stay_silent))
            ResetButton(visit)
    if preview is not None:
        bps, signed = preview
        Html(panels.to_sign(signed, snapshot.model))
        solara.Button(
            f"Sign {bps / 100:.2f} % and report it",
            color="primary",
            disabled=busy,
            on_click=lambda: act(lambda game: game.report(bps)),
        )


@solara.component
def Side(visit: Visit, snapshot: Snapshot):
    """Show the wallet and the words beside the application."""
    players = [("you", snapshot.earnings)]
    players += [(one.rule, one.earnings) for one in visit.rivals.value]
    with solara.Div(classes=["seat-card"]):
        Html(panels.purse(snapshot, series(players)))
    with solara.Div(classes=["seat-card"]):
        Html(panels.glossary(has_bond=snapshot.task == BONDED.key))


@solara.component
def Waiting(visit: Visit):
    """Show that something is going on, and what."""
    if visit.waits_for.value:
        Html(f"<p class='seat-grey'>{visit.waits_for.value} …</p>")
    solara.ProgressLinear(True)


@solara.component
def ResetButton(visit: Visit, label: str = "Reset"):
    """Let the visitor begin anew."""
    solara.Button(label, text=True, on_click=visit.reset)


def passing(snapshot: Snapshot) -> str:
    """Say what goes on while time passes."""
    result = snapshot.results[-1] if snapshot.results else None
    if result is None or result.outcome:
        return TRAINING
    return OUT_OF_HANDS if result.said_bps is not None else TIME_PASSES
