# SPDX-License-Identifier: Apache-2.0
"""Storms of connections: more than may be, silent ones, more than there are
descriptors. The node goes on serving whom it serves, forgets nobody's memory,
and takes newcomers again when the storm is over."""

import socket
import ssl
import sys
import time

import calls
from calls import NAME, PORT, bounded, call, check, eventually, local
from calls import resident_kib, run, tls

STATUS = "/heluo.v1.Node/Status"

STORMS = 3

# What the configuration's text says of a connection, and a third more.
CONNECTION_KIB = 160

# What an HTTP/2 client says first: the preface, and empty settings.
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


def context(who):
    made = ssl.create_default_context(cafile="ca/root.crt")
    made.load_cert_chain(f"{who}.crt", f"{who}.key")
    made.set_alpn_protocols(["h2"])
    return made


def connect():
    return socket.create_connection(("127.0.0.1", int(PORT)), timeout=20)


def connect_tls(made):
    """A connection that a client holds open; None: it was dropped."""
    plain = connect()
    try:
        secure = made.wrap_socket(plain, server_hostname=NAME)
        secure.sendall(HELLO)
        if secure.recv(9):
            return secure
    except OSError:
        pass
    plain.close()
    return None


def close_all(connections):
    for one in connections:
        if one is not None:
            one.close()


def serves(channel):
    answer = call(channel, STATUS, timeout=5)
    check(answer.status == "OK", f"it does not serve: {answer}")


def newcomer_is_served():
    def served():
        with tls("chen") as channel:
            return call(channel, STATUS, timeout=5).status == "OK"

    eventually(10, "a newcomer is served", served)


def storm(count, limit, channel):
    """count connections at once; resident memory when all are there."""
    made = context("web")
    held = []
    slowest = 0.0
    for _ in range(count):
        begun = time.monotonic()
        held.append(connect_tls(made))
        slowest = max(slowest, time.monotonic() - begun)
    open_ones = sum(one is not None for one in held)
    # One is the channel's.
    check(open_ones == limit - 1, f"{open_ones} of {count} are open")
    check(slowest < 5, f"one took {slowest} s")
    serves(channel)
    with local() as near:
        serves(near)
    peak = resident_kib()
    close_all(held)
    return peak


def connections(count, limit):
    """Over the limit: dropped at once, and again when the rest has gone. The
    allocator finds its size in the first storms; then it stays."""
    with tls("chen") as channel:
        serves(channel)
        peaks = [resident_kib()]
        for _ in range(STORMS):
            peaks.append(storm(count, limit, channel))
            newcomer_is_served()
        serves(channel)
    each = (peaks[-1] - peaks[0]) / limit
    print(f"{limit} connections, KiB resident: {peaks}, {each:.0f} each")
    bounded(each < CONNECTION_KIB, f"a connection costs {each} KiB")
    bounded(peaks[-1] < peaks[-2] * 1.1 + 2048, f"it grows: {peaks}")


def hello_cut_short():
    """A connection in the middle of its TLS handshake."""
    plain = connect()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = context("web").wrap_bio(incoming, outgoing, server_hostname=NAME)
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    plain.sendall(outgoing.read()[:100])
    return plain


def tls_then_silence():
    return context("web").wrap_socket(connect(), server_hostname=NAME)


def dropped(connection):
    connection.setblocking(False)
    try:
        # TLS 1.3 sends tickets before anything else.
        return connection.recv(65536) == b""
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True


def silence(handshake_ms):
    """They are closed when the handshake's time is over, and until then
    nobody waits for them."""
    begun = time.monotonic()
    silent = [connect() for _ in range(100)]
    silent += [hello_cut_short() for _ in range(50)]
    silent += [tls_then_silence() for _ in range(20)]
    check(not any(dropped(one) for one in silent[:150]), "dropped too early")
    newcomer_is_served()
    check(time.monotonic() - begun < handshake_ms / 1000, "it was blocked")
    eventually(
        handshake_ms / 1000 + 5,
        "the silent are dropped",
        lambda: all(dropped(one) for one in silent),
    )
    close_all(silent)
    newcomer_is_served()


def descriptors():
    """Nothing is left to accept with, nor to read a file with: a revocation
    that came meanwhile holds when there is."""
    made = context("web")
    with tls("chen") as channel, tls("gone") as doomed:
        serves(channel)
        serves(doomed)
        held = [connect() for _ in range(300)]
        time.sleep(0.2)
        serves(channel)
        run("ca", "revoke", "--dir", "ca", "--cert", "gone.crt")
        eventually(10, "the reload fails", lambda: calls.logged("reload.failed"))
        serves(channel)
        close_all(held)
        eventually(
            10,
            "the revocation holds",
            lambda: call(doomed, STATUS).error == "HL_EREVOKED",
        )
        held = [connect_tls(made) for _ in range(300)]
        check(any(held) and not all(held), "there were descriptors enough")
        serves(channel)
        close_all(held)
        newcomer_is_served()
        with local() as near:
            serves(near)


def main(what, *numbers):
    tests = {
        "connections": connections,
        "silence": silence,
        "descriptors": descriptors,
    }
    tests[what](*(int(number) for number in numbers))
    print("checks", calls.checks)


main(*sys.argv[1:])
