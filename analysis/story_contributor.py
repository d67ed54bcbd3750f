"""The story of a computing contributor: trained, announced, judged, paid, or why not."""

from .chronicle import (
    SKIPPED,
    Chronicle,
    Line,
    mined,
    points,
    said_text,
    set_aside,
    verdict_text,
    vote_text,
)
from .people import base_of, clock, ether, percent
from .rows import Row, rows

Story = tuple[str, list[Line]]


def contributor_story(chronicle: Chronicle, person: Row) -> Story:
    """Return a heading and lines, not yet in order."""
    name, training = person["name"], chronicle.trainings.get(person["name"])
    if training is None:
        heading = f"{name} is a computing contributor ({person['account']}). It trained nothing in this run"
        arrived = any(note["who"] == name and note["kind"] == "arrived" for note in chronicle.diary)
        return f"{heading}: {'it found no open task' if arrived else 'it never arrived'}.", []
    labels = " ".join(map(str, training["labels"]))
    heading = (
        f"{name} is a computing contributor with private images of the labels {labels}; "
        f"its account is {person['account']}."
    )
    begun, over = training["training_started"], training["training_finished"]
    if training["reused"]:
        known = f"{name} takes up {chronicle.the_task}, for which it has a model already: it trained "
        lines = [Line(begun, None, f"{known}the network {training['network']} for an earlier one.")]
        return heading, [*lines, *_afterwards(chronicle, person, training)]
    whose = "" if chronicle.record.task is None else f" for {chronicle.the_task}"
    lines = [Line(begun, None, f"{name} begins to train the network {training['network']}{whose}.")]
    missed = [entry for entry in rows(chronicle.record, "timeline") if entry["kind"] == "too late"]
    for entry in missed:
        if entry["who"] == name and begun <= entry["time"] <= over:
            return heading, [*lines, Line(entry["time"], None, f"Too late: {entry['text']}.")]
    lines += [
        Line(
            training["training_finished"],
            None,
            f"Training is over after {training['epochs']} epochs ({training['iterations']} steps): "
            f"{percent(training['test_accuracy'])} on its own test images, "
            f"{percent(training['local_accuracy'])} on its own verification images.{_private(training)}",
        ),
    ]
    return heading, [*lines, *_afterwards(chronicle, person, training)]


def _afterwards(chronicle: Chronicle, person: Row, training: Row) -> list[Line]:
    if training["model_id"] is None:
        return [_why_nothing(chronicle, training)]
    return _announced(chronicle, person, training)


def _private(training: Row) -> str:
    if training["epsilon"] is None:
        return ""
    return (
        f" It was differentially private: any one training image is protected by an epsilon of "
        f"{training['epsilon']:.3g} at a delta of {training['delta']:g}."
    )


def planter_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell of a planted test: announced like any model, judged like any model, then shown for what it is."""
    name = person["name"]
    heading = (
        f"{name} is an account from which the initiator announces a planted test, a model whose stand-alone "
        f"fitness she knows and has committed to; the account is {person['account']}."
    )
    model = chronicle.trainings.get(name)
    if model is None:
        return f"{heading} It announced nothing in this run.", []
    return heading, _announced(chronicle, person, model)


def _why_nothing(chronicle: Chronicle, training: Row) -> Line:
    name, threshold = training["contributor"], chronicle.task.announce_threshold
    over = training["training_finished"]
    own = [note for note in chronicle.diary if note["who"] == name and note["time"] >= over]
    if threshold is not None and any(note["kind"] == "gave up" for note in own):
        return Line(
            training["training_finished"],
            None,
            f"The initiator wants a model announced once it reaches {percent(threshold)} on its owner's "
            f"test images; {name} came to {percent(training['test_accuracy'])}. So it announced nothing, "
            "and nothing was judged or paid.",
        )
    refused = [
        sent
        for sent in chronicle.transactions
        if sent["sender_name"] == name and sent["status"] == 0 and sent["time"] >= over
    ]
    if refused:
        last = refused[0]
        text = f"The contract did not take {name}'s model, so it was neither judged nor paid."
        return mined(last, text)
    text = f"{name}'s announcement never reached the chain, so its model was neither judged nor paid."
    return Line(max([over, *(note["time"] for note in own)]), None, text)


def _announced(chronicle: Chronicle, person: Row, training: Row) -> list[Line]:
    number = training["model_id"]
    (event,) = chronicle.of("ModelAnnounced", model_id=number)
    lines = [
        mined(
            event,
            f"{person['name']} announces {_sealed(training)}model {number} under the CID {event['cid']}; "
            f"{set_aside(chronicle, event)}.",
        ),
    ]
    for drawn in chronicle.of("PanelDrawn", model_id=number):
        panel = ", ".join(chronicle.names[account] for account in drawn["panel"])
        until = chronicle.answer_by(drawn)
        lines.append(
            mined(
                drawn,
                f"{_seated(chronicle, drawn)}: {panel}. {_base(chronicle, number)}; the "
                f"panel has until {clock(until)}.",
            )
        )
    lines += _measured(chronicle, number)
    lines += [
        mined(
            event,
            f"{chronicle.names[event['verifier']]} commits to an evaluation that nobody can read yet.",
        )
        for event in chronicle.of("EvaluationCommitted", model_id=number)
    ]
    lines += [
        mined(
            asked,
            f"{chronicle.sender(asked)} has the oracle asked for the evaluations.",
        )
        for asked in chronicle.of("EvaluationsRequested", model_id=number)
    ]
    lines += revealed(chronicle, number)
    return [*lines, *_judged(chronicle, training), *_paid(chronicle, person)]


def _seated(chronicle: Chronicle, drawn: Row) -> str:
    if chronicle.is_paper:
        return "Its panel is everybody who is registered"
    return f"{chronicle.sender(drawn)} has the panel drawn"


def revealed(chronicle: Chronicle, number: int) -> list[Line]:
    """Tell that a model was a planted test, and what its panel's median says of it."""
    lines = []
    for event in chronicle.of("PlantRevealed", model_id=number):
        near = f"{points(chronicle.task.plant_tolerance).lstrip('+')} of it"
        judged = (
            f"lies within {near}, so who measured something further away is slashed"
            if event["agreed"]
            else f"does not lie within {near}, so nobody is slashed"
        )
        text = (
            f"{chronicle.names[event['by']]} reveals that model {number} was a planted test with a "
            f"stand-alone fitness of {percent(event['plant_bps'] / 10_000)}. {_median(event)} {judged}."
        )
        lines.append(mined(event, text))
    return lines


def _median(event: Row) -> str:
    if event["median_bps"] < 0:
        return "The panel's median, that nothing could be measured,"
    return f"The panel's median, {percent(event['median_bps'] / 10_000)},"


def _sealed(model: Row) -> str:
    return "its sealed " if model["sealed"] else ""


def _base(chronicle: Chronicle, number: int) -> str:
    if chronicle.task.fitness == "standalone":
        return "The model is to be measured alone, on its own labels"
    base = base_of(chronicle.record, chronicle.models, number)
    if not base:
        return "The model is to be fused with no earlier model, so it stands alone"
    kind = "announced" if chronicle.is_paper else "decided"
    kind = "rewarded" if chronicle.task.base == "accepted" else kind
    names = ", ".join(f"model {row['model_id']} of {row['contributor']}" for row in base)
    return f"The model is to be fused with the earlier models that were {kind}: {names}"


def _measured(chronicle: Chronicle, number: int) -> list[Line]:
    seats = {seat["verifier"]: seat for seat in chronicle.seats if seat["model_id"] == number}
    return [
        Line(note["time"], None, f"{note['who']} {found(chronicle, note, seats[note['who']])}.")
        for note in chronicle.diary
        if note["kind"] == "measured" and note["model_id"] == number
    ]


def found(chronicle: Chronicle, note: Row, seat: Row) -> str:
    """Say what a verifier found when she examined a model, from her diary and her seat."""
    measured = chronicle.measured(seat)
    if measured is None:  # alone on its own labels, unreadable, or a copy: her own words tell it
        return note["text"]
    return f"measures {percent(measured)} for model {note['model_id']} by Strategy {chronicle.task.strategy}"


def _judged(chronicle: Chronicle, training: Row) -> list[Line]:
    number, lines = training["model_id"], []
    for event in chronicle.of("EvaluationCounted", model_id=number):
        who = chronicle.names[event["verifier"]]
        text = f"{who}'s {said_text(chronicle, event)} is counted: {vote_text(chronicle, event)}."
        lines.append(mined(event, text))
    for event in chronicle.of("RowSkipped", model_id=number):
        who = chronicle.names.get(event["verifier"], event["verifier"])
        lines.append(mined(event, f"A row of {who} is not counted: {SKIPPED[event['reason']]}."))
    for event in chronicle.of("QuorumMissed", model_id=number):
        text = (
            f"{event['reports']} evaluations are counted so far, fewer than the quorum of {event['quorum']}."
        )
        lines.append(mined(event, text))
    settled = chronicle.of("ModelSettled", model_id=number)
    return [*lines, *(mined(e, verdict_text(chronicle, training)) for e in settled)]


def _paid(chronicle: Chronicle, person: Row) -> list[Line]:
    return [
        mined(
            event,
            f"The reward, {ether(event['amount'], 18)}, is {chronicle.given} to {person['name']}.",
        )
        for event in chronicle.of("Credited", account=person["account"])
    ]
