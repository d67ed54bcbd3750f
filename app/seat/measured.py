"""What a verifier sees when she has measured a model: what it calls the images, before fusion and after."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from ...agents import SAMPLE, ListedModel, Market, head_seed
from ...agents.measuring import measure
from ...learning import LabellingJob, Samples, Strategy, Workbench, decode_model
from ...learning import Measured as MeasuredImages
from .views import Measured, Picture

PICTURES = 24


def look(market: Market, workbench: Workbench, model: ListedModel, who: str, fitness_bps: int) -> Measured:
    """Return what one of a model's panel sees of it; what she measured by is known to the workbench already.

    Args:
        market: Where the model was announced.
        workbench: The market's.
        model: The model; its panel is drawn.
        who: The verifier's name.
        fitness_bps: What she measured.
    """
    images = market.data.shares[SAMPLE].verification
    file = market.store.get(model.cid)
    known = decode_model(file).spec.classes
    called = workbench.label(LabellingJob(file, images)).result()
    right = called == images.labels
    earlier = model.base_cids
    after = fused(market, model, who, (*earlier, model.cid))
    before = fused(market, model, who, earlier) if after and earlier else {}
    voted = next(iter(after), None)
    rights = after[voted].right if voted else None
    return Measured(
        fitness_bps=fitness_bps,
        images=len(images),
        known=known,
        alone=float(right.mean()),
        alone_on_known=float(right[np.isin(images.labels, known)].mean()),
        before=before[voted].accuracy if voted and before else None,
        after=tuple((strategy, result.accuracy) for strategy, result in after.items()),
        pictures=tuple(
            Picture(
                uri=picture(images, place),
                label=int(images.labels[place]),
                called=int(called[place]),
                fused_right=None if rights is None else bool(rights[place]),
            )
            for place in range(min(PICTURES, len(images)))
        ),
    )


def fused(
    market: Market, model: ListedModel, who: str, cids: tuple[str, ...]
) -> "dict[Strategy, MeasuredImages]":
    """Return what a panel member tells right with some models fused, by strategy, the voted one first.

    Where a task fuses nothing, it is empty.
    """
    entry = market.book.of(model.task_id)
    if entry.fitness == "standalone":
        return {}
    files = market.store.get_all(cids)
    panel = [one.name for one in market.verifiers if one.address in model.panel]
    jobs = measure(
        market.workbench,
        market.specs[entry.name],
        market.data.shares[SAMPLE],
        model_file=files[-1],
        base_files=files[:-1],
        strategies=entry.measured,
        seeds=tuple(head_seed(market.config.seed, name) for name in panel),
        place=panel.index(who),
    )
    return {strategy: future.result()[jobs.place].verification for strategy, future in jobs.fused.items()}


def picture(samples: Samples, place: int) -> str:
    """Return an image as a PNG in a data URI, in dark ink on white."""
    content = BytesIO()
    Image.fromarray(255 - samples.images[place]).save(content, format="PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
