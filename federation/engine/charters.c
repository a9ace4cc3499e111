/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- The set. ------------------------------------------------------------ */

static struct kept_charter *find_charter(const struct engine *engine,
                                         const struct hl_hash *hash)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        if (hash_equal(&engine->charters[i]->charter.hash, hash)) {
            return engine->charters[i];
        }
    }
    return NULL;
}

bool charters_on_way(const struct engine *engine)
{
    bool any = false;
    for (size_t i = 0; i < engine->charter_count; i++) {
        any = any || !engine->charters[i]->stored ||
              writer_view(&engine->charters[i]->richer).size > 0;
    }
    return any;
}

static bool is_on_way(const struct engine *engine)
{
    bool any = false;
    for (size_t i = 0; i < engine->charter_count; i++) {
        any = any || engine->charters[i]->on_way;
    }
    return any;
}

static void charter_drop(struct kept_charter *kept)
{
    charter_fini(&kept->charter);
    writer_fini(&kept->richer);
    hl_free(kept);
}

void charters_fini(struct engine *engine)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        charter_drop(engine->charters[i]);
    }
    hl_free(engine->charters);
}

/* What the coordinators of its predecessor did not sign is not kept, so that
 * the set is as long as they make it. */
static hl_err check_predecessor(const struct engine *engine,
                                const struct charter *charter,
                                struct hl_detail *detail)
{
    if (hash_equal(&charter->hash, &engine->pin)) {
        return charter_check_first(charter, &engine->pin, engine->verifier,
                                   detail);
    }
    const struct kept_charter *previous =
        find_charter(engine, &charter->previous);
    if (previous == NULL) {
        return hl_fail(detail, HL_EVERSIONGAP,
                       "the charter that it follows is not here");
    }
    return charter_check_next(&previous->charter, charter, engine->verifier,
                              detail);
}

/* --- Its signatures. ----------------------------------------------------- */

/* What decides between two charters is who signed what follows them, and a copy
 * that comes first may lack what another has, or have what is no signature. So
 * lines are taken one by one: those of coordinators, of whatever charter here
 * or of its own, that verify. */

static bool is_listed_before(const struct engine *engine, size_t before,
                             const struct vkey *key)
{
    bool listed = false;
    for (size_t i = 0; i < before; i++) {
        const struct charter *charter = &engine->charters[i]->charter;
        for (size_t c = 0; c < charter->coordinator_count; c++) {
            listed = listed || vkey_equal(&charter->coordinators[c], key);
        }
    }
    return listed;
}

/* has: the lines that are taken already; empty: none. */
static bool take_line(const struct engine *engine, const struct note *has,
                      const struct note *copy, const struct vkey *key,
                      struct writer *out)
{
    const struct note_signature *line = note_line_of(copy, key);
    bool signed_by = false;
    struct note_verdict verdict = {.signed_by = &signed_by};
    if (line == NULL || (has != NULL && note_line_of(has, key) != NULL) ||
        note_verify(copy, engine->verifier, key, 1, &verdict, NULL) != HL_OK) {
        return false;
    }
    note_add_line(key, line->payload, out);
    return true;
}

/* Appends the copy's lines that are not there; false: there are none. */
static bool take_lines(const struct engine *engine, const struct note *has,
                       const struct charter *copy, struct writer *out)
{
    bool more = false;
    for (size_t i = 0; i <= engine->charter_count; i++) {
        const struct charter *by =
            i < engine->charter_count ? &engine->charters[i]->charter : copy;
        for (size_t c = 0; c < by->coordinator_count; c++) {
            const struct vkey *key = &by->coordinators[c];
            if (!is_listed_before(engine, i, key)) {
                more = take_line(engine, has, &copy->note, key, out) || more;
            }
        }
    }
    return more;
}

/* Leaves it with its text and the lines that count. */
static hl_err clean(const struct engine *engine, struct charter *charter,
                    struct hl_detail *detail)
{
    struct writer raw = {0};
    note_begin(charter->note.text, &raw);
    hl_err err =
        take_lines(engine, NULL, charter, &raw)
            ? charter_take_signatures(charter, writer_view(&raw), detail)
            : hl_fail(detail, HL_EQUORUM, "no coordinator signed it");
    writer_fini(&raw);
    return err;
}

/* Whether the copy has made the known one richer. */
static bool take_copy(const struct engine *engine, struct kept_charter *known,
                      const struct charter *copy)
{
    struct note has = {0};
    struct writer before = {0}; /* what `has` borrows */
    struct writer merged = {0};
    struct bytes richer = writer_view(&known->richer);
    writer_bytes(&before, richer.size > 0 ? richer : known->charter.raw);
    writer_bytes(&merged, writer_view(&before));
    bool more = note_parse(writer_view(&before), &has, NULL) == HL_OK &&
                take_lines(engine, &has, copy, &merged);
    if (more) {
        writer_clear(&known->richer);
        writer_bytes(&known->richer, writer_view(&merged));
    }
    note_fini(&has);
    writer_fini(&before);
    writer_fini(&merged);
    return more;
}

static hl_err add_parsed(struct engine *engine, struct kept_charter *kept,
                         struct hl_detail *detail)
{
    if (engine->charter_count == engine->limits.charters_max) {
        return hl_fail(detail, HL_ELIMIT,
                       "%u charters are kept already: pin a newer one",
                       (unsigned)engine->limits.charters_max);
    }
    if (engine->started) {
        hl_err err = clean(engine, &kept->charter, detail);
        if (err == HL_OK) {
            err = check_predecessor(engine, &kept->charter, detail);
        }
        if (err != HL_OK) {
            return err;
        }
    }
    engine->charters = hl_realloc(engine->charters, engine->charter_count + 1,
                                  sizeof(struct kept_charter *));
    engine->charters[engine->charter_count++] = kept;
    return HL_OK;
}

hl_err charters_add(struct engine *engine, struct bytes raw,
                    struct kept_charter **added, struct hl_detail *detail)
{
    struct kept_charter *kept = hl_alloc(1, sizeof(*kept));
    *added = NULL;
    charter_init(&kept->charter);
    hl_err err = charter_parse(raw, &kept->charter, detail);
    struct kept_charter *known =
        err == HL_OK ? find_charter(engine, &kept->charter.hash) : NULL;
    if (known != NULL) {
        if (engine->started && take_copy(engine, known, &kept->charter)) {
            *added = known;
        }
        charter_drop(kept);
        return HL_OK;
    }
    if (err == HL_OK) {
        err = add_parsed(engine, kept, detail);
    }
    if (err != HL_OK) {
        charter_drop(kept);
        return err;
    }
    kept->stored = !engine->started;
    *added = kept;
    return HL_OK;
}

/* --- What holds. --------------------------------------------------------- */

static void update_members(struct engine *engine)
{
    const struct charter *charter = engine->charter;
    for (size_t i = 0; i < engine->member_count; i++) {
        engine->members[i]->node = NULL;
    }
    for (size_t i = 0; i < charter->node_count; i++) {
        struct member *member = member_add(engine, charter->nodes[i].id);
        member->node = &charter->nodes[i];
    }
    engine->self = member_add(engine, engine->node);
}

/* --- Telling. ------------------------------------------------------------ */

/* From that version on, in order, so that each comes with its predecessor
 * known. */
static void send_from(struct engine *engine, struct stream *stream,
                      uint64_t version, const struct hl_hash *but)
{
    for (bool more = true; more; version++) {
        more = false;
        for (size_t i = 0; i < engine->charter_count; i++) {
            const struct charter *charter = &engine->charters[i]->charter;
            more = more || charter->version > version;
            if (!engine->charters[i]->stored || charter->version != version ||
                hash_equal(&charter->hash, but)) {
                continue;
            }
            stream_send(
                engine, stream,
                &(struct sync_message){.kind = SYNC_CHARTER,
                                       .charter = {.raw = charter->raw}});
        }
    }
}

/* Whether it is the one that holds, or one before it. */
static bool leads_to_ours(const struct engine *engine,
                          const struct hl_hash *hash)
{
    bool leads = false;
    for (const struct charter *at = engine->charter; at != NULL;
         at = charters_before(engine, at)) {
        leads = leads || hash_equal(&at->hash, hash);
    }
    return leads;
}

/* All that the other side may not have. Where two contest for us what still
 * holds for them, the rivals are older than theirs. One that ends another line
 * of charters is of somebody who may not have where that left ours: so is one
 * that is not newer and not known here. */
void charters_send_newer(struct engine *engine, struct stream *stream,
                         const struct sync_hello *hello)
{
    uint64_t version = hello->charter_version < engine->charter->version
                           ? hello->charter_version
                           : engine->charter->version;
    bool known = find_charter(engine, &hello->charter_hash) != NULL;
    bool other_line = known
                          ? !leads_to_ours(engine, &hello->charter_hash)
                          : hello->charter_version <= engine->charter->version;
    send_from(engine, stream, other_line ? 1 : version, &hello->charter_hash);
}

/* So that all see the lines that there are, also those on one of them. */
static void tell_lines(struct engine *engine)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->state != STREAM_GREETING) {
            send_from(engine, engine->streams[i], 1, &engine->charter->hash);
        }
    }
}

static void close_outsiders(struct engine *engine)
{
    for (size_t i = engine->stream_count; i > 0; i--) {
        struct stream *stream = engine->streams[i - 1];
        if (member_ended(stream->member)) {
            stream_close(engine, stream, HL_EENDED,
                         "the charter does not have it any more");
        }
    }
}

static void charter_changed(struct engine *engine)
{
    update_members(engine);
    if (!engine->started) {
        return;
    }
    engine_report(engine, ENGINE_REPORT_CHARTER, NULL, HL_OK,
                  engine->charter->version, "another charter holds");
    close_outsiders(engine);
    evidence_choose(engine);
    evidence_offer_early(engine);
    own_charter_changed(engine);
    standing_settle_all(engine);
    keep_charter_changed(engine);
    seal_charter_changed(engine);
    pull_choose_all(engine);
    peer_connect(engine);
}

/* Those that lie before the one that holds are so by its hash. */
static void find_signed(struct engine *engine, const struct charter *holds)
{
    bool more = true;
    for (const struct charter *charter = holds; charter != NULL;
         charter = charters_before(engine, charter)) {
        find_charter(engine, &charter->hash)->signed_over = true;
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < engine->charter_count; i++) {
            struct kept_charter *kept = engine->charters[i];
            const struct kept_charter *before =
                find_charter(engine, &kept->charter.previous);
            if (kept->stored && !kept->signed_over && before != NULL &&
                before->signed_over &&
                charter_check_next(&before->charter, &kept->charter,
                                   engine->verifier, NULL) == HL_OK) {
                kept->signed_over = true;
                more = true;
            }
        }
    }
}

hl_err charters_resolve(struct engine *engine, struct hl_detail *detail)
{
    const struct charter **items =
        hl_alloc(engine->charter_count, sizeof(*items));
    struct charter_set set = {
        .items = items, .pin = &engine->pin, .verifier = engine->verifier};
    for (size_t i = 0; i < engine->charter_count; i++) {
        if (engine->charters[i]->stored) {
            items[set.count++] = &engine->charters[i]->charter;
        }
    }
    struct charter_standing standing = {0};
    hl_err err = charter_resolve(&set, &standing, detail);
    hl_free(items);
    if (err != HL_OK) {
        return err;
    }
    find_signed(engine, standing.holds);
    engine->contested = standing.rivals[0] != NULL;
    if (standing.rivals[0] != NULL && engine->started) {
        engine_report(engine, ENGINE_REPORT_CHARTER_CONTEST, NULL,
                      HL_ESUCCESSORS, standing.holds->version,
                      "two charters follow the one that holds");
    }
    if (engine->charter != standing.holds) {
        engine->charter = standing.holds;
        charter_changed(engine);
    } else if (engine->started) {
        evidence_choose(engine); /* one that is set aside may excuse */
    }
    return HL_OK;
}

void charters_hear_again(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        /* What a peer sent may have been the charter's matter. */
        memset(member->origin.avoided, 0, sizeof(member->origin.avoided));
        pull_again(engine, member);
    }
}

/* The copy that is on the disk now. */
static void take_stored(struct kept_charter *kept, struct bytes raw)
{
    kept->stored = true;
    if (!bytes_equal(raw, kept->charter.raw)) {
        hl_err err = charter_take_signatures(&kept->charter, raw, NULL);
        HL_ASSERT(err == HL_OK);
    }
    if (bytes_equal(raw, writer_view(&kept->richer))) {
        writer_clear(&kept->richer);
    }
}

void charters_stored(struct engine *engine, struct kept_charter *kept,
                     struct bytes raw, hl_err err)
{
    struct hl_detail detail;
    kept->on_way = false;
    if (err != HL_OK) {
        return; /* charters_retry() */
    }
    take_stored(kept, raw);
    struct sync_message message = {.kind = SYNC_CHARTER,
                                   .charter = {.raw = kept->charter.raw}};
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->state != STREAM_GREETING) {
            stream_send(engine, engine->streams[i], &message);
        }
    }
    if (is_on_way(engine)) {
        return; /* several come together: what holds is seen at the last */
    }
    err = charters_resolve(engine, &detail);
    HL_ASSERT(err == HL_OK || err == HL_ECRYPTO);
    if (kept->signed_over && !leads_to_ours(engine, &kept->charter.hash)) {
        tell_lines(engine);
    }
    charters_hear_again(engine);
}

static void store(struct engine *engine, struct kept_charter *kept)
{
    struct engine_action *action;
    struct pending *pending =
        pending_add(engine, PENDING_CHARTER, NULL, &action);
    struct head none = head_empty();
    struct bytes richer = writer_view(&kept->richer);
    pending->charter = kept;
    signed_head_set(&pending->note, &none,
                    richer.size > 0 ? richer : kept->charter.raw);
    action->note =
        scratch_copy(&engine->scratch, writer_view(&pending->note.raw));
    action->size = kept->charter.version;
    kept->on_way = true;
}

void charters_offer(struct engine *engine, struct bytes raw,
                    struct stream *from)
{
    struct hl_detail detail = {0};
    struct kept_charter *added = NULL;
    hl_err err = charters_add(engine, raw, &added, &detail);
    if (err == HL_EMALFORMED && from != NULL) {
        peer_fault(engine, from, err, "its charter is of no form");
    } else if (err != HL_OK) {
        /* Said as often as a peer may ask. */
        if (from == NULL || stream_may_ask(engine, from)) {
            engine_report(engine, ENGINE_REPORT_CHARTER_REFUSED,
                          from == NULL ? NULL : from->member, err, 0,
                          detail.text);
        }
    } else if (added != NULL) {
        store(engine, added);
    }
}

void charters_retry(struct engine *engine)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        struct kept_charter *kept = engine->charters[i];
        if (!kept->on_way &&
            (!kept->stored || writer_view(&kept->richer).size > 0)) {
            store(engine, kept);
        }
    }
}

const struct charter *charters_before(const struct engine *engine,
                                      const struct charter *charter)
{
    for (size_t i = 0; i < engine->charter_count; i++) {
        const struct charter *item = &engine->charters[i]->charter;
        if (item->version + 1 == charter->version &&
            hash_equal(&item->hash, &charter->previous)) {
            return item;
        }
    }
    return NULL;
}

struct bytes engine_charter(const struct engine *engine)
{
    return engine->charter->raw;
}
