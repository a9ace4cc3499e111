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

from heluo.v1 import (catalogue_pb2, common_pb2, journal_pb2, node_pb2,
                      record_kind_pb2, unit_pb2)
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
    return catalogue_pb2.RecordKey(kind=record_kind_pb2.RECORD_KIND_UNIT,
                                   unit_scheme='nrii', unit_id='%032x' % number)


def put(record, **options):
    return call('/heluo.v1.Catalogue/Put', put_request(record, **options),
                catalogue_pb2.CataloguePutResponse).written


def get(number):
    return call('/heluo.v1.Catalogue/Get',
                catalogue_pb2.CatalogueGetRequest(key=unit_key(number)),
                catalogue_pb2.CatalogueGetResponse)


UNITS = record_kind_pb2.RECORD_KIND_UNIT


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

def watch(token=b'', timeout=DEADLINE_S, together=0):
    return channel.unary_stream('/heluo.v1.Catalogue/Watch',
                                catalogue_pb2.CatalogueWatchRequest.SerializeToString,
                                catalogue_pb2.CatalogueChange.FromString)(
        catalogue_pb2.CatalogueWatchRequest(token=token, together=together),
        timeout=timeout)


def until_current(stream):
    changes = []
    for message in stream:
        if message.HasField('record'):
            changes += [message, *message.more]
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
    several = next(watch(together=10))
    check([c.record for c in (several, *several.more)] ==
          [c.record for c in everything[:10]], 'up to ten come together')
    check(all(not c.token for c in several.more) and
          [c.record for c in until_current(watch(several.token, together=1000))]
          == [c.record for c in everything[10:]],
          'the token of several is behind the last')
    try:
        next(watch(together=1001))
        sys.exit('foreign client: over a thousand came together')
    except grpc.RpcError as error:
        check('together' in error.details(), 'a thousand at most')
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


# --- A list as a stream of requests.

def requests_of(units, per_request=100, **options):
    """(row number, unit) of each; the first request has the options."""
    options = catalogue_pb2.CatalogueImportRequest.Options(kind=UNITS, **options)
    for at in range(0, max(len(units), 1), per_request):
        request = catalogue_pb2.CatalogueImportRequest(
            options=None if at > 0 else options)
        for number, record in units[at:at + per_request]:
            request.rows.add(number=number).record.unit.CopyFrom(record)
        yield request


def import_stream(requests, timeout=3 * DEADLINE_S):
    return channel.stream_unary(
        '/heluo.v1.Catalogue/Import',
        catalogue_pb2.CatalogueImportRequest.SerializeToString,
        catalogue_pb2.CatalogueImportResponse.FromString).future(
            requests, timeout=timeout)


def import_units(units, **options):
    return import_stream(requests_of(units, **options)).result()


def import_fails(status, requests, text):
    error = import_stream(iter(requests)).exception()
    check(error is not None and error.code() == status and
          text in error.details(), f'{text}: {error}')


def counts(answer):
    return (answer.rows, answer.created, answer.changed, answer.unchanged,
            answer.twice, answer.retired, answer.failed)


def rows(numbers, name='中学'):
    return [(number, unit(number, f'{name} {number}')) for number in numbers]


def active():
    return {int(u.record.unit.id, 16) for u in list_units(page_size=1000)[0]}


def try_import():
    before = active()
    answer = import_units(rows(range(1000, 3000)))
    check(counts(answer) == (2000, 2000, 0, 0, 0, 0, 0) and answer.written and
          answer.checkpoint.startswith(answer.origin.encode() + b'\n'),
          f'a list is written: {answer}')
    check(active() == before | set(range(1000, 3000)), 'all of it')
    answer = import_units(rows(range(1000, 3000)), per_request=999)
    check(counts(answer) == (2000, 0, 0, 2000, 0, 0, 0) and
          not answer.checkpoint, f'the same again writes nothing: {answer}')

    bad = rows(range(2998, 3002)) + [(7, unit(5000, ''))] + [
        (8, unit(3000, '中学 3000')), (9, unit(3001, '他'))]
    answer = import_units(bad, per_request=2)
    check(counts(answer) == (7, 2, 0, 2, 1, 0, 2) and
          [(r.number, r.error) for r in answer.refusals] ==
          [(7, 'HL_EMALFORMED'), (9, 'HL_EMALFORMED')] and
          'name_zh' in answer.refusals[0].text and
          'row 3001' in answer.refusals[1].text,
          f'a wrong row is named and the others go on: {answer}')
    answer = import_units([(0, unit(6000 + n, '')) for n in range(1500)])
    check(answer.failed == 1500 and
          [r.number for r in answer.refusals] == list(range(1, 1001)),
          'the first thousand refusals, and the count of all')


def try_import_choices():
    now = active()
    answer = import_units(rows(range(2990, 3010), '大学'), dry_run=True)
    check(counts(answer) == (20, 8, 12, 0, 0, 0, 0) and not answer.written and
          active() == now, f'a dry run says what would be: {answer}')
    answer = import_units(rows(range(2990, 3010), '大学') + [(1, unit(1, ''))],
                          strict=True)
    check(answer.failed == 1 and not answer.written and active() == now and
          get(2990).records[0].record.unit.name_zh == '中学 2990',
          f'strict: nothing is written: {answer}')
    answer = import_units(rows(range(1000, 4000), '大学'), strict=True)
    check(counts(answer) == (3000, 998, 2002, 0, 0, 0, 0) and answer.written and
          get(1000).records[0].record.unit.name_zh == '大学 1000' and
          get(3999).records[0].record.unit.name_zh == '大学 3999',
          f'strict: all is written: {answer}')
    import_fails(grpc.StatusCode.RESOURCE_EXHAUSTED, requests_of(
        [(n, unit(n, '大' * 60)) for n in range(100000, 140000)],
        strict=True, per_request=1000), 'dry_run')


def try_complete_import():
    now = active()
    kept = sorted(now)[40:]
    of_kept = rows(kept, '大学')
    answer = import_units(of_kept, complete=True, dry_run=True)
    check(answer.retired == 40 == answer.missing and active() == now,
          f'a dry run says what would be retired: {answer.retired}')
    few = of_kept[:len(now) // 2]
    answer = import_units(few, complete=True)
    check(answer.retired == 0 and answer.missing == len(now) - len(few) and
          '5 %' in answer.not_retired and active() == now,
          f'half of the records are not retired unasked: {answer.not_retired}')
    answer = import_units(few + [(1, unit_pb2.UnitRecord())], complete=True,
                          retire_many=True)
    check(answer.retired == 0 and 'key' in answer.not_retired,
          f'nor where a row may be any of them: {answer.not_retired}')
    answer = import_units(of_kept, complete=True)
    check(answer.retired == 40 and not answer.not_retired and
          active() == set(kept), 'what a complete list has not is retired')
    answer = import_units(few, complete=True, retire_many=True)
    check(answer.retired == len(kept) - len(few) and
          active() == set(kept[:len(few)]), 'many, at a word')


def try_import_ends():
    check(len(list(requests_of([]))) == 1, 'a request')
    no_options = list(requests_of(rows(range(10))))
    no_options[0].ClearField('options')
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    import_fails(invalid, no_options, 'options')
    import_fails(invalid, [], 'no request')
    import_fails(invalid, list(requests_of([])) * 2, 'options')
    import_fails(grpc.StatusCode.RESOURCE_EXHAUSTED,
                 requests_of(rows(range(1001)), per_request=1001), '1000')
    import_fails(grpc.StatusCode.FAILED_PRECONDITION, requests_of(
        rows(range(10)), write=common_pb2.Write(durability=2)), 'keepers')

    def then_nothing(requests):
        yield from requests
        time.sleep(DEADLINE_S)
    base = active()
    stream = import_stream(then_nothing(requests_of(
        rows(range(9000, 9300)), complete=True, retire_many=True)))
    began = time.monotonic()
    while 9299 not in active():
        check(time.monotonic() - began < DEADLINE_S, 'rows are written as they come')
    stream.cancel()
    time.sleep(0.5)
    check(active() == base | set(range(9000, 9300)),
          'who vanishes leaves what was written, and retires nothing')


try_writes()
try_reads()
try_same_id()
try_watch()
try_statuses()
try_health()
try_reflection('grpc.reflection.v1', reflection_v1)
try_reflection('grpc.reflection.v1alpha', reflection_v1alpha)
try_import()
try_import_choices()
try_complete_import()
try_import_ends()
print(f'foreign client: {checks} checks')
