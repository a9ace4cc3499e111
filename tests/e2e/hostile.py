# SPDX-License-Identifier: Apache-2.0
"""Hostile peers, with shandong's certificate and journal key, at zhengzhou (the
victim). Of each case it is written down what the victim must do. Of all: it
lives, its memory stays below MEMORY_KIB, the stream between it and luoyang (the
bystander) is the one that it was before, and while the attack goes on each sees
within a minute what the other puts.

    hostile.py take CITY...     what there is of their journals, into files
    hostile.py attack CASE WAY  WAY: who dials (dials, is_dialled)
    hostile.py relay            another's journal, changed; the other is away
    hostile.py cases            their names and ways
"""

import base64
import contextlib
import glob
import json
import os
import pickle
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib

import calls
import peer
from calls import ALLIANCE, check, eventually, read
from heluo.v1 import sync_pb2
from peer import ME, MESSAGE_MAX_BYTES, asks, have, hello, want

VICTIM, BYSTANDER = os.environ["NODE"], os.environ["BYSTANDER"]
ATTACKER_PORT = int(os.environ["ATTACKER_PORT"])
VICTIM_PORT = int(os.environ["PORT"])
SEED = int(os.environ.get("HELUO_SEED", "1"))

# At rest a node has 5 MiB, without pages of files. Of a peer eight streams may
# be open, and of each 4 MiB and a message of 2 wait for the writer's thread: 48
# MiB. A window has 8 MiB, and what a peer does not take 16; the rest is the
# core's.
MEMORY_KIB = 96 << 10

# What the core holds of callers: 64 messages of message_bytes, and 128 KiB for
# each of CONNECTIONS.
CORE_KIB = (64 * 4 << 10) + int(os.environ["CONNECTIONS"]) * 128

# --- The world.


def at(city, *arguments):
    """heluo through that node's socket; what it said."""
    done = subprocess.run(
        [os.environ["HELUO"], *arguments], capture_output=True, text=True,
        env=dict(os.environ,
                 HELUO_SOCKET=os.path.abspath(f"{city}/heluo.sock")))
    check(done.returncode == 0, f"{city}: heluo {arguments}: {done.stderr}")
    return done.stdout


def sizes(city):
    """How much it holds of each journal."""
    held = {}
    for line in at(city, "journal", "list").split("\n"):
        words = line.split()
        if len(words) > 1 and words[0].startswith(f"{ALLIANCE}/"):
            held[words[0].split("/")[1]] = int(words[1])
    return held


def put(city, region):
    at(city, "unit", "put", "--scheme", "nrii", "--id", os.urandom(16).hex(),
       "--name-zh", city, "--kind", "university", "--division", region)


def connections():
    """The bystander's to the victim and back: each dial has one of its own."""
    own = set()
    for name in glob.glob(f"/proc/{os.environ['BYSTANDER_PID']}/fd/*"):
        with contextlib.suppress(OSError):
            own.add(os.readlink(name))
    ports = {VICTIM_PORT, int(os.environ["BYSTANDER_PORT"])}
    found = set()
    # The core's sockets are of both families.
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in read(table).decode().split("\n")[1:-1]:
            cells = line.split()
            ends = [int(cell.split(":")[1], 16) for cell in cells[1:3]]
            if (cells[3] == "01" and f"socket:[{cells[9]}]" in own and
                    ports & set(ends)):
                found.add(tuple(ends))
    return found


class Log:
    """What a node says from now on."""

    def __init__(self, city):
        self.path = f"{city}/log"
        self.start = os.path.getsize(self.path)

    def events(self, event, *parts):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            file.seek(self.start)
            return [line for line in file if f"event={event} " in line and
                    all(part in line for part in parts)]


def memory_kib():
    """The most that the victim ever had, without the pages of files, which the
    system takes back; it was started for this case."""
    has = dict(line.split(":") for line in read(
        f"/proc/{os.environ['NODE_PID']}/status").decode().strip().split("\n"))
    return int(has["VmHWM"].split()[0]) - int(has["RssFile"].split()[0])


class World:
    """What must be true before, during and after an attack."""

    def __init__(self, way, alone=False):
        self.way = way
        self.charter = base64.b64decode(os.environ["PIN"])
        if not alone:
            eventually(30, "the bystander is there", self.is_level)
        self.memory_kib = MEMORY_KIB
        self.links = []
        self.listener = None
        self.log = Log(VICTIM)
        self.quiet = Log(BYSTANDER)
        self.stream = connections()
        check(alone or len(self.stream) == 1, f"one stream: {self.stream}")

    def is_level(self):
        """The others are connected, and have each other's journals."""
        held = sizes(VICTIM)
        other = sizes(BYSTANDER)
        return len(connections()) == 1 and all(
            held.get(city) == other.get(city) for city in (VICTIM, BYSTANDER))

    # --- Attacking.

    def open(self, reads=True):
        """A stream on which nobody has said anything."""
        if self.way == "dials":
            link = peer.dial(reads)
        else:
            if self.listener is None:
                self.listener = peer.Listener(ATTACKER_PORT, VICTIM, reads)
            link = self.listener.next()
        self.links.append(link)
        return link

    def wire(self):
        return peer.dial_wire() if self.way == "dials" else (
            peer.accept_wire(ATTACKER_PORT, VICTIM))

    def greet(self, link, **changed):
        link.say(hello(self.charter, VICTIM, **changed))
        return link

    def live(self, reads=True):
        """A stream on which all is said that is to be said at first; and how
        much the victim has of our journal."""
        link = self.greet(self.open(reads))
        link.say(have(VICTIM))
        wanted = reads and link.hear(
            "want", lambda m: m.origin == peer.name(ME))
        check(wanted or not reads, f"it wants our journal: {link.end}")
        return link, getattr(wanted, "from") if reads else None

    # --- What must have come of it.

    def faults(self):
        return self.log.events("peer.fault", f"node={ME}")

    def shown(self):
        """What an operator of the victim sees of us."""
        peers = json.loads(at(VICTIM, "peer", "list", "--json"))
        return next(one for one in peers if one["node"] == ME)

    def shows_fault(self, why):
        shown = self.shown()
        return (shown["link"] != "up" and shown.get("faults") == 1 and
                why in shown.get("last_fault", ""))

    def is_dropped(self, link, why, seconds=10):
        """It ended the stream, held it against us once, and said why."""
        check(link.ended(seconds), f"not dropped: {why}")
        eventually(5, f"it is counted: {why}", self.faults)
        faults = self.faults()
        check(len(faults) == 1 and why in faults[0], f"{why}: {faults}")
        eventually(5, f"status says so: {why}", lambda: self.shows_fault(why))

    def is_closed(self, link, why, seconds=10):
        """It ended the stream and said why, and holds it against nobody."""
        check(link.ended(seconds), f"not closed: {why}")
        eventually(5, f"it says so: {why}",
                   lambda: self.log.events("peer.closed", why))
        check(not self.faults(), f"held against us: {self.faults()}")

    def is_left_alone(self):
        """Who is at fault is not spoken to, whoever dials."""
        for _ in range(3):
            link = peer.dial()
            check(link.ended(10), "it speaks to us again")
            check(not link.got, f"it has something to say: {link.got}")

    def others_notice_nothing(self):
        before = sizes(VICTIM)
        put(BYSTANDER, "410300")
        put(VICTIM, "410100")
        wanted = {city: before[city] + 1 for city in (VICTIM, BYSTANDER)}
        took = eventually(60, "each sees what the other puts", lambda: all(
            sizes(city)[other] >= wanted[other]
            for city, other in ((VICTIM, BYSTANDER), (BYSTANDER, VICTIM))))
        check(connections() == self.stream,
              f"their stream broke: {self.stream}, {connections()}")
        check(not self.quiet.events("peer.fault"), "the bystander found fault")
        return took

    def end(self):
        for link in self.links:
            link.leave()
        if self.listener is not None:
            self.listener.stop()


def journal(node=ME):
    with open(f"{node}.journal", "rb") as file:
        return peer.Journal(node, pickle.load(file))


def take(*cities):
    """All of these journals, as the node has them, and a checkpoint of each."""
    world = World("dials", alone=True)
    link, _ = world.live()
    for city in cities:
        size, entries = sizes(VICTIM)[city], []
        link.say(want(city))
        while len(entries) < size:
            part = link.hear("segment", lambda m: (
                m.origin == peer.name(city) and m.first == len(entries)))
            check(part is not None, f"{city}'s journal comes")
            entries += peer.segment_of(part)
        with open(f"{city}.journal", "wb") as file:
            pickle.dump(entries, file)
        with open(f"{city}.note", "wb") as file:
            file.write(part.checkpoint)
    world.end()


# --- Cases. Each names what the victim must do.

BOTH = ("dials", "is_dialled")
CASES = {}


def case(*ways):
    def add(function):
        CASES[function.__name__] = (function, ways)
        return function
    return add


BREAKS = "a message that breaks the protocol"
NO_TREE = "what it shows belongs to no tree that was signed"
RNG = random.Random(SEED)


@case(*BOTH)
def honest(world):
    """Not an attack: a peer that is slow, but does what it must, is neither
    dropped nor counted, and its entries are taken."""
    link, start = world.live()
    ours = journal().forge(start + 16)
    note = ours.sign(start + 16)
    for first in range(start, start + 16, 8):
        link.say(ours.segment(first, first + 8, note, start + 16,
                              start=first == start))
    eventually(20, "our entries are taken",
               lambda: sizes(VICTIM)[ME] == start + 16)
    world.others_notice_nothing()
    eventually(20, "and passed on", lambda: sizes(BYSTANDER)[ME] == start + 16)
    check(link.end is None, f"it ended: {link.end}")
    check(not world.faults(), f"it was counted: {world.faults()}")


@case(*BOTH)
def random_bytes(world):
    """Dropped at the first, counted once, left alone."""
    link = world.open()
    link.say(RNG.randbytes(100 + RNG.randrange(5000)))
    world.is_dropped(link, BREAKS)
    world.others_notice_nothing()
    world.is_left_alone()


@case(*BOTH)
def random_bytes_later(world):
    """The same of a peer that was good so far."""
    link, _ = world.live()
    link.say(RNG.randbytes(100 + RNG.randrange(5000)))
    world.is_dropped(link, BREAKS)
    world.others_notice_nothing()


@case(*BOTH)
def truncated(world):
    """Dropped at once, counted."""
    link, start = world.live()
    ours = journal().forge(start + 2)
    raw = ours.segment(start, start + 2, ours.sign(start + 2), start + 2,
                       start=True).SerializeToString()
    link.say(raw[:1 + RNG.randrange(len(raw) - 1)])
    world.is_dropped(link, BREAKS)
    world.others_notice_nothing()


@case(*BOTH)
def flipped_note(world):
    """A checkpoint of which one bit of the signature is another: dropped,
    counted; nothing is taken."""
    link, start = world.live()
    note = journal().forge(start + 1).sign(start + 1)
    link.say(have(ME, checkpoint=peer.flip(note)))
    world.is_dropped(link, "signature")
    check(sizes(VICTIM)[ME] == start, "something was taken")
    world.others_notice_nothing()


@case(*BOTH)
def other_alliance(world):
    """Closed with the reason; nobody's fault."""
    link = world.greet(world.open(), alliance="other.example")
    world.is_closed(link, "its Hello is of another alliance")
    world.others_notice_nothing()


@case(*BOTH)
def other_sender(world):
    """TLS names shandong, Hello the bystander: closed, nobody's fault, and the
    bystander's own stream is not superseded."""
    link = world.greet(world.open(), sender=BYSTANDER)
    world.is_closed(link, "its Hello names another node than its certificate")
    world.others_notice_nothing()


@case(*BOTH)
def other_receiver(world):
    """Closed with the reason; nobody's fault."""
    link = world.open()
    link.say(hello(world.charter, BYSTANDER))
    world.is_closed(link, "its Hello is meant for another node")
    world.others_notice_nothing()


@case(*BOTH)
def other_version(world):
    """Closed with the reason; nobody's fault."""
    link = world.greet(world.open(), version_min=2, version_max=9)
    world.is_closed(link, "it speaks no version of the protocol that we do")
    world.others_notice_nothing()


@case(*BOTH)
def no_hello(world):
    """Something else first: dropped, counted."""
    link = world.open()
    link.say(want(BYSTANDER))
    world.is_dropped(link, "no Hello first")
    check(not any(message.WhichOneof("kind") == "segment"
                  for message in link.got), "it answered")
    world.others_notice_nothing()
    world.is_left_alone()


@case(*BOTH)
def two_hellos(world):
    """Dropped, counted."""
    link, _ = world.live()
    world.greet(link)
    world.is_dropped(link, "a second Hello")
    world.others_notice_nothing()


@case(*BOTH)
def too_large(world):
    """One byte more than a message may have: dropped, counted."""
    link, _ = world.live()
    link.say(bytes(MESSAGE_MAX_BYTES + 1))
    world.is_dropped(link, BREAKS)
    world.others_notice_nothing()


@case(*BOTH)
def far_too_large(world):
    """More than is read at all: dropped, counted, and not held in memory. Where
    we dialled, the first may be the line's fault."""
    link, _ = world.live()
    link.say(bytes(5 << 20))
    if world.way == "dials":
        world.is_closed(link, "HL_ECONNECT")
        link, _ = world.live()
        link.say(bytes(5 << 20))
    world.is_dropped(link, BREAKS)
    world.others_notice_nothing()
    world.is_left_alone()


def pour_messages(world, count):
    """Messages that say they have 4 GiB, and come, on so many streams."""
    wires = [world.wire() for _ in range(count)]
    poured = [0] * count

    def pour(number):
        poured[number] = wires[number].pour(1 << 30, 6)

    threads = []
    for number, wire in enumerate(wires):
        wire.say(hello(world.charter, VICTIM))
        wire.say(have(VICTIM))
        wire.begin_message((1 << 32) - 1)
        threads.append(threading.Thread(target=pour, args=[number],
                                        daemon=True))
        threads[-1].start()
    return threads, poured


@case("is_dialled")
def endless_answer(world):
    """A message of 4 GiB from whom we dialled. The core gives no message before
    it has all of it, so there is a bound on what it holds of each that we
    dialled: past it that stream ends, and no other."""
    threads, poured = pour_messages(world, 1)
    eventually(20, "it ends", lambda: world.log.events(
        "peer.closed", "HL_ELIMIT"))
    world.others_notice_nothing()
    threads[0].join()
    print(f"an endless answer: {poured[0] >> 20} MiB were taken")


@case("dials")
def endless_calls(world):
    """The same from those who dialled us: the bound is one for all of them, and
    who meets it may be another. So the others may be interrupted; they come
    back, and nothing is lost."""
    threads, poured = pour_messages(world, 4)
    for thread in threads:
        thread.join()
    print(f"endless calls: {sum(poured) >> 20} MiB were taken")
    world.memory_kib = CORE_KIB + MEMORY_KIB
    eventually(30, "the others are back", lambda: len(connections()) == 1)
    world.stream = connections()
    world.others_notice_nothing()


@case("dials")
def not_wanted(world):
    """Segments of the bystander's journal, and of ours from elsewhere: passed
    over, the credit for them given back; nothing is held against us."""
    link, start = world.live()
    ours = journal().forge(start + 3)
    theirs = journal(BYSTANDER)
    for _ in range(100):
        link.say(ours.segment(start + 1, start + 3, ours.sign(start + 3),
                              start + 3))
    note = ours.sign(1)
    for _ in range(100):
        link.say(theirs.segment(0, 1, note, 1))
    check(link.hear("credit"), "credit is given back")
    world.others_notice_nothing()
    check(sizes(VICTIM)[ME] == start, "something was taken")
    check(link.end is None and not world.faults(), f"dropped: {link.end}")


@case(*BOTH)
def bomb(world):
    """A bundle that inflates to a thousand times what it says: dropped,
    counted; it costs nothing."""
    link, start = world.live()
    ours = journal().forge(start + 1)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bundle = b"".join(deflate.compress(bytes(1 << 20)) for _ in range(512))
    bundle += deflate.flush()
    base = calls.resident_kib()
    link.say(ours.segment(start, start + 1, ours.sign(start + 1), start + 1,
                          start=True, entries=bundle, inflated_size=1 << 20))
    world.is_dropped(link, BREAKS)
    grown = calls.resident_kib() - base
    calls.bounded(grown < 8 << 10, f"it cost {grown} KiB")
    check(sizes(VICTIM)[ME] == start, "something was taken")
    world.others_notice_nothing()


@case("dials")
def endless(world):
    """Good segments, as fast as they go, whatever credit there is. Either more
    is under way than the window, and that is a fault; or the disk is as fast as
    they come, and what is not read yet waits at its sender. What was taken is
    good, and the others do not wait for it."""
    link, start = world.live()
    size = start + 16 * 64
    ours = journal().forge(size)
    note = ours.sign(size)
    for first in range(start, size, 16):
        link.say(ours.segment(first, first + 16, note, size,
                              start=first == start))
    world.others_notice_nothing()
    eventually(60, "all is taken, or it ends",
               lambda: link.end or sizes(VICTIM)[ME] == size)
    taken = sizes(VICTIM)[ME]
    if taken < size:
        world.is_dropped(link, "it sends more than it may")
    else:
        check(not world.faults(), f"it was counted: {world.faults()}")
    at(VICTIM, "journal", "verify", "--origin", peer.name(ME), "--charter",
       "v1.charter")
    print(f"endless: {taken - start} of {size - start} entries were taken")


def misproved(world, why, **changed):
    link, start = world.live()
    ours = journal().forge(start + 4)
    link.say(ours.segment(start, start + 2, ours.sign(start + 4), start + 4,
                          start=True, **changed))
    world.is_dropped(link, why)
    check(sizes(VICTIM)[ME] == start, "something was taken")
    check(not world.log.events("evidence.stored"), "somebody was accused")
    world.others_notice_nothing()


@case(*BOTH)
def wrong_start(world):
    """A start proof for another root: dropped, counted; nothing is taken, and
    no author accused."""
    misproved(world, NO_TREE, start_root=RNG.randbytes(32))


@case("dials")
def wrong_start_proof(world):
    """The right root and a proof of nothing: the same."""
    misproved(world, NO_TREE, start_proof=RNG.randbytes(64))


@case(*BOTH)
def wrong_end(world):
    """Good entries, and a proof that they belong to no such tree: the same."""
    misproved(world, NO_TREE, end_proof=RNG.randbytes(96))


@case("dials")
def no_start(world):
    """Entries of no tree, and never a start proof: the start is asked for
    again, and then it is the peer's fault."""
    link, start = world.live()
    ours = journal().forge(start + 4)
    note = ours.sign(start + 4)
    for _ in range(8):
        link.say(ours.segment(start, start + 2, note, start + 4,
                              end_proof=RNG.randbytes(96)))
    world.is_dropped(
        link, "its segments do not verify, and no start proof came")
    world.others_notice_nothing()


@case("dials")
def withholding(world):
    """A checkpoint whose entries never come: what we say is asked of others
    after a while, and all else goes on."""
    link, start = world.live()
    note = journal().forge(start + 9).sign(start + 9)
    link.say(have(ME, checkpoint=note))
    stopped = link.hear("want", lambda m: m.origin == peer.name(ME) and m.stop,
                        30)
    check(stopped is not None, "it waits for us for ever")
    world.others_notice_nothing()
    check(sizes(VICTIM)[ME] == start, "something was taken")
    check(link.end is None and not world.faults(), "nobody's fault")


def calls_open():
    return int(json.loads(at(VICTIM, "status", "--json")).get("calls_open", 0))


@contextlib.contextmanager
def flood(link, messages):
    """They are said all the time; afterwards: how many times."""
    stop = threading.Event()
    count = [0]

    def say():
        while not stop.is_set() and link.end is None:
            link.say(*messages)
            count[0] += len(messages)

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()


def flooded(world, what, messages, seconds=3):
    """While it comes, the others notice nothing, and the stream lives."""
    link, _ = world.live()
    with flood(link, messages) as count:
        time.sleep(seconds)
        took = world.others_notice_nothing()
        print(f"flood of {what}: {count[0]}, others wait {took:.1f} s, "
              f"{memory_kib()} KiB")
    check(count[0] > 1000, f"no flood: {count[0]}")
    check(link.end is None and not world.faults(), f"dropped: {link.end}")
    return link


@case("dials")
def flood_of_haves(world):
    """Each is good: the others notice nothing."""
    ours = journal().forge(40)
    note = ours.sign(40)
    flooded(world, "Haves", [
        have(ME, checkpoint=ours.sign(1), candidate=note),
        have(ME, checkpoint=note), have(VICTIM),
        have(BYSTANDER, claim=sync_pb2.SyncMessage.Head(
            size=1 << 60, root=bytes(32)))])


@case("dials")
def flood_of_questions(world):
    """Answered so many times in a heartbeat, and passed over beyond; the others
    notice nothing."""
    link = flooded(world, "questions", [
        asks("proof_want", BYSTANDER, at=1), want(BYSTANDER),
        asks("kept_want", BYSTANDER), asks("digest_want", BYSTANDER, size=1),
        want(VICTIM, 1 << 60), asks("proof_want", "nobody", at=3)])
    answers = sum(message.WhichOneof("kind") in ("segment", "proof", "kept",
                                                 "digest")
                  for message in link.got)
    print(f"flood of questions: {answers} answers")
    # 80 in a heartbeat of 5 s, and a Want has a segment or two.
    check(0 < answers < 80 * 2 * 4, f"{answers} answers")


@case(*BOTH)
def charter_garbage(world):
    """A charter that is none: dropped, counted once, however many come."""
    link, _ = world.live()
    link.say(*[sync_pb2.SyncMessage(charter=sync_pb2.SyncMessage.Charter(
        raw=RNG.randbytes(1000))) for _ in range(50)])
    world.is_dropped(link, "charter")
    check(len(world.log.events("charter.refused")) < 2, "a line for each")
    world.others_notice_nothing()


@case("dials")
def charter_of_nobody(world):
    """A copy of the charter whose coordinator's line does not verify: passed
    over, since an honest peer may have it so; no charter comes of it."""
    raw = peer.flip(read("v1.charter"))
    link, _ = world.live()
    link.say(*[sync_pb2.SyncMessage(charter=sync_pb2.SyncMessage.Charter(
        raw=raw)) for _ in range(50)])
    world.others_notice_nothing()
    for event in ("charter.refused", "charter.holds", "charter.contested"):
        check(not world.log.events(event), event)
    check(link.end is None and not world.faults(), f"dropped: {link.end}")


@case(*BOTH)
def evidence_garbage(world):
    """Evidence that is none: dropped, counted; nobody is accused."""
    link, _ = world.live()
    link.say(sync_pb2.SyncMessage(evidence=sync_pb2.SyncMessage.Evidence(
        raw=RNG.randbytes(100000))))
    world.is_dropped(link, "its evidence proves nothing")
    check(not world.log.events("evidence.stored"), "somebody was accused")
    world.others_notice_nothing()


def give_much(world):
    """4 MB of our journal, so that there is something to want."""
    link, start = world.live()
    ours = journal().forge(start + 64)
    note = ours.sign(start + 64)
    for first in range(start, start + 64, 16):
        link.say(ours.segment(first, first + 16, note, start + 64,
                              start=first == start))
    eventually(20, "it is taken", lambda: sizes(VICTIM)[ME] == start + 64)
    link.leave()


@case(*BOTH)
def reads_nothing(world):
    """It wants everything again and again, and takes nothing: its queue has a
    bound, past which the stream ends, and nothing is kept of it. Who does that
    again and again costs no more than once or twice."""
    give_much(world)
    peaks = []
    for number in range(5):
        link = world.greet(world.open(reads=False))
        link.say(have(VICTIM))
        with flood(link, [want(ME)]):
            eventually(30, "its stream ends", lambda: len(
                world.log.events("peer.closed", "HL_ELIMIT")) > number)
            world.others_notice_nothing()
        peaks.append(calls.resident_kib())
    print(f"read nothing, again and again: {peaks} KiB")
    calls.bounded(peaks[-1] < peaks[1] + (24 << 10), f"it grows: {peaks}")
    eventually(20, "no call is left", lambda: calls_open() <= 2)


@case(*BOTH)
def silent(world):
    """No Hello: closed when its time is over; nobody's fault."""
    link = world.open()
    world.others_notice_nothing()
    world.is_closed(link, "no Hello came", 20)


@case("dials")
def silent_after_hello(world):
    """Hello, and not a word of what it holds: the same; before, nothing of the
    victim's own journal is said."""
    link = world.greet(world.open())
    link.say(want(VICTIM))
    world.others_notice_nothing()
    world.is_closed(link, "it did not say what it holds of our journal", 20)
    check(not any(message.WhichOneof("kind") == "segment"
                  for message in link.got), "it said something")


@case(*BOTH)
def dies(world):
    """Half of a message, and then the connection is lost, as of an honest peer
    that is killed: nobody's fault."""
    for end in ("reset", "closed", "ended"):
        wire = world.wire()
        wire.begin_message(1 << 20)
        wire.pour(10000)
        time.sleep(0.5)
        if end == "reset":
            wire.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       b"\1\0\0\0\0\0\0\0")
        elif end == "ended":
            wire.connection.sendall(
                peer.frame(peer.Wire.RESET, 0, 1, b"\0\0\0\x08"))
            time.sleep(0.2)
        wire.connection.close()
        time.sleep(0.5)
    world.others_notice_nothing()
    check(not world.faults(), f"held against us: {world.faults()}")


@case("dials")
def half_open(world):
    """Connections that never finish their TLS handshake: they cost little, and
    end when their time is over; a new peer gets in meanwhile."""
    made = peer.tls_context()
    base, held = calls.resident_kib(), []
    for number in range(int(os.environ["CONNECTIONS"]) - 100):
        plain = socket.create_connection(("127.0.0.1", VICTIM_PORT))
        if number % 2:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            half = made.wrap_bio(incoming, outgoing, server_hostname=calls.NAME)
            with contextlib.suppress(ssl.SSLWantReadError):
                half.do_handshake()
            plain.sendall(outgoing.read()[:100])
        held.append(plain)
    world.others_notice_nothing()
    link, _ = world.live()
    print(f"{len(held)} half open: {calls.resident_kib() - base} KiB")

    def are_closed():
        for one in held:
            one.setblocking(False)
            try:
                if one.recv(4096) != b"":
                    return False
            except BlockingIOError:
                return False
            except OSError:
                pass
        return True

    eventually(20, "they are closed", are_closed)
    check(link.end is None, "the good one was dropped")


@case("dials")
def many_streams(world):
    """A thousand streams, and none says Hello: those beyond eight are refused
    at once, the others closed in time."""
    channels = [calls.tls(f"{ME}/node") for _ in range(4)]
    links = [peer.dial(channel=channels[number % 4]) for number in range(1000)]
    world.links += links
    world.others_notice_nothing()
    time.sleep(1)
    open_ones = sum(link.end is None for link in links)
    print(f"{len(links)} streams: {open_ones} stay open, {memory_kib()} KiB")
    check(0 < open_ones <= 8, f"{open_ones} stay open")
    check(all(link.ended(20) for link in links), "they stay for ever")
    check(not world.faults(), f"held against us: {world.faults()}")


@case("dials")
def many_heavy_streams(world):
    """Each is full of the largest messages: the first drops them all."""
    channels = [calls.tls(f"{ME}/node", ("grpc.max_send_message_length", -1))
                for _ in range(4)]
    links = [peer.dial(channel=channels[number % 4]) for number in range(64)]
    world.links += links
    heavy = bytes([0x7a]) + RNG.randbytes(MESSAGE_MAX_BYTES - 1)
    threads = [threading.Thread(target=link.say, args=[heavy] * 20, daemon=True)
               for link in links]
    for thread in threads:
        thread.start()
    world.others_notice_nothing()
    check(all(link.ended(20) for link in links), "they stay for ever")
    print(f"{len(links)} heavy streams: {memory_kib()} KiB")
    check(world.faults(), "it is counted")


@case("dials")
def newer_and_newer(world):
    """Each stream says a good Hello and supersedes the one before, or comes too
    soon and is refused: one is left, and memory stays."""
    links = []
    for number in range(300):
        link = world.open()
        world.greet(link).say(have(VICTIM))
        links.append(link)
    world.others_notice_nothing()
    eventually(20, "one is left", lambda: (
        sum(link.end is None for link in links) == 1))
    print(f"{len(links)} superseded: {memory_kib()} KiB")
    check(not world.faults(), f"held against us: {world.faults()}")


@case("dials")
def newer_and_unread(world):
    """Each stream wants more than the connection takes, reads nothing, and is
    superseded before that is too much: what was on its way goes with it."""
    give_much(world)
    for _ in range(40):
        link = world.greet(world.open(reads=False))
        link.say(have(VICTIM), *[want(ME)] * 3)
        time.sleep(0.25)
    world.others_notice_nothing()
    print(f"40 superseded, unread: {memory_kib()} KiB")
    eventually(20, "no call is left", lambda: calls_open() <= 2)
    link, _ = world.live()
    check(link.end is None, f"the newest ended: {link.end}")


@case("dials")
def fork(world):
    """Two checkpoints of our journal that contradict each other: evidence, at
    the victim and at the bystander, our journal quarantined; what was taken
    before stays."""
    link, start = world.live()
    ours = journal().forge(start + 2)
    note = ours.sign(start + 2)
    link.say(ours.segment(start, start + 2, note, start + 2, start=True))
    eventually(20, "our entries are taken",
               lambda: sizes(VICTIM)[ME] == start + 2)
    link.say(have(ME, checkpoint=ours.sign(start + 2, RNG.randbytes(32))))
    eventually(20, "there is evidence",
               lambda: world.log.events("evidence.stored", f"node={ME}"))
    eventually(20, "our journal is quarantined",
               lambda: world.log.events("journal.quarantined", f"node={ME}"))
    eventually(60, "the bystander knows", lambda: world.quiet.events(
        "journal.quarantined", f"node={ME}"))
    world.others_notice_nothing()
    for city in (VICTIM, BYSTANDER):
        check(sizes(city)[ME] >= 1, f"{city}: what was before it stays")


def relay():
    """The bystander, who is away, has an entry more, and we have it: with one
    byte changed it is our fault, and its author is accused by nobody."""
    world = World("dials", alone=True)
    link, _ = world.live()
    theirs, note = journal(BYSTANDER), read(f"{BYSTANDER}.note")
    size = len(theirs.entries)
    link.say(have(BYSTANDER, checkpoint=note))
    wanted = link.hear("want", lambda m: m.origin == peer.name(BYSTANDER) and (
        not m.stop))
    check(wanted is not None, "it wants the bystander's journal of us")
    start = getattr(wanted, "from")
    check(start < size, f"there is something to want: {start}, {size}")
    good = theirs.segment(start, size, note, size, start=True)
    changed = bytearray(good.segment.entries)
    changed[RNG.randrange(4, len(changed))] ^= 1 << RNG.randrange(8)
    good.segment.entries = bytes(changed)
    link.say(good)
    world.is_dropped(link, NO_TREE)
    check(sizes(VICTIM)[BYSTANDER] == start, "something was taken")
    for event in ("evidence.stored", "journal.quarantined"):
        check(not world.log.events(event), event)
    world.end()


# --- Running.


def attack(what, way):
    world = World(way)
    try:
        CASES[what][0](world)
        check(os.path.exists(f"/proc/{os.environ['NODE_PID']}"), "it lives")
        peak = memory_kib()
        print(f"{what}, {way}: {peak} KiB, seed {SEED}")
        calls.bounded(peak < world.memory_kib, f"{what}: it took {peak} KiB")
    finally:
        world.end()


def main(command, *arguments):
    if command == "cases":
        for what, (_, ways) in CASES.items():
            print(what, *ways)
        return
    {"take": take, "relay": relay, "attack": attack}[command](*arguments)
    print("checks", calls.checks, flush=True)
    os._exit(0)  # streams are open, on purpose


main(*sys.argv[1:])
