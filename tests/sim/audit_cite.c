/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "heluo/v1/voucher.pb-c.h"
#include "tests/sim/audit_inside.h"

/* What an entry of who does not lie cites, and by which day it was written. */

/* The entry that it cites, if it is of that body; else a violation. */
bool look_find_cited(const struct look *look, uint32_t body,
                     const struct record_type *type, void *record,
                     struct entry *cited)
{
    struct canonical_unknown unknown;
    const struct audit_entry *found =
        look->entry.has_cause ? audit_slot(look->audit, &look->entry.cause.leaf)
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
void look_check_sealed(const struct look *look)
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

bool look_same_order(const struct order_key *a, const struct order_key *b)
{
    return bytes_equal(a->id, b->id) && bytes_equal(a->begun_at, b->begun_at);
}

void look_disagree(const struct look *look, const char *about)
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
    if (!look_find_cited(look, ORDER_BODY_DELIVER, &order_delivering, deliver,
                         &cited)) {
        return false;
    }
    if (!look_same_order(&deliver->key, key) || *order == NULL ||
        !hash_equal(&cited.cause.leaf, &(*order)->placed_leaf)) {
        look_disagree(look, "of another order");
        return false;
    }
    return true;
}

const struct book *look_book(const struct look *look)
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
    const struct book *book = look_book(look);
    if (find_delivery(look, &capture->key, book, &order, &deliver)) {
        if (capture->price_fen != deliver.price_fen) {
            look_disagree(look, "another price");
        } else if (!is_content(look, book, order)) {
            look_disagree(look, "the holder was not asked");
        } else if (!is_told(book, order, &deliver)) {
            look_disagree(look, "a rule is broken, and nobody was told");
        }
    }
    look_check_sealed(look);
}

/* Which gives nobody anything. */
static void check_denial(const struct look *look, const struct order_deny *deny)
{
    struct order_deliver deliver;
    const struct book_order *order = NULL;
    if (find_delivery(look, &deny->key, look_book(look), &order, &deliver) &&
        (order->row.disputed != DISPUTE_RESOLVED || order->row.max_fen > 0)) {
        look_disagree(look, "nobody decided so");
    }
}

/* What it breaks; and days from today on by the host's clock, which was there a
 * moment ago. */
static void check_wait(const struct look *look, const struct order_wait *wait)
{
    enum { MOMENT_MS = 60000 };
    struct order_deliver deliver;
    const struct book_order *order = NULL;
    const struct book *book = look_book(look);
    look_check_sealed(look);
    if (!find_delivery(look, &wait->key, book, &order, &deliver)) {
        return;
    }
    uint64_t others = 1u << BOOK_INVOICE | 1u << BOOK_MACHINE;
    if (book_checks(book, order, &deliver) != (wait->checks & ~others)) {
        look_disagree(look, "it breaks other rules");
    }
    if ((wait->checks & others) != 0 && look->entry.seen_count == 0) {
        look_disagree(look, "it cites nothing that it collides with");
    }
    if (wait->ask_until.size > 0) {
        int64_t from = book_day_of(wait->ask_until) -
                       (int64_t)book_confirm_days(book, order);
        struct hl_wall now = host_wall(look->host);
        struct hl_wall before = {now.ms - MOMENT_MS};
        if (from != book_day(now) && from != book_day(before)) {
            look_disagree(look, "the holder is asked for other days");
        }
    }
}

static void check_release(const struct look *look,
                          const struct order_release *release)
{
    struct order_answer decline;
    struct entry cited;
    if (release->why == RELEASE_DECLINED &&
        look_find_cited(look, ORDER_BODY_DECLINE, &order_declining, &decline,
                        &cited) &&
        !look_same_order(&decline.key, &release->key)) {
        look_disagree(look, "of another order");
    }
}

/* An order for this node. */
void look_check_answer(const struct look *look, const struct order_key *key)
{
    struct order_place place;
    struct entry cited;
    if (look_find_cited(look, ORDER_BODY_PLACE, &order_placing, &place,
                        &cited) &&
        (!look_same_order(&place.key, key) ||
         !bytes_equal_text(place.provider, host_id(look->host)))) {
        look_disagree(look, "another order, or another provider's");
    }
}

/* A request to this node, of that order. */
static bool find_request(const struct look *look, const struct order_key *key,
                         struct order_request *request)
{
    struct entry cited;
    if (!look_find_cited(look, ORDER_BODY_REQUEST, &order_requesting, request,
                         &cited)) {
        return false;
    }
    if (!look_same_order(&request->of.key, key) ||
        !bytes_equal_text(request->issuer, host_id(look->host))) {
        look_disagree(look, "another order, or another issuer's");
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
        look_disagree(look, "something else was asked for");
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
        look_disagree(look, "more is given back than was owed");
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
            look_issuers_order(look, (const struct order_key *)record, &theirs);
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
        look_check_answer(look, key);
        look_check_sealed(look);
        break;
    case ORDER_BODY_DECLINE:
        if (look->entry.has_cause) { /* else of a request, which is no order */
            look_check_either(look, key);
        }
        if (look_cites(look, ORDER_BODY_ALLOT)) {
            look_check_sealed(look);
        }
        break;
    case ORDER_BODY_ACCEPT:
        look_check_answer(look, key);
        break;
    case ORDER_BODY_ADJUST:
        look_check_either(look, key);
        check_adjustment(look, key);
        break;
    case ORDER_BODY_SPEND:
        look_check_spend(look, record);
        break;
    case ORDER_BODY_CLOSE:
        look_check_sealed(look);
        (void)look_find_allotted(look, key, &allot);
        break;
    case ORDER_BODY_RETURN:
        look_check_return(look, record);
        break;
    default:
        break;
    }
}

void look_check(const struct look *look, uint32_t body, const void *record)
{
    check_citation(look, body, record);
    check_days(look, body, record);
    look_check_cycle(look, body, record);
}
