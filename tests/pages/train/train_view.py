"""The Train page as tests use it: who visits, what it says, and what is pressed."""

from dataclasses import replace

from made_runs import DRAWN
from opening import text
from streamlit.testing.v1 import AppTest

from insects.runs import Run, list_runs

ME, OTHER = "a" * 32, "b" * 32
MINE = replace(DRAWN, owner=ME)


def state(page: AppTest) -> str:
    """Return how the run on show is, in the page's words."""
    return next(line for line in text(page).splitlines() if line.startswith(":material/"))


def labels(page: AppTest) -> set[str]:
    """Return what all buttons say, those to download with among them."""
    return {button.label for button in [*page.button, *page.get("download_button")]}


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def answer(page: AppTest, answer: str) -> AppTest:
    """Answer the question that a button asks."""
    return page.button(key={"yes": "do-it", "no": "keep-it"}[answer]).click().run()


def choose(page: AppTest, key: str, value) -> AppTest:
    kinds = (page.radio, page.selectbox, page.slider, page.select_slider, page.toggle)
    widgets = [*page.get("button_group"), *(widget for kind in kinds for widget in kind)]
    return next(widget for widget in widgets if widget.key == key).set_value(value).run()


def ours() -> list[Run]:
    return [run for run in list_runs() if not run.is_shipped]
