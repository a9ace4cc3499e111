# SPDX-License-Identifier: Apache-2.0
"""Schemes and vouchers: what stands of them, and what their commands do."""

import datetime

from base import (
    ELSEWHERE, EXPIRED, HELD, LOCAL, MONEY_MAX_FEN, after, at_most, day_of, day_or,
    filled, need)


class Scheme:
    """One version of it."""

    def __init__(self, put):
        self.put = put

    def clocks(self, issued):
        """The last day of use, and that of a claim."""
        put, never = self.put, datetime.date.max
        use = min(after(issued, put.use_days), day_or(put.use_until, never))
        return use, min(after(use, put.claim_days), day_or(put.claim_until, never))

    def is_open(self, today):
        first = day_or(self.put.issue_from, datetime.date.min)
        last = day_or(self.put.issue_until, datetime.date.max)
        return first <= today <= last and today <= self.clocks(today)[0]

    def rates(self, county, kind, local):
        """The one that counts of each level."""
        chosen = {}
        for rate in self.put.rates:
            fits = (
                county.startswith(rate.county)
                and rate.kind in (0, kind)
                and rate.supplier in (0, LOCAL if local else ELSEWHERE))
            if fits:
                chosen.setdefault(rate.level, []).append(rate)
        return [max(rates, key=self.narrowness) for rates in chosen.values()]

    def narrowness(self, rate):
        return len(rate.county), rate.kind > 0, rate.supplier > 0

    def part(self, rate, price_fen):
        """What one level pays."""
        return at_most(price_fen * rate.rate_bp // 10000, rate.order_max_fen)

    def share(self, county, kind, local, price_fen):
        """What the levels pay together."""
        rates = self.rates(county, kind, local)
        parts = [self.part(rate, price_fen) for rate in rates]
        return at_most(sum(parts), self.put.order_max_fen)

    def allows_kind(self, kind):
        return self.put.kinds == 0 or self.put.kinds >> kind & 1 == 1

    def allows_partner(self, node):
        return not self.put.partners or node in [one.node for one in self.put.partners]

    def allows_desks(self):
        return self.put.desk_days > 0

    def allows_provider(self, scheme, unit):
        listed = [(one.unit_scheme, one.unit_id) for one in self.put.providers]
        return not listed or (scheme, unit) in listed


class Voucher:
    def __init__(self, series, issue, issued_ms):
        self.series = series
        self.scheme = series.newest()
        self.issue = issue
        self.issued_ms = issued_ms  # about; the node's answer says it to the letter
        self.use_until, self.claim_until = self.scheme.clocks(day_of(issued_ms))
        self.orders = []
        self.ended = 0
        self.reason = ""

    def controller(self):
        return self.issue.controller or self.issue.holder

    def share(self, place, issuer, price_fen):
        """What its scheme pays of such an order at that price."""
        local = place.provider == issuer
        return self.scheme.share(self.issue.county, place.kind, local, price_fen)

    def held(self, allotted=None):
        """None: for allotments, and for other orders."""
        return sum(
            one.place.hold_fen for one in self.orders
            if one.resolved == HELD and allotted in (None, one.allotted))

    def spent(self):
        return sum(one.captured_fen for one in self.orders)

    def belongs_to(self, token):
        return token in (self.issue.holder, self.controller())

    def left(self):
        """Neither held nor spent."""
        return self.issue.amount_fen - self.held() - self.spent()

    def open(self):
        return 0 if self.ended else self.left()

    def returned(self):
        return self.left() if self.ended else 0


class Series:
    """All versions of a scheme, and what was issued by them."""

    def __init__(self):
        self.versions = []
        self.vouchers = []

    def newest(self):
        return self.versions[-1]

    def issued(self):
        """Of the budget, less what returned."""
        return sum(one.issue.amount_fen - one.returned() for one in self.vouchers)

    def left(self):
        return self.newest().put.budget_fen - self.issued()


class Vouchers:
    """Of the model: what is said of them."""

    def put(self, name, put):
        series = self.cities[name].schemes.get(put.id, Series())
        need(put.version == len(series.versions) + 1, "scheme_version")
        need(put.budget_fen >= series.issued(), "budget_below_issued")
        series.versions.append(Scheme(put))
        self.cities[name].schemes[put.id] = series
        return put

    def issue(self, name, issue):
        city = self.cities[name]
        need(issue.id not in city.vouchers, "voucher_exists")
        series = city.schemes.get(issue.scheme, Series())
        need(series.versions, "no_scheme")
        issue = filled(issue, scheme_version=len(series.versions))
        need(issue.scheme_version == len(series.versions), "other_version")
        put = series.newest().put
        need(issue.amount_fen % put.issue_unit_fen == 0, "amount_unit")
        most = at_most(MONEY_MAX_FEN, put.voucher_max_fen)
        need(issue.amount_fen <= most, "amount_max")
        need(series.newest().is_open(self.today), "issue_closed")
        need(issue.amount_fen <= series.left(), "budget_left")
        voucher = Voucher(series, issue, self.now_ms)
        city.vouchers[issue.id] = voucher
        series.vouchers.append(voucher)
        return issue

    def end(self, name, end):
        voucher = self.voucher(name, end.id)
        need(not voucher.ended, "voucher_ended")
        need(end.how != EXPIRED or self.today > voucher.use_until, "not_expired")
        voucher.ended = end.how
        voucher.reason = end.reason
        return end

    def voucher(self, name, voucher):
        vouchers = self.cities[name].vouchers
        need(voucher in vouchers, "no_voucher")
        return vouchers[voucher]

    def expire(self):
        for city in self.cities.values():
            for voucher in city.vouchers.values():
                if not voucher.ended and self.today > voucher.use_until:
                    voucher.ended = EXPIRED
