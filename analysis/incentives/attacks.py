"""What an attack costs beside what it brings."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..frames import Keys, frame_of, keys_of
from .deviations import Deviation, gains_of_deviation
from .payoffs import HONEST


@dataclass(frozen=True)
class Attack:
    """An attack's account, all attackers together and means over seeds.

    Attributes:
        value: What the key is set to.
        attackers: How many take part.
        pairs: Seeds that both points have.
        extra_cost_wei: What they pay more than when honest, for gas, work, lost stakes and bribes; less than
            zero where being honest is dearer, as for who trains nothing.
        extra_income_wei: What they take in more than when honest.
        profit_wei: Income less cost.
        profit_low_wei: Lower end of the profit's 95 % interval, paired by seed; absent for a single pair.
        profit_high_wei: Upper end.
        damage_wei: What the initiator and the others of the attackers' role lose by it together.
        return_on_cost: Profit for each wei of extra cost; absent where there is no extra cost.
    """

    value: str
    attackers: int
    pairs: int
    extra_cost_wei: float
    extra_income_wei: float
    profit_wei: float
    profit_low_wei: float | None
    profit_high_wei: float | None
    damage_wei: float
    return_on_cost: float | None


def attack_accounts(payoffs: pd.DataFrame, key: str, baseline: Any = HONEST) -> pd.DataFrame:
    """Return what each deviation of ``gains_of_deviation`` costs and brings to all who take part in it.

    Columns are the other keys that differ between runs and those of ``Attack``.

    Args:
        payoffs: As ``payoffs`` returns them.
        key: A key such as ``verifiers.groups.cartel.behaviour``.
        baseline: Its value without the attack.

    Raises:
        InputError: The payoffs have no such key, or it never has the baseline's value.
    """
    gains = gains_of_deviation(payoffs, key, baseline)
    others = keys_of(gains, Deviation)
    rows: list[tuple[Keys, Attack]] = []
    for row in gains.to_dict("records"):
        cost = row["deviators"] * (row["spent_wei"] - row["honest_spent_wei"])
        profit = row["deviators"] * row["gain_wei"]
        low, high = (row[end] and row["deviators"] * row[end] for end in ("low_wei", "high_wei"))
        harmed = row["others"] * row["others_wei"] if row["others"] else 0.0
        attack = Attack(
            value=row["value"],
            attackers=row["deviators"],
            pairs=row["pairs"],
            extra_cost_wei=cost,
            extra_income_wei=profit + cost,
            profit_wei=profit,
            profit_low_wei=low,
            profit_high_wei=high,
            damage_wei=-harmed if pd.isna(row["initiator_wei"]) else -row["initiator_wei"] - harmed,
            return_on_cost=profit / cost if cost > 0 else None,
        )
        rows.append(({name: row[name] for name in others}, attack))
    return frame_of(Attack, rows)
