"""Making model files that nobody trained, and files that differ from others' but do the same."""

from dataclasses import replace

import numpy as np

from ...learning import (
    ModelFileError,
    NetworkSpec,
    TrainedNetwork,
    decode_model,
    describe_model,
    encode_model,
)
from ...learning.initial import initial_weights
from ...learning.surrogate.workbench import Note, chance


def untrained(network: NetworkSpec, seed: int, *, surrogate: bool) -> bytes:
    """Return a model of a network's form with weights as they are before training.

    Args:
        network: Its form.
        seed: Of the weights.
        surrogate: Whether models are notes in this market, which then says chance.
    """
    if surrogate:
        return Note(network.classes, chance(network.classes), f"{seed:08x}untrained").to_bytes()
    return encode_model(TrainedNetwork(network, initial_weights(network, seed)))


def perturbed(model_file: bytes, noise: float, dice: np.random.Generator) -> bytes:
    """Return a model file with normal noise on every weight.

    Args:
        model_file: A model, or a surrogate's note, which then is another file about the same model.
        noise: Standard deviation, as a share of each array's own.
        dice: Draws of the noise.

    Raises:
        ModelFileError: It is no model.
    """
    try:
        note = Note.from_bytes(model_file)
    except ModelFileError:
        network = decode_model(model_file)
        weights = {
            name: array + dice.normal(0, noise * float(array.std()), array.shape).astype(np.float32)
            for name, array in network.weights.items()
        }
        return encode_model(TrainedNetwork(network.spec, weights))
    return note.copy(f"{dice.integers(2**32):08x}").to_bytes()


def spoiled(model_file: bytes, share: float) -> bytes:
    """Return a surrogate's note with its accuracy taken so far towards chance; other files as they are."""
    try:
        note = Note.from_bytes(model_file)
    except ModelFileError:
        return model_file
    low = chance(note.labels)
    return replace(note, accuracy=low + (note.accuracy - low) * (1 - share)).to_bytes()


def described(model_file: bytes) -> tuple[str, tuple[int, ...]]:
    """Return the name of a model's network and the labels that it claims to know, if they can be read."""
    try:
        network = describe_model(model_file)
    except ModelFileError:
        pass
    else:
        return network.name, network.classes
    try:
        return "", Note.from_bytes(model_file).labels
    except ModelFileError:
        return "", ()
