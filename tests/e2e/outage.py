# SPDX-License-Identifier: Apache-2.0
"""put COUNT DURABILITY|sealed: so many units in batches through the socket; the
last batch waits for that. Ends well if it was reached."""

import sys

import calls
import units
from heluo.v1 import catalogue_pb2

BATCH = 2000


def main():
    count, durability = int(sys.argv[2]), sys.argv[3]
    channel = calls.local()
    last = None
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        request = catalogue_pb2.CataloguePutBatchRequest.FromString(
            units.put_batch(numbers, f"批 {first}")
        )
        if first + BATCH >= count:
            request.write.wait_ms = 30000
            request.write.sealed = durability == "sealed"
            request.write.durability = (
                0 if durability == "sealed" else int(durability)
            )
        raw = channel.unary_unary(units.PUT_BATCH)(
            request.SerializeToString(), timeout=60
        )
        last = catalogue_pb2.CataloguePutBatchResponse.FromString(raw)
        wrong = [one for one in last.results if one.error]
        calls.check(not wrong, f"all of a batch are put: {wrong[:3]}")
    calls.check(last.reached, "the last batch is where it was wanted")
    if durability == "sealed":
        calls.check(last.sealed, "sealed")
    else:
        calls.check(last.keepers >= int(durability), "kept")
    print(f"checks {calls.checks}")


main()
