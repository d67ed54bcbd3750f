"""Run records as tables for people: who trained, measured and earned what.

Amounts are exact integers of wei in columns of Python ``int``; accuracies are fractions; absent is ``None``.
"""

import pandas as pd

from ..scenarios import RunRecord
from .people import announced_models, contributed_models, earned, plays
from .rows import Row, rows


def tasks(record: RunRecord) -> pd.DataFrame:
    """Return one row per task of the scenario, in the order of posting.

    Columns: ``task``; ``initiator``; ``posted`` and ``closed``, simulated seconds; ``mafr``, a fraction;
    ``reward_wei`` for a rewarded model; ``rewarded`` (``"2 of 3"`` announced models); ``integrated_accuracy``
    on the verification images and ``held_out_accuracy``; ``escrow_wei``; ``cost_wei``, what was paid of it.
    """
    return _frame(
        [
            {
                "task": row["name"],
                "initiator": row["initiator"],
                "posted": row["time"],
                "closed": row["closed_time"],
                "mafr": row["mafr"],
                "reward_wei": row["reward_wei"],
                "rewarded": f"{row['rewarded']} of {row['announced']}",
                "integrated_accuracy": row["verification_accuracy"],
                "held_out_accuracy": row["held_out_accuracy"],
                "escrow_wei": row["escrow_wei"],
                "cost_wei": row["cost_wei"],
            }
            for row in rows(record, "tasks")
            if row["name"] is not None
        ]
    )


def contributors(record: RunRecord) -> pd.DataFrame:
    """Return one row per contributor: first those who trained, in the order in which trainings end.

    Of a record with several tasks there is a row for each that somebody took up, with the task's name in a
    first column ``task``. Initiators' planted tests are no contributors'.

    Columns: ``contributor``; ``labels`` (text such as ``"0 1 2 3 4"``); ``network``; ``local_accuracy`` on
    the own verification images (Figures 6 and 8); ``fused_accuracy_I`` and ``fused_accuracy_II``, means over
    the panel of the model fused with its base (Figures 7 and 9); ``margin``, fitness less reference, which is
    compared with the MAFR: its mean over the evaluations that the contract counted as measured; ``votes``
    (``"4 of 5"``: passes of counted evaluations); ``outcome`` (``Rewarded``, ``Rejected``, ``Void``, ``open``
    when the run ended first, ``never announced``, ``left midway`` through training, or ``took no part`` if it
    found no open task);
    ``earned_wei``; ``fees_wei`` of all transactions it sent, for whatever task; ``settled_block``.
    """
    if record.task is None and len(record.task_names) > 1:
        parts = {name: contributors(record.of_task(name)) for name in record.task_names}
        for name, part in parts.items():
            part.insert(0, "task", name)
        return pd.concat(parts.values(), ignore_index=True)
    people, pay = {row["name"]: row for row in rows(record, "participants")}, earned(record)
    margins = _mean_margins(record)
    models = _last_of_each(contributed_models(record))
    trained = {model["contributor"] for model in models}
    table = [
        {
            "contributor": model["contributor"],
            "labels": " ".join(map(str, model["labels"])),
            "network": model["network"],
            "local_accuracy": model["local_accuracy"],
            "fused_accuracy_I": model["fused_accuracy_I"],
            "fused_accuracy_II": model["fused_accuracy_II"],
            "margin": margins.get(model["model_id"]),
            "votes": _votes(model),
            "outcome": _outcome(model),
            "earned_wei": pay[model["contributor"]],
            "fees_wei": people[model["contributor"]]["fees_wei"],
            "settled_block": model["settled_block"],
        }
        for model in models
    ]
    idle = [name for name, row in people.items() if plays(row, "contributor") and name not in trained]
    table += [_took_no_part(name, people[name]) for name in idle]
    return _frame(table)


def verifiers(record: RunRecord) -> pd.DataFrame:
    """Return one row per verification contributor.

    Columns: ``verifier``; ``seats`` on panels; ``counted`` evaluations; ``votes_for``, those above the MAFR;
    ``mean_accuracy``, the mean of what the contract counted as measured, a fraction; ``burnt_wei`` of her
    stake; ``earned_wei``, without the stake that she got back; ``fees_wei``.
    """
    seats, pay = rows(record, "evaluations"), earned(record)
    table = []
    for person in rows(record, "participants"):
        if not plays(person, "verifier"):
            continue
        own = [row for row in seats if row["verifier"] == person["name"]]
        counted = [row for row in own if row["counted"]]
        reported = [row["fitness_bps"] / 10_000 for row in counted if is_measured(row)]
        table.append(
            {
                "verifier": person["name"],
                "seats": len(own),
                "counted": len(counted),
                "votes_for": sum(row["passed"] for row in counted),
                "mean_accuracy": sum(reported) / len(reported) if reported else None,
                "burnt_wei": person["burnt_wei"] or 0,
                "earned_wei": pay[person["name"]],
                "fees_wei": person["fees_wei"],
            }
        )
    return _frame(table)


def accounts(record: RunRecord) -> pd.DataFrame:
    """Return one row per account.

    Columns: ``name``, ``role``, ``account`` (address), ``balance_start_wei``, ``balance_end_wei``,
    ``credited_wei`` by the contract, ``fees_wei`` for gas, ``transactions`` sent.
    """
    columns = (
        "name",
        "role",
        "account",
        "balance_start_wei",
        "balance_end_wei",
        "credited_wei",
        "fees_wei",
        "transactions",
    )
    return _frame([{column: row[column] for column in columns} for row in rows(record, "participants")])


def votes(record: RunRecord) -> pd.DataFrame:
    """Return the matrix of evaluations: a row per verifier, a column per model by its contributor.

    Where contributors have announced several, columns name the model besides.

    A cell is the fitness in basis points that the contract counted; ``None`` when the verifier had no seat,
    nothing of hers was counted, or she called the model unreadable or a copy.
    """
    names = [row["name"] for row in rows(record, "participants") if plays(row, "verifier")]
    models = announced_models(record)
    counted = {
        (row["verifier"], row["model_id"]): row["fitness_bps"]
        for row in rows(record, "evaluations")
        if is_measured(row)
    }
    columns = {_column(m, models): [counted.get((name, m["model_id"])) for name in names] for m in models}
    return pd.DataFrame(columns, index=pd.Index(names, name="verifier"), dtype=object)


def _column(model: Row, models: list[Row]) -> str:
    name = model["contributor"]
    several = sum(one["contributor"] == name for one in models) > 1
    return f"{name}, model {model['model_id']}" if several else name


def is_measured(seat: Row) -> bool:
    """Whether a row of ``evaluations`` holds a counted fitness; older records know no other evaluations."""
    return seat["counted"] and seat["verdict"] in ("measured", None)


def _mean_margins(record: RunRecord) -> dict[int, float]:
    """Return by model the mean of fitness less reference over its counted measurements, as a fraction."""
    found: dict[int, list[int]] = {}
    for seat in rows(record, "evaluations"):
        if is_measured(seat):
            found.setdefault(seat["model_id"], []).append(seat["fitness_bps"] - seat["reference_bps"])
    return {model_id: sum(values) / len(values) / 10_000 for model_id, values in found.items()}


def _votes(model: Row) -> str | None:
    return None if model["reports"] is None else f"{model['passes']} of {model['reports']}"


def _took_no_part(name: str, person: Row) -> Row:
    words = {"contributor": name, "labels": "", "network": "", "votes": "", "outcome": "took no part"}
    measured = ("local_accuracy", "fused_accuracy_I", "fused_accuracy_II", "margin")
    numbers = dict.fromkeys((*measured, "settled_block"))
    return words | numbers | {"earned_wei": 0, "fees_wei": person["fees_wei"]}


def _last_of_each(models: list[Row]) -> list[Row]:
    """Return one model per contributor: who left in the middle of a training and came back has several."""
    last = {model["contributor"]: model for model in models}
    return [model for model in models if last[model["contributor"]] is model]


def _outcome(model: Row) -> str:
    if model.get("training_cut") is not None:
        return "left midway"
    if model["model_id"] is None:
        return "never announced"
    return model["outcome"] or "open"


def _frame(table: list[Row]) -> pd.DataFrame:
    """Keep Python's exact integers, which pandas would otherwise turn into floats next to a gap."""
    return pd.DataFrame(table, dtype=object)
