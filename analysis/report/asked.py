"""What a task asked for, in words."""

from ...agents import TaskSettings
from ...learning import network_name
from ...scenarios import RunRecord, Scenario
from ..chronicle import mafr_text, points
from ..people import clock, ether, percent


def asked(record: RunRecord) -> list[tuple[str, str]]:
    """Return the terms of a task and who took part, each under its name."""
    scenario = record.scenario
    task, people, panel = scenario.task, scenario.contributors, scenario.verifiers
    fitness = {
        "accuracy": "accuracy of the fused model",
        "gain": "gain over the base's accuracy",
        "random_control": "gain over the accuracy of the base with an equally wide random block",
        "standalone": "accuracy of the model alone, on its own labels",
    }[task.fitness]
    base = {
        "announced": "all earlier announced models" + ("" if scenario.is_paper else " that are not void"),
        "accepted": "the earlier models that were rewarded",
    }
    quorum = f"quorum {scenario.quorum}" if scenario.quorum else "no quorum"
    threshold = task.announce_threshold
    announce = "when its own test set no longer improves"
    if threshold is not None:
        held = scenario.training.hold
        announce = f"once its owner's test images show {percent(threshold)} for {held} epochs in a row"
    which = []
    if record.task is not None:
        (entry,) = scenario.task_list
        which = [("Posted", f"by {entry.initiator} at {clock(entry.post_at)}")]
    return [
        *which,
        (
            "Data",
            f"{scenario.data.set}; {people.train} training, {people.test} test and {people.verification} "
            "verification images for each contributor",
        ),
        (
            "Minimum acceptable fitness rate (MAFR)",
            f"{mafr_text(task)} {fitness}; a vote passes strictly above it",
        ),
        *(
            []
            if task.fitness == "standalone"
            else [("Base a model is fused with", base[task.base]), ("Fusion", f"Strategy {task.strategy}")]
        ),
        ("Network", _networks(scenario)),
        ("A model is announced", announce),
        (
            "Reward",
            f"{_reward(task)}, {ether(task.verifier_fee)} for "
            + (
                "everybody who is registered, each time that a model is settled"
                if scenario.is_paper
                else f"each counted evaluation, {ether(task.oracle_fee)} for the oracle's answer"
            ),
        ),
        ("Escrow", ether(task.escrow if task.escrow is not None else 0)),
        ("Panel", f"{panel.panel} of {len(panel.members)} verification contributors, {quorum}"),
        ("Computing contributors", str(len(people.members))),
        *([("Contract", "the paper's, read literally")] if scenario.is_paper else []),
        *_options(scenario),
    ]


def _networks(scenario: Scenario) -> str:
    if scenario.task.network is not None:
        return network_name(scenario.task.network)
    own = dict.fromkeys(network_name(one.network) for one in scenario.contributors.members)
    return f"each contributor's own design ({', '.join(own)})"


def _reward(task: TaskSettings) -> str:
    if task.rule == "flat":
        return f"{ether(task.reward)} for a rewarded model"
    full = "" if task.full_margin is None else f", all of it for a margin of {points(task.full_margin)}"
    return f"up to {ether(task.reward)} for a rewarded model by the rule {task.rule_name}{full}"


def _options(scenario: Scenario) -> list[tuple[str, str]]:
    """Return the terms that are off by default and on here."""
    task, asked = scenario.task, []
    if task.is_sealed:
        whose = "the initiator alone"
        if task.access == "sealed_for_rewarded":
            whose = "the initiator and the other rewarded contributors"
        asked.append(("Models in the store", f"sealed; once a model is rewarded, {whose} can open it"))
    if task.sealed_sample:
        asked.append(("Verification sample", "sealed until a panel is drawn"))
    if task.commit_reveal:
        where = "on the board" if scenario.verifiers.reveal == "board" else "on the chain"
        asked.append(("Commit–reveal", f"verifiers commit to what they measured, then show it {where}"))
    if task.bond:
        asked.append(("Bond", f"{ether(task.bond)} for each seat, burnt for silence"))
    if scenario.initiator.plants:
        asked.append(
            (
                "Planted tests",
                f"{scenario.initiator.plants}; who measures something more than "
                f"{points(task.plant_tolerance).lstrip('+')} away loses the bond",
            )
        )
    return asked
