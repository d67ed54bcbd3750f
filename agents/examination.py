"""How a verifier comes to a judgement: she opens what is sealed, looks for copies, and measures."""

from functools import lru_cache
from typing import TYPE_CHECKING

from ..contracts import Access, KeysDelivered, TaskPosted
from ..errors import VerifuseError
from ..learning import FingerprintJob, ModelFileError, PrivateData, fingerprint_matches
from ..storage import WRAPPED_BYTES, SealBroken, StorageError, is_sealed, key_commitment, wrap_key
from .config.members import VerifierMember
from .key_ring import KeyRing
from .measuring import Measurements, head_seed, measure
from .population import part_of
from .task_spec import TaskSpec
from .web_application import ListedModel, ListedTask

if TYPE_CHECKING:
    from .market import Market


class CannotMeasure(VerifuseError):
    """What the initiator should have provided is missing, for which no contributor is to blame."""


class Examination:
    """What one verifier knows of each task, and what she does with a model.

    Args:
        market: Where the store, the workbench and the lists of models are.
        keys: The keys that she holds.
        member: She herself.
        images: Her own images, if she measures on those.
    """

    def __init__(
        self, market: "Market", keys: KeyRing, member: VerifierMember, images: PrivateData | None = None
    ):
        self._market = market
        self._keys = keys
        self._member = member
        self._images = images
        self._specs: dict[int, TaskSpec] = {}

    def take_up(self, event: TaskPosted) -> None:
        """Read a task's description from the store, by its CID."""
        self._specs[event.task_id] = TaskSpec.from_bytes(self._market.store.get(event.terms.spec_cid))

    def spec(self, model: ListedModel) -> TaskSpec:
        """Return the description of a model's task."""
        return self._specs[model.task_id]

    # Keys.

    def missing(self, model: ListedModel) -> list[str]:
        """Return the CIDs of sealed contents that she needs for a model and has no key to."""
        terms = self._task(model).posted.terms
        sample = [terms.data_cid] if self._images is None else []
        # In a public task nobody hands out keys to the base.
        base = () if terms.access is Access.PUBLIC else model.base_cids
        needed = [*sample, *base, model.cid]
        return [cid for cid in needed if self._keys.key(cid) is None and self._is_sealed(cid)]

    def receive(self, model: ListedModel, event: KeysDelivered, seat: int) -> None:
        """Take her own share of the keys that were delivered to a panel.

        The contributor delivers the key to the model; the initiator those to the verification sample, if it
        is sealed, and to the base's models, in this order.
        """
        share_bytes = len(event.wrapped_keys) // len(model.panel)
        share = event.wrapped_keys[seat * share_bytes : (seat + 1) * share_bytes]
        wraps = [share[start : start + WRAPPED_BYTES] for start in range(0, len(share), WRAPPED_BYTES)]
        for cid, wrapped in zip(self._cids_from(model, event.by), wraps, strict=False):
            try:
                self._keys.receive(cid, wrapped)
            except SealBroken:
                continue  # the content stays closed, and is missing when it is needed

    def _cids_from(self, model: ListedModel, sender: str) -> list[str]:
        if sender == model.contributor:
            return [model.cid]
        task = self._task(model)
        return keys_from_the_initiator(
            task, model, sample_is_sealed=self._is_sealed(task.posted.terms.data_cid)
        )

    # Judging.

    def open_model(self, model: ListedModel) -> bytes:
        """Return a model's file.

        Raises:
            StorageError: It cannot be fetched or opened, or its key is not the one that is promised to the
                initiator.
        """
        content = self._keys.read(model.cid)
        key, terms = self._keys.key(model.cid), self._task(model).posted.terms
        if terms.access is not Access.PUBLIC:
            if key is None:
                raise SealBroken("the model is not sealed, though its task asks for it")
            if key_commitment(wrap_key(key, terms.access_key)) != model.key_commitment:
                raise SealBroken("the announcement commits to another key than the one that opens the model")
        return content

    def wrapped_for_initiator(self, model: ListedModel) -> bytes | None:
        """Return the key to a model as its announcement committed to it, if she holds the key."""
        key = self._keys.key(model.cid)
        return None if key is None else wrap_key(key, self._task(model).posted.terms.access_key)

    def copied_from(self, model: ListedModel, model_file: bytes) -> ListedModel | None:
        """Return the earlier model of the task that this one is a copy of, if it is one.

        Raises:
            ModelFileError: The file cannot be rebuilt, or the announced fingerprint is another model's.
        """
        market = self._market
        job = FingerprintJob(model_file, self.spec(model).input_shape)
        fingerprint = market.wait(market.workbench.fingerprint(job))
        if not fingerprint_matches(model.fingerprint, fingerprint):
            raise ModelFileError("the announced fingerprint is not this model's")
        return self._task(model).original_of(model, fingerprint)

    def measure(self, model: ListedModel, model_file: bytes) -> Measurements:
        """Begin to measure a model.

        Raises:
            CannotMeasure: The sample or a model of the base cannot be had.
        """
        spec, own, seed = self.spec(model), self._member.name, self._market.config.seed
        try:
            sample = self._sample(model)
            base_files = self._base_files(model)
        except StorageError as error:
            raise CannotMeasure(str(error)) from None
        names = [one.name for one in self._market.verifiers if one.address in model.panel]
        if self._market.config.verifiers.data != "shared":
            names = [own]  # nobody else's heads are fitted to these images
        return measure(
            self._market.workbench,
            spec,
            sample,
            model_file=model_file,
            base_files=base_files,
            strategies=self._market.book.of(model.task_id).measured,
            seeds=tuple(head_seed(seed, name) for name in names),
            place=names.index(own),
        )

    @property
    def parts(self) -> int:
        """In how many parts the initiator's sample is cut, of which one is hers."""
        return len(self._market.verifiers) if self._market.config.verifiers.data == "split" else 1

    def seconds(self, model: ListedModel) -> float:
        """Return the simulated seconds of work: features of the new model, then a head for each strategy."""
        config, task = self._market.config, self._market.book.of(model.task_id)
        sample, parts = config.verifiers, self.parts
        train = -(-sample.train // parts) * (1 + config.fusion.copies)
        images = train + -(-sample.test // parts) - (-sample.verification // parts)
        heads = 0 if task.fitness == "standalone" else len(task.measured)
        epochs = config.fusion.epochs * config.costs.head_epoch * (len(model.base) + 1) * heads
        return (images * config.costs.feature_sample + epochs) / self._member.settings.speed

    def _sample(self, model: ListedModel) -> PrivateData:
        if self._images is not None:
            return self._images
        sample = _sample(self._keys.read(self._task(model).posted.terms.data_cid))
        return sample if self.parts == 1 else part_of(sample, self._member.index, self.parts)

    def _base_files(self, model: ListedModel) -> tuple[bytes, ...]:
        """Return the base's models, without what was announced as one and is none.

        What most of its own panel could not read is left out where it still cannot be fetched: one lost model
        would else stand in the way of all that come after it.
        """
        cids = model.base_cids
        try:
            files = self._market.store.get_all(cids)
        except StorageError:
            store = self._market.store
            cids = tuple(one.cid for one in model.base if one.was_read or store.has(one.cid))
            files = store.get_all(cids)
        if any(map(is_sealed, files)):
            files = tuple(self._keys.read(cid) for cid in cids)
        shape = self.spec(model).input_shape
        named = zip(cids, files, strict=True)
        return tuple(file for cid, file in named if self._market.is_model(cid, file, shape))

    def _task(self, model: ListedModel) -> ListedTask:
        return self._market.web.tasks[model.task_id]

    def _is_sealed(self, cid: str) -> bool:
        try:
            return is_sealed(self._market.store.get(cid))
        except StorageError:
            return False


def keys_from_the_initiator(task: ListedTask, model: ListedModel, *, sample_is_sealed: bool) -> list[str]:
    """Return the CIDs whose keys the initiator hands to a model's panel, in the order of her delivery."""
    cids = [task.posted.terms.data_cid] if sample_is_sealed else []
    if task.posted.terms.access is not Access.PUBLIC:
        cids += model.base_cids
    return cids


@lru_cache(maxsize=4)  # a panel reads the same sample for every model
def _sample(blob: bytes) -> PrivateData:
    return PrivateData.from_bytes(blob)
