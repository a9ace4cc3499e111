/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/changes.h"

#include <stdio.h>
#include <string.h>

#include "node/projection/ledger.h"
#include "node/sync/sync_store.h"

/* Entries looked at before another call gets the thread. */
enum { SCAN_ENTRIES = 512 };

void changes_fini(struct changes *changes)
{
    positions_fini(&changes->seen);
    writer_fini(&changes->key);
}

/* --- One entry. ---------------------------------------------------------- */

static bool is_wanted(const struct changes *changes,
                      const struct record_kind *kind)
{
    return kind != NULL &&
           (changes->kinds == 0 || (changes->kinds >> kind->number & 1) != 0);
}

static bool is_of_key(const struct changes *changes,
                      const struct record_kind *kind,
                      const union record_room *record)
{
    if (changes->key.size == 0) {
        return true;
    }
    struct writer key = {0};
    record_key(kind->retiring, record, &key);
    bool same = bytes_equal(writer_view(&key), writer_view(&changes->key));
    writer_fini(&key);
    return same;
}

/* Releases and resumptions change no attribute. */
static bool take_move(const struct entry *entry, struct change *out)
{
    uint32_t number = entry_body_number(entry->body_type);
    if (number != HOME_BODY_RELEASE && number != HOME_BODY_RESUME) {
        return false;
    }
    struct home_release body;
    record_decode(&home_releasing, entry->body, &body);
    *(struct homed *)(void *)&out->key = body.key.of;
    out->kind = home_kind(body.key.kind);
    out->is = number == HOME_BODY_RELEASE ? CHANGE_RELEASED : CHANGE_RESUMED;
    return true;
}

static bool take_statement(const struct entry *entry, struct change *out)
{
    bool retire = false;
    out->kind =
        record_kind_of_body(entry_body_number(entry->body_type), &retire);
    if (out->kind == NULL) {
        return false;
    }
    union record_room record;
    const struct record_type *type =
        retire ? out->kind->retiring : out->kind->type;
    record_decode_key(type, entry->body, &record);
    record_copy_key(type, &record, out->kind->retiring, &out->key);
    out->is = retire ? CHANGE_RETIRED : CHANGE_PUT;
    return true;
}

/* An entry about money that had an effect. */
static hl_err look_at_ledger(struct store_txn *txn, uint64_t index,
                             struct change *out, struct hl_detail *detail)
{
    bool invalid = true;
    hl_err err = HL_OK;
    out->body = entry_body_number(out->entry.body_type);
    if (ledger_body_type(out->body) != NULL) {
        err = projection_is_invalid(txn, out->journal.number, index, &invalid,
                                    detail);
    }
    out->found = err == HL_OK && !invalid;
    return err;
}

/* What the entry changed, if it is about a record that is looked for and had an
 * effect; else it is not found. */
static hl_err look_at(const struct changes *changes, struct store_txn *txn,
                      uint64_t index, struct bytes raw, struct change *out,
                      struct hl_detail *detail)
{
    struct canonical_unknown unknown;
    out->found = false;
    out->key = (union record_room){0};
    if (entry_decode(raw, &out->entry, &unknown, NULL) != HL_OK ||
        unknown.present) {
        return HL_OK;
    }
    if (changes->ledger) {
        return look_at_ledger(txn, index, out, detail);
    }
    bool critical = entry_body_critical(out->entry.body_type);
    if (!(critical ? take_move(&out->entry, out)
                   : take_statement(&out->entry, out)) ||
        !is_wanted(changes, out->kind) ||
        !is_of_key(changes, out->kind, &out->key)) {
        return HL_OK;
    }
    bool invalid = false, found = false;
    hl_err err = projection_is_invalid(txn, out->journal.number, index,
                                       &invalid, detail);
    if (err == HL_OK && !invalid) {
        err = record_find(txn, out->journal.number, out->kind, &out->key,
                          &out->row, &found, detail);
    }
    if (err == HL_OK && found && out->kind->homed) {
        err = record_home_of(txn, out->kind, out->origin, &out->row, &out->at,
                             detail);
    }
    /* Without a row the entry had no effect. */
    out->found = err == HL_OK && found;
    return err;
}

/* --- The journals. ------------------------------------------------------- */

static hl_err fail_cut(struct bytes origin, uint64_t seen,
                       struct hl_detail *detail)
{
    return hl_fail(detail, HL_EAHEAD,
                   "%.*s was cut back, and up to %llu entries of it are known "
                   "to the caller: what stands in their place would be missed; "
                   "List anew",
                   BYTES_ARGS(origin), (unsigned long long)seen);
}

/* The journal of `out`, from what was seen of it on; without a walk, where that
 * is all of it. */
static hl_err enter(struct changes *changes, struct store_txn *txn,
                    const struct change *out, struct hl_detail *detail)
{
    struct position from = positions_get(&changes->seen, out->origin);
    struct changes_here *here = &changes->here;
    struct half half;
    struct sync_cuts cuts;
    hl_err err = sync_store_cuts(txn, out->journal.number, from.cuts, from.size,
                                 &cuts, detail);
    if (err == HL_OK &&
        (cuts.missed || from.size > out->journal.frontier.size)) {
        return fail_cut(out->origin, from.size, detail);
    }
    if (err == HL_OK) {
        err = projection_half(txn, out->journal.number, &half, detail);
    }
    if (err != HL_OK || from.size >= half.size) {
        return err;
    }
    here->journal = out->journal;
    here->at = from.size;
    here->end = half.size;
    here->cuts = cuts.count;
    snprintf(here->origin, sizeof(here->origin), "%.*s",
             BYTES_ARGS(out->origin));
    return journal_walk_open(txn, &out->journal, from.size, &here->walk,
                             detail);
}

static void leave(struct changes *changes)
{
    journal_walk_close(&changes->here.walk);
}

void changes_rest(struct changes *changes)
{
    leave(changes);
    changes->looked = 0;
}

/* Goes on in the journal that was entered, until there is something to say. */
static hl_err go_on(struct changes *changes, struct store_txn *txn,
                    struct change *out, struct hl_detail *detail)
{
    struct changes_here *here = &changes->here;
    hl_err err = HL_OK;
    out->origin = bytes_of_text(here->origin);
    out->journal = here->journal;
    while (err == HL_OK && !out->found && here->at < here->end &&
           changes->looked < SCAN_ENTRIES) {
        struct bytes raw;
        err = journal_walk_next(here->walk, &raw, detail);
        if (err == HL_OK) {
            err = look_at(changes, txn, here->at, raw, out, detail);
        }
        here->at++;
        changes->looked++;
    }
    if (err == HL_OK) {
        positions_set(&changes->seen, out->origin, here->at, here->cuts);
        out->more = here->at < here->end;
    }
    if (err != HL_OK || !out->more) {
        leave(changes);
    }
    return err;
}

/* Where the last one was found; one journal has many in a row, and the others
 * are not asked before each. */
static hl_err enter_last(struct changes *changes, struct store_txn *txn,
                         struct hl_detail *detail)
{
    bool found = false;
    char name[sizeof(changes->here.origin)];
    memcpy(name, changes->here.origin, sizeof(name));
    struct change last = {.origin = bytes_of_text(name)};
    hl_err err = journal_find(txn, last.origin, &last.journal, &found, detail);
    return err == HL_OK && found ? enter(changes, txn, &last, detail) : err;
}

/* The first journal of which not all was seen. */
static hl_err enter_next(struct changes *changes, struct store_txn *txn,
                         struct hl_detail *detail)
{
    struct change next = {0};
    hl_err err = HL_OK;
    while (err == HL_OK && changes->here.walk == NULL) {
        struct bytes name;
        err =
            journal_next_origin(txn, next.origin, &name, &next.journal, detail);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        next.origin = name;
        err = enter(changes, txn, &next, detail);
    }
    return err;
}

hl_err changes_next(struct changes *changes, struct store_txn *txn,
                    struct change *out, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *out = (struct change){0};
    if (changes->here.walk == NULL) {
        err = enter_last(changes, txn, detail);
    }
    while (err == HL_OK && !out->found && changes->looked < SCAN_ENTRIES) {
        if (changes->here.walk == NULL) {
            err = enter_next(changes, txn, detail);
        }
        if (err != HL_OK || changes->here.walk == NULL) {
            break;
        }
        err = go_on(changes, txn, out, detail);
    }
    out->more = out->more || changes->looked >= SCAN_ENTRIES;
    return err;
}

hl_err changes_from(struct changes *changes, struct store_txn *txn,
                    struct bytes token, struct hl_detail *detail)
{
    struct positions now = {0};
    hl_err err = positions_read(token, &changes->seen, detail);
    if (err == HL_OK) {
        err = positions_now(txn, &now, detail);
    }
    for (size_t i = 0; err == HL_OK && i < changes->seen.count; i++) {
        const struct position *item = &changes->seen.items[i];
        uint64_t size = positions_get(&now, bytes_of_text(item->origin)).size;
        if (item->size > size) {
            err = hl_fail(detail, HL_EAHEAD,
                          "token: %s is known to it up to %llu, and to this "
                          "node up to %llu: ask the node that gave it, or "
                          "List anew",
                          item->origin, (unsigned long long)item->size,
                          (unsigned long long)size);
        }
    }
    positions_fini(&now);
    return err;
}

hl_err changes_behind(struct store_txn *txn, bool *behind,
                      struct hl_detail *detail)
{
    struct bytes after = {0};
    *behind = false;
    while (!*behind) {
        struct journal journal;
        struct bytes name;
        struct half half;
        uint64_t size = 0;
        hl_err err = journal_next_origin(txn, after, &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            return err;
        }
        err = projection_half(txn, journal.number, &half, detail);
        if (err == HL_OK) {
            err = journal_known_size(txn, &journal, &size, detail);
        }
        if (err != HL_OK) {
            return err;
        }
        *behind = half.size < size && !half.paused;
        after = name;
    }
    return HL_OK;
}
