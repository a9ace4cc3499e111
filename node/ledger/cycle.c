/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/cycle.h"

#include <assert.h>
#include <string.h>

#include "heluo/v1/cycle.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/ledger/netting.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"

enum {
    NODE_MAX_BYTES = 63,
    TEXT_MAX_BYTES = 500,
    REFERENCE_MAX_BYTES = 100,
};

#define SAME(ours, theirs)                                                     \
    static_assert((int)(ours) == (int)HELUO__V1__##theirs, "as in "            \
                                                           "cycle.proto")
SAME(CYCLE_FINAL, CYCLE_STATE__CYCLE_STATE_FINAL);
SAME(CYCLE_ABORTED, CYCLE_STATE__CYCLE_STATE_ABORTED);
SAME(CYCLE_APPROVED, CYCLE_ANSWER__CYCLE_ANSWER_APPROVED);
SAME(CYCLE_REJECTED, CYCLE_ANSWER__CYCLE_ANSWER_REJECTED);
SAME(CYCLE_BUSY, CYCLE_REASON__CYCLE_REASON_BUSY);
SAME(CYCLE_PAUSED, CYCLE_REASON__CYCLE_REASON_PAUSED);
SAME(CYCLE_WRONG, CYCLE_REASON__CYCLE_REASON_WRONG);
SAME(CYCLE_LIMIT, CYCLE_REASON__CYCLE_REASON_LIMIT);
SAME(CYCLE_PERSON, CYCLE_REASON__CYCLE_REASON_PERSON);

#define OF(type, prefix, number_, name_, kind_, min_, max_, key_, rule_)       \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = (kind_),                  \
        .offset = offsetof(struct type, prefix name_), .min = (min_),          \
        .max = (max_), .key = (key_), .validate = (rule_)                      \
    }
#define PLAIN(type, number, name, kind, min, max, rule)                        \
    OF(type, , number, name, kind, min, max, false, rule)
#define NODE(type, number, name, min)                                          \
    PLAIN(type, number, name, FIELD_TEXT, min, NODE_MAX_BYTES, rule_node)
#define UINT(type, prefix, number, name)                                       \
    OF(type, prefix, number, name, FIELD_UINT, 0, INT64_MAX, false, NULL)
#define PLACE(type, number, name)                                              \
    PLAIN(type, number, name, FIELD_UINT, 0, CYCLE_PLACES_MAX - 1, NULL)
#define DIGEST(type, prefix, number, name, min)                                \
    OF(type, prefix, number, name, FIELD_BYTES, min, HL_HASH_BYTES, false,     \
       rule_digest)
#define LINE(type, number, name, min, max)                                     \
    ROW_NAME(type, number, name, min, max)
#define DAY(type, prefix, number, name, min, rule)                             \
    OF(type, prefix, number, name, FIELD_TEXT, min, 10, false, rule)

static hl_err rule_node(struct bytes text, struct hl_detail *detail)
{
    return text.size == 0 ? HL_OK : rule_home(text, detail);
}

static hl_err rule_day(struct bytes text, struct hl_detail *detail)
{
    return text.size == 0 ? HL_OK : rule_date(text, detail);
}

/* None, or all of it. */
static hl_err rule_digest(struct bytes bytes, struct hl_detail *detail)
{
    return bytes.size == 0 || bytes.size == HL_HASH_BYTES
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "%zu bytes, and a SHA-256 has 32", bytes.size);
}

#define TYPE(number_, name_, struct_, fields_, schema_, validate_)             \
    {                                                                          \
        .number = (number_), .name = (name_), .size = sizeof(struct struct_),  \
        .fields = (fields_),                                                   \
        .field_count = sizeof(fields_) / sizeof((fields_)[0]),                 \
        .schema = &heluo__v1__##schema_##__descriptor, .validate = (validate_) \
    }

/* --- Items of lists. ----------------------------------------------------- */

#define TRANSFER_KEY(type, prefix, key_)                                       \
    OF(type, prefix, 1, proposer, FIELD_TEXT, 1, NODE_MAX_BYTES, key_,         \
       rule_home),                                                             \
        OF(type, prefix, 2, index, FIELD_UINT, 0, INT64_MAX, key_, NULL),      \
        OF(type, prefix, 3, transfer, FIELD_UINT, 0, CYCLE_PLACES_MAX - 1,     \
           key_, NULL)

static const struct field place_fields[] = {
    NODE(cycle_place, 1, node, 1),
    UINT(cycle_place, , 2, size),
    DIGEST(cycle_place, , 3, root, 0),
    PLAIN(cycle_place, 4, takes_part, FIELD_UINT, 0, 1, NULL),
    PLAIN(cycle_place, 5, ended, FIELD_UINT, 0, 1, NULL),
    UINT(cycle_place, , 6, ended_at),
};

static const struct field stop_fields[] = {
    PLACE(cycle_stop, 1, provider),
    PLACE(cycle_stop, 2, issuer),
    UINT(cycle_stop, , 3, index),
};

static const struct field item_fields[] = {
    TRANSFER_KEY(cycle_item, key., false),
    PLACE(cycle_item, 4, from),
    PLACE(cycle_item, 5, to),
    PLAIN(cycle_item, 6, amount_fen, FIELD_UINT, 1, INT64_MAX, NULL),
};

static const struct field net_fields[] = {
    PLACE(cycle_net, 1, place),
    UINT(cycle_net, , 2, gets_fen),
    UINT(cycle_net, , 3, pays_fen),
};

static const struct field transfer_fields[] = {
    PLACE(cycle_transfer, 1, from),
    PLACE(cycle_transfer, 2, to),
    PLAIN(cycle_transfer, 3, amount_fen, FIELD_UINT, 1, INT64_MAX, NULL),
};

static const struct field vote_fields[] = {
    UINT(cycle_vote, , 1, index),
    DIGEST(cycle_vote, , 2, leaf, HL_HASH_BYTES),
};

static hl_err validate_place(const void *record, struct hl_detail *detail)
{
    const struct cycle_place *place = record;
    if (place->ended == 0 && place->ended_at != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field ended_at: its role is not ended");
    }
    return (place->size > 0) != (place->root.size > 0)
               ? hl_fail(detail, HL_EMALFORMED,
                         "field root: what has a size has a root")
               : HL_OK;
}

static const struct record_type place_record = TYPE(
    0, "cycle_place", cycle_place, place_fields, cycle_place, validate_place);
static const struct record_type stop_record =
    TYPE(0, "cycle_stop", cycle_stop, stop_fields, cycle_stop, NULL);
static const struct record_type item_record =
    TYPE(0, "cycle_item", cycle_item, item_fields, cycle_item, NULL);
static const struct record_type net_record =
    TYPE(0, "cycle_net", cycle_net, net_fields, cycle_net, NULL);
static const struct record_type transfer_item_record = TYPE(
    0, "cycle_transfer", cycle_transfer, transfer_fields, cycle_transfer, NULL);
static const struct record_type vote_record =
    TYPE(0, "cycle_vote", cycle_vote, vote_fields, cycle_vote, NULL);

/* --- Bodies. ------------------------------------------------------------- */

#define LIST(type, prefix, number_, name_, min_, max_, items_)                 \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = FIELD_LIST,               \
        .offset = offsetof(struct type, prefix name_), .min = (min_),          \
        .max = (max_), .items = (items_)                                       \
    }
/* Of a row that did not propose all of it is empty. */
#define PROPOSAL(type, prefix, least, hash_min, day_min, day_rule)             \
    UINT(type, prefix, 3, charter),                                            \
        LIST(type, prefix, 4, places, 2 * (least), CYCLE_PLACES_MAX,           \
             &place_record),                                                   \
        LIST(type, prefix, 5, stops, 0, CYCLE_STOPS_MAX, &stop_record),        \
        LIST(type, prefix, 6, items, 0, CYCLE_ITEMS_MAX, &item_record),        \
        LIST(type, prefix, 7, nets, 2 * (least), CYCLE_PLACES_MAX,             \
             &net_record),                                                     \
        LIST(type, prefix, 8, transfers, 0, CYCLE_PLACES_MAX,                  \
             &transfer_item_record),                                           \
        OF(type, prefix, 9, count, FIELD_UINT, least, INT64_MAX, false, NULL), \
        OF(type, prefix, 10, gross_fen, FIELD_UINT, least, INT64_MAX, false,   \
           NULL),                                                              \
        DIGEST(type, prefix, 11, digest, hash_min),                            \
        UINT(type, prefix, 12, answer_by_ms),                                  \
        DAY(type, prefix, 13, pay_by, day_min, day_rule)

static const struct field proposal_fields[] = {
    PROPOSAL(cycle_proposal, , 1, HL_HASH_BYTES, 10, rule_date),
    DAY(cycle_proposal, , 22, day, 10, rule_date),
};

#define CYCLE_KEY(type, key_)                                                  \
    OF(type, key., 1, proposer, FIELD_TEXT, 1, NODE_MAX_BYTES, key_,           \
       rule_home),                                                             \
        OF(type, key., 2, index, FIELD_UINT, 0, INT64_MAX, key_, NULL)

static const struct field approval_fields[] = {
    CYCLE_KEY(cycle_approval, true),
    UINT(cycle_approval, , 3, closed_index),
    DIGEST(cycle_approval, , 4, closed_leaf, 0),
};

static const struct field rejection_fields[] = {
    CYCLE_KEY(cycle_rejection, true),
    PLAIN(cycle_rejection, 3, reason, FIELD_UINT, CYCLE_BUSY, CYCLE_PERSON,
          NULL),
    LINE(cycle_rejection, 4, text, 0, TEXT_MAX_BYTES),
    NODE(cycle_rejection, 5, paused, 0),
    UINT(cycle_rejection, , 6, paused_at),
};

static const struct field final_fields[] = {
    UINT(cycle_final, , 2, index),
    LIST(cycle_final, , 20, votes, 2, CYCLE_PLACES_MAX, &vote_record),
};

static const struct field abort_fields[] = {
    UINT(cycle_abort, , 2, index),
    LINE(cycle_abort, 3, reason, 1, TEXT_MAX_BYTES),
};

static const struct field sent_fields[] = {
    TRANSFER_KEY(payment_sent, key., true),
    LINE(payment_sent, 4, reference, 1, REFERENCE_MAX_BYTES),
    DAY(payment_sent, , 5, day, 10, rule_date),
};

static const struct field received_fields[] = {
    TRANSFER_KEY(payment_received, key., true),
    NODE(payment_received, 4, payer, 1),
    PLAIN(payment_received, 5, amount_fen, FIELD_UINT, 1, INT64_MAX, NULL),
    LINE(payment_received, 6, reference, 0, REFERENCE_MAX_BYTES),
    DAY(payment_received, , 7, day, 10, rule_date),
};

/* --- What a proposal says of itself. ------------------------------------- */

static hl_err validate_places(const struct cycle_lists *lists,
                              struct hl_detail *detail)
{
    size_t parts = 0;
    for (size_t i = 0; i < lists->place_count; i++) {
        if (i > 0 && bytes_compare(lists->places[i - 1].node,
                                   lists->places[i].node) >= 0) {
            return hl_fail(detail, HL_EMALFORMED,
                           "field places: not by node, each once");
        }
        parts += lists->places[i].takes_part;
    }
    return parts >= 2 ? HL_OK
                      : hl_fail(detail, HL_EMALFORMED,
                                "field places: two nodes take part at least");
}

static bool takes_part(const struct cycle_lists *lists, uint64_t place)
{
    return place < lists->place_count && lists->places[place].takes_part != 0;
}

static hl_err validate_stops(const struct cycle_lists *lists,
                             struct hl_detail *detail)
{
    for (size_t i = 0; i < lists->stop_count; i++) {
        const struct cycle_stop *stop = &lists->stops[i];
        const struct cycle_stop *last = i > 0 ? stop - 1 : NULL;
        bool ascends =
            last == NULL || last->provider < stop->provider ||
            (last->provider == stop->provider && last->issuer < stop->issuer);
        if (!ascends || stop->provider == stop->issuer ||
            !takes_part(lists, stop->provider) ||
            !takes_part(lists, stop->issuer) ||
            stop->index >= lists->places[stop->provider].size) {
            return hl_fail(detail, HL_EMALFORMED,
                           "field stops: not of two that take part, by "
                           "provider and issuer, below the cut");
        }
    }
    return HL_OK;
}

static bool is_party(const struct cycle_lists *lists, uint64_t place)
{
    size_t i = 0;
    while (i < lists->net_count && lists->nets[i].place != place) {
        i++;
    }
    return i < lists->net_count;
}

/* Both sides have it counted anew: they are parties. */
static hl_err validate_items(const struct cycle_lists *lists,
                             struct hl_detail *detail)
{
    for (size_t i = 0; i < lists->item_count; i++) {
        const struct cycle_item *item = &lists->items[i];
        bool ascends =
            i == 0 || transfer_key_compare(&item[-1].key, &item->key) < 0;
        if (!ascends || item->from == item->to ||
            !is_party(lists, item->from) || !is_party(lists, item->to)) {
            return hl_fail(detail, HL_EMALFORMED,
                           "field items: not of two parties, in order, each "
                           "once");
        }
    }
    return HL_OK;
}

/* Both sides of all nets: at most what is counted, so that no sum overflows. */
static hl_err validate_nets(const struct cycle_lists *lists, uint64_t gross_fen,
                            struct hl_detail *detail)
{
    uint64_t gets = 0, pays = 0;
    for (size_t i = 0; i < lists->net_count; i++) {
        const struct cycle_net *net = &lists->nets[i];
        if ((i > 0 && lists->nets[i - 1].place >= net->place) ||
            !takes_part(lists, net->place) ||
            (net->gets_fen > 0 && net->pays_fen > 0)) {
            return hl_fail(detail, HL_EMALFORMED,
                           "field nets: not of those that take part, by "
                           "place, of one side each");
        }
        if (net->gets_fen > gross_fen - gets ||
            net->pays_fen > gross_fen - pays) {
            return hl_fail(detail, HL_EMALFORMED,
                           "field nets: more than is counted");
        }
        gets += net->gets_fen;
        pays += net->pays_fen;
    }
    return gets == pays ? HL_OK
                        : hl_fail(detail, HL_EMALFORMED,
                                  "field nets: they do not sum up to zero");
}

static hl_err validate_transfers(const struct cycle_lists *lists,
                                 struct hl_detail *detail)
{
    struct cycle_transfer *made =
        hl_alloc(lists->net_count, sizeof(struct cycle_transfer));
    size_t count = netting_transfers(lists->nets, lists->net_count, made);
    bool same = count == lists->transfer_count;
    for (size_t i = 0; same && i < count; i++) {
        const struct cycle_transfer *theirs = &lists->transfers[i];
        same = made[i].from == theirs->from && made[i].to == theirs->to &&
               made[i].amount_fen == theirs->amount_fen;
    }
    hl_free(made);
    return same ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "field transfers: not those that the nets make");
}

static hl_err validate_proposal(const void *record, struct hl_detail *detail)
{
    const struct cycle_proposal *proposal = record;
    struct cycle_lists lists;
    cycle_read(proposal, &lists);
    hl_err err = validate_places(&lists, detail);
    if (err == HL_OK) {
        err = validate_stops(&lists, detail);
    }
    if (err == HL_OK) {
        err = validate_items(&lists, detail);
    }
    if (err == HL_OK) {
        err = validate_nets(&lists, proposal->gross_fen, detail);
    }
    if (err == HL_OK) {
        err = validate_transfers(&lists, detail);
    }
    cycle_lists_fini(&lists);
    return err;
}

static hl_err validate_approval(const void *record, struct hl_detail *detail)
{
    const struct cycle_approval *approval = record;
    return approval->closed_leaf.size == 0 && approval->closed_index != 0
               ? hl_fail(detail, HL_EMALFORMED,
                         "field closed_leaf: an entry has a leaf hash")
               : HL_OK;
}

static hl_err validate_rejection(const void *record, struct hl_detail *detail)
{
    const struct cycle_rejection *rejection = record;
    bool paused = rejection->reason == CYCLE_PAUSED;
    return paused != (rejection->paused.size > 0) ||
                   (!paused && rejection->paused_at != 0)
               ? hl_fail(detail, HL_EMALFORMED,
                         "field paused: what is paused has a journal")
               : HL_OK;
}

const struct record_type cycle_proposing =
    TYPE(0, "cycle_proposal", cycle_proposal, proposal_fields, cycle_proposal,
         validate_proposal);
const struct record_type cycle_approving =
    TYPE(0, "cycle_approval", cycle_approval, approval_fields, cycle_approval,
         validate_approval);
const struct record_type cycle_rejecting =
    TYPE(0, "cycle_rejection", cycle_rejection, rejection_fields,
         cycle_rejection, validate_rejection);
const struct record_type cycle_finishing =
    TYPE(0, "cycle_final", cycle_final, final_fields, cycle_final, NULL);
const struct record_type cycle_aborting =
    TYPE(0, "cycle_abort", cycle_abort, abort_fields, cycle_abort, NULL);
const struct record_type payment_sending =
    TYPE(0, "payment_sent", payment_sent, sent_fields, payment_sent, NULL);
const struct record_type payment_receiving =
    TYPE(0, "payment_received", payment_received, received_fields,
         payment_received, NULL);

/* --- Rows. --------------------------------------------------------------- */

#define ANY_TEXT(type, prefix, number, name, max)                              \
    OF(type, prefix, number, name, FIELD_TEXT, 0, max, false, NULL)
#define ANY_NODE(type, prefix, number, name)                                   \
    ANY_TEXT(type, prefix, number, name, NODE_MAX_BYTES)

static const struct field cycle_fields[] = {
    CYCLE_KEY(cycle, true),
    PROPOSAL(cycle, of., 0, 0, 0, rule_day),
    UINT(cycle, , 14, proposed_at_ms),
    DIGEST(cycle, , 15, leaf, 0),
    UINT(cycle, , 16, state),
    UINT(cycle, , 17, decided_index),
    DIGEST(cycle, , 18, decided_leaf, 0),
    UINT(cycle, , 19, decided_at_ms),
    LIST(cycle, , 20, votes, 0, CYCLE_PLACES_MAX, &vote_record),
    ANY_TEXT(cycle, , 21, reason, TEXT_MAX_BYTES),
    DAY(cycle, of., 22, day, 0, rule_day),
    UINT(cycle, , 30, answer),
    UINT(cycle, , 31, answer_index),
    DIGEST(cycle, , 32, answer_leaf, 0),
    UINT(cycle, , 33, answer_at_ms),
    DIGEST(cycle, , 34, proposal_leaf, 0),
    UINT(cycle, , 35, closed_index),
    DIGEST(cycle, , 36, closed_leaf, 0),
    UINT(cycle, , 37, rejection),
    ANY_TEXT(cycle, , 38, text, TEXT_MAX_BYTES),
    ANY_NODE(cycle, , 39, paused),
    UINT(cycle, , 40, paused_at),
    {.number = 41,
     .name = "closed_proposer",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct cycle, closed.proposer),
     .max = NODE_MAX_BYTES},
    {.number = 42,
     .name = "closed_proposal",
     .kind = FIELD_UINT,
     .offset = offsetof(struct cycle, closed.index),
     .max = INT64_MAX},
};

static const struct field standing_fields[] = {
    OF(cycle_standing, , 1, number, FIELD_UINT, CYCLE_STANDING_APPROVED,
       CYCLE_STANDING_LAST, true, NULL),
    OF(cycle_standing, of., 2, proposer, FIELD_TEXT, 1, NODE_MAX_BYTES, false,
       rule_home),
    UINT(cycle_standing, of., 3, index),
};

static const struct field transfer_row_fields[] = {
    TRANSFER_KEY(transfer, key., true),
    UINT(transfer, , 4, sent_index),
    DIGEST(transfer, , 5, sent_leaf, 0),
    ANY_TEXT(transfer, , 6, sent_reference, REFERENCE_MAX_BYTES),
    DAY(transfer, , 7, sent_day, 0, rule_day),
    ANY_NODE(transfer, , 8, payer),
    UINT(transfer, , 9, received_index),
    DIGEST(transfer, , 10, received_leaf, 0),
    UINT(transfer, , 11, received_fen),
    ANY_TEXT(transfer, , 12, received_reference, REFERENCE_MAX_BYTES),
    DAY(transfer, , 13, received_day, 0, rule_day),
    UINT(transfer, , 14, sent_final),
    UINT(transfer, , 15, received_final),
};

static const struct field payment_fields[] = {
    OF(payment, , 1, payer, FIELD_TEXT, 1, NODE_MAX_BYTES, true, rule_home),
    OF(payment, , 2, received_index, FIELD_UINT, 0, INT64_MAX, true, NULL),
    UINT(payment, , 3, amount_fen),
    OF(payment, of., 4, proposer, FIELD_TEXT, 1, NODE_MAX_BYTES, false,
       rule_home),
    UINT(payment, of., 5, index),
    UINT(payment, of., 6, transfer),
};

const struct record_type cycle_record =
    TYPE(23, "cycle", cycle, cycle_fields, cycle_row, NULL);
const struct record_type cycle_standing_record =
    TYPE(24, "cycle_standing", cycle_standing, standing_fields,
         cycle_standing_row, NULL);
const struct record_type transfer_record =
    TYPE(25, "transfer", transfer, transfer_row_fields, transfer_row, NULL);
const struct record_type payment_record =
    TYPE(26, "payment", payment, payment_fields, payment_row, NULL);

/* --- Lists, read. -------------------------------------------------------- */

enum { PLACES = 1, STOPS, ITEMS, NETS, TRANSFERS }; /* in proposal_fields */

/* The items of a list as an array of them. */
static void *read_list(const struct field *field, struct bytes value,
                       size_t *count)
{
    struct record_list list;
    union record_room item;
    size_t size = field->items->size, capacity = 0;
    uint8_t *items = NULL;
    *count = 0;
    record_list_init(&list, field, value);
    while (record_list_next(&list, &item)) {
        if (*count == capacity) {
            capacity = capacity == 0 ? 8 : 2 * capacity;
            items = hl_realloc(items, capacity, size);
        }
        memcpy(items + *count * size, &item, size);
        ++*count;
    }
    return items;
}

void cycle_read(const struct cycle_proposal *proposal, struct cycle_lists *out)
{
    const struct field *fields = proposal_fields;
    out->places =
        read_list(&fields[PLACES], proposal->places, &out->place_count);
    out->stops = read_list(&fields[STOPS], proposal->stops, &out->stop_count);
    out->items = read_list(&fields[ITEMS], proposal->items, &out->item_count);
    out->nets = read_list(&fields[NETS], proposal->nets, &out->net_count);
    out->transfers = read_list(&fields[TRANSFERS], proposal->transfers,
                               &out->transfer_count);
}

void cycle_lists_fini(struct cycle_lists *lists)
{
    hl_free(lists->places);
    hl_free(lists->stops);
    hl_free(lists->items);
    hl_free(lists->nets);
    hl_free(lists->transfers);
    *lists = (struct cycle_lists){0};
}

static struct bytes write_list(const struct field *field, const void *items,
                               size_t count, struct writer *room)
{
    writer_clear(room);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *item = (const uint8_t *)items + i * field->items->size;
        record_list_add(field, item, room);
    }
    return writer_view(room);
}

void cycle_write(const struct cycle_lists *lists, struct cycle_rooms *rooms,
                 struct cycle_proposal *out)
{
    const struct field *fields = proposal_fields;
    out->places = write_list(&fields[PLACES], lists->places, lists->place_count,
                             &rooms->places);
    out->stops = write_list(&fields[STOPS], lists->stops, lists->stop_count,
                            &rooms->stops);
    out->items = write_list(&fields[ITEMS], lists->items, lists->item_count,
                            &rooms->items);
    out->nets =
        write_list(&fields[NETS], lists->nets, lists->net_count, &rooms->nets);
    out->transfers = write_list(&fields[TRANSFERS], lists->transfers,
                                lists->transfer_count, &rooms->transfers);
}

void cycle_rooms_fini(struct cycle_rooms *rooms)
{
    writer_fini(&rooms->places);
    writer_fini(&rooms->stops);
    writer_fini(&rooms->items);
    writer_fini(&rooms->nets);
    writer_fini(&rooms->transfers);
}

void cycle_read_votes(struct bytes votes, struct cycle_votes *out)
{
    out->items = read_list(&final_fields[1], votes, &out->count);
}

void cycle_votes_fini(struct cycle_votes *votes)
{
    hl_free(votes->items);
    *votes = (struct cycle_votes){0};
}

void cycle_add_vote(const struct cycle_vote *vote, struct writer *out)
{
    record_list_add(&final_fields[1], vote, out);
}

bool cycle_find_place(const struct cycle_lists *lists, struct bytes node,
                      size_t *place)
{
    size_t low = 0, high = lists->place_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(lists->places[middle].node, node);
        if (order == 0) {
            *place = middle;
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

int transfer_key_compare(const struct transfer_key *a,
                         const struct transfer_key *b)
{
    int order = bytes_compare(a->proposer, b->proposer);
    if (order == 0) {
        order = (a->index > b->index) - (a->index < b->index);
    }
    return order != 0
               ? order
               : (a->transfer > b->transfer) - (a->transfer < b->transfer);
}

bool cycle_is_proposed(const struct cycle *cycle)
{
    return cycle->leaf.size > 0;
}

bool cycle_is_vote(const struct cycle *answer, const struct cycle *proposed,
                   const struct cycle_vote *vote)
{
    return answer->answer == CYCLE_APPROVED &&
           answer->answer_index == vote->index &&
           bytes_equal(answer->answer_leaf, vote->leaf) &&
           bytes_equal(answer->proposal_leaf, proposed->leaf);
}
