# SPDX-License-Identifier: Apache-2.0
"""Random commands: mostly such as people give, near what is just allowed, and
often beyond. What exists is read from the model."""

import dataclasses
import datetime

from heluo.v1 import order_pb2, scheme_pb2, voucher_pb2

import base
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
}
WEIGHTS = {
    "put": 3, "issue": 16, "end": 2, "place": 30, "request": 14, "accept": 22, "decline": 4,
    "deliver": 20, "dispute": 4, "resolve": 5, "confirm": 6, "cancel": 4, "adjust": 5,
    "review": 4,
}
OF_PROVIDER = ("accept", "decline", "deliver", "adjust")
COUNTIES = ["", "410105", "410106", "410300", "370100"]
COUNTY_PREFIXES = ["", "", "", "41", "4101", "410105", "37"]
LEVELS = ["省", "市", "区"]
UNITS = [("nrii", f"{number:032x}") for number in range(4)]
NOWHERE = "kaifeng"  # no node of the alliance
HOLDERS = 5


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
        if command.kind in ("place", "request") and answer == base.Answer():
            orders = self.model.cities[name].orders
            self.orders.append(orders[command.body.id or command.id])

    def new(self, name, kind):
        if kind in ("put", "issue", "end", "place", "request"):
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
        return Command(self.id(), kind, body)

    def again(self, name):
        """A retry, or the id of one for something else."""
        own = [command for city, command in self.former[-2000:] if city == name]
        former = self.one_of(own)
        if former is None or self.chance(60):
            return former
        if self.chance(30):
            return dataclasses.replace(self.one_of(own), id=former.id)
        body = base.filled(former.body)
        field = self.one_of([
            one.name for one in body.DESCRIPTOR.fields
            if one.type in (one.TYPE_UINT64, one.TYPE_UINT32) and getattr(body, one.name)]
            or ["id"])
        if field == "id":
            body.id = self.id() if former.kind != "put" else "other"
        else:
            setattr(body, field, getattr(body, field) ^ 1)
        return dataclasses.replace(former, body=body)

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
            hold_checks=self.one_of([0, 2, 2]),
            rates=self.rates())
        self.clocks(put)
        if self.chance(25):
            put.kinds = self.random.randrange(0, 128, 2)
        if self.chance(25):
            for scheme, unit in self.random.sample(UNITS, 2):
                put.providers.add(unit_scheme=scheme, unit_id=unit)
        if self.chance(25):
            for node in self.random.sample(self.names + [NOWHERE], 2):
                put.partners.add(node=node)
        return Command(self.id(), "put", put)

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
                    kind=self.one_of([0, 0, 1, 2]), supplier=self.one_of([0, 0, 1, 2]),
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
            vouchers = [one for one in vouchers[-300:] if one.open() > 0]
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
        for _ in range(6):
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
        for _ in range(6):
            place = self.what(voucher)
            place.provider = name
            if self.is_paid(issuer, voucher, place):
                break
        self.prices(issuer, voucher, place)
        if self.chance(40):
            place.until = self.one_of([
                self.day(0, 0), self.day(-1, 4), voucher.claim_until.isoformat()])
        request = order_pb2.HoldRequest(
            issuer=issuer if self.chance(98) else self.one_of([name, NOWHERE]))
        for field in place.DESCRIPTOR.fields:
            if field.name != "provider":
                setattr(request, field.name, getattr(place, field.name))
        if self.chance(30):
            request.item_kind, request.item_inner_id = 2, "SEM-1"
            request.item_home = self.one_of(["", name])
        self.name_order(name, request)
        return Command(self.id(), "request", request)

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

    def what(self, voucher):
        scheme, unit = self.one_of(UNITS)
        return order_pb2.OrderPlace(
            voucher=voucher.issue.id, unit_scheme=scheme, unit_id=unit,
            provider=self.one_of(self.names + [NOWHERE] * self.chance(5)),
            kind=self.random.choice([1, 1, 2, 3]) if self.chance(99) else 7,
            price_fen=self.random.choice([
                self.random.randint(1, 50), 10**4,
                *self.random.choices(range(1, 10**6), k=4)]))

    def is_paid(self, name, voucher, place):
        return (
            voucher.scheme.allows_kind(place.kind)
            and voucher.scheme.allows_partner(place.provider)
            and voucher.scheme.allows_provider(place.unit_scheme, place.unit_id)
            and voucher.share(place, name, place.price_fen) > 0)

    def prices(self, name, voucher, place):
        """At what the scheme just pays; and what is left, or beside it."""
        bounds = self.model.bounds(name, voucher, place)
        least = min(bounds.values())
        if bounds["hold_share"] and self.chance(50):
            price = place.price_fen * least // bounds["hold_share"]
            place.price_fen = max(1, price + self.random.randint(-1, 2))
        if self.chance(2):
            place.price_fen = self.one_of([0, 10**15, 10**15 + 1])
        if self.chance(40):
            place.hold_fen = self.near(self.one_of([least] * 4 + [*bounds.values()]))

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

    def deliver(self, name, body, order):
        hour_ms = 3600 * 1000
        price = 1000 if order is None else order.place.price_fen
        body.price_fen = self.one_of([price, price, self.near(price), price * 2, 1])
        body.until_ms = self.model.now_ms
        if self.chance(2):
            body.until_ms += 24 * hour_ms
        elif self.chance(15):
            body.until_ms -= hour_ms // 2
        body.from_ms = body.until_ms
        if self.chance(15):
            body.from_ms -= self.random.randint(-1, 40) * hour_ms + hour_ms // 2
        for name in ("contract", "report", "invoice"):
            if self.chance(30):
                setattr(body, name, self.random.randbytes(32 if self.chance(98) else 31))

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
    return order.resolved != base.HELD or order.is_taken_back()


FITS = {
    "accept": lambda order: order.answer == base.ASKED,
    "decline": lambda order: order.answer in (base.ASKED, base.ACCEPTED),
    "deliver": lambda order: order.answer == base.ACCEPTED
    or (order.is_of_desk() and order.answer == base.ASKED),
    "resolve": lambda order: order.disputed == base.DISPUTED,
    "confirm": lambda order: order.answer == base.DELIVERED,
    "adjust": lambda order: order.creditor() and order.captured_fen > order.adjusted_fen,
    "review": lambda order: order.resolved == base.CAPTURED and order.stars == 0,
}
