"""Download a file, and stop in time whatever the other side does."""

import threading
import time
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pooch
import requests

from insects.datasets.fetch.limits import Limits, fetch_failure
from insects.errors import DatasetError
from insects.storage import Progress

USUAL_BYTES = 80_000_000  # about; GitHub does not say how much it is going to send
CHUNK_BYTES = 64 * 1024
POLL_SECONDS = 0.1


class _Incoming:
    """What has come so far: for pooch the file that it writes to and its progress bar in one."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self.total = 0  # set by pooch; 0 where the server does not say
        self.size = 0
        self.error: Exception | None = None
        self._file = file
        self._limit = limit

    def receive(self, url: str, silence: float) -> None:
        """Download, and keep what goes wrong for the thread that waits."""
        try:
            pooch.HTTPDownloader(
                progressbar=self,
                chunk_size=CHUNK_BYTES,
                timeout=silence,
                headers={"Accept-Encoding": "identity"},  # a zip need not be packed again
            )(url, self, None)
        except Exception as error:
            self.error = error

    def write(self, data: bytes) -> None:
        """Take what came, or what is announced, unless it is too much."""
        self.size += len(data)
        if max(self.size, self.total) > self._limit:
            raise fetch_failure(f"more than {self._limit / 1e6:.0f} MB would have come")
        self._file.write(data)

    def report(self, on_progress: Progress, is_done: bool = False) -> None:
        """Say how far it is; what is on its way is known when the first of it is here."""
        if not self.size:
            return on_progress("connecting", 0, 1)
        of = max(self.size, self.total or USUAL_BYTES)
        on_progress("downloading (KB)", (of if is_done else self.size) // 1000, of // 1000)

    # Pooch counts a chunk as full even if it is not, so that nothing is learnt from its calls.
    def update(self, _: int) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...
    def flush(self) -> None: ...


def download(url: str, path: Path, deadline: float, limits: Limits, on_progress: Progress) -> None:
    """Download in a thread of its own, and give it up when the time is over.

    Every byte starts a socket's timeout anew, so that somebody else has to look at the clock.
    A thread that was given up ends when it next writes, because the file is closed.
    """
    with path.open("wb") as file:
        incoming = _Incoming(file, limits.archive_bytes)
        receiving = threading.Thread(
            target=incoming.receive, args=(url, limits.silence), daemon=True
        )
        receiving.start()
        while receiving.is_alive():
            incoming.report(on_progress)
            if time.monotonic() > deadline:
                raise fetch_failure(
                    f"{_host(url)} took longer than {limits.seconds / 60:.0f} minutes"
                )
            receiving.join(POLL_SECONDS)
        if incoming.error:
            raise _explained(incoming.error, _host(url))
    incoming.report(on_progress, is_done=True)


def _explained(error: Exception, host: str) -> Exception:
    """Return what to raise for what went wrong in a download; no text of it shows an address."""
    network = isinstance(error, requests.RequestException)
    if isinstance(error, DatasetError) or (isinstance(error, OSError) and not network):
        return error  # an OSError: the file could not be written
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return fetch_failure(f"{host} answered {error.response.status_code}")
    if isinstance(error, requests.Timeout):
        return fetch_failure(f"{host} did not answer in time")
    broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    if isinstance(error, broken):
        return fetch_failure(f"the connection to {host} failed or broke off")
    return fetch_failure(f"{host} could not be asked or sent what cannot be understood")


def _host(url: str) -> str:
    """Return the part of an address that can be shown: the rest may hold a password."""
    try:
        return urlsplit(url).hostname or "the mirror"
    except ValueError:
        return "the mirror"
