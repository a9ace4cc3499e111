/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit history`, and the same of the other kinds: what the journals say
 * of one record, entry by entry. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "protocol/base/hl_time.h"

struct history {
    struct cli_call *call;
    union record_room former; /* its texts borrow from `message` */
    ProtobufCMessage *message;
    bool was_retired;
    uint64_t count;
};

/* The put before. */
static const Heluo__V1__RecordView *former_of(const struct history *history)
{
    return ((const Heluo__V1__CatalogueChange *)history->message)->record;
}

static const char *word_of(const struct history *history,
                           const Heluo__V1__CatalogueChange *change)
{
    const Heluo__V1__RecordView *view = change->record;
    switch (change->what) {
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RETIRED:
        return "retired";
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RELEASED:
        return "released";
    case HELUO__V1__CHANGE_KIND__CHANGE_KIND_RESUMED:
        return "taken-back";
    default:
        break;
    }
    if (view->index == view->first_index) {
        return record_is_taken(view) ? "taken" : "created";
    }
    return history->was_retired ? "reinstated" : "changed";
}

static void put_value(const struct record_kind *kind,
                      const struct attribute *attribute, const void *record)
{
    struct writer text = {0};
    attribute_format(kind, attribute, record, &text);
    writer_u8(&text, 0);
    putchar('\'');
    term_put(stdout, (const char *)text.data);
    putchar('\'');
    writer_fini(&text);
}

static void print_changes(const struct history *history,
                          const struct record_kind *kind,
                          const union record_room *record)
{
    size_t count;
    const struct attribute *attributes = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (!record_field_differs(attribute_field(kind, &attributes[i]),
                                  &history->former, record)) {
            continue;
        }
        printf("    %s: ", attributes[i].name);
        put_value(kind, &attributes[i], &history->former);
        fputs(" -> ", stdout);
        put_value(kind, &attributes[i], record);
        putchar('\n');
    }
}

static void print_change(struct history *history,
                         const Heluo__V1__CatalogueChange *change,
                         const char *word)
{
    const Heluo__V1__RecordView *view = change->record;
    const struct record_kind *kind;
    union record_room record;
    char when[WALL_TEXT_BYTES];
    wall_format((struct hl_wall){(int64_t)view->recorded_at_ms}, when);
    printf("%s  ", when);
    term_put(stdout, view->origin);
    printf(" %" PRIu64 "  %s", view->index, word);
    if (view->retired && view->retire_reason[0] != '\0') {
        fputs(": ", stdout);
        term_put(stdout, view->retire_reason);
    }
    putchar('\n');
    bool put = change->what == HELUO__V1__CHANGE_KIND__CHANGE_KIND_PUT;
    /* What another journal says came before, or comes after. */
    if (put && history->message != NULL &&
        strcmp(former_of(history)->origin, view->origin) == 0 &&
        record_of_view(view, &kind, &record)) {
        print_changes(history, kind, &record);
    }
}

static void tell_json(const Heluo__V1__CatalogueChange *change,
                      const char *word)
{
    json_t *object = record_view_json(change->record);
    json_object_set_new(object, "what", json_string(word));
    json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

/* Keeps the message of a put, with which the next one is compared. */
static void tell(struct history *history, ProtobufCMessage *message)
{
    const Heluo__V1__CatalogueChange *change =
        (const Heluo__V1__CatalogueChange *)message;
    const struct record_kind *kind;
    union record_room record;
    const char *word = word_of(history, change);
    if (history->call->json) {
        tell_json(change, word);
    } else {
        print_change(history, change, word);
    }
    history->count++;
    history->was_retired = change->record->retired;
    if (change->what == HELUO__V1__CHANGE_KIND__CHANGE_KIND_PUT &&
        record_of_view(change->record, &kind, &record)) {
        protobuf_c_message_free_unpacked(history->message, NULL);
        history->message = message;
        history->former = record;
    } else {
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

static hl_err follow(struct history *history, struct client_stream *stream)
{
    for (;;) {
        ProtobufCMessage *message = NULL;
        bool timed_out = false;
        hl_err err = client_stream_next(stream, -1, &message, &timed_out,
                                        cli_about(history->call, ""));
        if (err != HL_OK || message == NULL) {
            return err;
        }
        bool current = ((Heluo__V1__CatalogueChange *)message)->current;
        if (current ||
            ((Heluo__V1__CatalogueChange *)message)->record == NULL) {
            protobuf_c_message_free_unpacked(message, NULL);
        } else {
            tell(history, message);
        }
        if (current) {
            return HL_OK;
        }
    }
}

hl_err cmd_record_history(struct cli_call *call)
{
    Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    struct node_link link = {0};
    struct history history = {.call = call};
    request.key = &key;
    record_take_key(call, &key);
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        struct client_stream *stream = client_stream_open(
            link.client, "/heluo.v1.Catalogue/Watch", &request.base,
            &heluo__v1__catalogue_change__descriptor);
        err = follow(&history, stream);
        client_stream_close(&stream);
    }
    if (err == HL_OK && history.count == 0) {
        err = hl_fail(&call->detail, HL_ENOTFOUND, "no %s %s:%s %s",
                      record_kind_called(call)->word, key.unit_scheme,
                      key.unit_id, key.inner_id);
    }
    protobuf_c_message_free_unpacked(history.message, NULL);
    node_link_close(&link);
    return err;
}
