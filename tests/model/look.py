# SPDX-License-Identifier: Apache-2.0
"""What stands, as the model has it and as a node shows it, in the same form:
dicts of the names of fields, of which the first that differs is told."""

import collections

from heluo.v1 import ledger_pb2 as pb
from heluo.v1 import node_pb2, order_pb2

import base


def differing(expected, seen):
    """The names of what is not the same, with both."""
    names = [*expected, *(name for name in seen if name not in expected)]
    return [
        f"{name}: the model has {expected.get(name)!r}, the node {seen.get(name)!r}"
        for name in names if expected.get(name) != seen.get(name)]


# --- Orders. --------------------------------------------------------------------

PLACED = [
    "begun_at", "id", "voucher", "provider", "unit_scheme", "unit_id", "item_kind",
    "item_home", "item_inner_id", "kind", "price_fen", "hold_fen", "until"]
SAID = [
    "resolved", "captured_fen", "disputed", "max_fen", "confirmed", "cancelled",
    "stars", "reason", "answer", "adjusted_fen", "answer_reason", "ask_until", "checks",
    "catalogue", "allotted", "spent_fen", "limit_fen", "expires"]
DELIVERED = {  # as the delivery has it
    "delivered_fen": "price_fen",
    "served_unit_scheme": "unit_scheme",
    "served_unit_id": "unit_id",
    "served_kind": "item_kind",
    "served_home": "item_home",
    "served_inner_id": "item_inner_id",
    **{name: name for name in (
        "from_ms", "until_ms", "contract", "report", "invoice", "quantity",
        "invoice_key", "invoice_print", "former_key", "former_print")},
}


def expected_order(order):
    expected = {name: getattr(order.place, name) for name in PLACED}
    expected.update({name: getattr(order, name) for name in SAID})
    holder = order.voucher.issue.holder.hex() if order.voucher else ""
    expected.update(state=order.state(), holder=holder)
    done = order.delivery or order_pb2.OrderDeliver()
    expected.update({name: getattr(done, field) for name, field in DELIVERED.items()})
    return expected


def seen_order(view):
    names = [*PLACED, *SAID, *DELIVERED]
    seen = {name: getattr(view.order, name) for name in names}
    seen.update(state=view.state, holder=view.holder_token)
    if view.order.request_leaf and view.order.placed_at_ms == 0:
        seen["reason"] = view.order.reason.split(":")[0]  # of what is denied: a word
    return seen


# --- Vouchers. ------------------------------------------------------------------


def expected_voucher(voucher):
    issue = voucher.issue
    return {
        "scheme": issue.scheme,
        "scheme_version": issue.scheme_version,
        "holder": issue.holder,
        "controller": issue.controller,
        "county": issue.county,
        "amount_fen": issue.amount_fen,
        "held_fen": voucher.held(),
        "spent_fen": voucher.spent(),
        "returned_fen": voucher.returned(),
        "ended": voucher.ended,
        "use_until": voucher.use_until.isoformat(),
        "claim_until": voucher.claim_until.isoformat(),
        "issued_at_ms": voucher.issued_ms,
        "open_fen": voucher.open(),
        "reason": voucher.reason,
    }


def seen_voucher(view):
    row = view.voucher
    names = [field.name for field in row.DESCRIPTOR.fields if field.name != "id"]
    seen = {name: getattr(row, name) for name in names}
    return {**seen, "open_fen": view.open_fen, "reason": view.reason}


# --- All of a city. -------------------------------------------------------------


def expected_city(model, name):
    """{table: {key: row}}"""
    city = model.cities[name]
    orders = {
        (begun_at, id): order
        for begun_at, other in model.cities.items() for id, order in other.orders.items()
        if name in (order.issuer, order.place.provider)}

    def some(is_one):
        return {key: expected_order(one) for key, one in orders.items() if is_one(one)}

    return {
        "schemes": {id: expected_series(one) for id, one in city.schemes.items()},
        "vouchers": {
            id: {**expected_voucher(one), "who": who(model.tokens[name], one)}
            for id, one in city.vouchers.items()},
        "placed": some(lambda one: one.issuer == name and one.placed),
        "asked": some(
            lambda one: one.place.provider == name and one.placed
            and one.resolved == base.HELD),
        "served": some(
            lambda one: one.place.provider == name and one.answer != base.ASKED),
        "balances": model.balances(name),
    }


def expected_series(series):
    return {"put": series.newest().put, "issued_fen": series.issued()}


def who(tokens, voucher):
    """The holder and his controller, as their issuer knows them."""
    of = {token: uscc for uscc, token in tokens.items()}
    return of[voucher.issue.holder], of.get(voucher.issue.controller, "")


def seen_city(node, page_size):
    schemes = node.pages(
        "Scheme/List", pb.SchemeListRequest(), pb.SchemeListResponse, "schemes")
    return {
        "schemes": {
            one.scheme.id: {"put": one.scheme, "issued_fen": one.issued_fen}
            for one in schemes},
        "vouchers": seen_vouchers(node, node.origin, page_size),
        "placed": seen_orders(node, pb.ORDER_WHICH_PLACED, page_size),
        "asked": seen_orders(node, pb.ORDER_WHICH_ASKED, page_size),
        "served": seen_orders(node, pb.ORDER_WHICH_SERVED, page_size),
        "balances": seen_balances(node, node.origin),
    }


def seen_vouchers(node, origin, page_size):
    request = pb.VoucherListRequest(origin=origin, page_size=page_size)
    return {
        one.voucher.id: {**seen_voucher(one), "who": (one.holder.uscc, one.controller.uscc)}
        for one in node.vouchers(request)}


def seen_orders(node, which, page_size):
    request = pb.OrderListRequest(which=which, page_size=page_size)
    return {
        (one.order.begun_at, one.order.id): seen_order(one)
        for one in node.orders(request)}


# --- What is found. -------------------------------------------------------------


def seen_findings(node):
    """As Checks.findings() has them. Of the catalogue there may be others."""
    alliance = node.origin.rsplit("/", 1)[0] + "/"
    request = node_pb2.NodeFindingsRequest(page_size=1000)
    found = node.pages(
        "Node/Findings", request, node_pb2.NodeFindingsResponse, "findings")
    return collections.Counter(
        (one.kind, one.origin.removeprefix(alliance),
         0 if one.kind == "contract_split" else one.index, one.subject,
         one.text_en.replace(alliance, ""))
        for one in found if one.kind != "unit_in_two_homes")


# --- The books of a journal, by themselves. -------------------------------------


def gross(node, origin):
    """{(account, partner): [debit, credit]}, as balances say."""
    answer = node.ask(
        "Ledger/Balance", pb.LedgerBalanceRequest(origin=origin),
        pb.LedgerBalanceResponse)
    return {
        (one.account, one.partner): [one.debit_fen, one.credit_fen]
        for one in answer.balances}


def seen_balances(node, origin):
    sums = {key: credit - debit for key, (debit, credit) in gross(node, origin).items()}
    return {key: fen for key, fen in sums.items() if fen != 0}


def posted(node, origin):
    """The same of all postings; and what the node earned, by bodies."""
    sums, earned = {}, collections.Counter()
    request = pb.LedgerPostingsRequest(origin=origin, page_size=1000)
    for one in node.pages(
            "Ledger/Postings", request, pb.LedgerPostingsResponse, "postings"):
        for side, account in enumerate((getattr(one, "from"), one.to)):
            key = account, one.partner if account in base.WITH_PARTNER else ""
            sums.setdefault(key, [0, 0])[side] += one.amount_fen
        if one.to == base.EARNED:
            earned[one.partner, one.body] += one.amount_fen
    return sums, earned
