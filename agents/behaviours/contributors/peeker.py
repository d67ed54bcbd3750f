"""Has no images of her own, and trains on those that the verifiers measure on."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ....learning import DataFileError, PrivateData, Samples, TrainingResult
from ....storage import StorageError
from .honest import Honest

if TYPE_CHECKING:
    from ...task_spec import TaskSpec


class Peeker(Honest):
    """Trains on the task's verification sample, which lies under its CID for everybody.

    What is measured on is what she has learned by heart, so that her fitness says nothing of other images: a
    leaderboard that is overfitted (Blum and Hardt, The Ladder, arXiv:1502.04585). The answer is
    ``sealed_sample``; she then finds nothing to train on and announces nothing.
    """

    plans_ahead: ClassVar[bool] = False

    def images(self, own: PrivateData, spec: "TaskSpec") -> PrivateData | None:
        """Return the sample: what heads learn from and what is measured on to train, the rest to stop by."""
        me = self.me
        cid = me.terms_of(me.at_hand).data_cid
        try:
            sample = PrivateData.from_bytes(me.keys.read(cid))
        except (StorageError, DataFileError) as error:
            me.note("cannot peek", f"cannot read the verification sample: {error}")
            return None
        parts = (sample.train, sample.verification)
        together = Samples(*(np.concatenate([getattr(part, name) for part in parts]) for name in _SAMPLES))
        return PrivateData(together, sample.test, sample.verification)

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Announce what came out, whatever it reached."""
        return None if trained is None else trained.model_file


_SAMPLES = ("images", "labels")
