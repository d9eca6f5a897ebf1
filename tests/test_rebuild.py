"""A stranger's network is written anew: our own graph with its numbers, or nothing."""

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from crafted_models import crafted, with_another_input, with_another_scale, with_another_step
from hypothesis import given, settings
from hypothesis import strategies as st

from insects.bundle import _template
from insects.errors import RunError
from insects.inference import Interpreter
from insects.networks import NETWORKS
from insects.networks.graph import Graph
from insects.networks.rebuild import check_same_answers, rebuilt
from insects.runs import Run

# 8 and 16 are also how many channels some of the layers have.
CLASS_COUNTS = (2, 3, 8, 16, 20)


def template(name):
    return _template(name).read_bytes()


def with_numbers(name, n_classes, seed=0):
    """A network's export for so many classes, with random numbers in it."""
    graph, rng = Graph(template(name)), np.random.default_rng(seed)
    shapes = [[one.shape for one in step.constants] for step in graph.learned]
    shapes[-1] = [(n_classes, *shape[1:]) for shape in shapes[-1]]
    numbers = [
        [rng.normal(0, 0.05, shape).astype(np.float16) for shape in arrays] for arrays in shapes
    ]
    return graph.filled(numbers), numbers


HEAD, _ = with_numbers("efficientnet_lite0", 4)


def assert_rebuilt(name, content, n_classes):
    made = rebuilt(content, template(name), n_classes)
    check_same_answers(made, content, NETWORKS[name])
    return Graph(made)


@pytest.mark.parametrize("n_classes", CLASS_COUNTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_numbers_come_back_in_their_places(name, n_classes):
    content, numbers = with_numbers(name, n_classes)
    found = assert_rebuilt(name, content, n_classes).learned
    for step, arrays in zip(found, numbers, strict=True):
        for mine, theirs in zip(step.constants, arrays, strict=True):
            assert np.array_equal(mine, theirs)


@pytest.mark.parametrize(("name", "n_classes"), [("small", 16), ("tang", 8), ("zhang", 16)])
def test_what_was_rebuilt_becomes_the_same_model_in_keras(name, n_classes, tmp_path):
    """Also where the classes are as many as the channels of a layer."""
    import keras

    from insects.networks.restore import _fill

    path = tmp_path / "model.tflite"
    path.write_bytes(with_numbers(name, n_classes)[0])
    model = NETWORKS[name].build(n_classes)
    _fill(model, path, "The export")
    images = np.random.default_rng(0).uniform(0, 255, (2, *model.input_shape[1:]))
    images = images.astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(images, training=False))
    assert Interpreter(path)(images) == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("trained", [True, False])
@pytest.mark.parametrize("n_classes", [2, 16])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_export_of_a_model_in_keras_can_be_rebuilt(name, n_classes, trained, tmp_path):
    """Also of one that learned nothing: offsets of 0 are no steps of its export."""
    import keras

    from insects.networks.export import export, round_weights

    keras.utils.set_random_seed(0)
    model = NETWORKS[name].build(n_classes)
    if trained:
        rng = np.random.default_rng(0)
        for weight in model.trainable_weights:
            weight.assign_add(rng.normal(0, 0.05, weight.shape))
    round_weights(model)
    export(model, tmp_path / "model.tflite")
    assert_rebuilt(name, (tmp_path / "model.tflite").read_bytes(), n_classes)


# What is refused


@pytest.mark.parametrize("other", NETWORKS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_of_another_network_is_refused(name, other):
    if name != other:
        with pytest.raises(RunError, match=r"it is another network|its layers are not"):
            rebuilt(template(other), template(name), 3)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_for_another_number_of_classes_is_refused(name):
    with pytest.raises(RunError, match="not those of the network for 5 classes"):
        rebuilt(with_numbers(name, 4)[0], template(name), 5)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(odd):
    content, numbers = with_numbers("small", 3)
    numbers[4][0][0] = odd
    with pytest.raises(RunError, match="not finite"):
        rebuilt(Graph(content).filled(numbers), template("small"), 3)


def test_numbers_that_grow_beyond_all_bounds_are_refused():
    content, numbers = with_numbers("small", 3)
    for arrays in numbers:
        arrays[0][:] = 60_000
    made = rebuilt(Graph(content).filled(numbers), template("small"), 3)
    with pytest.raises(RunError, match="finite"):
        check_same_answers(made, made, NETWORKS["small"])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("efficientnet_lite0", with_another_step),
        ("small", with_another_step),
        ("small", with_another_scale),
    ],
)
def test_a_graph_that_does_something_else_with_the_same_numbers_is_refused(name, change):
    content = change(template(name))
    with pytest.raises(RunError, match="other answers"):
        check_same_answers(rebuilt(content, template(name), 3), content, NETWORKS[name])


def test_a_graph_for_other_pictures_is_refused(tmp_path):
    said = command(tmp_path, "small", with_another_input(template("small"), 64))
    assert said == (1, "LiteRT cannot run it")


@pytest.mark.parametrize("kind", ["WHILE", "CUSTOM", "CALL_ONCE", "READ_VARIABLE"])
def test_a_step_that_no_network_has_is_refused(kind):
    def change(model, graph):
        model.operatorCodes[-1].builtinCode = getattr(schema.BuiltinOperator, kind)

    content = crafted(template("small"), change)
    with pytest.raises(RunError, match=r"another network|another kind"):
        rebuilt(content, template("small"), 3)


@settings(max_examples=400, deadline=None)
@given(
    changes=st.dictionaries(st.floats(0, 1, exclude_max=True), st.integers(0, 255), min_size=1),
    length=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_of_a_file_with_any_bytes_changed_only_numbers_get_into_ours(changes, length):
    data = bytearray(HEAD)
    for place, byte in changes.items():
        data[int(place * len(data))] = byte
    with suppress(RunError):
        made = rebuilt(bytes(data[: round(length * len(data))]), template("efficientnet_lite0"), 4)
        numbers = [step.constants for step in Graph(made).learned]
        assert made == Graph(HEAD).filled(numbers)


# The process that does it


def command(folder, name, content, n_classes=3):
    """What the command says of a file: its exit status and its words."""
    (folder / "given.tflite").write_bytes(content)
    arguments = [folder / "given.tflite", _template(name), name, n_classes, folder / "made.tflite"]
    done = subprocess.run(
        [sys.executable, "-m", "insects.networks.rebuild", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not (folder / "made.tflite").exists()
    return done.returncode, done.stdout


def test_the_command_writes_the_file(tmp_path):
    content, _ = with_numbers("tang", 7)
    assert command(tmp_path, "tang", content, 7) == (0, "")
    assert (tmp_path / "made.tflite").read_bytes() == rebuilt(content, template("tang"), 7)


def test_the_command_says_in_part_of_a_sentence_what_is_wrong(tmp_path):
    assert command(tmp_path, "tang", b"x" * 99) == (1, "it is no LiteRT file")


def test_the_process_has_limits_of_memory_and_time():
    pytest.importorskip("resource")
    code = (
        "import resource\n"
        "import numpy as np\n"
        "from insects.networks import rebuild\n"
        "rebuild.limit_this_process()\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[1] == rebuild.SECONDS)\n"
        "try:\n"
        "    np.ones(1_000_000 * rebuild.MEGABYTES, np.uint8)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "refused"]


def test_a_run_that_cannot_be_restored_names_itself_and_no_place(tmp_path):
    from insects.networks.restore import restore

    run = Run(tmp_path / "mine")
    run.path.mkdir()
    (run.path / "config.json").write_text('{"network": "small", "class_names": ["a", "b", "c"]}')
    for content in (b"x" * 20, template("tang"), with_numbers("small", 4)[0]):
        (run.path / "model.tflite").write_bytes(content)
        with pytest.raises(RunError, match=r"^The export of mine ") as caught:
            restore(run)
        assert str(tmp_path) not in str(caught.value)
