from dataclasses import replace

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import (
    DataFileError,
    FusedModel,
    FusionConfig,
    FusionJob,
    LabellingJob,
    ModelFileError,
    PredictionJob,
    StandaloneJob,
    TrainedNetwork,
    TrainingJob,
    Workbench,
    decode_fused,
    decode_model,
    encode_fused,
    encode_model,
    network_spec,
)
from verifuse.learning.initial import initial_weights

HEAD = FusionConfig(epochs=30, stage_one_epochs=10, batch=20, learning_rate=5e-3)


@pytest.fixture(scope="module")
def fusion(trained, shares):
    files = tuple(result.model_file for result in trained)
    return FusionJob(files, shares.shares["verifiers"], 10, "II", HEAD, seeds=(3,), held_out=shares.held_out)


def test_models_that_know_five_and_six_labels_make_one_that_knows_ten(bench, fusion):
    both = bench.fuse(fusion)
    one = bench.fuse(replace(fusion, model_files=fusion.model_files[:1]))
    assert both.result()[0].hidden_width == 11 and one.result()[0].hidden_width == 5
    assert both.result()[0].accuracy > 0.8 > one.result()[0].accuracy
    assert both.result()[0].held_out_accuracy > 0.8
    assert both.result()[0].head.A.shape == (128, 11)


def test_a_model_alone_calls_images_by_the_labels_that_it_knows(bench, jobs, trained, fusion):
    own = jobs[0].data.verification
    called = bench.label(LabellingJob(trained[0].model_file, own)).result()
    assert called.dtype == np.uint8 and np.mean(called == own.labels) == trained[0].local_accuracy
    others = bench.label(LabellingJob(trained[0].model_file, fusion.held_out)).result()
    assert set(others) <= set(jobs[0].data.labels) < set(fusion.held_out.labels)
    with pytest.raises(ModelFileError):
        bench.label(LabellingJob(b"no model", own)).result()


def test_one_worker_and_two_give_the_same_bits(bench, jobs, trained, fusion, tmp_path):
    with Workbench(workers=1, cache=tmp_path) as single:
        again = single.train(jobs[0]).result()
        head = single.fuse(fusion).result()[0].head
    assert again.model_file == trained[0].model_file
    expected = bench.fuse(fusion).result()[0].head
    assert head.A.tobytes() == expected.A.tobytes() and head.B.tobytes() == expected.B.tobytes()


def test_known_answers_start_no_worker(bench, jobs, trained, fusion):
    expected = bench.fuse(fusion).result()[0]
    with Workbench(workers=1, cache=bench.cache_folder) as second:
        for job, result in zip(jobs, trained, strict=True):
            assert vars(second.train(job).result()) == vars(result)
        found = second.fuse(fusion).result()[0]
        assert not second.started
    assert found.accuracy == expected.accuracy and found.test.accuracy == expected.test.accuracy
    assert found.held_out_accuracy == expected.held_out_accuracy
    assert found.head.labels == expected.head.labels and np.array_equal(found.head.A, expected.head.A)


def test_a_question_under_way_is_not_asked_twice(bench, jobs):
    job = replace(jobs[0], seed=99)
    assert bench.train(job) is bench.train(job)


def test_the_integrated_file_is_the_model_that_was_evaluated(bench, fusion):
    evaluated = bench.fuse(fusion).result()[0]
    networks = tuple(decode_model(file) for file in fusion.model_files)
    blob = encode_fused(FusedModel(networks, evaluated.head))
    own = fusion.data.verification
    found = bench.predict(PredictionJob(blob, own.images)).result()
    assert found.shape == (100, 10)
    assert np.mean(found.argmax(1) == own.labels) == evaluated.accuracy
    assert np.array_equal(decode_fused(blob).head.A, evaluated.head.A)


def test_the_control_is_as_wide_but_knows_less(bench, fusion):
    control = bench.fuse(replace(fusion, control=True)).result()[0]
    honest = bench.fuse(fusion).result()[0]
    assert control.hidden_width == honest.hidden_width
    assert control.held_out_accuracy < honest.held_out_accuracy


def test_standing_alone_tells_an_honest_model_from_junk(bench, fusion):
    spec = network_spec("tiny", (8, 8), (0, 1, 2, 3, 4))
    junk = encode_model(TrainedNetwork(spec, initial_weights(spec, 1)))
    honest, random = (
        bench.standalone(StandaloneJob(blob, fusion.data.verification)).result()
        for blob in (fusion.model_files[0], junk)
    )
    assert honest > 0.85 > 0.5 > random


def test_files_that_cannot_be_trusted_are_refused_as_such(bench, fusion):
    wide = network_spec("tiny", (8, 8), (0, 12))
    other = network_spec("tiny", (9, 8), (0, 1))
    for hostile in (
        b"",
        fusion.model_files[0][:-9],
        encode_model(TrainedNetwork(wide, initial_weights(wide, 1))),
        encode_model(TrainedNetwork(other, initial_weights(other, 1))),
    ):
        with pytest.raises(ModelFileError):
            bench.fuse(replace(fusion, model_files=(fusion.model_files[0], hostile))).result()
    with pytest.raises(ModelFileError, match="no model"):
        bench.fuse(replace(fusion, model_files=())).result()
    with pytest.raises(ModelFileError, match="reads images"):
        bench.standalone(
            StandaloneJob(encode_model(TrainedNetwork(other, initial_weights(other, 1))), fusion.data.test)
        ).result()


def test_data_with_labels_that_the_task_lacks_are_refused(bench, fusion):
    with pytest.raises(DataFileError, match="label 9"):
        bench.fuse(replace(fusion, model_files=fusion.model_files[:1], classes=9)).result()


def test_a_workers_error_comes_back_as_itself(bench, jobs):
    job = TrainingJob(network_spec("tiny", (8, 8), (0, 1)), jobs[0].data)
    with pytest.raises(InputError) as refusal:
        bench.train(job).result()
    assert refusal.value.field == "data"


def test_a_number_of_workers_must_be_positive():
    with pytest.raises(InputError, match="workers"):
        Workbench(workers=0)
