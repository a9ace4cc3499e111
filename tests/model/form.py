# SPDX-License-Identifier: Apache-2.0
"""Rules of form: a request that breaks one is not even remembered."""

import datetime
import re

from base import (
    CANCELLED, EXPIRED, MONEY_MAX_FEN, PAYEE_HOLDER, PAYEE_PROVIDER, RETURNED)

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


def is_well_allotted(allot):
    return (
        is_order(allot, own_id=True)
        and len(allot.voucher) == 16
        and LABEL.fullmatch(allot.provider)
        and 1 <= allot.kind <= 6
        and is_money(allot.limit_fen)
        and (allot.expires == "" or is_day(allot.expires)))


def is_well_served(body):
    names_unit = body.unit_scheme != "" or body.unit_id != ""
    item = {body.item_kind > 0, body.item_home != "", body.item_inner_id != ""}
    return (
        is_order(body)
        and is_money(body.price_fen)
        and body.from_ms <= body.until_ms
        and {len(body.contract), len(body.report), len(body.invoice)} <= {0, 32}
        and len(item) == 1
        and (names_unit or not body.item_kind)
        and max(body.quantity, body.invoice_key, body.former_key) <= 10**6
        and is_well_printed(body))


def is_well_printed(body):
    """The newest key's, and a former one's beside it."""
    pairs = (
        (body.invoice_key, body.invoice_print), (body.former_key, body.former_print))
    return all((key > 0) == (len(print) == 32) for key, print in pairs) and (
        {len(print) for _, print in pairs} <= {0, 32}) and (
        not body.former_key or body.former_key < body.invoice_key)


def is_well_spent(spend):
    sums = spend.amount_fen, spend.spent_after_fen, spend.limit_fen
    return (
        is_well_served(spend)
        and all(is_money(fen, 0) for fen in sums)
        and (spend.expires == "" or is_day(spend.expires)))


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
    "deliver": is_well_served,
    "allot": is_well_allotted,
    "spend": is_well_spent,
    "close": lambda body: is_order(body) and is_money(body.spent_fen, 0),
    "dispute": says_why,
    "resolve": lambda body: says_why(body) and is_money(body.max_fen, 0),
    "confirm": is_order,
    "cancel": may_say_why,
    "adjust": lambda body: says_why(body) and is_money(body.amount_fen),
    "review": lambda body: is_order(body) and 1 <= body.stars <= 5,
}
