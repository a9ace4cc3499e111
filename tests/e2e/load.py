# SPDX-License-Identifier: Apache-2.0
"""The end under load. `put` writes from many callers, has the node reload and
then end in the middle of it, and notes what was acknowledged; `verify` asks
the next process: all of it is there, and what is asked again has one effect."""

import json
import os
import signal
import sys
import threading
import time

import calls
from calls import Stream, call, check, eventually, local, logged, open_call
from calls import status, tls
from units import LIST, PUT, WATCH, put
from heluo.v1 import catalogue_pb2, record_kind_pb2

PID = int(os.environ["NODE_PID"])
WRITERS = 12
NOTES = "acknowledged.json"


class Writer:
    """One caller, one call after the other."""

    def __init__(self, first, who):
        self.numbers = range(first, first + 10**6)
        self.who = who
        self.done = []  # [number, command, index]
        self.unknown = None  # [number, command]
        self.end = None
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        with tls(self.who) as channel:
            for number in self.numbers:
                command = os.urandom(16)
                answer = call(channel, PUT, request=put(number, command=command))
                if answer.status != "OK":
                    self.unknown = [number, command.hex()]
                    self.end = answer
                    return
                written = catalogue_pb2.CataloguePutResponse.FromString(answer.message)
                self.done.append([number, command.hex(), written.written.index])


def put_until_end():
    writers = [
        Writer(10**6 * i, ("web", "chen")[i % 2]) for i in range(WRITERS)
    ]
    with tls("chen") as channel, tls("web") as quiet, local() as near:
        streams = [Stream(channel, WATCH) for _ in range(20)]
        streams += [Stream(near, WATCH) for _ in range(5)]
        unread = [open_call(quiet, WATCH, "server stream") for _ in range(10)]

        def written():
            return sum(len(writer.done) for writer in writers)

        eventually(20, "it writes", lambda: written() > 200)
        for _ in range(5):
            os.kill(PID, signal.SIGHUP)
            before = written()
            eventually(20, "it writes on", lambda: written() > before + 50)
        check(logged("event=reload.done "), "no reload")
        check(all(one.end is None for one in streams + writers), "one ended")
        begun = time.monotonic()
        os.kill(PID, signal.SIGTERM)
        for writer in writers:
            writer.thread.join()
        for stream in streams:
            stream.thread.join()
        print(f"{written()} writes; all ended {time.monotonic() - begun:.2f} s "
              "after SIGTERM")
        for one in streams:
            check(one.end.status == "UNAVAILABLE", str(one.end))
        for one in writers:
            # The core cancels what came after it stopped to hand out calls.
            check(one.end.status in ("UNAVAILABLE", "CANCELLED"), str(one.end))
        check(len(unread) == 10, "they were there all the time")
    with open(NOTES, "w", encoding="utf-8") as notes:
        json.dump([[w.who, w.done, w.unknown] for w in writers], notes)


def again(channel, number, command):
    request = put(number, command=bytes.fromhex(command))
    answer = call(channel, PUT, request=request)
    check(answer.status == "OK", f"{number}: {answer}")
    return catalogue_pb2.CataloguePutResponse.FromString(answer.message).written


def units():
    found, token = set(), b""
    with local() as channel:
        while True:
            request = catalogue_pb2.CatalogueListRequest(
                kind=record_kind_pb2.RECORD_KIND_UNIT,
                page_size=1000,
                page_token=token,
            )
            answer = call(channel, LIST, request=request.SerializeToString())
            page = catalogue_pb2.CatalogueListResponse.FromString(answer.message)
            found |= {(int(v.record.unit.id, 16), v.index) for v in page.records}
            token = page.next_page_token
            if not token:
                return found


def verify():
    with open(NOTES, encoding="utf-8") as notes:
        writers = json.load(notes)
    found = units()
    wanted = set()
    for who, done, unknown in writers:
        wanted |= {(number, index) for number, _, index in done}
        with tls(who) as channel:
            for number, command, index in done[-20:]:
                written = again(channel, number, command)
                check(written.repeated and written.index == index, str(written))
            wanted.add((unknown[0], again(channel, *unknown).index))
    check(found <= wanted, f"nobody wrote {found - wanted}")
    check(units() == wanted, f"{len(units())}, not {len(wanted)} units")
    check(status()["journal_size"] == len(wanted), "something is there twice")


def main(what):
    tests = {"put": put_until_end, "verify": verify}
    tests[what]()
    print("checks", calls.checks)


main(sys.argv[1])
