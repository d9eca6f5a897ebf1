"""A link to a page, followed before anybody has seen the app: the server of this file is new."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_link_to_a_page_opens_the_whole_app_even_when_nobody_was_there_before(visit):
    page = visit("about")
    expect(page.get_by_text("What it keeps")).to_be_visible()
    expect(page.get_by_role("link", name="Dataset")).to_be_visible()
