/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/audit_inside.h"

#include <inttypes.h>
#include <string.h>

#include "heluo/v1/voucher.pb-c.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "tests/sim/world.h"

const char *money_event_name(enum money_event event)
{
    static const char *const names[MONEY_EVENT_COUNT] = {
        [MONEY_SCHEMES] = "schemes",
        [MONEY_ISSUED] = "issued",
        [MONEY_ENDED] = "ended",
        [MONEY_EXPIRED] = "expired",
        [MONEY_PLACED] = "placed",
        [MONEY_REQUESTED] = "requested",
        [MONEY_GRANTED] = "granted",
        [MONEY_UNHELD] = "unheld",
        [MONEY_WITHDRAWN] = "withdrawn",
        [MONEY_ACCEPTED] = "accepted",
        [MONEY_DECLINED] = "declined",
        [MONEY_DELIVERED] = "delivered",
        [MONEY_CAPTURED] = "captured",
        [MONEY_OWED] = "owed",
        [MONEY_RELEASED] = "released",
        [MONEY_TIMED_OUT] = "timed-out",
        [MONEY_DENIED] = "denied",
        [MONEY_WAITS] = "waiting",
        [MONEY_HELD] = "held back",
        [MONEY_DISPUTED] = "disputed",
        [MONEY_RESOLVED] = "resolved",
        [MONEY_CONFIRMED] = "confirmed",
        [MONEY_CANCELLED] = "cancelled",
        [MONEY_ALLOTTED] = "allotted",
        [MONEY_SPENT] = "spent",
        [MONEY_CLOSED] = "closed",
        [MONEY_RETURNED] = "returned",
        [MONEY_UNSPENT] = "of the ended",
        [MONEY_ADJUSTED] = "adjusted",
        [MONEY_REVIEWED] = "reviewed",
        [MONEY_REFUSED] = "refused",
        [MONEY_REPEATED] = "repeated",
        [MONEY_UNSEALED] = "unsealed",
        [MONEY_LIES] = "lies",
        [MONEY_LIES_IN_VAIN] = "lies-in-vain",
        [MONEY_LIES_FOUND] = "lies-found",
        [MONEY_CYCLE_LIES_FOUND] = "cycle-lies-found",
        [MONEY_BREACHES_FOUND] = "breaches-found",
        [MONEY_COLLISIONS_FOUND] = "collisions-found",
        [MONEY_PROPOSED] = "proposed",
        [MONEY_FOLLOWED] = "followed",
        [MONEY_APPROVED] = "approved",
        [MONEY_REJECTED] = "rejected",
        [MONEY_PERSON_NO] = "said-no",
        [MONEY_REJECTED_TRUE] = "counted-otherwise",
        [MONEY_LATE] = "approved-late",
        [MONEY_FINAL] = "final",
        [MONEY_ABORTED] = "aborted",
        [MONEY_GAVE_WAY] = "gave-way",
        [MONEY_ABANDONED] = "abandoned",
        [MONEY_MID_QUARANTINE] = "quarantined-midway",
        [MONEY_MID_CHARTER] = "charter-midway",
        [MONEY_GIVEN_LATER] = "given-back-later",
        [MONEY_BENT_LEAVES_OUT] = "lies-of-less",
        [MONEY_BENT_NETS] = "lies-of-nets",
        [MONEY_BENT_ABOVE] = "lies-above-seals",
        [MONEY_BENT_AGAIN] = "lies-again",
        [MONEY_SENT] = "sent",
        [MONEY_RECEIVED] = "received",
        [MONEY_OVERDUE] = "overdue",
        [MONEY_REPAID] = "repaid",
        [MONEY_MIDNIGHTS] = "midnights",
    };
    return names[event];
}

/* --- Entries by leaf. ---------------------------------------------------- */

struct audit_entry *audit_slot(const struct audit *audit,
                               const struct hl_hash *leaf)
{
    uint64_t at = 0;
    memcpy(&at, leaf->bytes, sizeof(at));
    while (audit->slots[at % audit->capacity].raw.data != NULL &&
           !hash_equal(&audit->slots[at % audit->capacity].leaf, leaf)) {
        at++;
    }
    return &audit->slots[at % audit->capacity];
}

static void make_room(struct audit *audit)
{
    struct audit before = *audit;
    if (audit->capacity > audit->count * 2) {
        return;
    }
    audit->capacity = audit->capacity * 2 + 1024;
    audit->slots = hl_alloc(audit->capacity, sizeof(audit->slots[0]));
    for (size_t i = 0; i < before.capacity; i++) {
        if (before.slots[i].raw.data != NULL) {
            *audit_slot(audit, &before.slots[i].leaf) = before.slots[i];
        }
    }
    hl_free(before.slots);
}

static void keep(struct audit *audit, struct bytes raw,
                 const struct hl_hash *leaf)
{
    make_room(audit);
    struct audit_entry *slot = audit_slot(audit, leaf);
    if (slot->raw.data == NULL) {
        slot->leaf = *leaf;
        slot->raw = bytes_of(hl_copy(raw.data, raw.size), raw.size);
        audit->count++;
    }
}

void audit_init(struct audit *audit, struct world *world)
{
    *audit = (struct audit){.world = world};
    make_room(audit);
}

void audit_fini(struct audit *audit)
{
    for (size_t i = 0; i < audit->capacity; i++) {
        hl_free((void *)(uintptr_t)audit->slots[i].raw.data);
    }
    hl_free(audit->slots);
    audit_cycles_fini(audit);
    for (size_t city = 0; city < ALLIANCE_CITIES_MAX; city++) {
        for (size_t i = 0; i < TRUTH_BRANCHES_MAX; i++) {
            book_fini(&audit->books[city][i].book);
        }
    }
}

/* --- Books. -------------------------------------------------------------- */

static const char *read_next(const struct audit *audit, const struct branch *of,
                             struct book *book)
{
    const struct hl_hash *leaf = &of->leaves[book->size];
    const struct audit_entry *entry = audit_slot(audit, leaf);
    if (entry->raw.data == NULL) {
        book_pass(book);
        return NULL;
    }
    return book_enter(book, entry->raw, leaf);
}

static void begin_book(const struct audit *audit, size_t city,
                       struct book *book)
{
    const struct city *of = &audit->world->alliance.cities[city];
    struct bytes origin = bytes_of_text(of->origin);
    struct bytes node = origin_node(origin);
    book_init(book, node, bytes_slice(origin, 0, origin.size - node.size));
}

void audit_book_at(struct audit *audit, size_t city, size_t branch,
                   uint64_t size, struct book *out)
{
    const struct branch *of = &audit->world->truths[city].branches[branch];
    HL_ASSERT(size <= of->count);
    begin_book(audit, city, out);
    while (out->size < size) {
        (void)read_next(audit, of, out);
    }
}

/* Up to what stands, less `short_of`, as of which it is begun anew where the
 * journal was cut since. */
static struct book *book_short(struct audit *audit, size_t city, size_t branch,
                               uint64_t short_of)
{
    const struct truth *truth = &audit->world->truths[city];
    const struct branch *of = &truth->branches[branch];
    struct audit_book *kept = &audit->books[city][branch];
    if (kept->book.node.size == 0 || kept->epochs != truth->epochs ||
        kept->book.size > of->count) {
        book_fini(&kept->book);
        begin_book(audit, city, &kept->book);
        kept->epochs = truth->epochs;
    }
    while (kept->book.size + short_of < of->count) {
        (void)read_next(audit, of, &kept->book);
    }
    return &kept->book;
}

const struct book *audit_book(struct audit *audit, size_t city, size_t branch)
{
    return book_short(audit, city, branch, 0);
}

bool audit_trusts(const struct world *world, size_t city)
{
    return !world->crooked[city] && witness_trusts(world, city);
}

/* --- An entry. ----------------------------------------------------------- */

static const struct {
    uint32_t body;
    const struct record_type *type;
    enum money_event event;
} bodies[] = {
    {SCHEME_BODY_PUT, &scheme_record, MONEY_SCHEMES},
    {VOUCHER_BODY_ISSUE, &voucher_issuing, MONEY_ISSUED},
    {VOUCHER_BODY_END, &voucher_ending, MONEY_ENDED},
    {ORDER_BODY_PLACE, &order_placing, MONEY_PLACED},
    {ORDER_BODY_REQUEST, &order_requesting, MONEY_REQUESTED},
    {ORDER_BODY_HOLD_DENY, &order_hold_denying, MONEY_UNHELD},
    {ORDER_BODY_ACCEPT, &order_accepting, MONEY_ACCEPTED},
    {ORDER_BODY_DECLINE, &order_declining, MONEY_DECLINED},
    {ORDER_BODY_DELIVER, &order_delivering, MONEY_DELIVERED},
    {ORDER_BODY_RELEASE, &order_releasing, MONEY_RELEASED},
    {ORDER_BODY_CAPTURE, &order_capturing, MONEY_CAPTURED},
    {ORDER_BODY_DENY, &order_denying, MONEY_DENIED},
    {ORDER_BODY_WAIT, &order_waiting, MONEY_WAITS},
    {ORDER_BODY_DISPUTE, &order_disputing, MONEY_DISPUTED},
    {ORDER_BODY_RESOLVE, &order_resolving, MONEY_RESOLVED},
    {ORDER_BODY_CONFIRM, &order_confirming, MONEY_CONFIRMED},
    {ORDER_BODY_CANCEL, &order_cancelling, MONEY_CANCELLED},
    {ORDER_BODY_ALLOT, &order_allotting, MONEY_ALLOTTED},
    {ORDER_BODY_SPEND, &order_spending, MONEY_SPENT},
    {ORDER_BODY_CLOSE, &order_closing, MONEY_CLOSED},
    {ORDER_BODY_RETURN, &order_returning, MONEY_RETURNED},
    {ORDER_BODY_ADJUST, &order_adjusting, MONEY_ADJUSTED},
    {ORDER_BODY_REVIEW, &order_reviewing, MONEY_REVIEWED},
    {CYCLE_BODY_PROPOSAL, &cycle_proposing, MONEY_PROPOSED},
    {CYCLE_BODY_APPROVAL, &cycle_approving, MONEY_APPROVED},
    {CYCLE_BODY_REJECTION, &cycle_rejecting, MONEY_REJECTED},
    {CYCLE_BODY_FINAL, &cycle_finishing, MONEY_FINAL},
    {CYCLE_BODY_ABORT, &cycle_aborting, MONEY_ABORTED},
    {PAYMENT_BODY_SENT, &payment_sending, MONEY_SENT},
    {PAYMENT_BODY_RECEIVED, &payment_receiving, MONEY_RECEIVED},
    {LEDGER_BODY_REFUSED, &command_refusing, MONEY_REFUSED},
};
enum { BODIES = sizeof(bodies) / sizeof(bodies[0]) };

static void count(const struct look *look, size_t i, const void *record)
{
    struct world *world = look->audit->world;
    enum money_event event = bodies[i].event;
    const struct order_release *release = record;
    const struct voucher_ended *ended = record;
    if (bodies[i].body == ORDER_BODY_RELEASE &&
        release->why == RELEASE_TIMED_OUT) {
        event = MONEY_TIMED_OUT;
    } else if (bodies[i].body == VOUCHER_BODY_END &&
               ended->how == HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED) {
        event = MONEY_EXPIRED;
    } else if (bodies[i].body == ORDER_BODY_WAIT &&
               ((const struct order_wait *)record)->checks != 0) {
        world->tally.money[MONEY_HELD]++;
    } else if (bodies[i].body == ORDER_BODY_CAPTURE &&
               ((const struct order_capture *)record)->creditor.size > 0) {
        world->tally.money[MONEY_OWED]++;
    } else if (bodies[i].body == ORDER_BODY_RETURN &&
               ((const struct order_return *)record)->why == RETURN_ENDED) {
        world->tally.money[MONEY_UNSPENT]++;
    }
    world->tally.money[event]++;
    world->tally.money[MONEY_GRANTED] +=
        bodies[i].body == ORDER_BODY_PLACE &&
        !bytes_equal(*(const struct bytes *)record,
                     origin_node(look->entry.origin));
    world->tally.money[MONEY_WITHDRAWN] +=
        bodies[i].body == ORDER_BODY_DECLINE && !look->entry.has_cause;
}

/* Not of who lies: there it says what lies came to. */
static void judge(struct look *look, const char *wrong, size_t i,
                  const void *record)
{
    struct world *world = look->audit->world;
    const struct host *host = look->host;
    if (world->crooked[host->city]) {
        world->tally.money[MONEY_LIES_IN_VAIN] += wrong != NULL;
        return;
    }
    if (wrong != NULL) {
        world_violation(
            world, "%s wrote entry %" PRIu64 ", body %u, against the rules: %s",
            host_label(host), look->index, bodies[i].body, wrong);
        return;
    }
    look_check(look, bodies[i].body, record);
}

/* From the entry as it is kept. */
static void add_cycle(const struct look *look)
{
    const struct audit_entry *kept = audit_slot(look->audit, &look->leaf);
    struct canonical_unknown unknown;
    struct cycle_proposal proposal;
    struct entry entry;
    hl_err err = entry_decode(kept->raw, &entry, &unknown, NULL);
    HL_ASSERT(err == HL_OK);
    record_decode(&cycle_proposing, entry.body, &proposal);
    (void)audit_add_cycle(look->audit, look->host->city, look->index,
                          &look->leaf, &proposal);
}

void audit_wrote(struct audit *audit, struct host *host, struct bytes raw,
                 const struct hl_hash *leaf)
{
    struct world *world = audit->world;
    struct look look = {.audit = audit, .host = host, .leaf = *leaf};
    struct canonical_unknown unknown;
    union record_room record;
    hl_err err = entry_decode(raw, &look.entry, &unknown, NULL);
    HL_ASSERT(err == HL_OK);
    uint32_t body = entry_body_number(look.entry.body_type);
    size_t i = 0;
    while (i < BODIES && bodies[i].body != body) {
        i++;
    }
    if (i == BODIES || world->options.unchecked) {
        return;
    }
    look.index = look.entry.index;
    struct book *book = book_short(audit, host->city, host->branch, 1);
    keep(audit, raw, leaf);
    const char *wrong = read_next(
        audit, &world->truths[host->city].branches[host->branch], book);
    record_decode(bodies[i].type, look.entry.body, &record);
    if (body == CYCLE_BODY_PROPOSAL) {
        add_cycle(&look);
    }
    if (wrong == NULL) {
        count(&look, i, &record);
    }
    judge(&look, wrong, i, &record);
}
