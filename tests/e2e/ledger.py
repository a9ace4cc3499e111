# SPDX-License-Identifier: Apache-2.0
"""Vouchers and orders as platforms ask for them; run by ledger.sh in the folder
of an alliance, whose three cities are up."""

import hashlib
import os
import struct
import time

import calls
import grpc
from calls import ALLIANCE, OPTIONS, check, eventually, failure
from heluo.v1 import common_pb2, journal_pb2
from heluo.v1 import ledger_pb2 as pb
from heluo.v1 import order_pb2, scheme_pb2, voucher_pb2

UNIT = dict(unit_scheme="uscc", unit_id="12410000415800018L")
HOLDER = pb.Party(uscc="91410100MA41010086", name="郑州精密", contact="李工")
TESTING = 1


def done_now():
    """A service that began when its voucher was issued already."""
    now_ms = int(time.time() * 1000)
    return dict(from_ms=now_ms, until_ms=now_ms)


class City:
    def __init__(self, name):
        self.name = name
        self.channel = grpc.insecure_channel(f"unix:{name}/heluo.sock", OPTIONS)

    def ask(self, method, request, response):
        call = self.channel.unary_unary(
            f"/heluo.v1.{method}", type(request).SerializeToString, response.FromString
        )
        try:
            return call(request, timeout=60)
        except grpc.RpcError as error:
            return failure(error)

    def write(self, method, command=None, **fields):
        request = getattr(pb, method.replace("/", "") + "Request")(**fields)
        request.write.command_id = command or os.urandom(16)
        return self.ask(method, request, pb.LedgerResponse)

    def order(self, order):
        request = pb.OrderGetRequest(**order)
        answer = self.ask("Order/Get", request, pb.OrderGetResponse)
        return answer.order if hasattr(answer, "order") else None

    def voucher(self, voucher):
        request = pb.VoucherGetRequest(id=voucher)
        return self.ask("Voucher/Get", request, pb.VoucherGetResponse).voucher

    def balances(self):
        answer = self.ask(
            "Ledger/Balance", pb.LedgerBalanceRequest(), pb.LedgerBalanceResponse
        )
        name = voucher_pb2.LedgerAccount.Name
        out = {
            (name(b.account)[15:], b.partner): b.credit_fen - b.debit_fen
            for b in answer.balances
        }
        check(sum(out.values()) == 0, f"{self.name} is in balance: {out}")
        return out

    def postings(self):
        out, token = [], b""
        while True:
            page = self.ask(
                "Ledger/Postings",
                pb.LedgerPostingsRequest(page_token=token, page_size=3),
                pb.LedgerPostingsResponse,
            )
            out += page.postings
            token = page.next_page_token
            if not token:
                return out


zhengzhou, luoyang, shandong = map(City, ("zhengzhou", "luoyang", "shandong"))
cities = (zhengzhou, luoyang, shandong)


def written(answer, what):
    check(hasattr(answer, "written"), f"{what}: {answer}")
    return answer.written


def refused(answer, error, word, what):
    check(
        not hasattr(answer, "written") and error in str(answer) and word in str(answer),
        f"{what}: {answer}",
    )


# --- a scheme, a voucher

scheme = scheme_pb2.SchemePut(
    id="zz", version=1, name_zh="郑州创新券", budget_fen=100_000_00,
    issue_unit_fen=100, use_days=30, claim_days=60, payee=1,
    holder_year_max_fen=20_000_00,
    rates=[scheme_pb2.SchemeRate(level="市", rate_bp=5000)],
)
written(zhengzhou.write("Scheme/Put", scheme=scheme), "a scheme")
voucher = os.urandom(16)
issue = dict(issue=dict(scheme="zz", county="410105", amount_fen=10_000_00), holder=HOLDER)
first = written(zhengzhou.write("Voucher/Issue", voucher, **issue), "a voucher")
again = written(zhengzhou.write("Voucher/Issue", voucher, **issue), "once more")
check(again.repeated and again.index == first.index, "the same has one effect")
issue["issue"]["amount_fen"] = 9_000_00
refused(zhengzhou.write("Voucher/Issue", voucher, **issue), "HL_EEXISTS", "amount_fen",
        "another amount under its id")
issue["issue"]["amount_fen"] = 50
refused(zhengzhou.write("Voucher/Issue", **issue), "HL_ESTATE", "amount_unit", "no yuan")
seen = zhengzhou.voucher(voucher)
check(seen.open_fen == 10_000_00 and seen.holder == HOLDER, f"its holder: {seen}")
check(HOLDER.uscc.encode() not in seen.voucher.SerializeToString(), "by a token")
# Nor does the entry have a digest by which guesses of whose it is could be tried.
guess = voucher_pb2.VoucherIssue(scheme="zz", county="410105", amount_fen=10_000_00)
guess = guess.SerializeToString() + HOLDER.SerializeToString()
answer = zhengzhou.ask(
    "Journal/Entries",
    journal_pb2.JournalEntriesRequest(origin=f"{ALLIANCE}/zhengzhou", first=first.index, count=1),
    journal_pb2.JournalEntriesResponse,
)
entry = answer.entries[0]
check(seen.voucher.holder in entry, "the entry has his token")
for body in (21 << 1 | 1, 21 << 1, 21):
    digest = hashlib.sha256(struct.pack(">I", body) + guess).digest()
    check(digest not in entry, "and no digest of his code and name")
issue["issue"]["amount_fen"] = 10_000_00
issue["holder"] = pb.Party(uscc="91410300MA4103003F", name="洛阳")
refused(zhengzhou.write("Voucher/Issue", voucher, **issue), "HL_EEXISTS", "holder",
        "another holder under its id")

# --- an order: Zhengzhou's voucher is used at Shandong

place = dict(voucher=voucher, provider="shandong", kind=TESTING, price_fen=6_001_01, **UNIT)
order = dict(begun_at="zhengzhou", id=os.urandom(16))
written(zhengzhou.write("Order/Place", order["id"], place=place), "an order")
view = zhengzhou.order(order)
check(view.order.hold_fen == 3_000_50, f"half of it, rounded down, is held: {view}")
check(zhengzhou.voucher(voucher).open_fen == 6_999_50, "and is not open")
eventually(30, "Shandong is asked", lambda: shandong.order(order) is not None)
refused(luoyang.write("Order/Accept", accept=order), "HL_E", "o", "it is for another")
refused(shandong.write("Order/Deliver", deliver=dict(price_fen=1, from_ms=1, until_ms=2, **order)),
        "HL_E", "", "not before it is accepted")
written(shandong.write("Order/Accept", accept=order), "it is accepted")


def deliver(price_fen):
    request = dict(price_fen=price_fen, **done_now(), **order)
    return shandong.write("Order/Deliver", deliver=request)


answers = []


def delivered():
    answers.append(deliver(4_000_01))
    return hasattr(answers[-1], "written")


eventually(30, "it is delivered once the order is sealed", delivered)
for answer in answers[:-1]:
    check("HL_EUNSEALED" in str(answer), f"before: {answer}")
CAPTURED = pb.ORDER_STATE_CAPTURED
for city in cities:
    eventually(30, f"{city.name} sees the capture",
               lambda: city.order(order) and city.order(order).state == CAPTURED)
view = luoyang.order(order).order
check(view.captured_fen == 2_000_00 and view.delivered_fen == 4_000_01, f"{view}")
check(zhengzhou.voucher(voucher).open_fen == 8_000_00, "the rest is open again")
expected = {("FUND", ""): -100_000_00, ("BUDGET", ""): 90_000_00, ("ISSUED", ""): 8_000_00,
            ("HELD", ""): 0, ("PAYABLE", "shandong"): 2_000_00}
check(zhengzhou.balances() == expected, f"{zhengzhou.balances()}")
check(shandong.balances() == {("RECEIVABLE", "zhengzhou"): -2_000_00,
                              ("EARNED", "zhengzhou"): 2_000_00}, f"{shandong.balances()}")
refused(deliver(1), "HL_ESTATE", "resolved", "it is delivered once")

# --- what is refused is refused for ever

late = os.urandom(16)
big = dict(place, price_fen=100_000_00, hold_fen=9_000_00)
refused(zhengzhou.write("Order/Place", late, place=big), "HL_ESTATE", "voucher_left", "too much")
refused(zhengzhou.write("Order/Place", late, place=big), "HL_ESTATE", "voucher_left", "again")
refused(zhengzhou.write("Order/Place", late, place=place), "HL_EEXISTS", "another request",
        "its id is used")

# --- who is not in the alliance is asked for nothing

nobody = dict(place, provider="kaifeng")
refused(zhengzhou.write("Order/Place", place=nobody), "HL_ENOTFOUND", "no_provider", "nobody")

nobody = zhengzhou.write("Order/Cancel", cancel=dict(reason="没有编号"))
refused(nobody, "HL_EMALFORMED", "id", "of no order")

# --- the provider declines, the holder cancels

def gone(how, **fields):
    one = dict(begun_at="zhengzhou", id=os.urandom(16))
    written(zhengzhou.write("Order/Place", one["id"], place=place), "another order")
    eventually(30, "Shandong is asked", lambda: shandong.order(one) is not None)
    who = shandong if how == "decline" else zhengzhou
    written(who.write("Order/" + how.capitalize(), **{how: dict(**one, **fields)}), how)
    eventually(30, how, lambda: zhengzhou.order(one).state == pb.ORDER_STATE_RELEASED)
    check(zhengzhou.voucher(voucher).open_fen == 8_000_00, f"{how}: nothing is held")


gone("decline", reason="设备检修")
gone("cancel", reason="不需要了")
# Where both are one node, its answers follow one another.
own = dict(begun_at="zhengzhou", id=os.urandom(16))
written(zhengzhou.write("Order/Place", own["id"], place=dict(place, provider="zhengzhou")), "own")
written(zhengzhou.write("Order/Cancel", cancel=own), "it is cancelled")
check(zhengzhou.order(own).state == pb.ORDER_STATE_RELEASED, "declined, and released, at once")

# --- at home, disputed, resolved, given back

home = dict(begun_at="zhengzhou", id=os.urandom(16))
written(zhengzhou.write("Order/Place", home["id"], place=dict(place, provider="zhengzhou")), "home")
written(zhengzhou.write("Order/Accept", accept=home), "accepted")
written(zhengzhou.write("Order/Dispute", dispute=dict(reason="数据有误", **home)), "disputed")
done = dict(price_fen=2_000_00, **done_now(), **home)
written(zhengzhou.write("Order/Deliver", deliver=done), "delivered")
check(zhengzhou.order(home).state == pb.ORDER_STATE_DELIVERED, "a dispute parks it")
written(zhengzhou.write("Order/Resolve", resolve=dict(max_fen=500_00, reason="减半", **home)), "so")
eventually(30, "it is captured", lambda: zhengzhou.order(home).state == CAPTURED)
check(zhengzhou.order(home).order.captured_fen == 500_00, "as was decided")
check(zhengzhou.balances()[("SETTLED", "")] == 500_00, "nobody else is owed")
back = dict(amount_fen=100_00, reason="复核退款", **order)
written(shandong.write("Order/Adjust", adjust=back), "an adjustment")
back["amount_fen"] = 1_900_01
refused(shandong.write("Order/Adjust", adjust=back), "HL_ESTATE", "adjust_sum", "not more")
eventually(30, "is owed back", lambda: zhengzhou.balances().get(("RECEIVABLE", "shandong")) == -100_00)
written(zhengzhou.write("Order/Review", review=dict(stars=5, text="很好", **order)), "a review")

# --- batches

before = zhengzhou.voucher(voucher).open_fen
commands = [pb.LedgerCommand(command_id=os.urandom(16), place=dict(place, price_fen=2_00))
            for _ in range(2000)]
commands[7].place.voucher = os.urandom(16)
commands[8].place.price_fen = 0
commands += [pb.LedgerCommand(command_id=os.urandom(16), end=dict(id=voucher, how=1)),
             pb.LedgerCommand(command_id=os.urandom(16), place=dict(place, price_fen=2_00))]
request = pb.LedgerBatchRequest(commands=commands)
answer = zhengzhou.ask("Ledger/Batch", request, pb.LedgerBatchResponse)
errors = {i: r.error for i, r in enumerate(answer.results) if r.error}
check(errors == {7: "HL_ENOTFOUND", 8: "HL_EMALFORMED", 2001: "HL_ESTATE"}, f"{errors}")
seen = zhengzhou.voucher(voucher)
check(seen.voucher.held_fen == 1998_00 and seen.open_fen == 0, f"{seen.voucher}")
check(seen.voucher.returned_fen == before - 1998_00, "what is not held returns")
answer = zhengzhou.ask("Ledger/Batch", request, pb.LedgerBatchResponse)
check(all(r.repeated or r.error for r in answer.results), "all of it again: no effect")
check({i: r.error for i, r in enumerate(answer.results) if r.error} == errors, "nor else")

# --- what is asked for, and what moved

open_orders, token = [], b""
eventually(30, "all", lambda: shandong.order(dict(begun_at="zhengzhou", id=commands[1999].command_id)))
while True:
    page = shandong.ask(
        "Order/List",
        pb.OrderListRequest(which=pb.ORDER_WHICH_ASKED, page_size=700, page_token=token),
        pb.OrderListResponse,
    )
    open_orders += page.orders
    token = page.next_page_token
    if not token:
        break
check(len(open_orders) == len({o.order.id for o in open_orders}) == 1998, "what it is asked for")
for city in cities:
    sums = {}
    for p in city.postings():
        for account, sign in ((getattr(p, "from"), -1), (p.to, 1)):
            name = voucher_pb2.LedgerAccount.Name(account)[15:]
            partner = p.partner if name in ("PAYABLE", "RECEIVABLE", "EARNED") else ""
            sums[name, partner] = sums.get((name, partner), 0) + sign * p.amount_fen
    check(sums == city.balances(), f"{city.name}: {sums} and {city.balances()}")


EMPTY = common_pb2.WatchToken(
    positions=[common_pb2.Position(origin=f"{ALLIANCE}/{city.name}") for city in
               sorted(cities, key=lambda city: city.name)]).SerializeToString()


def watch(city, service, request, response):
    out = []
    call = city.channel.unary_stream(
        f"/heluo.v1.{service}/Watch", type(request).SerializeToString, response.FromString
    )(request, timeout=60)
    for message in call:
        if message.current:
            call.cancel()
            return out
        out.append(message)


seen = watch(luoyang, "Order", pb.OrderWatchRequest(**order), pb.OrderChange)
check([m.body for m in seen] == [0] and seen[0].order.state == CAPTURED, "how one stands")
whole = watch(luoyang, "Order", pb.OrderWatchRequest(token=EMPTY, **order), pb.OrderChange)
check(sorted(m.body for m in whole) == [23, 24, 26, 28, 34, 35], f"all of it: {whole}")
seen = watch(shandong, "Order", pb.OrderWatchRequest(), pb.OrderChange)
check(len({m.order.order.id for m in seen}) == 2001, f"all that is its: {len(seen)}")
check(not watch(luoyang, "Order", pb.OrderWatchRequest(), pb.OrderChange), "none is Luoyang's")
seen = watch(shandong, "Voucher", pb.VoucherWatchRequest(origin=f"{ALLIANCE}/zhengzhou"),
             pb.VoucherChange)
check(seen[0].body == 21 and {m.voucher.voucher.id for m in seen} == {voucher}, "its voucher")
check(not seen[0].voucher.HasField("holder"), "and not whose")

# --- a batch of deliveries with their invoices

mine = [dict(begun_at="zhengzhou", id=c.command_id) for c in commands[10:14]]
accepts = pb.LedgerBatchRequest(commands=[
    pb.LedgerCommand(command_id=os.urandom(16), accept=one) for one in mine])
answer = shandong.ask("Ledger/Batch", accepts, pb.LedgerBatchResponse)
check(not any(r.error for r in answer.results), f"accepted: {answer}")
deliveries = pb.LedgerBatchRequest(commands=[
    pb.LedgerCommand(
        command_id=os.urandom(16), deliver=dict(price_fen=2_00, **done_now(), **one),
        invoice=dict(number=f"1234567{i}", date="2026-11-20", amount_fen=2_00))
    for i, one in enumerate(mine)])
deliveries.commands[1].invoice.number = "A1"
deliveries.commands[2].ClearField("invoice")


def batch_delivered():
    global answer
    answer = shandong.ask("Ledger/Batch", deliveries, pb.LedgerBatchResponse)
    return not any(r.error == "HL_EUNSEALED" for r in answer.results)


eventually(30, "delivered", batch_delivered)
errors = {i: (r.error, r.text) for i, r in enumerate(answer.results) if r.error}
check(set(errors) == {1} and errors[1][0] == "HL_EMALFORMED" and "invoice.number" in errors[1][1],
      f"the wrong one alone is refused: {errors}")
rows = [shandong.order(one).order for one in mine]
check([r.invoice_key for r in rows] == [7, 0, 0, 7], f"stated under the key: {rows}")
check(len(rows[0].invoice_print) == 32 and rows[0].invoice_print != rows[3].invoice_print,
      "each its own")
answer = shandong.ask("Ledger/Batch", deliveries, pb.LedgerBatchResponse)
check([r.repeated for r in answer.results] == [True, False, True, True], f"once: {answer}")
for changed, field in ((dict(amount_fen=2_01), "invoice"), (dict(code="1"), "invoice")):
    other = pb.LedgerBatchRequest()
    other.commands.append(deliveries.commands[0])
    for name, value in changed.items():
        setattr(other.commands[0].invoice, name, value)
    answer = shandong.ask("Ledger/Batch", other, pb.LedgerBatchResponse)
    check(answer.results[0].error == "HL_EEXISTS" and field in answer.results[0].text,
          f"another under its id: {answer}")
answer = shandong.ask("Ledger/Batch", pb.LedgerBatchRequest(commands=[pb.LedgerCommand(
    command_id=os.urandom(16), accept=mine[0], invoice=deliveries.commands[0].invoice)]),
    pb.LedgerBatchResponse)
check("invoice" in answer.results[0].text, f"of a delivery alone: {answer}")
many = pb.LedgerBatchRequest(commands=[deliveries.commands[0]] * 33)
refused(shandong.ask("Ledger/Batch", many, pb.LedgerBatchResponse), "HL_ELIMIT", "invoices",
        "so many take long")

# --- batches are held in memory until they are answered: so many, and no more

scheme.id = "ly"
written(luoyang.write("Scheme/Put", scheme=scheme), "Luoyang's scheme")
full = pb.LedgerBatchRequest(sealed=True, wait_ms=2000)
for i in range(8190):
    command = full.commands.add(command_id=i.to_bytes(16, "big"))
    command.issue.scheme, command.issue.amount_fen = "ly", 100
    command.issue.holder = bytes(16)
raw = luoyang.channel.unary_unary("/heluo.v1.Ledger/Batch")
calls_open = [raw.future(full.SerializeToString(), timeout=300) for _ in range(12)]
ends = [call.code() for call in calls_open]
check(set(ends) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}, f"{ends}")
check(ends.count(grpc.StatusCode.OK) >= 4, f"four full ones may be open: {ends}")
answer = luoyang.ask("Ledger/Batch", full, pb.LedgerBatchResponse)
check(all(r.repeated for r in answer.results), "and then others come in")
print(f"checks {calls.checks}")
