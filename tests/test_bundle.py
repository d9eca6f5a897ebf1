"""A run as a zip: it comes back as it was, and nothing that a stranger put in comes with it."""

import io
import json
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from crafted_models import with_another_step
from hypothesis import given, settings
from hypothesis import strategies as st

from insects import bundle
from insects.__main__ import main
from insects.bundle import export_run, import_run, model_card
from insects.bundle_checks import REQUIRED, checked_members
from insects.datasets import uploads
from insects.errors import RunError
from insects.inference import load_model
from insects.metrics import wilson_interval
from insects.networks import NETWORKS
from insects.networks.graph import Graph
from insects.networks.rebuild import rebuilt
from insects.runs import Run, find_run, install

ME = "a" * 32
PHOTO = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
KERAS = b"not read when it comes in"
SMALL_FILES = {name: 20 * name.encode() for name in REQUIRED}


def copied(path, name="tang", **config):
    """A run trained here, as far as anybody can tell; its Keras file is not looked at."""
    source = find_run(name)
    files = {file.name: file.read_bytes() for file in source.path.iterdir()}
    files["config.json"] = json.dumps({**source.config, **config}).encode()
    files["confusion/000.csv"] = b"60,0,0\n0,60,0\n1,2,57\n"
    return install(path, {**files, "model.keras": KERAS})


def bundle_of(run, tmp_path):
    path = tmp_path / "my bundle.zip"
    path.write_bytes(export_run(run))
    return path


def contents(path):
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def written(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return path


SMALL_ZIP = written(io.BytesIO(), SMALL_FILES).getvalue()


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """The files of a bundle, by name."""
    folder = tmp_path_factory.mktemp("bundle")
    return contents(bundle_of(copied(folder / "run", "efficientnet_lite0"), folder))


# Out


def test_a_bundle_has_all_that_a_run_is(honest):
    expected = {"config.json", "history.csv", "metrics.json", "model.keras", "model.tflite"}
    assert set(honest) == {*expected, "MODEL_CARD.md", "confusion/000.csv"}
    assert honest["model.keras"] == KERAS


def test_a_bundle_tells_neither_the_owner_nor_where_photos_lie(tmp_path):
    secret = tmp_path / "home" / "bugs"
    run = copied(tmp_path / "run", dataset=str(secret), owner=uploads.owner_key(ME))
    files = contents(bundle_of(run, tmp_path))
    config = json.loads(files["config.json"])
    assert config["dataset"] == "bugs"
    assert "owner" not in config
    assert not any(str(tmp_path).encode() in content for content in files.values())
    assert not any(uploads.owner_key(ME).encode() in content for content in files.values())


def test_the_card_has_the_figures_with_their_intervals_and_the_licence_of_the_backbone():
    run = find_run("efficientnet_lite0")
    card, test = model_card(run), run.metrics["test"]
    low, high = wilson_interval(test["correct"], test["photos"])
    assert f"{test['correct']} of {test['photos']} photos right" in card
    assert f"{low:.1%} to {high:.1%}" in card
    assert "photos from elsewhere" in card
    assert "Apache" in card
    assert "Apache" not in model_card(find_run("tang"))
    for name in run.config["class_names"]:
        assert name in card


def test_a_run_that_is_not_finished_has_no_bundle(tmp_path):
    run = copied(tmp_path / "run")
    run.set_status("failed", "no power")
    with pytest.raises(RunError, match="no power"):
        export_run(run)


@pytest.mark.slow
def test_the_keras_model_of_a_shipped_run_is_made_from_its_export(tmp_path):
    import keras

    files = contents(bundle_of(find_run("efficientnet_lite0"), tmp_path))
    (tmp_path / "model.keras").write_bytes(files["model.keras"])
    model = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    inputs = np.random.default_rng(0).random((8, 1280), dtype=np.float32)
    (head,) = load_model("efficientnet_lite0")._networks[1:]
    assert model.predict(inputs, verbose=0) == pytest.approx(head(inputs), abs=1e-4)


# And in


@pytest.mark.parametrize("name", ["efficientnet_lite0", "tang", "zhang", "shortcut_bias1"])
def test_a_run_that_went_out_and_in_predicts_the_same(name, tmp_path):
    run = copied(tmp_path / "run", name)
    taken_in = import_run(bundle_of(run, tmp_path))
    assert taken_in.name == "my-bundle"
    before, after = (load_model(one.path).predict(PHOTO) for one in (run, taken_in))
    assert np.array_equal(before.probabilities, after.probabilities)
    assert before.class_names == after.class_names
    for part in ("train", "test"):
        for figure in ("photos", "correct", "loss", "confusion"):
            assert taken_in.metrics[part][figure] == run.metrics[part][figure]
    for mine, theirs in zip(taken_in.history, run.history, strict=True):
        assert mine == pytest.approx(theirs)
    assert taken_in.confusion(0).tolist() == [[60, 0, 0], [0, 60, 0], [1, 2, 57]]
    assert taken_in.status == ("finished", "")
    assert not (taken_in.path / "model.keras").exists()


def test_a_name_that_is_taken_gets_a_number(tmp_path, honest):
    path = written(tmp_path / "b.zip", honest)
    names = [import_run(path, name).name for name in ("tang", "mine", "mine", "../a b/")]
    assert names == ["tang-2", "mine", "mine-2", "a-b"]


def test_a_bundle_that_a_visitor_brings_is_theirs(tmp_path, honest):
    run = import_run(written(tmp_path / "b.zip", honest), owner=ME)
    assert run.is_owned_by(ME)


def test_what_came_from_elsewhere_says_so(tmp_path, honest):
    assert import_run(written(tmp_path / "b.zip", honest)).config["imported"] is True


def test_the_command_line_exports_and_imports(tmp_path, capsys):
    run, path = copied(tmp_path / "run"), tmp_path / "out.zip"
    assert main(["runs", "export", str(run.path), "--to", str(path)]) == 0
    assert main(["runs", "import", str(path), "--name", "back", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["name"] == "back"


# What is refused


def refused(tmp_path, files, why):
    with pytest.raises(RunError, match=why) as caught:
        import_run(written(tmp_path / "b.zip", files))
    assert "\n" not in str(caught.value)


@pytest.fixture(autouse=True)
def nothing_half_done(own_runs_folder):
    yield
    if own_runs_folder.exists():
        assert all((path / "config.json").is_file() for path in own_runs_folder.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/passwd",
        "evil.py",
        "confusion/../x.csv",
        "confusion/1.csv",
        "config.JSON",
    ],
)
def test_a_file_that_no_bundle_has_is_refused(name, tmp_path, honest):
    refused(tmp_path, {**honest, name: b"x"}, "as no bundle does")


@pytest.mark.parametrize("name", ["config.json", "metrics.json", "model.tflite"])
def test_a_bundle_without_what_it_needs_is_refused(name, tmp_path, honest):
    refused(tmp_path, {k: v for k, v in honest.items() if k != name}, name)


@pytest.mark.parametrize("name", ["config.json", "history.csv", "MODEL_CARD.md"])
def test_a_file_that_is_too_large_is_refused_unread(name, tmp_path, honest):
    refused(tmp_path, {**honest, name: bytes(2_000_000)}, "too large")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(tmp_path, honest):
    path = written(tmp_path / "b.zip", honest)
    with zipfile.ZipFile(path, "a") as bundle:
        bundle.writestr("config.json", honest["config.json"])
    with pytest.raises(RunError, match="twice"):
        import_run(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"hello" * 100], ids=["empty", "cut", "text"])
def test_what_is_no_zip_is_refused(content, tmp_path):
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(RunError, match="not a bundle"):
        import_run(tmp_path / "b.zip")


def test_a_zip_that_is_cut_or_changed_is_refused(tmp_path, honest):
    whole = written(tmp_path / "b.zip", honest).read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:200] + bytes(500) + whole[700:]):
        (tmp_path / "b.zip").write_bytes(damaged)
        with pytest.raises(RunError):
            import_run(tmp_path / "b.zip")


@settings(max_examples=500)
@given(
    changes=st.dictionaries(st.floats(0, 1, exclude_max=True), st.integers(0, 255), min_size=1),
    length=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_a_zip_with_any_bytes_changed_is_read_whole_or_refused(changes, length):
    whole = bytearray(SMALL_ZIP)
    for place, byte in changes.items():
        whole[int(place * len(whole))] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "b.zip")
        path.write_bytes(whole[: round(length * len(whole))])
        with suppress(RunError):
            assert set(checked_members(path)) == set(SMALL_FILES)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"network": "resnet"}, "config"),
        ({"network": ["tang"]}, "config"),
        ({"network": "tang"}, "image_size or backbone"),
        ({"image_size": 225}, "image_size"),
        ({"backbone": None}, "backbone"),
        ({"class_names": ["one"]}, "2 to 20 names"),
        ({"class_names": ["a", "a", "b"]}, "2 to 20 names"),
        ({"class_names": ["a", "b\n", "c"]}, "2 to 20 names"),
        ({"class_names": ["a", 2, "c"]}, "2 to 20 names"),
        ({"class_names": ["a", "b"]}, "metrics"),
        ({"dataset": "/etc"}, "plain name"),
        ({"dataset": ".."}, "plain name"),
        ({"dataset": "a\\b"}, "plain name"),
        ({"dataset": 3}, "plain name"),
        ({"split": "random"}, "split"),
        ({"seed": "x"}, "config"),
        ({"recipe": {"epochs": 10**9}}, "config"),
        ({"recipe": None}, "config"),
    ],
    ids=str,
)
def test_a_config_that_cannot_be_is_refused(changes, why, tmp_path, honest):
    config = {**json.loads(honest["config.json"]), **changes}
    refused(tmp_path, {**honest, "config.json": json.dumps(config)}, why)


@pytest.mark.parametrize("name", ["config.json", "metrics.json"])
@pytest.mark.parametrize(
    "text", ["", "[]", "{", "[" * 100_000, "\0"], ids=["empty", "list", "open", "deep", "zero"]
)
def test_a_file_that_is_no_object_is_refused(name, text, tmp_path, honest):
    refused(tmp_path, {**honest, name: text}, rf"{name[:6]}.* no JSON object")


@pytest.mark.parametrize(
    "changes",
    [
        {"correct": 999},
        {"photos": "180"},
        {"loss": float("nan")},
        {"confusion": [[1]]},
        {"confusion": [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]},
        {"loss": 10**400},
        {"ece": "<script>"},
        {"ece": [1]},
        {"ece": 10**400},
        {"reliability": {"<b>": 1}},
    ],
    ids=str,
)
def test_measures_that_cannot_be_are_refused(changes, tmp_path, honest):
    metrics = json.loads(honest["metrics.json"])
    metrics["test"].update(changes)
    refused(tmp_path, {**honest, "metrics.json": json.dumps(metrics)}, "metrics.json was refused")


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": -5},
        {"temperature": "1"},
        {"temperature": 10**400},
        {"photos": None},
        {"ece_before": [1]},
        {"ece_after": float("inf")},
        {"words": "<script>"},
    ],
    ids=str,
)
def test_a_calibration_that_cannot_be_is_refused(changes, tmp_path, honest):
    metrics = json.loads(honest["metrics.json"])
    metrics["calibration"].update(changes)
    refused(tmp_path, {**honest, "metrics.json": json.dumps(metrics)}, "metrics.json was refused")


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x1c\0\0\0TFL3" + bytes(200)], ids=len)
def test_a_model_that_is_none_is_refused(content, tmp_path, honest):
    refused(tmp_path, {**honest, "model.tflite": content}, "model.tflite")


def test_a_model_of_another_network_is_refused(tmp_path, honest):
    other = (find_run("tang").path / "model.tflite").read_bytes()
    refused(tmp_path, {**honest, "model.tflite": other}, "another network")


def test_a_model_that_gives_no_numbers_is_refused(tmp_path, honest):
    graph = Graph(honest["model.tflite"])
    kernel, bias = graph.learned[0].constants
    model = graph.filled([(np.full_like(kernel, np.nan), bias)])
    refused(tmp_path, {**honest, "model.tflite": model}, "not finite")


def test_a_model_whose_answers_are_not_those_of_its_numbers_is_refused(tmp_path, honest):
    model = with_another_step(honest["model.tflite"])
    refused(tmp_path, {**honest, "model.tflite": model}, "gives other answers")


def test_what_comes_in_is_our_own_graph_byte_for_byte(tmp_path, honest):
    """Names, descriptions and whatever else a stranger may have put into the file stay out."""
    crafted = schema.ModelT.InitFromPackedBuf(honest["model.tflite"], 0)
    crafted.description = "evil"
    crafted.subgraphs[0].name = "evil"
    builder = flatbuffers.Builder()
    builder.Finish(crafted.Pack(builder), b"TFL3")
    crafted_file = bytes(builder.Output())
    assert b"evil" in crafted_file
    run = import_run(written(tmp_path / "b.zip", {**honest, "model.tflite": crafted_file}))
    taken_in = (run.path / "model.tflite").read_bytes()
    assert b"evil" not in taken_in
    assert taken_in == rebuilt(honest["model.tflite"], honest["model.tflite"], 3)


def test_a_model_that_takes_too_long_is_refused(tmp_path, honest, monkeypatch):
    monkeypatch.setattr(bundle, "SECONDS", 0.01)
    refused(tmp_path, honest, "takes too long")


def test_a_model_that_ends_the_process_which_looks_at_it_is_refused(tmp_path, honest, monkeypatch):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    real = bundle._python
    monkeypatch.setattr(bundle, "_python", lambda *arguments: real("-c", code))
    refused(tmp_path, honest, "too much memory or time")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_run_of_every_network_can_be_brought(name):
    assert bundle._template(name).is_file()


def test_a_run_of_a_network_that_is_not_shipped_is_refused_without_naming_a_place(monkeypatch):
    monkeypatch.setattr(bundle, "list_runs", list)
    with pytest.raises(RunError, match="network small cannot be brought here"):
        bundle._template("small")


def test_nothing_of_a_strangers_keras_file_or_card_is_taken_over(tmp_path, honest):
    evil = io.BytesIO()
    with zipfile.ZipFile(evil, "w") as inner:
        inner.writestr("config.json", '{"class_name": "Lambda"}')
    files = {**honest, "model.keras": evil.getvalue(), "MODEL_CARD.md": "<script>"}
    run = import_run(written(tmp_path / "b.zip", files))
    assert sorted(p.name for p in run.path.iterdir()) == [
        "config.json",
        "confusion",
        "history.csv",
        "metrics.json",
        "model.tflite",
        "status",
    ]


def test_an_imported_run_leads_to_no_folder_of_this_machine(tmp_path, honest):
    config = {**json.loads(honest["config.json"]), "dataset": "tests", "owner": "x", "evil": [1]}
    run = import_run(written(tmp_path / "b.zip", {**honest, "config.json": json.dumps(config)}))
    assert run.dataset == "tests (imported)"
    assert not {"owner", "evil"} & set(Run(run.path).config)
