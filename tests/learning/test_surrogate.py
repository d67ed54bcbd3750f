import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import (
    FingerprintJob,
    FusionJob,
    ModelFileError,
    PrivateData,
    Samples,
    StandaloneJob,
    Surrogate,
    TrainingConfig,
    TrainingJob,
    curves_of,
    fingerprint_distance,
    network_spec,
)
from verifuse.learning.surrogate.workbench import Note

CURVES = curves_of("mnist", "plain")
LABELS = ((0, 1, 2, 3, 4), (0, 1, 2, 8, 9), (0, 6, 7, 8, 9), (0, 1, 5, 7, 8, 9), (5, 6, 7, 8, 9))


def images(count, labels=range(10), seed=0):
    draws = np.random.default_rng(seed)
    return Samples(
        draws.integers(0, 256, (count, 8, 8), dtype=np.uint8),
        np.resize(np.asarray(labels, np.uint8), count),
    )


def data(seed=0, labels=range(10), verification=1000):
    return PrivateData(
        images(50, labels, seed), images(40, labels, seed + 1), images(verification, labels, seed + 2)
    )


def trained(bench, labels, seed):
    network = network_spec("tiny", (8, 8), labels, field="network")
    return bench.train(TrainingJob(network, data(seed, labels), seed=seed)).result()


@pytest.fixture
def bench():
    with Surrogate(CURVES) as found:
        yield found


@pytest.fixture
def files(bench):
    return tuple(trained(bench, labels, seed).model_file for seed, labels in enumerate(LABELS))


def test_the_same_question_has_the_same_answer_in_another_surrogate(bench, files):
    job = FusionJob(files, data(), 10, seeds=(1, 2, 3))
    first = [found.accuracy for found in bench.fuse(job).result()]
    assert len(set(first)) > 1
    with Surrogate(CURVES) as other:
        assert [found.accuracy for found in other.fuse(job).result()] == first
        assert trained(other, LABELS[0], 0).model_file == files[0]


def test_means_over_many_samples_lie_on_the_curve(bench, files):
    """Each answer has the chance of its images; over many samples only the curve is left."""
    for count in (1, 3, 5):
        width = sum(len(labels) for labels in LABELS[:count])
        found = [
            bench.fuse(FusionJob(files[:count], data(10 * i), 10, seeds=(i,))).result()[0].accuracy
            for i in range(300)
        ]
        expected = CURVES.fused["II"].accuracy(width, 0.1)
        assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / 300**0.5)


def test_more_images_tell_more_surely(bench, files):
    def spread(count):
        jobs = [FusionJob(files, data(10 * i, verification=count), 10, seeds=(i,)) for i in range(200)]
        return np.std([bench.fuse(job).result()[0].accuracy for job in jobs])

    assert spread(4000) < 0.7 * spread(500)


def test_a_model_that_tells_nothing_of_its_labels_adds_nothing(bench, files):
    junk = Note(LABELS[4], 0.2, "junk").to_bytes()
    sample = [data(10 * i) for i in range(200)]

    def mean(models):
        return np.mean(
            [
                bench.fuse(FusionJob(models, one, 10, seeds=(i,))).result()[0].accuracy
                for i, one in enumerate(sample)
            ]
        )

    assert mean((*files[:1], junk)) == pytest.approx(mean(files[:1]), abs=0.005)
    assert mean(files[:2]) > mean(files[:1]) + 0.05
    assert bench.standalone(StandaloneJob(junk, images(2000))).result() == pytest.approx(0.2, abs=0.05)
    assert bench.standalone(StandaloneJob(files[0], images(2000))).result() > 0.9


def test_a_training_that_is_cut_short_learns_less_by_steps_as_by_epochs(bench):
    network = network_spec("tiny", (8, 8), range(10), field="network")

    def cut(**limits):
        config = TrainingConfig(batch=50, **limits)
        return bench.train(TrainingJob(network, data(), config=config, seed=1)).result()

    whole, by_epochs, by_steps, least = cut(), cut(epochs=9), cut(max_iterations=9), cut(max_iterations=1)
    assert vars(by_steps) == vars(by_epochs) and by_steps.iterations == 9  # 50 images are one batch an epoch
    accuracies = [Note.from_bytes(one.model_file).accuracy for one in (least, by_steps, whole)]
    assert 0.1 < accuracies[0] < accuracies[1] < accuracies[2]


def test_fingerprints_are_equal_for_one_model_only(bench, files):
    found = [bench.fingerprint(FingerprintJob(file, (8, 8))).result() for file in (*files, files[0])]
    assert found[0] == found[-1] and len(set(found)) == 5
    assert min(fingerprint_distance(found[0], other) for other in found[1:5]) > 60


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b"{}",
        b'{"kind": "another"}',
        Note((), 0.5, "no labels").to_bytes(),
        Note((1,), 7.0, "better than right").to_bytes(),
        b'{"kind": "verifuse surrogate model", "labels": 3, "accuracy": 1, "identity": "x"}',
    ],
)
def test_what_is_no_surrogate_is_refused_by_name(bench, blob):
    with pytest.raises(ModelFileError, match="surrogate"):
        bench.fuse(FusionJob((blob,), data(), 10)).result()
    with pytest.raises(ModelFileError, match="surrogate"):
        bench.fingerprint(FingerprintJob(blob, (8, 8))).result()


def test_data_without_curves_are_refused():
    with pytest.raises(InputError, match=r"learning: .*wine/plain.*digits/plain, mnist/plain"):
        curves_of("wine", "plain")
