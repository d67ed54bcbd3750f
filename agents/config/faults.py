"""What breaks in a run though nobody means it: ``[[faults]]``, one entry each."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from .base import Settings, refusal

if TYPE_CHECKING:
    from .market import MarketConfig

Kind = Literal[
    "model_lost", "model_altered", "model_late", "training_fails", "training_diverges", "clock_jumps"
]
IN_THE_STORE = ("model_lost", "model_altered", "model_late")
LASTS = ("model_late", "clock_jumps")


class Fault(Settings):
    """One fault; who cheats or stays away on purpose is a matter of behaviours and of ``leaves``.

    Attributes:
        kind: ``model_lost``: the store loses a contributor's model as soon as it is announced;
            ``model_altered``: a byte of it changes there; ``model_late``: nobody can fetch it for a while;
            ``training_fails``: her training breaks off half way, with nothing to show; ``training_diverges``:
            it ends with weights that are no numbers; ``clock_jumps``: a block's timestamp is far ahead.
        who: The contributor; none for the clock.
        seconds: For how long nobody can fetch the model, or by how much the clock jumps.
        at: Simulated second from which on the next block's clock jumps.
    """

    kind: Kind
    who: str = ""
    seconds: float = Field(default=0.0, ge=0, le=10**8)
    at: float = Field(default=0.0, ge=0, le=10**9)


def refuse_faults_of_nobody(config: "MarketConfig") -> None:
    """Refuse faults that could not happen as they stand.

    Raises:
        PydanticCustomError: Naming the key, its value and what is allowed.
    """
    names = [member.name for member in config.contributors.members]
    befallen: set[str] = set()
    for place, fault in enumerate(config.faults):
        where, is_clock = f"faults[{place}]", fault.kind == "clock_jumps"
        if not is_clock and fault.who not in names:
            raise refusal(f"{where}.who", fault.who, f"one of the contributors: {', '.join(names[:10])}")
        if is_clock and fault.who:
            raise refusal(f"{where}.who", fault.who, "left out: the clock is everybody's")
        if fault.kind in LASTS and not fault.seconds:
            raise refusal(f"{where}.seconds", fault.seconds, f"above 0 for {fault.kind}")
        if fault.kind not in LASTS and fault.seconds:
            raise refusal(f"{where}.seconds", fault.seconds, f"left out for {fault.kind}")
        if not is_clock and fault.at:
            raise refusal(f"{where}.at", fault.at, "left out: only clock_jumps has a time of its own")
        if fault.kind in IN_THE_STORE and fault.who in befallen:
            raise refusal(f"{where}.kind", fault.kind, f"one of {', '.join(IN_THE_STORE)} for one model")
        befallen |= {fault.who} if fault.kind in IN_THE_STORE else set()
        if is_clock and config.chain.is_running_node:
            raise refusal(f"{where}.kind", fault.kind, "a chain of the run's own, whose clock is the run's")
        if fault.kind == "training_diverges" and config.learning == "surrogate":
            raise refusal(
                f"{where}.kind", fault.kind, "another where learning = 'surrogate': nothing has weights"
            )
