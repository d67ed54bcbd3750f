"""The terms of a task as the settings have them."""

from ..contracts import Access, Base, FitnessKind, PlantTree, TaskTerms
from .config import MarketConfig
from .config.task import TaskSettings


def task_terms(
    config: MarketConfig,
    task: TaskSettings,
    *,
    spec_cid: str,
    data_cid: str,
    oracle: str,
    rule: str,
    deadline: int,
    access_key: bytes = b"",
    plants: PlantTree | None = None,
) -> TaskTerms:
    """Return what the initiator fixes when she posts the task.

    Args:
        config: The market's settings.
        task: The task's.
        spec_cid: CID of the task's description.
        data_cid: CID of the verification sample.
        oracle: Address of the oracle's account.
        rule: Address of the reward rule.
        deadline: Unix time at which announcing ends.
        access_key: The initiator's encryption key, where models are sealed.
        plants: Her planted tests, if there are any.
    """
    planted = plants is not None and bool(plants.plants)
    return TaskTerms(
        spec_cid=spec_cid,
        data_cid=data_cid,
        access_key=access_key,
        oracle=oracle,
        rule=rule,
        mafr_bps=task.mafr_bps,
        fitness=FitnessKind(task.fitness),
        base=Base(task.base),
        access=Access(task.access),
        model_reward_wei=task.reward,
        verifier_fee_wei=task.verifier_fee,
        oracle_fee_wei=task.oracle_fee,
        panel_size=config.verifiers.panel,
        quorum=config.quorum,
        deadline=deadline,
        draw_window=task.draw_window,
        key_window=task.key_window if task.is_sealed or task.sealed_sample else 0,
        evaluation_window=task.evaluation_window,
        reveal_window=task.reveal_window if task.commit_reveal else 0,
        tally_window=task.tally_window,
        bond_wei=task.bond,
        plant_tolerance_bps=round(task.plant_tolerance * 10_000) if planted else 0,
        plant_window=task.plant_window if planted else 0,
        plant_root=plants.root if plants is not None else bytes(32),
    )
