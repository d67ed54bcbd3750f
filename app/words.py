"""Calls and events of the contract as people read them: arguments with units and names, and a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from ..analysis.people import ether, percent
from ..chain import Transaction
from ..contracts import (
    COPY,
    UNREADABLE,
    Credited,
    EvaluationCounted,
    EvaluationsRequested,
    Event,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    PlantRevealed,
    QuorumMissed,
    RowSkipped,
    SeatSettled,
    TaskClosed,
    TaskPosted,
    Withdrawn,
)
from ..contracts.abi import Entry, read_interface, snake_case
from ..contracts.structs import decode_cid
from ..names import Names

Arguments = tuple[tuple[str, str], ...]

MONEY = ("amount", "escrow", "reserved", "returned", "stake", "burnt", "bond")
LONGEST_LIST = 9
CONTRACTS = {"task_market": "TaskMarket", "paper": "PaperMarket"}

REASONS = {
    "ModelReward": "the reward",
    "VerifierFee": "the fee of an evaluation",
    "OracleFee": "the fee of an answer",
    "Refund": "what was not spent",
    "Stake": "her stake",
}

CALLS: Mapping[str, str] = {
    "constructor": "{sender} deploys a contract",
    "postTask": "{sender} posts the task, with {value} behind it",
    "topUp": "{sender} adds {value} to the escrow",
    "closeTask": "{sender} closes the task",
    "joinPool": "{sender} joins the pool of verification contributors",
    "leavePool": "{sender} leaves the pool",
    "reclaimStake": "{sender} asks for a stake back",
    "announceModel": "{sender} announces a model by its CID",
    "drawPanel": "{sender} has the panel of model {model_id} drawn",
    "deliverKeys": "{sender} hands the panel of model {model_id} its keys",
    "releaseKey": "{sender} releases the key to model {model_id}",
    "shareKey": "{sender} shares the key to model {model_id}",
    "commitEvaluation": "{sender} commits to an evaluation of model {model_id}",
    "revealEvaluation": "{sender} shows what she committed to",
    "requestEvaluations": "{sender} has the oracle asked for the evaluations of model {model_id}",
    "__callback": "{sender} brings the evaluations to the contract",
    "expireModel": "{sender} ends model {model_id}, whose time is over",
    "settleSeat": "{sender} has a seat of model {model_id} settled",
    "revealPlant": "{sender} reveals that model {model_id} was a planted test",
    "withdrawFor": "{account} is paid what the contract owes",
    "transfer": "{sender} sends {value} from wallet to wallet",
}
"""What a call does, by the contract's function; the words in braces are its arguments."""


@cache
def _entries(contract: str) -> Mapping[bytes, Entry]:
    functions = read_interface(CONTRACTS[contract], {}).functions.values()
    return {entry.topic[:4]: entry for entry in functions}


def arguments_of(transaction: Transaction, contract: str, names: Names) -> Arguments:
    """Return the decoded arguments of a call; none of a creation, a transfer or what cannot be decoded.

    Args:
        transaction: The call.
        contract: ``task_market`` or ``paper``, as the scenario says.
        names: What addresses are called.
    """
    entry = _entries(contract).get(transaction.data[:4]) if transaction.to else None
    if entry is None:
        return ()
    try:
        values = decode(entry.input_types, transaction.data[4:])
    except DecodingError:
        return ()
    return tuple(
        (snake_case(parameter["name"]), _shown_parameter(parameter, value, names))
        for parameter, value in zip(entry.inputs, values, strict=True)
    )


def _shown_parameter(parameter: Mapping[str, Any], value: Any, names: Names) -> str:
    kind, name = parameter["type"], snake_case(parameter["name"])
    if kind.endswith("[]"):
        element = {**parameter, "type": kind.removesuffix("[]")}
        return _listed([_shown_parameter(element, one, names) for one in value])
    if kind == "tuple":
        parts = zip(parameter["components"], value, strict=True)
        return (
            "{"
            + "; ".join(
                f"{snake_case(part['name'])} {_shown_parameter(part, one, names)}" for part, one in parts
            )
            + "}"
        )
    if kind == "address":
        return names[to_checksum_address(value)]
    if kind == "bytes" and name.endswith("cid"):
        return decode_cid(value)
    return shown(name, value, names)


def shown(name: str, value: Any, names: Names) -> str:
    """Return a value as people read it, by what it is called: wei as ether, basis points as per cent."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        return "{" + "; ".join(f"{key} {shown(key, one, names)}" for key, one in parts) + "}"
    if isinstance(value, bytes):
        return "0x" + (value.hex() if len(value) <= 8 else f"{value[:6].hex()}… ({len(value)} bytes)")
    if isinstance(value, tuple | list):
        return _listed([shown(name, one, names) for one in value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, int) and name.endswith("_bps"):
        return rate(value)
    if isinstance(value, int) and (name in MONEY or name.endswith("_wei")):
        return ether(value)
    return str(value)


def _listed(items: list[str]) -> str:
    if len(items) > LONGEST_LIST:
        return f"{len(items)} items"
    return "[" + ", ".join(items) + "]"


def rate(bps: int) -> str:
    """Return basis points as per cent, or the word that a number out of range stands for."""
    if bps == UNREADABLE:
        return "unreadable"
    if bps == COPY:
        return "a copy"
    return percent(bps / 10_000)


def call_sentence(transaction: Transaction, arguments: Arguments, error: str) -> str:
    """Say in a sentence who called what."""
    words = dict(arguments)
    words |= {"sender": transaction.sender.name, "value": ether(transaction.value_wei)}
    pattern = CALLS.get(transaction.function, "{sender} calls " + transaction.function)
    try:
        said = pattern.format_map(words)
    except KeyError:
        said = f"{transaction.sender.name} calls {transaction.function}"
    return f"{said}; the contract refuses: {error}" if error else said


def event_arguments(event: Event, names: Names) -> Arguments:
    """Return an event's arguments as people read them."""
    return tuple(
        (field.name, shown(field.name, getattr(event, field.name), names))
        for field in fields(event)  # pyright: ignore[reportArgumentType] - every event is a dataclass
    )


def event_sentence(event: Event, names: Names) -> str:
    """Say in a sentence what an event tells; empty for those that a call's own sentence has told."""
    tell = _TOLD.get(type(event))
    return tell(event, names) if tell else ""


def _counted(event: Any, names: Names) -> str:
    vote = "for" if event.passed else "against"
    who, said = names[event.verifier], rate(event.fitness_bps)
    return f"{who}'s evaluation of model {event.model_id} counts: {said}, a vote {vote} it"


def _settled(event: Any, names: Names) -> str:
    votes = f"{event.passes} of {event.reports} evaluations pass" if event.reports else "nobody evaluated it"
    return f"model {event.model_id} is {event.outcome}: {votes}"


def _credited(event: Any, names: Names) -> str:
    return f"{names[event.account]} is owed {ether(event.amount)}, {REASONS[str(event.reason)]}"


def _revealed(event: Any, names: Names) -> str:
    near = "near" if event.agreed else "not near"
    return f"the panel's median is {near} the planted {rate(event.plant_bps)}"


_TOLD: Mapping[type[Event], Callable[[Any, Names], str]] = {
    TaskPosted: lambda event, names: f"the contract holds {ether(event.escrow)} for task {event.task_id}",
    TaskClosed: lambda event, names: (
        f"task {event.task_id} is closed, and {ether(event.returned)} go back to its initiator"
    ),
    ModelAnnounced: lambda event, names: (
        f"it is model {event.model_id}; {ether(event.reserved)} are reserved for it"
        if event.reserved
        else f"it is model {event.model_id}"
    ),
    PanelDrawn: lambda event, names: (
        f"model {event.model_id} is judged by {', '.join(names[one] for one in event.panel)}"
    ),
    EvaluationsRequested: lambda event, names: f"the contract asks its oracle about model {event.model_id}",
    EvaluationCounted: _counted,
    RowSkipped: lambda event, names: f"a row of {names[event.verifier]} does not count: {event.reason}",
    QuorumMissed: lambda event, names: f"{event.reports} evaluations miss the quorum of {event.quorum}",
    ModelSettled: _settled,
    SeatSettled: lambda event, names: (
        f"the seat of {names[event.verifier]} is {str(event.outcome).lower()}"
        + (f", and {ether(event.burnt)} of her bond are burnt" if event.burnt else "")
    ),
    PlantRevealed: _revealed,
    Credited: _credited,
    Withdrawn: lambda event, names: f"{names[event.account]} receives {ether(event.amount)}",
}
