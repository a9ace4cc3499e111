/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit put` and `retire`, and the same of the other kinds. */

#include "node/cli/cmd_record.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "certs/tools/file.h"
#include "node/catalogue/attribute.h"
#include "node/cli/ledger_text.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/hl_time.h"

enum {
    COMMAND_TEXT_BYTES = 2 * HL_COMMAND_ID_BYTES + 1,
    NODE_WAIT_MS = 10000, /* where --wait is not given */
    NODE_WAIT_MARGIN_MS = 5000,
};

/* A write on its way: what the two commands share. */
struct writing {
    const char *path;
    const ProtobufCMessage *request;
    const ProtobufCMessageDescriptor *answer;
    const struct record_subject *subject; /* or NULL */
    uint8_t id[HL_COMMAND_ID_BYTES];
    char id_text[COMMAND_TEXT_BYTES];
    Heluo__V1__Write write;
};

const struct record_kind *record_kind_called(const struct cli_call *call)
{
    const struct record_kind *kind = NULL;
    for (size_t i = call->depth; kind == NULL && i > 0; i--) {
        kind = record_kind_of_word(call->path[i - 1]->name);
    }
    HL_ASSERT(kind != NULL);
    return kind;
}

ProtobufCMessage **record_member(Heluo__V1__Record *record)
{
    return (ProtobufCMessage **)(void *)&record->unit;
}

hl_err record_choose_id(struct cli_call *call, uint8_t id[HL_COMMAND_ID_BYTES])
{
    const char *text = cli_get(call, "command-id");
    if (text == NULL) {
        ssize_t got = getrandom(id, HL_COMMAND_ID_BYTES, 0);
        HL_ASSERT(got == HL_COMMAND_ID_BYTES);
        return HL_OK;
    }
    return ledger_parse_id(text, id, NULL) == HL_OK
               ? HL_OK
               : cli_usage(call, "--command-id is '%s': give 32 hex digits",
                           text);
}

hl_err record_take_durability(struct cli_call *call,
                              struct record_durability *out)
{
    const char *how = cli_get(call, "durability");
    uint64_t keepers = 0;
    uint64_t wait_ms = 0;
    hl_err err = cli_get_decimal(call, "wait", 1, 60000, 0, &wait_ms);
    bool sealed = how != NULL && strcmp(how, "sealed") == 0;
    if (err == HL_OK && how != NULL && !sealed) {
        err =
            cli_get_decimal(call, "durability", 1, HL_KEEPERS_MAX, 0, &keepers);
    }
    *out = (struct record_durability){.keepers = (uint32_t)keepers,
                                      .sealed = sealed,
                                      .wait_ms = (uint32_t)wait_ms};
    return err;
}

static hl_err writing_init(struct cli_call *call, struct writing *writing)
{
    const char *receipt = cli_get(call, "receipt");
    struct record_durability durability;
    hl_err err = record_take_durability(call, &durability);
    if (err != HL_OK) {
        return err;
    }
    if (receipt != NULL && file_exists(receipt)) {
        return hl_fail(cli_about(call, receipt), HL_EEXISTS,
                       "nothing was written");
    }
    for (size_t i = 0; i < HL_COMMAND_ID_BYTES; i++) {
        snprintf(writing->id_text + 2 * i, 3, "%02x", writing->id[i]);
    }
    heluo__v1__write__init(&writing->write);
    writing->write.command_id =
        (ProtobufCBinaryData){.len = HL_COMMAND_ID_BYTES, .data = writing->id};
    writing->write.want_receipt = receipt != NULL;
    writing->write.durability = durability.keepers;
    writing->write.sealed = durability.sealed;
    writing->write.wait_ms = durability.wait_ms;
    return HL_OK;
}

/* Whether the write may have happened although no answer says so. */
static bool is_open(hl_err err)
{
    return err == HL_EDEADLINE || node_link_is_passing(err);
}

/* Before the node's own words: those may be cut. */
static hl_err tell_id(struct cli_call *call, const struct writing *writing,
                      hl_err err)
{
    if (!is_open(err)) {
        return err;
    }
    struct hl_detail why = call->detail;
    return hl_fail(&call->detail, err,
                   "run again with --command-id %s: it has one effect. %s",
                   writing->id_text, why.text);
}

static bool waits(const struct writing *writing)
{
    return writing->write.durability > 0 || writing->write.sealed;
}

/* What was written, as later commands name it; ends in NUL. */
static void name_subject(const struct record_subject *subject,
                         const char *origin, struct writer *out)
{
    const char *slash = strrchr(origin, '/');
    if (subject->qualified) {
        writer_format(out, "%s/", slash == NULL ? origin : slash + 1);
    }
    term_hex(bytes_of(subject->id, HL_COMMAND_ID_BYTES), out);
    writer_u8(out, 0);
}

static void print_subject(const struct record_subject *subject,
                          const char *origin)
{
    struct writer name = {0};
    name_subject(subject, origin, &name);
    printf("%s ", subject->word);
    term_put(stdout, (const char *)name.data);
    putchar('\n');
    writer_fini(&name);
}

static void print_json(const struct writing *writing,
                       const Heluo__V1__Written *written)
{
    struct writer leaf = {0};
    char when[WALL_TEXT_BYTES];
    term_hex(bytes_of(written->leaf_hash.data, written->leaf_hash.len), &leaf);
    writer_u8(&leaf, 0);
    wall_format((struct hl_wall){(int64_t)written->recorded_at_ms}, when);
    json_t *object = json_object();
    if (writing->subject != NULL) {
        struct writer name = {0};
        name_subject(writing->subject, written->origin, &name);
        json_object_set_new(object, writing->subject->word,
                            cli_json_text((const char *)name.data));
        writer_fini(&name);
    }
    json_object_set_new(object, "origin", cli_json_text(written->origin));
    json_object_set_new(object, "index",
                        json_integer((json_int_t)written->index));
    json_object_set_new(object, "leaf_hash",
                        cli_json_text((const char *)leaf.data));
    json_object_set_new(object, "recorded_at", json_string(when));
    json_object_set_new(object, "repeated", json_boolean(written->repeated));
    json_object_set_new(object, "command_id", json_string(writing->id_text));
    if (waits(writing)) {
        json_object_set_new(object, "keepers",
                            json_integer((json_int_t)written->keepers));
        json_object_set_new(object, "sealed", json_boolean(written->sealed));
        json_object_set_new(object, "reached", json_boolean(written->reached));
    }
    cli_print_json(object);
    writer_fini(&leaf);
}

static hl_err tell(struct cli_call *call, const struct writing *writing,
                   const Heluo__V1__Written *written)
{
    if (written == NULL) {
        return hl_fail(&call->detail, HL_EMALFORMED,
                       "the node's answer does not say what was written");
    }
    if (call->json) {
        print_json(writing, written);
    } else {
        if (writing->subject != NULL) {
            print_subject(writing->subject, written->origin);
        }
        printf("index %" PRIu64 " of ", written->index);
        term_put(stdout, written->origin);
        puts(written->repeated
                 ? ": the request had been made before, nothing new was written"
                 : "");
        if (waits(writing)) {
            printf("%" PRIu32 " keepers have it%s\n", written->keepers,
                   written->sealed ? ", and it is sealed" : "");
        }
    }
    if (waits(writing) && !written->reached) {
        return hl_fail(&call->detail, HL_EDEADLINE,
                       "it is written at index %" PRIu64 ", and %" PRIu32
                       " keepers are known to have it%s: run "
                       "again with --command-id %s to wait on",
                       written->index, written->keepers,
                       written->sealed ? ", a quorum of them" : "",
                       writing->id_text);
    }
    const char *receipt = cli_get(call, "receipt");
    if (receipt == NULL) {
        return HL_OK;
    }
    return file_create(receipt, FILE_MODE_PUBLIC,
                       bytes_of(written->receipt.data, written->receipt.len),
                       cli_about(call, receipt));
}

void record_wait_longer(struct node_link *link, uint32_t wait_ms)
{
    int64_t longest_ms =
        (wait_ms == 0 ? NODE_WAIT_MS : (int64_t)wait_ms) + NODE_WAIT_MARGIN_MS;
    if (link->timeout_ms < longest_ms) {
        link->timeout_ms = longest_ms;
        client_set_timeout(link->client, longest_ms);
    }
}

/* Sends it; the caller releases the answer. */
static hl_err run(struct cli_call *call, const struct writing *writing,
                  ProtobufCMessage **answer)
{
    struct node_link link = {0};
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK && waits(writing)) {
        record_wait_longer(&link, writing->write.wait_ms);
    }
    if (err == HL_OK) {
        err = tell_id(call, writing,
                      node_link_ask_until(call, &link, writing->path,
                                          writing->request, writing->answer,
                                          answer));
    }
    node_link_close(&link);
    return err;
}

/* protobuf-c's texts are not const, and it does not change them. */
static char *text_of(const struct cli_call *call, const char *option,
                     const char *fallback)
{
    const char *text = cli_get(call, option);
    return (char *)(uintptr_t)(text == NULL ? fallback : text);
}

void record_take_key(const struct cli_call *call, Heluo__V1__RecordKey *key)
{
    const struct record_kind *kind = record_kind_called(call);
    key->kind = (Heluo__V1__RecordKind)kind->number;
    key->unit_scheme =
        text_of(call, kind->homed ? "unit-scheme" : "scheme", "uscc");
    key->unit_id = text_of(call, kind->homed ? "unit-id" : "id", "");
    if (kind->homed) {
        key->home = text_of(call, "home", "");
        key->inner_id = text_of(call, "inner-id", "");
    }
}

/* What the options say; where a scheme or a year is not given, the usual
 * one. */
static hl_err fill_record(struct cli_call *call, const struct record_kind *kind,
                          union record_room *record)
{
    static const struct {
        const char *name, *needs, *text;
    } usual[] = {
        {"scheme", NULL, "uscc"},
        {"unit_scheme", NULL, "uscc"},
        {"class_scheme", "class-code", "nrii"},
        {"division_revision", "division", "2023"},
    };
    size_t count;
    const struct attribute *attributes = attributes_of(kind, &count);
    memset(record, 0, sizeof(*record));
    for (size_t i = 0; i < count; i++) {
        char option[RECORD_OPTION_BYTES];
        record_option_name(&attributes[i], option);
        const char *text = cli_get(call, option);
        for (size_t j = 0; j < sizeof(usual) / sizeof(usual[0]); j++) {
            if (text == NULL &&
                strcmp(attributes[i].name, usual[j].name) == 0 &&
                (usual[j].needs == NULL || cli_has(call, usual[j].needs))) {
                text = usual[j].text;
            }
        }
        if (text == NULL) {
            continue;
        }
        struct hl_detail why = {0};
        if (attribute_parse(kind, &attributes[i], bytes_of_text(text), record,
                            &why) != HL_OK) {
            return cli_usage(call, "--%s: %s", option, why.text);
        }
    }
    return HL_OK;
}

static void *allocate(void *context, size_t size)
{
    (void)context;
    return hl_alloc(1, size);
}

/* The first fields of requests and answers are messages: pointers. */
static void *first_field(const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field = &message->descriptor->fields[0];
    HL_ASSERT(field->id == 1 && field->type == PROTOBUF_C_TYPE_MESSAGE);
    return (uint8_t *)(uintptr_t)message + field->offset;
}

hl_err record_write_as(struct cli_call *call, const char *path,
                       ProtobufCMessage *request,
                       const ProtobufCMessageDescriptor *answer,
                       const uint8_t command_id[HL_COMMAND_ID_BYTES],
                       const struct record_subject *subject)
{
    struct writing writing = {
        .path = path, .request = request, .answer = answer, .subject = subject};
    ProtobufCMessage *got = NULL;
    memcpy(writing.id, command_id, sizeof(writing.id));
    *(Heluo__V1__Write **)first_field(request) = &writing.write;
    hl_err err = writing_init(call, &writing);
    if (err == HL_OK) {
        err = run(call, &writing, &got);
    }
    if (err == HL_OK) {
        err = tell(call, &writing, *(Heluo__V1__Written **)first_field(got));
    }
    protobuf_c_message_free_unpacked(got, NULL);
    return err;
}

hl_err record_write(struct cli_call *call, const char *path,
                    ProtobufCMessage *request,
                    const ProtobufCMessageDescriptor *answer)
{
    uint8_t id[HL_COMMAND_ID_BYTES];
    hl_err err = record_choose_id(call, id);
    return err == HL_OK ? record_write_as(call, path, request, answer, id, NULL)
                        : err;
}

hl_err cmd_record_put(struct cli_call *call)
{
    const struct record_kind *kind = record_kind_called(call);
    Heluo__V1__CataloguePutRequest request =
        HELUO__V1__CATALOGUE_PUT_REQUEST__INIT;
    Heluo__V1__Record message = HELUO__V1__RECORD__INIT;
    union record_room record;
    hl_err err = fill_record(call, kind, &record);
    if (err != HL_OK) {
        return err;
    }
    message.record_case = (Heluo__V1__Record__RecordCase)kind->number;
    *record_member(&message) =
        record_to_message(kind->type, &record, allocate, NULL);
    request.record = &message;
    err = record_write(call, "/heluo.v1.Catalogue/Put", &request.base,
                       &heluo__v1__catalogue_put_response__descriptor);
    protobuf_c_message_free_unpacked(*record_member(&message), NULL);
    return err;
}

hl_err cmd_record_retire(struct cli_call *call)
{
    Heluo__V1__CatalogueRetireRequest request =
        HELUO__V1__CATALOGUE_RETIRE_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    request.key = &key;
    record_take_key(call, &key);
    request.reason = text_of(call, "reason", "");
    return record_write(call, "/heluo.v1.Catalogue/Retire", &request.base,
                        &heluo__v1__catalogue_retire_response__descriptor);
}
