"""Announcing a model: into the store, and its CID onto the chain."""

from dataclasses import replace
from hashlib import sha256

from ...chain import Transaction
from ...contracts import Access, ContractError
from ...learning import FingerprintJob, ModelFileError
from ...seeds import derive_bytes
from ...storage import StorageError, key_commitment, seal, wrap_key
from ..behaviours.forging import described
from ..journal import Training
from ..offers import Sighting
from ..undertaking import SealedModel
from .judgement import JudgedParty


class AnnouncingParty(JudgedParty):
    """A contributor who has a model to announce, her own or another's."""

    def upload(self, model_file: bytes, *, fee_wei: int | None = None) -> None:
        """Put a model into the store, which takes time, and announce it for the task at hand.

        Args:
            model_file: The model.
            fee_wei: Priority fee per gas of the announcement, to be mined before others'; absent, as usual.
        """
        self.activity = "uploading its model"
        self.at_hand.was_announced = True
        seconds = len(model_file) / self.market.config.costs.bandwidth
        self.later(seconds, self.announce, model_file, fee_wei)
        self.vanish_later(seconds / 2, "uploading")

    def repeat(self, sighting: Sighting, *, fee_wei: int | None = None) -> None:
        """Announce a CID that another has announced as one's own, for the task at hand.

        Args:
            sighting: The other's announcement.
            fee_wei: Priority fee per gas, to be mined before it; absent, as usual.
        """
        self.at_hand.was_announced = True
        try:
            content = self.market.store.get(sighting.cid)
        except StorageError:  # nobody has to store what she announces
            content = b""
        self._note_what_it_did_not_train(content)
        self._send_announcement(sighting.cid, sighting.fingerprint, sighting.key_commitment, fee_wei)

    def announce(self, model_file: bytes, fee_wei: int | None = None) -> None:
        """Put the model into the store, sealed if the task says so, and its CID on the chain."""
        market, work = self.market, self.at_hand
        terms = self.terms_of(work)
        if work.job is None:
            self._note_what_it_did_not_train(model_file)
        fingerprint = self._fingerprint(model_file)
        if terms.access is not Access.PUBLIC:
            key = derive_bytes(market.config.seed, "model key", market.book.who(self.name, work.task_id))
            work.sealed = SealedModel(key, wrap_key(key, terms.access_key))
            model_file = seal(model_file, key)
        cid = self.store(model_file)
        kind = "sealed model" if work.sealed else "model"
        self.note("uploaded", f"put its {kind} ({len(model_file):,} bytes) into the store under {cid}")
        market.faults.befall(self.name, cid)
        commitment = key_commitment(work.sealed.for_initiator) if work.sealed else bytes(32)
        self._send_announcement(cid, fingerprint, commitment, fee_wei)

    def _fingerprint(self, model_file: bytes) -> bytes:
        job = FingerprintJob(model_file, self.at_hand.spec.input_shape)
        try:
            return self.market.wait(self.market.workbench.fingerprint(job))
        except ModelFileError:  # what is no model has none, and the contract takes any
            return sha256(model_file).digest()

    def _send_announcement(
        self, cid: str, fingerprint: bytes, commitment: bytes, fee_wei: int | None
    ) -> None:
        work = self.at_hand
        self.activity = "announcing its model"
        transaction = self.market.contract.announce_model(
            self.account,
            task_id=work.task_id,
            cid=cid,
            fingerprint=fingerprint,
            key_commitment=commitment,
            access_key=self.public_key if self.terms_of(work).access is Access.SEALED_FOR_REWARDED else b"",
        )
        was_sent = self.send(replace(transaction, priority_fee_wei=fee_wei))
        if not self.reach("announcing") and not was_sent:
            self.look_for_a_task()

    def _note_what_it_did_not_train(self, model_file: bytes) -> None:
        """Write down that a model is announced without a training of one's own."""
        now, (network, labels) = self.market.time, described(model_file)
        self.market.journal.trainings.append(
            Training(
                contributor=self.name,
                labels=labels,
                network=network,
                iterations=0,
                epochs=0,
                test_accuracy=None,
                local_accuracy=None,
                started=now,
                finished=now,
                task_id=self.at_hand.task_id,
                claimed_accuracy=self.behaviour.says(None),
            )
        )

    def failed(self, function: str, error: ContractError) -> None:
        """Take note of a reverted transaction; a task that takes no more models is left for the next."""
        super().failed(function, error)
        if function == "announceModel":
            self.look_for_a_task()

    def look_at_pending(self, transaction: Transaction) -> None:
        """Take note of an announcement in the mempool."""
        market = self.market
        if transaction.function != "announceModel" or transaction.sender.address == self.address:
            return
        said = market.contract.announcement(transaction)
        if said is not None and self.may_announce_for(said.task_id):
            fee = transaction.priority_fee_wei
            offered = market.config.chain.gas_price if fee is None else fee
            self.behaviour.sees(
                Sighting(
                    said.task_id,
                    transaction.sender.address,
                    said.cid,
                    said.fingerprint,
                    said.key_commitment,
                    fee_wei=offered,
                )
            )

    def may_announce_for(self, task_id: int) -> bool:
        """Whether a task is the one at hand, it is open, and nothing was announced for it yet."""
        work = self.current
        if work is None or work.task_id != task_id or work.was_announced:
            return False
        return not self.market.web.tasks[task_id].is_closed
