/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/audit.h"

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
        [MONEY_BREACHES_FOUND] = "breaches-found",
        [MONEY_COLLISIONS_FOUND] = "collisions-found",
        [MONEY_MIDNIGHTS] = "midnights",
    };
    return names[event];
}

/* --- Entries by leaf. ---------------------------------------------------- */

static struct audit_entry *slot_of(const struct audit *audit,
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
            *slot_of(audit, &before.slots[i].leaf) = before.slots[i];
        }
    }
    hl_free(before.slots);
}

static void keep(struct audit *audit, struct bytes raw,
                 const struct hl_hash *leaf)
{
    make_room(audit);
    struct audit_entry *slot = slot_of(audit, leaf);
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
    const struct audit_entry *entry = slot_of(audit, leaf);
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

/* --- What an entry cites. ------------------------------------------------ */

/* An entry that was just committed, and whose author is not crooked. */
struct look {
    struct audit *audit;
    struct host *host;
    struct entry entry;
    uint64_t index;
};

/* The entry that it cites, if it is of that body; else a violation. */
static bool find_cited(const struct look *look, uint32_t body,
                       const struct record_type *type, void *record,
                       struct entry *cited)
{
    struct canonical_unknown unknown;
    const struct audit_entry *found =
        look->entry.has_cause ? slot_of(look->audit, &look->entry.cause.leaf)
                              : NULL;
    if (found != NULL && found->raw.data != NULL &&
        entry_decode(found->raw, cited, &unknown, NULL) == HL_OK &&
        entry_body_number(cited->body_type) == body &&
        cited->index == look->entry.cause.index &&
        bytes_equal(cited->origin, look->entry.cause.origin)) {
        record_decode(type, cited->body, record);
        return true;
    }
    world_violation(look->audit->world,
                    "%s cites in entry %" PRIu64 " what nobody wrote",
                    host_label(look->host), look->index);
    return false;
}

/* What cannot be taken back relies upon what is sealed, as that host knows it.
 */
static void check_sealed(const struct look *look)
{
    struct world *world = look->audit->world;
    struct host *host = look->host;
    struct bytes origin = look->entry.cause.origin;
    size_t city = alliance_find_origin(&world->alliance, origin);
    if (city == SIZE_MAX || city == host->city ||
        !engine_seals(driver_engine(host->driver), origin)) {
        return;
    }
    struct head end;
    const struct engine *engine = driver_engine(host->driver);
    bool stands = engine_ended(engine, origin, &end) &&
                  end.size > look->entry.cause.index;
    if (!stands && host_sealed(host, city) <= look->entry.cause.index) {
        world_violation(world,
                        "%s relies in entry %" PRIu64 " on entry %" PRIu64
                        " of %.*s, which is not sealed",
                        host_label(host), look->index, look->entry.cause.index,
                        BYTES_ARGS(origin));
    }
}

static bool same_order(const struct order_key *a, const struct order_key *b)
{
    return bytes_equal(a->id, b->id) && bytes_equal(a->begun_at, b->begun_at);
}

static void disagree(const struct look *look, const char *about)
{
    world_violation(look->audit->world,
                    "%s makes entry %" PRIu64 " of what entry %" PRIu64
                    " of %.*s does not say: %s",
                    host_label(look->host), look->index,
                    look->entry.cause.index,
                    BYTES_ARGS(look->entry.cause.origin), about);
}

/* He said so, or it was decided, or he had the days that he was given. */
static bool is_content(const struct look *look, const struct book *book,
                       const struct book_order *order)
{
    const struct order *row = &order->row;
    return row->confirmed != 0 || row->disputed == DISPUTE_RESOLVED ||
           (row->ask_until.size == 0 ? book_confirm_days(book, order) == 0
                                     : book_day(look->entry.recorded_at) >
                                           book_day_of(row->ask_until));
}

/* The delivery of that order by its provider, which cites how it was placed;
 * else a violation. *order is as of before the entry, but for what that says.
 */
static bool find_delivery(const struct look *look, const struct order_key *key,
                          const struct book *book,
                          const struct book_order **order,
                          struct order_deliver *deliver)
{
    struct entry cited;
    *order = book_order(book, key);
    if (!find_cited(look, ORDER_BODY_DELIVER, &order_delivering, deliver,
                    &cited)) {
        return false;
    }
    if (!same_order(&deliver->key, key) || *order == NULL ||
        !hash_equal(&cited.cause.leaf, &(*order)->placed_leaf)) {
        disagree(look, "of another order");
        return false;
    }
    return true;
}

static const struct book *book_of(const struct look *look)
{
    return audit_book(look->audit, look->host->city, look->host->branch);
}

/* Of what this journal knows by itself: orders that came later may have made
 * one of several of it. */
static bool is_told(const struct book *book, const struct book_order *order,
                    const struct order_deliver *deliver)
{
    uint64_t checks = book_checks(book, order, deliver);
    uint64_t later = order_has_waited(&order->row) ? 1u << BOOK_SPLIT : 0;
    return (checks & ~order->row.checks & ~later) == 0;
}

static void check_capture(const struct look *look,
                          const struct order_capture *capture)
{
    struct order_deliver deliver;
    const struct book_order *order = NULL;
    const struct book *book = book_of(look);
    if (find_delivery(look, &capture->key, book, &order, &deliver)) {
        if (capture->price_fen != deliver.price_fen) {
            disagree(look, "another price");
        } else if (!is_content(look, book, order)) {
            disagree(look, "the holder was not asked");
        } else if (!is_told(book, order, &deliver)) {
            disagree(look, "a rule is broken, and nobody was told");
        }
    }
    check_sealed(look);
}

/* Which gives nobody anything. */
static void check_denial(const struct look *look, const struct order_deny *deny)
{
    struct order_deliver deliver;
    const struct book_order *order = NULL;
    if (find_delivery(look, &deny->key, book_of(look), &order, &deliver) &&
        (order->row.disputed != DISPUTE_RESOLVED || order->row.max_fen > 0)) {
        disagree(look, "nobody decided so");
    }
}

/* What it breaks; and days from today on by the host's clock, which was there a
 * moment ago. */
static void check_wait(const struct look *look, const struct order_wait *wait)
{
    enum { MOMENT_MS = 60000 };
    struct order_deliver deliver;
    const struct book_order *order = NULL;
    const struct book *book = book_of(look);
    check_sealed(look);
    if (!find_delivery(look, &wait->key, book, &order, &deliver)) {
        return;
    }
    uint64_t others = 1u << BOOK_INVOICE | 1u << BOOK_MACHINE;
    if (book_checks(book, order, &deliver) != (wait->checks & ~others)) {
        disagree(look, "it breaks other rules");
    }
    if ((wait->checks & others) != 0 && look->entry.seen_count == 0) {
        disagree(look, "it cites nothing that it collides with");
    }
    if (wait->ask_until.size > 0) {
        int64_t from = book_day_of(wait->ask_until) -
                       (int64_t)book_confirm_days(book, order);
        struct hl_wall now = host_wall(look->host);
        struct hl_wall before = {now.ms - MOMENT_MS};
        if (from != book_day(now) && from != book_day(before)) {
            disagree(look, "the holder is asked for other days");
        }
    }
}

static void check_release(const struct look *look,
                          const struct order_release *release)
{
    struct order_answer decline;
    struct entry cited;
    if (release->why == RELEASE_DECLINED &&
        find_cited(look, ORDER_BODY_DECLINE, &order_declining, &decline,
                   &cited) &&
        !same_order(&decline.key, &release->key)) {
        disagree(look, "of another order");
    }
}

/* Whether it cites an entry of that body. */
static bool cites(const struct look *look, uint32_t body)
{
    struct canonical_unknown unknown;
    struct entry cited;
    const struct audit_entry *found =
        look->entry.has_cause ? slot_of(look->audit, &look->entry.cause.leaf)
                              : NULL;
    return found != NULL && found->raw.data != NULL &&
           entry_decode(found->raw, &cited, &unknown, NULL) == HL_OK &&
           entry_body_number(cited.body_type) == body;
}

/* What that order allots to this node; else a violation. */
static bool find_allotted(const struct look *look, const struct order_key *key,
                          struct order_allot *allot)
{
    struct entry cited;
    if (!find_cited(look, ORDER_BODY_ALLOT, &order_allotting, allot, &cited)) {
        return false;
    }
    if (!same_order(&allot->key, key) ||
        !bytes_equal_text(allot->provider, host_id(look->host))) {
        disagree(look, "another allotment, or another provider's");
        return false;
    }
    return true;
}

/* An order for this node. */
static void check_answer(const struct look *look, const struct order_key *key)
{
    struct order_place place;
    struct entry cited;
    if (find_cited(look, ORDER_BODY_PLACE, &order_placing, &place, &cited) &&
        (!same_order(&place.key, key) ||
         !bytes_equal_text(place.provider, host_id(look->host)))) {
        disagree(look, "another order, or another provider's");
    }
}

/* Some of what is said of orders is of allotments, too. */
static void check_either(const struct look *look, const struct order_key *key)
{
    struct order_allot allot;
    if (cites(look, ORDER_BODY_ALLOT)) {
        (void)find_allotted(look, key, &allot);
    } else {
        check_answer(look, key);
    }
}

/* What the issuer's own books have of that very order, where he is honest and
 * never went back on an entry; NULL: nothing. */
static const struct book_order *issuers_order(const struct look *look,
                                              const struct order_key *key,
                                              const struct book **theirs)
{
    struct world *world = look->audit->world;
    size_t issuer =
        alliance_find_origin(&world->alliance, look->entry.cause.origin);
    if (issuer == SIZE_MAX || !audit_trusts(world, issuer) ||
        world->truths[issuer].epochs > 0) {
        return NULL;
    }
    *theirs = audit_book(look->audit, issuer, 0);
    const struct book_order *placed = book_order(*theirs, key);
    return placed != NULL && placed->placed &&
                   hash_equal(&placed->placed_leaf, &look->entry.cause.leaf)
               ? placed
               : NULL;
}

static void check_spend(const struct look *look,
                        const struct order_spend *spend)
{
    struct order_allot allot;
    const struct book *theirs = NULL;
    const struct order_key *key = &spend->of.key;
    const struct truth *own = &look->audit->world->truths[look->host->city];
    check_sealed(look);
    if (!find_allotted(look, key, &allot)) {
        return;
    }
    if (spend->limit_fen != allot.limit_fen ||
        !bytes_equal(spend->expires, allot.expires)) {
        disagree(look, "another limit, or another last day");
    }
    const struct book_order *placed = issuers_order(look, key, &theirs);
    if (placed == NULL) {
        return;
    }
    if (spend->amount_fen >
        book_share_fen(theirs, placed, spend->of.price_fen)) {
        disagree(look, "the scheme pays less of it");
    }
    if (placed->row.resolved != ORDER_OPEN && own->epochs == 0) {
        disagree(look, "its rest came back before");
    }
}

/* The rest of what cannot be spent any more. */
static void check_closed(const struct look *look,
                         const struct order_return *back)
{
    struct order_close close;
    struct order_answer decline;
    struct entry cited;
    const struct book_order *order = book_order(book_of(look), &back->key);
    check_sealed(look);
    if (cites(look, ORDER_BODY_DECLINE)) {
        if (find_cited(look, ORDER_BODY_DECLINE, &order_declining, &decline,
                       &cited) &&
            (!same_order(&decline.key, &back->key) || back->spent_fen != 0)) {
            disagree(look, "of another allotment, or spent and declined");
        }
        return;
    }
    if (find_cited(look, ORDER_BODY_CLOSE, &order_closing, &close, &cited) &&
        (!same_order(&close.key, &back->key) ||
         close.spent_fen != back->spent_fen ||
         !hash_equal(&cited.cause.leaf, &order->placed_leaf))) {
        disagree(look, "of another allotment, or another sum");
    }
}

/* Of a node that a charter ends; by what its journal says up to there. */
static void check_ended(const struct look *look,
                        const struct order_return *back)
{
    struct world *world = look->audit->world;
    size_t city = alliance_find(&world->alliance, back->provider);
    struct bytes origin = bytes_of_text(world->alliance.cities[city].origin);
    struct head end;
    struct book book;
    if (!engine_ended(driver_engine(look->host->driver), origin, &end) ||
        !truth_branch_has(&world->truths[city], 0, &end)) {
        world_violation(world,
                        "%s takes back in entry %" PRIu64
                        " what it allotted to %.*s, which no charter ends",
                        host_label(look->host), look->index,
                        BYTES_ARGS(back->provider));
        return;
    }
    audit_book_at(look->audit, city, 0, end.size, &book);
    const struct book_order *placed = book_order(book_of(look), &back->key);
    const struct book_order *word = book_order(&book, &back->key);
    bool answered = word != NULL && word->row.answer != ANSWER_NONE &&
                    hash_equal(&word->order_leaf, &placed->placed_leaf);
    if (back->spent_fen != (answered ? word->row.spent_fen : 0)) {
        world_violation(world,
                        "%s says in entry %" PRIu64
                        " that %.*s spent another sum than it did",
                        host_label(look->host), look->index,
                        BYTES_ARGS(back->provider));
    }
    book_fini(&book);
}

static void check_return(const struct look *look,
                         const struct order_return *back)
{
    if (back->why == RETURN_CLOSED) {
        check_closed(look, back);
    } else {
        check_ended(look, back);
    }
}

/* A request to this node, of that order. */
static bool find_request(const struct look *look, const struct order_key *key,
                         struct order_request *request)
{
    struct entry cited;
    if (!find_cited(look, ORDER_BODY_REQUEST, &order_requesting, request,
                    &cited)) {
        return false;
    }
    if (!same_order(&request->of.key, key) ||
        !bytes_equal_text(request->issuer, host_id(look->host))) {
        disagree(look, "another order, or another issuer's");
        return false;
    }
    return true;
}

static void check_grant(const struct look *look,
                        const struct order_place *place)
{
    struct order_request request;
    if (bytes_equal_text(place->key.begun_at, host_id(look->host)) ||
        !find_request(look, &place->key, &request)) {
        return;
    }
    if (request.of.item_kind != 0 && request.of.item_home.size == 0) {
        request.of.item_home = place->key.begun_at;
    }
    if (!book_grants(place, &request.of)) {
        disagree(look, "something else was asked for");
    }
}

static void check_denied_hold(const struct look *look,
                              const struct order_key *key)
{
    struct order_request request;
    (void)find_request(look, key, &request);
}

/* No more is given back than was captured, where the issuer never went back on
 * an entry. */
static void check_adjustment(const struct look *look,
                             const struct order_key *key)
{
    struct world *world = look->audit->world;
    struct host *host = look->host;
    size_t issuer =
        alliance_find_origin(&world->alliance, look->entry.cause.origin);
    if (issuer == SIZE_MAX || !audit_trusts(world, issuer) ||
        world->truths[issuer].epochs > 0) {
        return;
    }
    const struct book *theirs = audit_book(look->audit, issuer, 0);
    const struct book_order *placed = book_order(theirs, key);
    const struct book_order *answer =
        book_order(audit_book(look->audit, host->city, host->branch), key);
    if (placed == NULL || answer == NULL ||
        answer->row.adjusted_fen > placed->row.captured_fen ||
        book_creditor(theirs, placed).size == 0) {
        disagree(look, "more is given back than was owed");
    }
}

/* Whether the node may believe its clock: nobody can be asked, or its own
 * journal was that far already when it started. */
static bool may_believe(const struct host *host)
{
    enum { DAY_MS = 86400000, FEW = 3 };
    return host->world->alliance.charter.node_count < FEW ||
           host->started.ms == 0 ||
           host_wall(host).ms - host->started.ms <= DAY_MS;
}

/* By a clock that may be a day wrong; or more, where it is the own one. */
static void check_day(const struct look *look, int64_t last_day)
{
    enum { DAY_MS = 86400000 };
    struct world *world = look->audit->world;
    struct hl_wall latest = {world_wall_ms(world) + DAY_MS};
    bool says_so = book_day(host_wall(look->host)) > last_day;
    if (book_day(latest) <= last_day && !(says_so && may_believe(look->host))) {
        world_violation(world,
                        "%s has in entry %" PRIu64
                        " the end of a day that is to come",
                        host_label(look->host), look->index);
    }
}

static void check_days(const struct look *look, uint32_t body,
                       const void *record)
{
    const struct book *book =
        audit_book(look->audit, look->host->city, look->host->branch);
    const struct order_release *release = record;
    const struct voucher_ended *ended = record;
    if (look->entry.has_command) {
        return; /* people may end a voucher whenever they want */
    }
    if (body == ORDER_BODY_RELEASE && release->why == RELEASE_TIMED_OUT) {
        check_day(look,
                  book_day_of(book_order(book, &release->key)->row.of.until));
    } else if (body == VOUCHER_BODY_END &&
               ended->how == HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED) {
        check_day(look, book_voucher(book, ended->id)->use_until);
    } else if (body == ORDER_BODY_CLOSE) {
        const struct book *theirs = NULL;
        const struct book_order *placed =
            issuers_order(look, (const struct order_key *)record, &theirs);
        if (placed != NULL && placed->row.cancelled == 0) {
            check_day(look, book_day_of(placed->row.of.until));
        }
    }
}

static void check_citation(const struct look *look, uint32_t body,
                           const void *record)
{
    const struct order_key *key = record; /* begins all of these */
    struct order_allot allot;
    switch (body) {
    case ORDER_BODY_PLACE:
        check_grant(look, record);
        break;
    case ORDER_BODY_HOLD_DENY:
        check_denied_hold(look, key);
        break;
    case ORDER_BODY_CAPTURE:
        check_capture(look, record);
        break;
    case ORDER_BODY_DENY:
        check_denial(look, record);
        break;
    case ORDER_BODY_WAIT:
        check_wait(look, record);
        break;
    case ORDER_BODY_RELEASE:
        check_release(look, record);
        break;
    case ORDER_BODY_DELIVER:
        check_answer(look, key);
        check_sealed(look);
        break;
    case ORDER_BODY_DECLINE:
        if (look->entry.has_cause) { /* else of a request, which is no order */
            check_either(look, key);
        }
        if (cites(look, ORDER_BODY_ALLOT)) {
            check_sealed(look);
        }
        break;
    case ORDER_BODY_ACCEPT:
        check_answer(look, key);
        break;
    case ORDER_BODY_ADJUST:
        check_either(look, key);
        check_adjustment(look, key);
        break;
    case ORDER_BODY_SPEND:
        check_spend(look, record);
        break;
    case ORDER_BODY_CLOSE:
        check_sealed(look);
        (void)find_allotted(look, key, &allot);
        break;
    case ORDER_BODY_RETURN:
        check_return(look, record);
        break;
    default:
        break;
    }
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
    check_citation(look, bodies[i].body, record);
    check_days(look, bodies[i].body, record);
}

void audit_wrote(struct audit *audit, struct host *host, struct bytes raw,
                 const struct hl_hash *leaf)
{
    struct world *world = audit->world;
    struct look look = {.audit = audit, .host = host};
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
    if (wrong == NULL) {
        count(&look, i, &record);
    }
    judge(&look, wrong, i, &record);
}
