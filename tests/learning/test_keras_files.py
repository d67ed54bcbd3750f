"""A user's own Keras model: what is read of it, and what is refused in one line that names the layer."""

import json
import zipfile

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import dropouts, network_name, network_spec, read_description
from verifuse.learning.forward import probabilities
from verifuse.learning.models import keras

L = keras.layers


def saved(path, model):
    if path.suffix == ".keras":
        model.save(path)
    else:
        path.write_text(model.to_json(), "utf-8")
    return str(path)


def own(shape=(8, 8, 1), *, body=(), units=10, features=12):
    image = signal = keras.Input(shape)
    for layer in body:
        signal = layer(signal)
    signal = L.Flatten(name="flat")(signal)
    signal = L.Dense(features, activation="relu", name="features")(signal)
    return keras.Model(image, L.Dense(units, activation="softmax", name="digits")(signal))


@pytest.fixture(scope="module")
def branched():
    image = keras.Input((8, 8, 1), name="picture")
    left = L.Conv2D(4, 3, padding="same", activation="gelu", name="left")(image)
    right = L.SeparableConv2D(4, 3, padding="same", name="right")(image)
    signal = L.Add()([left, right])
    signal = L.LayerNormalization()(signal)
    signal = L.MaxPooling2D()(signal)
    signal = L.Concatenate()([L.GlobalAveragePooling2D()(signal), L.Flatten()(signal)])
    signal = L.Dense(16, activation="relu", name="features")(signal)
    return keras.Model(image, L.Dense(10, activation="softmax")(L.Dropout(0.5, name="drop")(signal)))


@pytest.mark.parametrize("ending", [".keras", ".json"])
def test_a_model_is_read_from_both_files_as_keras_computes_it(branched, tmp_path, ending):
    path = saved(tmp_path / f"My Net-2{ending}", branched)
    spec = network_spec(path, (8, 8), range(10))
    assert (spec.name, spec.hidden, spec.input_shape) == ("my_net_2", 16, (8, 8, 1))
    assert network_name(path) == "my_net_2" and dropouts(tmp_path / f"My Net-2{ending}") == ["drop"]
    weights = {
        f"{layer.name}/{weight.name}": np.asarray(weight)
        for layer in branched.layers
        for weight in layer.weights
    }
    last = branched.layers[-1].name
    weights |= {f"labels/{part}": weights.pop(f"{last}/{part}") for part in ("kernel", "bias")}
    assert weights.keys() == spec.weight_shapes.keys()
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8), dtype=np.uint8)
    expected = branched.predict(images[..., None] / np.float32(255), verbose=0)
    np.testing.assert_allclose(probabilities(weights, images, spec.body), expected, rtol=2e-4, atol=1e-5)


def test_the_last_layer_follows_the_labels_and_the_description_the_network(tmp_path):
    first, second = (
        saved(tmp_path / name, own(units=units)) for name, units in (("a.keras", 10), ("b.json", 3))
    )
    specs = [network_spec(path, (8, 8), (1, 4)) for path in (first, second)]
    assert specs[0].graph == specs[1].graph
    assert specs[0].weight_shapes["labels/kernel"] == (12, 2)
    keras.utils.set_random_seed(3)
    again = saved(tmp_path / "c.keras", own())
    described = [json.loads(read_description(tmp_path / name)) for name in ("a.keras", "c.keras")]
    for one in described:
        one["config"].pop("name")
        one["config"]["layers"][0]["config"].pop("name")
    assert network_spec(again, (8, 8), (1, 4)).graph == specs[0].graph
    assert "build_config" not in read_description(tmp_path / "a.keras")


def test_pixels_are_scaled_unless_the_model_does_it_itself(tmp_path):
    plain = network_spec(saved(tmp_path / "plain.json", own()), (8, 8), (0, 1))
    itself = own(body=[L.Rescaling(1 / 127.5, offset=-1, name="mine")])
    itself = network_spec(saved(tmp_path / "itself.json", itself), (8, 8), (0, 1))
    assert [(one.graph.layers[0].name, one.graph.layers[0].scale) for one in (plain, itself)] == [
        ("pixels", 1 / 255),
        ("mine", 1 / 127.5),
    ]


def test_sequential_models_and_flat_inputs_are_read_too(tmp_path):
    layers = [keras.Input((13,)), L.Dense(8, activation="tanh"), L.Dense(4, name="features"), L.Dense(3)]
    spec = network_spec(saved(tmp_path / "table.json", keras.Sequential(layers)), (1, 13), range(3))
    assert [layer.kind for layer in spec.graph.layers] == ["Rescaling", "Reshape", "Dense", "Dense"]
    layers = [keras.Input((8, 8)), L.Flatten(), L.Dense(4, name="features"), L.Dropout(0.1), L.Dense(10)]
    spec = network_spec(saved(tmp_path / "grey.keras", keras.Sequential(layers)), (8, 8), range(10))
    assert spec.hidden == 4


class Mine(L.Layer):
    def call(self, signal):
        return signal


def shared():
    image = keras.Input((8, 8, 1))
    layer = L.Dense(4, name="twice")
    signal = L.Flatten()(layer(layer(L.Dense(4)(image))))
    return keras.Model(image, L.Dense(10)(L.Dense(4, name="features")(signal)))


def two_outputs():
    image = keras.Input((8, 8, 1))
    signal = L.Dense(4, name="features")(L.Flatten()(image))
    return keras.Model(image, [L.Dense(10)(signal), L.Dense(10)(signal)])


def unnamed():
    return keras.Sequential([keras.Input((8, 8, 1)), L.Flatten(), L.Dense(4), L.Dense(10)])


def ending_in(*layers):
    return keras.Sequential([keras.Input((8, 8, 1)), L.Flatten(), L.Dense(4, name="features"), *layers])


def with_operator():
    image = keras.Input((8, 8, 1))
    signal = L.Dense(4, name="features")(L.Flatten()(image) * 2.0)
    return keras.Model(image, L.Dense(10)(signal))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (lambda: own(body=[L.Lambda(lambda x: x, name="evil")]), "layer 'evil' is a 'Lambda'.*never run"),
        (lambda: own(body=[L.BatchNormalization(name="bn")]), "layer 'bn' .*LayerNormalization is allowed"),
        (lambda: own(body=[Mine(name="mine")]), "layer 'mine' is a 'Mine' that is none of keras.layers"),
        (lambda: own(body=[L.GaussianNoise(1.0, name="noise")]), "layer 'noise' is a 'GaussianNoise'"),
        (lambda: own(body=[own_body()]), "is a 'Functional'"),
        (
            lambda: own(body=[L.Conv2D(4, 3, groups=1, dilation_rate=2, name="wide")]),
            "'wide': 'dilation_rate' must",
        ),
        (
            lambda: own(body=[L.Conv2D(4, 3, kernel_regularizer="l2", name="reg")]),
            "'reg': 'kernel_regularizer' is",
        ),
        (lambda: own(body=[L.Dense(4, activation=keras.activations.mish, name="m")]), "'m': activation"),
        (lambda: own(body=[L.Dense(4, dtype="float16", name="half")]), "'half': 'dtype' must be float32"),
        (lambda: own(body=[L.Dense(4, trainable=False, name="ice")]), "'ice': 'trainable' must be True"),
        (lambda: own(body=[L.Dense(5000, name="huge")]), "'huge': units"),
        (lambda: own((9, 8, 1)), r"reads inputs of \(9, 8, 1\); the task has images of \(8, 8, 1\)"),
        (lambda: own(body=[L.Dense(4, name="bad name")]), "'bad name': name"),
        (shared, "layer 'twice' is used 2 times"),
        (two_outputs, "2 outputs"),
        (unnamed, "no layer is called 'features'"),
        (with_operator, "is a 'Multiply' that is none of keras.layers"),
        (lambda: ending_in(L.Dense(10, activation="relu", name="l")), "the last layer, 'l', must be a Dense"),
        (lambda: ending_in(L.Dense(10, name="a"), L.Softmax(name="b")), "layer 'b' is a 'Softmax'"),
        (
            lambda: ending_in(L.Dense(10, name="a"), L.Dense(10, name="b")),
            "'b', must read .*'features'; it reads 'a'",
        ),
        (lambda: ending_in(L.Dense(10, use_bias=False, name="b")), "needs its bias"),
    ],
)
def test_what_is_not_allowed_is_refused_by_the_name_of_the_layer(tmp_path, model, reason):
    path = saved(tmp_path / "mine.json", model())
    with pytest.raises(InputError, match=reason) as refusal:
        network_spec(path, (8, 8), range(10), field="task.network")
    assert refusal.value.field == "task.network" and "\n" not in str(refusal.value)


def own_body():
    image = keras.Input((8, 8, 1))
    return keras.Model(image, L.Dense(4)(image), name="inner")


def edited(change):
    described = json.loads(own(body=[L.Dropout(0.5, name="drop")]).to_json())
    layers = {layer["name"]: layer for layer in described["config"]["layers"]}
    change(described, layers)
    return json.dumps(described)


def reads(layers, name, source):
    layers[name]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = [source, 0, 0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "JSON"),
        ("{" * 50, "JSON"),
        ("[" * 100_000, "JSON"),
        ("[]", "functional or sequential"),
        ("{}", "functional or sequential"),
        ('{"class_name": "Functional", "config": 7}', "functional or sequential"),
        ('{"class_name": "Mine", "config": {"layers": []}}', "it is a 'Mine'"),
        (" " * 2_000_000, "at most 1,048,576 bytes"),
        (edited(lambda _, layers: reads(layers, "drop", "features")), "its own output"),
        (edited(lambda _, layers: reads(layers, "drop", "nowhere")), "not there"),
        (edited(lambda _, layers: reads(layers, "digits", "digits")), "must read"),
        (edited(lambda _, layers: layers["drop"]["config"].update(rate=float("nan"))), "JSON"),
        (edited(lambda _, layers: layers["drop"]["config"].update(rate=1.5)), "'drop': rate"),
        (edited(lambda _, layers: layers["drop"]["config"].update(name="a\nb")), "name"),
        (edited(lambda _, layers: layers["drop"].update(registered_name="a>b")), "none of keras"),
        (edited(lambda _, layers: layers["drop"].update(module="os")), "none of keras"),
        (edited(lambda _, layers: layers["features"]["config"].update(units=10**400)), "'features': units"),
        (edited(lambda _, layers: layers["features"]["config"].update(code="x")), "'features': 'code'"),
        (edited(lambda _, layers: layers["digits"].update(inbound_nodes=[])), "functional or|unpack"),
        (edited(lambda found, _: found["config"]["layers"].extend([{}] * 99)), "at most 64"),
        (edited(lambda found, _: found["config"].update(output_layers=["nowhere", 0, 0])), "functional or"),
    ],
)  # fmt: skip
def test_hostile_descriptions_are_refused_in_one_line(tmp_path, text, reason):
    path = tmp_path / "mine.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=reason) as refusal:
        network_spec(str(path), (8, 8), range(10))
    assert "\n" not in str(refusal.value)


def test_hostile_archives_are_refused_unread(tmp_path):
    path = tmp_path / "mine.keras"

    def refused():
        with pytest.raises(InputError) as refusal:
            network_spec(str(path), (8, 8), range(10))
        assert "\n" not in str(refusal.value)
        return str(refusal.value)

    assert "no such file" in refused()
    path.write_bytes(b"PK\x03\x04 not really")
    assert "as Keras saves it" in refused()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", b"")
    assert "config.json" in refused()
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("config.json", "w") as bomb,
    ):
        for _ in range(64):
            bomb.write(b" " * 2**20)
    assert path.stat().st_size < 100_000 and "at most 1,048,576 bytes" in refused()
    lying = path.read_bytes().replace((64 * 2**20).to_bytes(4, "little"), (99).to_bytes(4, "little"))
    path.write_bytes(lying)
    assert refused()


def test_a_directory_or_an_unreadable_name_is_refused(tmp_path):
    (tmp_path / "folder.keras").mkdir()
    (tmp_path / "folder.json").mkdir()
    for name in ("folder.keras", "folder.json", "absent.json"):
        with pytest.raises(InputError):
            network_spec(str(tmp_path / name), (8, 8), range(10))
