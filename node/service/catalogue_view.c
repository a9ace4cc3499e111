/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/services_internal.h"
#include "protocol/entry/origin.h"

/* --- Showing. ------------------------------------------------------------ */

static void *allocate(void *context, size_t size)
{
    return rpc_call_alloc(context, size);
}

/* The oneof's members are pointers to messages: all lie in one place. */
static ProtobufCMessage **member_of(Heluo__V1__Record *record)
{
    return (ProtobufCMessage **)(void *)&record->unit;
}

Heluo__V1__RecordView *record_view(struct rpc_call *call,
                                   const struct record_kind *kind,
                                   struct bytes origin, const struct row *row)
{
    union record_room room;
    record_decode(kind->type, row->record, &room);
    Heluo__V1__Record *record = rpc_call_alloc(call, sizeof(*record));
    heluo__v1__record__init(record);
    record->record_case = (Heluo__V1__Record__RecordCase)kind->number;
    *member_of(record) = record_to_message(kind->type, &room, allocate, call);

    Heluo__V1__RecordView *view = rpc_call_alloc(call, sizeof(*view));
    heluo__v1__record_view__init(view);
    view->record = record;
    view->origin = call_text(call, origin);
    view->first_index = row->first_index;
    view->index = row->index;
    view->recorded_at_ms = (uint64_t)row->recorded_at.ms;
    view->retired = row->retired;
    view->retire_reason = call_text(call, row->reason);
    return view;
}

void record_view_home(struct rpc_call *call, Heluo__V1__RecordView *view,
                      const struct record_home *home)
{
    view->owner = call_text(call, bytes_of_text(home->owner));
    view->moving_to = call_text(call, bytes_of_text(home->moving_to));
}

hl_err record_home_of(struct store_txn *txn, const struct record_kind *kind,
                      struct bytes origin, const struct row *row,
                      struct record_home *out, struct hl_detail *detail)
{
    union record_room record;
    struct writer key = {0};
    record_decode_key(kind->type, row->record, &record);
    record_key(kind->type, &record, &key);
    hl_err err =
        projection_home(txn, kind->type, writer_view(&key), out, detail);
    writer_fini(&key);
    if (err == HL_OK && !out->moved && origin.size <= HL_NAME_MAX_BYTES) {
        memcpy(out->owner, origin.data, origin.size);
    }
    return err;
}

bool record_is_elsewhere(const struct record_home *home, struct bytes origin,
                         const struct row *row)
{
    return home->moved &&
           (home->owner[0] == '\0' ? row->released
                                   : !bytes_equal_text(origin, home->owner));
}

void record_views_add(struct rpc_call *call, struct record_views *list,
                      Heluo__V1__RecordView *view)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 8;
        Heluo__V1__RecordView **items =
            rpc_call_alloc(call, capacity * sizeof(items[0]));
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(items[0]));
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = view;
}

/* --- Requests. ----------------------------------------------------------- */

static struct bytes own_node(const struct services *services)
{
    return origin_node(bytes_of_text(services->origin));
}

/* The texts live as long as the call. */
static void take_form(struct rpc_call *call, const struct record_type *type,
                      void *record)
{
    struct writer texts = {0};
    record_normalise(type, record, &texts);
    uint8_t *kept = rpc_call_alloc(call, texts.size + 1);
    if (texts.size > 0) {
        memcpy(kept, texts.data, texts.size);
    }
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].kind == FIELD_UINT) {
            continue;
        }
        struct bytes *text =
            (void *)((uint8_t *)record + type->fields[i].offset);
        if (text->size > 0) {
            text->data = kept + (text->data - texts.data);
        }
    }
    writer_fini(&texts);
}

hl_err record_of_request(struct rpc_call *call, const struct services *services,
                         const Heluo__V1__Record *from,
                         const struct record_kind **kind,
                         union record_room *out, struct hl_detail *detail)
{
    *kind = from == NULL ? NULL
                         : record_kind_of_number((uint32_t)from->record_case);
    const ProtobufCMessage *member =
        *kind == NULL ? NULL : *member_of((Heluo__V1__Record *)(uintptr_t)from);
    if (member == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "record: missing, or of a kind that this node does not "
                       "know");
    }
    record_from_message((*kind)->type, member, out);
    if ((*kind)->homed) {
        struct homed *homed = (void *)out;
        if (homed->home.size == 0) {
            homed->home = own_node(services);
        }
    }
    take_form(call, (*kind)->type, out);
    return HL_OK;
}

/* Key and reason as the struct of a retirement. */
static void fill_retire(const struct services *services,
                        const struct record_kind *kind,
                        const Heluo__V1__RecordKey *key, const char *reason,
                        union record_room *out)
{
    struct bytes home = bytes_of_text(key->home);
    struct bytes scheme = bytes_of_text(key->unit_scheme);
    struct bytes id = bytes_of_text(key->unit_id);
    memset(out, 0, sizeof(*out));
    if (kind->homed) {
        *(struct homed *)(void *)out =
            (struct homed){.home = home.size == 0 ? own_node(services) : home,
                           .unit_scheme = scheme,
                           .unit_id = id,
                           .inner_id = bytes_of_text(key->inner_id)};
    } else {
        struct unit_retire *retire = (void *)out;
        retire->scheme = scheme;
        retire->id = id;
    }
    *(struct bytes *)(void *)(out->bytes + kind->reason_offset) =
        bytes_of_text(reason);
}

hl_err record_key_of_request(struct rpc_call *call,
                             const struct services *services,
                             const Heluo__V1__RecordKey *key,
                             const char *reason,
                             const struct record_kind **kind,
                             union record_room *out, struct hl_detail *detail)
{
    *kind = key == NULL ? NULL : record_kind_of_number((uint32_t)key->kind);
    if (*kind == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key: missing, or of a kind that this node does not "
                       "know");
    }
    fill_retire(services, *kind, key, reason, out);
    take_form(call, (*kind)->retiring, out);
    return record_validate((*kind)->retiring, out, detail);
}

hl_err record_find(struct store_txn *txn, uint32_t number,
                   const struct record_kind *kind, const void *retire,
                   struct row *row, bool *found, struct hl_detail *detail)
{
    struct writer key = {0};
    record_key(kind->retiring, retire, &key);
    hl_err err = projection_get(txn, kind->type, number, writer_view(&key), row,
                                found, detail);
    writer_fini(&key);
    return err;
}

char *record_name_text(struct rpc_call *call, const struct record_kind *kind,
                       const void *retire)
{
    struct writer text = {0};
    writer_text(&text, kind->word);
    for (size_t i = 0; kind->retiring->fields[i].key; i++) {
        const struct bytes *value =
            (const void *)((const uint8_t *)retire +
                           kind->retiring->fields[i].offset);
        writer_format(&text, " %.*s", BYTES_ARGS(*value));
    }
    char *kept = call_text(call, writer_view(&text));
    writer_fini(&text);
    return kept;
}
