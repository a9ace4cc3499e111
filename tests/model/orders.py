# SPDX-License-Identifier: Apache-2.0
"""Orders: what stands of them, what cities say of them, and what nodes do by
themselves."""

import datetime

from heluo.v1 import order_pb2

from base import (
    ACCEPTED, ADJUSTED, ALLOTTED, ASKED, CAPTURED, CLOSED, DECIDED, DECLINED,
    DELIVERED, DENIED, DISPUTED, DRAWN, EARNED, HELD, MONEY_MAX_FEN, PAYABLE,
    PAYEE_HOLDER, RECEIVABLE, RELEASED, SETTLED, SPENT, UNDISPUTED, Refused, after,
    filled, need)

CAPTURE_BODY, ADJUST_BODY, SPEND_BODY = 28, 34, 43


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
        self.claims = []  # of each delivery, or spend
        self.claim = None  # the newest
        self.allotted = 0
        self.spent_fen = self.limit_fen = 0  # of an allotment, as its provider says
        self.expires = ""
        self.closed_by_itself = False

    def hold(self, voucher, place, today):
        self.voucher = voucher
        self.place = place
        self.placed = today
        voucher.orders.append(self)

    def name(self):
        return f"{self.place.begun_at}/{self.place.id.hex()}"

    @property
    def catalogue(self):
        """As the order's row has it."""
        return self.claim.catalogue if self.claim else 0

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

    def spent_left(self):
        """Of an allotment."""
        return self.place.hold_fen - self.spent_fen

    def creditor(self):
        """Whom the issuer owes what is captured; None: it settles that itself."""
        if self.placed is None:
            return None
        to_holder = self.voucher.scheme.put.payee == PAYEE_HOLDER
        at_home = self.place.provider == self.issuer
        return None if to_holder or at_home else self.place.provider

    def earned(self):
        """By its provider's books: spends are owed before they are given back."""
        return self.spent_fen if self.allotted else self.captured_fen

    def add_debts(self, name, sums):
        """To that city's balances."""
        creditor = self.creditor()
        if self.issuer == name and creditor is None:
            sums[SETTLED, ""] += self.captured_fen
        elif self.issuer == name:
            self.add_issued(creditor, sums)
        elif creditor == name:
            sums[RECEIVABLE, self.issuer] -= self.earned()
            sums[EARNED, self.issuer] += self.earned()
            sums[PAYABLE, self.issuer] += self.adjusted_fen
            sums[ADJUSTED, ""] -= self.adjusted_fen

    def add_earned(self, name, sums):
        if self.creditor() == name:
            body = SPEND_BODY if self.allotted else CAPTURE_BODY
            sums[self.issuer, body] += self.earned()
        elif self.issuer == name and self.creditor():
            sums[self.creditor(), ADJUST_BODY] += self.adjusted_fen

    def add_issued(self, creditor, sums):
        if self.allotted and self.resolved == HELD:
            sums[ALLOTTED, creditor] += self.place.hold_fen
        sums[DRAWN if self.allotted else PAYABLE, creditor] += self.captured_fen
        sums[RECEIVABLE, creditor] -= self.adjusted_fen
        sums[EARNED, creditor] += self.adjusted_fen

    def state(self):
        """OrderState."""
        if self.placed is None and self.resolved == HELD:
            return 8 if self.answer == ASKED else 4 + RELEASED
        open_state = {SPENT: 2, CLOSED: 9}.get(self.answer, 1 + self.answer)
        return open_state if self.resolved == HELD else 4 + self.resolved


class Orders:
    """Of the model."""

    # --- The issuer. ------------------------------------------------------------

    def place(self, name, place):
        orders = self.cities[name].orders
        need(place.begun_at == name, "begun_elsewhere")
        need(place.id not in orders, "order_exists")
        voucher, place = self.what_is_held(name, place)
        need(place.provider in self.cities, "no_provider")
        orders[place.id] = Order(name, place)
        self.hold(orders[place.id], voucher, place)
        return place

    def hold(self, order, voucher, place):
        order.hold(voucher, place, self.today)
        self.count_contract(order)

    def what_is_held(self, name, place):
        """Of that city's voucher, for what is ordered; and how it is placed."""
        voucher = self.voucher(name, place.voucher)
        place = filled(place, until=voucher.claim_until.isoformat())
        self.check_times(voucher, place)
        at_home = place.begun_at == name
        need(at_home or voucher.scheme.allows_desks(), "not_at_desk")
        self.check_what(voucher.scheme, place)
        share = voucher.share(place, name, place.price_fen)
        need(share > 0, "no_rate")
        bounds = self.bounds(voucher, share)
        place = filled(place, hold_fen=min(bounds.values()))
        self.check_hold(place.hold_fen, bounds)
        return voucher, place

    def check_times(self, voucher, place):
        need(not voucher.ended, "voucher_ended")
        need(self.today <= voucher.use_until, "use_over")
        until = datetime.date.fromisoformat(place.until)
        need(self.today <= until <= voucher.claim_until, "until_range")

    def check_what(self, scheme, place):
        need(scheme.allows_kind(place.kind), "kind_excluded")
        need(scheme.allows_partner(place.provider), "partner_excluded")
        unit = place.unit_scheme, place.unit_id
        need(scheme.allows_provider(*unit), "provider_excluded")

    def check_hold(self, fen, bounds):
        for word, left in bounds.items():
            need(0 < left and fen <= left, word)

    def bounds(self, voucher, share):
        """What may be held at most, for each reason, in their order."""
        put = voucher.scheme.put
        holder = voucher.issue.holder
        controller = voucher.controller()
        return {
            "hold_share": share,
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

    def open_order(self, name, body):
        order = self.order(name, body)
        need(order.resolved == HELD, "resolved")
        return order

    def held(self, name, body):
        """One that is no allotment."""
        order = self.open_order(name, body)
        need(not order.allotted, "allotted")
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
        order = self.open_order(name, body)
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

    # --- The provider. ----------------------------------------------------------

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

    def served(self, order, body):
        """What was ordered is what was served, where nothing else is said."""
        body = filled(body, issuer=order.issuer)
        if body.unit_scheme or body.unit_id:
            return body
        place = order.place
        names_item = body.item_kind or body.item_home or body.item_inner_id
        body = filled(body, unit_scheme=place.unit_scheme, unit_id=place.unit_id)
        return body if names_item else filled(
            body, item_kind=place.item_kind, item_home=place.item_home,
            item_inner_id=place.item_inner_id)

    def unanswered(self, name, body, may_be_allotted=False):
        order = self.asked(name, body)
        need(order.resolved == HELD, "resolved")
        need(may_be_allotted or not order.allotted, "allotted")
        need(order.answer != DECLINED, "declined")
        return order

    def accept(self, name, body):
        order = self.unanswered(name, body)
        need(order.answer == ASKED, "accepted")
        order.answer = ACCEPTED
        return filled(body, issuer=order.issuer)

    def decline(self, name, body):
        order = self.unanswered(name, body, may_be_allotted=True)
        need(order.answer not in (SPENT, CLOSED), "allotted")
        need(order.answer != DELIVERED, "delivered")
        order.answer = DECLINED
        order.answer_reason = body.reason
        return filled(body, issuer=order.issuer)

    def deliver(self, name, body):
        order = self.unanswered(name, body)
        need(order.answer != DELIVERED, "delivered")
        need(self.is_accepted(order), "not_accepted")
        need(body.until_ms <= self.now_ms, "service_times")
        body = self.served(order, body)
        order.answer = DELIVERED
        self.note_delivery(name, order, body)
        return body

    def is_accepted(self, order):
        """Who asks for a hold has."""
        return order.answer == ACCEPTED or order.is_of_desk()

    def adjust(self, name, body):
        order = self.asked(name, body)
        need(order.resolved == CAPTURED, "not_captured")
        need(order.answer != DECLINED, "declined")
        need(order.creditor() == name and order.captured_fen > 0, "nothing_owed")
        need(order.adjusted_fen + body.amount_fen <= order.captured_fen, "adjust_sum")
        order.adjusted_fen += body.amount_fen
        return filled(body, issuer=order.issuer)

    # --- What nodes do by themselves. -------------------------------------------

    def next_step(self, order):
        """What follows of an order once everybody knows all: a method, or None."""
        if order.resolved != HELD:
            return None
        if order.placed is None:
            return self.answer_request if self.is_wanted(order) else None
        if order.allotted:
            return self.next_of_allotted(order)
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
            self.hold(order, *self.what_is_held(order.issuer, order.place))
        except Refused as refused:
            order.resolved = DENIED
            order.reason = refused.word

    def cross(self, order):
        """It was answered while it was taken back: what was held is free again."""
        self.answer_request(order)
        if order.resolved == HELD:
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
