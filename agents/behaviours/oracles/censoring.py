"""Censoring: leaves rows out."""

from collections.abc import Sequence
from typing import Annotated, Literal

from ...config.base import Settings
from ..query import Query, Row
from .honest import Honest


class CensoringOptions(Settings):
    """What is left out.

    Attributes:
        rows: ``passing`` or ``failing`` votes; ``all`` of them; or ``none`` but those of ``verifiers``.
        verifiers: Verifiers or groups of them whose evaluations are left out in any case.
        contributors: Only models of these contributors, or groups of them, are treated so; absent, all.
    """

    rows: Literal["passing", "failing", "all", "none"] = "passing"
    verifiers: Annotated[tuple[str, ...], "verifiers"] = ()
    contributors: Annotated[tuple[str, ...], "contributors"] = ()


class Censoring(Honest):
    """Brings what suits it: signatures keep it from altering an evaluation, nothing keeps it from losing one.

    With enough votes left for the quorum it decides alone, and is paid for the answer; with fewer it can
    only delay. The data-availability side of the oracle problem (Caldarelli 2020, DOI
    10.3390/info11110509). Two answers: a quorum above half of the panel, which makes it need accomplices
    among the verifiers; and evaluations that are shown on the chain by who made them (``verifiers.reveal =
    "chain"`` with ``task.commit_reveal``), where nothing is left to censor.
    """

    Options = CensoringOptions

    def delivers(self, query: Query, rows: Sequence[Row]) -> Sequence[Row]:
        """Leave out what does not suit."""
        only = {*self.options.contributors}
        if only and not only & {query.contributor, query.contributor_group}:
            return rows
        return [row for row in rows if not self._suits_not(query, row)]

    def _suits_not(self, query: Query, row: Row) -> bool:
        kinds = {"all": True, "none": False, "passing": query.passes(row), "failing": not query.passes(row)}
        return kinds[self.options.rows] or bool({row.verifier, row.group} & {*self.options.verifiers})
