import subprocess
import sys

import numpy as np
import pytest

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


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"x_train": None}, "set"),
        ({"x_train": np.zeros((6, 5, 4))}, "set.x_train"),
        ({"x_train": np.zeros((6, 20), np.uint8)}, "set.x_train"),
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
