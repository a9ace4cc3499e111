# SPDX-License-Identifier: Apache-2.0
"""What changes under open streams and connections: a certificate is revoked,
the node's own is renewed, the charter is followed by another."""

import os
import shutil
import signal
import socket
import ssl

import calls
from calls import NAME, PORT, Stream, call, check, eventually, local, logged
from calls import run, status, tls
from units import GET, PUT, WATCH, put

HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
CHECKPOINT = "/heluo.v1.Journal/Checkpoint"

EMPTY_ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

# admission_interval_s, reload_interval_s, the tick, and a busy machine.
SOON_S = 8

written = 0


def put_one(channel):
    global written
    written += 1
    answer = call(channel, PUT, request=put(written))
    check(answer.status == "OK", f"put: {answer}")


def watch(channel, path=WATCH):
    stream = Stream(channel, path)
    eventually(SOON_S, f"{path} begins", lambda: stream.count > 0)
    return stream


def goes_on(stream, writer, what):
    before = stream.count
    put_one(writer)
    eventually(SOON_S, f"{what} goes on", lambda: stream.count > before)
    check(stream.end is None, f"{what}: {stream.end}")


def problems():
    return [problem["code"] for problem in status().get("problems", [])]


def served_serial():
    """Of the certificate that a new connection sees."""
    context = ssl.create_default_context(cafile="ca/root.crt")
    context.load_cert_chain("chen.crt", "chen.key")
    with socket.create_connection(("127.0.0.1", int(PORT))) as plain:
        with context.wrap_socket(plain, server_hostname=NAME) as secure:
            return secure.getpeercert()["serialNumber"]


def replace(source, target):
    """At once, as whoever renews does."""
    shutil.copy(source, f"{target}.part")
    os.rename(f"{target}.part", target)


def revoke(chen):
    web, other = tls("web"), tls("henan")
    doomed = watch(web)
    kept = watch(other)
    near = watch(local())
    run("ca", "revoke", "--dir", "ca", "--cert", "web.crt")
    took = eventually(SOON_S, "the stream ends", lambda: doomed.end is not None)
    print(f"a revoked stream ended after {took:.1f} s")
    check(doomed.end.status == "UNAUTHENTICATED", str(doomed.end))
    check("revoked" in doomed.end.text, str(doomed.end))
    check(logged("event=stream.ended ", "platform/", "HL_EREVOKED"), "no line")
    for path in (GET, PUT):
        answer = call(web, path)
        check(answer.error == "HL_EREVOKED", f"{path}: {answer}")
    goes_on(kept, chen, "another's stream")
    goes_on(near, chen, "the socket's stream")
    return kept


def keep_old_list(chen):
    """A list that is none is as if it had not come."""
    shutil.copy("ca/root.crl", "root.crl.kept")
    with open("ca/root.crl", "w", encoding="utf-8") as damaged:
        damaged.write("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
    eventually(SOON_S, "status says", lambda: "reload-failed" in problems())
    put_one(chen)
    check(call(tls("web"), GET).error == "HL_EREVOKED", "revoked no more")
    replace("root.crl.kept", "ca/root.crl")
    eventually(SOON_S, "it heals", lambda: "reload-failed" not in problems())


def renew(chen, stream):
    old = served_serial()
    run("ca", "renew", "--dir", "ca", "--cert", "node.crt", "--out", "node-2")
    replace("node-2.crt", "node.crt")
    eventually(SOON_S, "status says", lambda: "reload-failed" in problems())
    check(logged("event=reload.failed ", "node.key", "node.crt"), "no line")
    check(served_serial() == old, "half a pair is in use")
    put_one(tls("chen"))
    replace("node-2.key", "node.key")
    eventually(SOON_S, "new connections", lambda: served_serial() != old)
    check("reload-failed" not in problems(), "status has not healed")
    put_one(tls("chen"))
    goes_on(stream, chen, "a stream under the former certificate")


def follow(former, version, change, *changes):
    """The next charter, signed."""
    to = f"v{version}.charter"
    run("charter", *change, "--out", to, former)
    for another in changes:
        run("charter", *another, to)
    run("charter", "sign", to, "--previous", former, "--key", "li.key", "--yes")
    return to


def public(key):
    return run("key", "show", f"{key}.key", "--public").strip()


def add_node(name, port):
    return [
        "add-node", "--id", name, "--region", "410300",
        "--endpoint", f"127.0.0.1:{port}",
        "--journal-key", public(f"{name}.journal"),
        "--mirror-key", public(f"{name}.mirror"),
    ]


def add_charter(name):
    """To the configuration; the node is told."""
    with open("heluod.conf", encoding="utf-8") as config:
        text = config.read()
    text = text.replace("charters = {", f'charters = {{"{name}", ')
    with open("heluod.conf", "w", encoding="utf-8") as config:
        config.write(text)
    os.kill(int(os.environ["NODE_PID"]), signal.SIGHUP)


def holds(version):
    eventually(
        SOON_S,
        f"charter {version} holds",
        lambda: status()["charter_version"] == version,
    )


def change_charter(chen, stream):
    other = tls("luoyang")
    check(call(other, CHECKPOINT).error == "HL_EUNKNOWNNODE", "a stranger")
    v2 = follow("v1.charter", 2, add_node("luoyang", 7444))
    # In the place of a copy of version 1, and without a signal.
    replace(v2, "next.charter")
    holds(2)
    check(call(other, CHECKPOINT).status == "OK", "a member now")
    theirs = watch(other, HEALTH_WATCH)
    keep = ["--id", os.environ["NODE"], "--quorum", "1", "--keeper", "anyang"]
    v3 = follow(v2, 3, add_node("anyang", 7445), ["set-keepers", *keep])
    add_charter(v3)
    holds(3)
    goes_on(stream, chen, "a stream under the former charter")
    check(theirs.end is None, f"a member's stream: {theirs.end}")
    end = ["--id", "luoyang", "--size", "0", "--root", EMPTY_ROOT]
    v4 = follow(v3, 4, ["end-node", *end])
    add_charter(v4)
    holds(4)
    eventually(SOON_S, "its stream ends", lambda: theirs.end is not None)
    check(theirs.end.status == "UNAUTHENTICATED", str(theirs.end))
    check("ended" in theirs.end.text, str(theirs.end))
    check(call(other, CHECKPOINT).error == "HL_EENDED", "still a member")
    goes_on(stream, chen, "a stream under the former charter")


def main():
    chen = tls("chen")
    stream = revoke(chen)
    keep_old_list(chen)
    renew(chen, stream)
    change_charter(chen, stream)
    print("checks", calls.checks)


main()
