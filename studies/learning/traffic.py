"""What each party of Figure 1's architectures sends, receives and computes, by files as they are encoded.

Computing is counted in multiplications and additions of pairs (multiply-adds): a step of training passes each
image forth once and back twice, for the slope of the weights and for that of the signal.
"""

import zlib
from dataclasses import dataclass, replace

from ...learning import FederationConfig, FusionConfig, NetworkSpec, PrivateData, Samples, decode_model
from .architectures import Whole

FORTH_AND_BACK = 3


@dataclass(frozen=True)
class Load:
    """What one party of a role carries, on the mean over those who play it.

    Attributes:
        architecture: ``a``, ``b`` or ``c``.
        who: The role.
        count: How many play it.
        sends: Bytes.
        receives: Bytes.
        steps: Steps of gradient descent on networks; on fusion heads for verifiers.
        passes: Images passed through a network, forth alone and back counted as one each.
        products: Multiply-adds.
    """

    architecture: str
    who: str
    count: int
    sends: float
    receives: float
    steps: float
    passes: float
    products: float


@dataclass(frozen=True)
class Sizes:
    """Files of one contributor's, in bytes.

    Attributes:
        images: Her training images alone.
        sent_images: Her training and testing images, which a server needs to do what she does.
        model: Her model.
        packed_images: Her training images as ``zlib`` packs them.
        packed_model: Her model likewise.
        per_image: What one more image adds to a file.
    """

    images: int
    sent_images: int
    model: int
    packed_images: int
    packed_model: int
    per_image: int


def sizes(data: PrivateData, model_file: bytes) -> Sizes:
    """Measure the files that a contributor could send, with level 9 where they are packed."""
    images = image_file(data, with_test=False)
    return Sizes(
        images=len(images),
        sent_images=len(image_file(data, with_test=True)),
        model=len(model_file),
        packed_images=len(zlib.compress(images, 9)),
        packed_model=len(zlib.compress(model_file, 9)),
        per_image=data.train.images[0].nbytes + data.train.labels[0].nbytes,
    )


def image_file(data: PrivateData, *, with_test: bool) -> bytes:
    """Return training images, and testing images if asked for, as the store would hold them."""

    def none(samples: Samples) -> Samples:
        return Samples(samples.images[:0], samples.labels[:0])

    test = data.test if with_test else none(data.test)
    return replace(data, test=test, verification=none(data.verification)).to_bytes()


def loads(whole: Whole, config: FederationConfig) -> list[Load]:
    """Return what every role carries on one seed's data."""
    return [*_central(whole), *_federated(whole, config), *_cooperative(whole)]


def _central(whole: Whole) -> list[Load]:
    material, result = whole.material, whole.central
    files = [len(image_file(data, with_test=True)) for data in material.contributors]
    tests = sum(len(data.test) for data in material.contributors)
    passes, products = _training(material.network, result.epochs, result.train_samples, tests)
    return [
        Load("a", "a contributor", len(files), sum(files) / len(files), 0, 0, 0, 0),
        Load("a", "the server", 1, 0, sum(files), result.iterations, passes, products),
    ]


def _federated(whole: Whole, config: FederationConfig) -> list[Load]:
    material, result = whole.material, whole.federation
    parties, network = len(material.contributors), material.network
    traffic = result.rounds * len(result.model_file)
    local = config.local_epochs * result.rounds
    images = sum(len(data.train) for data in material.contributors) / parties
    passes, products = _training(network, local, images, 0)
    judged = result.rounds * len(material.sample.test)
    averaged = result.rounds * parties * network.parameters
    steps = sum(result.steps) / parties
    return [
        Load("b", "a contributor", parties, traffic, traffic, steps, passes, products),
        Load(
            "b",
            "the controller",
            1,
            parties * traffic,
            parties * traffic,
            0,
            judged,
            judged * network.products + averaged,
        ),
    ]


def _cooperative(whole: Whole) -> list[Load]:
    material, files = whole.material, whole.files
    parties, verifiers = len(files), material.scenario.verifiers.panel
    own = [
        _training(decode_model(result.model_file).spec, result.epochs, result.train_samples, len(data.test))
        for result, data in zip(whole.own, material.contributors, strict=True)
    ]
    sample, models = len(material.sample.to_bytes()), sum(len(file) for file in files)
    copies = len(material.sample.train) * material.scenario.fusion.copies
    features = sum(len(part) for part in _parts(material.sample)) + copies
    passes = features * parties
    specs = [decode_model(file).spec for file in files]
    learned_from = len(material.sample.train) + copies
    steps, fitted = _head(material.scenario.fusion, specs, material.classes, learned_from)
    return [
        Load(
            "c",
            "a contributor",
            parties,
            models / parties,
            0,
            sum(result.iterations for result in whole.own) / parties,
            sum(found[0] for found in own) / parties,
            sum(found[1] for found in own) / parties,
        ),
        Load(
            "c",
            "a verifier",
            verifiers,
            0,
            sample + models,
            steps,
            passes,
            features * sum(spec.products for spec in specs) + fitted,
        ),
        Load("c", "the initiator", 1, sample, models, 0, 0, 0),
    ]


def _parts(data: PrivateData) -> tuple[Samples, Samples, Samples]:
    return data.train, data.test, data.verification


def _training(network: NetworkSpec, epochs: int, images: float, tests: int) -> tuple[float, float]:
    """Return image passes and multiply-adds of a training that measures its testing images each epoch."""
    passes = epochs * (FORTH_AND_BACK * images + tests)
    return passes, passes * network.products


def _head(config: FusionConfig, specs: list[NetworkSpec], classes: int, images: int) -> tuple[int, float]:
    """Return steps and multiply-adds of the last head, on all models: A and B are passed forth and back."""
    labels = sum(len(spec.classes) for spec in specs)
    weights = sum(spec.hidden for spec in specs) * labels + labels * classes
    steps = config.epochs * -(-images // min(config.batch, images))
    return steps, FORTH_AND_BACK * weights * config.epochs * images
