"""A run's models fused anew."""

import pytest

from verifuse.analysis import along_gamma, figure_gamma, figure_head, fuse, values
from verifuse.errors import InputError
from verifuse.learning import decode_fused


@pytest.fixture(scope="module")
def fused(run, workbench):
    return fuse(run(), bench=workbench)


def test_fused_as_the_initiator_does_it_is_what_she_has(run, fused):
    record = run()
    integrated = record.summary["integrated_model"]
    assert list(record.table("models")["outcome"]) == ["Rewarded"] * 3
    assert fused.contributors == ("contributor-1", "contributor-2", "contributor-3")
    assert fused.held_out_accuracy == pytest.approx(integrated["held_out_accuracy"], abs=0.005)
    assert fused.file() == fused.file(1.0)
    assert decode_fused(fused.file(0.5)).head.A.shape == (sum(fused.widths), 16)


def test_fewer_models_another_order_and_strategy(run, workbench, fused):
    one = fuse(run(), ["contributor-2"], bench=workbench)
    assert one.head.labels == ((5, 6, 7, 8, 9),) and one.held_out_accuracy < fused.held_out_accuracy
    turned = fuse(run(), fused.contributors[::-1], strategy="I", bench=workbench)
    assert turned.head.labels == fused.head.labels[::-1] and turned.strategy == "I"
    worth = values(run()).attrs["worth_of_all"]
    assert worth == pytest.approx(fused.held_out_accuracy, abs=0.005)


def test_along_gamma_it_ends_where_it_was_trained(workbench, fused):
    frame = along_gamma(fused, [0, 1], bench=workbench)
    assert list(frame.columns) == ["gamma", "accuracy", "held_out_accuracy"]
    assert frame.iloc[1].tolist() == pytest.approx([1, fused.accuracy, fused.held_out_accuracy], abs=1e-6)
    assert frame["held_out_accuracy"][0] > 0.1
    assert figure_gamma(frame, "three models")._repr_png_()[0].startswith(b"\x89PNG")


def test_a_head_of_the_first_stage_alone_has_no_weights_outside_the_blocks(run, workbench):
    blocks = fuse(run(), strategy="II", stage_one_epochs=12, bench=workbench)
    assert decode_fused(blocks.file(0)).head.A.tobytes() == blocks.head.A.tobytes()
    assert figure_head(blocks)._repr_png_()[0].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"contributors": ["contributor-9"]}, "contributor-1, contributor-2"),
        ({"contributors": []}, "each once"),
        ({"strategy": "III"}, "'I' or 'II'"),
        ({"epochs": 0}, "epochs"),
        ({"epoch": 3}, "epoch"),
        ({"task": "another"}, "task"),
    ],
)
def test_what_cannot_be_fused_is_refused(run, workbench, arguments, told):
    with pytest.raises(InputError, match=told):
        fuse(run(), bench=workbench, **arguments)
