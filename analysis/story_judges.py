"""The stories of those who judge and pay: verification contributors, initiator, oracle, platform."""

from ..agents import TaskSettings
from .chronicle import (
    NO_ORACLE,
    SKIPPED,
    Chronicle,
    Line,
    mafr_text,
    mined,
    said_text,
    set_aside,
    verdict_text,
    vote_text,
)
from .people import clock, ether, none_integrated, percent
from .rows import Row
from .story_contributor import Story, found, revealed


def verifier_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell which panels she sat on, what she measured beside the others, and her fees."""
    name = person["name"]
    heading = f"{name} is a verification contributor; her account is {person['account']}."
    joins = "registers" if chronicle.is_paper else "joins the pool that panels are drawn from"
    lines = [
        mined(event, f"{name} {joins}{_stake(event)}.")
        for event in chronicle.of("PoolJoined", account=person["account"])
    ]
    if task_has_stakes(chronicle):
        lines += [
            mined(event, f"{name} leaves the pool.")
            for event in chronicle.of("PoolLeft", account=person["account"])
        ]
        lines += [
            mined(
                event,
                f"What is left of her stake, {ether(event['amount'], 18)}, is owed back to her.",
            )
            for event in chronicle.of("StakeReclaimed", account=person["account"])
        ]
    drawn = [event for event in chronicle.of("PanelDrawn") if person["account"] in event["panel"]]
    if not drawn:
        number = len(chronicle.of("PanelDrawn"))
        run = "this run" if chronicle.record.task is None else "any task"
        none = f"none of the {number} panels" if chronicle.record.task is None else "no panel"
        heading += f" She was drawn for {none} of {run}, so she earned nothing."
    for event in drawn:
        lines += _seat(chronicle, person, event)
    return heading, lines


def _seat(chronicle: Chronicle, person: Row, drawn: Row) -> list[Line]:
    name, number, account = person["name"], drawn["model_id"], person["account"]
    seats = [seat for seat in chronicle.seats if seat["model_id"] == number]
    own = next(seat for seat in seats if seat["verifier"] == name)
    until = clock(chronicle.answer_by(drawn))
    text = (
        f"{name} is {'on' if chronicle.is_paper else 'drawn for'} the panel of model {number} of "
        f"{own['contributor']}, {len(drawn['panel'])} seats, to be answered by {until}{_locked(drawn)}."
    )
    lines = [mined(drawn, text)]
    for note in chronicle.diary:
        if note["who"] == name and note["kind"] == "measured" and note["model_id"] == number:
            others = [chronicle.measured(seat) for seat in seats if seat is not own]
            beside = "" if chronicle.measured(own) is None else _beside(others)
            lines.append(Line(note["time"], None, f"{name} {found(chronicle, note, own)}{beside}."))
    for event in chronicle.of("EvaluationCommitted", model_id=number, verifier=account):
        text = (
            f"{name} commits to her evaluation of model {number}: she can change it no more, and nobody can "
            "read it yet."
        )
        lines.append(mined(event, text))
    counted = chronicle.of("EvaluationCounted", model_id=number, verifier=account)
    for event in counted:
        place = ", shown on the chain by herself," if chronicle.sender(event) == name else ""
        said = f"On model {number} her {said_text(chronicle, event)}{place} is counted"
        text = f"{said}: {vote_text(chronicle, event)}."
        lines.append(mined(event, text))
    lines += [
        mined(event, f"Her row on model {number} is not counted: {SKIPPED[event['reason']]}.")
        for event in chronicle.of("RowSkipped", model_id=number, verifier=account)
    ]
    lines += revealed(chronicle, number)
    for event in chronicle.of("SeatSettled", model_id=number, verifier=account):
        end = SEATS[event["outcome"]].format(burnt=ether(event["burnt"], 18))
        lines.append(mined(event, f"Her seat for model {number} is settled: {end}."))
    fees = chronicle.of("Credited", model_id=number, account=account)
    for event in fees:
        whatever = "whatever she voted" if counted else "though nothing of hers was counted"
        fee = f"Her fee for model {number}, {ether(event['amount'], 18)}"
        text = f"{fee}, is {chronicle.given} to her, {whatever}."
        lines.append(mined(event, text))
    for event in chronicle.of("ModelSettled", model_id=number):
        late = "" if counted or fees else " Nothing of hers was counted, so this panel earned her no fee."
        votes = f"{event['passes']} of {event['reports']} votes for it"
        text = f"Model {number} is settled: {votes}, {event['outcome']}.{late}"
        lines.append(mined(event, text))
    return lines


SEATS = {
    "Paid": "she spoke, so her bond is free again",
    "Silent": "nothing of hers was counted, so her bond of {burnt} is burnt",
    "Slashed": "what she measured lies too far from the planted test, so her bond of {burnt} is burnt and "
    "her fee withheld",
    "Excused": "she had committed and the model was not decided; her bond is free",
}


def task_has_stakes(chronicle: Chronicle) -> bool:
    """Whether anybody deposited a stake; without one, leaving the pool is of no consequence."""
    return any(event.get("stake") for event in chronicle.of("PoolJoined"))


def _stake(joined: Row) -> str:
    return f" with a stake of {ether(joined['stake'], 18)}" if joined.get("stake") else ""


def _locked(drawn: Row) -> str:
    if not drawn.get("bond"):
        return ""
    return f"; {ether(drawn['bond'], 18)} of her stake are locked as the bond of this seat"


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
    title = chronicle.record.scenario.title or chronicle.record.scenario.name
    what = "tasks under the title" if chronicle.record.task is not None else "the task"
    heading = f"{name} posted {what} “{title}”; her account is {person['account']}."
    lines = []
    for event in chronicle.of("TaskPosted", initiator=person["account"]):
        text = (
            f"{name} posts {chronicle.the_task} with an escrow of {ether(event['escrow'])}: "
            f"{_promise(task)}, {_fees(chronicle)}."
        )
        lines.append(mined(event, text))
    for event in chronicle.of("ModelAnnounced"):
        who = chronicle.names[event["contributor"]]
        text = f"{who} announces model {event['model_id']}; {set_aside(chronicle, event)}."
        lines.append(mined(event, text))
    for event in chronicle.of("SeatSettled", outcome="Slashed"):
        text = (
            f"{chronicle.names[event['verifier']]} is slashed for what she said of the planted model "
            f"{event['model_id']}: her fee comes back to {name}, and {ether(event['burnt'], 18)} are burnt."
        )
        lines.append(mined(event, text))
    models = {model["model_id"]: model for model in chronicle.models}
    for number in models:
        lines += revealed(chronicle, number)
    for event in chronicle.of("ModelSettled"):
        paid = sum(
            credit["amount"]
            for credit in chronicle.of("Credited", model_id=event["model_id"])
            if credit["reason"] != "Refund"
        )
        model = models[event["model_id"]]
        text = f"{verdict_text(chronicle, model)} It cost {ether(paid)} of the escrow{_own(model)}."
        lines.append(mined(event, text))
    for event in chronicle.of("TaskClosed"):
        back = f"{ether(event['returned'], 18)} of the escrow was free and {chronicle.returned}"
        left = back if event["returned"] else "nothing of the escrow was left over"
        text = f"{chronicle.names[event['by']]} closes {chronicle.the_task}; {left}."
        lines.append(mined(event, text))
    return heading, [*lines, *_integrated(chronicle, person)]


def _fees(chronicle: Chronicle) -> str:
    task = chronicle.task
    if chronicle.is_paper:
        return (
            f"{ether(task.verifier_fee)} for everybody who is registered, each time that a model is settled"
        )
    return (
        f"{ether(task.verifier_fee)} for each counted evaluation, {ether(task.oracle_fee)} for an answer "
        "of the oracle"
    )


def _promise(task: TaskSettings) -> str:
    fitness = f"the MAFR of {mafr_text(task)} ({task.fitness})"
    model = f"a model that a majority of its panel finds above {fitness}"
    if task.rule == "flat":
        return f"{ether(task.reward)} for {model}"
    if task.rule in ("proportional", "median"):
        return f"up to {ether(task.reward)}, by the {task.rule} rule, for {model}"
    return f"up to {ether(task.reward)} for a model, by the rule {task.rule_name} and {fitness}"


def _own(model: Row) -> str:
    rewarded = model["planted"] and model["outcome"] == "Rewarded"
    return ", of which the reward went to an account of her own" if rewarded else ""


def _integrated(chronicle: Chronicle, person: Row) -> list[Line]:
    whole = chronicle.record.summary["integrated_model"]
    if not whole:
        why = none_integrated(chronicle.record)
        whose = "" if chronicle.record.task is None else f" for {chronicle.the_task}"
        return [Line(person["time"], None, f"{why}{whose}, so there is none to integrate.")]
    held_out = ""
    if whole["held_out_accuracy"] is not None:
        held_out = (
            f" and {percent(whole['held_out_accuracy'])} of {whole['held_out_images']:,} images "
            "that nobody trained or voted on"
        )
    noted = [chronicle.row["integrated_time"]]
    if noted == [None]:  # an older record, of one task
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
        f"{person['account']}. It was asked {_times(len(queries))}."
    )
    lines = [
        mined(event, f"Model {event['model_id']} is {event['outcome']}. {NO_ORACLE}")
        for event in chronicle.of("ModelSettled")
        if event["outcome"] != "Void" and chronicle.function(event) != "__callback"
    ]
    for query in queries:
        asked = f"the evaluations of model {query['model_id']}"
        text = f"Query {query['query_id']}, sent by {chronicle.sender(query)}, asks for {asked}."
        lines.append(mined(query, text))
    lines += [
        mined(sent, _answer(chronicle, sent))
        for sent in chronicle.transactions
        if sent["sender"] == person["account"] and sent["function"] == "__callback" and sent["status"] == 1
    ]
    for event in chronicle.of("Credited", account=person["account"]):
        text = (
            f"Its fee, {ether(event['amount'], 18)}, is credited for the answer on model {event['model_id']}."
        )
        lines.append(mined(event, text))
    return heading, lines


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number or 'no'} times".replace("no times", "not once")


def _answer(chronicle: Chronicle, sent: Row) -> str:
    place = (sent["block"], sent["index"])
    own = [event for event in chronicle.events if (event["block"], event["transaction_index"]) == place]
    counted = [event for event in own if event["event"] == "EvaluationCounted"]
    skipped = [event for event in own if event["event"] == "RowSkipped"]
    failed = [event for event in own if event["event"] == "RuleFailed"]
    settled = [f"model {e['model_id']} is {e['outcome']}" for e in own if e["event"] == "ModelSettled"]
    end = settled[0] if settled else "the quorum is not reached"
    end += ", because the reward rule failed" if failed else ""
    return f"The oracle answers: {len(counted)} evaluations are counted, {len(skipped)} are not; {end}."


def platform_story(chronicle: Chronicle, person: Row) -> Story:
    """Tell of what it deployed."""
    contract = chronicle.record.summary["contract"]
    rules = list(dict.fromkeys(task.rule_name for task in chronicle.record.scenario.task_list))
    whose = "the task's reward rule" if len(rules) == 1 else "the tasks' reward rules"
    heading = (
        f"{person['name']} ({person['account']}) deployed the contract {contract} and {whose} "
        f"({', '.join(rules)}) when the run began, and took no further part."
    )
    return heading, []
