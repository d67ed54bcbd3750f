"""What leaves a contributor: her model and what she tells the chain; of her images, none."""

import numpy as np
import pytest
from pydantic import ValidationError

from verifuse.contracts import Access
from verifuse.errors import InputError
from verifuse.learning import decode_model, encode_model
from verifuse.scenarios import load
from verifuse.scenarios.tables import tabulate

MNIST = (
    "data.set=mnist",
    "contributors.count=1",
    "training.max_iterations=20",
    "task.mafr=0.05",
    "fusion.epochs=2",
    "fusion.stage_one_epochs=1",
)


def traces(samples):
    """Return every image, and every row of one that is no blank, as bytes and as the two usual floats."""
    found = set()
    for image in samples.images:
        rows = [row for row in image if len(np.unique(row)) > 6]
        for piece in (image, *rows):
            found.add(piece.tobytes())
            found.add((piece.astype(np.float32) / 255).tobytes())
            found.add(piece.astype(np.float32).tobytes())
    return found


def holds_any(blob, pieces):
    """Whether a blob holds one of the pieces anywhere, at whatever offset."""
    by_length = {}
    for piece in pieces:
        by_length.setdefault(len(piece), set()).add(piece)
    return any(
        blob[at : at + size] in group
        for size, group in by_length.items()
        for at in range(len(blob) - size + 1)
    )


@pytest.mark.parametrize("access", ["public", "sealed_for_rewarded"])
def test_no_image_and_no_row_of_one_leaves_a_contributor(open_market, access):
    market = open_market(*MNIST, f"task.access={access}", "task.base=accepted", "contributors.train=60")
    market.run()
    (contributor,) = market.contributors
    sent = [
        m.receipt.transaction.data
        for m in market.mined
        if m.receipt.transaction.sender == contributor.account
    ]
    model = market.web.models[1]
    blob = market.store.get(model.cid)
    secret = set().union(
        *(
            traces(part)
            for part in (contributor.data.train, contributor.data.test, contributor.data.verification)
        )
    )
    for left in (blob, *sent):
        assert not holds_any(left, secret)
    # The same search finds what did leave: the verification sample, which is the initiator's own to show.
    sample = market.store.get(market.web.tasks[1].posted.terms.data_cid)
    assert holds_any(sample[:20_000], traces(market.initiator.sample.test))
    assert not holds_any(sample, {image.tobytes() for image in contributor.data.train.images})

    # All that left is on the books, and a public file has no room for anything but weights.
    (row,) = [row for row in tabulate(market)["participants"].to_pylist() if row["name"] == contributor.name]
    assert row["stored_bytes"] == len(blob)
    assert row["calldata_bytes"] == sum(map(len, sent))
    if market.web.tasks[1].posted.terms.access is Access.PUBLIC:
        assert encode_model(decode_model(blob)) == blob


def test_every_stored_byte_was_put_there_by_somebody(open_market):
    market = open_market()
    market.run()
    stored = sum(len(market.store.get(cid)) for cid in market.store.cids())
    rows = tabulate(market)["participants"].to_pylist()
    assert sum(row["stored_bytes"] for row in rows) == stored
    assert {row["name"] for row in rows if row["stored_bytes"]} == {
        "initiator",
        "contributor-1",
        "contributor-2",
    }


def test_private_training_is_in_the_record_and_a_plain_one_is_not(open_market):
    market = open_market("privacy.noise=2.0", "privacy.steps=8", "privacy.batch=30")
    market.run()
    rows = tabulate(market)["models"].to_pylist()
    assert len(rows) == 2
    for row in rows:
        assert 0.1 < row["epsilon"] < 10 and row["delta"] == 1e-5
        assert row["iterations"] == 8 and row["epochs"] == 2
        seconds = row["training_finished"] - row["training_started"]
        assert seconds == pytest.approx(8 * 30 * market.config.costs.train_sample / 1.0)
    plain = open_market()
    plain.run()
    assert {(row["epsilon"], row["delta"]) for row in tabulate(plain)["models"].to_pylist()} == {(None, None)}


def test_privacy_is_refused_where_it_says_two_things_and_told_where_it_says_nothing():
    with pytest.raises((InputError, ValidationError), match="either the noise or the epsilon") as refused:
        load("quick", ["privacy.noise=1.0", "privacy.epsilon=3.0"])
    assert "privacy.noise" in str(refused.value) and "\n" not in str(refused.value)
    assert load("quick", ["privacy.clip=2.0"]).without_effect == [
        "privacy.clip has no effect without privacy.noise or privacy.epsilon"
    ]
