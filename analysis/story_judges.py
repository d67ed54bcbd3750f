"""The stories of those who judge and pay: verification contributors, initiator, oracle, platform."""

from .chronicle import Chronicle, Line, fitness_text, mafr_text, verdict_text, vote_text
from .people import clock, ether, percent
from .rows import Row
from .story_contributor import Story


def verifier_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell which panels she sat on, what she measured beside the others, and her fees."""
    name = person["name"]
    heading = f"{name} is a verification contributor; her account is {person['account']}."
    lines = [
        Line(event["time"], event["block"], f"{name} joins the pool that panels are drawn from.")
        for event in chronicle.of("PoolJoined", account=person["account"])
    ]
    drawn = [event for event in chronicle.of("PanelDrawn") if person["account"] in event["panel"]]
    if not drawn:
        number = len(chronicle.of("PanelDrawn"))
        heading += f" She was drawn for none of the {number} panels of this run, so she earned nothing."
    for event in drawn:
        lines += _seat(chronicle, person, event)
    return heading, lines


def _seat(chronicle: Chronicle, person: Row, drawn: Row) -> list[Line]:
    name, number, task = person["name"], drawn["model_id"], chronicle.task
    seats = [seat for seat in chronicle.seats if seat["model_id"] == number]
    own = next(seat for seat in seats if seat["verifier"] == name)
    until = clock(drawn["time"] + task.evaluation_window)
    text = (
        f"{name} is drawn for the panel of model {number} of {own['contributor']}, "
        f"{len(drawn['panel'])} seats, to be answered by {until}."
    )
    lines = [Line(drawn["time"], drawn["block"], text)]
    for note in chronicle.diary:
        if note["who"] == name and note["kind"] == "measured" and note["model_id"] == number:
            others = [chronicle.measured(seat) for seat in seats if seat is not own]
            measured = f"{percent(chronicle.measured(own))} by Strategy {task.strategy}"
            text = f"{name} measures {measured}{_beside(others)}."
            lines.append(Line(note["time"], None, text))
    counted = chronicle.of("EvaluationCounted", model_id=number, verifier=person["account"])
    for event in counted:
        fitness = fitness_text(task, event["fitness_bps"] / 10_000, event["reference_bps"] / 10_000)
        text = f"Her {fitness} is counted: {vote_text(task, event['passed'])}."
        lines.append(Line(event["time"], event["block"], text))
    lines += [
        Line(event["time"], event["block"], f"Her row is not counted: {event['reason']}.")
        for event in chronicle.of("RowSkipped", model_id=number, verifier=person["account"])
    ]
    for event in chronicle.of("Credited", model_id=number, account=person["account"]):
        text = f"Her fee, {ether(event['amount'], 18)}, is credited to her, whatever she voted."
        lines.append(Line(event["time"], event["block"], text))
    for event in chronicle.of("ModelSettled", model_id=number):
        late = "" if counted else " Nothing of hers was counted, so this panel earned her nothing."
        votes = f"{event['passes']} of {event['reports']} votes for it"
        text = f"Model {number} is settled: {votes}, {event['outcome']}.{late}"
        lines.append(Line(event["time"], event["block"], text))
    return lines


def _beside(others: list[float | None]) -> str:
    found = [value for value in others if value is not None]
    if not found:
        return "; nobody else on the panel measured anything"
    low, high = percent(min(found)), percent(max(found))
    return (
        f"; the others of the panel measured {low if low == high else f'{low} to {high}'} on the same images"
    )


def initiator_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell what she promised, what each model cost her, what came back and what she has now."""
    task, name = chronicle.task, person["name"]
    heading = (
        f"{name} posted the task “{chronicle.record.scenario.title or chronicle.record.scenario.name}”; "
        f"her account is {person['account']}."
    )
    lines = []
    for event in chronicle.of("TaskPosted", initiator=person["account"]):
        text = (
            f"{name} posts the task with an escrow of {ether(event['escrow'])}: {ether(task.reward)} for a "
            f"model that a majority of its panel finds above the MAFR of {mafr_text(task)} ({task.fitness}), "
            f"{ether(task.verifier_fee)} for each counted evaluation, {ether(task.oracle_fee)} for an "
            "answer of the oracle."
        )
        lines.append(Line(event["time"], event["block"], text))
    for event in chronicle.of("ModelAnnounced"):
        who = chronicle.names[event["contributor"]]
        aside = f"{ether(event['reserved'])} of the escrow are set aside for it"
        text = f"{who} announces model {event['model_id']}; {aside}."
        lines.append(Line(event["time"], event["block"], text))
    models = {model["model_id"]: model for model in chronicle.models}
    for event in chronicle.of("ModelSettled"):
        paid = sum(
            credit["amount"]
            for credit in chronicle.of("Credited", model_id=event["model_id"])
            if credit["reason"] != "Refund"
        )
        text = f"{verdict_text(chronicle, models[event['model_id']])} It cost {ether(paid)} of the escrow."
        lines.append(Line(event["time"], event["block"], text))
    for event in chronicle.of("TaskClosed"):
        back = f"{ether(event['returned'], 18)} of the escrow was free and is owed back"
        left = back if event["returned"] else "nothing of the escrow was left over"
        text = f"{chronicle.names[event['by']]} closes the task; {left}."
        lines.append(Line(event["time"], event["block"], text))
    return heading, [*lines, *_integrated(chronicle, person)]


def _integrated(chronicle: Chronicle, person: Row) -> list[Line]:
    whole = chronicle.record.summary["integrated_model"]
    if not whole:
        return [Line(person["time"], None, "No model was rewarded, so there is none to integrate.")]
    held_out = ""
    if whole["held_out_accuracy"] is not None:
        held_out = (
            f" and {percent(whole['held_out_accuracy'])} of {whole['held_out_images']:,} images "
            "that nobody trained or voted on"
        )
    noted = [note["time"] for note in chronicle.diary if note["kind"] == "integrated"]
    text = (
        f"{person['name']} fuses the rewarded models ({', '.join(map(str, whole['models']))}) by Strategy "
        f"{whole['strategy']} into the integrated model {whole['cid']}: "
        f"{percent(whole['verification_accuracy'])} of the verification images{held_out} are told right."
    )
    return [Line(max(noted, default=person["time"]), None, text)]


def oracle_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell which queries it answered with what, and its fees."""
    queries = chronicle.of("EvaluationsRequested", oracle=person["account"])
    heading = (
        f"{person['name']} brings evaluations from the web application to the contract; its account is "
        f"{person['account']}. It was asked {len(queries)} times."
    )
    lines = []
    for query in queries:
        asked = f"the evaluations of model {query['model_id']}"
        text = f"Query {query['query_id']}, sent by {chronicle.sender(query)}, asks for {asked}."
        lines.append(Line(query["time"], query["block"], text))
    lines += [
        Line(sent["time"], sent["block"], _answer(chronicle, sent))
        for sent in chronicle.transactions
        if sent["sender"] == person["account"] and sent["function"] == "__callback" and sent["status"] == 1
    ]
    for event in chronicle.of("Credited", account=person["account"]):
        text = (
            f"Its fee, {ether(event['amount'], 18)}, is credited for the answer on model {event['model_id']}."
        )
        lines.append(Line(event["time"], event["block"], text))
    return heading, lines


def _answer(chronicle: Chronicle, sent: Row) -> str:
    place = (sent["block"], sent["index"])
    own = [event for event in chronicle.events if (event["block"], event["transaction_index"]) == place]
    counted = [event for event in own if event["event"] == "EvaluationCounted"]
    skipped = [event for event in own if event["event"] == "RowSkipped"]
    settled = [f"model {e['model_id']} is {e['outcome']}" for e in own if e["event"] == "ModelSettled"]
    end = settled[0] if settled else "the quorum is not reached"
    return f"The oracle answers: {len(counted)} evaluations are counted, {len(skipped)} are not; {end}."


def platform_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell of the one deployment."""
    contract = chronicle.record.summary["contract"]
    heading = (
        f"{person['name']} ({person['account']}) deployed the contract {contract} when the run began "
        "and took no further part."
    )
    return heading, []
