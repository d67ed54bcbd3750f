"""The only door to Keras: it insists on the JAX backend before Keras is imported."""

import os

from ..errors import InputError

_chosen = os.environ.setdefault("KERAS_BACKEND", "jax")
if _chosen != "jax":
    raise InputError(
        "KERAS_BACKEND", _chosen, "Verifuse runs Keras on JAX: set KERAS_BACKEND=jax or unset it"
    )

import keras  # noqa: E402 (the backend must be chosen first)

if keras.config.backend() != "jax":
    raise InputError(
        "KERAS_BACKEND",
        keras.config.backend(),
        "Keras was imported earlier on another backend: set KERAS_BACKEND=jax",
    )

__all__ = ["keras"]
