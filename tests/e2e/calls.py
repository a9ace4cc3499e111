# SPDX-License-Identifier: Apache-2.0
"""What the Python programs of this folder share: channels to the node that
world.sh started, calls of raw bytes, and ways to fail. They run in the test's
folder, by Debian's python3-grpcio, which knows nothing of Heluo."""

import json
import os
import subprocess
import sys
import threading
import time

import grpc

PORT = os.environ.get("PORT", "")
SOCKET = os.environ["HELUO_SOCKET"]
ALLIANCE = os.environ["ALLIANCE"]
NAME = f"{os.environ['NODE']}.{ALLIANCE}"
checks = 0


def fail(text):
    print(f"FAILED: {text}", file=sys.stderr)
    sys.exit(1)


def check(good, text):
    global checks
    checks += 1
    if not good:
        fail(text)


def read(path):
    with open(path, "rb") as file:
        return file.read()


# Each channel has a connection of its own.
OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
]


def tls(who, *options):
    """A channel with who.crt and who.key; without a certificate: None."""
    credentials = grpc.ssl_channel_credentials(
        read("ca/root.crt"),
        *((read(f"{who}.key"), read(f"{who}.crt")) if who else ()),
    )
    name = ("grpc.ssl_target_name_override", NAME)
    return grpc.secure_channel(
        f"127.0.0.1:{PORT}", credentials, OPTIONS + [name] + list(options)
    )


def local(*options):
    return grpc.insecure_channel(f"unix:{SOCKET}", OPTIONS + list(options))


def methods():
    """The table of heluod --methods, as {path: (kind, set of roles)}."""
    table = {}
    for line in open("methods", encoding="utf-8"):
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("| `"):
            path = "/" + cells[1].strip("`")
            table[path] = (cells[2], set(cells[3].split(", ")))
    return table


def open_call(channel, path, kind="unary", request=b"", **more):
    """What grpc's own method objects return; an answer is bytes."""
    if kind == "unary":
        return channel.unary_unary(path).future(request, **more)
    if kind == "server stream":
        return channel.unary_stream(path)(request, **more)
    return channel.stream_stream(path)(iter([request]), **more)


class Answer:
    def __init__(self, status, text="", error="", retry_ms="", message=None):
        self.status = status.name
        self.text = text
        self.error = error
        self.retry_ms = retry_ms
        self.message = message

    def __str__(self):
        return f"{self.status} {self.error} {self.text}"


def failure(error):
    trailing = dict(error.trailing_metadata() or ())
    return Answer(
        error.code(),
        error.details(),
        trailing.get("heluo-error", ""),
        trailing.get("grpc-retry-pushback-ms", ""),
    )


def answer_of(call, kind="unary"):
    """The answer, or a stream's first message; then the stream is left."""
    try:
        message = call.result() if kind == "unary" else next(call, None)
    except grpc.RpcError as error:
        return failure(error)
    if kind != "unary":
        call.cancel()
    return Answer(grpc.StatusCode.OK, message=message)


def call(channel, path, kind="unary", request=b"", timeout=20, **more):
    return answer_of(
        open_call(channel, path, kind, request, timeout=timeout, **more), kind
    )


def run(*arguments):
    """The command heluo; what it said."""
    done = subprocess.run(
        [os.environ["HELUO"], *arguments], capture_output=True, text=True
    )
    check(done.returncode == 0, f"heluo {arguments}: {done.stderr}")
    return done.stdout


def eventually(seconds, what, good):
    """good() within that time; how long it took."""
    begun = time.monotonic()
    while not good():
        if time.monotonic() - begun > seconds:
            fail(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    check(True, what)
    return time.monotonic() - begun


def logged(*parts):
    """A line of the log has them all."""
    with open("log", encoding="utf-8") as log:
        return any(all(part in line for part in parts) for line in log)


def status():
    """What heluo status --json says; numbers that are 0 are there."""
    said = json.loads(run("status", "--json"))
    return {
        name: int(value) if isinstance(value, str) and value.isdigit() else value
        for name, value in said.items()
    }


def resident_kib():
    """The node's memory."""
    with open(f"/proc/{os.environ['NODE_PID']}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return fail("no VmRSS")


def bounded(good, text):
    """A check on memory: a sanitizer has a memory of its own."""
    check(good or os.environ.get("SANITIZED"), text)


class Stream:
    """A server stream that a thread of its own reads."""

    def __init__(self, channel, path, request=b"", **more):
        self.count = 0
        self.last = None
        self.end = None
        self.call = open_call(channel, path, "server stream", request, **more)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for self.last in self.call:
                self.count += 1
            self.end = Answer(grpc.StatusCode.OK)
        except grpc.RpcError as error:
            self.end = failure(error)
