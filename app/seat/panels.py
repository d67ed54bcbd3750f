"""The seat's panels as HTML: what a step shows, and a sentence on what it means. No browser is needed."""

import json
from collections.abc import Sequence
from html import escape

from .charts import Series, bar, legend, vote_bars, wallet_chart
from .entry import per_cent
from .rivals import Rival
from .views import Announced, Line, Measured, Phase, Picture, Result, Signed, Snapshot
from .words import ether, number

STEPS = ("The model is announced", "You measure", "You sign", "The contract decides")

OUTCOMES = {
    "Rewarded": "The model is Rewarded: its contributor is paid.",
    "Rejected": "The model is Rejected: its contributor gets nothing.",
    "Void": "The model is Void: too few evaluations to decide.",
}

WORDS = {
    "evaluation": "The number that a verification contributor measured and signed: here the share of "
    "verification images that are told right.",
    "MAFR": "Minimum acceptable fitness rate: the initiator's threshold. An evaluation above it is a yes.",
    "fusion": "The features of all models announced so far are joined, and a small head is trained on them: "
    "that is how the initiator will use the models (the paper's Strategies I and II).",
    "oracle": "A contract cannot read a web page. It asks a query by an event, and an account outside of the "
    "chain answers it in one call: here with all signed evaluations.",
    "panel": "The verifiers who judge a model, drawn from the pool by the hash of a block.",
    "bond": "Ether of yours that is locked while you hold a seat, and burnt if you are silent or caught.",
    "planted test": "A model that the initiator announces from an account of its own. It knows its fitness; "
    "the verifiers learn only afterwards which one it was.",
}
"""The paper's words on the page, and two of ours that only bonded tasks need."""

OF_BONDS = ("bond", "planted test")


def steps(snapshot: Snapshot) -> str:
    """Return the four steps with the present one marked."""
    present = {Phase.SEATED: 1, Phase.MEASURED: 2}.get(snapshot.phase, 3)
    if snapshot.phase is Phase.RUNNING and (not snapshot.results or snapshot.results[-1].outcome):
        present = 0
    items = ""
    for place, name in enumerate(STEPS):
        now = ' class="seat-now" aria-current="step"' if place == present else ""
        items += f"<li{now}>{place + 1}. {name}</li>"
    return f'<ol class="seat-steps">{items}</ol>'


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names and values; values are HTML already."""
    items = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs)
    return f'<dl class="seat-facts">{items}</dl>'


def announced(model: Announced) -> str:
    """Return what the contract tells of a model."""
    rows = [
        ("CID", f"<code>{escape(model.cid)}</code>"),
        ("announced by", f"<code>{escape(model.contributor)}</code>"),
        ("to be measured", _how(model)),
        ("panel", escape(", ".join(model.panel))),
        ("MAFR", f"{per_cent(model.mafr_bps)}, to be exceeded by more than half of the panel"),
        ("your fee", ether(model.fee_wei)),
    ]
    if model.bond_wei:
        rows.append(("your bond", f"{ether(model.bond_wei)}, locked until your seat is settled"))
    return f"<h2>Model {model.number} of {model.models}</h2>{facts(rows)}"


def _how(model: Announced) -> str:
    if not model.is_fused:
        return "alone, on the labels that it was trained on"
    if not model.base:
        return "in a fusion of its own, as it is the first"
    return f"fused with the {f'{model.base} models' if model.base > 1 else 'model'} announced before it"


def cell(image: Picture) -> str:
    """Return one image with what the model calls it."""
    told = "right" if image.is_right else "wrong"
    mark = "✓" if image.is_right else "✗"
    after = "" if image.fused_right is None else f"<br>fused {'✓' if image.fused_right else '✗'}"
    words = f"a {image.label}, called {image.called}: {told}"
    return (
        f'<div class="seat-cell seat-{told}"><img src="{image.uri}" alt="{words}">'
        f"<b>{image.called}</b> {mark}{after}</div>"
    )


def measured(found: Measured, model: Announced) -> str:
    """Return accuracies before and after fusion, and some images with the model's predictions."""
    known = ", ".join(map(str, found.known))
    if model.is_fused:
        bars = _fused_bars(found, model)
        why = f"Alone the model can only call an image {known}: its contributor had no other images."
        if model.base:
            why += " What counts is how much it tells right together with the models before it."
        below = "what the announced model alone calls it, and whether your fused model tells it right"
    else:
        bars = [bar("your evaluation", found.fitness_bps, mafr_bps=model.mafr_bps)]
        why = f"The model says that it knows the digits {known}: it is measured on images of these."
        below = "what the announced model calls it"
    return (
        f"<h3>What you measured on {found.images} verification images</h3>"
        f'<div class="seat-bars">{"".join(bars)}</div>'
        f'<p class="seat-grey">The black mark is the MAFR, {per_cent(model.mafr_bps)}. {why}</p>'
        f'<h3>Its predictions</h3><p class="seat-grey">Below each image: {below}.</p>'
        f'<div class="seat-grid">{"".join(map(cell, found.pictures))}</div>'
    )


def _fused_bars(found: Measured, model: Announced) -> list[str]:
    bars = [bar("this model alone", round(found.alone * 10_000))]
    if found.before is not None:
        bars.append(bar("before fusion: the models before it", round(found.before * 10_000)))
    (voted, accuracy), *others = found.after
    name = f"after fusion (Strategy {voted}): your evaluation"
    bars.append(bar(name, round(accuracy * 10_000), mafr_bps=model.mafr_bps))
    bars += [bar(f"by Strategy {one}, for comparison", round(share * 10_000)) for one, share in others]
    return bars


def to_sign(signed: Signed, model: Announced) -> str:
    """Return the typed data that is about to be signed, or was."""
    rows = [("digest", f"<code>{signed.digest}</code>")]
    if signed.signature:
        rows.append(("signature", f"<code>{signed.signature}</code>"))
    if signed.commitment:
        rows.append(("commitment", f"<code>{signed.commitment}</code>"))
    committed = ""
    if model.bond_wei:
        committed = " First only a hash of it goes to the chain, a commitment, so that nobody can copy you."
    return (
        f"<h3>{'You signed this' if signed.signature else 'This is what you sign'}</h3>"
        "<p>Typed data, as a wallet shows it (EIP-712). The signature binds the model, your address, your "
        "number and the base that the model is fused with: the oracle can carry it, and cannot change it."
        f"{committed}</p>{facts([*_message(signed), *rows])}"
        f"<details><summary>All of it, as JSON</summary><pre>{escape(signed.typed_data)}</pre></details>"
    )


def _message(signed: Signed) -> list[tuple[str, str]]:
    data = json.loads(signed.typed_data)
    where = data["domain"]
    rows = [(name, f"<code>{escape(str(value))}</code>") for name, value in data["message"].items()]
    place = f"<code>{escape(where['verifyingContract'])}</code> on chain {where['chainId']}"
    return [("contract", place), *rows]


def story(lines: Sequence[Line]) -> str:
    """Return what happened on the chain, transaction by transaction."""
    items, before = "", ""
    for line in lines:
        heading = f"block {line.block} · {escape(line.call)} · {line.gas:,} gas"
        items += f"<li>{f'<small>{heading}</small>' if heading != before else ''}{escape(line.text)}</li>"
        before = heading
    return f'<h3>On the chain</h3><ul class="seat-lines">{items}</ul>'


def verdict(snapshot: Snapshot) -> str:
    """Return what the contract decided about the model, and what it did to the visitor."""
    model, result = snapshot.model, snapshot.results[-1]
    assert model is not None, "what was decided was announced"
    lost = " seat-lost" if result.burnt_wei else ""
    what = f"{OUTCOMES[result.outcome]} {_consequence(result, has_bond=bool(model.bond_wei))}"
    return (
        f'<p class="seat-verdict{lost}">{what}</p>'
        f"<h3>The evaluations and the MAFR</h3>{vote_bars(snapshot.votes, model.mafr_bps)}"
        f'<p class="seat-grey">{result.passes} of {result.reports} evaluations lie above the black mark, the '
        f"MAFR of {per_cent(model.mafr_bps)}; the contract rewards a model if more than half of them do. "
        f"Your wallet stands at {change(snapshot.purse.earned)} ether.</p>"
    )


def _consequence(result: Result, *, has_bond: bool) -> str:
    if result.plant_bps is not None and result.said_bps is not None and result.burnt_wei:
        return (
            f"It was a planted test of {per_cent(result.plant_bps)}, and you said "
            f"{per_cent(result.said_bps)}: {ether(result.burnt_wei)} of your bond are burnt, with no fee."
        )
    if result.burnt_wei:
        return f"You said nothing: {ether(result.burnt_wei)} of your bond are burnt, and there is no fee."
    if result.said_bps is None:
        return "You said nothing, and earned nothing."
    paid = f"You earned {ether(result.fee_wei)}"
    if result.said_bps == result.measured_bps:
        return f"{paid} for your evaluation{', and your bond is free again' if has_bond else ''}."
    if has_bond:
        return f"{paid}, although you did not measure that: this time nobody could prove it."
    return f"{paid}, although you did not measure that: the contract cannot know, and pays all."


def purse(snapshot: Snapshot, players: Sequence[Series]) -> str:
    """Return the visitor's wallet and its chart."""
    own = snapshot.purse
    rows = [
        ("wallet", ether(own.wallet)),
        ("owed by the contract", ether(own.owed)),
        *([("stake in the contract", ether(own.staked))] if own.staked else []),
        ("fees so far", ether(own.fees)),
        *([("burnt of bonds", ether(own.burnt))] if own.burnt else []),
        ("paid for gas", ether(own.gas)),
    ]
    models = snapshot.model.models if snapshot.model else 1
    return (
        '<div class="seat-purse"><h3>Your wallet</h3>'
        f'<p class="seat-money">{change(own.earned)} ether</p>{facts(rows)}'
        '<p class="seat-grey seat-tight">Ether gained after each model</p>'
        f"{wallet_chart(players, models)}"
        f"{f'<p>{legend(players)}</p>' if len(players) > 1 else ''}</div>"
    )


def results(rows: Sequence[Result]) -> str:
    """Return a table of all models so far."""
    head = ["model", "you measured", "you said", "votes for it", "outcome", "ether"]
    body = []
    for one in rows:
        is_over = bool(one.outcome)
        plant = f", a planted test of {per_cent(one.plant_bps)}" if one.plant_bps is not None else ""
        body.append(
            [
                str(one.number),
                _rate(one.measured_bps, "not" if is_over else ""),
                _rate(one.said_bps, "nothing" if is_over else ""),
                f"{one.passes} of {one.reports}" if is_over else "",
                one.outcome + plant,
                change(one.fee_wei - one.burnt_wei) if is_over else "",
            ]
        )
    return f"<h3>Your models</h3>{table(head, body)}"


def _rate(bps: int | None, otherwise: str) -> str:
    return otherwise if bps is None else per_cent(bps).replace(" ", "\u00a0")


def closing(snapshot: Snapshot, rivals: Sequence[Rival], *, has_bond: bool) -> str:
    """Return what the visitor earned beside what others would have earned in her seat."""
    own = [("you", snapshot.purse, snapshot.work_seconds)]
    players = [*own, *((one.rule, one.purse, one.work_seconds) for one in rivals)]
    head = ["in this seat", "fees", "burnt", "gas", "in the end, ether", "work"]
    body = [
        [name, number(one.fees), number(one.burnt), number(one.gas), change(one.earned), f"{work:.0f} s"]
        for name, one, work in players
    ]
    if has_bond:
        moral = (
            "With bonds and planted tests work pays: who does not measure cannot tell a planted test from "
            "another model, and loses the bond there; silence loses every bond."
        )
    else:
        moral = (
            "In a plain task whoever says yes without a look is paid like the honest, and saves the work: "
            "the verifier's dilemma. Try the task with bonds and planted tests."
        )
    return (
        "<h2>The task is over</h2><p>What you earned, and what others would have earned in your seat, in "
        f"this very market:</p>{table(head, body)}<p>{moral}</p>"
    )


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a table that scrolls by itself where there is no room for it."""
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>" for row in body)
    inside = f"<thead><tr>{top}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="seat-scroll"><table class="seat-table">{inside}</table></div>'


def glossary(*, has_bond: bool) -> str:
    """Return the words that the page uses."""
    known = [word for word in WORDS if has_bond or word not in OF_BONDS]
    items = "".join(f'<dt><b>{word}</b></dt><dd class="seat-grey">{WORDS[word]}</dd>' for word in known)
    return f'<h3>Words</h3><dl class="seat-words">{items}</dl>'


def change(wei: int) -> str:
    """Return what came or went, in ether without the unit."""
    return f"{'+' if wei >= 0 else '−'}{number(abs(wei))}"
