# SPDX-License-Identifier: Apache-2.0
"""Parties: made-up enterprises with a unified social credit code (GB 32100-2015)
whose check characters are right."""

from heluo.v1 import ledger_pb2 as pb

DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def inner_check(code):
    """Of an organization's code (GB 11714-1997), of digits here."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(int(c) * w for c, w in zip(code, weights)) % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def party(random):
    inner = f"{random.randrange(10**8):08}"
    code = "91410100" + inner + inner_check(inner)
    total = sum(DIGITS.index(c) * 3**i for i, c in enumerate(code))
    uscc = code + DIGITS[-total % 31]
    return pb.Party(uscc=uscc, name=f"企业{inner[:3]}", contact="李工")
