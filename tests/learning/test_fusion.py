import numpy as np
import pytest

from verifuse.learning import (
    FusedModel,
    FusionConfig,
    TrainedNetwork,
    decode_fused,
    encode_fused,
    network_spec,
)
from verifuse.learning.forward import feature_vectors
from verifuse.learning.fusion import (
    FusionProblem,
    block_masks,
    fit_head,
    fit_heads,
    head_probabilities,
    initial_head,
)
from verifuse.learning.initial import initial_weights
from verifuse.learning.models import fused_model, keras_fused

WIDTHS, LABELS, CLASSES = (6, 4), ((0, 2), (1, 2, 3)), 5


@pytest.fixture(scope="module")
def problem():
    draws = np.random.default_rng(2)
    targets = draws.integers(0, 4, 130)
    features = [np.maximum(draws.normal(size=(130, width)), 0).astype(np.float32) for width in WIDTHS]
    features[0][:, 0] += 50 * (targets == 2)
    return features, targets


def test_strategy_ii_starts_as_equations_3_and_4():
    a, b = initial_head(WIDTHS, LABELS, CLASSES, "II", seed=1)
    inside = np.zeros((10, 5), bool)
    inside[:6, :2] = inside[6:, 2:] = True
    assert a.shape == (10, 5) and np.array_equal(a != 0, inside)
    assert b.tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    mask_a, mask_b = block_masks(WIDTHS, LABELS, CLASSES)
    assert np.array_equal(mask_a, inside) and np.array_equal(mask_b, b)


def test_strategy_i_starts_full_and_each_verifier_has_her_own_head():
    a, b = initial_head(WIDTHS, LABELS, CLASSES, "I", seed=1)
    assert a.all() and b.all()
    assert not np.array_equal(a, initial_head(WIDTHS, LABELS, CLASSES, "I", seed=2)[0])


def test_stage_one_moves_the_blocks_and_the_ones_only(problem):
    start_a, start_b = initial_head(WIDTHS, LABELS, CLASSES, "II", seed=1)
    config = FusionConfig(epochs=3, stage_one_epochs=3, batch=32)
    head = fit_head(*problem, LABELS, CLASSES, "II", config, seed=1)
    inside, ones = (mask.astype(bool) for mask in block_masks(WIDTHS, LABELS, CLASSES))
    scales = np.repeat([np.sqrt(np.mean(block.astype(float) ** 2)) for block in problem[0]], WIDTHS)[:, None]
    assert not head.A[~inside].any() and not head.B[~ones].any()
    moved = head.A * scales != start_a
    assert moved[inside].mean() > 0.9
    assert (head.B[ones] != start_b[ones]).any()


def test_stage_two_moves_everything(problem):
    config = FusionConfig(epochs=4, stage_one_epochs=3, batch=32)
    head = fit_head(*problem, LABELS, CLASSES, "II", config, seed=1)
    assert head.A.all() and head.B.all()


@pytest.mark.parametrize("strategy", ["I", "II"])
def test_the_head_learns_and_is_a_function_of_its_seed(problem, strategy):
    features, targets = problem
    config = FusionConfig(epochs=60, stage_one_epochs=20, batch=32, learning_rate=5e-3)
    head, again = (fit_head(features, targets, LABELS, CLASSES, strategy, config, seed=4) for _ in range(2))
    assert np.array_equal(head.A, again.A) and np.array_equal(head.B, again.B)
    found = head_probabilities(head, features)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
    assert np.mean(found.argmax(1)[targets == 2] == 2) > 0.95


def test_equations_1_and_2_in_closed_form(problem):
    features, targets = problem
    head = fit_head(features, targets, LABELS, CLASSES, "I", FusionConfig(epochs=2), seed=1)
    h = np.concatenate(features, axis=1).astype(float) @ head.A
    powers = np.exp(h @ head.B)
    np.testing.assert_allclose(
        head_probabilities(head, features), powers / powers.sum(1, keepdims=True), rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("count", [1, 3])
def test_the_fused_keras_model_reads_as_figure_4(count):
    specs = [
        network_spec(name, (8, 8), labels)
        for name, labels in (("tiny", (0, 1)), ("dense", (1, 2, 3)), ("tiny", (4,)))
    ]
    networks = [TrainedNetwork(spec, initial_weights(spec, i)) for i, spec in enumerate(specs[:count])]
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    features = [feature_vectors(n.weights, images, n.spec.body) for n in networks]
    labels = tuple(n.spec.classes for n in networks)
    targets = np.random.default_rng(1).integers(0, 5, 40)
    head = fit_head(features, targets, labels, 5, "II", FusionConfig(epochs=3, stage_one_epochs=1), seed=1)
    model = fused_model(networks, head)
    names = [layer.name for layer in model.layers]
    assert names == ["image", *(f"f_{i}" for i in range(1, count + 1)), "fc", "h", "y"]
    assert model.get_layer("f_1").output.shape == (None, 64)
    assert model.get_layer("h").output.shape == (None, sum(len(known) for known in labels))
    assert {weight.path for weight in model.trainable_weights} == {"h/kernel", "y/kernel"}
    pixels = images[..., None].astype(np.float32)
    expected = head_probabilities(head, features)
    np.testing.assert_allclose(model.predict(pixels, verbose=0), expected, rtol=1e-4, atol=1e-6)
    again = keras_fused(decode_fused(encode_fused(FusedModel(tuple(networks), head))))
    np.testing.assert_allclose(again.predict(pixels, verbose=0), expected, rtol=1e-4, atol=1e-6)


def test_a_panel_fits_each_verifiers_head_as_she_would_alone(problem):
    features, targets = problem
    config = FusionConfig(epochs=8, stage_one_epochs=3, batch=32, learning_rate=5e-3)
    panel = fit_heads(
        iter(features), targets, FusionProblem(WIDTHS, LABELS, CLASSES), "II", config, [4, 5, 6]
    )
    for seed, head in zip([4, 5, 6], panel, strict=True):
        alone = fit_head(features, targets, LABELS, CLASSES, "II", config, seed)
        np.testing.assert_allclose(head.A, alone.A, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(head.B, alone.B, rtol=1e-3, atol=1e-5)
    assert not np.array_equal(panel[0].A, panel[1].A)


@pytest.mark.parametrize("strategy", ["I", "II"])
def test_a_warm_head_starts_from_the_one_before(problem, strategy):
    features, targets = problem
    config = FusionConfig(epochs=20, stage_one_epochs=5, batch=32, learning_rate=5e-3, warm_epochs=1)
    before = fit_head(features[:1], targets, LABELS[:1], CLASSES, strategy, config, seed=1)
    still = config.model_copy(update={"learning_rate": 1e-12})
    warm = fit_head(features, targets, LABELS, CLASSES, strategy, still, seed=1, start=before)
    np.testing.assert_allclose(warm.A[:6, :2], before.A, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(warm.B[:2], before.B, rtol=1e-5, atol=1e-9)
    assert (np.abs(warm.A[6:, 2:]) > 1e-6).all()
    assert (np.abs(warm.A[6:, :2]) > 1e-6).all() == (strategy == "I")


def test_mod_drop_makes_a_head_that_can_do_without_a_model():
    """Both models know everything, the first one more clearly: a head that never missed it leans on it."""
    draws = np.random.default_rng(5)
    targets = draws.integers(0, 4, 400)
    clear, faint = (
        np.maximum(strength * np.eye(4)[targets] + draws.normal(size=(400, 4)), 0).astype(np.float32)
        for strength in (6.0, 3.0)
    )
    labels = ((0, 1, 2, 3),) * 2
    without_the_first = []
    for rate in (0.0, 0.5):
        config = FusionConfig(epochs=40, stage_one_epochs=0, batch=50, learning_rate=1e-2, mod_drop=rate)
        head = fit_head([clear, faint], targets, labels, 4, "I", config, seed=1)
        missing = head_probabilities(head, [0 * clear, faint])
        assert np.mean(head_probabilities(head, [clear, faint]).argmax(1) == targets) > 0.97
        without_the_first.append(np.mean(-np.log(missing[np.arange(400), targets])))
    assert without_the_first[1] < 0.9 * without_the_first[0]
