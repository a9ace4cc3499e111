/* SPDX-License-Identifier: Apache-2.0 */

/* Search.WatchMatches. Goes through the changes of all journals; of each that
 * may bring a match heluo-search is asked, as by Match, and what it finds is
 * told. A pair is told with the later of its two sides: what came later than
 * the change is left to its own turn. */

#include <string.h>

#include "node/service/changes.h"
#include "node/service/search_pair.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"

/* How long until heluo-search is asked again: it has not gone through the
 * change yet; it is away. */
enum { BEHIND_MS = 100, AWAY_MS = 1000 };

/* Of the change that is under way. The room has the question from ASKING on,
 * until it is ANSWERED. */
enum asking { RESTS, ASKING, ANSWERED };

struct match_watch {
    struct watcher watcher; /* first */
    struct services *services;
    struct rpc_call *call;
    struct changes changes;
    struct writer token;            /* before the change that is under way */
    const struct record_kind *only; /* NULL: what is at home here */
    struct writer only_key;
    bool was_current; /* the caller knows that it has everything */

    /* The change: whose record, and where it was told. */
    Heluo__V1__IndexFindResponse__Hit record;
    struct writer origin, key;
    uint64_t index;
    bool changed;
    struct search_pair_question question;
    bool chosen; /* the first of the hits are those to be told */
    size_t next, count;

    struct search_wait wait;
    pthread_mutex_t mutex; /* of what follows */
    enum asking asking;
    bool gone;
    hl_err err;
    Heluo__V1__IndexFindResponse *found;
};

static struct match_watch *watch_of(struct search_wait *wait)
{
    return (struct match_watch *)(void *)((char *)wait -
                                          offsetof(struct match_watch, wait));
}

static void forget_found(struct match_watch *watch)
{
    if (watch->found != NULL) {
        protobuf_c_message_free_unpacked(&watch->found->base, NULL);
    }
    watch->found = NULL;
}

static void destroy(struct match_watch *watch)
{
    forget_found(watch);
    search_pair_question_fini(&watch->question);
    changes_fini(&watch->changes);
    writer_fini(&watch->token);
    writer_fini(&watch->only_key);
    writer_fini(&watch->origin);
    writer_fini(&watch->key);
    pthread_mutex_destroy(&watch->mutex);
    hl_free(watch);
}

/* --- Asking. ------------------------------------------------------------- */

static void put_answer(struct match_watch *watch, hl_err err,
                       ProtobufCMessage *answer)
{
    pthread_mutex_lock(&watch->mutex);
    watch->err = err;
    watch->found = (Heluo__V1__IndexFindResponse *)answer;
    watch->asking = ANSWERED;
    bool gone = watch->gone;
    if (!gone) {
        rpc_wake(watch->call);
    }
    pthread_mutex_unlock(&watch->mutex);
    if (gone) {
        destroy(watch);
    }
}

static void run(struct search_wait *wait, struct search_asker *asker)
{
    struct match_watch *watch = watch_of(wait);
    ProtobufCMessage *answer = NULL;
    hl_err err = search_asker_call(
        asker, "/heluo.v1.Index/Find", &watch->question.request.base,
        &heluo__v1__index_find_response__descriptor, &answer, NULL);
    put_answer(watch, err, answer);
}

static void give_up(struct search_wait *wait)
{
    put_answer(watch_of(wait), HL_ESTOPPING, NULL);
}

static void ask(struct match_watch *watch, int64_t after_ms)
{
    struct hl_detail detail = {0};
    pthread_mutex_lock(&watch->mutex);
    forget_found(watch);
    watch->asking = ASKING;
    pthread_mutex_unlock(&watch->mutex);
    hl_err err = search_room_enter_later(watch->services->search, &watch->wait,
                                         after_ms, &detail);
    if (err != HL_OK) {
        put_answer(watch, err, NULL);
        rpc_fail(watch->call, err, &detail);
    }
}

/* --- Which changes. ------------------------------------------------------ */

/* As its first entry has it, or had it; false: by another body. */
static bool decode_first(const struct change *change, struct bytes raw,
                         union record_room *out)
{
    struct entry entry;
    struct canonical_unknown unknown;
    bool retire = false;
    if (entry_decode(raw, &entry, &unknown, NULL) != HL_OK ||
        record_kind_of_body(entry_body_number(entry.body_type), &retire) !=
            change->kind ||
        retire) {
        return false;
    }
    record_decode(change->kind->type, entry.body, out);
    return true;
}

/* Whether it was asked for by the same words when it was first stated: what
 * goes with it was told then. */
static hl_err was_asked(const struct match_watch *watch, struct store_txn *txn,
                        const struct change *change, bool *was,
                        struct hl_detail *detail)
{
    struct bytes raw;
    union record_room first;
    *was = false;
    hl_err err = journal_entry(txn, &change->journal, change->row.first_index,
                               &raw, detail);
    if (err == HL_OK && decode_first(change, raw, &first)) {
        struct search_pair_question then;
        search_pair_ask(change->kind, &first, &then);
        *was = bytes_equal(writer_view(&then.text),
                           writer_view(&watch->question.text));
        search_pair_question_fini(&then);
    }
    return err;
}

static void take_record(struct match_watch *watch, const struct change *change)
{
    writer_clear(&watch->origin);
    writer_bytes(&watch->origin, change->origin);
    writer_u8(&watch->origin, 0);
    writer_clear(&watch->key);
    record_key(change->kind->retiring, &change->key, &watch->key);
    heluo__v1__index_find_response__hit__init(&watch->record);
    watch->record.kind = change->kind->number;
    watch->record.key =
        (ProtobufCBinaryData){.len = watch->key.size, .data = watch->key.data};
    watch->record.origin = (char *)watch->origin.data;
    watch->index = change->entry.index;
    watch->changed = change->entry.index != change->row.first_index;
    watch->chosen = false;
}

/* Of a record of another city's only what is at home here is asked for. */
static void take_question(struct match_watch *watch,
                          const struct change *change)
{
    union record_room record;
    const char *own = watch->services->origin;
    search_pair_question_fini(&watch->question);
    record_decode(change->kind->type, change->row.record, &record);
    search_pair_ask(change->kind, &record, &watch->question);
    if (watch->only == NULL &&
        !bytes_equal(change->origin, bytes_of_text(own))) {
        watch->question.request.origin = (char *)(uintptr_t)own;
    }
}

static hl_err take(struct match_watch *watch, struct store_txn *txn,
                   const struct change *change, bool *news,
                   struct hl_detail *detail)
{
    bool was = false;
    hl_err err = HL_OK;
    *news = change->is == CHANGE_PUT && !change->row.retired &&
            !record_is_elsewhere(&change->at, change->origin, &change->row);
    if (!*news) {
        return HL_OK;
    }
    take_record(watch, change);
    take_question(watch, change);
    if (watch->changed) {
        err = was_asked(watch, txn, change, &was, detail);
    }
    *news = err == HL_OK && !was;
    return err;
}

/* --- What is told. ------------------------------------------------------- */

static bool is_only(const struct match_watch *watch,
                    const Heluo__V1__IndexFindResponse__Hit *of)
{
    return of->kind == watch->only->number &&
           bytes_equal(bytes_of_binary(&of->key),
                       writer_view(&watch->only_key));
}

static bool is_wanted(const struct match_watch *watch,
                      const Heluo__V1__IndexFindResponse__Hit *of)
{
    const char *own = watch->services->origin;
    return watch->only != NULL
               ? is_only(watch, of) || is_only(watch, &watch->record)
               : strcmp(of->origin, own) == 0 ||
                     strcmp(watch->record.origin, own) == 0;
}

/* What came later is told in its own turn. */
static bool is_known(const struct match_watch *watch,
                     const Heluo__V1__IndexFindResponse__Hit *hit,
                     const struct search_record *record)
{
    return positions_get(&watch->changes.seen, bytes_of_text(hit->origin))
               .size > record->row.first_index;
}

static void take_token_of_now(struct match_watch *watch)
{
    writer_clear(&watch->token);
    positions_write(&watch->changes.seen, &watch->token);
}

static ProtobufCBinaryData token_of(const struct match_watch *watch)
{
    return (ProtobufCBinaryData){.len = watch->token.size,
                                 .data = watch->token.data};
}

/* With the last one the change is done. */
static void say(struct match_watch *watch, struct search_call *search,
                const struct search_record *own,
                const struct search_record *other,
                const Heluo__V1__IndexFindResponse__Hit *hit)
{
    struct search_side side;
    Heluo__V1__SearchNewMatch message = HELUO__V1__SEARCH_NEW_MATCH__INIT;
    search_side_of(own->kind, &own->record, &side);
    message.match = search_pair(search, &side, other, watch->found, hit);
    message.record = record_view(
        watch->call, own->kind, bytes_of_text(watch->record.origin), &own->row);
    record_view_home(watch->call, message.record, &own->home);
    message.changed = watch->changed;
    if (watch->next == watch->count) {
        take_token_of_now(watch);
    }
    message.token = token_of(watch);
    rpc_send(watch->call, &message.base);
}

/* Leaves those of the hits that are to be told, and forgets the others. */
static hl_err choose(struct match_watch *watch, struct search_call *search,
                     bool there, struct hl_detail *detail)
{
    Heluo__V1__IndexFindResponse *found = watch->found;
    hl_err err = HL_OK;
    watch->next = watch->count = 0;
    for (size_t i = 0; err == HL_OK && there && i < found->n_hits; i++) {
        Heluo__V1__IndexFindResponse__Hit *hit = found->hits[i];
        struct search_record other;
        err = search_record_of(search, hit, &other, detail);
        if (err == HL_OK && other.there && is_wanted(watch, hit) &&
            is_known(watch, hit, &other)) {
            found->hits[i] = found->hits[watch->count];
            found->hits[watch->count++] = hit;
        }
    }
    watch->chosen = err == HL_OK;
    return err;
}

/* The next one; *said is false where none is left. */
static hl_err tell(struct match_watch *watch, bool *said,
                   struct hl_detail *detail)
{
    struct search_call search = {.call = watch->call,
                                 .services = watch->services};
    struct search_record own, other;
    *said = false;
    hl_err err = search_call_read(&search, detail);
    if (err == HL_OK) {
        err = search_record_of(&search, &watch->record, &own, detail);
    }
    if (err == HL_OK && !watch->chosen) {
        err = choose(watch, &search, own.there, detail);
    }
    while (err == HL_OK && own.there && !*said && watch->next < watch->count) {
        const Heluo__V1__IndexFindResponse__Hit *hit =
            watch->found->hits[watch->next++];
        err = search_record_of(&search, hit, &other, detail);
        if (err == HL_OK && other.there) {
            say(watch, &search, &own, &other, hit);
            *said = true;
        }
    }
    store_abort(&search.txn);
    return err;
}

static void say_current(struct match_watch *watch)
{
    Heluo__V1__SearchNewMatch message = HELUO__V1__SEARCH_NEW_MATCH__INIT;
    message.current = true;
    message.token = token_of(watch);
    rpc_send(watch->call, &message.base);
}

/* --- The pump. ----------------------------------------------------------- */

/* Goes through changes, up to one of which heluo-search is to be asked. */
static hl_err look(struct match_watch *watch, struct hl_detail *detail)
{
    struct change change;
    bool news = false;
    struct store_txn *txn = NULL;
    take_token_of_now(watch);
    hl_err err = store_begin_read(watch->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = changes_next(&watch->changes, txn, &change, detail);
    }
    if (err == HL_OK && change.found) {
        err = take(watch, txn, &change, &news, detail);
    }
    changes_rest(&watch->changes);
    store_abort(&txn);
    if (err != HL_OK) {
        return err;
    }
    if (news) {
        watch->was_current = false;
        ask(watch, 0);
    } else if (change.found || change.more) {
        rpc_wake(watch->call);
    } else if (!watch->was_current) {
        watch->was_current = true;
        take_token_of_now(watch);
        say_current(watch);
    }
    return HL_OK;
}

/* HL_EBUSY  not yet. */
static hl_err check_index(const struct match_watch *watch)
{
    struct positions indexed = {0};
    hl_err err = positions_read(bytes_of_binary(&watch->found->position),
                                &indexed, NULL);
    uint64_t size =
        positions_get(&indexed, bytes_of_text(watch->record.origin)).size;
    positions_fini(&indexed);
    return err == HL_OK && size <= watch->index ? HL_EBUSY : err;
}

/* A question that heluo-search does not take is not taken later either. */
static bool is_final(hl_err err)
{
    return err == HL_EMALFORMED || err == HL_ELIMIT;
}

static hl_err take_answer(struct match_watch *watch, struct hl_detail *detail)
{
    bool said = false;
    hl_err err = watch->err == HL_OK ? check_index(watch) : watch->err;
    if (err != HL_OK && !is_final(err)) {
        ask(watch, err == HL_EBUSY ? BEHIND_MS : AWAY_MS);
        return HL_OK;
    }
    err = is_final(err) ? HL_OK : tell(watch, &said, detail);
    if (err == HL_OK && !said) {
        forget_found(watch);
        watch->asking = RESTS;
        rpc_wake(watch->call);
    }
    return err;
}

static void pump(struct rpc_call *call, void *context)
{
    struct match_watch *watch = context;
    struct hl_detail detail = {0};
    pthread_mutex_lock(&watch->mutex);
    enum asking asking = watch->asking;
    pthread_mutex_unlock(&watch->mutex);
    hl_err err = asking == ASKING  ? HL_OK
                 : asking == RESTS ? look(watch, &detail)
                                   : take_answer(watch, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct match_watch *watch = context;
    watcher_remove(watch->services, &watch->watcher);
    pthread_mutex_lock(&watch->mutex);
    watch->gone = true;
    bool asking = watch->asking == ASKING;
    pthread_mutex_unlock(&watch->mutex);
    if (!asking) {
        destroy(watch);
    }
}

/* --- The call. ----------------------------------------------------------- */

static hl_err take_key(struct match_watch *watch, struct rpc_call *call,
                       const Heluo__V1__RecordKey *key,
                       struct hl_detail *detail)
{
    union record_room retire;
    if (key == NULL) {
        return HL_OK;
    }
    hl_err err = record_key_of_request(call, watch->services, key, "",
                                       &watch->only, &retire, detail);
    if (err == HL_OK && !watch->only->homed) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "key: of an instrument, a service item or a demand");
    }
    if (err == HL_OK) {
        record_key(watch->only->retiring, &retire, &watch->only_key);
    }
    return err;
}

static hl_err take_token(struct match_watch *watch,
                         const ProtobufCBinaryData *token,
                         struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(watch->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = token->len == 0 ? positions_now(txn, &watch->changes.seen, detail)
                              : changes_from(&watch->changes, txn,
                                             bytes_of_binary(token), detail);
    }
    store_abort(&txn);
    return err;
}

void search_watch_matches(struct rpc_call *call,
                          const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__SearchWatchMatchesRequest *request = (const void *)message;
    struct match_watch *watch = hl_alloc(1, sizeof(*watch));
    struct hl_detail detail = {0};
    watch->services = context;
    watch->call = call;
    watch->wait = (struct search_wait){.run = run, .give_up = give_up};
    for (size_t i = 0; i < RECORD_KINDS; i++) {
        uint32_t bit = UINT32_C(1) << record_kinds[i].number;
        watch->changes.kinds |= record_kinds[i].homed ? bit : 0;
    }
    pthread_mutex_init(&watch->mutex, NULL);
    hl_err err = take_key(watch, call, request->key, &detail);
    if (err == HL_OK) {
        err = take_token(watch, &request->token, &detail);
    }
    if (err == HL_OK) {
        err = search_call_check(watch->services, &detail);
    }
    if (err != HL_OK) {
        destroy(watch);
        rpc_fail(call, err, &detail);
        return;
    }
    watcher_add(watch->services, &watch->watcher, call);
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = watch};
    rpc_stream_start(call, &stream);
}
