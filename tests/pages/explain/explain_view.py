"""The Explain page as tests use it: what it shows, says, and waits for."""

from opening import until
from streamlit.testing.v1 import AppTest

CHANGED = "The settings have changed"
NOT_YET = "Press **Explain** to see which parts of this photo say so."


def finished(page: AppTest) -> AppTest:
    page.session_state.job.wait()
    return until(page, lambda page: len(page.download_button) == 2)


def button(page: AppTest, label: str):
    return next(button for button in page.button if label in (button.label, button.key))


def alts(page: AppTest, start: str = "") -> list[str]:
    """Return the words in the place of each picture, of those that start so."""
    found = [picture.alt for image in page.image for picture in image.proto.imgs]
    return [alt for alt in found + chart_alts(page) if alt.startswith(start)]


def chart_alts(page: AppTest) -> list[str]:
    """Return the words in the place of each chart."""
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]


def headline_of(page: AppTest) -> str:
    (subheader,) = page.subheader
    return subheader.value
