"""How long training takes: one step beside Keras' ``fit``, and whole jobs through the workbench.

Run ``python benchmarks/training.py``; it prints one JSON object. The step times are medians over
interleaved rounds of one process on one thread, so their ratio means something on a busy machine; the
times themselves do not.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update({"NPROC": "1", "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"})

import numpy as np

from verifuse.learning import (
    FusionJob,
    ShareRequest,
    TrainingConfig,
    TrainingJob,
    Workbench,
    load_data_set,
    network_spec,
    partition,
)

ROUNDS = 5
STEPS = 10
LABELS = (0, 1, 2, 3, 4)


def timed(function: Callable[[], object]) -> float:
    """Return the seconds a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def step_times(name: str, images: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
    """Return milliseconds a step at batch 50 of our loop and of Keras' ``fit``, and their ratio.

    Args:
        name: A network of Table I.
        images: uint8 (500, 28, 28).
        outputs: Whole numbers (500,), places among the known labels.
    """
    import jax

    from verifuse.learning.adam import adam_start
    from verifuse.learning.models import build_network, keras, weights_of
    from verifuse.learning.training import training_step

    spec = network_spec(name, (28, 28), LABELS)
    model = build_network(spec, 1)
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
    weights = weights_of(model)
    state = adam_start(weights)
    pixels = images[..., None].astype(np.float32)

    def ours() -> None:
        nonlocal weights, state
        for first in range(0, 50 * STEPS, 50):
            batch = slice(first, first + 50)
            weights, state = training_step(
                weights, state, images[batch], outputs[batch], spec.convolutions, 1e-4
            )
        jax.block_until_ready(weights)

    def theirs() -> None:
        model.fit(pixels, outputs, batch_size=50, epochs=1, shuffle=False, verbose=0)

    ours()
    theirs()
    rounds = [(timed(ours), timed(theirs)) for _ in range(ROUNDS)]
    mine, fit = (statistics.median(column) / STEPS * 1e3 for column in zip(*rounds, strict=True))
    return {"ours_ms": round(mine, 1), "keras_fit_ms": round(fit, 1), "ratio": round(fit / mine, 2)}


def job_times() -> dict[str, float]:
    """Return wall seconds of a cold training (20 epochs), the same again from the cache, and a fusion."""
    rows = [
        ShareRequest("contributor", LABELS, 500, 200, 500),
        ShareRequest("verifiers", tuple(range(10)), 2000, 500, 1000, pool="test"),
    ]
    shares = partition(load_data_set("mnist"), rows, seed=1).shares
    config = TrainingConfig(max_iterations=200, patience=200)
    training = TrainingJob(network_spec("cnn_1", (28, 28), LABELS), shares["contributor"], config)
    with tempfile.TemporaryDirectory() as folder, Workbench(workers=1, cache=Path(folder)) as bench:
        cold = timed(lambda: bench.train(training).result())
        warm = timed(lambda: bench.train(training).result())
        model = bench.train(training).result().model_file
        fusion = FusionJob((model,) * 5, shares["verifiers"], 10)
        first = timed(lambda: bench.fuse(fusion).result())
        second = timed(lambda: bench.fuse(FusionJob((model,) * 5, shares["verifiers"], 10, seed=1)).result())
    return {
        "train_20_epochs_cold_s": round(cold, 2),
        "train_cached_s": round(warm, 4),
        "fuse_5_first_s": round(first, 2),
        "fuse_5_next_verifier_s": round(second, 2),
    }


def main() -> None:
    """Print all times as JSON."""
    data = load_data_set("mnist")
    known = np.flatnonzero(np.isin(data.y_train, LABELS))[:500]
    images, outputs = data.x_train[known], data.y_train[known].astype(np.int32)
    steps = {name: step_times(name, images, outputs) for name in ("cnn_1", "cnn_3")}
    print(json.dumps({"step": steps, "jobs": job_times()}, indent=2))


if __name__ == "__main__":
    main()
