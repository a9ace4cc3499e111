# SPDX-License-Identifier: Apache-2.0
"""Storms of calls: what is malformed, too large or deflated, callers that go
away, more watchers, writes and calls than may be. Each is refused by name and
leaves nothing behind."""

import socket
import ssl
import sys
import threading
import time

import grpc

import calls
from calls import NAME, PORT, bounded, call, check, eventually, local
from calls import methods, open_call, resident_kib, run, status, tls
from units import GET, LIST, PUT, PUT_BATCH, WATCH, put, put_batch
from heluo.v1 import catalogue_pb2, record_kind_pb2

STATUS = "/heluo.v1.Node/Status"

# --- Messages.


def field(number, wire, payload=b""):
    return bytes([number << 3 | wire]) + payload


def text(number, value):
    return field(number, 2, bytes([len(value)]) + value)


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def nested(levels, number=2):
    """Messages within messages, each with the next in that field."""
    out = b""
    for _ in range(levels):
        out = bytes([number << 3 | 2]) + varint(len(out)) + out
    return out


# What no method takes.
MALFORMED = {
    "20,000 groups": field(2, 3) * 20000,
    "a group's end": field(2, 4),
    "wire type 6": field(1, 6),
    "wire type 7": field(1, 7),
    "field 0": b"\0\0",
    "a length past the end": field(9, 2, b"\x7f"),
    "an endless varint": field(9, 0, b"\xff" * 11),
    "cut short": field(9, 1, b"\0\0\0"),
}

# What is wrong of a unit, in a Put.
MALFORMED_UNIT = {
    "invalid UTF-8": text(3, b"\xe6\xb2"),
    "a surrogate": text(3, b"\xed\xa0\x80"),
    "overlong UTF-8": text(3, b"\xc0\xaf"),
    "NUL": text(3, b"a\0b"),
    "a number for text": field(3, 0, b"\1"),
    "text for a number": text(7, b"2022"),
    "fixed64 for text": field(3, 1, b"\0" * 8),
}

MALFORMED_STATUSES = ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")


def malformed():
    """Every method refuses them, and says so; nothing is written."""
    before = status()["journal_size"]
    table = methods()
    with tls("chen") as channel:
        for path, (kind, roles) in table.items():
            if "operator" not in roles:
                continue
            for what, request in MALFORMED.items():
                answer = call(channel, path, kind, request)
                check(
                    answer.status in MALFORMED_STATUSES and answer.error,
                    f"{path}, {what}: {answer}",
                )
            answer = call(channel, path, kind, nested(20000))
            check(
                answer.status in MALFORMED_STATUSES + ("OK", "NOT_FOUND"),
                f"{path}, 20,000 levels: {answer}",
            )
        for what, unit in MALFORMED_UNIT.items():
            answer = call(channel, PUT, request=text(2, unit))
            check(answer.error == "HL_EMALFORMED", f"{what}: {answer}")
        serves(channel)
    check(status()["journal_size"] == before, "something was written")


def too_large():
    before = status()["journal_size"]
    with tls("chen") as channel:
        # Over the method's bound, and over the server's.
        for size in (70000, 5 << 20):
            answer = call(channel, PUT, request=bytes(size))
            check(answer.status == "RESOURCE_EXHAUSTED", f"{size}: {answer}")
        base = resident_kib()
        bomb = bytes(64 << 20)
        for _ in range(4):
            answer = call(
                channel, PUT, request=bomb, compression=grpc.Compression.Gzip
            )
            check(answer.status == "UNIMPLEMENTED", f"deflated: {answer}")
        grown = resident_kib() - base
        bounded(grown < 16 << 10, f"deflated messages cost {grown} KiB")
        serves(channel)
    check(status()["journal_size"] == before, "something was written")


def serves(channel):
    answer = call(channel, STATUS, timeout=5)
    check(answer.status == "OK", f"it does not serve: {answer}")


# --- Callers that go away.


def all_ended():
    # The one that asks is open.
    return status()["calls_open"] <= 1


def vanish_once(count):
    paths = [(GET, "unary", b""), (LIST, "unary", b""), (PUT, "unary", None),
             (WATCH, "server stream", b""), (STATUS, "unary", b"")]
    with tls("chen") as channel:
        for number in range(count):
            path, kind, request = paths[number % len(paths)]
            timeout = 0.001 if number % 2 else 20
            one = open_call(
                channel, path, kind,
                put(number) if request is None else request, timeout=timeout,
            )
            if number % 2 == 0:
                one.cancel()
    eventually(10, "all calls have ended", all_ended)


def abort_connections(count):
    """Dropped in the middle of a call's frames."""
    made = ssl.create_default_context(cafile="ca/root.crt")
    made.load_cert_chain("chen.crt", "chen.key")
    made.set_alpn_protocols(["h2"])
    linger = b"\1\0\0\0\0\0\0\0"
    for _ in range(count):
        plain = socket.create_connection(("127.0.0.1", int(PORT)))
        secure = made.wrap_socket(plain, server_hostname=NAME)
        secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        secure.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
        secure.sendall(b"\0\1\0\1\4\0\0\0\1" + b"\x83\x87")
        secure.close()


def vanish(count):
    """Calls whose caller cancels at once, or gives them a millisecond. Twice:
    what the first left behind would be there again."""
    peaks = []
    for _ in range(3):
        vanish_once(count)
        abort_connections(30)
        peaks.append(resident_kib())
    print(f"{count} calls that nobody waits for, three times: {peaks} KiB")
    bounded(peaks[-1] < peaks[0] * 1.15 + 4096, f"it grows: {peaks}")
    eventually(10, "all calls have ended", all_ended)
    with tls("chen") as channel:
        serves(channel)


# --- Watchers.


def watchers(count):
    """As many as there may be; each sees the one change that comes."""
    who = ["web", "chen", "henan"]
    base = resident_kib()
    channels = [tls(name) for name in who]
    open_ones = [
        open_call(channels[i % 3], WATCH, "server stream") for i in range(count)
    ]
    for one in open_ones:
        while not catalogue_pb2.CatalogueChange.FromString(next(one)).current:
            pass
    answer = call(channels[0], WATCH, "server stream")
    check(answer.error == "HL_EBUSY", f"one too many: {answer}")
    check(answer.retry_ms, "no hint when to try again")
    begun = time.monotonic()
    mark = f"watched {begun}"
    written = call(channels[1], PUT, request=put(1, mark))
    check(written.status == "OK", f"put: {written}")
    for one in open_ones:
        seen = catalogue_pb2.CatalogueChange.FromString(next(one))
        check(seen.record.record.unit.name_zh == mark, f"not the change: {seen}")
    took = time.monotonic() - begun
    grown = resident_kib() - base
    print(f"{count} watchers: {grown} KiB, a change at all in {took:.2f} s")
    bounded(grown < count * 64 + 4096, f"{count} watchers cost {grown} KiB")
    for channel in channels:
        channel.close()
    eventually(10, "all calls have ended", all_ended)


def slow_readers(count):
    """They read nothing while much is written: nobody waits for them, and
    nothing is kept for them but their place."""
    base = resident_kib()
    with tls("web") as quiet, tls("chen") as channel:
        slow = [open_call(quiet, WATCH, "server stream") for _ in range(count)]
        late = open_call(channel, WATCH, "server stream")
        first = status()["journal_size"]
        for batch in range(3):
            answer = put_all(channel, range(batch * 8000, batch * 8000 + 8000))
            check(answer.status == "OK", f"batch: {answer}")
        last = status()["journal_size"]
        grown = resident_kib() - base
        print(f"{count} slow readers, {last - first} writes: {grown} KiB")
        # The core takes part of a window for each; the map's pages are the
        # system's.
        bounded(grown < (64 << 10) + count * 256, f"it grew by {grown} KiB")
        serves(channel)
        check(all(one.is_active() for one in slow), "one was ended")
        index, in_order = -1, True
        for raw in late:
            change = catalogue_pb2.CatalogueChange.FromString(raw)
            if change.HasField("record"):
                in_order = in_order and change.record.index > index
                index = change.record.index
            if index == last - 1:
                break
        check(in_order, "out of order")
    eventually(10, "all calls have ended", all_ended)


def long_watch():
    """A stream holds nothing of what it has said. The first time is for the
    store's pages, in a process that has served nobody yet."""
    run("journal", "verify", "--charter", "v1.charter")
    units_of("")
    sizes = []
    with local() as channel:
        for raw in open_call(channel, WATCH, "server stream"):
            sizes.append(resident_kib() if len(sizes) % 1000 == 999 else 0)
            if catalogue_pb2.CatalogueChange.FromString(raw).current:
                break
    sizes = [size for size in sizes if size]
    print(f"{len(sizes)} thousand changes: from {sizes[0]} to {sizes[-1]} KiB")
    check(len(sizes) > 20, f"only {len(sizes)} thousand changes")
    # A quarter of what an entry has in the store.
    bounded(sizes[-1] < sizes[0] + len(sizes) * 64 + 2048, f"kept: {sizes}")


# --- More writes than there is room for.


def put_all(channel, numbers, name="河洛"):
    return call(channel, PUT_BATCH, request=put_batch(numbers, name))


def units_of(prefix):
    """How many units have such a name."""
    count, token = 0, b""
    with local() as channel:
        while True:
            request = catalogue_pb2.CatalogueListRequest(
                kind=record_kind_pb2.RECORD_KIND_UNIT,
                page_size=1000,
                page_token=token,
            )
            answer = call(channel, LIST, request=request.SerializeToString())
            page = catalogue_pb2.CatalogueListResponse.FromString(answer.message)
            count += sum(
                view.record.unit.name_zh.startswith(prefix) for view in page.records
            )
            token = page.next_page_token
            if not token:
                return count


def batches(clients, rounds):
    """Whole or not at all, and who is refused hears when to try again."""
    results = []
    requests = [
        put_batch(range(10**6 * (i + 1), 10**6 * (i + 1) + 8190), "batch")
        for i in range(clients * rounds)
    ]

    def write(client):
        with tls("web") as channel:
            for number in range(client, clients * rounds, clients):
                results.append(call(channel, PUT_BATCH, request=requests[number]))

    threads = [threading.Thread(target=write, args=(i,)) for i in range(clients)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - begun
    done = [one for one in results if one.status == "OK"]
    refused = [one for one in results if one.status != "OK"]
    print(f"batches: {len(done)} done, {len(refused)} refused in {took:.1f} s")
    check(done and refused, "the queue was not filled")
    for one in refused:
        check(one.status == "RESOURCE_EXHAUSTED", str(one))
        check(one.error == "HL_EBUSY" and one.retry_ms, str(one))
    for one in done:
        response = catalogue_pb2.CataloguePutBatchResponse.FromString(one.message)
        check(len(response.results) == 8190, "a result for each")
        check(not any(item.error for item in response.results), "all done")
    check(units_of("batch") == 8190 * len(done), "half a batch is there")


def rate(per_s, burst):
    """The rate is a caller's own; who is over it hears when to try again."""
    with tls("web") as web, tls("chen") as chen:
        answers = [call(web, STATUS) for _ in range(burst * 2)]
        refused = [one for one in answers if one.status != "OK"]
        check(refused, "no bound")
        check(len(refused) < burst, f"{len(refused)} of {burst * 2} refused")
        for one in refused:
            check(one.error == "HL_EBUSY" and one.retry_ms, str(one))
        serves(chen)
        time.sleep(2 / per_s)
        serves(web)


def main(what, *numbers):
    tests = {
        "malformed": malformed,
        "too_large": too_large,
        "vanish": vanish,
        "watchers": watchers,
        "slow_readers": slow_readers,
        "long_watch": long_watch,
        "batches": batches,
        "rate": rate,
    }
    tests[what](*(int(number) for number in numbers))
    print("checks", calls.checks)


main(*sys.argv[1:])
