# SPDX-License-Identifier: Apache-2.0
"""Calls of Node that no command makes, through the socket: each is answered, in
time, and the node goes on."""

import os

import calls
import grpc
from heluo.v1 import blob_pb2, node_pb2

EXPORT = "/heluo.v1.Node/Export"
IMPORT = "/heluo.v1.Node/Import"
SUBMIT = "/heluo.v1.Node/SubmitCharter"
SET_PEER = "/heluo.v1.Node/SetPeer"
LIST = "/heluo.v1.Blob/List"
MOST = (1 << 64) - 1


def ask(path, request):
    """The answer's bytes, or the status."""
    try:
        return calls.local().unary_unary(path)(
            request.SerializeToString(), timeout=10
        )
    except grpc.RpcError as error:
        calls.check(
            error.code() != grpc.StatusCode.DEADLINE_EXCEEDED,
            f"{path} is answered: {error.code()} {error.details()}",
        )
        return error.code()


def export():
    for part in (0, 1, 2, 3, 4, 2**32 - 1):
        for origin in ("", "zzz", "zy.example/none", "zy.example/luoyang"):
            for index in (0, 1, 1000, MOST):
                request = node_pb2.NodeExportRequest()
                request.cursor.part = part
                request.cursor.origin = origin
                request.cursor.next = index
                got = ask(EXPORT, request)
                calls.check(isinstance(got, bytes), f"export: {got}")
    request = node_pb2.NodeExportRequest()
    for size in (0, 1, MOST):
        have = request.have.add()
        have.origin = "zy.example/luoyang"
        have.size = size
    calls.check(isinstance(ask(EXPORT, request), bytes), "export beyond")


def others():
    for raw in (b"", b"x", os.urandom(1000), os.urandom(2000000)):
        got = ask(IMPORT, node_pb2.NodeImportRequest(message=raw))
        calls.check(not isinstance(got, bytes), "an import of nothing")
        got = ask(SUBMIT, node_pb2.NodeSubmitCharterRequest(charter=raw[:900000]))
        calls.check(not isinstance(got, bytes), "a charter of no form")
    for node in ("", "luoyang", "none", "x" * 3000):
        for action in ("", "retry", "pause", "lost", "dance"):
            request = node_pb2.NodeSetPeerRequest(node=node, action=action)
            got = ask(SET_PEER, request)
            calls.check(not isinstance(got, bytes), f"{node} {action}")


def pages():
    """What no node gave for a token."""
    nobody = b"zy.example/nobody"
    tokens = (b"\xff", b"\x01", bytes([len(nobody)]) + nobody, b"\x00" * 600)
    for token in tokens:
        request = blob_pb2.BlobListRequest(page_token=token)
        got = calls.call(calls.local(), LIST, request=request.SerializeToString())
        calls.check(got.error == "HL_EMALFORMED", f"{token}: {got}")


export()
others()
pages()
print(f"checks {calls.checks}")
