"""The story of a computing contributor: trained, announced, judged, paid, or why not."""

from .chronicle import Chronicle, Line, fitness_text, verdict_text, vote_text
from .people import base_of, clock, ether, percent
from .rows import Row, rows

Story = tuple[str, list[Line]]


def contributor_story(chronicle: Chronicle, person: Row) -> Story:
    """Return a heading and lines, not yet in order."""
    name, training = person["name"], chronicle.trainings.get(person["name"])
    if training is None:
        heading = f"{name} is a computing contributor ({person['account']}). It trained nothing in this run"
        found = (
            "no task was open when it arrived" if chronicle.record.summary["finished"] else "it never arrived"
        )
        return f"{heading}: {found}.", []
    labels = " ".join(map(str, training["labels"]))
    heading = (
        f"{name} is a computing contributor with private images of the labels {labels}; "
        f"its account is {person['account']}."
    )
    begins = f"{name} begins to train the network {training['network']}."
    lines = [Line(training["training_started"], None, begins)]
    missed = [entry for entry in rows(chronicle.record, "timeline") if entry["kind"] == "too late"]
    for entry in missed:
        if entry["who"] == name:
            return heading, [*lines, Line(entry["time"], None, f"Too late: {entry['text']}.")]
    lines += [
        Line(
            training["training_finished"],
            None,
            f"Training is over after {training['epochs']} epochs ({training['iterations']} steps): "
            f"{percent(training['test_accuracy'])} on its own test images, "
            f"{percent(training['local_accuracy'])} on its own verification images.",
        ),
    ]
    if training["model_id"] is None:
        return heading, [*lines, _why_nothing(chronicle, training)]
    return heading, [*lines, *_announced(chronicle, person, training)]


def _why_nothing(chronicle: Chronicle, training: Row) -> Line:
    name, threshold = training["contributor"], chronicle.task.announce_threshold
    own = [note for note in chronicle.diary if note["who"] == name]
    if threshold is not None and any(note["kind"] == "gave up" for note in own):
        return Line(
            training["training_finished"],
            None,
            f"The initiator wants a model announced once it reaches {percent(threshold)} on its owner's "
            f"test images; {name} came to {percent(training['test_accuracy'])}. So it announced nothing, "
            "and nothing was judged or paid.",
        )
    refused = [sent for sent in chronicle.transactions if sent["sender_name"] == name and sent["status"] == 0]
    if refused:
        last = refused[-1]
        text = f"The contract did not take {name}'s model, so it was neither judged nor paid."
        return Line(last["time"], last["block"], text)
    text = f"{name}'s announcement never reached the chain, so its model was neither judged nor paid."
    return Line(max([training["training_finished"], *(note["time"] for note in own)]), None, text)


def _announced(chronicle: Chronicle, person: Row, training: Row) -> list[Line]:
    number = training["model_id"]
    (event,) = chronicle.of("ModelAnnounced", model_id=number)
    lines = [
        Line(
            event["time"],
            event["block"],
            f"{person['name']} announces model {number} under the CID {event['cid']}; the contract sets "
            f"{ether(event['reserved'])} of the escrow aside for it.",
        ),
    ]
    for drawn in chronicle.of("PanelDrawn", model_id=number):
        panel = ", ".join(chronicle.names[account] for account in drawn["panel"])
        until = drawn["time"] + chronicle.task.evaluation_window
        lines.append(
            Line(
                drawn["time"],
                drawn["block"],
                f"{chronicle.sender(drawn)} has the panel drawn: {panel}. The model is to be fused with "
                f"{_base(chronicle, number)}; the panel has until {clock(until)}.",
            )
        )
    lines += _measured(chronicle, number)
    lines += [
        Line(
            asked["time"],
            asked["block"],
            f"{chronicle.sender(asked)} has the oracle asked for the evaluations.",
        )
        for asked in chronicle.of("EvaluationsRequested", model_id=number)
    ]
    return [*lines, *_judged(chronicle, training), *_paid(chronicle, person)]


def _base(chronicle: Chronicle, number: int) -> str:
    base = base_of(chronicle.record, chronicle.models, number)
    if not base:
        return "no earlier model, so it stands alone"
    kind = "rewarded" if chronicle.task.base == "accepted" else "decided"
    names = ", ".join(f"model {row['model_id']} of {row['contributor']}" for row in base)
    return f"the earlier models that were {kind}: {names}"


def _measured(chronicle: Chronicle, number: int) -> list[Line]:
    times = {
        n["who"]: n["time"] for n in chronicle.diary if n["kind"] == "measured" and n["model_id"] == number
    }
    found = [(times.get(seat["verifier"]), seat) for seat in chronicle.seats if seat["model_id"] == number]
    return [
        Line(
            time,
            None,
            f"{seat['verifier']} measures {percent(chronicle.measured(seat))} "
            f"by Strategy {chronicle.task.strategy}.",
        )
        for time, seat in found
        if time is not None
    ]


def _judged(chronicle: Chronicle, training: Row) -> list[Line]:
    number, task = training["model_id"], chronicle.task
    lines = []
    for event in chronicle.of("EvaluationCounted", model_id=number):
        fitness, reference = event["fitness_bps"] / 10_000, event["reference_bps"] / 10_000
        who = chronicle.names[event["verifier"]]
        measured, vote = fitness_text(task, fitness, reference), vote_text(task, event["passed"])
        text = f"{who}'s {measured} is counted: {vote}."
        lines.append(Line(event["time"], event["block"], text))
    for event in chronicle.of("RowSkipped", model_id=number):
        who = chronicle.names.get(event["verifier"], event["verifier"])
        lines.append(
            Line(event["time"], event["block"], f"A row of {who} is not counted: {event['reason']}.")
        )
    for event in chronicle.of("QuorumMissed", model_id=number):
        text = (
            f"{event['reports']} evaluations are counted so far, fewer than the quorum of {event['quorum']}."
        )
        lines.append(Line(event["time"], event["block"], text))
    settled = chronicle.of("ModelSettled", model_id=number)
    return [*lines, *(Line(e["time"], e["block"], verdict_text(chronicle, training)) for e in settled)]


def _paid(chronicle: Chronicle, person: Row) -> list[Line]:
    return [
        Line(
            event["time"],
            event["block"],
            f"The reward, {ether(event['amount'], 18)}, is credited to {person['name']}.",
        )
        for event in chronicle.of("Credited", account=person["account"])
    ]
