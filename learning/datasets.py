"""Labelled images by name: MNIST as shipped, scikit-learn's digits, Keras' data sets, or a user's file."""

import hashlib
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..errors import InputError

KERAS_DATA_SETS = ("fashion_mnist", "cifar10", "cifar100")
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
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: int

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
            in the test pool), a name of ``KERAS_DATA_SETS`` (downloaded once), or the path to a
            ``.npz`` file with ``x_train``, ``y_train``, ``x_test`` and ``y_test``.
        field: The name to put into errors.

    Raises:
        InputError: The name is unknown, the download failed, or the file's arrays cannot be used.
    """
    if name == "mnist":
        with as_file(files("verifuse.learning").joinpath("files/mnist.npz")) as path:
            return _from_file(name, path, field)
    if name == "digits":
        return _digits()
    if name in KERAS_DATA_SETS:
        return _from_keras(name, field)
    if name.endswith(".npz"):
        return _from_file(name, Path(name), field)
    known = ", ".join(("mnist", "digits", *KERAS_DATA_SETS))
    raise InputError(field, name, f"known data sets are {known}, or the path to a .npz file")


def _digits() -> DataSet:
    from sklearn.datasets import load_digits  # scikit-learn is slow to import and rarely needed

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # pyright: ignore[reportAttributeAccessIssue]
    labels = bunch.target.astype(np.uint8)  # pyright: ignore[reportAttributeAccessIssue]
    test = np.arange(len(labels)) % 3 == 0
    return DataSet("digits", images[~test], labels[~test], images[test], labels[test], 10)


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
    return DataSet(name, x_train, y_train, x_test, y_test, int(max(y_train.max(), y_test.max())) + 1)


def _images(images: np.ndarray, field: str) -> np.ndarray:
    if images.dtype != np.uint8:
        raise InputError(field, str(images.dtype), "images must be uint8, 0 to 255")
    if images.ndim not in (3, 4) or 0 in images.shape:
        raise InputError(field, images.shape, "images must be shaped (N, H, W) or (N, H, W, C)")
    return images


def _labels(labels: np.ndarray, field: str) -> np.ndarray:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise InputError(field, f"{labels.dtype}{labels.shape}", "labels must be whole numbers, shaped (N,)")
    if labels.min() < 0 or labels.max() > 255:
        raise InputError(field, [int(labels.min()), int(labels.max())], "labels must lie in 0 to 255")
    return labels.astype(np.uint8)
