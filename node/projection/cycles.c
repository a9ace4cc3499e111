/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/cycles.h"

hl_err cycles_half(struct store_txn *txn, struct bytes alliance,
                   struct bytes node, uint32_t *number, bool *found,
                   struct hl_detail *detail)
{
    struct writer origin = {0};
    struct journal journal;
    writer_bytes(&origin, alliance);
    writer_bytes(&origin, node);
    hl_err err =
        journal_find(txn, writer_view(&origin), &journal, found, detail);
    if (err == HL_OK && *found) {
        *number = journal.number;
    }
    writer_fini(&origin);
    return err;
}

/* The row whose key fields the record has; fills in the rest. */
static hl_err find_row(struct store_txn *txn, uint32_t number,
                       const struct record_type *type, void *record,
                       bool *found, struct hl_detail *detail)
{
    struct writer key = {0};
    struct row row;
    record_key(type, record, &key);
    hl_err err = projection_get(txn, type, number, writer_view(&key), &row,
                                found, detail);
    writer_fini(&key);
    if (err == HL_OK && *found) {
        record_decode(type, row.record, record);
    }
    return err;
}

hl_err cycles_row(struct store_txn *txn, uint32_t number,
                  const struct cycle_key *key, struct cycle *out, bool *found,
                  struct hl_detail *detail)
{
    *out = (struct cycle){.key = *key};
    return find_row(txn, number, &cycle_record, out, found, detail);
}

hl_err cycles_find(struct store_txn *txn, struct bytes alliance,
                   const struct cycle_key *key, struct cycle *out, bool *found,
                   struct hl_detail *detail)
{
    uint32_t number = 0;
    hl_err err =
        cycles_half(txn, alliance, key->proposer, &number, found, detail);
    if (err == HL_OK && *found) {
        err = cycles_row(txn, number, key, out, found, detail);
    }
    *found = err == HL_OK && *found && cycle_is_proposed(out);
    return err;
}

hl_err cycles_answer(struct store_txn *txn, struct bytes alliance,
                     struct bytes node, const struct cycle_key *key,
                     struct cycle *out, struct hl_detail *detail)
{
    uint32_t number = 0;
    bool found = false;
    *out = (struct cycle){0};
    hl_err err = cycles_half(txn, alliance, node, &number, &found, detail);
    if (err == HL_OK && found) {
        err = cycles_row(txn, number, key, out, &found, detail);
    }
    return err;
}

hl_err cycles_transfer(struct store_txn *txn, struct bytes alliance,
                       struct bytes node, const struct transfer_key *key,
                       struct transfer *out, struct hl_detail *detail)
{
    uint32_t number = 0;
    bool found = false;
    *out = (struct transfer){.key = *key};
    hl_err err = cycles_half(txn, alliance, node, &number, &found, detail);
    return err == HL_OK && found
               ? find_row(txn, number, &transfer_record, out, &found, detail)
               : err;
}

hl_err cycles_standing(struct store_txn *txn, uint32_t number, uint64_t which,
                       struct cycle_key *out, bool *found,
                       struct hl_detail *detail)
{
    struct cycle_standing standing = {.number = which};
    hl_err err =
        find_row(txn, number, &cycle_standing_record, &standing, found, detail);
    *out = standing.of;
    return err;
}

/* --- Effect. ------------------------------------------------------------- */

/* *shown: the entry of the party's that says so. Who answered otherwise has
 * answered for good. */
static hl_err check_vote(struct store_txn *txn, struct bytes alliance,
                         const struct cycle *cycle, struct bytes party,
                         const struct cycle_vote *vote, enum cycle_effect *out,
                         uint64_t *shown, struct hl_detail *detail)
{
    struct half half = {0};
    struct cycle answer = {0};
    uint32_t number = 0;
    bool found = false;
    *out = CYCLE_MISSING;
    *shown = vote->index;
    hl_err err = cycles_half(txn, alliance, party, &number, &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    err = projection_half(txn, number, &half, detail);
    if (err == HL_OK) {
        err = cycles_row(txn, number, &cycle->key, &answer, &found, detail);
    }
    bool answered = answer.answer != CYCLE_UNANSWERED;
    if (err == HL_OK && (answered || half.size > vote->index)) {
        *out =
            cycle_is_vote(&answer, cycle, vote) ? CYCLE_EFFECTIVE : CYCLE_VOID;
    }
    if (answered && answer.answer_index < vote->index) {
        *shown = answer.answer_index;
    }
    return err;
}

hl_err cycles_effect(struct store_txn *txn, struct bytes alliance,
                     const struct cycle *cycle, const struct cycle_lists *cut,
                     enum cycle_effect *out, struct hl_detail *detail)
{
    struct cycle_lists lists;
    struct cycle_votes votes;
    hl_err err = HL_OK;
    *out = CYCLE_EFFECTIVE;
    cycle_read(&cycle->of, &lists);
    cycle_read_votes(cycle->votes, &votes);
    for (size_t i = 0; err == HL_OK && i < votes.count && *out != CYCLE_VOID;
         i++) {
        struct bytes party = lists.places[lists.nets[i].place].node;
        enum cycle_effect one = CYCLE_EFFECTIVE;
        uint64_t shown = 0;
        size_t place = 0;
        err = check_vote(txn, alliance, cycle, party, &votes.items[i], &one,
                         &shown, detail);
        bool below = cut == NULL || (cycle_find_place(cut, party, &place) &&
                                     cut->places[place].size > shown);
        one = below ? one : CYCLE_MISSING;
        *out = one == CYCLE_EFFECTIVE ? *out : one;
    }
    cycle_votes_fini(&votes);
    cycle_lists_fini(&lists);
    return err;
}
