"""One participant's story in plain words, in the order of time."""

from ..contracts import explain
from ..errors import InputError
from ..scenarios import RunRecord
from .chronicle import Chronicle, Line, mined
from .people import ether
from .rows import Row
from .story_contributor import Story, contributor_story, planter_story
from .story_judges import initiator_story, oracle_story, platform_story, verifier_story
from .story_keys import keys_of

STORIES = {
    "contributor": contributor_story,
    "planter": planter_story,
    "verifier": verifier_story,
    "initiator": initiator_story,
    "oracle": oracle_story,
    "platform": platform_story,
}
TOLD_AS_NOTED = ("steps in", "expires", "cannot pay", "cannot evaluate", "cannot open", "settles")
COMING_AND_GOING = ("left", "vanished", "came back", "pays out")


def tell(record: RunRecord, who: str) -> list[str]:
    """Tell what a participant did, who judged it by which rule, and what it was paid.

    Args:
        record: A run.
        who: A name such as ``contributor-3``, an address, or a role that only one participant has.

    Returns:
        Sentences: first who this is, then what happened with simulated time (h:mm:ss) and block, then how
        the wallet ended.

    Raises:
        InputError: Nobody is called that; the message lists the names.
    """
    chronicle = Chronicle(record)
    person = _find(chronicle, who)
    told = [_of_all_tasks(chronicle, person, role) for role in person["role"].split(" and ")]
    lines = [*_common(chronicle, person), *_keys(chronicle, person)]
    lines += [line for _, own in told for line in own]
    lines.sort(key=lambda line: line.time)
    return [*(heading for heading, _ in told), *map(str, lines), _wallet(person)]


def _of_all_tasks(chronicle: Chronicle, person: Row, role: str) -> Story:
    """Tell a role's story of each task; who had to do with several did it by each one's terms."""
    story, parts = STORIES[role], _parts(chronicle, person)
    if len(chronicle.parts) == 1 or role in ("oracle", "platform"):
        return story(chronicle, person)
    told = [story(part, person) for part in parts]
    heading, _ = max(told, key=lambda one: len(one[1]))
    # What is about no task, such as joining the pool, every part tells.
    return heading, list(dict.fromkeys(line for _, own in told for line in own))


def _keys(chronicle: Chronicle, person: Row) -> list[Line]:
    return [line for part in _parts(chronicle, person) for line in keys_of(part, person)]


def _parts(chronicle: Chronicle, person: Row) -> list[Chronicle]:
    """Return the tasks that somebody may have had to do with: an initiator with her own."""
    parts = list(chronicle.parts)
    if person["role"] != "initiator" or len(parts) == 1:
        return parts
    return [part for part in parts if part.row["account"] == person["account"]]


def _find(chronicle: Chronicle, who: str) -> Row:
    wanted = who.strip().lower()
    for key in ("name", "account", "role"):
        found = [person for person in chronicle.people if person[key].lower() == wanted]
        if len(found) == 1:
            return found[0]
    raise InputError("who", who, f"one of {', '.join(person['name'] for person in chronicle.people)}")


def _common(chronicle: Chronicle, person: Row) -> list[Line]:
    """Tell what any role may meet with: pay-outs, failed transactions, what it noted itself."""
    name = person["name"]
    lines = [
        mined(event, f"{name} is paid out {ether(event['amount'], 18)}.")
        for event in chronicle.of("Withdrawn", account=person["account"])
        if not chronicle.is_paper  # there a payment is told as what it is for
    ]
    lines += [
        mined(
            sent,
            f"{name}'s {sent['function']} failed, which cost {ether(sent['fee_wei'])} of gas. "
            f"{explain(sent['error']) if sent['error'] else 'No reason was given.'}",
        )
        for sent in chronicle.transactions
        if sent["sender"] == person["account"] and sent["status"] == 0
    ]
    lines += [
        Line(note["time"], None, f"{name}: {note['text']}.")
        for note in chronicle.diary
        if note["who"] == name and note["kind"] in TOLD_AS_NOTED + COMING_AND_GOING
    ]
    return lines


def _wallet(person: Row) -> str:
    start, end = person["balance_start_wei"], person["balance_end_wei"]
    if start == end:
        return f"In the end {person['name']} had what it began with, {ether(start)}."
    went = "gained" if end > start else "paid"
    count = person["transactions"]
    gas = f"{count} transaction{'s' if count > 1 else ''} cost {ether(person['fees_wei'])} of gas"
    change = f"{ether(abs(end - start))}: {ether(start)} became {ether(end)}"
    text = f"In the end {person['name']} had {went} {change}"
    return f"{text}; {gas}." if count else f"{text}."
