import math

from hypothesis import given
from hypothesis import strategies as st

from verifuse.learning import RECIPES, FusionConfig, TrainingConfig
from verifuse.studies.learning.steps import stretched_fusion, stretched_training

AUGMENTED = RECIPES["augmented"]


def test_table_ii_s_sets_are_trained_on_as_the_recipe_says():
    for images in (500, 501, 2000):
        assert stretched_training(AUGMENTED.training, images) == AUGMENTED.training
    assert stretched_fusion(AUGMENTED.fusion, 2000) == AUGMENTED.fusion
    assert stretched_training(TrainingConfig(), 500) == TrainingConfig()


def test_a_tenth_of_the_images_takes_ten_times_the_epochs():
    plain = stretched_training(TrainingConfig(), 50)
    assert (plain.patience, plain.hold, plain.epochs) == (200, 250, None)
    assert stretched_training(AUGMENTED.training, 50).epochs == 3000
    head = stretched_fusion(FusionConfig(), 200)
    assert (head.epochs, head.stage_one_epochs) == (500, 200)


@given(images=st.integers(1, 3000), batch=st.sampled_from([1, 7, 50, 500]), copies=st.integers(0, 19))
def test_nobody_takes_fewer_steps_than_on_the_sample_of_table_ii(images, batch, copies):
    config = FusionConfig(batch=batch, copies=copies)

    def steps(epochs, samples):
        return epochs * math.ceil(samples * (1 + copies) / batch)

    assert steps(stretched_fusion(config, images).epochs, images) >= steps(config.epochs, min(images, 2000))
    assert steps(stretched_fusion(config, images).epochs, images) >= min(
        steps(config.epochs, 2000), steps(config.epochs, max(images, 2000))
    )
