# SPDX-License-Identifier: Apache-2.0
"""Random commands: mostly such as people give, near what is just allowed, and
often beyond. What exists is read from the model."""

import dataclasses
import datetime

from heluo.v1 import order_pb2, scheme_pb2, voucher_pb2

import checks
import prints
from base import (
    ACCEPTED, ASKED, CAPTURED, DELIVERED, DISPUTED, HELD, INSTRUMENT, MONEY_MAX_FEN,
    SERVICE_ITEM, SPENT, Answer, filled)
from checks import Record
from model import Command

BODIES = {
    "put": scheme_pb2.SchemePut,
    "issue": voucher_pb2.VoucherIssue,
    "end": voucher_pb2.VoucherEnded,
    "place": order_pb2.OrderPlace,
    "request": order_pb2.HoldRequest,
    "accept": order_pb2.OrderAccept,
    "decline": order_pb2.OrderDecline,
    "deliver": order_pb2.OrderDeliver,
    "dispute": order_pb2.OrderDispute,
    "resolve": order_pb2.DisputeResolve,
    "confirm": order_pb2.HolderConfirm,
    "cancel": order_pb2.OrderCancel,
    "adjust": order_pb2.Adjustment,
    "review": order_pb2.OrderReview,
    "allot": order_pb2.Allot,
    "spend": order_pb2.AllotSpend,
    "close": order_pb2.AllotClose,
}
WEIGHTS = {
    "put": 4, "issue": 16, "end": 2, "place": 30, "request": 18, "accept": 22,
    "decline": 4, "deliver": 20, "dispute": 4, "resolve": 5, "confirm": 6, "cancel": 4,
    "adjust": 5, "review": 4, "allot": 9, "spend": 24, "close": 3,
}
OF_PROVIDER = ("accept", "decline", "deliver", "adjust", "spend", "close")
COUNTIES = ["", "410105", "410106", "410300", "370100"]
COUNTY_PREFIXES = ["", "", "", "", "41", "4101", "410105", "37"]
LEVELS = ["省", "市", "区"]
NRII_UNITS = [("nrii", f"{number:032x}") for number in range(3)]
INNER_IDS = ["SEM-1", "检-2"]
NOWHERE = "kaifeng"  # no node of the alliance
HOUR_MS = 3600 * 1000
HELD_FOR = {  # how often: what happens rarely is held for more often
    checks.VALIDITY: 2, checks.UNIT: 1, checks.ITEM: 1, checks.CUSTOMS: 3,
    checks.PRICE: 4, checks.INVOICE: 6, checks.MACHINE: 5, checks.SPLIT: 5,
    checks.CONTROLLER: 5}
TRIES = 8  # at what is paid


class Chooser:
    def __init__(self, model, random, parties):
        self.model = model
        self.random = random
        self.parties = parties  # {city: who may hold vouchers there}
        self.names = list(model.cities)
        self.orders = []  # that stand, as far as they are not done with
        self.done = []
        self.former = []  # (city, command), for retries
        self.scheme_count = 0
        self.numbers = {}  # of invoices that were thought of, by their prints
        self.used = []  # of those that were claimed
        self.units = NRII_UNITS + [  # some are holders, too
            ("uscc", party.uscc) for firms in parties.values() for party in firms[:1]]

    # --- Dice. ------------------------------------------------------------------

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def one_of(self, items):
        return self.random.choice(items) if items else None

    def id(self):
        return self.random.randbytes(16)

    def day(self, first, last):
        """That many days from today, as text."""
        return (
            self.model.today + datetime.timedelta(self.random.randint(first, last))
        ).isoformat()

    def near(self, fen):
        """That, or one beside it, or something below."""
        return max(0, self.random.choice(
            [fen, fen, fen + 1, fen - 1, fen // 2, self.random.randint(0, max(fen, 1))]))

    # --- Commands. --------------------------------------------------------------

    def command(self, name):
        """One for that city."""
        if self.former and self.chance(4):
            return self.again(name)
        kind = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
        return self.new(name, kind)

    def note(self, name, command, answer):
        """It was given, and so answered."""
        self.former.append((name, command))
        if command.kind in ("place", "request", "allot") and answer == Answer():
            orders = self.model.cities[name].orders
            self.orders.append(orders[command.body.id or command.id])
        if command.kind in ("deliver", "spend") and answer == Answer():
            number = self.numbers.get(command.body.invoice_print)
            self.used += [] if number is None else [number]

    def new(self, name, kind):
        if kind in ("put", "issue", "end", "place", "request", "allot"):
            return getattr(self, kind)(name)
        order = self.some_order(name, kind)
        if order is None and not self.chance(3):
            return None
        begun_at = name if order is None else order.place.begun_at
        body = BODIES[kind](
            begun_at="" if begun_at == name and self.chance(20) else begun_at,
            id=self.id() if order is None else order.place.id)
        if kind in OF_PROVIDER and self.chance(5):
            issuer = begun_at if order is None else order.issuer
            body.issuer = issuer if self.chance(60) else self.one_of(self.names)
        complete = getattr(self, kind, None)
        if complete is not None:
            complete(name, body, order)
        if self.chance(1):
            body.ClearField("id")
        return self.with_invoice(name, Command(self.id(), kind, body))

    def again(self, name):
        """A retry, or the id of one for something else."""
        own = [command for city, command in self.former[-2000:] if city == name]
        former = self.one_of(own)
        if former is None or self.chance(60):
            return former
        if self.chance(30):
            return dataclasses.replace(self.one_of(own), id=former.id)
        body = filled(former.body)
        field = self.one_of([
            one.name for one in body.DESCRIPTOR.fields
            if one.type in (one.TYPE_UINT64, one.TYPE_UINT32) and getattr(body, one.name)]
            or ["id"])
        if field == "id":
            body.id = self.id() if former.kind != "put" else "other"
        else:
            setattr(body, field, getattr(body, field) ^ 1)
        return dataclasses.replace(former, body=body, invoice=None)

    # --- The catalogue. ---------------------------------------------------------

    def stock(self, name):
        """What that city states at first: most of it."""
        items = [
            (kind, name, *unit, inner_id) for unit in self.units
            for kind in (INSTRUMENT, SERVICE_ITEM) for inner_id in INNER_IDS]
        return [
            (key, self.record(key)) for key in [*self.units, *items] if self.chance(85)]

    def item(self, unit, home):
        kind = self.one_of([INSTRUMENT, SERVICE_ITEM])
        return kind, home, *unit, self.one_of(INNER_IDS)

    def record(self, key):
        priced = len(key) > 2 and key[0] == SERVICE_ITEM and self.chance(80)
        supervised = len(key) > 2 and key[0] == INSTRUMENT and self.chance(35)
        price = self.random.randint(10**3, 3 * 10**5) if priced else 0
        return Record(customs=supervised, price_fen=price)

    def change(self, name):
        """Of one record: as it stands now; None: it is retired."""
        records = self.model.cities[name].records
        active = [key for key, record in records.items() if record.active]
        if active and self.chance(35):
            return self.one_of(active), None
        key = self.one_of(
            [*self.units, self.item(self.one_of(self.units), name), *list(records)])
        return key, self.record(key)

    # --- Schemes. ---------------------------------------------------------------

    def put(self, name):
        city = self.model.cities[name]
        if city.schemes and (len(city.schemes) > 40 or self.chance(40)):
            id = self.one_of(list(city.schemes))
            series = city.schemes[id]
            version = len(series.versions) + (1 if self.chance(85) else self.one_of([0, 2]))
            budget = (
                self.near(series.issued()) if self.chance(50)
                else series.issued() + self.random.randint(0, 10**7))
        else:
            self.scheme_count += 1
            id, version = f"s{self.scheme_count}", 1
            budget = self.random.choice([10**6, 10**7, 10**8, 10**15])
        unit = self.random.choice([1, 1, 7, 100, 10000])
        put = scheme_pb2.SchemePut(
            id=id, version=version, name_zh="创新券", budget_fen=budget,
            issue_unit_fen=unit, payee=1 if self.chance(70) else 2,
            voucher_max_fen=self.maybe(60, 10**5, 10**6),
            order_max_fen=self.maybe(30, 10**3, 10**5),
            holder_year_max_fen=self.maybe(55, 10**3, 5 * 10**5),
            controller_year_max_fen=self.maybe(55, 10**3, 3 * 10**5),
            confirm_days=self.maybe(25, 1, 4), desk_days=self.maybe(70, 1, 4),
            hold_checks=self.hold_checks(),
            split_below_fen=self.maybe(50, 10**3, 10**6),
            rates=self.rates())
        self.clocks(put)
        if self.chance(25):
            put.kinds = self.random.randrange(0, 128, 2) | 1 << self.one_of([1, 2, 3])
        if self.chance(25):
            for scheme, unit in self.random.sample(self.units, 3):
                put.providers.add(unit_scheme=scheme, unit_id=unit)
        if self.chance(25):
            for node in self.random.sample(self.names + [NOWHERE], 2):
                put.partners.add(node=node)
        return Command(self.id(), "put", put)

    def hold_checks(self):
        some = self.random.choices(list(HELD_FOR), HELD_FOR.values(), k=3)
        return sum(1 << check for check in set(some)) if self.chance(75) else 0

    def maybe(self, percent, least, most):
        return self.random.randint(least, most) if self.chance(percent) else 0

    def clocks(self, put):
        if self.chance(70):
            put.use_days = self.random.randint(1, 6)
        if self.chance(40) or not put.use_days:
            put.use_until = self.day(0, 6)
        if self.chance(70):
            put.claim_days = self.random.randint(1, 4)
        if self.chance(40) or not put.claim_days:
            put.claim_until = self.day(2, 9)
        if self.chance(15):
            put.issue_from = self.day(-2, 2)
        if self.chance(15):
            put.issue_until = self.day(-1, 4)

    def rates(self):
        """For some levels, and of each for some places; now and then too much."""
        rates = {}
        for level in self.random.sample(LEVELS, self.random.randint(1, 3)):
            most = self.random.choice([3000, 3333, 1250, 2500, 3400])
            for _ in range(self.random.randint(1, 9)):
                rate = scheme_pb2.SchemeRate(
                    level=level, county=self.one_of(COUNTY_PREFIXES),
                    kind=self.one_of([0, 0, 0, 1, 2]),
                    supplier=self.one_of([0, 0, 0, 1, 2]),
                    rate_bp=self.random.randint(1, most),
                    order_max_fen=self.maybe(30, 100, 10**4))
                rates[rate.level, rate.county, rate.kind, rate.supplier] = rate
        listed = list(rates.values())
        return listed + listed[:1] if self.chance(2) else listed

    # --- Vouchers. --------------------------------------------------------------

    def issue(self, name):
        city = self.model.cities[name]
        able = [
            id for id, one in city.schemes.items()
            if one.left() > 0 and one.newest().is_open(self.model.today)]
        id = self.one_of(able if able and self.chance(92) else list(city.schemes))
        if id is None or self.chance(1):
            return Command(self.id(), "issue", voucher_pb2.VoucherIssue(
                scheme="none", amount_fen=1, holder=self.token(name)))
        series = city.schemes[id]
        issue = voucher_pb2.VoucherIssue(
            scheme=id, amount_fen=self.amount(series), county=self.one_of(COUNTIES))
        if self.chance(15):
            issue.scheme_version = len(series.versions) + self.one_of([0, 0, 1, -1])
        if self.chance(40):
            issue.id = self.id()
        if self.chance(2) and city.vouchers:
            issue.id = self.one_of(list(city.vouchers))
        return self.with_parties(name, issue)

    def amount(self, series):
        unit = series.newest().put.issue_unit_fen
        most = series.newest().put.voucher_max_fen or 10**6
        if self.chance(3):
            return self.random.choice([0, 10**15, 10**15 + 1, 2**64 - 1])
        amount = self.random.choice([most, *self.random.choices(range(1, most + 1), k=4)])
        if self.chance(10):
            amount = series.left()
        elif self.chance(90):
            amount = min(amount, series.left())
        whole = max(unit, amount // unit * unit)
        return amount if self.chance(5) else whole + unit * self.chance(5)

    def with_parties(self, name, issue):
        """The holder and his controller, by who they are, or by their tokens."""
        holder = controller = None
        if self.chance(50):
            issue.holder = self.token(name)
        else:
            holder = self.one_of(self.parties[name])
        if self.chance(40):
            controller = self.one_of(self.parties[name])
        if controller is None or self.chance(2):
            issue.controller = self.token(name) if self.chance(30) else b""
        if self.chance(1):
            issue.ClearField("holder")
        return Command(self.id(), "issue", issue, holder, controller)

    def token(self, name):
        return self.one_of(list(self.model.tokens[name].values()))

    def some_voucher(self, name):
        vouchers = list(self.model.cities[name].vouchers.values())
        if self.chance(85):
            some = self.random.sample(vouchers[-300:], min(len(vouchers), 20))
            vouchers = [one for one in some if one.open() > 0][:1] or some
        return self.one_of(vouchers)

    def end(self, name):
        voucher = self.some_voucher(name)
        return Command(self.id(), "end", voucher_pb2.VoucherEnded(
            id=self.id() if voucher is None or self.chance(2) else voucher.issue.id,
            how=self.random.choice([1, 2, 2, 3, 3]) if self.chance(97) else 4,
            reason=self.one_of(["", "退回", "企业注销", "长" * 200])))

    # --- Orders. ----------------------------------------------------------------

    def place(self, name):
        voucher = self.some_voucher(name)
        if voucher is None or self.chance(1):
            return Command(self.id(), "place", order_pb2.OrderPlace(
                voucher=self.id(), provider=name, unit_scheme="nrii", unit_id="0" * 32,
                kind=1, price_fen=100))
        place = order_pb2.OrderPlace()
        for _ in range(TRIES):
            place = self.what(voucher)
            if self.is_paid(name, voucher, place):
                break
        self.prices(name, voucher, place)
        self.name_order(name, place)
        if self.chance(40):
            place.until = self.one_of([
                self.day(0, 0), self.day(-1, 4), voucher.claim_until.isoformat(),
                voucher.claim_until.isoformat()])
        return Command(self.id(), "place", place)

    def request(self, name):
        """At that city's desk, of another's voucher."""
        issuer = self.one_of([one for one in self.names if one != name])
        voucher = self.some_voucher(issuer)
        if voucher is None or self.chance(1):
            return Command(self.id(), "request", order_pb2.HoldRequest(
                voucher=self.id(), issuer=issuer, unit_scheme="nrii", unit_id="0" * 32,
                kind=1, price_fen=100))
        place = order_pb2.OrderPlace()
        for _ in range(TRIES):
            place = self.what(voucher, name)
            if self.is_paid(issuer, voucher, place) or self.chance(4):
                break
        self.prices(issuer, voucher, place)
        if self.chance(40):
            place.until = self.one_of([
                self.day(0, 0), self.day(-1, 4), voucher.claim_until.isoformat()])
        request = order_pb2.HoldRequest(
            issuer=issuer if self.chance(97) else self.one_of([name, NOWHERE]))
        for field in place.DESCRIPTOR.fields:
            if field.name != "provider":
                setattr(request, field.name, getattr(place, field.name))
        if request.item_home == name and self.chance(50):
            request.item_home = ""
        self.name_order(name, request)
        return Command(self.id(), "request", request)

    def next_of(self, name, asked):
        """What comes in one batch with that, before anybody answers it."""
        if asked.is_new("request") and self.chance(10):
            return self.take_back(name, asked.command)
        if asked.is_new("close") and self.chance(50):
            kind = self.one_of(["spend", "close"])
            of = asked.command.body
            body = BODIES[kind](begun_at=of.begun_at, id=of.id)
            if kind == "spend":
                body.price_fen = 1000
            return Command(self.id(), kind, body)
        if asked.is_new("decline") and self.chance(50):
            return self.too_late(name, asked.command.body)
        return None

    def too_late(self, name, declined):
        """What is placed elsewhere is not free again yet."""
        order = self.model.begun(declined.begun_at or name, declined.id)
        body = BODIES["accept"](begun_at=order.place.begun_at, id=order.place.id)
        free = order.placed is None or order.issuer == name
        return None if free else Command(self.id(), "accept", body)

    def take_back(self, name, request):
        """Before it is answered, or not."""
        return Command(self.id(), "decline", order_pb2.OrderDecline(
            begun_at=name, id=request.body.id or request.id,
            reason=self.one_of(["", "客户改期"])))

    def name_order(self, name, body):
        if self.chance(60):
            body.id = self.id()
        if self.chance(2) and self.model.cities[name].orders:
            body.id = self.one_of(list(self.model.cities[name].orders))
        body.begun_at = self.random.choices(["", name, NOWHERE], [60, 39, 1])[0]

    def what(self, voucher, provider=None):
        if voucher.orders and self.chance(40):
            return self.like(self.one_of(voucher.orders).place, provider)
        scheme, unit = self.one_of(self.units)
        if self.chance(12):
            scheme, unit = self.related_unit(voucher)
        if provider is None:
            provider = self.one_of(self.names + [NOWHERE] * self.chance(5))
        place = order_pb2.OrderPlace(
            voucher=voucher.issue.id, unit_scheme=scheme, unit_id=unit, provider=provider,
            kind=self.random.choice([1, 1, 2, 3]) if self.chance(99) else 7,
            price_fen=self.random.choice([
                self.random.randint(1, 50), 10**4,
                *self.random.choices(range(1, 10**6), k=4)]))
        if self.chance(50):
            home = provider if self.chance(95) else self.one_of(self.names)
            self.name_item(place, self.item((scheme, unit), home))
        return place

    def related_unit(self, voucher):
        """The holder, or who controls him."""
        token = self.one_of([voucher.issue.holder, *[voucher.controller()] * 2])
        return next(
            ("uscc", uscc) for tokens in self.model.tokens.values()
            for uscc, one in tokens.items() if one == token)

    def like(self, former, provider):
        """More of the same, at another price: a contract in parts."""
        return order_pb2.OrderPlace(
            voucher=former.voucher, unit_scheme=former.unit_scheme,
            unit_id=former.unit_id, provider=provider or former.provider,
            kind=former.kind, price_fen=self.random.randint(1, 10**6))

    def name_item(self, body, key):
        body.item_kind, body.item_home, _, _, body.item_inner_id = key

    def allot(self, name):
        voucher = self.some_voucher(name)
        if voucher is None or self.chance(1):
            return Command(self.id(), "allot", order_pb2.Allot(
                voucher=self.id(), provider=self.names[0], unit_scheme="nrii",
                unit_id="0" * 32, kind=1, limit_fen=100))
        for _ in range(TRIES):
            place = self.what(voucher)
            if place.provider != name and self.is_paid(name, voucher, place):
                break
        voucher, place = self.beside_contract(name) or (voucher, place)
        bounds = self.model.bounds(voucher, MONEY_MAX_FEN)
        limit = self.near(self.one_of([min(bounds.values())] * 4 + [*bounds.values()]))
        allot = order_pb2.Allot(
            voucher=voucher.issue.id, provider=place.provider, kind=place.kind,
            unit_scheme=place.unit_scheme, unit_id=place.unit_id, limit_fen=limit)
        if self.chance(50):
            allot.expires = self.one_of([
                self.day(0, 1), self.day(0, 3), self.day(-1, 4),
                *[voucher.use_until.isoformat()] * 3, voucher.claim_until.isoformat()])
        self.name_order(name, allot)
        return Command(self.id(), "allot", allot)

    def beside_contract(self, name):
        """Of a holder's, at the unit from which he ordered some things."""
        last = [
            orders[-1] for orders in self.model.contracts.values()
            if len(orders) > 1 and orders[-1].issuer == name
            and orders[-1].voucher.open() > 0] if self.chance(25) else []
        order = self.one_of(last)
        return order and (order.voucher, self.like(order.place, None))

    def is_paid(self, name, voucher, place):
        return (
            voucher.scheme.allows_kind(place.kind)
            and voucher.scheme.allows_partner(place.provider)
            and voucher.scheme.allows_provider(place.unit_scheme, place.unit_id)
            and voucher.share(place, name, place.price_fen) > 0)

    def prices(self, name, voucher, place):
        """At what the scheme just pays; and what is left, or beside it."""
        split = voucher.scheme.put.split_below_fen
        if split and self.chance(20):
            place.price_fen = max(1, self.near(split))
        share = voucher.share(place, name, place.price_fen)
        bounds = self.model.bounds(voucher, share)
        least = min(bounds.values())
        if bounds["hold_share"] and self.chance(50):
            price = place.price_fen * least // bounds["hold_share"]
            place.price_fen = max(1, price + self.random.randint(-1, 2))
        if self.chance(2):
            place.price_fen = self.one_of([0, 10**15, 10**15 + 1])
        if self.chance(40):
            place.hold_fen = self.near(self.one_of([least] * 4 + [*bounds.values()]))
        elif self.chance(6):
            place.price_fen, place.hold_fen = 10**6, voucher.open() + 1

    def some_order(self, name, kind):
        """Such as that command is of; or any."""
        pool = self.done if kind in ("adjust", "review") else self.orders
        if self.chance(4):
            return self.one_of(self.orders + self.done[-100:])
        fits = FITS.get(kind) if self.chance(85) else None
        for _ in range(40):
            order = self.one_of(pool)
            if order is None:
                return None
            at = order.place.provider if kind in OF_PROVIDER else order.issuer
            if at == name and (fits is None or fits(order)):
                return order
        return None

    def sort_orders(self):
        """What is resolved goes to the others."""
        self.done += [one for one in self.orders if is_done(one)]
        self.orders = [one for one in self.orders if not is_done(one)]
        self.done = self.done[-3000:]

    def decline(self, name, body, order):
        body.reason = self.one_of(["", "设备检修"])

    # --- Deliveries. ------------------------------------------------------------

    def deliver(self, name, body, order):
        price = 1000 if order is None else order.place.price_fen
        body.price_fen = self.one_of([price, price, self.near(price), price * 2, 1])
        self.serve(name, body, order)

    def spend(self, name, body, order):
        if order is None or not order.allotted:
            body.price_fen = 1000
        else:
            left = max(1, order.spent_left())
            body.price_fen = self.one_of(
                [self.random.randint(1, left), 2 * left, 20 * left])
            self.state_sums(body, order)
        self.serve(name, body, order)

    def state_sums(self, body, order):
        """What is left to the node mostly, or beside it."""
        if self.chance(40):
            share = order.share(body.price_fen)
            body.amount_fen = self.near(self.one_of([share, *[order.spent_left()] * 2]))
        if self.chance(8):
            body.spent_after_fen = self.near(order.spent_fen + body.amount_fen)
        if self.chance(8):
            body.limit_fen = self.one_of(
                [order.place.hold_fen, order.place.hold_fen * 2, 1])
        if self.chance(8):
            body.expires = self.one_of([order.place.until, self.day(-2, 5)])

    def close(self, name, body, order):
        if order is not None and self.chance(20):
            body.spent_fen = self.near(order.spent_fen)

    def serve(self, name, body, order):
        self.say_times(body, order)
        self.say_what(name, body, order)
        served = body if body.item_kind or order is None else order.place
        if served.item_kind == INSTRUMENT:
            self.say_machine_times(body, order, checks.key_of_item(served))
        if self.chance(60):
            self.say_invoice(name, body)
        if self.chance(30):
            body.quantity = self.one_of([1, 2, 3, 10])
        for field in ("contract", "report", "invoice"):
            if self.chance(10):
                size = 32 if self.chance(98) else 31
                setattr(body, field, self.random.randbytes(size))

    def say_times(self, body, order):
        body.until_ms = self.model.now_ms
        if self.chance(2):
            body.until_ms += 24 * HOUR_MS
        elif self.chance(8):
            body.until_ms -= HOUR_MS // 2
        body.from_ms = body.until_ms
        if self.chance(8):
            body.from_ms -= self.random.randint(-1, 40) * HOUR_MS + HOUR_MS // 2

    def say_machine_times(self, body, order, item):
        """Some milliseconds, since the voucher was issued; or beside others'."""
        now = self.model.now_ms
        first = order.voucher.issued_ms if order and order.voucher else 0
        if self.chance(80):
            first = min(max(first, now - 48 * HOUR_MS), now)
            body.until_ms = self.random.randint(first, now)
            body.from_ms = body.until_ms - self.one_of([0, 5, 60, 1000])
        uses = list(self.model.uses.get(item, ()))
        if order and order.delivery and self.chance(75):
            uses = [(order.delivery.from_ms, order.delivery.until_ms)]
        if uses and self.chance(50):
            begins, ends = self.one_of(uses)[:2]
            body.from_ms, body.until_ms = self.one_of([
                (begins, ends), (begins - 10, begins), (ends, ends), (begins, begins),
                (begins - 10, begins + 1), (begins - 50, ends)])

    def say_what(self, name, body, order):
        """What was ordered mostly, about which nothing is said."""
        if not self.chance(80 if order is not None and order.allotted else 30):
            return
        unit = self.one_of(self.units)
        if order is not None and self.chance(80):
            unit = order.place.unit_scheme, order.place.unit_id
        body.unit_scheme, body.unit_id = unit
        if order is not None and order.place.item_kind and self.chance(40):
            place = order.place
            self.name_item(body, (place.item_kind, place.item_home, 0, 0,
                                  place.item_inner_id))
        elif order is not None and order.delivery and self.chance(75):
            done = order.delivery
            body.unit_scheme, body.unit_id = done.unit_scheme, done.unit_id
            self.name_item(body, checks.key_of_item(done))
        elif self.chance(80):
            home = name if self.chance(95) else self.one_of(self.names)
            self.name_item(body, self.item(unit, home))

    def say_invoice(self, name, body):
        """One of its own, or one that was used before."""
        number = len(self.numbers)
        if self.used and self.chance(40):
            number = self.one_of(self.used[-30:])
        prints.state(body, name, lambda version: prints.made_up(version, number))
        self.numbers[body.invoice_print] = number
        if self.chance(2):
            body.former_key = body.invoice_key

    def with_invoice(self, name, command):
        """Now and then a real one, of which the node makes the fingerprints."""
        seller = self.parties[self.names[0]][0].uscc
        body = command.body
        if command.kind not in ("deliver", "spend") or not body.invoice_key or (
                body.former_key == body.invoice_key or not self.chance(6)):
            return command
        number = self.random.randint(1, 6)

        def print_under(version):
            return prints.print_of(version, seller, number)
        prints.state(body, name, print_under)
        return dataclasses.replace(command, invoice=prints.invoice_of(seller, number))

    def dispute(self, name, body, order):
        body.reason = "数据有误" if self.chance(97) else ""

    def resolve(self, name, body, order):
        held = 1000 if order is None else order.place.hold_fen
        body.max_fen = self.one_of([0, self.near(held), self.near(held)])
        body.reason = self.one_of(["减半", "照付", "不予支付"])

    def cancel(self, name, body, order):
        body.reason = self.one_of(["", "不需要了"])

    def adjust(self, name, body, order):
        left = 100 if order is None else order.captured_fen - order.adjusted_fen
        body.amount_fen = self.near(left)
        body.reason = "复核退款"

    def review(self, name, body, order):
        body.stars = self.random.randint(1, 5) if self.chance(97) else 6
        body.text = self.one_of(["", "很好"])


def is_done(order):
    return order.resolved != HELD or order.is_taken_back()


FITS = {
    "accept": lambda order: order.answer == ASKED and not order.allotted,
    "decline": lambda order: order.answer in (ASKED, ACCEPTED),
    "deliver": lambda order: order.answer == ACCEPTED
    or (order.is_of_desk() and order.answer == ASKED),
    "resolve": lambda order: order.disputed == DISPUTED,
    "confirm": lambda order: order.answer == DELIVERED,
    "adjust": lambda order: order.creditor() and order.captured_fen > order.adjusted_fen,
    "review": lambda order: order.resolved == CAPTURED and order.stars == 0,
    "spend": lambda order: order.allotted and order.answer in (ASKED, SPENT)
    and order.spent_left() > 0,
    "close": lambda order: order.allotted and order.answer in (ASKED, SPENT),
}
