"""Work in processes of their own: what pages see of it, well or not."""

import os
import threading

import pytest

from insects.ui import workers as module
from insects.ui.workers import Worker, Workers

PATIENCE = 120  # seconds; a bound for broken workers, never a measure


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a function that lets workers run this code instead of a command of the package."""

    def use(code: str) -> None:
        (tmp_path / "insects").mkdir(exist_ok=True)
        (tmp_path / "insects" / "__main__.py").write_text(code)
        monkeypatch.setattr(module, "ROOT", tmp_path)

    return use


def ended(worker: Worker) -> Worker:
    assert worker.ended.wait(PATIENCE)
    return worker


def test_what_a_command_prints_as_json_is_the_result(command):
    command("print('{\"photos\": 12}')")
    worker = ended(Workers().start("key", []))
    assert worker.state == "done"
    assert worker.result == {"photos": 12}


def test_a_command_gets_its_arguments_and_is_asked_for_json_and_progress(command):
    command("import json, sys\nprint(json.dumps(sys.argv[1:-1]))")
    worker = ended(Workers().start("key", ["data", "health"]))
    assert worker.result == ["data", "health", "--json", "--progress"]


def test_the_line_of_a_real_command_that_failed_is_the_error():
    worker = ended(Workers().start("key", ["data", "health", "no-such-dataset"]))
    assert worker.state == "failed"
    assert worker.error.startswith("No dataset is called 'no-such-dataset'")
    assert worker.result is None


def test_a_command_that_dies_without_a_word_is_an_error_for_people(command):
    command("import os\nos.kill(os.getpid(), 9)")
    worker = ended(Workers().start("key", []))
    assert worker.state == "failed"
    assert "Please try again" in worker.error


def test_a_traceback_is_never_the_error(command):
    command("raise RuntimeError('secret')")
    assert "secret" not in ended(Workers().start("key", [])).error


def test_output_that_is_no_json_fails(command):
    command("print('hello')")
    assert ended(Workers().start("key", [])).state == "failed"


def test_a_command_that_takes_too_long_is_ended(command):
    command("import time\ntime.sleep(1000)")
    worker = ended(Workers(seconds=0.2).start("key", []))
    assert worker.state == "failed"
    assert "longer than" in worker.error


def test_progress_is_what_the_command_writes_into_its_file(command, tmp_path):
    command(
        "import json, pathlib, sys, time\n"
        'pathlib.Path(sys.argv[-1]).write_text(\'{"stage": "reading", "done": 3, "of": 7}\')\n'
        f"while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)\n"
        "print('{}')"
    )
    worker = Workers().start("key", [])
    while worker.progress != ("reading", 3, 7):
        assert worker.is_going_on
        threading.Event().wait(0.01)
    (tmp_path / "go").touch()
    assert ended(worker).state == "done"


def test_before_a_command_says_how_far_it_is_it_is_starting():
    assert Worker([]).progress == ("starting", 0, 0)


def test_the_same_key_gives_the_same_worker_until_it_is_forgotten(command):
    command("print('{}')")
    workers = Workers()
    first = ended(workers.start("key", []))
    assert workers.start("key", []) is first
    assert workers.find("key") is first
    workers.forget("key")
    assert workers.find("key") is None
    assert ended(workers.start("key", [])) is not first


def test_workers_run_one_after_the_other_in_their_order(command, tmp_path):
    command(
        f"import pathlib, sys\nlog = pathlib.Path({str(tmp_path / 'log')!r})\n"
        "with log.open('a') as file: file.write(f'begin {sys.argv[1]}\\n')\n"
        "with log.open('a') as file: file.write(f'end {sys.argv[1]}\\n')\n"
        "print('{}')"
    )
    workers = Workers()
    for worker in [workers.start(n, [f"{n}"]) for n in range(3)]:
        ended(worker)
    expected = [f"{what} {n}" for n in range(3) for what in ("begin", "end")]
    assert (tmp_path / "log").read_text().splitlines() == expected


def test_what_is_to_follow_happens_also_after_a_failure(command):
    command("raise SystemExit(1)")
    followed = threading.Event()
    ended(Workers().start("key", [], followed.set))
    assert followed.is_set()


def test_only_the_latest_workers_are_kept(command, monkeypatch):
    command("print('{}')")
    monkeypatch.setattr(module, "KEPT", 2)
    workers = Workers()
    for n in range(5):
        ended(workers.start(n, []))
    assert [n for n in range(5) if workers.find(n)] == [2, 3, 4]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system knows no niceness")
def test_a_worker_yields_to_the_server(command, tmp_path):
    command(
        f"import os, pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'go')!r}).exists():\n"
        "    time.sleep(0.01)\nprint(os.getpriority(os.PRIO_PROCESS, 0))"
    )
    worker = Workers().start("key", [])
    while worker.state == "waiting":
        threading.Event().wait(0.01)
    (tmp_path / "go").touch()
    assert ended(worker).result == os.getpriority(os.PRIO_PROCESS, 0) + module.NICENESS
