/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/projection/home_key.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

static hl_err read_own(struct store_txn *txn, uint32_t number,
                       const struct home_key *key, struct home_standing *out,
                       struct hl_detail *detail)
{
    const struct record_kind *kind = home_kind(key->kind);
    struct store_key at = home_record_key(number, key);
    struct bytes name = row_name(key_view(&at));
    struct bytes bytes = bytes_slice(name, 1, name.size - 1);
    hl_err err = projection_get(txn, kind->type, number, bytes, &out->row,
                                &out->found, detail);
    return err == HL_OK
               ? projection_home(txn, kind->type, bytes, &out->home, detail)
               : err;
}

/* By us: to whom our own half says, which joint state may be behind within a
 * transaction. */
static hl_err read_released(struct store_txn *txn, uint32_t number,
                            const struct home_key *key,
                            struct home_standing *out, struct hl_detail *detail)
{
    struct open_release release;
    bool found = false;
    hl_err err =
        projection_open_release(txn, number, key, &release, &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    HL_ASSERT(release.to.size < sizeof(out->home.moving_to));
    memset(out->home.moving_to, 0, sizeof(out->home.moving_to));
    memcpy(out->home.moving_to, release.to.data, release.to.size);
    out->is = HOME_IS_RELEASED;
    return HL_OK;
}

/* Released to us: by what, and whether we refused that. */
static hl_err read_offer(struct store_txn *txn, uint32_t number,
                         const struct home_key *key, struct home_standing *out,
                         struct hl_detail *detail)
{
    struct journal journal;
    struct open_release release;
    struct home_answered answered = {0};
    bool found = false;
    hl_err err = journal_find(txn, bytes_of_text(out->home.owner), &journal,
                              &found, detail);
    if (err == HL_OK && found) {
        err = projection_open_release(txn, journal.number, key, &release,
                                      &found, detail);
    }
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "joint state names a release that is not there: heluo "
                      "rebuild makes it anew");
    }
    if (err != HL_OK) {
        return err;
    }
    out->releaser = journal.number;
    out->release_index = release.cite.index;
    out->release_leaf = release.cite.leaf;
    struct citation cause = {bytes_of_text(out->home.owner), release.cite.index,
                             release.cite.leaf};
    err = projection_home_answer(txn, number, key, &cause, &answered, detail);
    if (err == HL_OK && answered.answer == HOME_TAKEN) {
        /* And released since, which joint state does not know yet. */
        return read_released(txn, number, key, out, detail);
    }
    out->is = answered.answer == 0 ? HOME_IS_OFFERED : HOME_IS_REFUSED;
    out->refused_index = answered.index;
    return err;
}

hl_err projection_home_standing(struct store_txn *txn, uint32_t number,
                                struct bytes origin, const struct home_key *key,
                                struct home_standing *out,
                                struct hl_detail *detail)
{
    struct bytes node = origin_node(origin);
    const struct record_home *home = &out->home;
    *out = (struct home_standing){.is = HOME_IS_ELSEWHERE};
    hl_err err = read_own(txn, number, key, out, detail);
    if (err != HL_OK) {
        return err;
    }
    if (out->found && !out->row.released) {
        out->is = HOME_IS_OURS;
    } else if (out->found &&
               (!home->moved || bytes_equal_text(origin, home->owner))) {
        err = read_released(txn, number, key, out, detail);
    } else if (home->moving_to[0] != '\0' &&
               bytes_equal_text(node, home->moving_to)) {
        err = read_offer(txn, number, key, out, detail);
    } else if (!out->found && bytes_equal(key->of.home, node)) {
        /* Whatever others say that they took of it: without its word that was
         * nobody's. */
        out->is = HOME_IS_NEW;
    }
    return err;
}

/* --- By unit and number alone. ------------------------------------------- */

/* The next home above *home of whose records the half has one. */
static hl_err next_home(struct store_txn *txn, uint32_t number,
                        const struct record_kind *kind, struct bytes *home,
                        bool *found, struct hl_detail *detail)
{
    struct writer above = {0};
    struct bytes key;
    struct row row;
    union record_room record;
    if (home->size > 0) {
        writer_bytes(&above, *home);
        writer_u8(&above, 1); /* no name of a node has a byte as small */
    }
    hl_err err = projection_next(txn, kind->type, number, writer_view(&above),
                                 &row, &key, found, detail);
    writer_fini(&above);
    if (err == HL_OK && *found) {
        record_decode(kind->type, row.record, &record);
        *home = ((struct homed *)(void *)&record)->home;
    }
    return err;
}

static hl_err states(struct store_txn *txn, uint32_t number,
                     const struct record_kind *kind, const struct homed *homed,
                     bool *found, struct hl_detail *detail)
{
    union record_room record = {0};
    struct writer key = {0};
    struct row row;
    *(struct homed *)(void *)&record = *homed;
    record_key(kind->type, &record, &key);
    hl_err err = projection_get(txn, kind->type, number, writer_view(&key),
                                &row, found, detail);
    writer_fini(&key);
    *found = err == HL_OK && *found && !row.released;
    return err;
}

hl_err projection_home_from_elsewhere(struct store_txn *txn, uint32_t number,
                                      const struct record_kind *kind,
                                      const void *record, struct bytes *home,
                                      bool *found, struct hl_detail *detail)
{
    struct homed homed = *(const struct homed *)record;
    struct bytes own = homed.home, next = {0};
    bool more = true;
    hl_err err = HL_OK;
    *found = false;
    while (err == HL_OK && !*found) {
        err = next_home(txn, number, kind, &next, &more, detail);
        if (err != HL_OK || !more) {
            return err;
        }
        if (!bytes_equal(next, own)) {
            homed.home = next;
            err = states(txn, number, kind, &homed, found, detail);
        }
    }
    bool both = false;
    if (err == HL_OK) {
        homed.home = own;
        err = states(txn, number, kind, &homed, &both, detail);
    }
    *found = err == HL_OK && !both;
    *home = next;
    return err;
}
