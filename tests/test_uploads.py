"""A photo that a visitor uploads never touches the disk."""

import asyncio
import tempfile

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

import insects.ui  # noqa: F401
from insects.photos import MAX_BYTES


def test_an_upload_of_the_largest_photo_stays_in_memory(monkeypatch):
    def refuse(file):
        raise AssertionError("the upload was written to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n'

    async def body():
        yield head
        for _ in range(20):
            yield bytes(MAX_BYTES // 20)
        yield b"\r\n--x--\r\n"

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})
    form = asyncio.run(MultiPartParser(headers, body()).parse())
    assert form["f"].size == MAX_BYTES
