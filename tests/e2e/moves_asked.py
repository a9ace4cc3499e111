# SPDX-License-Identifier: Apache-2.0
"""Moves and writes as a platform asks for them; run by moves_asked.sh in the
folder of an alliance, whose cities luoyang and zhengzhou are up."""

import os

import calls
import grpc
import units
from calls import ALLIANCE, OPTIONS, check, eventually, failure
from heluo.v1 import catalogue_pb2 as pb
from heluo.v1 import record_kind_pb2

UNIT = "12410000415800018L"
INSTRUMENT = record_kind_pb2.RECORD_KIND_INSTRUMENT


class City:
    def __init__(self, name):
        self.name = name
        self.channel = grpc.insecure_channel(f"unix:{name}/heluo.sock", OPTIONS)

    def ask(self, method, request, rows=None):
        """The answer, or the failure."""
        kind = "stream_unary" if rows else "unary_unary"
        name = "Catalogue" + method
        call = getattr(self.channel, kind)(
            f"/heluo.v1.Catalogue/{method}",
            getattr(pb, name + "Request").SerializeToString,
            getattr(pb, name + "Response").FromString,
        )
        try:
            return call(iter(rows) if rows else request, timeout=60)
        except grpc.RpcError as error:
            return failure(error)

    def write(self, method, command=None, **fields):
        request = getattr(pb, f"Catalogue{method}Request")(**fields)
        request.write.command_id = command or os.urandom(16)
        return self.ask(method, request)

    def get(self, which):
        answer = self.ask("Get", pb.CatalogueGetRequest(key=which))
        return answer.records[0] if hasattr(answer, "records") else answer

    def contact(self, which):
        return self.ask("Contact", pb.CatalogueContactRequest(key=which))

    def moves(self, direction=pb.MOVE_DIRECTION_IN):
        return self.ask("Moves", pb.CatalogueMovesRequest(direction=direction)).moves


def key(number, home="luoyang"):
    return pb.RecordKey(
        kind=INSTRUMENT, home=home, unit_scheme="uscc", unit_id=UNIT,
        inner_id=str(number),
    )


def record(number, home="luoyang", **fields):
    one = pb.Record()
    one.instrument.home = home
    one.instrument.unit_scheme = "uscc"
    one.instrument.unit_id = UNIT
    one.instrument.inner_id = str(number)
    one.instrument.name_zh = "显微镜"
    for name, value in fields.items():
        setattr(one.instrument, name, value)
    return one


def done(answer, what):
    check(hasattr(answer, "written"), f"{what}: {answer}")
    return answer.written


def refused(answer, error, text, what):
    check(getattr(answer, "error", "") == error, f"{what}: {answer}")
    check(text in answer.text, f"{what}: {answer}")


luoyang, zhengzhou = City("luoyang"), City("zhengzhou")


def is_offered(number):
    return any(
        move.record.record.instrument.inner_id == str(number) and not move.refused
        for move in zhengzhou.moves()
    )


def offer(number, **fields):
    done(luoyang.write("Put", record=record(number, **fields)), "put")
    done(luoyang.write("Release", key=key(number), to="zhengzhou"), "release")
    eventually(30, "it is offered", lambda: is_offered(number))


def take_with_attributes():
    offer(1, contact="张三丰", phone="13912345678")
    refused(
        zhengzhou.write("Take", key=key(1), record=record(2)),
        "HL_EMALFORMED", "not that of `key`", "of another key")
    unit = pb.Record()
    unit.unit.CopyFrom(units.unit(1))
    refused(
        zhengzhou.write("Take", key=key(1), record=unit),
        "HL_EMALFORMED", "not that of `key`", "of another kind")
    refused(
        zhengzhou.write("Take", key=key(1), record=record(1, worth_fen=10**15 + 1)),
        "HL_EMALFORMED", "worth", "out of bounds")
    command = os.urandom(16)
    mine = record(1, model="SU8010", contact="李四", phone="13800001111")
    first = done(zhengzhou.write("Take", command, key=key(1), record=mine), "take")
    again = done(zhengzhou.write("Take", command, key=key(1), record=mine), "again")
    check(again.repeated and again.index == first.index, f"once: {again}")
    refused(
        zhengzhou.write("Take", command, key=key(1)),
        "HL_EEXISTS", "another", "the same id without attributes")
    mine.instrument.model = "SU8020"
    refused(
        zhengzhou.write("Take", command, key=key(1), record=mine),
        "HL_EEXISTS", "another", "the same id with others")
    refused(
        zhengzhou.write("Put", command, record=record(1)),
        "HL_EEXISTS", "another model", "the same id, put")
    shown = zhengzhou.get(key(1))
    check(shown.record.instrument.model == "SU8010", f"as it states it: {shown}")
    check(shown.record.instrument.phone == "138****1111", f"masked: {shown}")
    check(shown.owner == f"{ALLIANCE}/zhengzhou", f"its owner: {shown}")
    kept = zhengzhou.contact(key(1))
    check(getattr(kept, "phone", "") == "13800001111" and kept.contact == "李四",
          f"the person is kept at the new home: {kept}")


def masks():
    """What has a star in it is not for that what a mask shows."""
    for number, (name, phone, email) in enumerate([
        ("张三丰*", "13912345678*8012", "zhang*san@zzu.edu.cn"),
        ("*李四光", "*13912345678", "z@zzu.edu.cn"),
        ("王五*", "0371*67781234", ""),
    ], 100):
        done(luoyang.write("Put", record=record(
            number, contact=name, phone=phone, email=email)), "put")
        shown = luoyang.get(key(number)).record.instrument
        for clear, masked in ((name, shown.contact), (phone, shown.phone)):
            check(masked != clear, f"{clear} is published")
        check("12345678" not in shown.phone and "7781234" not in shown.phone,
              f"the number is published: {shown.phone}")
        kept = luoyang.contact(key(number))
        check((kept.contact, kept.phone) == (name, phone), f"kept: {kept}")
        shown.street = "科学大道"
        again = pb.Record()
        again.instrument.CopyFrom(shown)
        done(luoyang.write("Put", record=again), "put as shown")
        check(luoyang.contact(key(number)) == kept, "it is kept")


def bounds_of_releases():
    """The sixty-fifth release has no effect: it is not written."""
    done(luoyang.write("Put", record=record(3)), "put")
    for count in range(64):
        done(luoyang.write("Release", key=key(3), to="zhengzhou"), "release")
        eventually(30, "it is offered", lambda: is_offered(3))
        done(zhengzhou.write("Refuse", key=key(3)), "refuse")
        eventually(30, "taken back", lambda: not luoyang.get(key(3)).moving_to)
    before = luoyang.get(key(3)).index
    refused(luoyang.write("Release", key=key(3), to="zhengzhou"),
            "HL_ELIMIT", "64 times", "once more")
    check(luoyang.get(key(3)).index == before, "nothing was written")


def complete_lists():
    """What moved away is not missing in a list of what is here."""
    offer(4)
    done(zhengzhou.write("Take", key=key(4)), "take")
    eventually(30, "gone", lambda: luoyang.get(key(4)).owner != f"{ALLIANCE}/luoyang")
    offer(5)
    active = []
    page = luoyang.ask("List", pb.CatalogueListRequest(
        kind=INSTRUMENT, origin=f"{ALLIANCE}/luoyang", page_size=1000))
    active = [view.record for view in page.records if not view.moving_to]
    rows = pb.CatalogueImportRequest()
    rows.options.kind = INSTRUMENT
    rows.options.complete = True
    for one in active:
        rows.rows.add().record.CopyFrom(one)
    answer = luoyang.ask("Import", None, [rows])
    check(answer.missing == 0 and answer.retired == 0 and not answer.not_retired,
          f"nothing is missing: {answer}")
    check(answer.unchanged == len(active), f"as it was: {answer}")


def batches():
    request = pb.CataloguePutBatchRequest()
    for number in range(8190):
        request.items.add(command_id=os.urandom(16)).record.CopyFrom(
            record(number, home="zhengzhou"))
    answer = luoyang.ask("PutBatch", request)
    check(len(getattr(answer, "results", [])) == 8190, f"as many as may be: {str(answer)[:300]}")
    request.items.add()
    refused(luoyang.ask("PutBatch", request), "HL_ELIMIT", "8191", "one too many")
    refused(luoyang.ask("PutBatch", pb.CataloguePutBatchRequest()),
            "HL_EMALFORMED", "items: 0", "none")
    request = pb.CataloguePutBatchRequest()
    request.items.add(command_id=os.urandom(16)).record.CopyFrom(record(10))
    request.items.add(command_id=b"short").record.CopyFrom(record(11))
    request.items.add(command_id=os.urandom(16)).record.CopyFrom(
        record(12, begin_date="2019-02-30"))
    request.items.add(command_id=os.urandom(16))
    request.items.add(command_id=request.items[0].command_id).record.CopyFrom(record(13))
    request.items.add(command_id=os.urandom(16)).record.CopyFrom(
        record(14, home="zhengzhou"))
    request.items.add(command_id=os.urandom(16), retire=key(10), reason="合并")
    request.items.add(command_id=os.urandom(16), retire=key(10))
    answer = luoyang.ask("PutBatch", request)
    errors = [result.error for result in answer.results]
    check(errors == ["", "HL_EMALFORMED", "HL_EMALFORMED", "HL_EMALFORMED",
                     "HL_EEXISTS", "HL_EHOME", "", "HL_ENOTFOUND"], f"{errors}")
    shown = luoyang.get(key(10))
    check(shown.retired and shown.retire_reason == "合并", f"retired: {shown}")


def watched(**fields):
    """What a watch says until it is current, and the token of the first."""
    stream = luoyang.channel.unary_stream(
        "/heluo.v1.Catalogue/Watch",
        pb.CatalogueWatchRequest.SerializeToString,
        pb.CatalogueChange.FromString,
    )(pb.CatalogueWatchRequest(**fields), timeout=30)
    said, token = [], b""
    for change in stream:
        if change.current:
            break
        said.append((change.record.origin.split("/")[1], change.what))
        token = token or change.token
    stream.cancel()
    return said, token


def watching():
    """A record's whole way, and from its first change on."""
    said, token = watched(key=key(4))
    check(said == [("luoyang", pb.CHANGE_KIND_PUT),
                   ("luoyang", pb.CHANGE_KIND_RELEASED),
                   ("zhengzhou", pb.CHANGE_KIND_PUT)], f"its way: {said}")
    rest, _ = watched(key=key(4), token=token)
    check(rest == said[1:], f"from its first change on: {rest}")
    check(watched(kinds=[record_kind_pb2.RECORD_KIND_DEMAND])[0] == [], "no demand")


for test in (take_with_attributes, masks, complete_lists, watching, batches,
             bounds_of_releases):
    test()
print(f"checks {calls.checks}")
