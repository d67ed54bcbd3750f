"""How long a model waits for its decision on a contract, stage by stage, and with a bookkeeper."""

from statistics import fmean

import pandas as pd

from ...analysis.incentives import Sample
from ..findings import Section
from ..wording import number

STAGES = {
    "announced": "trained to announced in a block",
    "drawn": "announced to a panel drawn",
    "measured": "drawn to the last measurement",
    "settled": "measured to settled",
}


def waits_of(sample: Sample) -> list[dict[str, float]]:
    """Return when each settled model came how far, in seconds after its training ended."""
    drawn = {row["model_id"]: row["time"] for row in sample.rows("events") if row["event"] == "PanelDrawn"}
    measured: dict[int, float] = {}
    uploaded: dict[str, float] = {}
    for row in sample.rows("timeline"):
        if row["kind"] == "measured":
            measured[row["model_id"]] = max(row["time"], measured.get(row["model_id"], 0))
        elif row["kind"] == "uploaded":
            uploaded.setdefault(row["who"], row["time"])
    found = []
    for model in sample.rows("models"):
        number, start = model["model_id"], model["training_finished"]
        if number not in drawn or number not in measured or model["settled_time"] is None:
            continue
        upload = uploaded.get(model["contributor"], start)
        found.append(
            {
                "seed": sample.seed,
                "announced": model["time"] - start,
                "drawn": drawn[number] - model["time"],
                "measured": measured[number] - drawn[number],
                "settled": model["settled_time"] - measured[number],
                "contract": model["settled_time"] - start,
                "bookkeeper": upload - start + measured[number] - drawn[number],
            }
        )
    return found


def latency_section(waits: list[dict[str, float]], slot: int) -> Section:
    """Return how long models wait for their decision, and for what."""
    seeds = dict.fromkeys(wait["seed"] for wait in waits)

    def told(column: str) -> str:
        return number([fmean(wait[column] for wait in waits if wait["seed"] == seed) for seed in seeds], 1)

    settling = sum(wait["settled"] for wait in waits)
    longer = sum(wait["contract"] - wait["bookkeeper"] for wait in waits)

    table = pd.DataFrame(
        [{"part of the way": text, "seconds": told(key)} for key, text in STAGES.items()]
        + [
            {"part of the way": "all of it, on the contract", "seconds": told("contract")},
            {"part of the way": "all of it, with a bookkeeper", "seconds": told("bookkeeper")},
        ]
    )
    text = f"""
From the end of its training to its decision a model waits {told("contract")} simulated seconds on the
contract, in slots of {slot} s; with a bookkeeper it is fetched and measured as quickly, and decided at
once: {told("bookkeeper")} s. Of the difference {100 * settling / longer:.0f} % lie between the last
measurement and the decision: nobody may ask the oracle before the window for evaluations is over, because
the contract cannot see the board, and models are decided one at a time. A shorter `task.evaluation_window`
would cut it, at the risk that slow verifiers are left out.
"""
    return Section("How long a model waits", text, table)
