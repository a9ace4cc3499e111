# SPDX-License-Identifier: Apache-2.0
"""Requests about units, made from the .proto files (protoc_python)."""

import os

from heluo.v1 import catalogue_pb2, unit_pb2

PUT = "/heluo.v1.Catalogue/Put"
PUT_BATCH = "/heluo.v1.Catalogue/PutBatch"
GET = "/heluo.v1.Catalogue/Get"
LIST = "/heluo.v1.Catalogue/List"
WATCH = "/heluo.v1.Catalogue/Watch"


def unit(number, name="河洛"):
    return unit_pb2.UnitRecord(
        scheme="nrii",
        id=f"{number:032x}",
        name_zh=name,
        kind=unit_pb2.UNIT_KIND_UNIVERSITY,
        division="410100",
        division_revision=2022,
    )


def put(number, name="河洛", command=None):
    request = catalogue_pb2.CataloguePutRequest()
    request.record.unit.CopyFrom(unit(number, name))
    request.write.command_id = command or os.urandom(16)
    return request.SerializeToString()


def put_batch(numbers, name="河洛"):
    request = catalogue_pb2.CataloguePutBatchRequest()
    for number in numbers:
        item = request.items.add()
        item.command_id = os.urandom(16)
        item.record.unit.CopyFrom(unit(number, name))
    return request.SerializeToString()
