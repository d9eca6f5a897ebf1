"""Servers that refuse, hang, break off or send something else: nothing is installed."""

import pytest
from cache_folder import refused
from github_archive import packed
from photo_server import PATIENCE

from insects.datasets.fetch.limits import Limits

QUICK = Limits(silence=0.3)


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_server_that_refuses_is_named_with_its_answer(server, status):
    server.sends(b"<h1>No</h1>", status=status)
    assert f"127.0.0.1 answered {status}" in refused(server)


def test_without_a_connection_the_error_says_what_was_tried_and_what_can_be_done(server):
    server.shutdown()
    server.server_close()
    text = refused(server, "the connection to 127.0.0.1 failed")
    assert "later" in text
    assert "INSECTS_PHOTOS" in text
    assert "drawn" in text


@pytest.mark.parametrize(
    "url",
    [
        "http://someone:secret@127.0.0.1:1/a.zip?token=secret",
        "https://127.0.0.1:1/a.zip#secret",
        "secret.zip",
        "file:///secret.zip",
        "http://[secret",
        "http://127.0.0.1:secret/",
        "ftp://127.0.0.1:1/secret.zip",
    ],
)
def test_nothing_that_may_be_secret_in_an_address_is_shown(url):
    assert "secret" not in refused(url)


def test_a_server_that_does_not_answer_is_given_up(server):
    server.answer = lambda handler: handler.hold()
    refused(server, "127.0.0.1 did not answer in time", limits=QUICK)


@pytest.mark.parametrize("length", [None, -1], ids=["known length", "unknown length"])
def test_a_server_that_stops_half_way_and_hangs_is_given_up(server, squares, length):
    body = packed(squares)
    server.sends(body, length=length, hold_at=len(body) // 2)
    refused(server, "the connection to 127.0.0.1 failed or broke off", limits=QUICK)


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(server, where):
    def answer(handler):
        if where == "body":
            handler.head()
        for _ in range(500):
            handler.wfile.write(b"x")
            if server.let_go.wait(0.02):
                return

    server.answer = answer
    refused(server, "took longer than", limits=Limits(silence=PATIENCE, seconds=0.5))


@pytest.mark.parametrize("length", [None, -1], ids=["known length", "unknown length"])
@pytest.mark.parametrize("part", [0, 0.001, 0.5, 0.99])
def test_a_body_that_is_cut_off_is_refused(server, squares, part, length):
    body = packed(squares)
    length = len(body) if length is None else length
    server.sends(body[: int(part * len(body))], length=length)
    refused(server)


def test_a_body_that_goes_on_and_on_is_cut_off_at_the_limit(server):
    sent = []

    def answer(handler):
        handler.head()
        for _ in range(500):
            handler.wfile.write(bytes(100_000))
            sent.append(100_000)

    server.answer = answer
    refused(server, "more than 1 MB would have come", limits=Limits(archive_bytes=1_000_000))
    assert sum(sent) < 50_000_000  # what fits into the buffers between the two


def test_a_body_that_is_announced_as_too_long_is_not_waited_for(server):
    server.sends(bytes(100_000), length=400_000_000, hold_at=100_000)
    refused(server, "more than 300 MB would have come")


def test_a_length_that_is_no_number_is_refused(server, squares):
    server.answer = lambda handler: handler.head(Content_Length="many")
    refused(server)


def test_redirects_in_a_circle_are_refused(server):
    server.answer = lambda handler: handler.head(302, Location="/archive.zip")
    refused(server)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[/", "ftp://127.0.0.1:1/x"])
def test_a_redirect_out_of_the_web_is_refused(server, location):
    server.answer = lambda handler: handler.head(302, Location=location)
    refused(server)


def test_a_page_in_place_of_the_archive_is_refused(server):
    server.sends(b"<!doctype html><title>Sign in to the conference network</title>")
    refused(server, "is no zip")
