"""The photo on the Explain page: uploaded, taken, refused, or a sample."""

import io

from explain_view import NOT_YET, alts, button, finished, headline_of
from opening import text
from PIL import Image
from streamlit.testing.v1 import AppTest

from insects.inference import Prediction
from insects.wording import headline


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    return page.file_uploader(key="upload").set_value((name, data, "image/jpeg")).run()


def jpeg(pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def test_an_uploaded_photo_is_predicted_at_once_and_not_explained_unasked(
    visit, photos, default_model
):
    page = finished(visit())
    job = page.session_state.job
    pixels = photos[-1].pixels
    upload(page, "mine.png", png(pixels))
    assert headline_of(page) == headline(default_model.predict(pixels))
    assert NOT_YET in text(page)
    assert page.session_state.job is job
    assert not page.download_button
    assert not alts(page, "What speaks")


def png(pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_uploaded_photo_is_explained_when_asked(visit, photos):
    page = visit()
    upload(page, "mine.jpg", jpeg(photos[-1].pixels))
    button(page, "Explain").click().run()
    finished(page)
    assert NOT_YET not in text(page)
    assert alts(page, "mine.jpg, cut into")
    assert len(alts(page, "What speaks")) == 3


def test_a_refused_upload_keeps_the_photo_and_says_why_in_one_sentence(visit):
    page = finished(visit())
    before = (alts(page), headline_of(page), page.session_state.job)
    upload(page, "bug.jpg", b"Dear reader, this is no photo at all.")
    assert (alts(page), headline_of(page), page.session_state.job) == before
    assert [error.value for error in page.error] == [
        "This file is not a photo that can be read. "
        "Please use JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC."
    ]
    assert len(page.download_button) == 2


def test_the_next_good_photo_takes_the_refusal_away(visit, photos):
    page = visit()
    upload(page, "bug.jpg", b"no photo")
    upload(page, "good.jpg", jpeg(photos[0].pixels))
    assert not page.error
    assert alts(page, "good.jpg, cut into")


def test_a_sample_becomes_the_photo_with_its_prediction_and_a_hint_to_explain(visit):
    page = finished(visit())
    other = next(
        b for b in page.button if (b.key or "").startswith("sample-") and b.label == "beetle"
    )
    other.click().run()
    assert headline_of(page).startswith("beetle, ")
    assert alts(page, "sample photo of a beetle, cut into")
    assert NOT_YET in text(page)


def test_the_camera_takes_the_place_of_the_uploader_and_gives_the_photo(visit, photos):
    page = visit()
    page.segmented_control(key="source").set_value("Camera").run()
    assert not page.file_uploader
    page.camera_input(key="camera").set_value(
        ("camera_input.jpg", jpeg(photos[0].pixels), "image/jpeg")
    ).run()
    assert NOT_YET in text(page)
    assert not alts(page, "sample photo of")


def test_two_visitors_see_each_the_photo_they_brought(visit, photos, default_model):
    pages = [visit(), visit()]
    mine = [photos[0].pixels, photos[-1].pixels]
    for page, pixels in zip(pages, mine, strict=True):
        upload(page, "mine.png", png(pixels))
        button(page, "Explain").click().run()
    for page, pixels in zip(pages, mine, strict=True):
        finished(page)
        prediction = Prediction(
            default_model.class_names, page.session_state.job.explanation.probabilities
        )
        assert headline(prediction) == headline(default_model.predict(pixels)) == headline_of(page)
