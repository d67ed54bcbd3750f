"""Keys to a sealed model: for its panel, for the initiator who paid, and for others who were rewarded."""

from ...contracts import Access, KeyReleased, KeyShared, PanelDrawn
from ...storage import StorageError, wrap_key
from ..undertaking import Undertaking
from ..web_application import ListedModel
from .party import ContributingParty


class SealingParty(ContributingParty):
    """A contributor who hands out keys, where a task has models sealed."""

    def hand_out_keys(self, event: PanelDrawn | ListedModel) -> None:
        """Wrap the key of the sealed model for each member of the panel."""
        if not self.behaviour.hands_out_keys(event.model_id):
            return
        work = self.undertakings[event.task_id]
        sealed, work.has_handed_out_keys = work.sealed, True
        assert sealed is not None, "only a sealed model has a key"
        keys = [wrap_key(sealed.key, self.market.web.public_keys[member]) for member in event.panel]
        self.note(
            "handed out keys",
            f"wrapped the key of model {event.model_id} for its {len(keys)} panel members",
            event.model_id,
        )
        self.send(self.market.contract.deliver_keys(self.account, model_id=event.model_id, wrapped_keys=keys))

    def release(self, work: Undertaking) -> None:
        """Give the initiator what she paid for."""
        assert work.sealed is not None and work.model_id is not None, "it was sealed, announced and rewarded"
        if not self.behaviour.releases_key(work.model_id):
            return
        self.note("released", f"released the key of model {work.model_id} to the initiator", work.model_id)
        self.send(
            self.market.contract.release_key(
                self.account, model_id=work.model_id, wrapped_key=work.sealed.for_initiator
            )
        )
        for other in self.market.web.tasks[work.task_id].models if self._shares(work) else ():
            self._share_with(work, other)

    def share_back(self, event: KeyReleased) -> None:
        """Another model was rewarded and handed over: its contributor shall have this one's key as well."""
        other = self.market.web.models[event.model_id]
        work = self.undertakings.get(other.task_id)
        own = None if work is None else self.market.web.models.get(work.model_id or 0)
        if work is not None and self._shares(work) and own is not None and own.is_rewarded:
            self._share_with(work, other)

    def receive(self, event: KeyShared) -> None:
        """Take the key to another rewarded model, if it opens what was announced."""
        if event.recipient != self.address:
            return
        cid = self.market.web.models[event.model_id].cid
        try:
            self.keys.receive(cid, event.wrapped_key)
            self.keys.read(cid)
        except StorageError as error:
            self.note("cannot open", f"the key to model {event.model_id}: {error}", event.model_id)

    def _share_with(self, work: Undertaking, other: ListedModel) -> None:
        assert work.sealed is not None and work.model_id is not None, "only a rewarded sealed model is shared"
        if other.model_id == work.model_id or not other.is_rewarded or other.model_id in work.shared_with:
            return
        work.shared_with.add(other.model_id)
        self.send(
            self.market.contract.share_key(
                self.account,
                model_id=work.model_id,
                recipient_model_id=other.model_id,
                wrapped_key=wrap_key(work.sealed.key, other.access_key),
            )
        )

    def _shares(self, work: Undertaking) -> bool:
        return work.sealed is not None and self.terms_of(work).access is Access.SEALED_FOR_REWARDED
