"""What Verifuse's trainer is compared with: Keras' own ``fit``, on whichever backend ``KERAS_BACKEND`` names.

A process of its own, as a process can have one backend only; it imports nothing of Verifuse, so any
interpreter that has Keras and the backend will do. ``benchmarks/training.py`` starts it:

    python keras_fit.py steps DATA      for each line ``NETWORK STEPS`` read, the milliseconds of a step
    python keras_fit.py jobs DATA       trains every contributor in turn, then prints their accuracies

``DATA`` is an ``.npz`` file that ``benchmarks/training.py`` writes.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 50


class Contributors:
    """The contributors' data and networks, as the file has them."""

    def __init__(self, file: Path):
        with np.load(file) as arrays:
            self._arrays = dict(arrays)
        self.settings = json.loads(self._arrays["settings"].tobytes())

    def __len__(self) -> int:
        return self.settings["contributors"]

    def samples(self, place: int, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Return images as float32 (N, H, W, 1) in 0 to 255, and each one's place among the known labels."""
        images = self._arrays[f"{part}_images_{place}"]
        return images[..., None].astype(np.float32), self._arrays[f"{part}_outputs_{place}"]

    def model(self, network: str, outputs: int) -> Any:
        """Return a compiled Keras model of Table I."""
        import keras

        layers, seen = keras.layers, self.samples(0, "train")[0]
        model = keras.Sequential([keras.Input(seen.shape[1:]), layers.Rescaling(1 / 255)])
        for filters, kernel, pool in self.settings["networks"][network]:
            model.add(layers.Conv2D(filters, kernel, padding="same", activation="relu"))
            if pool:
                model.add(layers.MaxPooling2D(2))
        model.add(layers.Flatten())
        model.add(layers.Dense(500, activation="relu"))
        model.add(layers.Dense(outputs, activation="softmax"))
        model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def trained(self, place: int) -> tuple[Any, float]:
        """Train one contributor's model; return it and its accuracy on her own verification data."""
        images, outputs = self.samples(place, "train")
        model = self.model(self.settings["job"], int(outputs.max()) + 1)
        epochs = self.settings["steps"] * BATCH // len(images)
        model.fit(images, outputs, batch_size=BATCH, epochs=epochs, verbose=0)
        return model, float(model.evaluate(*self.samples(place, "own"), verbose=0)[1])


def answer_steps(contributors: Contributors) -> None:
    """Time steps of ``fit`` as they are asked for."""
    images, outputs = contributors.samples(0, "train")
    models: dict[str, Any] = {}
    for line in sys.stdin:
        network, steps = line.split()
        if network not in models:
            models[network] = contributors.model(network, int(outputs.max()) + 1)
        part = slice(0, int(steps) * BATCH)
        start = time.perf_counter()
        models[network].fit(images[part], outputs[part], batch_size=BATCH, shuffle=False, verbose=0)
        print((time.perf_counter() - start) / int(steps) * 1e3, flush=True)


def main() -> None:
    """Do what the first argument asks."""
    task, file = sys.argv[1:]
    contributors = Contributors(Path(file))
    if task == "steps":
        import keras  # noqa: F401 (a backend that is missing shows before the first question)

        print("ready", flush=True)
        answer_steps(contributors)
    else:
        print(json.dumps([contributors.trained(place)[1] for place in range(len(contributors))]))


if __name__ == "__main__":
    main()
