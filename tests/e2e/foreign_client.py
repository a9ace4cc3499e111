# SPDX-License-Identifier: Apache-2.0
"""A client that shares no code with the node: grpcio, and messages made by
protoc from the .proto files alone.

    foreign_client.py TARGET NAME ROOT CERTIFICATE KEY

Run by foreign.sh on a node without entries, with the messages in its path.
"""
import itertools
import os
import sys
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from heluo.v1 import catalogue_pb2, common_pb2, journal_pb2, node_pb2, unit_pb2
from health.v1 import health_pb2
from reflection.v1 import reflection_pb2 as reflection_v1
from reflection.v1alpha import reflection_pb2 as reflection_v1alpha

DEADLINE_S = 20
target, name, root, certificate, key = sys.argv[1:]
checks = 0


def check(holds, what):
    global checks
    if not holds:
        sys.exit('foreign client: ' + what)
    checks += 1


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def connect():
    credentials = grpc.ssl_channel_credentials(read(root), read(key),
                                               read(certificate))
    return grpc.secure_channel(
        target, credentials,
        options=[('grpc.ssl_target_name_override', name),
                 ('grpc.enable_http_proxy', 0),
                 ('grpc.use_local_subchannel_pool', 1)])


channel = connect()


def call(path, request, answer):
    method = channel.unary_unary(path, lambda message:
                                 message.SerializeToString(),
                                 answer.FromString)
    return method(request, timeout=DEADLINE_S)


def fails(status, path, request, answer):
    """The call ends with that status; its text."""
    try:
        call(path, request, answer)
    except grpc.RpcError as error:
        check(error.code() == status,
              f'{path}: {error.code()}: {error.details()}')
        return error.details()
    sys.exit(f'foreign client: {path} did not fail')


# --- Writing and reading.

def unit(number, name_zh='大学', **fields):
    return unit_pb2.UnitRecord(
        scheme='nrii', id='%032x' % number, name_zh=name_zh,
        kind=unit_pb2.UNIT_KIND_UNIVERSITY, division='410100',
        division_revision=2020, **fields)


def write(command_id=None, **options):
    return common_pb2.Write(command_id=command_id or os.urandom(16), **options)


def put_request(record, **options):
    return catalogue_pb2.CataloguePutRequest(
        write=write(**options), record=catalogue_pb2.Record(unit=record))


def unit_key(number):
    return catalogue_pb2.RecordKey(kind=catalogue_pb2.RECORD_KIND_UNIT,
                                   unit_scheme='nrii', unit_id='%032x' % number)


def put(record, **options):
    return call('/heluo.v1.Catalogue/Put', put_request(record, **options),
                catalogue_pb2.CataloguePutResponse).written


def get(number):
    return call('/heluo.v1.Catalogue/Get',
                catalogue_pb2.CatalogueGetRequest(key=unit_key(number)),
                catalogue_pb2.CatalogueGetResponse)


UNITS = catalogue_pb2.RECORD_KIND_UNIT


def list_units(**options):
    """All pages: their units, and where to watch from."""
    units, token, watch = [], b'', None
    while True:
        page = call('/heluo.v1.Catalogue/List',
                    catalogue_pb2.CatalogueListRequest(
                        kind=UNITS, page_token=token, **options),
                    catalogue_pb2.CatalogueListResponse)
        watch = page.watch_token if watch is None else watch
        units += page.records
        token = page.next_page_token
        if not token:
            return units, watch


def try_writes():
    for number in range(25):
        written = put(unit(number, f'大学 {number}'))
        check(written.index == number and len(written.leaf_hash) == 32 and
              written.checkpoint.startswith(written.origin.encode() + b'\n'),
              'a put is answered with its entry')
    receipt = put(unit(25), want_receipt=True).receipt
    check(receipt.startswith(b'c2sp.org/tlog-proof@v1\n'), 'a receipt')
    with open('foreign.tlog-proof', 'wb') as file:
        file.write(receipt)
    retired = call('/heluo.v1.Catalogue/Retire', catalogue_pb2.CatalogueRetireRequest(
        write=write(), key=unit_key(3), reason='合并'),
        catalogue_pb2.CatalogueRetireResponse).written
    check(retired.index == 26, 'a retirement is an entry')


def try_reads():
    view = get(3).records[0]
    check(view.retired and view.retire_reason == '合并' and
          view.first_index == 3 and view.index == 26, 'get shows it retired')
    fails(grpc.StatusCode.NOT_FOUND, '/heluo.v1.Catalogue/Get',
          catalogue_pb2.CatalogueGetRequest(key=unit_key(99)),
          catalogue_pb2.CatalogueGetResponse)
    units, _ = list_units(page_size=7)
    check([u.record.unit.id for u in units] ==
          ['%032x' % n for n in range(26) if n != 3],
          'pages have each active unit once')
    check(units[5].record.unit.name_zh == '大学 6', 'text comes back as it went')
    origin = units[0].origin
    check(list_units(page_size=7, origin=origin)[0] == units,
          'pages of one journal')
    page = call('/heluo.v1.Catalogue/List', catalogue_pb2.CatalogueListRequest(kind=UNITS, page_size=7),
                catalogue_pb2.CatalogueListResponse)
    fails(grpc.StatusCode.INVALID_ARGUMENT, '/heluo.v1.Catalogue/List',
          catalogue_pb2.CatalogueListRequest(kind=UNITS, origin='zy.example/luoyang',
                                             page_token=page.next_page_token),
          catalogue_pb2.CatalogueListResponse)
    entries = call('/heluo.v1.Journal/Entries',
                   journal_pb2.JournalEntriesRequest(),
                   journal_pb2.JournalEntriesResponse).entries
    check(len(entries) == 27, 'the journal has every write')


def try_same_id():
    command = os.urandom(16)
    first = put(unit(40, '甲'), command_id=command)
    again = put(unit(40, '甲'), command_id=command)
    check(again.repeated and not first.repeated and
          (again.index, again.leaf_hash) == (first.index, first.leaf_hash),
          'the same id with the same content: the first answer')
    for field, other in (('name_zh', unit(40, '乙')),
                         ('switchboard', unit(40, '甲', switchboard='110'))):
        text = fails(grpc.StatusCode.ALREADY_EXISTS, '/heluo.v1.Catalogue/Put',
                     put_request(other, command_id=command),
                     catalogue_pb2.CataloguePutResponse)
        check(field in text, f'the field is named: {text}')


# --- Watching.

def watch(token=b'', timeout=DEADLINE_S):
    return channel.unary_stream('/heluo.v1.Catalogue/Watch',
                                catalogue_pb2.CatalogueWatchRequest.SerializeToString,
                                catalogue_pb2.CatalogueChange.FromString)(
        catalogue_pb2.CatalogueWatchRequest(token=token), timeout=timeout)


def until_current(stream):
    changes = []
    for message in stream:
        if message.HasField('record'):
            changes.append(message)
        if message.current:
            return changes
    sys.exit('foreign client: the stream ended')


def try_watch():
    global channel
    stream = watch()
    everything = until_current(stream)
    check([c.record.index for c in everything] == list(range(28)),
          'from the beginning: each change once, in order')
    check(everything[26].record.retired, 'a retirement is a change')
    put(unit(50))
    live = next(m for m in stream if m.HasField('record'))
    check(live.record.index == 28, 'and what happens then')
    stream.cancel()

    # Cut in the middle; the world goes on; another connection resumes.
    stream = watch()
    seen = list(itertools.islice(
        (m for m in stream if m.HasField('record')), 11))
    channel.close()
    channel = connect()
    for number in range(60, 65):
        put(unit(number))
    seen += until_current(watch(seen[-1].token))
    check([c.record.index for c in seen] == list(range(34)),
          'a resumed watch: each change exactly once')
    check(until_current(watch(seen[-1].token)) == [], 'nothing is told twice')

    units, token = list_units()
    put(unit(70))
    check([c.record.index for c in until_current(watch(token))] == [34],
          'a list is watched from where it was made')
    try:
        watch(b'\xff\xff').next()
        sys.exit('foreign client: a token of nobody was taken')
    except grpc.RpcError as error:
        check(error.code() == grpc.StatusCode.INVALID_ARGUMENT,
              f'a token that is none: {error.code()}')


# --- What every gRPC client may rely on.

def try_statuses():
    began = time.monotonic()
    try:
        for _ in watch(timeout=0.5):
            pass
        sys.exit('foreign client: a watch ended well')
    except grpc.RpcError as error:
        check(error.code() == grpc.StatusCode.DEADLINE_EXCEEDED and
              time.monotonic() - began < 5, 'a deadline ends a stream')
    for path in ('/heluo.v1.Catalogue/Burn', '/heluo.v9.Catalogue/Put', '/x'):
        fails(grpc.StatusCode.UNIMPLEMENTED, path, catalogue_pb2.CatalogueGetRequest(),
              catalogue_pb2.CatalogueGetResponse)
    fails(grpc.StatusCode.PERMISSION_DENIED, '/heluo.v1.Node/SetLogLevel',
          node_pb2.NodeSetLogLevelRequest(level='debug'),
          node_pb2.NodeSetLogLevelResponse)
    text = fails(grpc.StatusCode.INVALID_ARGUMENT, '/heluo.v1.Catalogue/Put',
                 put_request(unit(80, '')), catalogue_pb2.CataloguePutResponse)
    check('name_zh' in text, f'what is wrong is named: {text}')


def try_health():
    serving = health_pb2.HealthCheckResponse.SERVING
    for service in ('', 'heluo.v1.Catalogue'):
        answer = call('/grpc.health.v1.Health/Check',
                      health_pb2.HealthCheckRequest(service=service),
                      health_pb2.HealthCheckResponse)
        check(answer.status == serving, f'health of "{service}"')
    fails(grpc.StatusCode.NOT_FOUND, '/grpc.health.v1.Health/Check',
          health_pb2.HealthCheckRequest(service='heluo.v1.Nothing'),
          health_pb2.HealthCheckResponse)
    stream = channel.unary_stream(
        '/grpc.health.v1.Health/Watch',
        health_pb2.HealthCheckRequest.SerializeToString,
        health_pb2.HealthCheckResponse.FromString)(
        health_pb2.HealthCheckRequest(), timeout=DEADLINE_S)
    check(next(stream).status == serving, 'health is watched')
    stream.cancel()


# --- Reflection, as grpcurl uses it.

class Reflection:
    def __init__(self, package, messages):
        self.messages = messages
        self.method = channel.stream_stream(
            f'/{package}.ServerReflection/ServerReflectionInfo',
            messages.ServerReflectionRequest.SerializeToString,
            messages.ServerReflectionResponse.FromString)

    def ask(self, *questions):
        requests = [self.messages.ServerReflectionRequest(**q)
                    for q in questions]
        answers = list(self.method(iter(requests), timeout=DEADLINE_S))
        check(len(answers) == len(requests), 'each question has its answer')
        for request, answer in zip(requests, answers):
            check(answer.original_request == request, 'and says to which')
        return answers

    def files(self, question):
        answer, = self.ask(question)
        check(answer.HasField('file_descriptor_response'), f'{question}')
        return [descriptor_pb2.FileDescriptorProto.FromString(raw) for raw in
                answer.file_descriptor_response.file_descriptor_proto]


def add_file(reflection, pool, file, known):
    for dependency in file.dependency:
        if dependency not in known:
            known.add(dependency)
            for other in reflection.files(
                    {'file_by_filename': dependency}):
                if other.name == dependency:
                    add_file(reflection, pool, other, known)
    pool.Add(file)


def pool_of(reflection, services):
    pool, known = descriptor_pool.DescriptorPool(), set()
    for service in services:
        for file in reflection.files({'file_containing_symbol': service}):
            if file.name not in known:
                known.add(file.name)
                add_file(reflection, pool, file, known)
    return pool


def try_reflection(package, messages):
    reflection = Reflection(package, messages)
    answer, = reflection.ask({'list_services': ''})
    services = [s.name for s in answer.list_services_response.service]
    check({'heluo.v1.Catalogue', 'heluo.v1.Node', 'heluo.v1.Journal',
           'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection',
           'grpc.reflection.v1alpha.ServerReflection'} <= set(services),
          f'services: {services}')
    pool = pool_of(reflection, services)
    for service in services:
        check(len(pool.FindServiceByName(service).methods) > 0, service)

    method = pool.FindMethodByName('heluo.v1.Catalogue.Get')
    factory = message_factory.MessageFactory(pool)
    request = factory.GetPrototype(method.input_type)(
        key={'kind': 1, 'unit_scheme': 'nrii', 'unit_id': '%032x' % 1})
    answer = call(f'/{method.containing_service.full_name}/{method.name}',
                  request, factory.GetPrototype(method.output_type))
    check(answer.records[0].record.unit.name_zh == '大学 1',
          'a method called from what reflection says alone')
    unknown, method_of = reflection.ask(
        {'file_containing_symbol': 'heluo.v1.Nothing'},
        {'file_containing_symbol': 'heluo.v1.Catalogue.Put'})
    check(unknown.error_response.error_code ==
          grpc.StatusCode.NOT_FOUND.value[0], 'an unknown symbol')
    check(method_of.HasField('file_descriptor_response'),
          'the file of a method')


try_writes()
try_reads()
try_same_id()
try_watch()
try_statuses()
try_health()
try_reflection('grpc.reflection.v1', reflection_v1)
try_reflection('grpc.reflection.v1alpha', reflection_v1alpha)
print(f'foreign client: {checks} checks')
