# SPDX-License-Identifier: Apache-2.0
"""Models of which one rule is wrong. What happened to nodes must differ from each
of them: else the comparison would not see a node that breaks that rule."""

import contextlib
import dataclasses
import datetime
import unittest.mock

import base
from base import at_most
from model import Model
from orders import Order
from vouchers import Scheme, Series, Voucher

SPOILT = {}


def spoils(owner, name):
    """Puts the function below in the place of that method."""

    def add(wrong):
        SPOILT[wrong.__name__] = owner, name, wrong
        return wrong

    return add


@contextlib.contextmanager
def spoilt(what):
    owner, name, wrong = SPOILT[what]
    with unittest.mock.patch.object(owner, name, wrong):
        yield


right = {
    (owner, name): getattr(owner, name)
    for owner, name in (
        (Scheme, "clocks"), (Model, "next_step"), (Model, "bounds"), (Model, "repeat"))}


# --- What a scheme pays. --------------------------------------------------------


@spoils(Scheme, "part")
def rounds_up(self, rate, price_fen):
    return at_most(-(-price_fen * rate.rate_bp // 10000), rate.order_max_fen)


@spoils(Scheme, "part")
def level_without_bound(self, rate, price_fen):
    return price_fen * rate.rate_bp // 10000


@spoils(Scheme, "share")
def levels_do_not_add_up(self, *order):
    rates = self.rates(*order[:3])
    parts = [self.part(rate, order[3]) for rate in rates]
    return at_most(max(parts, default=0), self.put.order_max_fen)


@spoils(Scheme, "narrowness")
def any_county_does(self, rate):
    return 0, rate.kind > 0, rate.supplier > 0


@spoils(Scheme, "narrowness")
def supplier_before_kind(self, rate):
    return len(rate.county), rate.supplier > 0, rate.kind > 0


# --- Days. ----------------------------------------------------------------------


@spoils(Scheme, "clocks")
def claims_begin_with_the_issue(self, issued):
    put, never = self.put, datetime.date.max
    claim = min(
        base.after(issued, put.claim_days), base.day_or(put.claim_until, never))
    return right[Scheme, "clocks"](self, issued)[0], claim


@spoils(Model, "expire")
def expires_on_its_last_day(self):
    for city in self.cities.values():
        for voucher in city.vouchers.values():
            if not voucher.ended and self.today >= voucher.use_until:
                voucher.ended = base.EXPIRED


@spoils(Model, "is_content")
def nobody_is_asked_to_confirm(self, order):
    return True


@spoils(Model, "is_after_issue")
def a_service_may_begin_before_its_voucher(self, order):
    return True


@spoils(Model, "is_in_time")
def a_service_may_end_after_its_voucher(self, order):
    return True


@spoils(Model, "is_of_this_year")
def a_year_never_ends(self, order):
    return True


# --- Sums. ----------------------------------------------------------------------


@spoils(Order, "used")
def held_amounts_do_not_count(self):
    return self.captured_fen


@spoils(Order, "used")
def what_is_free_again_counts_on(self):
    return self.place.hold_fen


@spoils(Voucher, "controller")
def who_has_no_controller_has_none(self):
    return self.issue.controller or self.issue.id


@spoils(Series, "issued")
def nothing_returns_to_the_budget(self):
    return sum(one.issue.amount_fen for one in self.vouchers)


@spoils(Voucher, "open")
def an_ended_voucher_is_open(self):
    return self.left()


@spoils(Order, "creditor")
def refunds_are_owed_to_the_partner(self):
    at_home = self.place.provider == self.issuer
    return None if at_home or self.placed is None else self.place.provider


# --- At a desk. -----------------------------------------------------------------


@spoils(Scheme, "allows_desks")
def every_scheme_is_for_desks(self):
    return True


@spoils(Model, "ask_days")
def who_was_spoken_for_has_no_days(self, order):
    return order.voucher.scheme.put.confirm_days


@spoils(Model, "ask_days")
def days_of_a_desk_are_for_all(self, order):
    put = order.voucher.scheme.put
    return max(put.confirm_days, put.desk_days)


@spoils(Model, "is_accepted")
def who_asked_accepts_once_more(self, order):
    return order.answer == base.ACCEPTED


@spoils(Model, "is_wanted")
def what_is_taken_back_is_held(self, order):
    return True


# --- Orders. --------------------------------------------------------------------


@spoils(Model, "most")
def captures_the_whole_hold(self, order):
    return order.place.hold_fen


@spoils(Model, "most")
def a_decision_has_no_bound(self, order):
    return min(order.place.hold_fen, order.share(order.delivery.price_fen))


@spoils(Model, "next_step")
def a_dispute_stops_nothing(self, order):
    if order.resolved == base.HELD and order.answer == base.DELIVERED:
        return self.settle
    return right[Model, "next_step"](self, order)


@spoils(Model, "breaks")
def what_breaks_a_rule_is_captured(self, order):
    return 0


@spoils(Model, "next_step")
def a_wish_is_never_too_late(self, order):
    if order.cancelled and order.answer == base.ACCEPTED:
        return self.give_up
    return right[Model, "next_step"](self, order)


# --- Answers. -------------------------------------------------------------------


@spoils(Model, "bounds")
def rules_in_another_order(self, *order):
    bounds = right[Model, "bounds"](self, *order)
    return dict(reversed(bounds.items()))


@spoils(Model, "repeat")
def a_refusal_is_thought_over(self, name, former, command):
    asked, made, answer = former
    if command == asked and made is None and command.kind == "place":
        return base.Answer()
    return right[Model, "repeat"](self, name, former, command)


@spoils(Model, "repeat")
def nothing_is_said_to_be_repeated(self, name, former, command):
    answer = right[Model, "repeat"](self, name, former, command)
    return dataclasses.replace(answer, repeated=False)
