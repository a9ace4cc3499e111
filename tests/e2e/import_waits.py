# SPDX-License-Identifier: Apache-2.0
"""A list that waits until keepers have all of it; run by federation.sh."""

from calls import check, local
from heluo.v1 import catalogue_pb2, record_kind_pb2
from units import unit

with local() as channel:
    requests = []
    for first in range(200, 2200, 500):
        request = catalogue_pb2.CatalogueImportRequest()
        for number in range(first, first + 500):
            request.rows.add().record.unit.CopyFrom(unit(number))
        requests.append(request)
    requests[0].options.kind = record_kind_pb2.RECORD_KIND_UNIT
    requests[0].options.write.durability = 2
    requests[0].options.write.wait_ms = 30000
    answer = channel.stream_unary(
        "/heluo.v1.Catalogue/Import",
        catalogue_pb2.CatalogueImportRequest.SerializeToString,
        catalogue_pb2.CatalogueImportResponse.FromString,
    )(iter(requests), timeout=60)
    check(answer.created == 2000 and answer.reached and answer.keepers == 2,
          f"two keepers have it: {answer}")
    requests[0].options.write.sealed = True
    answer = channel.stream_unary(
        "/heluo.v1.Catalogue/Import",
        catalogue_pb2.CatalogueImportRequest.SerializeToString,
        catalogue_pb2.CatalogueImportResponse.FromString,
    )(iter(requests), timeout=60)
    check(answer.unchanged == 2000 and not answer.reached,
          f"of nothing nobody waits: {answer}")
print("checks 2")
