# SPDX-License-Identifier: Apache-2.0
"""What happened, kept so that it can be judged again by another model, and how
it is judged: everything that was answered or seen must be as the model has it."""

import collections

from google.protobuf import text_format

import checks
import look
from base import DENIED, HELD, RELEASED

MALFORMED = ("HL_EMALFORMED", "HL_ELIMIT")
# What comes in one batch behind it finds that it is answered, where that is slow.
OVERTAKEN = [("closed", "resolved"), ("declined", "resolved")]


class Difference(Exception):
    """What differs; ids: of commands, vouchers and orders that it is about."""

    def __init__(self, text, ids=()):
        super().__init__(text)
        self.ids = set(ids)


# --- What a command is about. ---------------------------------------------------


def keys_of_voucher(name, voucher):
    """It, and what its orders count against."""
    issue = voucher.issue
    return {
        ("voucher", name, issue.id),
        ("holder", name, issue.scheme, issue.holder),
        ("controller", name, issue.scheme, voucher.controller())}


def keys_of_order(model, order):
    """All that changes when it is answered, or resolved."""
    return {
        ("order", order.place.begun_at, order.place.id),
        *keys_of_held(model, order.issuer, order.place.voucher)}


def keys_of_held(model, issuer, id):
    """All that a hold on that voucher changes, at first or at its end."""
    voucher = model.cities[issuer].vouchers.get(id) if issuer in model.cities else None
    if voucher is None:
        return {("voucher", issuer, id)}
    return {
        ("budget", issuer, voucher.issue.scheme), *keys_of_voucher(issuer, voucher)}


def key_of_order(name, command):
    """None: it is about none."""
    if command.kind in ("put", "issue", "end"):
        return None
    return "order", command.body.begun_at or name, command.body.id or command.id


def keys_of(model, name, command):
    """All that the answer hangs on, and all that changes."""
    body = command.body
    vouchers = model.cities[name].vouchers
    keys = {("command", name, command.id)}
    if command.kind == "put":
        return keys | {("budget", name, body.id)}
    if command.kind == "issue":
        voucher = body.id or command.id
        return keys | {("budget", name, body.scheme), ("voucher", name, voucher)}
    if command.kind == "end":
        keys.add(("voucher", name, body.id))
        if body.id in vouchers:
            keys.add(("budget", name, vouchers[body.id].issue.scheme))
        return keys
    keys.add(key_of_order(name, command))
    keys |= keys_of_rules(model, name, command)
    if command.kind in ("place", "allot"):
        keys.add(("voucher", name, body.voucher))
        if body.voucher in vouchers:
            keys |= keys_of_voucher(name, vouchers[body.voucher])
    if command.kind == "request":
        keys |= keys_of_held(model, body.issuer, body.voucher)
    return keys


def keys_of_rules(model, name, command):
    """All that orders are compared by, as far as it adds to that, or has the order
    compared."""
    body = command.body
    if command.kind == "place":
        return key_of_contract(model, name, body, body.provider)
    if command.kind == "request":
        return key_of_contract(model, body.issuer, body, name)
    key = key_of_order(name, command)
    order = None if key is None else model.begun(*key[1:])
    if order is None or order.resolved != HELD or command.kind == "accept":
        return set()
    done = order.delivery
    if command.kind in ("deliver", "spend"):
        done = model.served(order, body)
    claims, place = keys_of_claims(done), order.place
    return claims if order.allotted else claims | key_of_contract(
        model, order.issuer, place, place.provider)


def key_of_contract(model, issuer, place, provider):
    city = model.cities.get(issuer)
    voucher = city and city.vouchers.get(place.voucher)
    if voucher is None:
        return set()
    issue = voucher.issue
    unit = place.unit_scheme, place.unit_id
    return {("contract", issuer, issue.scheme, issue.holder, provider, *unit)}


def keys_of_claims(done):
    if done is None:
        return set()
    machine = {("machine", *checks.key_of_item(done))} if done.item_kind else set()
    return machine | {("invoice", *one) for one in checks.prints_of(done)}


def keys_around(model, name, command):
    """All that may change because of it: the order that it is about may be."""
    key = key_of_order(name, command)
    order = None if key is None else model.begun(*key[1:])
    return set() if order is None else keys_of_order(model, order)


# --- Events. --------------------------------------------------------------------


class Asked:
    """A command: what the model says to it, and then the node."""

    def __init__(self, name, command, now_ms):
        self.name = name
        self.command = command
        self.now_ms = now_ms
        self.expected = None
        self.result = None
        self.claim = None

    def happen(self, model):
        model.now_ms = self.now_ms
        self.expected = model.run(self.name, "", self.command)
        if self.is_new("deliver") or self.is_new("spend"):
            key = key_of_order(self.name, self.command)
            self.claim = model.begun(*key[1:]).claim

    def is_written(self):
        """For the first time."""
        return self.expected.error == "" and not self.expected.repeated

    def is_new(self, kind):
        return self.command.kind == kind and self.is_written()

    def judge(self, model):
        expected, result = self.expected, self.result
        same = expected.error == result.error or (
            expected.error in MALFORMED and result.error in MALFORMED)
        if expected.error and expected.error not in MALFORMED:
            words = expected.word, result.word()
            same = same and (words[0] == words[1] or words in OVERTAKEN)
        if not same or expected.repeated != result.repeated:
            raise Difference(
                f"{self.name} is asked for\n    {show(self.command)}\n"
                f"  the model answers\n    {expected}\n"
                f"  the node answers\n    {result}",
                ids_of(self.command))
        if self.command.kind == "issue" and result.error == "":
            id = self.command.body.id or self.command.id
            model.cities[self.name].vouchers[id].issued_ms = result.at_ms
        if self.claim is not None:
            self.claim.index = result.index

    def again(self, model):
        self.happen(model)
        self.judge(model)


class Settled:
    """Nodes did what they do by themselves: those orders, as they are seen."""

    def __init__(self, now_ms, orders):
        self.now_ms = now_ms
        self.orders = orders

    def again(self, model):
        model.now_ms = self.now_ms
        for (begun_at, id), seen in self.orders.items():
            order = model.begun(begun_at, id)
            if order is None:
                raise Difference(f"an order stands: {show_rows(seen)}")
            model.react(order)
            if is_crossed(order, seen):
                model.cross(order)
            compare_rows(
                f"order {begun_at}/{id.hex()}", look.expected_order(order), seen, [id])


def is_crossed(order, seen):
    """A request and its being taken back came at once: either is right."""
    return order.is_taken_back() and seen["resolved"] in (RELEASED, DENIED)


class NewDay:
    def __init__(self, now_ms):
        self.now_ms = now_ms

    def again(self, model):
        model.now_ms = self.now_ms
        model.expire()


class City:
    """All that a city shows."""

    def __init__(self, name, seen):
        self.name = name
        self.seen = seen

    def again(self, model):
        expected = look.expected_city(model, self.name)
        for table, rows in expected.items():
            compare_table(f"{self.name}, {table}", rows, self.seen[table])


class Stated:
    """A city changed its catalogue."""

    def __init__(self, name, changes):
        self.name = name
        self.changes = changes

    def again(self, model):
        for key, record in self.changes:
            if record is None:
                model.retire(self.name, key)
            else:
                model.state(self.name, key, record)


class Found:
    """What every node finds."""

    def __init__(self, seen):
        self.seen = seen

    def again(self, model):
        compare_table("findings", model.findings(), self.seen)


def compare_rows(what, expected, seen, ids=()):
    found = look.differing(expected, seen)
    if found:
        raise Difference("\n  ".join([what, *found]), ids)


def compare_table(what, expected, seen):
    for key in expected.keys() | seen.keys():
        row, other = expected.get(key), seen.get(key)
        about = f"{what}, {show_value(key)}"
        ids = [one for one in (key, *key) if isinstance(one, bytes)]
        if isinstance(row, dict) and isinstance(other, dict):
            compare_rows(about, row, other, ids)
        elif row != other:
            raise Difference(
                f"{about}\n  the model has {show_value(row)}\n"
                f"  the node has {show_value(other)}", ids)


def replay(events, model):
    """Where that model differs first: the event's number, and how."""
    for number, event in enumerate(events):
        try:
            event.again(model)
        except Difference as difference:
            return number, difference
    return None


# --- For people. ----------------------------------------------------------------


def show_value(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (tuple, list)):
        return "/".join(str(show_value(one)) for one in value)
    if isinstance(value, dict):
        return show_rows(value)
    return value


def show_rows(rows):
    return ", ".join(f"{name} {show_value(one)}" for name, one in rows.items())


def show(command):
    said = [f"{field.name}={show_field(value)}" for field, value in command.body.ListFields()]
    parties = [
        f"{what}={one.uscc}" for what, one in (
            ("party", command.holder), ("controlled_by", command.controller)) if one]
    return f"{command.kind} {command.id.hex()[:8]}: {' '.join(said + parties)}"


def show_field(value):
    if isinstance(value, (bytes, str, int)):
        return show_value(value)
    return [text_format.MessageToString(one, as_one_line=True, as_utf8=True) for one in value]


def former(events, ids, most=6):
    """The last commands about any of those, as lines."""
    lines = collections.deque(maxlen=most)
    for number, event in enumerate(events):
        if isinstance(event, Asked) and ids & ids_of(event.command):
            lines.append(
                f"  {number} {event.name} {show(event.command)}\n"
                f"      {event.result or 'not answered yet'}")
    return lines


def ids_of(command):
    fields = [getattr(command.body, name, b"") for name in ("id", "voucher")]
    return {command.id, *(one for one in fields if one and isinstance(one, bytes))}
