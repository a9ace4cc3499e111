# SPDX-License-Identifier: Apache-2.0
"""Numbers, days and refusals, as all of the model has them. Money is in fen; days
are those of UTC+8."""

import dataclasses
import datetime

MONEY_MAX_FEN = 10**15
LOCAL, ELSEWHERE = 1, 2  # SchemeSupplier
PAYEE_PROVIDER, PAYEE_HOLDER = 1, 2
CANCELLED, RETURNED, EXPIRED = 1, 2, 3  # VoucherEnd
HELD, CAPTURED, RELEASED, DENIED = 0, 1, 2, 3  # OrderResolved
ASKED, ACCEPTED, DECLINED, DELIVERED, SPENT, CLOSED = range(6)  # OrderAnswer
UNDISPUTED, DISPUTED, DECIDED = 0, 1, 2  # OrderDisputed
UNIT_RECORD, INSTRUMENT, SERVICE_ITEM = 1, 2, 3  # RecordKind
(FUND, BUDGET, ISSUED, HOLDS, PAYABLE, SETTLED, ADJUSTED, RECEIVABLE, EARNED, ALLOTTED,
 DRAWN) = range(1, 12)  # LedgerAccount
WITH_PARTNER = PAYABLE, RECEIVABLE, EARNED, ALLOTTED, DRAWN


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


def at_most(fen, bound):
    """0: there is no bound."""
    return min(fen, bound) if bound else fen


def filled(body, **fields):
    """A copy in which what is empty is filled in."""
    copy = type(body)()
    copy.CopyFrom(body)
    for name, value in fields.items():
        if not getattr(copy, name):
            setattr(copy, name, value)
    return copy


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
