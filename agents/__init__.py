"""The market and the people in it: initiator, contributors, verifiers and the oracle."""

from .computing_contributor import ComputingContributor
from .config import (
    ContributorSettings,
    CostSettings,
    DataSettings,
    InitiatorSettings,
    MarketConfig,
    OracleSettings,
    TaskSettings,
    VerifierSettings,
)
from .dealing import scheme_of
from .initiator import Initiator, IntegratedModel
from .journal import DiaryEntry, Journal, Measurement, Training
from .market import Market, MinedTransaction, Status
from .measuring import head_seed
from .oracle import Oracle
from .participant import Participant
from .population import SAMPLE, contributor_names, deal_images, verifier_names
from .task_spec import TaskSpec
from .training_job import training_job
from .verification_contributor import VerificationContributor
from .web_application import ListedModel, ListedTask, WebApplication

__all__ = [
    "SAMPLE",
    "ComputingContributor",
    "ContributorSettings",
    "CostSettings",
    "DataSettings",
    "DiaryEntry",
    "Initiator",
    "InitiatorSettings",
    "IntegratedModel",
    "Journal",
    "ListedModel",
    "ListedTask",
    "Market",
    "MarketConfig",
    "Measurement",
    "MinedTransaction",
    "Oracle",
    "OracleSettings",
    "Participant",
    "Status",
    "TaskSettings",
    "TaskSpec",
    "Training",
    "VerificationContributor",
    "VerifierSettings",
    "WebApplication",
    "contributor_names",
    "deal_images",
    "head_seed",
    "scheme_of",
    "training_job",
    "verifier_names",
]
