# SPDX-License-Identifier: Apache-2.0
"""The ledger of vouchers as its rules have it, a second time: what every
command is answered, what nodes do by themselves, and what stands afterwards.

One Model has all cities in it, and no lines between them: whoever drives it
waits until a fact has arrived before it relies on it. Little is kept: of a
voucher what was issued, of an order what was said. What is held, spent, used
in a year, left of a budget or owed is summed up from that whenever it is asked
for, so that no sum can go wrong by itself.

Requests are the messages of heluo/v1/*.proto, read and never changed. Money is
in fen; days are those of UTC+8."""

import collections
import dataclasses
import datetime
import re

from heluo.v1 import order_pb2

MONEY_MAX_FEN = 10**15
LOCAL, ELSEWHERE = 1, 2  # SchemeSupplier
PAYEE_PROVIDER, PAYEE_HOLDER = 1, 2
CANCELLED, RETURNED, EXPIRED = 1, 2, 3  # VoucherEnd
HELD, CAPTURED, RELEASED, DENIED = 0, 1, 2, 3  # OrderResolved
ASKED, ACCEPTED, DECLINED, DELIVERED = 0, 1, 2, 3  # OrderAnswer
UNDISPUTED, DISPUTED, DECIDED = 0, 1, 2  # OrderDisputed
VALIDITY = 1  # OrderCheck
FUND, BUDGET, ISSUED, HOLDS, PAYABLE, SETTLED, ADJUSTED, RECEIVABLE, EARNED = range(
    1, 10)  # LedgerAccount


def day_of(now_ms):
    """The day in UTC+8."""
    since_1970 = (now_ms + 8 * 3600 * 1000) // (24 * 3600 * 1000)
    return datetime.date(1970, 1, 1) + datetime.timedelta(since_1970)


def after(day, days):
    """0: never."""
    try:
        return day + datetime.timedelta(days) if days else datetime.date.max
    except OverflowError:
        return datetime.date.max


def day_or(text, otherwise):
    return datetime.date.fromisoformat(text) if text else otherwise


class Refused(Exception):
    """What the ledger does not allow: by the word that begins the text."""

    ERRORS = {
        "no_scheme": "HL_ENOTFOUND",
        "no_voucher": "HL_ENOTFOUND",
        "no_order": "HL_ENOTFOUND",
        "no_provider": "HL_ENOTFOUND",
        "no_issuer": "HL_ENOTFOUND",
        "scheme_version": "HL_EEXISTS",
        "voucher_exists": "HL_EEXISTS",
        "order_exists": "HL_EEXISTS",
    }

    def __init__(self, word):
        super().__init__(word)
        self.word = word
        self.error = self.ERRORS.get(word, "HL_ESTATE")


def need(good, word):
    if not good:
        raise Refused(word)


@dataclasses.dataclass(frozen=True)
class Answer:
    error: str = ""  # "": it is written
    word: str = ""  # of a refusal; of a reused id the field that differs
    repeated: bool = False


# --- What stands. ---------------------------------------------------------------


class Scheme:
    """One version of it."""

    def __init__(self, put):
        self.put = put

    def clocks(self, issued):
        """The last day of use, and that of a claim."""
        put, never = self.put, datetime.date.max
        use = min(after(issued, put.use_days), day_or(put.use_until, never))
        return use, min(after(use, put.claim_days), day_or(put.claim_until, never))

    def is_open(self, today):
        first = day_or(self.put.issue_from, datetime.date.min)
        last = day_or(self.put.issue_until, datetime.date.max)
        return first <= today <= last and today <= self.clocks(today)[0]

    def rates(self, county, kind, local):
        """The one that counts of each level."""
        chosen = {}
        for rate in self.put.rates:
            fits = (
                county.startswith(rate.county)
                and rate.kind in (0, kind)
                and rate.supplier in (0, LOCAL if local else ELSEWHERE))
            if fits:
                chosen.setdefault(rate.level, []).append(rate)
        return [max(rates, key=self.narrowness) for rates in chosen.values()]

    def narrowness(self, rate):
        return len(rate.county), rate.kind > 0, rate.supplier > 0

    def part(self, rate, price_fen):
        """What one level pays."""
        return at_most(price_fen * rate.rate_bp // 10000, rate.order_max_fen)

    def share(self, county, kind, local, price_fen):
        """What the levels pay together."""
        rates = self.rates(county, kind, local)
        parts = [self.part(rate, price_fen) for rate in rates]
        return at_most(sum(parts), self.put.order_max_fen)

    def allows_kind(self, kind):
        return self.put.kinds == 0 or self.put.kinds >> kind & 1 == 1

    def allows_partner(self, node):
        return not self.put.partners or node in [one.node for one in self.put.partners]

    def allows_desks(self):
        return self.put.desk_days > 0

    def allows_provider(self, scheme, unit):
        listed = [(one.unit_scheme, one.unit_id) for one in self.put.providers]
        return not listed or (scheme, unit) in listed


def at_most(fen, bound):
    """0: there is no bound."""
    return min(fen, bound) if bound else fen


class Voucher:
    def __init__(self, series, issue, issued_ms):
        self.series = series
        self.scheme = series.newest()
        self.issue = issue
        self.issued_ms = issued_ms  # about; the node's answer says it to the letter
        self.use_until, self.claim_until = self.scheme.clocks(day_of(issued_ms))
        self.orders = []
        self.ended = 0
        self.reason = ""

    def controller(self):
        return self.issue.controller or self.issue.holder

    def share(self, place, issuer, price_fen):
        """What its scheme pays of such an order at that price."""
        local = place.provider == issuer
        return self.scheme.share(self.issue.county, place.kind, local, price_fen)

    def held(self):
        return sum(one.place.hold_fen for one in self.orders if one.resolved == HELD)

    def spent(self):
        return sum(one.captured_fen for one in self.orders)

    def left(self):
        """Neither held nor spent."""
        return self.issue.amount_fen - self.held() - self.spent()

    def open(self):
        return 0 if self.ended else self.left()

    def returned(self):
        return self.left() if self.ended else 0


class Order:
    """Both halves of it. One that began at its provider's desk is a request at
    first: `place` is what was asked for, and then what is held."""

    def __init__(self, issuer, place):
        self.issuer = issuer
        self.place = place
        self.voucher = None
        self.placed = None  # the day
        self.resolved = HELD
        self.captured_fen = 0
        self.disputed = UNDISPUTED
        self.max_fen = 0
        self.confirmed = self.cancelled = False
        self.stars = 0
        self.reason = ""  # the newest, but no wish's after a decision
        self.answer = ASKED
        self.answer_reason = ""
        self.delivery = None
        self.adjusted_fen = 0
        self.ask_until = ""  # a day, once it is said
        self.checks = 0

    def hold(self, voucher, place, today):
        self.voucher = voucher
        self.place = place
        self.placed = today
        voucher.orders.append(self)

    def is_of_desk(self):
        return self.place.begun_at != self.issuer

    def is_taken_back(self):
        """The request, and nobody answers it any more."""
        return self.placed is None and self.answer == DECLINED

    def until(self):
        return datetime.date.fromisoformat(self.place.until)

    def share(self, price_fen):
        return self.voucher.share(self.place, self.issuer, price_fen)

    def used(self):
        """Of its holder's year."""
        return self.place.hold_fen if self.resolved == HELD else self.captured_fen

    def creditor(self):
        """Whom the issuer owes what is captured; None: it settles that itself."""
        if self.placed is None:
            return None
        to_holder = self.voucher.scheme.put.payee == PAYEE_HOLDER
        at_home = self.place.provider == self.issuer
        return None if to_holder or at_home else self.place.provider

    def add_debts(self, name, sums):
        """To that city's balances."""
        creditor = self.creditor()
        if self.issuer == name and creditor is None:
            sums[SETTLED, ""] += self.captured_fen
        elif self.issuer == name:
            sums[PAYABLE, creditor] += self.captured_fen
            sums[RECEIVABLE, creditor] -= self.adjusted_fen
            sums[EARNED, creditor] += self.adjusted_fen
        elif creditor == name:
            sums[RECEIVABLE, self.issuer] -= self.captured_fen
            sums[EARNED, self.issuer] += self.captured_fen
            sums[PAYABLE, self.issuer] += self.adjusted_fen
            sums[ADJUSTED, ""] -= self.adjusted_fen

    def state(self):
        """OrderState."""
        if self.placed is None and self.resolved == HELD:
            return 8 if self.answer == ASKED else 4 + RELEASED
        return 1 + self.answer if self.resolved == HELD else 4 + self.resolved


class Series:
    """All versions of a scheme, and what was issued by them."""

    def __init__(self):
        self.versions = []
        self.vouchers = []

    def newest(self):
        return self.versions[-1]

    def issued(self):
        """Of the budget, less what returned."""
        return sum(one.issue.amount_fen - one.returned() for one in self.vouchers)

    def left(self):
        return self.newest().put.budget_fen - self.issued()


class City:
    def __init__(self):
        self.schemes = {}  # Series, by id
        self.vouchers = {}
        self.orders = {}  # that began here, by id
        self.commands = {}  # (caller, id): it, the body that it made, its answer


# --- Rules of form. -------------------------------------------------------------

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_money(fen, least=1):
    return least <= fen <= MONEY_MAX_FEN


def is_line(text, least=0):
    return least <= len(text.encode()) <= 500 and "\n" not in text


def is_day(text):
    try:
        return text == datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        return False


def is_order(body, own_id=False):
    """A place left empty is this node, an id of something new the command's."""
    place = body.begun_at == "" or LABEL.fullmatch(body.begun_at)
    return place and (len(body.id) == 16 or (own_id and body.id == b""))


def is_well_put(put):
    levels = {}
    for rate in put.rates:
        levels[rate.level] = max(levels.get(rate.level, 0), rate.rate_bp)
    places = {(one.level, one.county, one.kind, one.supplier) for one in put.rates}
    spans = [
        (put.issue_from, put.issue_until), (put.issue_from, put.use_until),
        (put.use_until, put.claim_until)]
    return (
        1 <= put.version <= 9999
        and 1 <= len(put.rates) == len(places) <= 200
        and len(levels) <= 8
        and sum(levels.values()) <= 10000
        and all(first <= last for first, last in spans if first and last)
        and (put.use_days or put.use_until)
        and (put.claim_days or put.claim_until)
        and is_money(put.budget_fen, 0)
        and put.issue_unit_fen >= 1
        and put.payee in (PAYEE_PROVIDER, PAYEE_HOLDER))


def is_well_placed(place):
    return LABEL.fullmatch(place.provider) and is_well_ordered(place, place.item_home != "")


def is_well_requested(request):
    """Whose item it is need not be said."""
    names_item = request.item_home != "" or request.item_kind > 0
    return LABEL.fullmatch(request.issuer) and is_well_ordered(request, names_item)


def is_well_ordered(place, names_home):
    return (
        is_order(place, own_id=True)
        and len(place.voucher) == 16
        and len({place.item_kind > 0, names_home, place.item_inner_id != ""}) == 1
        and 1 <= place.kind <= 6
        and is_money(place.price_fen)
        and is_money(place.hold_fen, 0)
        and (place.until == "" or is_day(place.until)))


def says_why(body):
    return is_order(body) and is_line(body.reason, 1)


def may_say_why(body):
    return is_order(body) and is_line(body.reason)


FORM = {
    "put": is_well_put,
    "issue": lambda body: len(body.id) in (0, 16)
    and 1 <= len(body.scheme) <= 40
    and len(body.holder) in (0, 16)
    and len(body.controller) in (0, 16)
    and is_money(body.amount_fen),
    "end": lambda body: len(body.id) == 16
    and body.how in (CANCELLED, RETURNED, EXPIRED)
    and is_line(body.reason),
    "place": is_well_placed,
    "request": is_well_requested,
    "accept": is_order,
    "decline": may_say_why,
    "deliver": lambda body: is_order(body)
    and is_money(body.price_fen)
    and body.from_ms <= body.until_ms
    and {len(body.contract), len(body.report), len(body.invoice)} <= {0, 32},
    "dispute": says_why,
    "resolve": lambda body: says_why(body) and is_money(body.max_fen, 0),
    "confirm": is_order,
    "cancel": may_say_why,
    "adjust": lambda body: says_why(body) and is_money(body.amount_fen),
    "review": lambda body: is_order(body) and 1 <= body.stars <= 5,
}


# --- Commands. ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Command:
    id: bytes
    kind: str
    body: object
    holder: object = None  # parties, of an issue
    controller: object = None

    def is_well_formed(self):
        if self.kind == "issue":
            named = self.holder is not None, self.controller is not None
            if named[0] == (self.body.holder != b"") or named[1] and self.body.controller:
                return False
        return bool(FORM[self.kind](self.body))


def filled(body, **fields):
    """A copy in which what is empty is filled in."""
    copy = type(body)()
    copy.CopyFrom(body)
    for name, value in fields.items():
        if not getattr(copy, name):
            setattr(copy, name, value)
    return copy


class Model:
    def __init__(self, tokens, now_ms):
        """tokens: of each city's parties, by unified social credit code."""
        self.tokens = tokens
        self.cities = {name: City() for name in tokens}
        self.now_ms = now_ms

    @property
    def today(self):
        return day_of(self.now_ms)

    def run(self, name, caller, command):
        """What that city answers, and does."""
        city = self.cities[name]
        if not command.is_well_formed():
            return Answer("HL_EMALFORMED")  # and is not remembered
        former = city.commands.get((caller, command.id))
        if former is not None:
            return self.repeat(name, former, command)
        made = None
        try:
            made = getattr(self, command.kind)(name, self.fill(name, command))
            answer = Answer()
        except Refused as refused:
            answer = Answer(refused.error, refused.word)
        city.commands[caller, command.id] = command, made, answer
        return answer

    def repeat(self, name, former, command):
        """An id is answered as it was, whatever became of the ledger."""
        asked, made, answer = former
        if command == asked:
            return dataclasses.replace(answer, repeated=made is not None)
        if made is None:
            return Answer("HL_EEXISTS", "request")
        if command.kind != asked.kind:
            return Answer("HL_EEXISTS", "method")
        field = first_difference(command.body, made)
        return Answer("HL_EEXISTS", field or self.other_party(name, command, made))

    def other_party(self, name, command, made):
        for field in ("holder", "controller"):
            party = getattr(command, field)
            if party and self.tokens[name][party.uscc] != getattr(made, field):
                return field
        return "request"

    def fill(self, name, command):
        body = command.body
        if command.kind in ("put", "end"):
            return body
        if command.kind != "issue":
            body = filled(body, begun_at=name)
            begins = command.kind in ("place", "request")
            return filled(body, id=command.id) if begins else body
        known = self.tokens[name]
        tokens = [
            b"" if party is None else known[party.uscc]
            for party in (command.holder, command.controller)]
        return filled(body, id=command.id, holder=tokens[0], controller=tokens[1])

    # --- Schemes and vouchers. --------------------------------------------------

    def put(self, name, put):
        series = self.cities[name].schemes.get(put.id, Series())
        need(put.version == len(series.versions) + 1, "scheme_version")
        need(put.budget_fen >= series.issued(), "budget_below_issued")
        series.versions.append(Scheme(put))
        self.cities[name].schemes[put.id] = series
        return put

    def issue(self, name, issue):
        city = self.cities[name]
        need(issue.id not in city.vouchers, "voucher_exists")
        series = city.schemes.get(issue.scheme, Series())
        need(series.versions, "no_scheme")
        issue = filled(issue, scheme_version=len(series.versions))
        need(issue.scheme_version == len(series.versions), "other_version")
        put = series.newest().put
        need(issue.amount_fen % put.issue_unit_fen == 0, "amount_unit")
        most = at_most(MONEY_MAX_FEN, put.voucher_max_fen)
        need(issue.amount_fen <= most, "amount_max")
        need(series.newest().is_open(self.today), "issue_closed")
        need(issue.amount_fen <= series.left(), "budget_left")
        voucher = Voucher(series, issue, self.now_ms)
        city.vouchers[issue.id] = voucher
        series.vouchers.append(voucher)
        return issue

    def end(self, name, end):
        voucher = self.voucher(name, end.id)
        need(not voucher.ended, "voucher_ended")
        need(end.how != EXPIRED or self.today > voucher.use_until, "not_expired")
        voucher.ended = end.how
        voucher.reason = end.reason
        return end

    def voucher(self, name, voucher):
        vouchers = self.cities[name].vouchers
        need(voucher in vouchers, "no_voucher")
        return vouchers[voucher]

    # --- Orders: the issuer. ----------------------------------------------------

    def place(self, name, place):
        orders = self.cities[name].orders
        need(place.begun_at == name, "begun_elsewhere")
        need(place.id not in orders, "order_exists")
        voucher, place = self.what_is_held(name, place)
        need(place.provider in self.cities, "no_provider")
        orders[place.id] = Order(name, place)
        orders[place.id].hold(voucher, place, self.today)
        return place

    def what_is_held(self, name, place):
        """Of that city's voucher, for what is ordered; and how it is placed."""
        voucher = self.voucher(name, place.voucher)
        scheme = voucher.scheme
        need(not voucher.ended, "voucher_ended")
        need(self.today <= voucher.use_until, "use_over")
        place = filled(place, until=voucher.claim_until.isoformat())
        until = datetime.date.fromisoformat(place.until)
        need(self.today <= until <= voucher.claim_until, "until_range")
        need(place.begun_at == name or scheme.allows_desks(), "not_at_desk")
        need(scheme.allows_kind(place.kind), "kind_excluded")
        need(scheme.allows_partner(place.provider), "partner_excluded")
        unit = place.unit_scheme, place.unit_id
        need(scheme.allows_provider(*unit), "provider_excluded")
        bounds = self.bounds(name, voucher, place)
        need(bounds["hold_share"] > 0, "no_rate")
        place = filled(place, hold_fen=min(bounds.values()))
        for word, left in bounds.items():
            need(0 < left and place.hold_fen <= left, word)
        return voucher, place

    def bounds(self, name, voucher, place):
        """What may be held at most, for each reason, in their order."""
        put = voucher.scheme.put
        holder = voucher.issue.holder
        controller = voucher.controller()
        return {
            "hold_share": voucher.share(place, name, place.price_fen),
            "voucher_left": voucher.open(),
            "holder_year": self.year_left(
                voucher.series, put.holder_year_max_fen,
                lambda other: other.scheme.put.holder_year_max_fen
                and other.issue.holder == holder),
            "controller_year": self.year_left(
                voucher.series, put.controller_year_max_fen,
                lambda other: other.scheme.put.controller_year_max_fen
                and other.controller() == controller),
        }

    def year_left(self, series, most, is_his):
        """Of that bound, after this year's orders of his vouchers, as far as those
        have it, too."""
        if most == 0:
            return MONEY_MAX_FEN
        used = sum(
            order.used()
            for voucher in series.vouchers if is_his(voucher)
            for order in voucher.orders if self.is_of_this_year(order))
        return max(0, most - used)

    def is_of_this_year(self, order):
        return order.placed.year == self.today.year

    def begun(self, begun_at, id):
        """None: there is none."""
        city = self.cities.get(begun_at)
        return None if city is None else city.orders.get(id)

    def order(self, name, body):
        """One for which this city holds, or held."""
        order = self.begun(body.begun_at, body.id)
        need(order and order.issuer == name and order.placed, "no_order")
        return order

    def held(self, name, body):
        order = self.order(name, body)
        need(order.resolved == HELD, "resolved")
        return order

    def dispute(self, name, body):
        order = self.held(name, body)
        need(order.disputed != DISPUTED, "disputed")
        order.disputed = DISPUTED
        order.reason = body.reason
        return body

    def resolve(self, name, body):
        order = self.held(name, body)
        need(body.max_fen <= order.place.hold_fen, "max_hold")
        order.disputed = DECIDED
        order.max_fen = body.max_fen
        order.reason = body.reason
        return body

    def confirm(self, name, body):
        order = self.held(name, body)
        need(not order.confirmed, "confirmed")
        need(order.answer == DELIVERED, "not_delivered")
        order.confirmed = True
        return body

    def cancel(self, name, body):
        order = self.held(name, body)
        need(not order.cancelled, "cancelled")
        order.cancelled = True
        if order.disputed != DECIDED:
            order.reason = body.reason
        return body

    def review(self, name, body):
        order = self.order(name, body)
        need(order.resolved == CAPTURED, "not_captured")
        need(order.stars == 0, "reviewed")
        order.stars = body.stars
        return body

    # --- Orders: the provider. --------------------------------------------------

    def request(self, name, request):
        orders = self.cities[name].orders
        need(request.begun_at == name, "begun_elsewhere")
        need(request.issuer != name, "at_home")
        need(request.id not in orders, "order_exists")
        need(request.issuer in self.cities, "no_issuer")
        place = order_pb2.OrderPlace(provider=name)
        for field in place.DESCRIPTOR.fields:
            if field.name != "provider":
                setattr(place, field.name, getattr(request, field.name))
        if place.item_kind:
            place = filled(place, item_home=name)
        orders[request.id] = Order(request.issuer, place)
        return request

    def asked(self, name, body):
        """One that some city placed, or this one requested, and for this one."""
        order = self.begun(body.begun_at, body.id)
        need(order is not None, "no_order")
        need(body.issuer in ("", order.issuer), "no_order")
        need(order.place.provider == name, "other_provider")
        if order.placed is None:
            need(order.resolved == HELD, "resolved")
            need(order.answer == ASKED, "declined")
        return order

    def unanswered(self, name, body):
        order = self.asked(name, body)
        need(order.resolved == HELD, "resolved")
        need(order.answer != DECLINED, "declined")
        return order

    def accept(self, name, body):
        order = self.unanswered(name, body)
        need(order.answer == ASKED, "accepted")
        order.answer = ACCEPTED
        return body

    def decline(self, name, body):
        order = self.unanswered(name, body)
        need(order.answer != DELIVERED, "delivered")
        order.answer = DECLINED
        order.answer_reason = body.reason
        return body

    def deliver(self, name, body):
        order = self.unanswered(name, body)
        need(order.answer != DELIVERED, "delivered")
        need(self.is_accepted(order), "not_accepted")
        need(body.until_ms <= self.now_ms, "service_times")
        order.answer = DELIVERED
        order.delivery = body
        return body

    def is_accepted(self, order):
        """Who asks for a hold has."""
        return order.answer == ACCEPTED or order.is_of_desk()

    def adjust(self, name, body):
        order = self.asked(name, body)
        need(order.resolved == CAPTURED, "not_captured")
        need(order.creditor() == name and order.captured_fen > 0, "nothing_owed")
        need(order.adjusted_fen + body.amount_fen <= order.captured_fen, "adjust_sum")
        order.adjusted_fen += body.amount_fen
        return body

    # --- What nodes do by themselves. -------------------------------------------

    def next_step(self, order):
        """What follows of an order once everybody knows all: a method, or None."""
        if order.resolved != HELD:
            return None
        if order.placed is None:
            return self.answer_request if self.is_wanted(order) else None
        if order.answer == DELIVERED:
            return self.next_of_delivered(order)
        if order.answer == DECLINED or self.today > order.until():
            return self.release
        if order.cancelled and order.answer == ASKED:
            return self.give_up
        return None

    def is_wanted(self, order):
        return not order.is_taken_back()

    def answer_request(self, order):
        """What is asked for is held, or the reason is given why not."""
        try:
            order.hold(*self.what_is_held(order.issuer, order.place), self.today)
        except Refused as refused:
            order.resolved = DENIED
            order.reason = refused.word

    def cross(self, order):
        """It was held while it was taken back, and is free again."""
        order.hold(*self.what_is_held(order.issuer, order.place), self.today)
        order.resolved = RELEASED

    def next_of_delivered(self, order):
        if self.is_denied(order):
            return self.settle
        waits = order.ask_until or order.checks
        if not waits and (self.breaks(order) or not self.is_content(order)):
            return self.wait
        free = order.disputed != DISPUTED and self.is_content(order)
        return self.settle if free else None

    def is_denied(self, order):
        return order.disputed == DECIDED and order.max_fen == 0

    def is_content(self, order):
        """The holder, or he had his days."""
        days = self.ask_days(order)
        return (
            days == 0 or order.confirmed or order.disputed == DECIDED
            or order.ask_until != "" and self.today.isoformat() > order.ask_until)

    def ask_days(self, order):
        """Others spoke for who was at a desk."""
        put = order.voucher.scheme.put
        return max(put.confirm_days, put.desk_days if order.is_of_desk() else 0)

    def breaks(self, order):
        """Rules, as a mask."""
        within = self.is_after_issue(order) and self.is_in_time(order)
        return 0 if within else order.voucher.scheme.put.hold_checks & 1 << VALIDITY

    def is_after_issue(self, order):
        return order.delivery.from_ms >= order.voucher.issued_ms

    def is_in_time(self, order):
        return day_of(order.delivery.until_ms) <= order.voucher.use_until

    def wait(self, order):
        """It is said what is waited for: the holder, or a person's decision."""
        if not self.is_content(order):
            order.ask_until = after(self.today, self.ask_days(order)).isoformat()
        order.checks = self.breaks(order)
        if order.checks:
            order.reason = "" if order.disputed == DECIDED else order.reason
            order.disputed = DISPUTED

    def settle(self, order):
        """What was delivered is captured, or denied where a person said so."""
        order.resolved = DENIED if self.is_denied(order) else CAPTURED
        order.captured_fen = self.most(order)

    def most(self, order):
        most = min(order.place.hold_fen, order.share(order.delivery.price_fen))
        return min(most, order.max_fen) if order.disputed == DECIDED else most

    def release(self, order):
        order.resolved = RELEASED

    def give_up(self, order):
        """The provider's node declines what is cancelled and was not accepted."""
        order.answer = DECLINED
        order.answer_reason = order.reason

    def react(self, order):
        """Until nothing more follows."""
        while (step := self.next_step(order)) is not None:
            step(order)

    def expire(self):
        for city in self.cities.values():
            for voucher in city.vouchers.values():
                if not voucher.ended and self.today > voucher.use_until:
                    voucher.ended = EXPIRED

    # --- Balances. --------------------------------------------------------------

    def balances(self, name):
        """{(account, partner): credit less debit}, without those that are 0."""
        city = self.cities[name]
        sums = collections.Counter()
        for series in city.schemes.values():
            sums[FUND, ""] -= series.newest().put.budget_fen
            sums[BUDGET, ""] += series.left()
        for voucher in city.vouchers.values():
            sums[ISSUED, ""] += voucher.open()
            sums[HOLDS, ""] += voucher.held()
        for other in self.cities.values():
            for order in other.orders.values():
                order.add_debts(name, sums)
        return {key: fen for key, fen in sums.items() if fen != 0}


def first_difference(asked, made):
    """The first field that was asked for otherwise; what is left empty is not."""
    for field in asked.DESCRIPTOR.fields:
        value = getattr(asked, field.name)
        if value and value != getattr(made, field.name):
            return field.name
    return None
