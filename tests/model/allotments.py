# SPDX-License-Identifier: Apache-2.0
"""Allotments: orders that their provider serves in parts, and pays itself for out
of the voucher up to a limit."""

import datetime

from heluo.v1 import order_pb2

from base import (
    CAPTURED, CLOSED, DECLINED, HELD, MONEY_MAX_FEN, PAYEE_HOLDER, SPENT, filled,
    need)
from orders import Order

PLACED = ["begun_at", "id", "voucher", "provider", "unit_scheme", "unit_id", "kind"]


class Allotments:
    """Of the model."""

    # --- The issuer. ------------------------------------------------------------

    def allot(self, name, allot):
        orders = self.cities[name].orders
        need(allot.begun_at == name, "begun_elsewhere")
        need(allot.provider != name, "at_home")
        need(allot.id not in orders, "order_exists")
        voucher = self.voucher(name, allot.voucher)
        allot = filled(allot, expires=voucher.use_until.isoformat())
        place = self.place_of(allot)
        self.check_allotted(name, voucher, place)
        need(place.provider in self.cities, "no_provider")
        order = orders[allot.id] = Order(name, place)
        order.allotted = 1
        self.hold(order, voucher, place)
        return allot

    def place_of(self, allot):
        """As an order for which no price is agreed."""
        place = order_pb2.OrderPlace(hold_fen=allot.limit_fen, until=allot.expires)
        for name in PLACED:
            setattr(place, name, getattr(allot, name))
        return place

    def check_allotted(self, name, voucher, place):
        self.check_times(voucher, place)
        self.check_last_day(voucher, place)
        self.check_what(voucher.scheme, place)
        need(self.pays_providers(voucher.scheme), "pays_holder")
        need(voucher.share(place, name, MONEY_MAX_FEN) > 0, "no_rate")
        self.check_hold(place.hold_fen, self.bounds(voucher, MONEY_MAX_FEN))

    def check_last_day(self, voucher, place):
        """Nothing is spent of a voucher that is not used any more."""
        last = datetime.date.fromisoformat(place.until)
        need(last <= voucher.use_until, "until_range")

    def pays_providers(self, scheme):
        return scheme.put.payee != PAYEE_HOLDER

    # --- The provider. ----------------------------------------------------------

    def allotment(self, name, body):
        """One of which more may be spent."""
        order = self.asked(name, body)
        need(order.resolved == HELD, "resolved")
        need(order.allotted, "not_allotted")
        need(order.answer != DECLINED, "declined")
        need(order.answer != CLOSED, "closed")
        return order

    def spend(self, name, spend):
        order = self.allotment(name, spend)
        spend = self.filled_spend(order, spend)
        self.check_spend(order, spend)
        order.answer = SPENT
        order.spent_fen = spend.spent_after_fen
        order.limit_fen, order.expires = spend.limit_fen, spend.expires
        self.note_delivery(name, order, spend)
        return spend

    def filled_spend(self, order, spend):
        amount = min(order.share(spend.price_fen), order.spent_left())
        spend = filled(
            self.served(order, spend), limit_fen=order.place.hold_fen,
            expires=order.place.until, amount_fen=amount)
        return filled(spend, spent_after_fen=order.spent_fen + spend.amount_fen)

    def check_spend(self, order, spend):
        share = self.share_of_spend(order, spend)
        need(0 < share and spend.amount_fen <= share, "hold_share")
        need(spend.amount_fen > 0, "limit_left")
        terms = spend.limit_fen, spend.expires
        need(terms == (order.place.hold_fen, order.place.until), "other_limit")
        need(self.today.isoformat() <= spend.expires, "expired")
        need(spend.until_ms <= self.now_ms, "service_times")
        need(spend.spent_after_fen - spend.amount_fen == order.spent_fen, "spent_sum")
        need(self.is_within_limit(order, spend), "limit_left")

    def share_of_spend(self, order, spend):
        return order.share(spend.price_fen)

    def is_within_limit(self, order, spend):
        return spend.spent_after_fen <= order.place.hold_fen

    def close(self, name, close):
        order = self.allotment(name, close)
        close = filled(close, issuer=order.issuer, spent_fen=order.spent_fen)
        need(close.spent_fen == order.spent_fen, "spent_sum")
        order.answer = CLOSED
        return close

    # --- What nodes do by themselves. -------------------------------------------

    def next_of_allotted(self, order):
        if order.answer in (CLOSED, DECLINED):
            return self.give_back
        if self.is_to_close(order):
            return self.close_by_itself
        return None

    def is_to_close(self, order):
        return bool(order.cancelled) or self.today > order.until()

    def close_by_itself(self, order):
        order.answer = CLOSED
        order.closed_by_itself = True

    def give_back(self, order):
        """The issuer takes it back: what is spent is drawn, and the rest free."""
        order.resolved = CAPTURED
        order.captured_fen = order.spent_fen
