import numpy as np
import pytest

from verifuse.studies.markets.luck import KINDS, Joined, rates


def joined(gain, discordance, *, mafr, seed=1, heads=1, images=20_000):
    """Return a model whose heads all differ from the base on the same images."""
    helped, harmed = (round(images * (discordance + sign * gain) / 2) for sign in (1, -1))
    changes = np.zeros((heads, images), np.int8)
    changes[:, :helped], changes[:, helped : helped + harmed] = 1, -1
    return Joined(seed, f"gain {gain}", 3, changes, mafr)


def test_drawn_samples_come_to_the_closed_form():
    models = [joined(0.03, 0.1, mafr=0.0131), joined(0.0, 0.1, mafr=0.0131, seed=2)]
    for images in (200, 800):
        found = rates(models, images, 2_000)
        for kind in KINDS:
            assert found.measured[kind] == pytest.approx(found.expected[kind], abs=0.04), kind
    good, bad = models
    assert good.deserves and not bad.deserves


def test_members_who_are_right_about_the_same_images_are_one_member():
    alone, panel = (joined(0.02, 0.1, mafr=0.0131, heads=heads) for heads in (1, 5))
    assert alone.passes(300, 500) == panel.passes(300, 500)


def test_more_images_make_decisions_that_do_not_flip():
    model = joined(0.03, 0.08, mafr=0.0131)
    flips = [rates([model], images, 500).measured[KINDS[2]][0] for images in (50, 800, 6_400)]
    assert flips == sorted(flips, reverse=True)
    assert flips[-1] < 0.01
