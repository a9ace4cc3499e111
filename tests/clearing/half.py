# SPDX-License-Identifier: Apache-2.0
"""What one journal says about money that nodes owe each other, and of cycles:
of that alone which has an effect. The rules that decide it about cycles and
payments are checked here; of the orders behind obligations those that bound
what is owed. What breaks one of these is left out, and is a doubt: of a journal
without doubts the count is as good as its author's word about prices, vouchers
and schemes, whose rules are not checked."""

import collections
import datetime

from heluo.v1 import cycle_pb2, order_pb2

import journals

Obligation = collections.namedtuple(
    "Obligation", "index debtor creditor fen spent")
# Of a spend: what it cites, and what it says of that.
Spent = collections.namedtuple("Spent", "order index leaf limit expires")
Allotted = collections.namedtuple(
    "Allotted", "index leaf provider limit expires")
Proposal = collections.namedtuple("Proposal", "index leaf body")
# No votes (None): aborted.
Decision = collections.namedtuple("Decision", "index leaf votes")
Answer = collections.namedtuple("Answer", "index leaf proposal_leaf approves")
Payment = collections.namedtuple("Payment", "index payer fen transfer")

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def day_of(ms):
    return datetime.datetime.fromtimestamp(ms // 1000, ZONE).strftime("%F")


def transfer_of(body):
    return body.proposer, body.index, body.transfer


class Half:
    def __init__(self, journal):
        self.journal = journal
        self.node = journal.node
        self.obligations = []
        self.allotted = {}   # by order
        self.proposals = {}  # by index
        self.decisions = {}  # by the proposal's index
        self.answers = {}    # by proposer and index
        self.payments = []
        self.paid = {}       # the same, by transfer
        self.doubts = []
        self._open = None    # the own proposal that is not decided
        self._sent = set()
        self._approved = False
        self._held = {}      # by order: the hold
        self._spent = {}     # by order: the former Spent, and the sum
        self._earned = {}    # by order: delivered or spent, less what was given back
        self._at_ms = 0
        for entry in journal.entries:
            self._take(entry)

    def _take(self, entry):
        raw = entry.SerializeToString(deterministic=True)
        if self.journal.leaves[entry.index] != journals.leaf_hash(raw):
            self._doubt(entry, "is not canonical")
        elif entry.recorded_at_ms < self._at_ms:
            self._doubt(entry, "goes back in time")
        else:
            self._at_ms = entry.recorded_at_ms
            if entry.body_type >> 1 in BODIES:
                kind, take = BODIES[entry.body_type >> 1]
                take(self, entry, kind.FromString(entry.body))

    def _doubt(self, entry, text):
        self.doubts.append(f"{self.node}/{entry.index} {text}")

    def _leaf(self, entry):
        return self.journal.leaves[entry.index]

    def _is_cited(self, entry, node):
        """Whether an entry of that node's is its cause."""
        alliance = self.journal.origin.rsplit("/", 1)[0]
        return (entry.HasField("cause")
                and entry.cause.origin == f"{alliance}/{node}")

    # --- Orders. ---

    def place(self, entry, body):
        self._held.setdefault((body.begun_at, body.id), body.hold_fen)

    def capture(self, entry, body):
        held = self._held.get((body.begun_at, body.id))
        if held is None or body.capture_fen + body.rest_fen != held:
            return self._doubt(entry, "captures what is not held")
        self._held[body.begun_at, body.id] = None
        if body.creditor and body.capture_fen:
            self._owe(entry, self.node, body.creditor, body.capture_fen)

    def resolve(self, entry, body):
        if self._held.get((body.begun_at, body.id)) is None:
            return self._doubt(entry, "resolves what is not held")
        self._held[body.begun_at, body.id] = None

    def deliver(self, entry, body):
        self._earned.setdefault((body.begun_at, body.id), body.price_fen)

    def adjust(self, entry, body):
        order = body.begun_at, body.id
        if body.amount_fen > self._earned.get(order, 0):
            return self._doubt(entry, "gives back more than was earned")
        self._earned[order] -= body.amount_fen
        self._owe(entry, self.node, body.issuer, body.amount_fen)

    def allot(self, entry, body):
        order = body.begun_at, body.id
        if order in self._held:
            return self._doubt(entry, "allots an order that is there")
        self._held[order] = body.limit_fen
        self.allotted[order] = Allotted(
            entry.index, self._leaf(entry), body.provider, body.limit_fen,
            body.expires)

    def spend(self, entry, body):
        spent = Spent((body.begun_at, body.id), entry.cause.index,
                      entry.cause.leaf_hash, body.limit_fen, body.expires)
        former, so_far = self._spent.get(spent.order, (spent, 0))
        if (not self._is_cited(entry, body.issuer) or former != spent
                or body.spent_after_fen != so_far + body.amount_fen
                or body.spent_after_fen > body.limit_fen):
            return self._doubt(entry, "does not follow from the spends before")
        self._spent[spent.order] = spent, body.spent_after_fen
        self._earned[spent.order] = (self._earned.get(spent.order, 0)
                                     + body.amount_fen)
        self._owe(entry, body.issuer, self.node, body.amount_fen, spent)

    def _owe(self, entry, debtor, creditor, fen, spent=None):
        self.obligations.append(
            Obligation(entry.index, debtor, creditor, fen, spent))

    # --- Cycles. ---

    def propose(self, entry, body):
        if self._open is None and body.day <= day_of(entry.recorded_at_ms):
            self._open = entry.index
            self.proposals[entry.index] = Proposal(
                entry.index, self._leaf(entry), body)
        else:
            self._doubt(entry, "proposes out of turn")

    def _decide(self, entry, index, votes):
        if index != self._open:
            return self._doubt(entry, "decides what is not open")
        self._open = None
        self.decisions[index] = Decision(entry.index, self._leaf(entry), votes)

    def finish(self, entry, body):
        proposal = self.proposals.get(body.index)
        if proposal and len(proposal.body.nets) != len(body.votes):
            return self._doubt(entry, "cites more or fewer than all parties")
        self._decide(entry, body.index, body.votes)

    def abort(self, entry, body):
        self._decide(entry, body.index, None)

    def _answer(self, entry, body, approves):
        cycle = body.proposer, body.index
        if (cycle in self.answers or not self._is_cited(entry, body.proposer)
                or entry.cause.index != body.index):
            self._doubt(entry, "answers twice, or what it does not cite")
            return False
        self.answers[cycle] = Answer(entry.index, self._leaf(entry),
                                     entry.cause.leaf_hash, approves)
        return True

    def approve(self, entry, body):
        if body.closed_leaf and not self._approved:
            self._doubt(entry, "closes an approval that was not given")
        elif self._answer(entry, body, True):
            self._approved = True

    def reject(self, entry, body):
        self._answer(entry, body, False)

    # --- Payments. ---

    def send(self, entry, body):
        transfer = transfer_of(body)
        if transfer in self._sent or not self._is_cited(entry, body.proposer):
            self._doubt(entry, "tells of a payment twice")
        self._sent.add(transfer)

    def receive(self, entry, body):
        transfer = transfer_of(body)
        if transfer in self.paid or not self._is_cited(entry, body.proposer):
            return self._doubt(entry, "is paid twice")
        payment = Payment(entry.index, body.payer, body.amount_fen, transfer)
        self.paid[transfer] = payment
        self.payments.append(payment)




BODIES = {
    23: (order_pb2.OrderPlace, Half.place),
    26: (order_pb2.OrderDeliver, Half.deliver),
    27: (order_pb2.HoldRelease, Half.resolve),
    28: (order_pb2.Capture, Half.capture),
    29: (order_pb2.CaptureDeny, Half.resolve),
    34: (order_pb2.Adjustment, Half.adjust),
    42: (order_pb2.Allot, Half.allot),
    43: (order_pb2.AllotSpend, Half.spend),
    45: (order_pb2.AllotReturn, Half.resolve),
    46: (cycle_pb2.CycleProposal, Half.propose),
    47: (cycle_pb2.CycleApproval, Half.approve),
    48: (cycle_pb2.CycleRejection, Half.reject),
    49: (cycle_pb2.CycleFinal, Half.finish),
    50: (cycle_pb2.CycleAbort, Half.abort),
    51: (cycle_pb2.PaymentSent, Half.send),
    52: (cycle_pb2.PaymentReceived, Half.receive),
}
