"""A server that answers as a test wants it to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 60  # seconds after which a test that waits for another process has failed


class Server(ThreadingHTTPServer):
    """Answers every request as its `answer` does, which a test replaces.

    Events, so that nothing depends on time: `holding` is set by an answer that waits for `let_go`.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = None
        self.asked = 0
        self.holding = threading.Event()
        self.let_go = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/archive.zip"

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what is tested

    def sends(self, body, **how):
        self.answer = lambda handler: handler.send(body, **how)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.server.answer(self)

    def log_message(self, *_):
        pass

    def head(self, status=200, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, body, status=200, length=None, stop_at=None, hold_at=None):
        """Send a body: with a length or without one (-1), up to some byte, with a pause at one."""
        length = len(body) if length is None else length
        self.head(status, **({"Content_Length": str(length)} if length >= 0 else {}))
        self.wfile.write(body[:hold_at])
        if hold_at is not None:
            self.hold()
            self.wfile.write(body[hold_at:stop_at])

    def hold(self):
        self.server.holding.set()
        self.server.let_go.wait(PATIENCE)
