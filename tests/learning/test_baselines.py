from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from verifuse.learning import (
    DataFileError,
    LateFusionJob,
    ModelFileError,
    PrivateData,
    RidgeJob,
    Samples,
    StandaloneJob,
    Workbench,
    union,
)
from verifuse.learning.baselines.readouts import fit_ridge, majority_vote, mean_of_knowing, mean_softmax

LABELS = ((0, 1), (1, 2), (1, 3))
OUTPUTS = [np.array([[0.9, 0.1]]), np.array([[0.4, 0.6]]), np.array([[0.7, 0.3]])]


def test_late_fusion_of_three_models_worked_out_by_hand():
    np.testing.assert_allclose(mean_softmax(OUTPUTS, LABELS, 5), [[0.3, 0.4, 0.2, 0.1, 0]])
    np.testing.assert_allclose(mean_of_knowing(OUTPUTS, LABELS, 5), [[0.9, 0.4, 0.6, 0.3, 0]])
    # Each model names another label (0, 2 and 1), so their mean decides.
    assert majority_vote(OUTPUTS, LABELS, 5).tolist() == [1]


def test_two_votes_outweigh_any_probability():
    outputs = [np.array([[0.51, 0.49]]), np.array([[0.51, 0.49]]), np.array([[0.0, 1.0]])]
    assert majority_vote(outputs, ((0, 1), (0, 2), (1, 3)), 4).tolist() == [0]
    assert mean_softmax(outputs, ((0, 1), (0, 2), (1, 3)), 4).argmax() == 0
    assert mean_of_knowing(outputs, ((0, 1), (0, 2), (1, 3)), 4).argmax() == 3


@st.composite
def ensembles(draw):
    classes = draw(st.integers(2, 6))
    labels = draw(
        st.lists(st.sets(st.integers(0, classes - 1), min_size=1).map(sorted), min_size=1, max_size=5)
    )
    draws = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [draws.dirichlet(np.ones(len(known)), size=7) for known in labels], labels, classes


@given(ensembles())
def test_late_fusion_whatever_the_models(ensemble):
    outputs, labels, classes = ensemble
    mean, knowing = mean_softmax(*ensemble), mean_of_knowing(*ensemble)
    np.testing.assert_allclose(mean.sum(axis=1), 1)
    assert (knowing >= mean - 1e-12).all() and knowing.max() <= 1
    strangers = sorted(set(range(classes)) - {label for known in labels for label in known})
    assert not mean[:, strangers].any() and not knowing[:, strangers].any()
    votes = np.array(
        [np.asarray(known)[found.argmax(axis=1)] for found, known in zip(outputs, labels, strict=True)]
    )
    for told, cast in zip(majority_vote(*ensemble), votes.T, strict=True):
        counts = np.bincount(cast, minlength=classes)
        assert counts[told] == counts.max()
    turned = (outputs[::-1], labels[::-1], classes)
    np.testing.assert_allclose(mean_softmax(*turned), mean)
    np.testing.assert_allclose(mean_of_knowing(*turned), knowing)


@pytest.mark.parametrize("images", [40, 200], ids=["dual", "primal"])
def test_ridge_is_scikit_learns_on_features_of_equal_size(images):
    draws = np.random.default_rng(images)
    features = [scale * draws.normal(size=(images, width)) for width, scale in ((50, 3.0), (30, 0.01))]
    targets = draws.integers(0, 4, images)
    features[0][:, 0] += 9 * (targets == 1)
    readout = fit_ridge(features, targets, features, targets, 4, penalties=(0.1,))
    scales = np.repeat([np.sqrt(np.mean(block**2)) for block in features], [50, 30])
    fc = np.concatenate(features, axis=1) / scales
    known = Ridge(alpha=readout.penalty).fit(fc, np.eye(4)[targets])
    np.testing.assert_allclose(readout.weights * scales[:, None], known.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(readout.scores(features), known.predict(fc), rtol=1e-6, atol=1e-9)
    centred = fc - fc.mean(axis=0)
    assert readout.penalty == pytest.approx(0.1 * np.square(centred).sum() / min(centred.shape))


def test_the_ridge_penalty_is_the_one_that_tells_most_test_images_right():
    draws = np.random.default_rng(5)
    train, test = (
        (features := draws.normal(size=(60, 100)), (features[:, 0] + draws.normal(size=60) > 0).astype(int))
        for _ in range(2)
    )
    penalties = (1e-9, 1e-2, 1.0, 1e2)
    arguments = ([train[0]], train[1], [test[0]], test[1], 2)
    right = [
        np.mean(fit_ridge(*arguments, penalties=(one,)).scores([test[0]]).argmax(axis=1) == test[1])
        for one in penalties
    ]
    chosen = fit_ridge(*arguments, penalties=penalties)
    assert np.mean(chosen.scores([test[0]]).argmax(axis=1) == test[1]) == max(right) > min(right)


def test_features_that_are_all_zero_leave_the_commonest_label():
    readout = fit_ridge(
        [np.zeros((5, 3))], np.array([1, 1, 0, 1, 2]), [np.zeros((2, 3))], np.array([1, 1]), 3
    )
    assert readout.scores([np.ones((1, 3))]).argmax() == 1


def test_the_union_holds_every_image_once_in_its_set(shares):
    first, second = shares.shares["contributor-1"], shares.shares["contributor-2"]
    both = union([first, second])
    assert (len(both.train), len(both.test), len(both.verification)) == (240, 100, 100)
    assert np.array_equal(both.train.images[120:], second.train.images)
    assert np.array_equal(both.test.labels[:50], first.test.labels)
    assert union([first]).digest == first.digest


def test_one_model_alone_is_its_own_late_fusion(bench, trained, shares):
    sample = shares.shares["verifiers"].verification
    known = sample.labels <= 4
    own = Samples(sample.images[known], sample.labels[known])
    alone = bench.standalone(StandaloneJob(trained[0].model_file, own)).result()
    fused = bench.late_fusion(LateFusionJob((trained[0].model_file,), own, 10)).result()
    assert fused.mean_softmax == fused.majority == fused.mean_of_knowing == alone


def test_ridge_and_late_fusion_on_real_features_are_remembered(bench, trained, shares):
    files = tuple(result.model_file for result in trained)
    data = shares.shares["verifiers"]
    ridge = RidgeJob(files, data, 10, held_out=shares.held_out)
    late = LateFusionJob(files, data.verification, 10)
    found, fused = bench.ridge(ridge).result(), bench.late_fusion(late).result()
    assert min(found.accuracy, found.test_accuracy, found.held_out_accuracy) > 0.85
    assert fused.mean_of_knowing < found.accuracy
    with Workbench(workers=1, cache=bench.cache_folder) as second:
        assert second.ridge(ridge).result() == found and second.late_fusion(late).result() == fused
        assert not second.started


def test_the_ridge_readout_never_sees_the_verification_labels(bench, trained, shares):
    files = tuple(result.model_file for result in trained)
    data = shares.shares["verifiers"]
    turned = Samples(data.verification.images, (data.verification.labels + 1) % 10)
    plain = bench.ridge(RidgeJob(files, data, 10)).result()
    other = bench.ridge(RidgeJob(files, replace(data, verification=turned), 10)).result()
    assert (other.penalty, other.test_accuracy) == (plain.penalty, plain.test_accuracy)
    assert other.accuracy < 0.1


def test_baselines_refuse_what_fusion_refuses(bench, trained, shares):
    data = shares.shares["verifiers"]
    with pytest.raises(ModelFileError, match="no model"):
        bench.late_fusion(LateFusionJob((), data.test, 10)).result()
    with pytest.raises(ModelFileError):
        bench.ridge(RidgeJob((trained[0].model_file[:-9],), data, 10)).result()
    small = PrivateData(data.train, data.test, data.verification)
    with pytest.raises(DataFileError, match="label 9"):
        bench.ridge(RidgeJob((trained[0].model_file,), small, 9)).result()
