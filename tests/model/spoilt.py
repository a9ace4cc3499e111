# SPDX-License-Identifier: Apache-2.0
"""Models of which one rule is wrong. What happened to nodes must differ from each
of them: else the comparison would not see a node that breaks that rule."""

import contextlib
import dataclasses
import datetime
import unittest.mock

import base
import checks
from base import at_most
from model import Model
from orders import Order
from vouchers import Scheme, Series, Voucher

SPOILT = {}
RARE = {  # to be seen in a long run, and in a short one mostly
    "a_contract_has_no_month", "a_contract_is_any_holders", "a_last_day_closes_nothing",
    "a_price_is_for_any_quantity", "a_service_may_end_after_its_voucher",
    "allotments_are_of_contracts", "an_allotment_never_ends", "an_invoice_is_anothers",
    "an_invoice_is_one_providers", "an_order_stands_in_its_own_way",
    "more_is_spent_than_was_allotted", "nobody_is_related", "one_neighbour_does",
    "uses_before_are_not_looked_at", "what_came_to_nothing_is_of_a_contract",
    "who_controls_is_not_related", "who_holds_is_not_related"}


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
        (Scheme, "clocks"), (Model, "next_step"), (Model, "bounds"), (Model, "repeat"),
        (Model, "shown"), (Model, "found_breach"), (Model, "row"))}


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


# --- Allotments. ----------------------------------------------------------------


@spoils(Order, "spent_left")
def an_allotment_never_ends(self):
    return self.place.hold_fen


@spoils(Model, "is_within_limit")
def more_is_spent_than_was_allotted(self, order, spend):
    return True


@spoils(Model, "share_of_spend")
def the_whole_price_is_spent(self, order, spend):
    return spend.price_fen


@spoils(Model, "pays_providers")
def who_refunds_holders_allots(self, scheme):
    return True


@spoils(Model, "check_last_day")
def an_allotment_lasts_as_long_as_claims(self, voucher, place):
    return None


@spoils(Model, "is_to_close")
def a_last_day_closes_nothing(self, order):
    return bool(order.cancelled)


@spoils(Model, "is_to_close")
def a_wish_closes_nothing(self, order):
    return self.today > order.until()


@spoils(Model, "is_to_close")
def it_is_closed_on_its_last_day(self, order):
    return bool(order.cancelled) or self.today >= order.until()


@spoils(Model, "give_back")
def what_is_left_is_captured(self, order):
    order.resolved = base.CAPTURED
    order.captured_fen = order.place.hold_fen


@spoils(Model, "give_back")
def what_is_spent_is_not_drawn(self, order):
    order.resolved = base.CAPTURED


@spoils(Order, "earned")
def spends_are_owed_once_they_are_given_back(self):
    return self.captured_fen


@spoils(Voucher, "held")
def what_is_allotted_is_held(self, allotted=None):
    return sum(one.place.hold_fen for one in self.orders if one.resolved == base.HELD)


# --- Rules that deliveries break. -----------------------------------------------


@spoils(Model, "breaks")
def every_broken_rule_holds(self, order):
    return self.broken(order)


@spoils(Model, "shown")
def the_catalogue_of_today_counts(self, claim):
    today = self.catalogue(claim.provider, claim.body)
    return right[Model, "shown"](self, dataclasses.replace(claim, catalogue=today))


@spoils(Model, "found_breach")
def only_the_newest_spend_is_judged(self, claim):
    newest = claim is claim.order.claim
    return right[Model, "found_breach"](self, claim) if newest else None


@spoils(Model, "found_breach")
def who_spends_is_not_judged(self, claim):
    return None if claim.order.allotted else right[Model, "found_breach"](self, claim)


@spoils(Model, "is_active")
def what_is_retired_is_there(self, name, key):
    return key in self.cities[name].records


@spoils(Model, "is_other_unit")
def any_unit_may_serve(self, claim):
    return False


@spoils(Model, "is_other_item")
def any_item_may_serve(self, claim):
    return False


@spoils(checks, "key_of_item")
def an_instrument_is_known_by_its_number(body):
    return body.item_kind, body.item_home, "", "", body.item_inner_id


@spoils(checks, "has_customs")
def customs_see_nothing(body, item):
    return False


@spoils(Model, "is_above")
def a_price_is_for_any_quantity(self, item, body):
    return 0 < item.price_fen < body.price_fen


@spoils(Model, "is_above")
def every_price_is_published(self, item, body):
    return item.price_fen < -(-body.price_fen // (body.quantity or 1))


@spoils(Model, "is_claimed_twice")
def an_invoice_is_one_providers(self, order):
    return any(
        claim.order is not order and claim.provider == order.place.provider
        for one in checks.prints_of(order.delivery) for claim in self.claims[one])


@spoils(Model, "is_claimed_twice")
def an_invoice_is_anothers(self, order):
    return any(
        claim.provider != order.place.provider
        for one in checks.prints_of(order.delivery) for claim in self.claims[one])


@spoils(checks, "prints_of")
def only_the_newest_key_counts(body):
    return [(body.invoice_key, body.invoice_print)] if body.invoice_key else []


@spoils(checks, "prints_of")
def invoices_are_not_compared(body):
    return []


@spoils(Model, "overlap")
def uses_that_touch_overlap(self, one, other):
    return one[0] <= other[1] and other[0] <= one[1]


@spoils(Model, "is_same_order")
def an_order_stands_in_its_own_way(self, one, other):
    return False


@spoils(Model, "neighbours")
def uses_before_are_not_looked_at(self, all_times, times):
    at = all_times.index(times)
    return all_times[at + 1:at + 1 + checks.NEIGHBOURS]


@spoils(Model, "neighbours")
def one_neighbour_does(self, all_times, times):
    at = all_times.index(times)
    return all_times[max(0, at - 1):at] + all_times[at + 1:at + 2]


@spoils(Model, "is_still_counted")
def what_came_to_nothing_is_of_a_contract(self, order):
    return True


@spoils(Model, "is_counted")
def allotments_are_of_contracts(self, order):
    return True


@spoils(Model, "row")
def a_contract_is_any_units(self, order):
    row = right[Model, "row"](self, order)
    return *row[:4], "nrii", "0" * 32, row[-1]


@spoils(Model, "row")
def a_contract_is_any_holders(self, order):
    row = right[Model, "row"](self, order)
    return *row[:2], b"", *row[3:]


@spoils(Model, "row")
def a_contract_has_no_month(self, order):
    return *right[Model, "row"](self, order)[:-1], 202612


@spoils(Model, "is_reached")
def a_bound_is_never_reached(self, fen, bound):
    return False


@spoils(Model, "is_related")
def nobody_is_related(self, order):
    return False


@spoils(Voucher, "belongs_to")
def who_controls_is_not_related(self, token):
    return token == self.issue.holder


@spoils(Voucher, "belongs_to")
def who_holds_is_not_related(self, token):
    return token == self.issue.controller


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
