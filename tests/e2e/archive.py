# SPDX-License-Identifier: Apache-2.0
"""Changes archives of 'heluo journal export', with a hash that fits:

flip IN OUT SEED     a bit of a segment, which SEED chooses
splice A B OUT       A, and what B says is sealed
without A OUT ORIGIN that journal left out
unseal A OUT ORIGIN  keepers' words on that journal left out
"""

import hashlib
import random
import struct
import sys

MAGIC = b"heluo-archive/v1\n"
HAVE, SEGMENT = 2, 5  # fields of SyncMessage
CHECKPOINT = 6  # of Segment


def frames(path):
    data = open(path, "rb").read()
    assert data.startswith(MAGIC)
    at, found = len(MAGIC), []
    while True:
        (size,) = struct.unpack_from(">I", data, at)
        at += 4
        if size == 0:
            return found
        found.append(data[at : at + size])
        at += size


def write(path, all_frames):
    data = MAGIC + b"".join(
        struct.pack(">I", len(frame)) + frame for frame in all_frames
    )
    data += struct.pack(">I", 0)
    open(path, "wb").write(data + hashlib.sha256(data).digest())


def kind(frame):
    return frame[0] >> 3


def flip(source, out, seed):
    choose = random.Random(int(seed))
    all_frames = [bytearray(frame) for frame in frames(source)]
    frame = choose.choice([one for one in all_frames if kind(one) == SEGMENT])
    frame[choose.randrange(len(frame))] ^= 1 << choose.randrange(8)
    write(out, all_frames)


def splice(one, other, out):
    sealed = [frame for frame in frames(other) if kind(frame) == HAVE]
    assert sealed
    rest = [frame for frame in frames(one) if kind(frame) != HAVE]
    write(out, rest + sealed)


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """Fields of a message: number, and a text's bytes or a number."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        yield tag >> 3, value


def message(all_fields):
    out = b""
    for number, value in all_fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def origin_of(frame):
    inner = list(fields(frame))[0][1]
    return dict(fields(inner)).get(1) if kind(frame) in (HAVE, SEGMENT) else None


def without(source, out, origin):
    kept = [one for one in frames(source) if origin_of(one) != origin.encode()]
    assert len(kept) < len(frames(source))
    write(out, kept)


def unseal(source, out, origin):
    kept = []
    for frame in frames(source):
        if origin_of(frame) != origin.encode():
            kept.append(frame)
        elif kind(frame) == SEGMENT:
            inner = [
                (
                    number,
                    b"".join(
                        line
                        for line in value.splitlines(keepends=True)
                        if b"/mirror " not in line
                    )
                    if number == CHECKPOINT
                    else value,
                )
                for number, value in fields(list(fields(frame))[0][1])
            ]
            kept.append(message([(SEGMENT, message(inner))]))
    write(out, kept)


{"flip": flip, "splice": splice, "without": without, "unseal": unseal}[
    sys.argv[1]
](*sys.argv[2:])
