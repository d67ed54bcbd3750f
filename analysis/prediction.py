"""Ask the integrated model that the initiator fused from the rewarded models."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..agents import deal_images
from ..errors import InputError
from ..learning import PredictionJob, Workbench, load_data_set
from ..scenarios import RunRecord

MAX_PIXELS = 50_000_000


@dataclass(frozen=True)
class Prediction:
    """What the model sees in one image.

    Attributes:
        image: The file's name, or the place among the held-out images.
        label: The most probable label.
        probability: How probable, 0 to 1.
        truth: The true label of a held-out image.
        remark: What was done to the picture to make it look like the training images.
    """

    image: str
    label: int
    probability: float
    truth: int | None = None
    remark: str = ""


def predict(
    record: RunRecord, images: Sequence[Path], *, held_out: int = 0, task: str | None = None
) -> list[Prediction]:
    """Tell labels by a run's integrated model.

    Args:
        record: The run.
        images: Pictures of one object each; brought to the training images' size and polarity.
        held_out: How many of the images that nobody trained or voted on to tell besides.
        task: The name of the task whose integrated model to ask; absent, the first.

    Raises:
        InputError: Nothing is asked, a file is no picture, there is no such task, or it rewarded no model.
    """
    integrated = record.of_task(task).summary["integrated_model"]
    if not integrated:
        raise InputError("record", str(record.path), "a run that rewarded at least one model")
    if not images and not held_out:
        allowed = "name at least one picture, or ask for held-out images with --held-out 5"
        raise InputError("images", list(images), allowed)
    config = record.scenario
    data_set = load_data_set(config.data.set, field="data.set")
    if images and data_set.is_table:
        raise InputError("images", images[0].name, "none: the task is about a table; ask with --held-out 5")
    pictures, remarks = [], []
    for path in images:
        picture, remark = read_picture(path, data_set.image_shape)
        pictures.append(picture)
        remarks.append(remark)
    names: list[str] = [path.name for path in images]
    truths: list[int | None] = [None] * len(images)
    if held_out:
        rest = deal_images(config, data_set).held_out
        if held_out > len(rest):
            raise InputError(
                "held_out", held_out, f"at most {len(rest)}, the images that nobody trained or voted on"
            )
        pictures += list(rest.images[:held_out])
        names += [f"held-out {number}" for number in range(1, held_out + 1)]
        truths += [int(label) for label in rest.labels[:held_out]]
        remarks += [""] * held_out
    fused = record.store.get(integrated["cid"])
    with Workbench(workers=1) as workbench:
        probabilities = workbench.predict(PredictionJob(fused, np.stack(pictures))).result()
    return [
        Prediction(name, int(row.argmax()), float(row.max()), truth, remark)
        for name, row, truth, remark in zip(names, probabilities, truths, remarks, strict=True)
    ]


def read_picture(path: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, str]:
    """Read a picture as the training images are: bright strokes on black, filling the frame as theirs do.

    MNIST's digits were scaled into 20 of 28 pixels and centred by their mass
    (http://yann.lecun.com/exdb/mnist/); a picture of another size gets the same treatment.

    Args:
        path: An image file.
        shape: (H, W) or (H, W, C) of the training images.

    Returns:
        uint8 array of ``shape``, and what was done, in words.

    Raises:
        InputError: The file is missing, no picture, or too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InputError("image", str(path), f"at most {MAX_PIXELS:,} pixels")
            paper = Image.new("RGBA", opened.size, "white")  # what shines through is taken for paper
            paper.alpha_composite(opened.convert("RGBA"))
            picture = paper.convert("RGB" if len(shape) == 3 and shape[2] == 3 else "L")
    except (FileNotFoundError, IsADirectoryError):
        raise InputError("image", str(path), "an image file that exists") from None
    except Image.DecompressionBombError:
        raise InputError("image", str(path), f"at most {MAX_PIXELS:,} pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError):
        raise InputError("image", str(path), "a picture such as PNG or JPEG") from None
    height, width = shape[:2]
    if picture.mode == "RGB":
        return np.asarray(picture.resize((width, height)), np.uint8), ""
    pixels = np.asarray(picture, np.uint8)
    remarks = []
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if border.mean() > 127:
        pixels = 255 - pixels
        remarks.append("inverted")
    if pixels.max() == pixels.min():
        return np.zeros(shape, np.uint8), "blank: there is nothing to tell"
    if pixels.shape != (height, width):
        pixels = _centred(pixels, height, width)
        remarks.append("cropped and centred")
    return pixels.reshape(shape), ", ".join(remarks)


def _centred(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    from PIL import Image

    inked = pixels > max(32, pixels.max() // 4)
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    if not len(rows):
        return np.zeros((height, width), np.uint8)
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(height / cut.shape[0], width / cut.shape[1]) * 20 / 28
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    small = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.LANCZOS), np.float64)
    mass = small.sum()
    middle = (small.sum(1) @ np.arange(size[1]) / mass, small.sum(0) @ np.arange(size[0]) / mass)
    top = min(max(0, round((height - 1) / 2 - middle[0])), height - size[1])
    left = min(max(0, round((width - 1) / 2 - middle[1])), width - size[0])
    frame = np.zeros((height, width), np.uint8)
    frame[top : top + size[1], left : left + size[0]] = small.astype(np.uint8)
    return frame
