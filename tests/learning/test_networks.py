import jax
import numpy as np
import pytest
from pydantic import ValidationError

from verifuse.errors import InputError
from verifuse.learning import NETWORKS, TABLE_I, Convolution, NetworkSpec, network_spec
from verifuse.learning.convolution import convolve
from verifuse.learning.forward import feature_vectors, probabilities
from verifuse.learning.initial import initial_weights
from verifuse.learning.models import build_network, keras, weights_of
from verifuse.learning.pooling import convolve_and_pool


def test_table_i_to_the_letter():
    rows = {
        name: ([(c.filters, c.kernel) for c in spec.convolutions], spec.flattened, spec.hidden)
        for name, spec in TABLE_I.items()
    }
    assert rows == {
        "cnn_1": ([(32, 5), (16, 5), (8, 2)], 392, 500),
        "cnn_2": ([(64, 5), (32, 5), (16, 2)], 784, 500),
        "cnn_3": ([(32, 5), (32, 10), (16, 4)], 784, 500),
        "cnn_4": ([(16, 10), (16, 10), (12, 5)], 588, 500),
        "cnn_5": ([(16, 10), (16, 5), (8, 5)], 392, 500),
    }
    assert all([c.pool for c in spec.convolutions] == [True, True, False] for spec in TABLE_I.values())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_fast_forward_pass_is_the_keras_model(name):
    side = NETWORKS[name].input_shape[0]
    spec = network_spec(name, (side, side), (0, 2, 7))
    model = build_network(spec, seed=5)
    weights = {key: array * 3 for key, array in initial_weights(spec, 5).items()}
    for layer in model.layers:
        layer.set_weights([3 * weight for weight in layer.get_weights()])
    images = np.random.default_rng(0).integers(0, 256, (130, side, side), dtype=np.uint8)
    assert weights_of(model).keys() == weights.keys() == spec.weight_shapes.keys()
    assert model.count_params() == spec.parameters
    pixels = images[..., None].astype(np.float32)
    np.testing.assert_allclose(
        probabilities(weights, images, spec.body),
        model.predict(pixels, verbose=0),
        rtol=2e-4,
        atol=1e-5,
    )
    inner = keras.Model(model.inputs, model.get_layer("features").output).predict(pixels, verbose=0)
    np.testing.assert_allclose(feature_vectors(weights, images, spec.body), inner, rtol=2e-4, atol=1e-4)


def test_odd_colour_images_agree_too():
    spec = NetworkSpec(
        name="odd",
        input_shape=(7, 9, 3),
        convolutions=(
            Convolution(filters=4, kernel=4, pool=True),
            Convolution(filters=3, kernel=3, pool=True),
        ),
        hidden=11,
        classes=(0, 1),
    )
    images = np.random.default_rng(1).integers(0, 256, (5, 7, 9, 3), dtype=np.uint8)
    expected = build_network(spec, 2).predict(images.astype(np.float32), verbose=0)
    found = probabilities(initial_weights(spec, 2), images, spec.body)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("side", [2, 5])
def test_the_fast_kernel_gradient_is_the_gradient(side):
    draws = np.random.default_rng(3)
    signal = draws.normal(size=(2, 6, 7, 2)).astype(np.float32)
    kernel = draws.normal(size=(side, side, 2, 3)).astype(np.float32)

    def cost(signal, kernel):
        return (convolve(signal, kernel) ** 2).sum() / 1000

    def plain(signal, kernel):
        layout = ("NHWC", "HWIO", "NHWC")
        out = jax.lax.conv_general_dilated(signal, kernel, (1, 1), "SAME", dimension_numbers=layout)
        return (out**2).sum() / 1000

    for place in (0, 1):
        found, expected = (jax.grad(f, place)(signal, kernel) for f in (cost, plain))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("height", "width", "side", "channels"),
    [(8, 8, 3, 1), (7, 9, 2, 3), (9, 6, 5, 1), (9, 8, 10, 1), (3, 2, 1, 4), (7, 6, 3, 5)],
)
def test_the_pooled_layer_and_its_gradients_are_those_of_its_parts(height, width, side, channels):
    draws = np.random.default_rng(4)
    shapes = ((3, height, width, channels), (side, side, channels, 6), (6,), (3, height // 2, width // 2, 6))
    *inputs, slope = (draws.normal(size=shape).astype(np.float32) for shape in shapes)

    def parts(signal, kernel, bias):
        plane = jax.lax.conv_general_dilated(
            signal, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        window = (1, 2, 2, 1)
        pooled = jax.lax.reduce_window(plane, -np.inf, jax.lax.max, window, window, "VALID")
        return jax.nn.relu(pooled + bias)

    @jax.jit
    def value_and_slopes():
        return [
            (value, *back(slope)) for value, back in (jax.vjp(f, *inputs) for f in (convolve_and_pool, parts))
        ]

    for found, expected in zip(*value_and_slopes(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=5e-4)


def test_initial_weights_are_glorot_uniform():
    spec = network_spec("cnn_1", (28, 28), range(5))
    weights = initial_weights(spec, 1)
    limit = np.sqrt(6 / (25 * (32 + 16)))
    kernel = weights["conv_2/kernel"]
    assert abs(kernel).max() <= limit and abs(kernel).max() > 0.99 * limit
    assert abs(kernel.var() / (limit**2 / 3) - 1) < 0.05
    assert not weights["conv_2/bias"].any()
    assert not np.array_equal(kernel, initial_weights(spec, 2)["conv_2/kernel"])


@pytest.mark.parametrize(
    "change",
    [
        {"classes": (1, 0)},
        {"classes": (0, 0)},
        {"classes": ()},
        {"classes": (0, 256)},
        {"name": "<b>"},
        {"input_shape": (1, 28, 1)},
        {"input_shape": (4096, 28, 1)},
        {"hidden": 100_000},
        {"convolutions": ({"filters": 8, "kernel": 3},) * 9},
        {"convolutions": ({"filters": 8, "kernel": 3, "activation": "exec"},)},
        {"input_shape": (256, 256, 4), "convolutions": (), "hidden": 4096},
        {"convolutions": ({"filters": 256, "kernel": 32},) * 4},
    ],
)
def test_networks_outside_the_limits_are_refused(change):
    with pytest.raises(ValidationError):
        NetworkSpec.model_validate({**TABLE_I["cnn_1"].model_dump(), **change})


def test_an_unknown_or_unfit_network_is_one_line():
    with pytest.raises(InputError, match="known networks are cnn_1") as refusal:
        network_spec("cnn_9", (28, 28), (0, 1), field="contributors[0].network")
    assert refusal.value.field == "contributors[0].network"
    with pytest.raises(InputError, match="smaller than the pooling window"):
        network_spec("cnn_1", (3, 3), (0, 1))
