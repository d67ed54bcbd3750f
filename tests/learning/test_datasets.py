import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from verifuse.errors import InputError
from verifuse.learning import load_data_set


@pytest.fixture
def arrays():
    draws = np.random.default_rng(0)
    return {
        "x_train": draws.integers(0, 256, (6, 5, 4), dtype=np.uint8),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": draws.integers(0, 256, (3, 5, 4), dtype=np.uint8),
        "y_test": np.array([[2], [1], [0]]),
    }


def save(path, arrays):
    np.savez(path, **arrays)
    return str(path)


def test_mnist_is_shipped_whole():
    mnist = load_data_set("mnist")
    assert mnist.x_train.shape == (60000, 28, 28) and mnist.x_test.shape == (10000, 28, 28)
    assert mnist.classes == 10
    assert np.bincount(mnist.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_digits_use_the_whole_grey_range_and_a_fixed_split(digits):
    assert digits.x_train.dtype == np.uint8 and digits.x_train.max() == 255 and digits.x_train.min() == 0
    assert (len(digits.x_train), len(digits.x_test)) == (1198, 599)
    assert digits.digest == load_data_set("digits").digest


def test_loaded_arrays_cannot_be_changed(digits):
    with pytest.raises(ValueError, match="read-only"):
        digits.x_train[0] = 0


def test_a_users_file_is_read(tmp_path, arrays):
    data = load_data_set(save(tmp_path / "own.npz", arrays))
    assert data.classes == 3 and data.image_shape == (5, 4)
    assert data.y_test.tolist() == [2, 1, 0]


def test_a_table_is_written_in_8_bits_by_the_training_rows(tmp_path):
    draws = np.random.default_rng(1)
    table = draws.normal(size=(400, 4)) * (1, 1e6, 1e-6, 0) + (5, -1e7, 0, 3)
    table[0, 0] = 1e12  # an outlier takes no steps from the others
    table = np.column_stack([table, np.arange(400) == 7])  # rare, and still told apart
    labels = np.arange(400) % 3
    tests = {"x_test": table[:3] * 2, "y_test": labels[:3]}
    data = load_data_set(save(tmp_path / "table.npz", {"x_train": table, "y_train": labels, **tests}))
    assert data.is_table and data.image_shape == (1, 5) and data.classes == 3
    rows = data.x_train[:, 0]
    assert all(len(np.unique(rows[:, column])) > 120 for column in range(3))
    assert not rows[:, 3].any() and set(np.unique(rows[:, 4])) == {0, 255}
    for column in range(3):
        inside = (rows[:, column] > 0) & (rows[:, column] < 255)
        assert np.corrcoef(rows[inside, column], table[inside, column])[0, 1] > 0.9999
    assert not load_data_set("digits").is_table


@pytest.mark.parametrize(("name", "features", "classes"), [("breast_cancer", 30, 2), ("wine", 13, 3)])
def test_8_bits_a_feature_cost_no_accuracy_beside_floats(name, features, classes):
    data = load_data_set(name)
    assert data.image_shape == (1, features) and data.classes == classes
    values, labels = getattr(datasets, f"load_{name}")(return_X_y=True)
    test = np.arange(len(labels)) % 3 == 0
    accuracy = [
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(*train).score(*rest)
        for train, rest in (
            ((values[~test], labels[~test]), (values[test], labels[test])),
            ((data.x_train[:, 0], data.y_train), (data.x_test[:, 0], data.y_test)),
        )
    ]
    assert min(accuracy) > 0.95 and accuracy[1] > accuracy[0] - 0.02


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x_train": np.full((6, 20), np.nan)}, "x_train.*column 0.*finite"),
        ({"x_test": np.array([[0.0, np.inf]] * 3)}, "x_test.*column 1.*finite"),
        ({"x_test": np.zeros((3, 3))}, "F as in x_train"),
        ({"x_test": np.zeros((3, 5, 4), np.uint8)}, "rows of a table"),
        ({"x_train": np.zeros((6, 300)), "x_test": np.zeros((3, 300))}, "at most 256 features"),
        ({"x_train": np.array([["a", "b"]] * 6)}, "must hold numbers"),
        ({"x_train": np.zeros((6, 2), complex)}, "must hold numbers"),
        ({"y_train": np.array([0, 1])}, "6 labels are needed"),
    ],
)
def test_an_unusable_table_is_refused_in_one_line(tmp_path, arrays, change, reason):
    table = {**arrays, "x_train": np.zeros((6, 2)), "x_test": np.zeros((3, 2)), **change}
    with pytest.raises(InputError, match=reason) as refusal:
        load_data_set(save(tmp_path / "bad.npz", table))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"x_train": None}, "set"),
        ({"x_train": np.zeros((6, 5, 4))}, "set.x_train"),
        ({"x_train": np.zeros((6, 20), np.uint8)}, "set.x_test"),
        ({"x_test": np.zeros((3, 4, 5), np.uint8)}, "set.x_test"),
        ({"y_train": np.array([0, 1])}, "set.y_train"),
        ({"y_test": np.array([0, 1, -1])}, "set.y_test"),
        ({"y_test": np.array([0, 1, 256])}, "set.y_test"),
        ({"y_test": np.array([0.0, 1.0, 2.0])}, "set.y_test"),
        ({"y_train": np.array([object()] * 6, dtype=object)}, "set"),
    ],
)
def test_an_unusable_file_is_refused_by_field(tmp_path, arrays, change, field):
    changed = {key: value for key, value in {**arrays, **change}.items() if value is not None}
    with pytest.raises(InputError) as refusal:
        load_data_set(save(tmp_path / "bad.npz", changed), field="set")
    assert refusal.value.field == field
    assert "\n" not in str(refusal.value)


def test_files_that_are_no_archives_are_refused(tmp_path):
    path = tmp_path / "noise.npz"
    path.write_bytes(b"PK\x03\x04 not really")
    for name in (str(path), str(tmp_path / "absent.npz"), "nmist"):
        with pytest.raises(InputError) as refusal:
            load_data_set(name)
        assert "\n" not in str(refusal.value)


def test_importing_the_package_brings_neither_jax_nor_keras():
    code = "import sys, verifuse.learning; sys.exit(len({'jax', 'keras', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_keras_backend_is_refused_in_one_line():
    code = "import os; os.environ['KERAS_BACKEND'] = 'torch'; import verifuse.learning.backend"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("set KERAS_BACKEND=jax or unset it")
