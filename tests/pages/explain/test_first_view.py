"""The first view of the Explain page: a sample, explained by itself and in words."""

import re
import subprocess
import sys
from pathlib import Path

from explain_view import alts, finished, headline_of
from opening import PATIENCE, text

from insects.explanation import Settings
from insects.wording import singular

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "pages" / "explain.py"


def test_the_first_view_says_what_the_network_sees_before_anything_is_explained(visit, gate):
    page = visit()
    assert re.fullmatch(r"(beetle|cockroach|dragonfly), (over )?\d+ % sure", headline_of(page))
    (chart,) = page.get("vega_lite_chart")
    for name in ("beetle", "cockroach", "dragonfly"):
        assert f"{name} " in chart.proto.alt


def test_the_first_view_explains_a_sample_by_itself_and_in_words(visit):
    page = finished(visit(nsamples=None))
    assert re.search(
        r"Most (for it|against): region \d+ (at|in|on) .+ \([+−]\d\.\d\d ± \d\.\d\d\)", text(page)
    )
    assert f"{Settings().nsamples} samples" in text(page)


def test_a_finished_explanation_shows_one_overlay_a_class_the_predicted_one_first(visit):
    page = finished(visit())
    predicted = headline_of(page).split(",")[0]
    overlays = alts(page, "What speaks for and against ")
    shown = [alt.removeprefix("What speaks for and against ").split(":")[0] for alt in overlays]
    assert singular(shown[0]) == predicted
    assert sorted(shown) == ["beetles", "cockroach", "dragonflies"]


def test_every_picture_has_words_in_its_place(visit):
    page = finished(visit())
    assert len(alts(page)) == 1 + 6 + 1 + 3 + 3  # photo, samples, bars, overlays, the strongest
    assert all(len(alt) > 10 for alt in alts(page))


def test_there_are_samples_of_every_class(visit):
    labels = [b.label for b in visit().button if (b.key or "").startswith("sample-")]
    assert sorted(set(labels)) == ["beetle", "cockroach", "dragonfly"]
    assert len(labels) == 6


# The server


def test_explaining_imports_neither_tensorflow_nor_keras(own_runs_folder):
    code = f"""
import sys, time
from streamlit.testing.v1 import AppTest
page = AppTest.from_file({str(PAGE)!r}, default_timeout={PATIENCE})
page.session_state["nsamples"] = 100
deadline = time.monotonic() + {PATIENCE}
page.run()
while not page.download_button and time.monotonic() < deadline:
    time.sleep(0.1)
    page.run()
print("explained:", len(page.download_button) == 2)
print("imported:", sorted({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["explained: True", "imported: []"], done.stderr
