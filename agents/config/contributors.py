"""The settings of computing contributors: all of them, or a group."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ..behaviours.naming import Role
from .base import Amount, refusal
from .behaviour import BehaviourKeys
from .dealing import PartitionName
from .members import ContributorMember, GroupName, contributor_members, with_what_groups_have_in_common
from .presence import PresenceKeys
from .task_list import Name

Labels = Annotated[tuple[int, ...], Field(min_length=1)]


class ContributorKeys(BehaviourKeys, PresenceKeys):
    """What can be said of computing contributors, all of them or a group.

    Lists shorter than ``count`` are gone through again from their start.

    Attributes:
        count: How many there are.
        partition: How the images are dealt out: by the sets of ``labels`` (Table II), at random (``iid``),
            with Dirichlet-distributed labels (``dirichlet``, arXiv:1909.06335), by ``shards`` of images
            sorted by label (arXiv:1602.05629), or at random in skewed sizes (``quantity``, arXiv:2102.02079;
            ``train``, ``test`` and ``verification`` are then means). What somebody trains on decides which
            labels she knows.
        labels: With ``labels``: each contributor's set of labels (Table II).
        alpha: With ``dirichlet`` and ``quantity``: how alike all are. Near 0 everybody has one label, or one
            nearly all images; with ``dirichlet`` it is the whole concentration, of all labels together.
        shards: With ``shards``: how many everybody gets.
        networks: Each contributor's own design, used when the task recommends none: a known network (Table I)
            or the path of a Keras model's ``.keras`` or ``.json`` file.
        train: Private training images of each.
        test: Private test images of each, which decide when its training stops.
        verification: Private verification images of each, on which its local accuracy is measured.
        start_every: Seconds between the arrivals of one contributor and the next.
        speed: Each contributor's pace in units of the cost model's; 2 trains twice as fast.
        balance: Each one's wallet, for gas.
        leaves: Stage at which each vanishes, once: half-way through ``training`` or ``uploading``; when the
            announcement is sent (``announcing``) or mined (``announced``); when the panel is ``drawn``; when
            the model is ``evaluated``, its reward not yet collected.
        verifies: Whether they join the verifiers' pool as well, at their own pace and with what
            ``[verifiers]`` says of stake and reveal: one account in two roles.
        tasks: Names of the tasks that they are for; absent, every task. They take up those that are open one
            after the other, in the order of posting.
    """

    role: ClassVar[Role] = "contributor"

    count: int = Field(default=5, ge=1, le=1000)
    partition: PartitionName = "labels"
    labels: tuple[Labels, ...] = Field(default=((0, 1, 2, 3, 4, 5, 6, 7, 8, 9),), min_length=1)
    alpha: float = Field(default=1.0, gt=0, le=10**6)
    shards: int = Field(default=2, ge=1, le=1000)
    networks: tuple[str, ...] = Field(default=("cnn_1",), min_length=1)
    train: int = Field(default=500, ge=1)
    test: int = Field(default=200, ge=1)
    verification: int = Field(default=500, ge=1)
    start_every: float = Field(default=900.0, ge=0, le=10**6)
    speed: tuple[Annotated[float, Field(ge=0.001, le=1000)], ...] = Field(default=(1.0,), min_length=1)
    balance: Amount = 10**18
    leaves: Literal["training", "uploading", "announcing", "announced", "drawn", "evaluated"] | None = None
    verifies: bool = False
    tasks: tuple[Name, ...] | None = Field(default=None, min_length=1)

    @field_validator("labels")
    @classmethod
    def _labels_are_sets(cls, labels: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        for one in labels:
            if len(set(one)) != len(one) or min(one) < 0:
                raise refusal("", list(one), "each set names different labels, counted from 0")
        return tuple(tuple(sorted(one)) for one in labels)

    def are_for(self, task: str) -> bool:
        """Whether they take up the task of this name."""
        return self.tasks is None or task in self.tasks


class ContributorGroup(ContributorKeys):
    """Some of the computing contributors: any key of ``[contributors]``, which says what they do not.

    Attributes:
        name: What its members are called, with their number behind.
    """

    name: GroupName


class ContributorSettings(ContributorKeys):
    """The computing contributors. Lists shorter than ``count`` are gone through again from their start.

    Attributes:
        groups: Groups that differ; absent, all are one group, named ``contributor``.
    """

    groups: tuple[ContributorGroup, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="before")
    @classmethod
    def _groups_have_something_in_common(cls, table: Any) -> Any:
        return with_what_groups_have_in_common(table, ContributorGroup)

    @property
    def members(self) -> tuple[ContributorMember, ...]:
        """Everybody, one by one."""
        return contributor_members(self)
