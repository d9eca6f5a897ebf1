"""Photos that are refused: one sentence comes out, whatever the bytes are."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_files import FORMATS, SMALL_FILES, encode
from PIL import Image

from insects.errors import PhotoError
from insects.photos import MAX_BYTES, MAX_SIDE, MIN_SIDE, load_photo


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with_header_alone(width, height):
    """A PNG that claims a size and holds no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", b"")
        + png_chunk(b"IEND", b"")
    )


def refusal(source):
    """The sentence that says why a photo is refused."""
    with pytest.raises(PhotoError) as caught:
        load_photo(source)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return sentence


# What is refused


def test_more_than_20_megabytes_are_refused():
    data = SMALL_FILES["PNG"] + bytes(MAX_BYTES)
    assert "20 MB" in refusal(data)
    assert "20 MB" in refusal(io.BytesIO(data))


def test_20_megabytes_are_accepted():
    data = SMALL_FILES["PNG"]
    assert load_photo(data + bytes(MAX_BYTES - len(data))).shape == (48, 80, 3)


def test_no_more_is_read_of_a_large_file_than_tells_that_it_is_too_large():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            assert size >= 0, "the whole file was asked for"
            self.given += size
            return bytes(size)

    endless = Endless()
    refusal(endless)
    assert endless.given <= MAX_BYTES + 1


def test_a_large_file_on_disk_is_refused(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.write(SMALL_FILES["PNG"])
        file.truncate(MAX_BYTES + 1)
    assert "20 MB" in refusal(path)


@pytest.mark.parametrize("size", [(10_000, 5_100), (10_000, 10_000), (8_000_000, 32)])
def test_more_than_50_megapixels_are_refused_by_the_header_alone(size):
    """There are no pixels in the file: whoever decoded it would call it damaged."""
    assert "50 are possible" in refusal(png_with_header_alone(*size))


def test_50_megapixels_are_not_refused_for_their_number():
    assert "damaged" in refusal(png_with_header_alone(10_000, 5_000))


@pytest.mark.parametrize("size", [(9_000, 9_000), (20_000, 20_000)])
def test_a_decompression_bomb_is_refused(size):
    bomb = encode(Image.new("1", size), "PNG")
    assert len(bomb) < 100_000
    assert "50 are possible" in refusal(bomb)


@pytest.mark.parametrize("size", [(31, 32), (32, 31), (1, 1), (5000, 8)])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_side_under_32_pixels_is_refused_with_the_size_that_came(size, file_format):
    sentence = refusal(encode(Image.new("RGB", size), file_format))
    assert f"{size[0]} × {size[1]}" in sentence
    assert "32" in sentence


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_photo_cut_off_in_the_middle_is_refused(file_format):
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    data = encode(noise, file_format)
    refusal(data[: len(data) // 2])


def test_an_empty_file_is_refused_as_empty(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    for source in (b"", io.BytesIO(), path):
        assert "empty" in refusal(source)


@pytest.mark.parametrize(
    "data",
    [
        b"Dear reader, this is no photo at all.",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'></svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF",
        b"PK\x03\x04" + bytes(60),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        bytes(1000),
        encode(Image.new("RGB", (40, 40)), "ICO"),
        encode(Image.new("RGB", (40, 40)), "PPM"),
    ],
    ids=["text", "svg", "xml", "pdf", "zip", "eps", "zeros", "ico", "ppm"],
)
def test_what_is_no_photo_is_refused_whatever_its_name(data, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    sentence = refusal(path)
    assert "JPEG" in sentence
    assert "HEIC" in sentence


@pytest.mark.parametrize("name", ["missing.jpg", ".", "no/such/folder/photo.jpg", "zero\0byte.jpg"])
def test_a_path_that_cannot_be_read_is_refused(name, tmp_path):
    assert "cannot be" in refusal(f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    "data",
    [png_with_header_alone(10_000, 10_000), SMALL_FILES["TIFF"][:60], SMALL_FILES["JPEG"][:-300]],
    ids=["100 megapixels", "start of a TIFF", "cut-off JPEG"],
)
def test_a_refused_photo_writes_nothing_else_to_the_terminal(data, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(data)
    code = (
        "import sys; from insects import load_photo\n"
        "from insects.errors import PhotoError\n"
        "try: load_photo(sys.argv[1])\n"
        "except PhotoError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_refused_photo_does_not_stand_in_the_way_of_the_next():
    refusal(SMALL_FILES["PNG"][:-30])
    assert load_photo(SMALL_FILES["PNG"]).shape == (48, 80, 3)


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    start = data.rindex(b"\xff\xda")
    with pytest.raises(PhotoError, match="damaged"):
        load_photo(data[:start] + data[start:-2] * 300 + data[-2:])


# Anything else


@settings(max_examples=60)
@pytest.mark.parametrize("file_format", FORMATS)
@given(
    cut=st.one_of(st.none(), st.floats(0, 1)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    in_header=st.booleans(),
)
def test_any_change_of_a_file_gives_a_photo_or_a_photo_error(file_format, cut, changes, in_header):
    data = bytearray(SMALL_FILES[file_format])
    reach = min(len(data), 200) if in_header else len(data)
    for place, value in changes:
        data[int(place * (reach - 1))] = value
    if cut is not None:
        data = data[: int(cut * len(data))]
    try:
        photo = load_photo(bytes(data))
    except PhotoError:
        return
    assert photo.dtype == np.uint8
    assert photo.ndim == 3
    assert photo.shape[2] == 3
    assert max(photo.shape) <= MAX_SIDE
    # Only a photo that was shrunk may have a side that is shorter than what is accepted.
    assert min(photo.shape[:2]) >= MIN_SIDE or max(photo.shape) == MAX_SIDE


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_random_bytes_give_a_photo_error(data):
    refusal(data)
