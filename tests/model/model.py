# SPDX-License-Identifier: Apache-2.0
"""The ledger of vouchers as its rules have it, a second time: what every
command is answered, what nodes do by themselves, and what stands afterwards.

One Model has all cities in it, and no lines between them: whoever drives it
waits until a fact has arrived before it relies on it. Little is kept: of a
voucher what was issued, of an order what was said. What is held, spent, used
in a year, left of a budget or owed is summed up from that whenever it is asked
for, so that no sum can go wrong by itself.

Requests are the messages of heluo/v1/*.proto, read and never changed. Each room
has a part of it: vouchers.py, orders.py, allotments.py and checks.py."""

import collections
import dataclasses

from allotments import Allotments
from base import BUDGET, FUND, HOLDS, ISSUED, Answer, Refused, day_of, filled
from checks import Checks
from form import FORM
from orders import Orders
from vouchers import Vouchers

# --- Commands. ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Command:
    id: bytes
    kind: str
    body: object
    holder: object = None  # parties, of an issue
    controller: object = None
    # Of a delivery, whose body has its fingerprints: what the node makes them of.
    invoice: object = None

    def is_well_formed(self):
        if self.kind == "issue":
            named = self.holder is not None, self.controller is not None
            if named[0] == (self.body.holder != b"") or named[1] and self.body.controller:
                return False
        return bool(FORM[self.kind](self.body))


class City:
    def __init__(self):
        self.schemes = {}  # Series, by id
        self.vouchers = {}
        self.orders = {}  # that began here, by id
        self.records = {}  # of the catalogue, by their keys
        self.commands = {}  # (caller, id): it, the body that it made, its answer


class Model(Vouchers, Orders, Allotments, Checks):
    def __init__(self, tokens, now_ms):
        """tokens: of each city's parties, by unified social credit code."""
        self.tokens = tokens
        self.cities = {name: City() for name in tokens}
        self.now_ms = now_ms
        self.begin_checks()

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
        if command.invoice is not None:
            field = first_difference(without_prints(command.body), made)
            return Answer("HL_EEXISTS", field or "invoice")
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
            begins = command.kind in ("place", "request", "allot")
            return filled(body, id=command.id) if begins else body
        known = self.tokens[name]
        tokens = [
            b"" if party is None else known[party.uscc]
            for party in (command.holder, command.controller)]
        return filled(body, id=command.id, holder=tokens[0], controller=tokens[1])

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
            sums[HOLDS, ""] += voucher.held(allotted=0)
        for other in self.cities.values():
            for order in other.orders.values():
                order.add_debts(name, sums)
        return {key: fen for key, fen in sums.items() if fen != 0}

    def earned(self, name):
        """{(from whom, by which body): fen}, by its books and the others'."""
        sums = collections.Counter()
        for city in self.cities.values():
            for order in city.orders.values():
                order.add_earned(name, sums)
        return +sums


def without_prints(body):
    """What the node is told of a delivery with its invoice."""
    copy = type(body)()
    copy.CopyFrom(body)
    for name in ("invoice_key", "invoice_print", "former_key", "former_print"):
        copy.ClearField(name)
    return copy


def first_difference(asked, made):
    """The first field that was asked for otherwise; what is left empty is not."""
    for field in asked.DESCRIPTOR.fields:
        value = getattr(asked, field.name)
        if value and value != getattr(made, field.name):
            return field.name
    return None
