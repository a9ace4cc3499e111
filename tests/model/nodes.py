# SPDX-License-Identifier: Apache-2.0
"""Real nodes: three cities of an alliance that model.sh founded, started and
ended from here, asked over their sockets, and watched."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time

import grpc
from heluo.v1 import catalogue_pb2, node_pb2
from heluo.v1 import ledger_pb2 as pb

import base

OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]
METHODS = {
    "put": ("Scheme/Put", "SchemePut"),
    "issue": ("Voucher/Issue", "VoucherIssue"),
    "end": ("Voucher/End", "VoucherEnd"),
    "place": ("Order/Place", "OrderPlace"),
    "request": ("Order/Request", "OrderRequest"),
    "accept": ("Order/Accept", "OrderAccept"),
    "decline": ("Order/Decline", "OrderDecline"),
    "deliver": ("Order/Deliver", "OrderDeliver"),
    "dispute": ("Order/Dispute", "OrderDispute"),
    "resolve": ("Order/Resolve", "OrderResolve"),
    "confirm": ("Order/Confirm", "OrderConfirm"),
    "cancel": ("Order/Cancel", "OrderCancel"),
    "adjust": ("Order/Adjust", "OrderAdjust"),
    "review": ("Order/Review", "OrderReview"),
    "allot": ("Order/Allot", "OrderAllot"),
    "spend": ("Order/Spend", "OrderSpend"),
    "close": ("Order/Close", "OrderClose"),
}
FIELDS = {"put": "scheme"}  # of a request; as the command is called, where not here
WAIT_S = 120


class Clock:
    """What all programs of the test take for the time (tests/shim/clock.c)."""

    def __init__(self, path):
        self.path = path
        self.ahead_s = int(open(path, encoding="ascii").read())

    def now_ms(self):
        return int((time.time() + self.ahead_s) * 1000)

    def go_on(self, seconds):
        self.ahead_s += seconds
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(str(self.ahead_s))
        os.rename(self.path + ".new", self.path)


class Node:
    def __init__(self, name, alliance):
        self.name = name
        self.origin = f"{alliance}/{name}"
        self.process = None
        self.channel = None
        self.watch = Watch(self)
        self.seen_vouchers = b""  # a token

    # --- Running. ---------------------------------------------------------------

    def start(self):
        with open(f"{self.name}/log", "wb") as log:
            self.process = subprocess.Popen(
                # It ends when this program does, however that comes.
                ["setpriv", "--pdeathsig", "KILL", "env",
                 f"LD_PRELOAD={os.environ['FAULT']}", os.environ["HELUOD"],
                 "--config", f"{self.name}/heluod.conf"],
                stderr=log)

    def wait_ready(self):
        wait(f"{self.name} is ready", self.is_ready)
        self.channel = grpc.insecure_channel(f"unix:{self.name}/heluo.sock", OPTIONS)
        self.watch.start()

    def is_ready(self):
        if self.process.poll() is not None:
            self.fail(f"ended with {self.process.returncode}")
        with open(f"{self.name}/log", "rb") as log:
            return b"event=ready" in log.read()

    def stop(self):
        if self.process.poll() is not None:
            self.fail(f"ended with {self.process.returncode}")
        self.watch.stop()
        self.channel.close()
        self.process.send_signal(signal.SIGTERM)

    def wait_stopped(self):
        status = self.process.wait(WAIT_S)
        # LeakSanitizer may find what libcrypto kept for a thread of gRPC's.
        if status != 0 and not os.environ.get("SANITIZED"):
            self.fail(f"ended with {status}")

    def fail(self, text):
        """With its log, which world.sh shows."""
        shutil.copy(f"{self.name}/log", "log")
        raise SystemExit(f"{self.name} {text}")

    # --- Calls. -----------------------------------------------------------------

    def begin(self, method, request, response):
        """A future of the answer."""
        call = self.channel.unary_unary(
            f"/heluo.v1.{method}", type(request).SerializeToString, response.FromString)
        return call.future(request, timeout=WAIT_S)

    def ask(self, method, request, response):
        return self.begin(method, request, response).result()

    def begin_one(self, command, sealed=False):
        """A command by a method of its own."""
        method, name = METHODS[command.kind]
        request = getattr(pb, name + "Request")()
        getattr(request, FIELDS.get(command.kind, command.kind)).CopyFrom(command.body)
        request.write.command_id = command.id
        request.write.sealed = sealed
        if command.kind == "issue":
            set_parties(request, command)
        if command.invoice is not None:
            set_invoice(request, getattr(request, command.kind), command.invoice)
        return self.begin(method, request, pb.LedgerResponse)

    def begin_batch(self, commands):
        request = pb.LedgerBatchRequest()
        for command in commands:
            one = request.commands.add(command_id=command.id)
            getattr(one, command.kind).CopyFrom(command.body)
            set_parties(one, command)
            if command.invoice is not None:
                set_invoice(one, getattr(one, command.kind), command.invoice)
        return self.begin("Ledger/Batch", request, pb.LedgerBatchResponse)

    def state(self, id, key, record):
        """A future: a record of the catalogue stands so; None: it is retired."""
        if record is None:
            request = catalogue_pb2.CatalogueRetireRequest(
                key=record_key(key), reason="停用")
            request.write.command_id = id
            return self.begin(
                "Catalogue/Retire", request, catalogue_pb2.CatalogueRetireResponse)
        request = catalogue_pb2.CataloguePutRequest(record=record_of(key, record))
        request.write.command_id = id
        return self.begin("Catalogue/Put", request, catalogue_pb2.CataloguePutResponse)

    def pages(self, method, request, response, field):
        """All of a list."""
        while True:
            page = self.ask(method, request, response)
            yield from getattr(page, field)
            request.page_token = page.next_page_token
            if not page.next_page_token:
                return

    def order(self, begun_at, id):
        request = pb.OrderGetRequest(begun_at=begun_at, id=id)
        return self.ask("Order/Get", request, pb.OrderGetResponse).order

    def changed_vouchers(self):
        """The newest view of each that Voucher.Watch tells since the last time."""
        call = self.channel.unary_stream(
            "/heluo.v1.Voucher/Watch", pb.VoucherWatchRequest.SerializeToString,
            pb.VoucherChange.FromString)(
                pb.VoucherWatchRequest(token=self.seen_vouchers), timeout=WAIT_S)
        views = {}
        for change in call:
            self.seen_vouchers = change.token
            if change.current:
                call.cancel()
                return views
            views[change.voucher.origin, change.voucher.voucher.id] = change.voucher
        return self.fail("ends Voucher.Watch")

    def sizes(self):
        """{origin: entries} as they are here."""
        answer = self.ask(
            "Node/Journals", node_pb2.NodeJournalsRequest(), node_pb2.NodeJournalsResponse)
        return {one.origin: one.size for one in answer.journals if one.size}

    def vouchers(self, request):
        return self.pages("Voucher/List", request, pb.VoucherListResponse, "vouchers")

    def orders(self, request):
        return self.pages("Order/List", request, pb.OrderListResponse, "orders")

    def voucher(self, id):
        request = pb.VoucherGetRequest(id=id)
        return self.ask("Voucher/Get", request, pb.VoucherGetResponse).voucher

    def status(self):
        return self.ask(
            "Node/Status", node_pb2.NodeStatusRequest(), node_pb2.NodeStatusResponse)


def set_parties(request, command):
    if command.holder:
        request.holder.CopyFrom(command.holder)
    if command.controller:
        request.controller.CopyFrom(command.controller)


def set_invoice(request, served, invoice):
    """The node makes its fingerprints."""
    for name in ("invoice_key", "invoice_print", "former_key", "former_print"):
        served.ClearField(name)
    request.invoice.CopyFrom(invoice)


# --- The catalogue. -------------------------------------------------------------


UNIT_KEY = ("unit_scheme", "unit_id")
ITEM_KEY = ("kind", "home", *UNIT_KEY, "inner_id")


def fields_of(key):
    return dict(zip(UNIT_KEY if len(key) == 2 else ITEM_KEY, key))


def record_key(key):
    fields = fields_of(key)
    fields.setdefault("kind", base.UNIT_RECORD)
    return catalogue_pb2.RecordKey(**fields)


def record_of(key, record):
    fields = fields_of(key)
    kind = fields.pop("kind", base.UNIT_RECORD)
    out = catalogue_pb2.Record()
    if kind == base.UNIT_RECORD:
        out.unit.scheme, out.unit.id = key
        out.unit.kind, out.unit.name_zh = 3, "检测中心"
        out.unit.division, out.unit.division_revision = "410100", 2020
        return out
    one = out.instrument if kind == base.INSTRUMENT else out.service_item
    for name, value in fields.items():
        setattr(one, name, value)
    one.name_zh = "扫描电镜"
    if kind == base.INSTRUMENT:
        one.customs_supervised = record.customs
    else:
        one.kind, one.price_fen = 1, record.price_fen
    return out


class Result:
    """What was answered: of a batch's command, or of a method's."""

    def __init__(self, error="", text="", index=0, leaf=b"", repeated=False, at_ms=0):
        self.error = error
        self.text = text
        self.index = index
        self.leaf = leaf
        self.repeated = repeated
        self.at_ms = at_ms

    def word(self):
        """That of a refusal, or the field in which a reused id's request differs."""
        other = re.search(r"^this command id made entry \d+ with another (\w+)", self.text)
        first = re.match(r"(\w+): ", self.text)
        return other[1] if other else first[1] if first else ""

    def is_reuse(self):
        """Of an id that made something else."""
        return self.error == "HL_EEXISTS" and self.text.startswith("this command id")

    def __str__(self):
        done = f"entry {self.index}{' repeated' if self.repeated else ''}"
        return f"{self.error} {self.text}" if self.error else done


def result_of_one(future):
    try:
        done = future.result().written
    except grpc.RpcError as error:
        trailing = dict(error.trailing_metadata() or ())
        return Result(trailing.get("heluo-error") or str(error.code()), error.details())
    return Result(
        "", "", done.index, done.leaf_hash, done.repeated, done.recorded_at_ms)


def result_of_batch(one):
    return Result(
        one.error, one.text, one.index, one.leaf_hash, one.repeated, one.recorded_at_ms)


# --- Watching orders. -----------------------------------------------------------


class Watch:
    """The newest view of each order that a node placed or serves, as Order.Watch
    tells it; resumed by its token when the node was away."""

    def __init__(self, node):
        self.node = node
        self.views = {}
        self.fresh = set()
        self.token = b""
        self.changed = threading.Condition()
        self.call = self.thread = None

    def start(self):
        self.call = self.node.channel.unary_stream(
            "/heluo.v1.Order/Watch", pb.OrderWatchRequest.SerializeToString,
            pb.OrderChange.FromString)(pb.OrderWatchRequest(token=self.token))
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for change in self.call:
                with self.changed:
                    self.token = change.token
                    if not change.current:
                        order = change.order.order
                        key = order.begun_at, order.id
                        self.views[key] = change.order
                        self.fresh.add(key)
                    self.changed.notify_all()
        except grpc.RpcError:
            pass  # it was stopped, or the node was; who waits will say so

    def stop(self):
        self.call.cancel()
        self.thread.join()

    def wait(self, expected, seen):
        """Until each of those orders is seen so; or those that are not."""
        until = time.monotonic() + WAIT_S
        left = dict(expected)
        with self.changed:
            self.fresh |= left.keys() & self.views.keys()
            while left and time.monotonic() < until:
                for key in self.fresh & left.keys():
                    if seen(self.views[key]) == left[key]:
                        del left[key]
                self.fresh.clear()
                if left:
                    self.changed.wait(1)
        return left


def wait(what, good):
    until = time.monotonic() + WAIT_S
    while not good():
        if time.monotonic() > until:
            raise SystemExit(f"not within {WAIT_S} s: {what}")
        time.sleep(0.005)
