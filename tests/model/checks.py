# SPDX-License-Identifier: Apache-2.0
"""Rules that a delivery may break (OrderCheck): what the catalogue and the order's
two halves show, what other orders claim, and who the holder is. An issuer holds
such a delivery where its scheme has it so; every node finds it."""

import collections
import dataclasses

from base import DENIED, INSTRUMENT, RELEASED, SERVICE_ITEM, day_of

WORDS = [
    "", "validity", "unit", "item", "customs", "price", "invoice", "machine", "split",
    "controller"]
(VALIDITY, UNIT, ITEM, CUSTOMS, PRICE, INVOICE, MACHINE, SPLIT, CONTROLLER) = range(
    1, len(WORDS))
NEIGHBOURS = 4  # uses of an instrument that are compared, before and behind


@dataclasses.dataclass(frozen=True)
class Record:
    """Of a city's catalogue."""

    active: bool = True
    customs: bool = False
    price_fen: int = 0


@dataclasses.dataclass(eq=False)
class Claim:
    """A delivery, or one spend of an allotment."""

    order: object
    provider: str
    body: object
    catalogue: int  # checks that it broke when it was said
    index: int = 0  # of its entry; the node's answer says it

    def of(self):
        return self.order.name()


def key_of_unit(body):
    return body.unit_scheme, body.unit_id


def key_of_item(body):
    unit = key_of_unit(body)
    return body.item_kind, body.item_home, *unit, body.item_inner_id


def prints_of(body):
    """The invoice's fingerprints."""
    both = (
        (body.invoice_key, body.invoice_print), (body.former_key, body.former_print))
    return [one for one in both if one[0]]


def row_of_contract(issuer, voucher, place):
    """Orders that are added up, a month's apart."""
    issue = voucher.issue
    return issuer, issue.scheme, issue.holder, place.provider, *key_of_unit(place)


def has_customs(body, item):
    return body.item_kind == INSTRUMENT and item.customs


def mask(broken):
    """{check: whether it is broken}"""
    return sum(1 << check for check, is_broken in broken.items() if is_broken)


class Checks:
    """Of the model."""

    def begin_checks(self):
        self.claims = collections.defaultdict(list)  # of each invoice's print
        self.uses = collections.defaultdict(dict)  # of each instrument, by their times
        self.contracts = collections.defaultdict(list)  # orders of each row

    # --- The catalogue. ---------------------------------------------------------

    def state(self, name, key, record):
        self.cities[name].records[key] = record

    def retire(self, name, key):
        records = self.cities[name].records
        records[key] = dataclasses.replace(records[key], active=False)

    def is_active(self, name, key):
        record = self.cities[name].records.get(key)
        return record is not None and record.active

    def catalogue(self, name, body):
        """What that city's records say of what is delivered there, now."""
        item = self.cities[name].records.get(key_of_item(body), Record(False))
        return mask({
            UNIT: body.unit_id and not self.is_active(name, key_of_unit(body)),
            ITEM: body.item_kind and not self.is_active(name, key_of_item(body)),
            CUSTOMS: has_customs(body, item),
            PRICE: body.item_kind == SERVICE_ITEM and self.is_above(item, body)})

    def is_above(self, item, body):
        each = -(-body.price_fen // (body.quantity or 1))
        return 0 < item.price_fen < each

    # --- What is said. ----------------------------------------------------------

    def note_delivery(self, name, order, body):
        order.delivery = body
        order.claim = Claim(order, name, body, self.catalogue(name, body))
        order.claims.append(order.claim)
        for one in prints_of(body):
            self.claims[one].append(order.claim)
        if body.item_kind == INSTRUMENT:
            self.uses[key_of_item(body)][self.times(order)] = order.claim

    def times(self, order):
        """By which uses of an instrument are in their order."""
        body, place = order.delivery, order.place
        return body.from_ms, body.until_ms, place.begun_at, place.id

    def count_contract(self, order):
        scheme = order.voucher.scheme.put
        if self.is_counted(order) and order.place.price_fen < scheme.split_below_fen:
            self.contracts[self.row(order)].append(order)

    def is_counted(self, order):
        return not order.allotted

    def row(self, order):
        month = order.placed.year * 100 + order.placed.month
        return *row_of_contract(order.issuer, order.voucher, order.place), month

    # --- What is broken. --------------------------------------------------------

    def breaks(self, order):
        """For which its issuer holds it, as a mask."""
        return self.broken(order) & order.voucher.scheme.put.hold_checks

    def broken(self, order):
        bound = order.voucher.scheme.put.split_below_fen
        row = self.row(order)
        return self.shown(order.claim) | mask({
            INVOICE: self.is_claimed_twice(order),
            MACHINE: self.other_use(order.delivery, self.times(order)) is not None,
            SPLIT: order.place.price_fen < bound and self.is_split(row),
            CONTROLLER: self.is_related(order)})

    def shown(self, claim):
        """By the order's two halves alone."""
        within = self.is_after_issue(claim) and self.is_in_time(claim)
        return claim.catalogue | mask({
            VALIDITY: not within,
            UNIT: self.is_other_unit(claim),
            ITEM: self.is_other_item(claim)})

    def is_after_issue(self, claim):
        return claim.body.from_ms >= claim.order.voucher.issued_ms

    def is_in_time(self, claim):
        return day_of(claim.body.until_ms) <= claim.order.voucher.use_until

    def is_other_unit(self, claim):
        return key_of_unit(claim.order.place) != key_of_unit(claim.body)

    def is_other_item(self, claim):
        def named(body):
            return body.item_kind, body.item_home, body.item_inner_id
        ordered = named(claim.order.place)
        return ordered[0] > 0 and ordered != named(claim.body)

    def is_claimed_twice(self, order):
        return any(
            claim.order is not order
            for one in prints_of(order.delivery) for claim in self.claims[one])

    def other_use(self, body, times):
        """The nearest of another order that was at the same time; None: none was."""
        if body.item_kind != INSTRUMENT:
            return None
        uses = self.uses[key_of_item(body)]
        return self.other_of(uses, sorted(uses), times)

    def other_of(self, uses, all_times, times):
        for other in self.neighbours(all_times, times):
            if self.overlap(times, other) and not self.is_same_order(times, other):
                return uses[other]
        return None

    def is_same_order(self, one, other):
        return one[2:] == other[2:]

    def neighbours(self, all_times, times):
        at = all_times.index(times)
        before = all_times[max(0, at - NEIGHBOURS):at]
        return before[::-1] + all_times[at + 1:at + 1 + NEIGHBOURS]

    def overlap(self, one, other):
        return one[0] < other[1] and other[0] < one[1]

    def is_split(self, row):
        """Several orders, that are together not below the newest one's bound."""
        orders = self.contracts.get(row, [])
        counted = [one.place.price_fen for one in orders if self.is_still_counted(one)]
        bound = orders[-1].voucher.scheme.put.split_below_fen if orders else 0
        return len(counted) > 1 and self.is_reached(sum(counted), bound)

    def is_still_counted(self, order):
        return order.resolved not in (RELEASED, DENIED)

    def is_reached(self, fen, bound):
        return fen >= bound

    def is_related(self, order):
        """The unit is the holder, or controls him; as its issuer knows."""
        scheme, id = key_of_unit(order.place)
        token = self.tokens[order.issuer].get(id) if scheme == "uscc" else None
        return token is not None and order.voucher.belongs_to(token)

    # --- What every node finds. -------------------------------------------------

    def findings(self):
        """{(kind, about whose journal, the entry's index, subject, text): how many}"""
        return collections.Counter([
            *self.found_breaches(), *self.found_invoices(), *self.found_machines(),
            *self.found_contracts()])

    def found_breaches(self):
        for city in self.cities.values():
            for order in city.orders.values():
                yield from filter(None, map(self.found_breach, order.claims))

    def found_breach(self, claim):
        """Of a delivery, or of each spend by itself."""
        broken = self.shown(claim)
        words = [word for n, word in enumerate(WORDS) if broken >> n & 1]
        done = "spent" if claim.order.allotted else "delivered"
        return broken and (
            "delivery_breaks_rule", claim.provider, claim.index, claim.of(),
            f"order {claim.of()}, as {done} by entry {claim.index}, breaks: "
            f"{', '.join(words)}")

    def found_invoices(self):
        for claims in self.claims.values():
            halves = {}
            for claim in claims:
                halves.setdefault(claim.provider, []).append(claim)
            for name, own in halves.items():
                others = sorted(halves.keys() - {name})
                if others or len(own) > 1:
                    other = halves[others[0]][0] if others else own[0]
                    yield self.found_invoice(name, own[-1], other)

    def found_invoice(self, name, own, other):
        return (
            "invoice_twice", name, own.index, own.of(),
            f"order {own.of()}: entry {own.index} claims an invoice that entry "
            f"{other.index} of {other.provider} claims for order {other.of()}, too")

    def found_machines(self):
        for uses in self.uses.values():
            all_times = sorted(uses)
            for times, claim in uses.items():
                other = self.other_of(uses, all_times, times)
                if other is not None:
                    yield (
                        "machine_twice", claim.provider, claim.index, claim.of(),
                        f"order {claim.of()}: by entry {claim.index} its instrument "
                        f"served order {other.of()} at the same time")

    def found_contracts(self):
        for row, orders in self.contracts.items():
            if self.is_split(row):
                issuer, scheme, _, provider, _, unit, month = row
                counted = [
                    one.place.price_fen for one in orders if self.is_still_counted(one)]
                bound = orders[-1].voucher.scheme.put.split_below_fen
                yield (
                    "contract_split", issuer, 0, f"{unit} {month}",
                    f"one holder has {len(counted)} orders of scheme {scheme} at unit "
                    f"{unit} of {provider} in month {month}, each below {bound} fen, "
                    f"together {sum(counted)}")
