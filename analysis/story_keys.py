"""What a participant did with keys: to the panel, to the initiator, among the rewarded."""

from .chronicle import Chronicle, Line, mined
from .rows import Row


def keys_of(chronicle: Chronicle, person: Row) -> list[Line]:
    """Tell which keys a participant handed over and, if it is meant for it, received."""
    name, account = person["name"], person["account"]
    lines = []
    for event in chronicle.of("KeysDelivered", by=account):
        number = event["model_id"]
        if person["role"] == "initiator":
            text = f"{name} hands the panel of model {number} the keys to {_hers(chronicle, number)}"
        else:
            text = f"{name} hands the panel the key to its sealed model {number}"
        lines.append(mined(event, f"{text}, wrapped for each member alone."))
    for event in chronicle.of("KeyReleased"):
        number, giver = event["model_id"], chronicle.names[event["by"]]
        if account == event["by"]:
            text = f"{name} releases the key of model {number} to the initiator, as its reward is owed."
        elif person["role"] == "initiator":
            text = f"{name} gets the key of model {number}, which she pays for, from {giver}."
        else:
            continue
        lines.append(mined(event, text))
    for event in chronicle.of("KeyShared"):
        number, giver = event["model_id"], chronicle.sender(event)
        if giver == name:
            text = f"{name} shares the key of model {number} with {chronicle.names[event['recipient']]}"
        elif event["recipient"] == account:
            text = f"{name} gets the key of model {number} from {giver}"
        else:
            continue
        text += ": both models are rewarded, and the task shares the rewarded models."
        lines.append(mined(event, text))
    return lines


def _hers(chronicle: Chronicle, number: int) -> str:
    """Name what the initiator holds the keys of."""
    drawn = chronicle.of("PanelDrawn", model_id=number)
    base = drawn[0]["base_count"] if drawn and chronicle.task.is_sealed else 0
    parts = ["the verification sample"] if chronicle.task.sealed_sample else []
    if base:
        parts.append(f"{base} rewarded model{'s' if base > 1 else ''} of the base")
    return " and ".join(parts)
