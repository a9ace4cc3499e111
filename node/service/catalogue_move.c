/* SPDX-License-Identifier: Apache-2.0 */

/* Releasing a record to another node, taking and refusing one. */

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "node/service/services_internal.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* --- How a record stands. ------------------------------------------------ */

static struct home_key key_of(const struct record_kind *kind,
                              const void *retire)
{
    return (struct home_key){.of = *(const struct homed *)retire,
                             .kind = kind->number};
}

static const char *node_of(const char *origin)
{
    const char *slash = strrchr(origin, '/');
    return slash == NULL ? origin : slash + 1;
}

static hl_err look(const struct services *services,
                   const struct write_context *context,
                   const struct record_kind *kind, const void *retire,
                   struct home_standing *out, struct hl_detail *detail)
{
    struct home_key key = key_of(kind, retire);
    return projection_home_standing(context->txn, context->number,
                                    bytes_of_text(services->origin), &key, out,
                                    detail);
}

hl_err record_check_own(const struct services *services, struct rpc_call *call,
                        struct write_context *context,
                        const struct record_kind *kind, const void *retire,
                        struct hl_detail *detail)
{
    const struct homed *of = retire;
    struct home_standing now;
    hl_err err = look(services, context, kind, retire, &now, detail);
    if (err != HL_OK) {
        return err;
    }
    const char *name = record_name_text(call, kind, retire);
    switch (now.is) {
    case HOME_IS_NEW:
    case HOME_IS_OURS:
        return HL_OK;
    case HOME_IS_RELEASED:
        return hl_fail(detail, HL_EHOME,
                       "%s is released to %s, which has not answered yet", name,
                       now.home.moving_to);
    case HOME_IS_OFFERED:
        return hl_fail(detail, HL_EHOME,
                       "%s is released to this node: take it first, or refuse "
                       "it",
                       name);
    case HOME_IS_REFUSED:
    case HOME_IS_ELSEWHERE:
        break;
    }
    if (now.home.owner[0] == '\0') {
        return hl_fail(detail, HL_EHOME,
                       "%s is of node %.*s: it is stated there, or moved here "
                       "by a release",
                       name, BYTES_ARGS(of->home));
    }
    return hl_fail(detail, HL_EHOME, "%s is at home at %s, not here", name,
                   node_of(now.home.owner));
}

/* --- A call about one record. --------------------------------------------- */

struct move_call {
    struct write_call write; /* first */
    const struct record_kind *kind;
    union record_room key; /* struct of the kind's retirement */
    bool given;            /* take: the attributes */
};

static struct move_call *move_of(struct write_call *write)
{
    return (struct move_call *)write;
}

static hl_err begin(struct rpc_call *call, struct services *services,
                    const Heluo__V1__RecordKey *key, const char *reason,
                    struct move_call **out, struct hl_detail *detail)
{
    struct move_call *move =
        (struct move_call *)write_call_new(call, services, sizeof(*move));
    hl_err err = record_key_of_request(call, services, key, reason, &move->kind,
                                       &move->key, detail);
    if (err == HL_OK && !move->kind->homed) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "key: a %s has no home that it could move from",
                      move->kind->word);
    }
    *out = move;
    return err;
}

/* Every answer of these has `written` as its first field. */
static void respond(struct rpc_call *call, Heluo__V1__Written *written,
                    const ProtobufCMessageDescriptor *type)
{
    HL_ASSERT(type->n_fields == 1 && type->fields[0].id == 1);
    ProtobufCMessage *answer = rpc_call_alloc(call, type->sizeof_message);
    type->message_init(answer);
    void *place = (uint8_t *)answer + type->fields[0].offset;
    *(Heluo__V1__Written **)place = written;
    rpc_answer(call, answer);
}

/* --- Release. ------------------------------------------------------------- */

static void respond_release(struct write_call *write,
                            Heluo__V1__Written *written)
{
    respond(write->call, written,
            &heluo__v1__catalogue_release_response__descriptor);
}

/* A release cannot be taken back: it must not go to nobody. */
static hl_err check_node(struct services *services, const char *to,
                         struct hl_detail *detail)
{
    struct writer raw = {0};
    struct charter charter = {0};
    if (!services->has_partners) {
        return hl_fail(detail, HL_EUNKNOWNNODE,
                       "to: this node has no charter, and knows no other node");
    }
    services->partners.charter(services->partners.context, &raw);
    hl_err err = charter_parse(writer_view(&raw), &charter, detail);
    const struct charter_node *node =
        err == HL_OK ? charter_find_node(&charter, bytes_of_text(to)) : NULL;
    if (err == HL_OK && node == NULL) {
        err = hl_fail(detail, HL_EUNKNOWNNODE,
                      "to: no node '%s' is in the charter", to);
    } else if (err == HL_OK && node->ended) {
        err = hl_fail(detail, HL_EENDED, "to: node '%s' is ended", to);
    } else if (err == HL_OK && node->roles[CHARTER_COORDINATOR].granted) {
        err = hl_fail(detail, HL_EHOME,
                      "to: '%s' is a coordinator's node, which owns no "
                      "catalogue",
                      to);
    }
    charter_fini(&charter);
    writer_fini(&raw);
    return err;
}

static hl_err allow_release(struct write_call *write,
                            struct write_context *context, bool *silent,
                            struct hl_detail *detail)
{
    (void)silent;
    struct move_call *move = move_of(write);
    struct home_key key = key_of(move->kind, &move->key);
    struct home_standing now;
    unsigned count = 0;
    hl_err err = record_check_own(write->services, write->call, context,
                                  move->kind, &move->key, detail);
    if (err == HL_OK) {
        err = look(write->services, context, move->kind, &move->key, &now,
                   detail);
    }
    if (err == HL_OK && (!now.found || now.row.retired)) {
        err = hl_fail(detail, HL_ENOTFOUND, "%s %s",
                      record_name_text(write->call, move->kind, &move->key),
                      now.found ? "is retired: put it again first"
                                : "is none of this node's");
    }
    if (err == HL_OK) {
        err = projection_count_releases(context->txn, context->number, &key,
                                        &count, detail);
    }
    /* An entry beyond would have no effect. */
    if (err == HL_OK && count >= HOME_RELEASES_MAX) {
        err = hl_fail(detail, HL_ELIMIT,
                      "%s was released %u times by this node, and stays",
                      record_name_text(write->call, move->kind, &move->key),
                      count);
    }
    return err;
}

void catalogue_release(struct rpc_call *call, const ProtobufCMessage *message,
                       void *context)
{
    const Heluo__V1__CatalogueReleaseRequest *request = (const void *)message;
    struct services *services = context;
    struct move_call *move;
    struct hl_detail detail = {0};
    hl_err err = begin(call, services, request->key, "", &move, &detail);
    struct home_release release = {.to = bytes_of_text(request->to)};
    if (err == HL_OK) {
        release.key = key_of(move->kind, &move->key);
        err = record_validate(&home_releasing, &release, &detail);
    }
    if (err == HL_OK && strcmp(request->to, node_of(services->origin)) == 0) {
        err = hl_fail(&detail, HL_EMALFORMED, "to: that is this node itself");
    }
    if (err == HL_OK) {
        err = check_node(services, request->to, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    move->write.type = &home_releasing;
    move->write.body_type = entry_body_type(HOME_BODY_RELEASE, true);
    move->write.body = write_encode(call, &home_releasing, &release);
    move->write.allow = allow_release;
    move->write.respond = respond_release;
    write_call_submit(&move->write, request->write);
}

/* --- What an answer answers. ---------------------------------------------- */

/* The release of that record to this node, which has no answer: as the cause of
 * the entry. *number is the releaser's. */
static hl_err find_release(struct move_call *move,
                           struct write_context *context, uint32_t *number,
                           struct hl_detail *detail)
{
    struct write_call *write = &move->write;
    const char *name = record_name_text(write->call, move->kind, &move->key);
    struct home_standing now;
    hl_err err =
        look(write->services, context, move->kind, &move->key, &now, detail);
    if (err != HL_OK) {
        return err;
    }
    switch (now.is) {
    case HOME_IS_OFFERED:
        break;
    case HOME_IS_OURS:
        return hl_fail(detail, HL_EEXISTS, "%s is this node's already", name);
    case HOME_IS_REFUSED:
        return hl_fail(detail, HL_EHOME,
                       "%s: this node refused it by entry %" PRIu64
                       ". Its home takes it back by itself, and may release it "
                       "again",
                       name, now.refused_index);
    case HOME_IS_NEW:
    case HOME_IS_RELEASED:
    case HOME_IS_ELSEWHERE:
        return hl_fail(detail, HL_EHOME,
                       "%s is not released to this node%s%s: its home is to "
                       "do that first ('move list' shows what is, and its "
                       "--home)",
                       name, now.home.moving_to[0] == '\0' ? "" : ", but to ",
                       now.home.moving_to);
    }
    *number = now.releaser;
    context->has_cause = true;
    context->cause_index = now.release_index;
    context->cause_leaf = now.release_leaf;
    memcpy(context->cause_origin, now.home.owner, sizeof(now.home.owner));
    return HL_OK;
}

/* --- Take. ---------------------------------------------------------------- */

static void respond_take(struct write_call *write, Heluo__V1__Written *written)
{
    respond(write->call, written,
            &heluo__v1__catalogue_take_response__descriptor);
}

static hl_err allow_take(struct write_call *write,
                         struct write_context *context, bool *silent,
                         struct hl_detail *detail)
{
    (void)silent;
    struct move_call *move = move_of(write);
    uint32_t number = 0;
    struct row row;
    bool found = false, changed = false;
    hl_err err = find_release(move, context, &number, detail);
    if (err != HL_OK) {
        return err;
    }
    if (move->given) {
        return contact_keep(write, context, false, &changed, detail);
    }
    err = record_find(context->txn, number, move->kind, &move->key, &row,
                      &found, detail);
    if (err == HL_OK) {
        HL_ASSERT(found); /* it is released */
        write->body =
            bytes_of(call_text(write->call, row.record), row.record.size);
    }
    return err;
}

static const char *take_difference(const struct write_call *write,
                                   const struct entry *former)
{
    const struct move_call *move = (const struct move_call *)write;
    union record_room record, key = {0};
    record_decode(move->kind->type, former->body, &record);
    record_copy_key(move->kind->type, &record, move->kind->retiring, &key);
    const char *field =
        record_difference(move->kind->retiring, &key, &move->key);
    return !former->has_cause ? "method" : field == NULL ? "record" : field;
}

/* The attributes, where the request gives them. */
static hl_err take_record(struct move_call *move,
                          const Heluo__V1__CatalogueTakeRequest *request,
                          struct hl_detail *detail)
{
    union record_room record, key = {0};
    if (atomic_load(&move->write.services->coordinator)) {
        return hl_fail(detail, HL_EDENIED,
                       "this is a coordinator's node, which owns no "
                       "catalogue: refuse it");
    }
    move->given = request->record != NULL;
    if (!move->given) {
        return HL_OK;
    }
    hl_err err = catalogue_make_put(&move->write, request->record, detail);
    if (err != HL_OK) {
        return err;
    }
    record_decode(move->kind->type, move->write.body, &record);
    record_copy_key(move->kind->type, &record, move->kind->retiring, &key);
    bool same =
        move->write.type == move->kind->type &&
        record_difference(move->kind->retiring, &key, &move->key) == NULL;
    return same ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "record: its kind or key is not that of `key`");
}

/* Not what a Put of the same record is. */
static struct bytes asked_of(struct move_call *move)
{
    struct writer asked = {0};
    writer_text(&asked, "take");
    writer_u8(&asked, move->given ? 1 : 0);
    if (move->given) {
        writer_bytes(&asked, move->write.body);
    } else {
        record_encode(move->kind->retiring, &move->key, &asked);
    }
    struct bytes kept =
        bytes_of(call_text(move->write.call, writer_view(&asked)), asked.size);
    writer_fini(&asked);
    return kept;
}

void catalogue_take(struct rpc_call *call, const ProtobufCMessage *message,
                    void *context)
{
    const Heluo__V1__CatalogueTakeRequest *request = (const void *)message;
    struct move_call *move;
    struct hl_detail detail = {0};
    hl_err err = begin(call, context, request->key, "", &move, &detail);
    if (err == HL_OK) {
        err = take_record(move, request, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    move->write.type = move->kind->type;
    move->write.body_type = entry_body_type(move->kind->body_put, false);
    move->write.asked = asked_of(move);
    move->write.difference = take_difference;
    move->write.allow = allow_take;
    move->write.respond = respond_take;
    write_call_submit(&move->write, request->write);
}

/* --- Refuse. -------------------------------------------------------------- */

static void respond_refuse(struct write_call *write,
                           Heluo__V1__Written *written)
{
    respond(write->call, written,
            &heluo__v1__catalogue_refuse_response__descriptor);
}

static hl_err allow_refuse(struct write_call *write,
                           struct write_context *context, bool *silent,
                           struct hl_detail *detail)
{
    (void)silent;
    uint32_t number = 0;
    return find_release(move_of(write), context, &number, detail);
}

void catalogue_refuse(struct rpc_call *call, const ProtobufCMessage *message,
                      void *context)
{
    const Heluo__V1__CatalogueRefuseRequest *request = (const void *)message;
    struct move_call *move;
    struct hl_detail detail = {0};
    hl_err err =
        begin(call, context, request->key, request->reason, &move, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct home_refuse refuse = {
        .key = key_of(move->kind, &move->key),
        .reason = ((struct homed_retire *)(void *)&move->key)->reason,
    };
    move->write.type = &home_refusing;
    move->write.body_type = entry_body_type(HOME_BODY_REFUSE, true);
    move->write.body = write_encode(call, &home_refusing, &refuse);
    move->write.allow = allow_refuse;
    move->write.respond = respond_refuse;
    write_call_submit(&move->write, request->write);
}
