"""Keras models: a contributor's network, and the fused model of Figure 4."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .backend import keras
from .graphs import FEATURES, IMAGE, LABELS, Graph
from .initial import initial_weights
from .model_files import FusedModel, FusionHead, TrainedNetwork
from .networks import NetworkSpec

layers = keras.layers


def build_network(spec: NetworkSpec, seed: int) -> keras.Model:
    """Build a network with random weights; see ``initial_weights``.

    Args:
        spec: What to build.
        seed: Seed of the initial weights.

    Returns:
        A functional model from raw pixels, float (N, H, W, C) in 0 to 255, to probabilities
        (N, number of known classes). The layer ``features`` gives ``f_i``.
    """
    return keras_network(TrainedNetwork(spec, initial_weights(spec, seed)))


def keras_network(network: TrainedNetwork) -> keras.Model:
    """Return a network with its weights as a Keras model, as ``build_network`` describes it."""
    spec = network.spec
    inputs = keras.Input(spec.input_shape, name=IMAGE)
    signal = _convolved(spec, inputs) if spec.graph is None else _through(spec.graph, inputs)
    outputs = layers.Dense(len(spec.classes), activation="softmax", kernel_initializer="zeros", name=LABELS)(
        signal
    )
    model = keras.Model(inputs, outputs, name=spec.name)
    set_weights(model, network.weights)
    return model


def _convolved(spec: NetworkSpec, image: Any) -> Any:
    signal = layers.Rescaling(1 / 255, name="pixels")(image)
    for number, convolution in enumerate(spec.convolutions, start=1):
        signal = layers.Conv2D(
            convolution.filters,
            convolution.kernel,
            padding="same",
            activation="relu",
            kernel_initializer="zeros",
            name=f"conv_{number}",
        )(signal)
        if convolution.pool:
            signal = layers.MaxPooling2D(2, name=f"pool_{number}")(signal)
    signal = layers.Flatten(name="flat")(signal)
    return layers.Dense(spec.hidden, activation="relu", kernel_initializer="zeros", name="features")(signal)


def _through(graph: Graph, image: Any) -> Any:
    signals = {IMAGE: image}
    for layer in graph.layers:
        given = [signals[source] for source in layer.inputs]
        build = getattr(layers, layer.kind)(**layer.keras_arguments)
        signals[layer.name] = build(given if len(given) > 1 else given[0])
    return signals[FEATURES]


def set_weights(model: keras.Model, weights: Mapping[str, np.ndarray]) -> None:
    """Put weights by name into a network."""
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([weights[f"{layer.name}/{weight.name}"] for weight in layer.weights])


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    """Return a network's weights by name, float32."""
    return {
        f"{layer.name}/{weight.name}": np.asarray(weight, np.float32)
        for layer in model.layers
        for weight in layer.weights
    }


def fused_model(networks: Sequence[TrainedNetwork], head: FusionHead) -> keras.Model:
    """Build the model of Figure 4.

    Args:
        networks: The fused networks in order.
        head: The trained weights A and B.

    Returns:
        A model from raw pixels to probabilities (N, d) with the frozen extractors ``f_1`` … ``f_n``, the
        concatenation ``fc``, the hidden layer ``h`` (equation 1) and the output ``y`` (equation 2).
    """
    image = keras.Input(networks[0].spec.input_shape, name="image")
    features = [_extractor(network, f"f_{place}")(image) for place, network in enumerate(networks, start=1)]
    fc = (
        layers.Concatenate(name="fc")(features)
        if len(features) > 1
        else layers.Identity(name="fc")(features[0])
    )
    width, classes = head.B.shape
    h = layers.Dense(width, use_bias=False, kernel_initializer="zeros", name="h")
    y = layers.Dense(classes, use_bias=False, activation="softmax", kernel_initializer="zeros", name="y")
    model = keras.Model(image, y(h(fc)), name="fused")
    h.set_weights([head.A])
    y.set_weights([head.B])
    return model


def keras_fused(model: FusedModel) -> keras.Model:
    """Return a decoded fused model as a Keras model."""
    return fused_model(model.networks, model.head)


def _extractor(network: TrainedNetwork, name: str) -> keras.Model:
    whole = keras_network(network)
    extractor = keras.Model(whole.inputs, whole.get_layer("features").output, name=name)
    extractor.trainable = False
    return extractor
