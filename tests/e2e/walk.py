# SPDX-License-Identifier: Apache-2.0
"""Every method that reflection finds, called by every kind of caller: who is
not of the alliance, and whose role the table does not give, is refused."""

import time

from google.protobuf import descriptor_pb2
import reflection_pb2

from calls import call, check, fail, local, methods, tls
import calls

REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

# After so long the log has room for a line again.
LINE_S = 0.06

# Whom TLS itself does not let in, so that no call gets an answer.
AT_HANDSHAKE = [None, "foreign", "expired", "early"]

# Whom the node refuses, and as what.
AT_ADMISSION = {
    "revoked": ("UNAUTHENTICATED", "HL_EREVOKED"),
    "elsewhere": ("UNAUTHENTICATED", "HL_EALLIANCE"),
    "stranger": ("PERMISSION_DENIED", "HL_EUNKNOWNNODE"),
    "strange-node": ("PERMISSION_DENIED", "HL_EUNKNOWNNODE"),
    "long": ("UNAUTHENTICATED", "HL_ELIFETIME"),
    "roleless": ("PERMISSION_DENIED", "HL_EROLE"),
    "nameless": ("UNAUTHENTICATED", "HL_EIDENTITY"),
    "other-platform": ("PERMISSION_DENIED", "HL_EDENIED"),
    "other-operator": ("PERMISSION_DENIED", "HL_EDENIED"),
}

# Who is let in, and what for the table says.
ADMITTED = {
    "node": "node",
    "other-node": "node",
    "web": "platform",
    "chen": "operator",
    "henan": "coordinator",
    "desk": "clearing",
}


def ask(request):
    answer = call(local(), REFLECTION, "stream", request.SerializeToString())
    if answer.message is None:
        fail(f"reflection: {answer}")
    return reflection_pb2.ServerReflectionResponse.FromString(answer.message)


def methods_of(service):
    request = reflection_pb2.ServerReflectionRequest(
        file_containing_symbol=service
    )
    for raw in ask(request).file_descriptor_response.file_descriptor_proto:
        file = descriptor_pb2.FileDescriptorProto.FromString(raw)
        for found in file.service:
            if f"{file.package}.{found.name}" == service:
                return [f"/{service}/{method.name}" for method in found.method]
    fail(f"reflection does not describe {service}")


def reflected():
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    services = ask(request).list_services_response.service
    return {path for one in services for path in methods_of(one.name)}


def walk_handshakes(table):
    for who in AT_HANDSHAKE:
        time.sleep(2 * LINE_S)
        for path, (kind, _) in table.items():
            with tls(who) as channel:
                answer = call(channel, path, kind)
            check(answer.status == "UNAVAILABLE", f"{who} {path}: {answer}")


def walk_refusals(table):
    for who, (status, error) in AT_ADMISSION.items():
        time.sleep(LINE_S)
        with tls(who) as channel:
            for path, (kind, _) in table.items():
                answer = call(channel, path, kind)
                check(
                    (answer.status, answer.error) == (status, error),
                    f"{who} {path}: {answer}",
                )
    return len(AT_ADMISSION) * len(table)


def walk_roles(table):
    refused = 0
    for who, role in ADMITTED.items():
        time.sleep(LINE_S)
        with tls(who) as channel:
            for path, (kind, roles) in table.items():
                answer = call(channel, path, kind)
                # This node has no search process: whoever may ask is told so.
                denied = answer.error != "HL_EAWAY" and answer.status in (
                    "PERMISSION_DENIED",
                    "UNAUTHENTICATED",
                    "UNAVAILABLE",
                )
                check(denied == (role not in roles), f"{who} {path}: {answer}")
                check(not denied or answer.error == "HL_EDENIED", str(answer))
                refused += denied
    return refused


def walk_local(table):
    refused = 0
    with local() as channel:
        for path, (kind, roles) in table.items():
            answer = call(channel, path, kind)
            denied = answer.status == "PERMISSION_DENIED"
            check(denied == ("operator" not in roles), f"{path}: {answer}")
            refused += denied
    return refused


def main():
    table = methods()
    found = reflected()
    check(found == set(table), f"reflected {found}, but the table {table}")
    check(len(table) >= 20, f"{len(table)} methods")
    walk_handshakes(table)
    print("handshakes", len(AT_HANDSHAKE) * len(table))
    print(
        "refused",
        walk_refusals(table) + walk_roles(table) + walk_local(table),
    )
    print("checks", calls.checks)


main()
