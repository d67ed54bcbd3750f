"""Data, networks, training and fusion; everything here is light to import.

The modules that compute (``models``, ``forward``, ``training``, ``fusion``, ``work``) import Keras and
JAX; a ``Workbench`` runs them in worker processes, and notebooks may import them by name.
"""

from .baselines.jobs import (
    FederationConfig,
    FederationJob,
    FederationResult,
    FitTimingJob,
    LateFusionJob,
    LateFusionResult,
    RidgeJob,
    RidgeResult,
)
from .baselines.readouts import union
from .cache_room import Usage, cache_limit, parse_bytes, prune, usage
from .coalition_blocks import blocks_of
from .coalition_jobs import Coalition, CoalitionsJob, CoalitionsResult
from .config import Augmentation, FusionConfig, Strategy, TrainingConfig
from .copies import (
    COPY_DISTANCE,
    SAME_MODEL_DISTANCE,
    fingerprint_distance,
    fingerprint_matches,
    is_copy,
)
from .datasets import KERAS_DATA_SETS, DataSet, load_data_set
from .gamma import at_gamma
from .graphs import Graph
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    LabellingJob,
    LossesJob,
    Measured,
    PredictionJob,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
from .keras_files import NETWORK_FILES, dropouts, is_own_network, network_name, read_description
from .model_files import (
    FusedModel,
    FusionHead,
    TrainedNetwork,
    decode_fused,
    decode_model,
    describe_model,
    encode_fused,
    encode_model,
)
from .networks import NETWORKS, TABLE_I, Convolution, NetworkSpec, network_spec
from .partition import LABELS, Partition, PrivateData, Samples, ShareRequest, partition
from .partitions import IID, Dirichlet, Labels, Quantity, Scheme, Shards
from .private.config import PrivacyConfig
from .recipes import RECIPES, Recipe, RecipeName
from .surrogate.curves import Curves, curves_of
from .surrogate.workbench import Surrogate
from .tensor_files import DataFileError, ModelFileError, TensorFileError
from .workbench import Workbench, live_as_long_as, worker_environment

__all__ = [
    "COPY_DISTANCE",
    "IID",
    "KERAS_DATA_SETS",
    "LABELS",
    "NETWORKS",
    "NETWORK_FILES",
    "RECIPES",
    "SAME_MODEL_DISTANCE",
    "TABLE_I",
    "Augmentation",
    "Coalition",
    "CoalitionsJob",
    "CoalitionsResult",
    "Convolution",
    "Curves",
    "DataFileError",
    "DataSet",
    "Dirichlet",
    "FederationConfig",
    "FederationJob",
    "FederationResult",
    "FingerprintJob",
    "FitTimingJob",
    "FusedModel",
    "FusionConfig",
    "FusionHead",
    "FusionJob",
    "FusionResult",
    "Graph",
    "LabellingJob",
    "Labels",
    "LateFusionJob",
    "LateFusionResult",
    "LossesJob",
    "Measured",
    "ModelFileError",
    "NetworkSpec",
    "Partition",
    "PredictionJob",
    "PrivacyConfig",
    "PrivateData",
    "Quantity",
    "Recipe",
    "RecipeName",
    "RidgeJob",
    "RidgeResult",
    "Samples",
    "Scheme",
    "Shards",
    "ShareRequest",
    "StandaloneJob",
    "Strategy",
    "Surrogate",
    "TensorFileError",
    "TrainedNetwork",
    "TrainingConfig",
    "TrainingJob",
    "TrainingResult",
    "Usage",
    "Workbench",
    "at_gamma",
    "blocks_of",
    "cache_limit",
    "curves_of",
    "decode_fused",
    "decode_model",
    "describe_model",
    "dropouts",
    "encode_fused",
    "encode_model",
    "fingerprint_distance",
    "fingerprint_matches",
    "is_copy",
    "is_own_network",
    "live_as_long_as",
    "load_data_set",
    "network_name",
    "network_spec",
    "parse_bytes",
    "partition",
    "prune",
    "read_description",
    "union",
    "usage",
    "worker_environment",
]
