"""Who is in a market: names, wallets, and who holds which images."""

from dataclasses import replace

import numpy as np

from ..contracts import DEPLOYMENT_GAS
from ..learning import DataSet, Partition, PrivateData, Samples, ShareRequest, partition
from .behaviours import HONEST
from .config import MarketConfig
from .config.dealing import scheme_of
from .config.members import ContributorMember

SAMPLE = "verifiers"
"""Name of the verification sample's share: all verification contributors receive the same images.

It is the first initiator's; every other has a sample of her own."""

PLATFORM = "platform"
"""Who deploys the contract; no role of the paper's, so it does nothing else."""


RULE_GAS = 8_000_000
"""Gas that the platform can spend on deploying a reward rule, a stranger's largest one included."""


def contributor_names(config: MarketConfig) -> list[str]:
    """Return the computing contributors' names, group after group."""
    return [member.name for member in config.contributors.members]


def verifier_names(config: MarketConfig) -> list[str]:
    """Return the verification contributors' names, group after group."""
    return [member.name for member in config.verifiers.members]


def sample_name(config: MarketConfig, initiator: str) -> str:
    """Return the name of an initiator's verification sample among the shares."""
    return SAMPLE if initiator == config.initiators[0] else f"{SAMPLE}, {initiator}"


def planter_names(config: MarketConfig) -> list[str]:
    """Return the names of the accounts that announce the initiator's planted tests, counted from 1."""
    return [f"planter-{number}" for number in range(1, config.initiator.plants + 1)]


def planter_members(config: MarketConfig) -> tuple[ContributorMember, ...]:
    """Return these accounts, each with the design of a contributor; they never leave."""
    members = config.contributors.members
    never = ("stay", "mean_stay", "back_after", "leaves", "options")
    always: dict[str, object] = {**dict.fromkeys(never), "behaviour": HONEST}
    found = []
    for index, name in enumerate(planter_names(config)):
        like = members[index % len(members)]
        settings = like.settings.model_copy(update=always)
        found.append(replace(like, name=name, index=index, settings=settings))
    return tuple(found)


def wallets(config: MarketConfig) -> dict[str, int]:
    """Return the wei that everybody starts with, by name."""
    rules = len({(task.rule, task.full_margin) for task in config.task_list})
    return {
        PLATFORM: (DEPLOYMENT_GAS + rules * RULE_GAS) * config.chain.gas_price,
        **dict.fromkeys(config.initiators, config.initiator.balance),
        "oracle": config.oracle.balance,
        **{member.name: member.settings.balance for member in config.contributors.members},
        **{member.name: member.settings.balance for member in config.verifiers.members},
        **dict.fromkeys(planter_names(config), config.contributors.balance),
    }


def deal_images(config: MarketConfig, data_set: DataSet) -> Partition:
    """Deal the data set's images out by the contributors' scheme: no image twice.

    Contributors draw from the data set's training images, verification samples from its test images;
    the test images that remain are held out and measure the integrated model in the end. Where verifiers
    have private images, they draw them as contributors do, and after them.

    Raises:
        InputError: Labels that the data do not have, or more images than there are.
    """
    verifiers = config.verifiers
    requests = [
        ShareRequest(
            who=member.name,
            labels=member.labels,
            train=member.settings.train,
            test=member.settings.test,
            verification=member.settings.verification,
            pool="train",
            field="contributors",
            scheme=scheme_of(member.settings),
            group=member.group,
        )
        for member in config.contributors.members
    ]
    sample = ShareRequest(
        who=SAMPLE,
        labels=tuple(range(data_set.classes)),
        train=verifiers.train,
        test=verifiers.test,
        verification=verifiers.verification,
        pool="test",
        field="verifiers",
    )
    samples = [replace(sample, who=sample_name(config, initiator)) for initiator in config.initiators]
    own = [replace(sample, who=own_sample(member.name), pool="train") for member in config.pool]
    private = own if verifiers.data == "private" else []
    return partition(data_set, [*requests, *samples, *private], config.seed)


def own_sample(verifier: str) -> str:
    """Return the name of a verifier's own sample, where each has one."""
    return f"{verifier}, verifying"


def part_of(sample: PrivateData, place: int, parts: int) -> PrivateData:
    """Return one of so many disjoint parts of a sample, balanced over the labels as the whole is."""

    def cut(whole: Samples) -> Samples:
        by_label = np.argsort(whole.labels, kind="stable")
        rows = np.sort(by_label[place::parts])
        return Samples(whole.images[rows], whole.labels[rows])

    return PrivateData(cut(sample.train), cut(sample.test), cut(sample.verification))
