"""What an oracle is asked, and the rows of its answer: in plain numbers and names."""

from dataclasses import dataclass

from .seat import Reading


@dataclass(frozen=True)
class Query:
    """A question of the contract's.

    Attributes:
        query_id: Its number on the contract.
        model_id: The model whose evaluations are asked for.
        task: The name of the model's task in the scenario.
        contributor: Whose account announced the model, by name, as only accomplices know.
        contributor_group: The group of that account, ``planter`` of a planted test.
        panel: Names of the panel members.
        quorum: How many evaluations a decision needs.
        mafr_bps: What a margin has to exceed.
        seconds_left: Seconds to the end of the tally window.
    """

    query_id: int
    model_id: int
    task: str
    contributor: str
    contributor_group: str
    panel: tuple[str, ...]
    quorum: int
    mafr_bps: int
    seconds_left: float

    def passes(self, row: "Row") -> bool:
        """Whether a row is a vote for the model."""
        margin = row.said.margin_bps
        return margin is not None and margin > self.mafr_bps


@dataclass(frozen=True)
class Row:
    """An evaluation on its way to the contract.

    Its signature goes with it: who alters what was said cannot sign for it.

    Attributes:
        verifier: Whose it is, by name.
        group: Her group's name.
        said: What she signed.
    """

    verifier: str
    group: str
    said: Reading
