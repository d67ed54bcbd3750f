"""Data, networks, training and fusion; everything here is light to import.

The modules that compute (``models``, ``forward``, ``training``, ``fusion``, ``work``) import Keras and
JAX; a ``Workbench`` runs them in worker processes, and notebooks may import them by name.
"""

from .config import FusionConfig, Strategy, TrainingConfig
from .datasets import KERAS_DATA_SETS, DataSet, load_data_set
from .jobs import FusionJob, FusionResult, PredictionJob, StandaloneJob, TrainingJob, TrainingResult
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
    "KERAS_DATA_SETS",
    "NETWORKS",
    "TABLE_I",
    "Convolution",
    "DataFileError",
    "DataSet",
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
    "load_data_set",
    "network_spec",
    "partition",
]
