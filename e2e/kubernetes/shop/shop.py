"""A shop in a cluster.

    shop.py serve PORT [CART-URL]        a server; with a URL it asks that one before it answers
    shop.py customers URL RATE RUN       asks for URL/item/RUN-1, URL/item/RUN-2 …, each over a connection of its own;
                                         prints how many were answered, each second and at its end
    shop.py get URL...                   each once
"""
import http.server
import signal
import socket
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 2


def fetch(url):
    """The status; 0 when there was none."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


class Shop(http.server.BaseHTTPRequestHandler):
    server_version = "shop/1.0"
    sys_version = ""
    wbufsize = 16 * 1024  # head and body leave together
    cart = None

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200, b"ok\n")
        status = fetch(self.cart + self.path) if self.cart else 200
        return self.answer(status or 502, b'{"item": "' + self.path.encode() + b'"}\n')

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *values):
        pass


class Customers:
    def __init__(self, url, rate, run):
        self.url, self.pause, self.run = url, 1 / float(rate), run
        self.asked = self.answered = 0
        self.is_over = False

    def end(self, *_):
        self.is_over = True

    def shop(self):
        signal.signal(signal.SIGTERM, self.end)
        due = told = time.monotonic()
        while not self.is_over:
            self.asked += 1
            self.answered += fetch(f"{self.url}/item/{self.run}-{self.asked}") == 200
            now = time.monotonic()
            if now - told >= 1:
                told = now
                self.tell()
            # Who was held up does not make up for it all at once.
            due = max(due + self.pause, now - 1)
            time.sleep(max(0.0, due - now))
        self.tell()

    def tell(self):
        print("asked", self.asked, "answered", self.answered, flush=True)


def main():
    what, *words = sys.argv[1:]
    if what == "serve":
        Shop.cart = words[1] if len(words) > 1 else None
        server = http.server.ThreadingHTTPServer(("", int(words[0])), Shop)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(socket.gethostname(), "serves", words[0], flush=True)
        server.serve_forever()
    elif what == "customers":
        Customers(*words).shop()
    else:
        for url in words:
            print(fetch(url), url)


if __name__ == "__main__":
    main()
