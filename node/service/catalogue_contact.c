/* SPDX-License-Identifier: Apache-2.0 */

/* What is about a person: kept in the private store, read by this node's own
 * people, erased at their word. */

#include <string.h>

#include "node/service/services_internal.h"

/* --- Puts. --------------------------------------------------------------- */

static struct bytes keep(struct rpc_call *call, struct bytes text)
{
    return bytes_of(call_text(call, text), text.size);
}

void contact_part(struct write_call *write, union record_room *record)
{
    struct writer texts = {0};
    struct contact clear;
    const struct contact none = {0};
    contact_mask(write->kind, record, &none, &clear, &texts);
    write->clear = (struct contact){
        .name = keep(write->call, clear.name),
        .phone = keep(write->call, clear.phone),
        .email = keep(write->call, clear.email),
    };
    /* The masks lie in the writer still. */
    const struct record_type *type = write->kind->type;
    for (size_t i = 0; i < type->field_count; i++) {
        struct bytes *text = (void *)(record->bytes + type->fields[i].offset);
        if (type->fields[i].kind != FIELD_UINT && text->size > 0 &&
            text->data >= texts.data && text->data < texts.data + texts.size) {
            *text = keep(write->call, *text);
        }
    }
    writer_fini(&texts);
}

static struct store_key private_key(const struct record_type *keyed,
                                    const struct record_type *type,
                                    const void *record)
{
    struct store_key key = {0};
    struct writer text = {0};
    key_u8(&key, type->number);
    record_key(keyed, record, &text);
    key_bytes(&key, writer_view(&text));
    writer_fini(&text);
    return key;
}

static hl_err read_contact(struct store_txn *txn, const struct store_key *key,
                           struct contact *out, struct hl_detail *detail)
{
    struct bytes value;
    *out = (struct contact){0};
    hl_err err = store_get(txn, STORE_PRIVATE, key_view(key), &value, detail);
    if (err != HL_OK || value.data == NULL) {
        return err;
    }
    return contact_decode(value, out, detail);
}

static struct bytes either(struct bytes given, struct bytes kept)
{
    return given.size > 0 ? given : kept;
}

hl_err contact_keep(struct write_call *write, struct write_context *context,
                    bool dry, bool *changed, struct hl_detail *detail)
{
    const struct record_kind *kind = write->kind;
    *changed = false;
    if (!contact_has_fields(kind)) {
        return HL_OK;
    }
    union record_room record;
    record_decode(kind->type, write->body, &record);
    struct store_key key = private_key(kind->type, kind->type, &record);
    struct contact former, kept;
    hl_err err = read_contact(context->txn, &key, &former, detail);
    if (err != HL_OK) {
        return err;
    }
    struct writer texts = {0};
    struct writer value = {0};
    contact_mask(kind, &record, &former, &kept, &texts);
    struct contact now = {
        .name = either(write->clear.name, kept.name),
        .phone = either(write->clear.phone, kept.phone),
        .email = either(write->clear.email, kept.email),
    };
    *changed = !contact_equal(&now, &former);
    if (*changed && !dry) {
        context->touched = true;
        contact_encode(&now, &value);
        err = contact_is_empty(&now)
                  ? store_delete(context->txn, STORE_PRIVATE, key_view(&key),
                                 detail)
                  : store_put(context->txn, STORE_PRIVATE, key_view(&key),
                              writer_view(&value), detail);
    }
    writer_fini(&value);
    writer_fini(&texts);
    return err;
}

/* --- Calls. -------------------------------------------------------------- */

/* The key of a record whose kind names a person. */
static hl_err take_key(struct rpc_call *call, const struct services *services,
                       const Heluo__V1__RecordKey *key,
                       const struct record_kind **kind,
                       union record_room *retire, struct store_key *out,
                       struct hl_detail *detail)
{
    hl_err err =
        record_key_of_request(call, services, key, "", kind, retire, detail);
    if (err == HL_OK && !contact_has_fields(*kind)) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "key: records of kind %s name no person", (*kind)->word);
    }
    if (err == HL_OK) {
        *out = private_key((*kind)->retiring, (*kind)->type, retire);
    }
    return err;
}

void catalogue_contact(struct rpc_call *call, const ProtobufCMessage *message,
                       void *context)
{
    const Heluo__V1__CatalogueContactRequest *request = (const void *)message;
    struct services *services = context;
    const struct record_kind *kind;
    union record_room retire;
    struct store_key key;
    struct store_txn *txn = NULL;
    struct contact contact = {0};
    struct hl_detail detail = {0};
    Heluo__V1__CatalogueContactResponse response =
        HELUO__V1__CATALOGUE_CONTACT_RESPONSE__INIT;

    hl_err err =
        take_key(call, services, request->key, &kind, &retire, &key, &detail);
    if (err == HL_OK) {
        err = store_begin_read(services->options.store, &txn, &detail);
    }
    if (err == HL_OK) {
        err = read_contact(txn, &key, &contact, &detail);
    }
    if (err == HL_OK && contact_is_empty(&contact)) {
        err = hl_fail(&detail, HL_ENOTFOUND,
                      "%s: this node keeps nobody's name and number for it",
                      record_name_text(call, kind, &retire));
    }
    if (err == HL_OK) {
        response.contact = call_text(call, contact.name);
        response.phone = call_text(call, contact.phone);
        response.email = call_text(call, contact.email);
    }
    store_abort(&txn);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else {
        rpc_answer(call, &response.base);
    }
}

struct erase_call {
    struct write_command command; /* first */
    struct rpc_call *call;
    struct store_key key;
    bool erased;
};

static hl_err erase(struct write_command *command,
                    struct write_context *context, struct hl_detail *detail)
{
    struct erase_call *erasing = (struct erase_call *)command;
    struct contact contact;
    hl_err err = read_contact(context->txn, &erasing->key, &contact, detail);
    erasing->erased = err != HL_OK || !contact_is_empty(&contact);
    if (err == HL_OK && !erasing->erased) {
        return HL_OK;
    }
    context->touched = true;
    return store_delete(context->txn, STORE_PRIVATE, key_view(&erasing->key),
                        detail);
}

static const char *no_difference(const struct write_command *command,
                                 const struct entry *former)
{
    (void)command, (void)former;
    return NULL;
}

static void answer_erase(struct write_command *command,
                         const struct write_answer *answer)
{
    struct erase_call *erasing = (struct erase_call *)command;
    Heluo__V1__CatalogueEraseContactResponse response =
        HELUO__V1__CATALOGUE_ERASE_CONTACT_RESPONSE__INIT;
    if (answer->err != HL_OK) {
        rpc_fail(erasing->call, answer->err, answer->detail);
        return;
    }
    response.erased = erasing->erased;
    rpc_answer(erasing->call, &response.base);
}

static const struct write_type erase_type = {
    .name = "erase",
    .run = erase,
    .difference = no_difference,
    .answer = answer_erase,
};

void catalogue_erase_contact(struct rpc_call *call,
                             const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__CatalogueEraseContactRequest *request =
        (const void *)message;
    struct services *services = context;
    const struct record_kind *kind;
    union record_room retire;
    struct hl_detail detail = {0};
    struct erase_call *erasing = rpc_call_alloc(call, sizeof(*erasing));
    erasing->call = call;
    erasing->command.type = &erase_type;
    hl_err err = take_key(call, services, request->key, &kind, &retire,
                          &erasing->key, &detail);
    if (err == HL_OK) {
        /* It makes no entry: an id that no entry has. */
        erasing->command.id.caller = rpc_call_caller(call)->hash;
        err = write_choose_id(erasing->command.id.id, &detail);
    }
    if (err == HL_OK) {
        err = writer_submit(services->writer, &erasing->command, 1, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}
