"""Withholding: does not hand out the keys that her panels need."""

from ..progress import Progress
from .honest import Honest


class Withholding(Honest):
    """Leaves panels without the sealed sample or the base, so that nothing is measured: all models are Void.

    A fair exchange needs somebody whom both trust (Pagnia and Gaertner 1999, TUD-BS-1999-02; Dziembowski,
    Eckey and Faust 2018, FairSwap, DOI 10.1145/3243734.3243857): where only she holds a key, she can refuse
    it. She gains nothing by it, for she cannot read what was not rewarded, but the contributors' work is
    lost, and verifiers are paid only for what they report.
    """

    def hands_out_keys(self, task: Progress) -> bool:
        """Keep them."""
        return False
