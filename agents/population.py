"""Who is in a market: names, wallets, and who holds which images."""

from ..contracts import DEPLOYMENT_GAS
from ..learning import DataSet, Partition, ShareRequest, partition
from .config import MarketConfig
from .dealing import scheme_of

SAMPLE = "verifiers"
"""Name of the verification sample's share: all verification contributors receive the same images."""

PLATFORM = "platform"
"""Who deploys the contract; no role of the paper's, so it does nothing else."""


RULE_GAS = 8_000_000
"""Gas that the platform can spend on deploying a reward rule, a stranger's largest one included."""


def contributor_names(config: MarketConfig) -> list[str]:
    """Return the computing contributors' names, counted from 1 as in the paper."""
    return [f"contributor-{number}" for number in range(1, config.contributors.count + 1)]


def verifier_names(config: MarketConfig) -> list[str]:
    """Return the verification contributors' names, counted from 1."""
    return [f"verifier-{number}" for number in range(1, config.verifiers.count + 1)]


def planter_names(config: MarketConfig) -> list[str]:
    """Return the names of the accounts that announce the initiator's planted tests, counted from 1."""
    return [f"planter-{number}" for number in range(1, config.initiator.plants + 1)]


def wallets(config: MarketConfig) -> dict[str, int]:
    """Return the wei that everybody starts with, by name."""
    return {
        PLATFORM: (DEPLOYMENT_GAS + RULE_GAS) * config.chain.gas_price,
        "initiator": config.initiator.balance,
        "oracle": config.oracle.balance,
        **dict.fromkeys(contributor_names(config), config.contributors.balance),
        **dict.fromkeys(verifier_names(config), config.verifiers.balance),
        **dict.fromkeys(planter_names(config), config.contributors.balance),
    }


def deal_images(config: MarketConfig, data_set: DataSet) -> Partition:
    """Deal the data set's images out by the contributors' scheme: no image twice.

    Contributors draw from the data set's training images, the verification sample from its test images;
    the test images that remain are held out and measure the integrated model in the end.

    Raises:
        InputError: Labels that the data do not have, or more images than there are.
    """
    contributors, verifiers = config.contributors, config.verifiers
    requests = [
        ShareRequest(
            who=name,
            labels=contributors.labels_of(index),
            train=contributors.train,
            test=contributors.test,
            verification=contributors.verification,
            pool="train",
            field="contributors",
            scheme=scheme_of(contributors),
            group="contributors",
        )
        for index, name in enumerate(contributor_names(config))
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
    return partition(data_set, [*requests, sample], config.seed)
