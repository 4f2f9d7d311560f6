"""The cart: JSON over HTTP/1.1, kept in Redis. `/report` takes its time and `/checkout` fails, as they do."""
import http.server
import json
import socket
import time

REDIS = ("10.77.0.3", 6379)
REPORT_SECONDS = 1.2


def redis(*words):
    """One command in the words of Redis; None when there is no Redis."""
    command = b"*%d\r\n" % len(words)
    for word in words:
        command += b"$%d\r\n%s\r\n" % (len(word), word)
    try:
        with socket.create_connection(REDIS, timeout=1) as connection:
            connection.sendall(command)
            return connection.recv(4096)
    except OSError:
        return None


class Cart(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "cart/1.0"
    sys_version = ""
    wbufsize = 64 * 1024  # head and body leave together

    def do_GET(self):
        if self.path == "/report":
            time.sleep(REPORT_SECONDS)
            self.answer(200, {"sold": 42})
        elif self.path.startswith("/cart/"):
            kept = redis(b"GET", self.path.encode())
            self.answer(200 if kept and not kept.startswith(b"$-1") else 404, {"cart": self.path})
        else:
            self.answer(404, {"error": "no such page"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/checkout":
            self.answer(500, {"error": "the payment service did not answer"})
        else:
            redis(b"SET", self.path.encode(), body)
            self.answer(201, {"cart": self.path})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *values):
        pass


http.server.ThreadingHTTPServer(("10.77.0.12", 8080), Cart).serve_forever()
