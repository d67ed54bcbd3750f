"""Labelled images and tables: MNIST as shipped, scikit-learn's and Keras' data sets, or a user's file.

A table's row of F features is an image of 1 × F pixels: each feature is written in 8 bits, so that files,
limits and everything that reads images stay as they are. ``benchmarks/tables.py`` prints what that costs.
"""

import hashlib
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..errors import InputError

SKLEARN_TABLES = ("breast_cancer", "wine")
KERAS_DATA_SETS = ("fashion_mnist", "cifar10", "cifar100")
MAX_FEATURES = 256
_COMMON = (0.01, 0.99)  # shares of the training rows between which a feature has its 256 steps
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class DataSet:
    """Labelled images in two pools.

    Attributes:
        name: The name or path it was loaded by.
        x_train: uint8 images, (N, H, W) or (N, H, W, C), 0 to 255.
        y_train: uint8 labels, (N,).
        x_test: Images of the test pool, shaped like ``x_train``'s.
        y_test: Labels of the test pool.
        classes: Number of classes d; labels are 0 to d − 1.
        is_table: Whether the images are rows of a table.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: int
    is_table: bool = False

    def __post_init__(self):
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            array.flags.writeable = False

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (H, W) or (H, W, C)."""
        return self.x_train.shape[1:]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shapes and values, in hexadecimal."""
        return array_digest(self.x_train, self.y_train, self.x_test, self.y_test)


def array_digest(*arrays: np.ndarray) -> str:
    """Return the SHA-256 of arrays' types, shapes and values, in hexadecimal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape};".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def load_data_set(name: str, *, field: str = "data_set") -> DataSet:
    """Load a data set by name or from a ``.npz`` file.

    Args:
        name: ``mnist`` (shipped), ``digits`` (scikit-learn's 1,797 images of 8×8 pixels; every third is
            in the test pool), a name of ``SKLEARN_TABLES`` (569 rows of 30 features and 178 of 13, split
            likewise) or of ``KERAS_DATA_SETS`` (downloaded once), or the path to a ``.npz`` file with
            ``x_train``, ``y_train``, ``x_test`` and ``y_test``.
        field: The name to put into errors.

    Raises:
        InputError: The name is unknown, the download failed, or the file's arrays cannot be used.
    """
    if name in ("mnist", "digits", *SKLEARN_TABLES):
        return _shipped(name)
    if name in KERAS_DATA_SETS:
        return _from_keras(name, field)
    if name.endswith(".npz"):
        return _from_file(name, Path(name), field)
    known = ", ".join(("mnist", "digits", *SKLEARN_TABLES, *KERAS_DATA_SETS))
    raise InputError(field, name, f"known data sets are {known}, or the path to a .npz file")


@lru_cache(maxsize=2)  # they never change, and are read for every market of a sweep
def _shipped(name: str) -> DataSet:
    if name == "mnist":
        with as_file(files("verifuse.learning").joinpath("files/mnist.npz")) as path:
            return _from_file(name, path, "data_set")
    return _digits() if name == "digits" else _sklearn_table(name, "data_set")


def _digits() -> DataSet:
    from sklearn.datasets import load_digits  # scikit-learn is slow to import and rarely needed

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # pyright: ignore[reportAttributeAccessIssue]
    labels = bunch.target.astype(np.uint8)  # pyright: ignore[reportAttributeAccessIssue]
    test = np.arange(len(labels)) % 3 == 0
    return DataSet("digits", images[~test], labels[~test], images[test], labels[test], 10)


def _sklearn_table(name: str, field: str) -> DataSet:
    from sklearn import datasets

    values, labels = getattr(datasets, f"load_{name}")(return_X_y=True)
    test = np.arange(len(labels)) % 3 == 0
    parts = (values[~test], labels[~test], values[test], labels[test])
    return _checked(name, dict(zip(_ARRAYS, parts, strict=True)), field)


def _from_keras(name: str, field: str) -> DataSet:
    from .backend import keras

    try:
        with redirect_stdout(sys.stderr):  # Keras tells of its download where results belong
            (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises bare Exception when a download fails
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(
            field,
            name,
            f"it could not be downloaded ({reason}); connect once, or give the path to a .npz file",
        ) from error
    return _checked(name, dict(zip(_ARRAYS, (x_train, y_train, x_test, y_test), strict=True)), field)


def _from_file(name: str, path: Path, field: str) -> DataSet:
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in _ARRAYS if key not in archive]
            if missing:
                raise InputError(field, name, f"the file lacks the array {missing[0]}")
            arrays = {key: archive[key] for key in _ARRAYS}
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(field, name, "there is no such file") from None
    except (OSError, ValueError, EOFError, TypeError, BadZipFile) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(field, name, f"it is not a readable .npz file of plain arrays ({reason})") from None
    return _checked(name, arrays, field)


def _checked(name: str, arrays: dict[str, np.ndarray], field: str) -> DataSet:
    is_table = arrays["x_train"].ndim == 2
    if is_table:
        arrays = arrays | _table(arrays["x_train"], arrays["x_test"], field)
    x_train, x_test = (_images(arrays[key], f"{field}.{key}") for key in ("x_train", "x_test"))
    y_train, y_test = (_labels(arrays[key], f"{field}.{key}") for key in ("y_train", "y_test"))
    if x_train.shape[1:] != x_test.shape[1:]:
        raise InputError(
            f"{field}.x_test", x_test.shape, f"images must be shaped {x_train.shape[1:]} as in x_train"
        )
    for pool, images, labels in (("train", x_train, y_train), ("test", x_test, y_test)):
        if len(images) != len(labels):
            raise InputError(
                f"{field}.y_{pool}", labels.shape, f"{len(images)} labels are needed, one an image"
            )
    return DataSet(
        name, x_train, y_train, x_test, y_test, int(max(y_train.max(), y_test.max())) + 1, is_table
    )


def _table(x_train: np.ndarray, x_test: np.ndarray, field: str) -> dict[str, np.ndarray]:
    for key, values in (("x_train", x_train), ("x_test", x_test)):
        if values.ndim != 2 or values.shape[1] != x_train.shape[1] or 0 in values.shape:
            allowed = "rows of a table must be shaped (N, F), F as in x_train"
            raise InputError(f"{field}.{key}", values.shape, allowed)
        if values.dtype.kind not in "fiub":
            raise InputError(f"{field}.{key}", str(values.dtype), "a table must hold numbers")
        if values.shape[1] > MAX_FEATURES:
            raise InputError(f"{field}.{key}", values.shape, f"a table has at most {MAX_FEATURES} features")
        if not np.isfinite(values).all():
            column = int(np.flatnonzero(~np.isfinite(values).all(axis=0))[0])
            raise InputError(
                f"{field}.{key}", f"column {column}", "a table must hold finite numbers, no gaps"
            )
    return dict(zip(("x_train", "x_test"), table_images(x_train, x_test), strict=True))


def table_images(x_train: np.ndarray, x_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write rows of finite numbers (N, F) as uint8 images (N, 1, F).

    A feature's 256 steps lie evenly between its 1st and 99th percentile among the training rows, so that one
    outlier does not swallow them all; what lies outside is taken for the nearest step. Where the two are one
    value, as in a column of rare ones, the steps lie between the least and the greatest value.
    """
    train, test = x_train.astype(np.float64), x_test.astype(np.float64)
    low, high = np.quantile(train, _COMMON, axis=0)
    same = low == high
    low, high = np.where(same, train.min(axis=0), low), np.where(same, train.max(axis=0), high)
    width = np.where(low == high, 1.0, high - low)

    def steps(values: np.ndarray) -> np.ndarray:
        return np.rint(255 * np.clip((values - low) / width, 0, 1)).astype(np.uint8)[:, None, :]

    return steps(train), steps(test)


def _images(images: np.ndarray, field: str) -> np.ndarray:
    if images.dtype != np.uint8:
        raise InputError(field, str(images.dtype), "images must be uint8, 0 to 255; a table is shaped (N, F)")
    if images.ndim not in (3, 4) or 0 in images.shape:
        raise InputError(field, images.shape, "(N, H, W) or (N, H, W, C) for images, (N, F) for a table")
    return images


def _labels(labels: np.ndarray, field: str) -> np.ndarray:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise InputError(field, f"{labels.dtype}{labels.shape}", "labels must be whole numbers, shaped (N,)")
    if labels.min() < 0 or labels.max() > 255:
        raise InputError(field, [int(labels.min()), int(labels.max())], "labels must lie in 0 to 255")
    return labels.astype(np.uint8)
