# SPDX-License-Identifier: Apache-2.0
"""Changes archives of 'heluo journal export', with a hash that fits:

flip IN OUT SEED     a bit of a segment, which SEED chooses
splice A B OUT       A, and what B says is sealed
"""

import hashlib
import random
import struct
import sys

MAGIC = b"heluo-archive/v1\n"
HAVE, SEGMENT = 2, 5  # fields of SyncMessage


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


{"flip": flip, "splice": splice}[sys.argv[1]](*sys.argv[2:])
