/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_home.h"

#include "node/projection/effect.h"
#include "node/projection/home_walk.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "protocol/tree/merkle.h"

/* A row under a key of its own; what follows from the record's moves is
 * computed anew. */
static hl_err put_row(struct effect *effect, const struct home_key *key,
                      const struct store_key *at,
                      const struct record_type *type, const void *record,
                      struct bytes reason, struct hl_detail *detail)
{
    struct writer bytes = {0};
    record_encode(type, record, &bytes);
    struct row row = {
        .first_index = effect->index,
        .index = effect->index,
        .recorded_at = effect->entry->recorded_at,
        .reason = reason,
        .record = writer_view(&bytes),
    };
    struct store_key of = home_record_key(0, key);
    hl_err err = effect_write_row(effect, at, &row, detail);
    frame_joint_changed(effect->projection, row_name(key_view(&of)));
    writer_fini(&bytes);
    return err;
}

static hl_err join(struct effect *effect, const struct home_key *key,
                   struct hl_detail *detail)
{
    struct store_key of = home_record_key(0, key);
    return joint_add(&effect->projection->tables, effect->half->number,
                     row_name(key_view(&of)), detail);
}

/* --- Answers to other homes. --------------------------------------------- */

static hl_err is_answered(struct effect *effect, const struct home_key *key,
                          enum home_answer answer, bool *out,
                          struct hl_detail *detail)
{
    struct store_key at = home_answer_key(effect->half->number, key, answer,
                                          &effect->entry->cause);
    struct row row;
    return effect_find_row(effect, &at, &row, out, detail);
}

/* Whether the entry may answer its cause; refused where not. */
static hl_err may_answer(struct effect *effect, const struct home_key *key,
                         bool *out, struct hl_detail *detail)
{
    bool taken = false, refused = false;
    *out = false;
    if (bytes_equal(effect->entry->cause.origin, effect->half->state.origin)) {
        return effect_refuse(effect,
                             "its cause is an entry of its own journal");
    }
    hl_err err = is_answered(effect, key, HOME_TAKEN, &taken, detail);
    if (err == HL_OK) {
        err = is_answered(effect, key, HOME_REFUSED, &refused, detail);
    }
    *out = err == HL_OK && !taken && !refused;
    return err != HL_OK || *out
               ? err
               : effect_refuse(effect, "that release was %s before",
                               taken ? "taken" : "refused");
}

static hl_err put_answer(struct effect *effect, const struct home_key *key,
                         enum home_answer answer, struct bytes reason,
                         struct hl_detail *detail)
{
    const struct citation *cause = &effect->entry->cause;
    struct hl_hash hash = home_cause(cause);
    struct home_answer_row row = {
        .key = *key,
        .answer = answer,
        .cause = bytes_of(hash.bytes, HL_HASH_BYTES),
        .cause_origin = cause->origin,
        .cause_index = cause->index,
        .cause_leaf = bytes_of(cause->leaf.bytes, HL_HASH_BYTES),
    };
    struct store_key at =
        home_answer_key(effect->half->number, key, answer, cause);
    return put_row(effect, key, &at, &home_answer_record, &row, reason, detail);
}

hl_err effect_take(struct effect *effect, const struct homed *homed,
                   const struct store_key *key, const struct row *former,
                   struct hl_detail *detail)
{
    bool retire = false;
    const struct entry *entry = effect->entry;
    const struct record_kind *kind =
        record_kind_of_body(entry_body_number(entry->body_type), &retire);
    HL_ASSERT(kind != NULL && kind->homed && !retire);
    if (!entry->has_cause) {
        const char *what = effect->body->row->name;
        return former == NULL
                   ? effect_refuse(effect, "this %s is of node %.*s", what,
                                   BYTES_ARGS(homed->home))
                   : effect_refuse(effect, "this %s was released", what);
    }
    struct home_key of = {.of = *homed, .kind = kind->number};
    bool may = false;
    hl_err err = may_answer(effect, &of, &may, detail);
    if (err != HL_OK || !may) {
        return err;
    }
    err = effect_state(effect, key, former, detail);
    if (err == HL_OK) {
        err = put_answer(effect, &of, HOME_TAKEN, (struct bytes){0}, detail);
    }
    if (err == HL_OK) {
        err = join(effect, &of, detail);
    }
    if (err == HL_OK) {
        err = joint_cite(&effect->projection->tables, effect->half->number,
                         &entry->cause, row_name(key_view(key)), detail);
    }
    return err;
}

hl_err effect_refuse_home(struct effect *effect, const void *record,
                          struct hl_detail *detail)
{
    const struct home_refuse *refuse = record;
    bool may = false;
    if (!effect->entry->has_cause) {
        return effect_refuse(effect,
                             "a refusal needs the release as its cause");
    }
    hl_err err = may_answer(effect, &refuse->key, &may, detail);
    return err == HL_OK && may ? put_answer(effect, &refuse->key, HOME_REFUSED,
                                            refuse->reason, detail)
                               : err;
}

/* --- The old home. ------------------------------------------------------- */

/* The record's row as it is, but for how it stands. */
static hl_err turn(struct effect *effect, const struct store_key *at,
                   struct row *row, bool released, struct hl_detail *detail)
{
    row->index = effect->index;
    row->recorded_at = effect->entry->recorded_at;
    row->released = released;
    return effect_write_row(effect, at, row, detail);
}

hl_err effect_release(struct effect *effect, const void *record,
                      struct hl_detail *detail)
{
    const struct home_release *release = record;
    const char *what = home_kind(release->key.kind)->type->name;
    uint32_t number = effect->half->number;
    struct store_key at = home_record_key(number, &release->key);
    struct row row;
    bool found = false;
    unsigned count = 0;
    if (bytes_equal(release->to, origin_node(effect->half->state.origin))) {
        return effect_refuse(effect, "a node does not release to itself");
    }
    hl_err err = effect_find_row(effect, &at, &row, &found, detail);
    if (err == HL_OK && (!found || row.retired || row.released)) {
        return effect_refuse(effect, "there is no such %s to release", what);
    }
    if (err == HL_OK) {
        err = home_count_releases(&effect->projection->tables, number,
                                  &release->key, &count, detail);
    }
    if (err == HL_OK && count >= HOME_RELEASES_MAX) {
        return effect_refuse(effect, "this %s was released %u times", what,
                             count);
    }
    struct hl_hash leaf = merkle_leaf(effect->raw);
    struct home_release_row release_row = {
        .key = release->key,
        .index = effect->index,
        .to = release->to,
        .leaf = bytes_of(leaf.bytes, HL_HASH_BYTES),
    };
    if (err == HL_OK) {
        err = turn(effect, &at, &row, true, detail);
    }
    if (err == HL_OK) {
        struct store_key key =
            home_release_key(number, &release->key, effect->index);
        err = put_row(effect, &release->key, &key, &home_release_record,
                      &release_row, (struct bytes){0}, detail);
    }
    return err == HL_OK ? join(effect, &release->key, detail) : err;
}

hl_err effect_resume(struct effect *effect, const void *record,
                     struct hl_detail *detail)
{
    const struct home_resume *resume = record;
    uint32_t number = effect->half->number;
    struct store_key at = home_record_key(number, &resume->key);
    struct row row, release;
    bool found = false;
    hl_err err = effect_find_row(effect, &at, &row, &found, detail);
    if (err == HL_OK && (!found || !row.released)) {
        return effect_refuse(effect, "there is no such released %s",
                             home_kind(resume->key.kind)->type->name);
    }
    struct store_key key = home_release_key(number, &resume->key, row.index);
    if (err == HL_OK) {
        err = turn(effect, &at, &row, false, detail);
    }
    if (err == HL_OK) {
        err = effect_find_row(effect, &key, &release, &found, detail);
    }
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "the row of a release is not there: heluo rebuild makes "
                      "it anew");
    }
    /* Behind the release, by its index. */
    return err == HL_OK ? turn(effect, &key, &release, false, detail) : err;
}
