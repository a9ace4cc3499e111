# SPDX-License-Identifier: Apache-2.0
"""What a cycle counts below its cut (design section 10), from halves alone."""

import collections
import hashlib
import heapq
import math
import struct

OWED, SPENT, REPAYMENT, TRANSFER = range(4)
FIELDS = ("stops", "items", "nets", "transfers", "count", "gross_fen", "digest")
ITEMS_MAX = 1000
DONE, LAGS, OTHER_ROOT = "done", "lags", "other_root"

# `transfer`: (proposer, index, number), of the latter two kinds.
Claim = collections.namedtuple(
    "Claim", "kind journal index debtor creditor fen transfer")
Final = collections.namedtuple("Final", "proposal proposer decided")


class Unable(Exception):
    """Why it cannot be counted."""


def transfers_of(nets):
    """From the largest debtor to the largest creditor, ties by place."""
    pays = [(-net[2], net[0]) for net in nets if net[2]]
    gets = [(-net[1], net[0]) for net in nets if net[1]]
    heapq.heapify(pays)
    heapq.heapify(gets)
    made = []
    while pays and gets:
        owing, debtor = heapq.heappop(pays)
        owed, creditor = heapq.heappop(gets)
        fen = min(-owing, -owed)
        made.append((debtor, creditor, fen))
        if owing + fen:
            heapq.heappush(pays, (owing + fen, debtor))
        if owed + fen:
            heapq.heappush(gets, (owed + fen, creditor))
    return made


def decides_until(place):
    """What that place's node decides from there on is none, or not known."""
    if place is None:
        return 0
    return min(place.size, place.ended_at) if place.ended else place.size


class Count:
    """Of that proposal's places and day."""

    def __init__(self, world, halves, proposal):
        self.halves = halves
        self.places = proposal.places
        self.nodes = [place.node for place in proposal.places]
        self.at = {node: i for i, node in enumerate(self.nodes)}
        self.day = proposal.day
        self.claims = []
        self.stops = []
        self.items = []
        for place in self.places:
            self._check_place(world, place)
        self.formers = [final for place in self.places
                        for final in self._finals_of(place)]
        self.bases = self._bases()
        self.replaced = self._replaced()
        for place in self.places:
            if place.takes_part and place.size:
                self._count_journal(self.at[place.node])
        self._count_transfers()

    def _check_place(self, world, place):
        journal = world.journals.get(place.node)
        if len(journal.entries if journal else ()) < place.size:
            raise Unable(LAGS)
        if place.size and journal.root(place.size) != place.root:
            raise Unable(OTHER_ROOT)

    def _part(self, node):
        """Its place, if it takes part; None: it does not."""
        place = self.at.get(node)
        takes = place is not None and self.places[place].takes_part
        return place if takes else None

    # --- Former cycles. ---

    def _finals_of(self, place):
        half = self.halves.get(place.node)
        until = decides_until(place)
        for index, proposal in sorted(half.proposals.items() if half else ()):
            decision = half.decisions.get(index)
            if decision is None or decision.votes is None:
                continue
            if decision.index >= until:
                continue
            effect = effect_of(self.halves, place.node, proposal, decision)
            if effect == EFFECTIVE and self._is_settled(proposal, decision):
                yield Final(proposal, place.node, decision.index)

    def _is_settled(self, proposal, decision):
        """All its approvals are below this cut."""
        for net, vote in zip(proposal.body.nets, decision.votes):
            place = self.at.get(proposal.body.places[net.place].node)
            if place is None or self.places[place].size <= vote.index:
                return False
        return True

    def _bases(self):
        """By journal, debtor and creditor: from where on it is counted."""
        bases = collections.defaultdict(int)
        for final in self.formers:
            body = final.proposal.body
            stops = {(stop.provider, stop.issuer): stop.index
                     for stop in body.stops}
            parties = {net.place for net in body.nets}
            parts = [(i, place) for i, place in enumerate(body.places)
                     if i in parties]
            for i, journal in parts:
                for k, partner in parts:
                    owes = journal.node, journal.node, partner.node
                    owed = journal.node, partner.node, journal.node
                    bases[owes] = max(bases[owes], journal.size)
                    bases[owed] = max(
                        bases[owed], stops.get((i, k), journal.size))
        return bases

    def _replaced(self):
        """Transfers, from whom to whom, that a former cycle counted anew: by
        which, and how much."""
        replaced = {}
        for final in self.formers:
            nodes = [place.node for place in final.proposal.body.places]
            for item in final.proposal.body.items:
                replaced.setdefault(
                    (item.proposer, item.index, item.transfer,
                     nodes[getattr(item, "from")], nodes[item.to]),
                    (final, item.amount_fen))
        return replaced

    # --- Obligations. ---

    def _count_journal(self, journal):
        half = self.halves[self.nodes[journal]]
        pairs = collections.defaultdict(list)
        for owed in half.obligations:
            if owed.index < self.places[journal].size:
                pairs[owed.debtor, owed.creditor].append(owed)
        for debtor, creditor in sorted(pairs, key=lambda pair: [
                node.encode() for node in pair]):
            if None not in (self._part(debtor), self._part(creditor)):
                self._count_pair(journal, pairs[debtor, creditor])
        for payer in range(len(self.nodes)):
            if payer != journal and self.places[payer].takes_part:
                self._count_repayments(half, journal, payer)

    def _count_pair(self, journal, obligations):
        for owed in obligations:
            base = self.bases[self.nodes[journal], owed.debtor, owed.creditor]
            debtor, creditor = self.at[owed.debtor], self.at[owed.creditor]
            if owed.index < base:
                continue
            if owed.spent and owed.spent.index >= self.places[debtor].size:
                self.stops.append((journal, debtor, owed.index))
                break
            if not owed.spent or self._is_allotted(owed):
                self.claims.append(Claim(
                    SPENT if owed.spent else OWED, journal, owed.index,
                    debtor, creditor, owed.fen, None))

    def _is_allotted(self, owed):
        spent = owed.spent
        allotted = self.halves[owed.debtor].allotted.get(spent.order)
        return allotted is not None and allotted == (
            spent.index, spent.leaf, owed.creditor, spent.limit, spent.expires)

    def _count_repayments(self, half, journal, payer):
        """What came after it had been counted anew."""
        for payment in half.payments:
            by, fen = self.replaced.get(
                (*payment.transfer, payment.payer, half.node), (None, None))
            if (payment.payer == self.nodes[payer] and fen == payment.fen
                    and self._repaid_from(by, payment.payer, half.node)
                    <= payment.index < self.places[journal].size):
                self.claims.append(Claim(
                    REPAYMENT, journal, payment.index, journal, payer,
                    payment.fen, payment.transfer))

    def _repaid_from(self, by, payer, payee):
        """What is before it in the payee's journal was counted by who knew."""
        at = 0
        for final in self.formers:
            body = final.proposal.body
            cuts = {place.node: place for place in body.places}
            parties = {body.places[net.place].node for net in body.nets}
            knows = final is by or by.decided < decides_until(
                cuts.get(by.proposer))
            if knows and parties >= {payer, payee}:
                at = max(at, cuts[payee].size)
        return at

    # --- Transfers that were not paid. ---

    def _count_transfers(self):
        for final in self.formers:
            body = final.proposal.body
            if body.pay_by >= self.day:
                continue
            for number, transfer in enumerate(body.transfers):
                debtor = body.places[getattr(transfer, "from")].node
                creditor = body.places[transfer.to].node
                key = final.proposer, final.proposal.index, number
                self._count_transfer(key, debtor, creditor, transfer.amount_fen)

    def _count_transfer(self, key, debtor, creditor, fen):
        payer, payee = self._part(debtor), self._part(creditor)
        if (payer is None or payee is None
                or (*key, debtor, creditor) in self.replaced
                or len(self.items) == ITEMS_MAX
                or self._is_paid(key, debtor, payee, fen)):
            return
        self.items.append((*key, payer, payee, fen))
        self.claims.append(Claim(TRANSFER, payee, 0, payer, payee, fen, key))

    def _is_paid(self, key, debtor, payee, fen):
        half = self.halves.get(self.nodes[payee])
        paid = half.paid.get(key) if half else None
        return (paid is not None and paid.index < self.places[payee].size
                and (paid.payer, paid.fen) == (debtor, fen))

    # --- What comes of it. ---

    def nets(self):
        """(place, gets, pays), of each party."""
        sums = {}
        for claim in self.claims:
            sums[claim.creditor] = sums.get(claim.creditor, 0) + claim.fen
            sums[claim.debtor] = sums.get(claim.debtor, 0) - claim.fen
        return [(place, max(fen, 0), max(-fen, 0))
                for place, fen in sorted(sums.items())]

    def digest(self):
        stream = hashlib.sha256(b"heluo-cycle-1")
        for claim in self.claims:
            stream.update(struct.pack(">B5Q", *claim[:6]))
            if claim.transfer:
                proposer, index, number = claim.transfer
                stream.update(struct.pack(">Q", len(proposer)))
                stream.update(proposer.encode())
                stream.update(struct.pack(">2Q", index, number))
        return stream.digest()

    def result(self):
        """By field, as theirs()."""
        nets = self.nets()
        return {"stops": self.stops, "items": self.items, "nets": nets,
                "transfers": transfers_of(nets), "count": len(self.claims),
                "gross_fen": sum(claim.fen for claim in self.claims),
                "digest": self.digest()}

    def kinds(self):
        """Of what there is among it; "stopped" where a pair waits."""
        names = ("owed", "spent", "repaid", "overdue")
        return sorted({names[claim.kind] for claim in self.claims}
                      | {"stopped" for _ in self.stops})

    def identities(self):
        """Of each claim, in whatever cycle it is counted."""
        for claim in self.claims:
            if claim.kind == TRANSFER:
                yield ("transfer", *claim.transfer)
            else:
                yield "entry", self.nodes[claim.journal], claim.index


def theirs(proposal):
    """What a proposal says, in the form of Count.result()."""
    def rows(items, *names):
        return [tuple(getattr(item, name) for name in names) for item in items]
    return {
        "stops": rows(proposal.stops, "provider", "issuer", "index"),
        "items": rows(proposal.items, "proposer", "index", "transfer", "from",
                      "to", "amount_fen"),
        "nets": rows(proposal.nets, "place", "gets_fen", "pays_fen"),
        "transfers": rows(proposal.transfers, "from", "to", "amount_fen"),
        "count": proposal.count, "gross_fen": proposal.gross_fen,
        "digest": proposal.digest}


# --- How a cycle stands. -----------------------------------------------------

EFFECTIVE, MISSING, VOID = "effective", "missing", "void"


def effect_of(halves, proposer, proposal, decision):
    """Whether all approvals that a final cites were given so."""
    effect = EFFECTIVE
    for net, vote in zip(proposal.body.nets, decision.votes):
        half = halves.get(proposal.body.places[net.place].node)
        answer = half and half.answers.get((proposer, proposal.index))
        if half is None or (answer is None
                            and len(half.journal.entries) <= vote.index):
            effect = MISSING
            continue
        if answer != (vote.index, vote.leaf, proposal.leaf, True):
            return VOID
    return effect


def ends_before(world, proposer, decision):
    """Where a charter ended its role, or itself, before it decided. Of a node that
    is ended what is sealed beyond is good."""
    decided = decision.index if decision else math.inf
    role = world.charter.role_ends.get(proposer)
    node = world.charter.ends.get(proposer)
    if role is not None and decided >= role:
        yield role
    if (node is not None and decided >= node
            and decided >= world.sealed_size(proposer)):
        yield node


def is_cut_off(world, proposal, decision):
    """Whether an approval that is not here never comes: a charter ended its
    party before it, and all of that journal is here."""
    for net, vote in zip(proposal.body.nets, decision.votes):
        party = proposal.body.places[net.place].node
        end = world.charter.ends.get(party)
        journal = world.journals.get(party)
        here = len(journal.entries) if journal else 0
        if end is not None and end <= here <= vote.index:
            return True
    return False


def standing_of(world, halves, proposer, proposal):
    decision = halves[proposer].decisions.get(proposal.index)
    ends = list(ends_before(world, proposer, decision))
    if ends:
        here = len(world.journals[proposer].entries)
        return "abandoned" if any(here >= end for end in ends) else "open"
    if decision is None or decision.votes is None:
        return "open" if decision is None else "aborted"
    effect = effect_of(halves, proposer, proposal, decision)
    if effect == VOID or (effect == MISSING
                          and is_cut_off(world, proposal, decision)):
        return "void"
    sealed = decision.index < world.sealed_size(proposer) and all(
        vote.index < world.sealed_size(proposal.body.places[net.place].node)
        for net, vote in zip(proposal.body.nets, decision.votes))
    return "final" if effect == EFFECTIVE and sealed else "declared"
