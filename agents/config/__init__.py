"""The settings of a market: one file for each part of a scenario, put together in ``market``."""

from .behaviour import BehaviourKeys
from .contributors import ContributorGroup, ContributorKeys, ContributorSettings
from .dealing import scheme_of
from .faults import Fault
from .market import MarketConfig
from .members import ContributorMember, Member, VerifierMember, each_with_behaviour
from .others import CostSettings, DataSettings, InitiatorSettings, OracleSettings
from .presence import PresenceKeys, Visit, arrivals, stay
from .task import TaskSettings
from .task_list import TaskEntry
from .verifiers import VerifierGroup, VerifierKeys, VerifierSettings

__all__ = [
    "BehaviourKeys",
    "ContributorGroup",
    "ContributorKeys",
    "ContributorMember",
    "ContributorSettings",
    "CostSettings",
    "DataSettings",
    "Fault",
    "InitiatorSettings",
    "MarketConfig",
    "Member",
    "OracleSettings",
    "PresenceKeys",
    "TaskEntry",
    "TaskSettings",
    "VerifierGroup",
    "VerifierKeys",
    "VerifierMember",
    "VerifierSettings",
    "Visit",
    "arrivals",
    "each_with_behaviour",
    "scheme_of",
    "stay",
]
