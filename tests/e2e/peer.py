# SPDX-License-Identifier: Apache-2.0
"""A node's end of heluo.v1.Federation/Sync that shares no code with heluod:
streams of raw bytes, whoever dialled, and a journal that can be forged with its
real key. It says whatever it is told to say."""

import base64
import contextlib
import hashlib
import queue
import random
import socket
import ssl
import subprocess
import threading
import time
import zlib
from concurrent import futures

import grpc

import calls
from calls import ALLIANCE, check, fail, read
from heluo.v1 import entry_pb2, segment_pb2, sync_pb2

SYNC = "/heluo.v1.Federation/Sync"
ME = "shandong"
LARGE = 1 << 62
MESSAGE_MAX_BYTES = 2100016

# --- Streams.


class Link:
    """One stream. What comes is put aside by a thread of its own, unless it is
    not to be read; what ended it stands in `end`."""

    def __init__(self, reads=True):
        self.got = []
        self.news = threading.Condition()
        self.end = None
        self.out = queue.Queue(8)
        self.call = None
        self.reads = reads

    def say(self, *messages):
        """Waits for room, as long as the stream is there."""
        for message in messages:
            raw = message if isinstance(message, bytes) else (
                message.SerializeToString())
            while self.end is None:
                try:
                    self.out.put(raw, timeout=0.1)
                    break
                except queue.Full:
                    pass

    def saying(self):
        while self.end is None:
            try:
                yield self.out.get(timeout=0.1)
            except queue.Empty:
                pass

    def listen(self, messages):
        end = calls.Answer(grpc.StatusCode.OK)
        try:
            for raw in messages:
                message = sync_pb2.SyncMessage.FromString(raw)
                with self.news:
                    self.got.append(message)
                    self.news.notify_all()
        except grpc.RpcError as error:
            end = calls.failure(error) if hasattr(error, "code") else (
                calls.Answer(grpc.StatusCode.CANCELLED))
        except Exception:  # pylint: disable=broad-except
            # What grpcio's server says of a call that its caller has left.
            end = calls.Answer(grpc.StatusCode.CANCELLED)
        with self.news:
            self.end = self.end or end
            self.news.notify_all()

    def hear(self, kind, good=lambda message: True, seconds=20):
        """The first such message; None: none came, or the stream ended."""
        def heard():
            for message in self.got:
                if message.WhichOneof("kind") == kind and good(
                        getattr(message, kind)):
                    return getattr(message, kind)
            return None

        with self.news:
            self.news.wait_for(lambda: heard() is not None or self.end,
                               timeout=seconds)
            return heard()

    def ended(self, seconds):
        with self.news:
            self.news.wait_for(lambda: self.end, timeout=seconds)
        return self.end is not None

    def leave(self):
        self.end = self.end or calls.Answer(grpc.StatusCode.CANCELLED)
        if self.call is not None:
            self.call.cancel()


def dial(reads=True, channel=None):
    link = Link(reads)
    channel = channel or calls.tls(f"{ME}/node",
                                   ("grpc.max_send_message_length", -1))
    link.call = channel.stream_stream(SYNC)(link.saying())
    if reads:
        threading.Thread(target=link.listen, args=(link.call,),
                         daemon=True).start()
    else:
        link.call.add_callback(link.leave)
    return link


class Listener(grpc.GenericRpcHandler):
    """Where others dial; what that node dialled waits in `links`."""

    def __init__(self, port, caller, reads=True):
        self.caller = caller
        self.links = queue.Queue()
        self.reads = reads
        self.server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=64), handlers=[self],
            options=[("grpc.max_send_message_length", -1),
                     ("grpc.so_reuseport", 0)])
        credentials = grpc.ssl_server_credentials(
            [(read(f"{ME}/node.key"), read(f"{ME}/node.crt"))],
            read("ca/root.crt"), require_client_auth=True)
        check(self.server.add_secure_port(f"127.0.0.1:{port}", credentials),
              "the port is free")
        self.server.start()

    def service(self, details):
        if details.method != SYNC:
            return None
        return grpc.stream_stream_rpc_method_handler(self.serve)

    def serve(self, messages, context):
        names = context.auth_context().get("x509_subject_alternative_name", ())
        if f"spiffe://{ALLIANCE}/node/{self.caller}".encode() not in names:
            return
        link = Link(self.reads)
        # Nothing can be said before: the headers go with the first message.
        context.send_initial_metadata(())
        context.add_callback(link.leave)
        link.call = context
        if self.reads:
            threading.Thread(target=link.listen, args=(messages,),
                             daemon=True).start()
        self.links.put(link)
        yield from link.saying()

    def next(self, seconds=30):
        try:
            return self.links.get(timeout=seconds)
        except queue.Empty:
            return fail("the victim does not dial")

    def stop(self):
        self.server.stop(0)


# --- Messages.


def name(node):
    return f"{ALLIANCE}/{node}"


def hello(charter, receiver, **changed):
    fields = dict(version_min=1, version_max=1, alliance=ALLIANCE, sender=ME,
                  receiver=receiver, charter_version=1, charter_hash=charter,
                  window_bytes=LARGE)
    fields.update(changed)
    return sync_pb2.SyncMessage(hello=sync_pb2.SyncMessage.Hello(**fields))


def have(origin, **parts):
    return sync_pb2.SyncMessage(have=sync_pb2.SyncMessage.Have(
        origin=name(origin), **parts))


def want(origin, start=0, stop=False):
    return sync_pb2.SyncMessage(want=sync_pb2.SyncMessage.Want(
        origin=name(origin), stop=stop, **{"from": start}))


def asks(kind, origin, **fields):
    made = sync_pb2.SyncMessage()
    getattr(made, kind).origin = name(origin)
    for field, value in fields.items():
        setattr(getattr(made, kind), field, value)
    return made


def segment_of(message):
    """What came in it, inflated."""
    entries = message.entries
    if message.inflated_size:
        entries = zlib.decompressobj(-15).decompress(entries)
    out, at = [], 0
    while at < len(entries):
        size = int.from_bytes(entries[at:at + 2], "big")
        out.append(entries[at + 2:at + 2 + size])
        at += 2 + size
    return out


# --- Trees (RFC 6962, RFC 9162).


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    left = split(len(leaves))
    return node(root(leaves[:left]), root(leaves[left:]))


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(count):
    return 1 << (count - 1).bit_length() - 1


def consistency(at, leaves, whole=True):
    """The proof from the first `at` of them to all; b'' where there is none."""
    if at in (0, len(leaves)):
        return b"" if whole else root(leaves)
    left = split(len(leaves))
    if at <= left:
        return consistency(at, leaves[:left], whole) + root(leaves[left:])
    return consistency(at - left, leaves[left:], False) + root(leaves[:left])


def flip(note):
    """The note with one bit of its last signature another."""
    start, line = note.decode().rstrip("\n").rsplit(" ", 1)
    blob = bytearray(base64.b64decode(line))
    blob[-9] ^= 4
    return f"{start} {base64.b64encode(blob).decode()}\n".encode()


class Journal:
    """Entries that exist, and behind them as many as one likes, always the
    same. Signed with the node's own key."""

    FORGED_BYTES = 60000

    def __init__(self, node_id, entries=()):
        self.node = node_id
        self.name = name(node_id)
        self.entries = list(entries)
        self.leaves = [leaf(entry) for entry in self.entries]
        key = read(f"{node_id}/journal.key")
        self.vkey = next(line for line in key.decode().split("\n")
                         if line.startswith("vkey: "))[6:]

    def forge(self, size):
        last = entry_pb2.Entry.FromString(self.entries[-1])
        for index in range(len(self.entries), size):
            made = entry_pb2.Entry(
                origin=self.name, index=index, body_type=2 * 4000,
                recorded_at_ms=last.recorded_at_ms,
                body=random.Random(index).randbytes(self.FORGED_BYTES))
            # A body of no critical kind: one field of bytes that is unknown.
            size_bytes = bytes([self.FORGED_BYTES & 127 | 128,
                                self.FORGED_BYTES >> 7 & 127 | 128,
                                self.FORGED_BYTES >> 14])
            made.body = b"\x0a" + size_bytes + made.body
            self.entries.append(made.SerializeToString())
            self.leaves.append(leaf(self.entries[-1]))
        return self

    def sign(self, size, at_root=None):
        """The checkpoint's note."""
        text = "%s\n%d\n%s\n" % (
            self.name, size,
            base64.b64encode(at_root or root(self.leaves[:size])).decode())
        who, key_id, _ = self.vkey.split("+", 2)
        with open("to-sign", "w", encoding="utf-8") as file:
            file.write(text)
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-in", "to-sign",
             "-inkey", f"{self.node}/journal.key"],
            check=True, capture_output=True).stdout
        line = base64.b64encode(bytes.fromhex(key_id) + signature).decode()
        return f"{text}\n\u2014 {who} {line}\n".encode()

    def segment(self, first, end, note, size, start=False, **changed):
        """Of entries first to end, under a note over `size` of them."""
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry
                          for entry in self.entries[first:end])
        made = segment_pb2.Segment(
            origin=self.name, first=first, count=end - first, entries=bundle,
            checkpoint=note,
            end_proof=consistency(end, self.leaves[:size])
            if end < size else b"")
        if start:
            made.start.root = root(self.leaves[:first])
            made.start.proof = consistency(first, self.leaves[:size])
        for field, value in changed.items():
            if field.startswith("start_"):
                setattr(made.start, field[6:], value)
            else:
                setattr(made, field, value)
        return sync_pb2.SyncMessage(segment=made)


# --- HTTP/2 by hand: what no library does.


def frame(kind, flags, stream, payload):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
            stream.to_bytes(4, "big") + payload)


def literal(field, value):
    """A header that no table has."""
    return (b"\0" + bytes([len(field)]) + field.encode() +
            bytes([len(value)]) + value.encode())


def tls_context(server=False):
    made = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH,
        cafile="ca/root.crt")
    made.load_cert_chain(f"{ME}/node.crt", f"{ME}/node.key")
    made.set_alpn_protocols(["h2"])
    if server:
        made.verify_mode = ssl.CERT_REQUIRED
    return made


class Wire:
    """One connection with one stream, on which bytes are said as they are."""

    DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
    START = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    def __init__(self, connection, dialled):
        self.connection = connection
        self.rest = b""
        self.windows = {0: 65535, 1: 65535}
        self.initial = 65535
        self.ended = self.called = False
        headers = ((":method", "POST"), (":scheme", "https"), (":path", SYNC),
                   (":authority", calls.NAME), ("te", "trailers"))
        if not dialled:
            headers = ((":status", "200"),)
            while len(self.rest) < len(self.START):
                self.rest += connection.recv(65536)
            self.rest = self.rest[len(self.START):]
        headers += (("content-type", "application/grpc"),)
        connection.sendall(
            (self.START if dialled else b"") + frame(self.SETTINGS, 0, 0, b""))
        while not dialled and not self.called and not self.ended:
            self.listen(1)
        connection.sendall(frame(self.HEADERS, 4, 1, b"".join(
            literal(*header) for header in headers)))

    def take(self, kind, flags, stream, payload):
        number = int.from_bytes(payload[:4], "big")
        if kind == self.WINDOW:
            self.windows[stream] = self.windows.get(stream, 0) + number
        elif kind == self.SETTINGS and not flags & 1:
            for at in range(0, len(payload), 6):
                if payload[at:at + 2] == b"\0\4":
                    initial = int.from_bytes(payload[at + 2:at + 6], "big")
                    self.windows[1] += initial - self.initial
                    self.initial = initial
            self.connection.sendall(frame(self.SETTINGS, 1, 0, b""))
        elif kind == self.PING and not flags & 1:
            self.connection.sendall(frame(self.PING, 1, 0, payload))
        elif kind in (self.RESET, self.GOAWAY) or (
                kind == self.HEADERS and flags & 1):
            self.ended = True
        elif kind == self.HEADERS:
            self.called = True

    def listen(self, seconds):
        """What the other side says, for its windows."""
        self.connection.settimeout(seconds)
        try:
            part = self.connection.recv(65536)
            self.ended = self.ended or not part
            self.rest += part
        except (TimeoutError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.ended = True
        self.connection.settimeout(20)
        while len(self.rest) >= 9:
            size = int.from_bytes(self.rest[:3], "big")
            if len(self.rest) < 9 + size:
                break
            kind, flags = self.rest[3], self.rest[4]
            stream = int.from_bytes(self.rest[5:9], "big")
            payload = self.rest[9:9 + size]
            self.rest = self.rest[9 + size:]
            with contextlib.suppress(OSError):
                self.take(kind, flags, stream, payload)

    def pour(self, count, seconds=60):
        """As many bytes, as fast as they are taken; how many were."""
        until = time.monotonic() + seconds
        left = count
        while left > 0 and not self.ended and time.monotonic() < until:
            room = min(self.windows[0], self.windows[1], left, 16384)
            if room <= 0:
                self.listen(0.5)
                continue
            try:
                self.connection.sendall(
                    frame(self.DATA, 0, 1, bytes(room)))
            except OSError:
                self.ended = True
            self.windows[0] -= room
            self.windows[1] -= room
            left -= room
            if left % (1 << 20) < room:
                self.listen(0)
        return count - left

    def say(self, message):
        raw = message.SerializeToString()
        self.connection.sendall(frame(
            self.DATA, 0, 1, b"\0" + len(raw).to_bytes(4, "big") + raw))
        self.windows[0] -= 5 + len(raw)
        self.windows[1] -= 5 + len(raw)

    def begin_message(self, size):
        self.connection.sendall(
            frame(self.DATA, 0, 1, b"\0" + size.to_bytes(4, "big")))
        self.windows[0] -= 5
        self.windows[1] -= 5


def dial_wire():
    plain = socket.create_connection(("127.0.0.1", int(calls.PORT)))
    return Wire(tls_context().wrap_socket(
        plain, server_hostname=calls.NAME), True)


def accept_wire(port, caller):
    """The one that this node dials."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(8)
        while True:
            plain, _ = listener.accept()
            secure = tls_context(True).wrap_socket(plain, server_side=True)
            names = secure.getpeercert().get("subjectAltName", ())
            if ("URI", f"spiffe://{ALLIANCE}/node/{caller}") in names:
                return Wire(secure, False)
            secure.close()
