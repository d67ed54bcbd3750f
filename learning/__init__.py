"""Data, networks, training and fusion; everything here is light to import.

The modules that compute (``models``, ``forward``, ``training``, ``fusion``, ``work``) import Keras and
JAX; a ``Workbench`` runs them in worker processes, and notebooks may import them by name.
"""

from .config import FusionConfig, Strategy, TrainingConfig
from .copies import (
    COPY_DISTANCE,
    SAME_MODEL_DISTANCE,
    fingerprint_distance,
    fingerprint_matches,
    is_copy,
)
from .datasets import KERAS_DATA_SETS, DataSet, load_data_set
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    PredictionJob,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
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
from .partition import Partition, PrivateData, Samples, ShareRequest, partition
from .tensor_files import DataFileError, ModelFileError, TensorFileError
from .workbench import Workbench

__all__ = [
    "COPY_DISTANCE",
    "KERAS_DATA_SETS",
    "NETWORKS",
    "SAME_MODEL_DISTANCE",
    "TABLE_I",
    "Convolution",
    "DataFileError",
    "DataSet",
    "FingerprintJob",
    "FusedModel",
    "FusionConfig",
    "FusionHead",
    "FusionJob",
    "FusionResult",
    "ModelFileError",
    "NetworkSpec",
    "Partition",
    "PredictionJob",
    "PrivateData",
    "Samples",
    "ShareRequest",
    "StandaloneJob",
    "Strategy",
    "TensorFileError",
    "TrainedNetwork",
    "TrainingConfig",
    "TrainingJob",
    "TrainingResult",
    "Workbench",
    "decode_fused",
    "decode_model",
    "describe_model",
    "encode_fused",
    "encode_model",
    "fingerprint_distance",
    "fingerprint_matches",
    "is_copy",
    "load_data_set",
    "network_spec",
    "partition",
]
