# SPDX-License-Identifier: Apache-2.0
"""Drives three cities with random commands, and compares every answer, what
nodes do by themselves, and what stands, with the model (model.py). Run by
tests/e2e/model.sh in the folder of an alliance.

Cities are asked at once, in rounds. A round has no command whose answer hangs
on what is on its way: what another city said in it of the same order, or what a
node is about to do by itself. After each round everything arrives, and is
compared."""

import collections
import os
import random
import sys
import time

from heluo.v1 import ledger_pb2 as pb
from heluo.v1 import scheme_pb2, voucher_pb2

import base
import counts
import judge
import look
import nodes
import prints
import spoilt
import uscc
from choose import Chooser
from judge import Asked, Difference
from model import Command, Model

CITIES = ["luoyang", "shandong", "zhengzhou"]
HOLDERS = 4  # of each city
STEP_S = 23 * 3600 + 40 * 60  # to the next day; a clock more than one ahead waits
QUOTAS = [1, 5, 20, 20, 60, 150]  # of a city's commands in one round
INVOICES_MAX = 32  # in one batch
BATCH_MAX = 8190  # and now and then so many, as one batch
SPOILT_COUNT = 10000  # so many commands see each rule that is broken,
LONG_COUNT = 40000  # and in so many everything occurs
REPLAYED = 40000  # events; what was seen later is not kept


def fits(command, batch):
    """Whether a batch takes it, too."""
    invoices = sum(asked.command.invoice is not None for asked in batch)
    return command.kind != "put" and (
        command.invoice is None or invoices < INVOICES_MAX)


class Round:
    """What is on its way."""

    def __init__(self):
        self.touched = {}  # orders and what they are paid of, by which city
        self.flying = {}  # likewise, of what is not answered yet
        self.asked_for = set()  # keys of what is held for requests
        self.unsettled = set()  # keys of what nodes are about to change
        self.orders = {}
        self.asked = []

    def bears(self, name, keys, around):
        return not keys & self.unsettled and not around & self.asked_for and all(
            self.touched.get(key, name) == name for key in keys) and all(
            self.flying.get(key, name) == name for key in around)

    def touch(self, model, asked):
        """A command was given."""
        key = judge.key_of_order(asked.name, asked.command)
        self.asked.append(asked)
        for one in judge.keys_of(model, asked.name, asked.command):
            self.touched[one] = self.flying[one] = asked.name
        order = None if key is None else model.begun(*key[1:])
        if order is None:
            return
        if asked.is_written():
            self.orders[key[1:]] = order  # nodes look at what changes
        if model.next_step(order) is not None:
            self.unsettled |= judge.keys_of_order(model, order)
        if model.next_step(order) is not None or order.delivery is not None:
            self.unsettled |= judge.keys_of_rules(model, asked.name, asked.command)
        if asked.command.kind == "request":
            self.asked_for |= judge.keys_of_order(model, order)
        if asked.command.kind == "deliver" or is_first_spend(asked, order):
            # It may be asked for again, as HL_EUNSEALED.
            self.unsettled |= {key, ("command", asked.name, asked.command.id)}


def is_first_spend(asked, order):
    """Of which nobody knows yet that its allotment is sealed."""
    spends = asked.command.kind == "spend" and order.allotted
    return spends and (
        order.delivery is None or order.delivery.amount_fen == order.spent_fen)


class Drive:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.clock = nodes.Clock("clock")
        self.nodes = {
            name: nodes.Node(name, os.environ["ALLIANCE"]) for name in CITIES}
        self.start_ms = self.clock.now_ms()
        self.tokens = {name: {} for name in CITIES}
        self.model = Model(self.tokens, self.start_ms)
        self.parties = {
            name: [uscc.party(self.random) for _ in range(HOLDERS)] for name in CITIES}
        self.chooser = Chooser(self.model, self.random, self.parties)
        self.events = []  # all that happened, for judge.replay()
        self.given = self.refused = self.rounds = self.unsealed = 0
        self.refusals = collections.Counter()  # by their words
        self.written = collections.Counter()  # by their kinds
        self.texts = {}  # (city, command id): its refusal, to the letter
        self.indexes = {}  # and its entry
        self.newest = {}  # of each city: of the commands that made an entry

    # --- Commands. --------------------------------------------------------------

    def give(self, round, name, command):
        asked = Asked(name, command, self.clock.now_ms())
        asked.happen(self.model)
        round.touch(self.model, asked)
        self.events.append(asked)
        self.chooser.note(name, command, asked.expected)
        self.given += 1
        return asked

    def choose(self, round, name, taken, group):
        """A command that the round bears, and that has nothing to do with what is
        taken; None: there is none. group: the batch that it is for, or None."""
        for _ in range(30):
            command = self.chooser.command(name)
            if command is None or (group is not None and not fits(command, group)):
                continue
            keys = judge.keys_of(self.model, name, command)
            around = judge.keys_around(self.model, name, command)
            if round.bears(name, keys, around) and not keys & taken:
                taken |= keys
                return self.give(round, name, command)
        return None

    def group(self, round, name, most):
        """Some commands to be given at once: as a batch, in their order; or each
        by its own method, in any order, and so of different things."""
        batch = self.random.random() < 0.6
        size = self.random.choice([1, 2, 10, 60, 200] if batch else [1, 1, 8, 20])
        if most > QUOTAS[-1]:
            batch, size = True, most
        group = []
        taken = set()
        while len(group) < min(size, most):
            asked = self.choose(
                round, name, set() if batch else taken, group if batch else None)
            if asked is None:
                break
            group.append(asked)
            next = self.chooser.next_of(name, asked) if batch else None
            if next is not None and fits(next, group):
                group.append(self.give(round, name, next))
        return batch, group

    def send(self, name, batch, group):
        """Returns what waits for the answers, and hands them out."""
        node = self.nodes[name]
        commands = [asked.command for asked in group]
        if not batch:
            futures = [node.begin_one(command) for command in commands]
            return lambda: [nodes.result_of_one(future) for future in futures]
        future = node.begin_batch(commands)
        return lambda: [nodes.result_of_batch(one) for one in future.result().results]

    def ask(self, groups):
        """One group of each city at a time."""
        waiting = [
            (group, self.send(name, batch, group)) for name, batch, group in groups]
        for group, results in waiting:
            for asked, result in zip(group, results(), strict=True):
                self.hear(asked, result)

    def ask_again(self, round):
        """A delivery waits until the order is sealed, and its capture until the
        delivery is: asked for, as else both wait for a beat of the heart."""
        unsealed = [one for one in round.asked if one.result.error == "HL_EUNSEALED"]
        self.seal({self.issuer_of(one) for one in unsealed})
        for asked in unsealed:
            self.check(asked.expected.error == "", f"unsealed: {judge.show(asked.command)}")
            while asked.result.error == "HL_EUNSEALED":
                self.unsealed += 1
                self.hear(asked, nodes.result_of_one(
                    self.nodes[asked.name].begin_one(asked.command)))
        self.seal({
            one.name for one in round.asked
            if one.command.kind in ("deliver", "decline", "close")})

    def issuer_of(self, asked):
        return self.model.begun(*judge.key_of_order(asked.name, asked.command)[1:]).issuer

    def seal(self, names):
        futures = [
            self.nodes[name].begin_one(self.newest[name].command, sealed=True)
            for name in names if name in self.newest]
        for future in futures:
            self.check(future.result().written.reached, "not sealed within 10 s")

    def hear(self, asked, result):
        asked.result = result
        newest = self.newest.get(asked.name)
        if result.error == "" and (newest is None or result.index > newest.result.index):
            self.newest[asked.name] = asked

    # --- Answers. ---------------------------------------------------------------

    def check(self, good, text, ids=()):
        if not good:
            raise Difference(text, ids)

    def judge(self, round):
        for asked in round.asked:
            asked.judge(self.model)
            self.check_entry(asked)
            self.refused += asked.result.error != ""
            if asked.result.error == "" and not asked.result.repeated:
                self.written[asked.command.kind] += 1
            if asked.expected.word and not asked.result.is_reuse():
                self.refusals[asked.expected.word] += 1

    def check_entry(self, asked):
        """The same id has the same entry, or the same refusal, for ever."""
        result = asked.result
        about = f"{asked.name}: {judge.show(asked.command)}: {result}"
        key = asked.name, asked.command.id
        if result.error:
            self.check(result.index == 0 and result.leaf == b"", f"an entry? {about}")
            if asked.expected.error in judge.MALFORMED or result.is_reuse():
                return
            self.check(self.texts.setdefault(key, result.text) == result.text, about)
            return
        entry = result.index, result.leaf, result.at_ms
        self.check(len(result.leaf) == 32, f"no leaf: {about}")
        self.check(
            base.day_of(result.at_ms) == self.model.today or result.repeated,
            f"of another day: {about}")
        self.check(self.indexes.setdefault(key, entry) == entry, f"another: {about}")

    # --- Rounds. ----------------------------------------------------------------

    def round(self, most):
        self.rounds += 1
        self.change_catalogues()
        round = Round()
        quota = {name: self.random.choice(QUOTAS) for name in CITIES}
        if most > BATCH_MAX and self.random.random() < 0.005:
            quota[self.random.choice(CITIES)] = BATCH_MAX
        while most > 0 and any(quota.values()):
            groups = []
            for name in self.random.sample(CITIES, len(CITIES)):
                batch, group = self.group(round, name, min(quota[name], most))
                quota[name] -= len(group) if group else quota[name]
                most -= len(group)
                groups += [(name, batch, group)] if group else []
            self.ask(groups)
            round.flying.clear()
        self.ask_again(round)
        self.judge(round)
        self.settle(round.orders)
        self.chooser.sort_orders()

    def change_catalogues(self):
        """While nothing is on its way."""
        for name in CITIES:
            if self.random.random() < 0.5:
                count = self.random.randint(1, 3)
                self.state(name, [self.chooser.change(name) for _ in range(count)])

    def state(self, name, changes):
        stated = judge.Stated(name, list(dict(changes).items()))
        for key, record in stated.changes:
            self.nodes[name].state(self.chooser.id(), key, record).result()
        stated.again(self.model)
        self.keep(stated)

    def settle(self, orders):
        """Waits until all is where it belongs, and compares it."""
        for order in orders.values():
            self.model.react(order)
        self.settle_crossed([one for one in orders.values() if one.is_taken_back()])
        for name, node in self.nodes.items():
            self.wait_orders(node, {
                key: order for key, order in orders.items()
                if name in (order.issuer, order.place.provider)})
        nodes.wait("all have the same journals", self.have_same)
        seen = {
            key: look.seen_order(self.nodes[order.issuer].watch.views[key])
            for key, order in orders.items()}
        self.keep(judge.Settled(self.clock.now_ms(), seen))

    def settle_crossed(self, orders):
        """Taken back before they were held, or after it."""
        if orders:
            nodes.wait("all have the same journals", self.have_same)
        for order in orders:
            node = self.nodes[order.place.provider]
            seen = look.seen_order(node.order(order.place.begun_at, order.place.id))
            if judge.is_crossed(order, seen):
                self.model.cross(order)

    def keep(self, event):
        if len(self.events) < REPLAYED:
            self.events.append(event)

    def wait_orders(self, node, orders):
        expected = {key: look.expected_order(order) for key, order in orders.items()}
        for key in node.watch.wait(expected, look.seen_order):
            view = node.watch.views.get(key)
            self.check(view is not None, f"{node.name} sees no order {key}", key)
            judge.compare_rows(
                f"{node.name}, order {judge.show_value(key)}", expected[key],
                look.seen_order(view), key)

    def have_same(self):
        """Of which what each says of itself is the most."""
        sizes = [node.sizes() for node in self.nodes.values()]
        return all(one == sizes[0] for one in sizes)

    # --- Days. ------------------------------------------------------------------

    def next_day(self):
        self.stop()
        self.clock.go_on(STEP_S)
        self.start()
        self.model.now_ms = self.clock.now_ms()
        self.events.append(judge.NewDay(self.model.now_ms))
        self.model.expire()
        orders = {
            (order.place.begun_at, order.place.id): order
            for order in self.chooser.orders}
        self.settle(dict(sorted(orders.items())))  # as nodes look at them
        for name, node in self.nodes.items():
            nodes.wait(f"{name} expires", lambda: self.is_expired(node))
        nodes.wait("all have the same journals", self.have_same)

    def is_expired(self, node):
        """What is over by its day has ended."""
        today = self.model.today.isoformat()
        return all(
            one.voucher.use_until >= today
            for one in node.vouchers(pb.VoucherListRequest(open=True, page_size=1000)))

    def write_keys(self):
        for name in CITIES:
            path = os.open(f"{name}/fingerprint.key", os.O_WRONLY | os.O_CREAT, 0o600)
            with open(path, "w", encoding="ascii") as file:
                file.write(prints.key_file(name))

    def start(self):
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            node.wait_ready()
        for name, node in self.nodes.items():
            nodes.wait(f"{name} writes", lambda: node.status().writable)

    def stop(self):
        for node in self.nodes.values():
            node.stop()
        for node in self.nodes.values():
            node.wait_stopped()

    # --- All that stands. -------------------------------------------------------

    def look_at_all(self):
        for name, node in self.nodes.items():
            page_size = self.random.choice([60, 333, 1000])
            city = judge.City(name, look.seen_city(node, page_size))
            self.keep(city)
            city.again(self.model)
            self.look_at_some(node)
            self.look_at_filters(node)
            for other in self.nodes.values():
                self.look_at_books(node, other)
            found = judge.Found(look.seen_findings(node))
            found.again(self.model)
        self.keep(found)

    def look_at_some(self, node):
        """Every node sees every order; and the vouchers that changed."""
        orders = self.chooser.orders + self.chooser.done
        for order in self.random.sample(orders, min(len(orders), 20)):
            judge.compare_rows(
                f"{node.name}, one order", look.expected_order(order),
                look.seen_order(node.order(order.place.begun_at, order.place.id)),
                [order.place.id])
        for (origin, id), view in node.changed_vouchers().items():
            city = self.model.cities[origin.split("/")[-1]]
            judge.compare_rows(
                f"{node.name}, a change of {origin}'s",
                look.expected_voucher(city.vouchers[id]), look.seen_voucher(view), [id])

    def look_at_filters(self, node):
        city = self.model.cities[node.name]
        scheme = self.random.choice(list(city.schemes))
        for request, is_listed in (
                (pb.VoucherListRequest(open=True), lambda one: not one.ended),
                (pb.VoucherListRequest(scheme=scheme),
                 lambda one: one.issue.scheme == scheme)):
            judge.compare_rows(
                f"{node.name} lists {request}",
                {"ids": {id for id, one in city.vouchers.items() if is_listed(one)}},
                {"ids": {one.voucher.id for one in node.vouchers(request)}})
        judge.compare_rows(
            f"{node.name} lists what is held",
            {"ids": {
                one.place.id for other in self.model.cities.values()
                for one in other.orders.values()
                if one.issuer == node.name and one.placed
                and one.resolved == base.HELD}},
            {"ids": {one.order.id for one in node.orders(pb.OrderListRequest(open=True))}})

    def look_at_books(self, node, other):
        """That journal's, as the node has them."""
        books = look.gross(node, other.origin)
        balance = sum(credit - debit for debit, credit in books.values())
        about = f"{node.name} of {other.name}: "
        self.check(balance == 0, f"{about}out of balance by {balance}")
        sums, earned = look.posted(node, other.origin)
        self.check(books == sums, f"{about}postings: {sums}, and not {books}")
        judge.compare_table(f"{about}earned", self.model.earned(other.name), earned)
        if node is not other:
            nameless = {
                id: {**row, "who": ("", "")}
                for id, row in look.seen_vouchers(other, other.origin, 1000).items()}
            judge.compare_table(
                f"{about}vouchers", nameless, look.seen_vouchers(node, other.origin, 1000))
            judge.compare_table(
                f"{about}balances", look.gross(other, other.origin), books)

    # --- Beginning. -------------------------------------------------------------

    def register(self):
        """Each city's holders, whose tokens it makes: by a voucher for each."""
        for name, node in self.nodes.items():
            put = scheme_pb2.SchemePut(
                id="first", version=1, name_zh="创新券", budget_fen=10**6, use_days=30,
                issue_unit_fen=100, claim_days=30, payee=1,
                rates=[scheme_pb2.SchemeRate(level="市", rate_bp=5000)])
            commands = [Command(self.chooser.id(), "put", put)] + [
                Command(self.chooser.id(), "issue",
                        voucher_pb2.VoucherIssue(scheme="first", amount_fen=10**4), one)
                for one in self.parties[name]]
            results = [nodes.result_of_one(node.begin_one(one)) for one in commands]
            for command in commands[1:]:
                self.tokens[name][command.holder.uscc] = (
                    node.voucher(command.id).voucher.holder)
            round = Round()
            for command, result in zip(commands, results):
                self.hear(self.give(round, name, command), result)
            self.judge(round)
            self.state(name, self.chooser.stock(name))

    def run(self, count, days):
        self.write_keys()
        self.start()
        self.register()
        for day in range(days):
            while self.given < count * (day + 1) // days:
                self.round(count * (day + 1) // days - self.given)
            self.look_at_all()
            if day + 1 < days:
                self.next_day()
        self.stop()


def check_spoilt(drive):
    """That no rule could be broken without a difference."""
    events = drive.events[:REPLAYED]
    again = judge.replay(events, Model(drive.tokens, drive.start_ms))
    if again is not None:
        raise again[1]
    unseen = []
    for what in spoilt.SPOILT:
        with spoilt.spoilt(what):
            found = judge.replay(events, Model(drive.tokens, drive.start_ms))
        if found is None:
            print(f"wrong, and not seen: {what}")
            unseen += [] if what in spoilt.RARE and drive.given < LONG_COUNT else [what]
        else:
            print(f"wrong, and seen at event {found[0]}: {what}")
    if unseen:
        raise Difference(f"nothing tells that this is wrong: {', '.join(unseen)}")


def check_counts(drive):
    counted = counts.count(drive.model, drive.written, drive.refusals)
    print(*counts.show(counted), sep="\n")
    never = counts.never(counted)
    if never and drive.given >= LONG_COUNT:
        raise Difference(f"in so many commands this never occurred: {'; '.join(never)}")


def main():
    seed = int(os.environ.get("HELUO_SEED") or random.SystemRandom().getrandbits(32))
    count, days = int(os.environ["ROUNDS"]), int(os.environ["DAYS"])
    print(f"seed {seed}", flush=True)
    drive = Drive(seed)
    begun = time.monotonic()
    try:
        drive.run(count, days)
        took = time.monotonic() - begun
        check_counts(drive)
        if count >= SPOILT_COUNT:
            check_spoilt(drive)
    except Difference as difference:
        print("The last about the same:", *judge.former(drive.events, difference.ids),
              f"HELUO_SEED={seed}: after {drive.given} commands, on {drive.model.today}:",
              f"  {difference}", sep="\n", file=sys.stderr)
        sys.exit(1)
    print(f"{drive.given} commands, of which {drive.refused} were refused, and "
          f"{drive.unsealed} asked for again; {drive.rounds} rounds, {days} days, "
          f"{took:.0f} s")
    print(f"checks {drive.given}")


main()
