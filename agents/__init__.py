"""The market and the people in it: initiator, contributors, verifiers and the oracle."""

from .computing_contributor import ComputingContributor
from .config import (
    BehaviourKeys,
    ContributorGroup,
    ContributorKeys,
    ContributorMember,
    ContributorSettings,
    CostSettings,
    DataSettings,
    Fault,
    InitiatorSettings,
    MarketConfig,
    Member,
    OracleSettings,
    PresenceKeys,
    TaskEntry,
    TaskSettings,
    VerifierGroup,
    VerifierKeys,
    VerifierMember,
    VerifierSettings,
    Visit,
    arrivals,
    each_with_behaviour,
    scheme_of,
    stay,
)
from .initiator import Initiator
from .invariants import InvariantBroken, Invariants
from .journal import DiaryEntry, Journal, Measurement, Training
from .market import Market, MinedTransaction, Status
from .measuring import head_seed
from .oracle import Oracle
from .participant import Participant
from .platform import Platform
from .population import SAMPLE, contributor_names, deal_images, verifier_names
from .posting import IntegratedModel, Posting
from .task_book import TaskBook
from .task_spec import TaskSpec
from .training_job import training_job
from .verification_contributor import VerificationContributor
from .web_application import ListedModel, ListedTask, WebApplication

__all__ = [
    "SAMPLE",
    "BehaviourKeys",
    "ComputingContributor",
    "ContributorGroup",
    "ContributorKeys",
    "ContributorMember",
    "ContributorSettings",
    "CostSettings",
    "DataSettings",
    "DiaryEntry",
    "Fault",
    "Initiator",
    "InitiatorSettings",
    "IntegratedModel",
    "InvariantBroken",
    "Invariants",
    "Journal",
    "ListedModel",
    "ListedTask",
    "Market",
    "MarketConfig",
    "Measurement",
    "Member",
    "MinedTransaction",
    "Oracle",
    "OracleSettings",
    "Participant",
    "Platform",
    "Posting",
    "PresenceKeys",
    "Status",
    "TaskBook",
    "TaskEntry",
    "TaskSettings",
    "TaskSpec",
    "Training",
    "VerificationContributor",
    "VerifierGroup",
    "VerifierKeys",
    "VerifierMember",
    "VerifierSettings",
    "Visit",
    "WebApplication",
    "arrivals",
    "contributor_names",
    "deal_images",
    "each_with_behaviour",
    "head_seed",
    "scheme_of",
    "stay",
    "training_job",
    "verifier_names",
]
