# SPDX-License-Identifier: Apache-2.0
"""How often what happened: a comparison of what never came about says nothing."""

import collections

import checks
from base import CAPTURED, CLOSED, DECLINED, DENIED, HELD, RELEASED
from form import FORM

REFUSALS = """
    scheme_version budget_below_issued voucher_exists no_scheme other_version
    amount_unit amount_max issue_closed budget_left begun_elsewhere at_home
    order_exists no_voucher voucher_ended not_expired until_range kind_excluded
    partner_excluded provider_excluded pays_holder no_rate hold_share voucher_left
    holder_year controller_year no_provider no_issuer no_order other_provider
    resolved allotted not_allotted not_captured declined accepted delivered
    not_accepted service_times closed other_limit spent_sum limit_left disputed
    max_hold confirmed not_delivered cancelled reviewed nothing_owed adjust_sum
""".split()
DENIALS = """
    no_voucher voucher_ended until_range not_at_desk kind_excluded partner_excluded
    provider_excluded no_rate hold_share voucher_left holder_year controller_year
""".split()
FINDINGS = "delivery_breaks_rule invoice_twice machine_twice contract_split".split()
INVOICES = ["at one provider", "at two"]
DESKS = ["granted", "taken back", "asked for days", "objected to", "captured"]
ALLOTMENTS = [
    "allotted", "several of a voucher", "spent", "spent to the limit", "closed unspent",
    "closed by itself", "declined", "returned to a budget", "adjusted",
    "spent against a rule"]
RULES = checks.WORDS[1:]
EXPECTED = {
    "written": list(FORM), "refused": REFUSALS, "denied at a desk": DENIALS,
    "at desks": DESKS, "allotments": ALLOTMENTS, "broken": RULES, "held for": RULES,
    "found": FINDINGS, "one invoice": INVOICES}


def of_desk(order):
    yield "granted", order.placed is not None
    yield "taken back", order.is_taken_back() or order.resolved == RELEASED
    yield "asked for days", order.ask_until
    yield "objected to", order.ask_until and order.disputed and not order.checks
    yield "captured", order.resolved == CAPTURED


def of_allotment(model, order):
    yield "allotted", True
    yield "several of a voucher", sum(one.allotted for one in order.voucher.orders) > 1
    yield "spent", order.spent_fen
    yield "spent to the limit", order.spent_left() == 0
    yield "closed unspent", order.answer == CLOSED and order.spent_fen == 0
    yield "closed by itself", order.closed_by_itself
    yield "declined", order.answer == DECLINED
    is_back = order.resolved != HELD and order.voucher.ended and order.spent_left()
    yield "returned to a budget", is_back
    yield "adjusted", order.adjusted_fen
    yield "spent against a rule", any(map(model.shown, order.claims))


def rules_of(broken):
    return [word for n, word in enumerate(checks.WORDS) if broken >> n & 1]


def count(model, written, refusals):
    """{about what: {which: how often}}, with 0 of what should occur."""
    counts = {what: dict.fromkeys(which, 0) for what, which in EXPECTED.items()}
    counts = {what: collections.Counter(some) for what, some in counts.items()}
    counts["written"].update(written)
    counts["refused"].update(refusals)
    for city in model.cities.values():
        for order in city.orders.values():
            count_order(model, order, counts)
    counts["found"].update(kind for kind, *_ in model.findings().elements())
    for claims in model.claims.values():
        halves = {claim.provider for claim in claims}
        if len(claims) > 1:
            where = INVOICES[len(halves) > 1]
            counts["one invoice"][where] += 1
    return counts


def count_order(model, order, counts):
    counts["held for"].update(rules_of(order.checks))
    if order.placed is None and order.resolved == DENIED:
        counts["denied at a desk"][order.reason] += 1
    if order.is_of_desk():
        counts["at desks"].update(what for what, is_so in of_desk(order) if is_so)
    if order.allotted:
        some = [what for what, is_so in of_allotment(model, order) if is_so]
        counts["allotments"].update(some)
    elif order.delivery:
        counts["broken"].update(rules_of(model.broken(order)))


def never(counts):
    """What did not occur, and should."""
    return [
        f"{what}: {which}" for what, some in EXPECTED.items() for which in some
        if counts[what][which] == 0]


def show(counts):
    for what, some in counts.items():
        told = [f"{which} {number}" for which, number in some.items()]
        yield f"{what}: {', '.join(told)}"
