"""DP-SGD: no image moves the sum by more than the clip, the noise is as asked, epsilon is as theory says."""

import math
import subprocess
import sys
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from verifuse.errors import InputError
from verifuse.learning import PrivacyConfig, TrainingJob, Workbench, network_spec
from verifuse.learning.adam import adam_start
from verifuse.learning.initial import initial_weights
from verifuse.learning.outputs import outputs_of
from verifuse.learning.private.accounting import noise_for, spent_epsilon
from verifuse.learning.private.training import CHUNK, clipped_sum, gaussian_noise
from verifuse.learning.training import training_step
from verifuse.seeds import generator

SPEC = network_spec("tiny", (8, 8), range(5))
QUICK = PrivacyConfig(noise=1.0, steps=12, batch=40, learning_rate=3e-3)


def length(total):
    return math.sqrt(sum(float((np.asarray(one, np.float64) ** 2).sum()) for one in total.values()))


@given(seed=st.integers(0, 2**20), clip=st.floats(1e-3, 10), scale=st.floats(0.1, 30))
@settings(max_examples=20)
def test_no_image_moves_the_sum_by_more_than_the_clip(seed, clip, scale):
    rng = np.random.default_rng(seed)
    images, outputs = rng.integers(0, 256, (3, 8, 8)).astype(np.uint8), rng.integers(0, 5, 3).astype(np.int32)
    weights = {name: scale * array for name, array in initial_weights(SPEC, seed).items()}
    with_it, without = (clipped_sum(weights, images[:n], outputs[:n], SPEC, clip) for n in (3, 2))
    moved = {name: np.asarray(with_it[name]) - np.asarray(without[name]) for name in with_it}
    assert length(moved) <= clip * (1 + 1e-3)


def test_without_clipping_the_sum_is_the_gradient_of_the_summed_loss(shares):
    part = shares.shares["contributor-1"].train
    spec = network_spec("tiny", (8, 8), (0, 1, 2, 3, 4))
    outputs = outputs_of(part, spec)
    weights = {name: jnp.asarray(array) for name, array in initial_weights(spec, 1).items()}
    count = CHUNK + 5  # a padded chunk adds nothing
    total = clipped_sum(weights, part.images[:count], outputs[:count], spec, 1e6)
    # After its first step Adam's mean is a tenth of the gradient.
    _, state = training_step(
        weights, adam_start(weights), part.images[:count], outputs[:count], spec.body, 1e-3
    )
    for name, mean in state.mean.items():
        assert np.asarray(total[name]) / count == pytest.approx(np.asarray(mean) / 0.1, abs=2e-6)
    assert length(clipped_sum(weights, part.images[:0], outputs[:0], spec, 1.0)) == 0


def test_the_noise_has_the_deviation_that_was_asked_for():
    noise = gaussian_noise(SPEC, 3.0, generator(1, "privacy noise"))
    drawn = np.concatenate([one.ravel() for one in noise.values()])
    assert len(drawn) == SPEC.parameters
    low, high = chi2.ppf([0.001, 0.999], len(drawn))
    assert low <= float((drawn.astype(np.float64) ** 2).sum()) / 9 <= high
    assert abs(drawn.mean()) < 4 * 3 / math.sqrt(len(drawn))


def gaussian_epsilon(noise, delta):
    """Balle & Wang 2018 (arXiv:1805.06530), theorem 8, solved for epsilon at sensitivity 1."""

    def excess(epsilon):
        a, b = 1 / (2 * noise), epsilon * noise
        return norm.cdf(a - b) - math.exp(epsilon) * norm.cdf(-a - b) - delta

    return brentq(excess, 1e-6, 100)


@pytest.mark.parametrize("noise", [0.8, 1.0, 5.0])
def test_one_step_on_all_images_costs_what_the_gaussian_mechanism_costs(noise):
    assert spent_epsilon(noise, 1.0, 1, 1e-5) == pytest.approx(gaussian_epsilon(noise, 1e-5), rel=0.01)


def test_steps_on_all_images_compose_like_one_with_less_noise():
    found = spent_epsilon(5.0, 1.0, 50, 1e-5)
    assert found == pytest.approx(gaussian_epsilon(5 / math.sqrt(50), 1e-5), rel=0.01)


def test_epsilon_is_within_what_the_moments_accountant_published():
    # Abadi et al. 2016, section 3.2: q = 0.01, sigma = 4, 10,000 steps: 1.26 at delta 1e-5. Later accountants
    # are tighter; none may be looser.
    assert 0.9 < spent_epsilon(4.0, 0.01, 10_000, 1e-5) < 1.26


def test_a_calibrated_noise_reaches_its_epsilon_and_no_more():
    noise = noise_for(8.0, 0.25, 40, 1e-5)
    assert 0.99 * 8.0 <= spent_epsilon(noise, 0.25, 40, 1e-5) <= 8.0
    with pytest.raises(InputError, match=r"privacy\.epsilon: 0\.01 is not usable; more, or fewer steps"):
        noise_for(0.01, 1.0, 1_000_000, 1e-5)


def test_private_training_is_repeatable_and_tells_what_it_spent(bench, jobs, tmp_path):
    job = replace(jobs[0], privacy=QUICK)
    first = bench.train(job).result()
    with Workbench(workers=1, cache=tmp_path) as other:
        again = other.train(job).result()
    assert first.model_file == again.model_file
    assert first.epsilon == again.epsilon == spent_epsilon(1.0, 40 / 120, 12, 1e-5)
    assert (first.delta, first.iterations, first.epochs) == (1e-5, 12, 4)
    noisier = replace(job, privacy=QUICK.model_copy(update={"noise": 1.5}))
    assert bench.train(noisier).result().model_file != first.model_file
    plain = bench.train(jobs[0]).result()
    assert (plain.epsilon, plain.delta) == (None, None)


def test_with_little_noise_it_learns_and_with_much_it_does_not(bench, jobs):
    accuracies = [
        bench.train(replace(jobs[0], privacy=PrivacyConfig(noise=noise, steps=80, batch=60))).result()
        for noise in (0.2, 100.0)
    ]
    assert accuracies[0].local_accuracy > 0.7
    assert accuracies[1].local_accuracy < 0.6


def test_a_threshold_is_looked_at_when_training_is_over(bench, jobs):
    job = replace(jobs[0], privacy=QUICK, threshold=1.0)
    result = bench.train(job).result()
    assert result.iterations == QUICK.steps and not result.reached


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"noise": 1.0, "epsilon": 3.0}, "either the noise or the epsilon"),
        ({"noise": 0.01}, "less protects nobody"),
        ({"noise": -1.0}, "greater than or equal to 0"),
        ({"noise": float("inf")}, "finite"),
        ({"delta": 0.0}, "greater than 0"),
        ({"clip": 0.0}, "greater than 0"),
        ({"steps": 0}, "greater than or equal to 1"),
        ({"sigma": 1.0}, "not permitted"),
    ],
)
def test_settings_that_protect_nobody_are_refused(bad, told):
    with pytest.raises(ValidationError, match=told):
        PrivacyConfig(**bad)


def test_privacy_that_is_off_is_no_privacy(jobs):
    with pytest.raises(InputError, match="noise or an epsilon, or no privacy at all"):
        replace(jobs[0], privacy=PrivacyConfig())


def test_without_an_accountant_private_training_is_refused_by_what_to_install():
    code = (
        "import sys; sys.modules['dp_accounting'] = None\n"
        "from verifuse.learning.private.accounting import require_accountant\n"
        "require_accountant()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert "it needs the accountant: pip install 'verifuse[privacy]'" in last


def test_labels_that_the_network_lacks_and_images_that_do_not_fit_are_refused(bench, jobs, shares):
    strange = replace(jobs[0], data=shares.shares["contributor-2"], privacy=QUICK)
    with pytest.raises(InputError, match="knows the labels"):
        bench.train(strange).result()
    wide = TrainingJob(network_spec("tiny", (9, 9), (0, 1, 2, 3, 4)), jobs[0].data, privacy=QUICK)
    with pytest.raises(InputError, match="reads images of"):
        bench.train(wide).result()
