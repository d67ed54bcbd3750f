"""The sections of the page on Figure 1: what is told right, travels, is computed, and who may vanish."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from ..findings import Section
from ..wording import percent, points, with_unit
from .architectures import (
    ALONE,
    CENTRAL,
    CENTRAL_ALL,
    FEDERATED,
    FEDERATED_ALL,
    FUSED,
    KNOWING,
    MAJORITY,
    ONE,
    RIDGE,
    SOFTMAX,
    Loss,
    Whole,
)
from .traffic import Load, Sizes

ROWS = (CENTRAL, FEDERATED, FUSED, CENTRAL_ALL, FEDERATED_ALL, RIDGE, KNOWING, SOFTMAX, MAJORITY, ONE, ALONE)


def accuracy_section(wholes: Sequence[Whole]) -> Section:
    """Say what every method tells right, seed by seed."""
    verification = {row: [whole.accuracies[row][0] for whole in wholes] for row in ROWS}
    held_out = {row: [whole.accuracies[row][1] for whole in wholes] for row in ROWS}
    sample = len(wholes[0].material.sample.verification)
    others = f"{len(wholes[0].material.held_out):,} held-out images"
    table = pd.DataFrame(
        {
            "method": ROWS,
            f"{sample:,} verification images, %": [percent(verification[row]) for row in ROWS],
            f"{others}, %": [percent(held_out[row]) for row in ROWS],
        }
    )

    def paired(row: str) -> str:
        return points([whole.accuracies[FUSED][1] - whole.accuracies[row][1] for whole in wholes])

    return Section(
        "How much is told right",
        f"""
Differences are points on the {others}, taken seed by seed; a plus sign means that (c) is ahead. To one
central model (a): {paired(CENTRAL)}. To federated averaging (b): {paired(FEDERATED)}. To **what a verifier
reaches without anybody**, a network trained on her own {len(wholes[0].material.sample.train):,} images:
{paired(ALONE)}, which is what cooperation is worth to her.

Her images also train the heads of (c), so the fair neighbours among the architectures are those that have
them too: to (a) with them {paired(CENTRAL_ALL)}, to (b) with them {paired(FEDERATED_ALL)}. To a ridge
readout in closed form of the very features that (c) fuses: {paired(RIDGE)}. To the models' own votes, which
take no training: {paired(KNOWING)} (mean of the models that know a class), {paired(SOFTMAX)} (mean of all)
and {paired(MAJORITY)} (majority).
""",
        table,
    )


def _roles(carried: Sequence[Sequence[Load]]) -> list[tuple[Load, list[Load]]]:
    """Return every role with what it carries on each seed."""
    return [(row[0], list(row)) for row in zip(*carried, strict=True)]


def traffic_section(
    carried: Sequence[Sequence[Load]], files: Sequence[Sizes], wholes: Sequence[Whole]
) -> Section:
    """Say how many bytes every party sends and receives, and which file is larger."""
    rows = []
    totals = {}
    for role, every in _roles(carried):
        sends, receives = fmean(load.sends for load in every), fmean(load.receives for load in every)
        # What one sends another receives, in (c) once each who fetches it from the store.
        totals[role.architecture] = totals.get(role.architecture, 0.0) + role.count * receives
        rows.append(
            (f"({role.architecture})", role.who, role.count, with_unit(sends, "B"), with_unit(receives, "B"))
        )
    table = pd.DataFrame(rows, columns=["architecture", "party", "how many", "each sends", "each receives"])
    images, model = fmean(one.images for one in files), fmean(one.model for one in files)
    sent = fmean(one.sent_images for one in files)
    larger = "larger" if model > images else "smaller"
    even = (model - images) / files[0].per_image + len(wholes[0].material.contributors[0].train)
    packed_images = fmean(one.packed_images for one in files)
    packed_model = fmean(one.packed_model for one in files)
    rounds = fmean(whole.federation.rounds for whole in wholes)
    train = wholes[0].material.scenario.contributors.train
    return Section(
        "What travels",
        f"""
In all, {with_unit(totals["a"], "B")} arrive somewhere in (a), {with_unit(totals["b"], "B")} in (b) and
{with_unit(totals["c"], "B")} in (c). Federated averaging sends its network down and up in every one of
its {rounds:.0f} rounds; cooperation sends each model up once, and down to every verifier and the
initiator once.

The paper says that sharing models instead of data greatly reduces the demand for bandwidth. At these
sizes it {"does not" if model > images else "does"}: **a contributor's model file, {model:,.0f} bytes, is
{larger} than her {train:,} training images, {images:,.0f} bytes** ({model / images:.2f} times;
{model / sent:.2f} times the {sent:,.0f} bytes with the testing images, which the server needs too).
Packed by `zlib` the images shrink to {packed_images:,.0f} bytes and the model to {packed_model:,.0f},
{packed_model / packed_images:.2f} times the images. A model does not grow with the images behind it:
unpacked, it is the smaller file from about {even:,.0f} images on. What a model spares at any size is that
the images leave the house.

Counted are the files as they are encoded: the contributors' models, the network of each round, the images
as the store would hold them, and in (c) the verification sample. Transactions and signed evaluations, a
few hundred bytes each, are not.
""",
        table,
    )


def computing_section(carried: Sequence[Sequence[Load]]) -> Section:
    """Say how much every party computes."""
    rows = []
    totals = {}
    for role, every in _roles(carried):
        steps, passes, products = (
            fmean(getattr(load, part) for load in every) for part in ("steps", "passes", "products")
        )
        totals[role.architecture] = totals.get(role.architecture, 0.0) + role.count * products
        shown = (f"{steps:,.0f}", with_unit(passes), with_unit(products))
        rows.append((f"({role.architecture})", role.who, role.count, *shown))
    columns = ["architecture", "party", "how many", "steps each", "image passes each", "multiply-adds each"]
    return Section(
        "What is computed",
        f"""
In all, (a) takes {with_unit(totals["a"])} multiply-adds, (b) {with_unit(totals["b"])} and (c)
{with_unit(totals["c"])}. An image passes a network once to be told and three times to be learned from
(forth, and back for the weights and for the signal). A verifier's steps are those of her fusion head,
which is small; her passes are the models' features of her sample, once each.
""",
        pd.DataFrame(rows, columns=columns),
    )


def vanishing_section(
    losses: Sequence[Sequence[Loss]], panels: Sequence[Sequence[Sequence[bool]]], wholes: Sequence[Whole]
) -> Section:
    """Say what is left when any one party vanishes."""
    whole_rows = {"a": CENTRAL, "b": FEDERATED, "c": FUSED}
    rows = []
    for same in zip(*losses, strict=True):
        one = same[0]
        if not one.accuracies:
            continue
        means, worst, change = [], [], []
        for whole, loss in zip(wholes, same, strict=False):
            found = [held_out for _, held_out in loss.accuracies]
            means.append(fmean(found))
            worst.append(min(found))
            change.append(means[-1] - whole.accuracies[whole_rows[one.architecture]][1])
        rows.append(
            (
                f"({one.architecture})",
                one.who,
                one.when,
                one.then,
                percent(means),
                percent(worst),
                points(change),
            )
        )
    columns = ["architecture", "who vanishes", "when", "then", "mean, %", "worst, %", "change, points"]
    verifiers = wholes[0].material.scenario.verifiers
    quorum = wholes[0].material.scenario.quorum
    same, decisions = unchanged_decisions(panels)
    scenario = wholes[0].material.scenario
    return Section(
        "What happens when one party vanishes",
        f"""
Every single party was taken away and what the others reach was measured again, on {len(losses)} seed(s):
the mean and the worst over whose absence it is. Without its server (a) has no network at all, and without
its controller (b) has the network of the last round that was sent out: those are the single points of
failure that the paper speaks of. In (c) no party is one for what is learned: the models are in the store,
and who has images fuses them.

A verifier's absence changes votes, not models: with a panel of {verifiers.panel} a decision needs
{quorum} evaluation(s), so up to {max(0, verifiers.panel - quorum)} may stay away. Every verifier was left
out of every decision on every model, at a MAFR of {100 * scenario.task.mafr:g} % accuracy: {same} of
{decisions} decisions stayed what they were.

Who (c) cannot do without is the oracle that carries the evaluations into the contract: if it never
answers, no model is decided or paid, and after the deadlines anybody can have the escrow returned
(`expireModel`). What was learned stays: the verifiers have fused already, and reach what they reach. An
initiator who leaves after she posted the task changes nothing, since the contract holds her escrow.
""",
        pd.DataFrame(rows, columns=columns),
    )


def unchanged_decisions(panels: Sequence[Sequence[Sequence[bool]]]) -> tuple[int, int]:
    """Return how many majority decisions are the same without one of the voters, and how many there are."""
    same = total = 0
    for models in panels:
        for cast in models:
            for absent in range(len(cast)):
                left = [*cast[:absent], *cast[absent + 1 :]]
                if left:
                    total += 1
                    same += (2 * sum(left) > len(left)) == (2 * sum(cast) > len(cast))
    return same, total
