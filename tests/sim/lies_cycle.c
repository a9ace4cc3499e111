/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/ledger/netting.h"
#include "protocol/base/alloc.h"
#include "tests/sim/lies_inside.h"

/* Lies about cycles: proposals that count otherwise, approvals of two at once,
 * rejections of what is right, finals that nobody approved. */

/* A proposal while it is bent. */
struct bending {
    const struct lying *lying;
    struct cycle_proposal of;
    struct cycle_lists lists;
    struct hl_hash digest;
    struct hl_hash roots[ALLIANCE_CITIES_MAX];
};

static uint64_t some(const struct bending *bending, uint64_t bound)
{
    return trade_below(bending->lying->platform, bound);
}

/* --- Ways to bend one. --------------------------------------------------- */

static void bend_digest(struct bending *bending)
{
    bending->digest.bytes[0] ^= 1;
}

/* Somebody who gets, and somebody who pays; false: nobody does. */
static bool find_both(struct bending *bending, struct cycle_net **gets,
                      struct cycle_net **pays)
{
    struct cycle_lists *lists = &bending->lists;
    *gets = *pays = NULL;
    for (size_t i = 0; i < lists->net_count; i++) {
        *gets = lists->nets[i].gets_fen > 0 ? &lists->nets[i] : *gets;
        *pays = lists->nets[i].pays_fen > 0 ? &lists->nets[i] : *pays;
    }
    return *gets != NULL && *pays != NULL;
}

static void leave_one_out(struct bending *bending)
{
    struct cycle_net *gets, *pays;
    bending->of.count--;
    bending->digest.bytes[0] ^= 1;
    if (find_both(bending, &gets, &pays)) {
        uint64_t less =
            gets->gets_fen < pays->pays_fen ? gets->gets_fen : pays->pays_fen;
        gets->gets_fen -= less;
        pays->pays_fen -= less;
        bending->of.gross_fen -= less;
    }
}

/* The liar pays less, or gets more; others bear it. */
static void bend_nets(struct bending *bending)
{
    struct cycle_net *gets, *pays;
    if (find_both(bending, &gets, &pays)) {
        uint64_t more = 1 + some(bending, 5000);
        gets->gets_fen += more;
        pays->pays_fen += more;
        bending->of.gross_fen += more;
    }
}

static void move_cut(struct bending *bending, size_t place, uint64_t size)
{
    const struct world *world = bending->lying->host->world;
    struct cycle_place *of = &bending->lists.places[place];
    size_t city = lies_city_of(bending->lying, of->node);
    const struct branch *branch = &world->truths[city].branches[0];
    if (size == 0 || size > branch->count) {
        return;
    }
    of->size = size;
    bending->roots[place] = branch->roots[size - 1];
    of->root = bytes_of(bending->roots[place].bytes, HL_HASH_BYTES);
}

static size_t some_place(struct bending *bending)
{
    return (size_t)some(bending, bending->lists.place_count);
}

/* Up to what nobody sealed yet. */
static void cut_above(struct bending *bending)
{
    size_t place = some_place(bending);
    size_t city =
        lies_city_of(bending->lying, bending->lists.places[place].node);
    move_cut(bending, place,
             bending->lying->host->world->truths[city].branches[0].count);
}

static void cut_below(struct bending *bending)
{
    size_t place = some_place(bending);
    uint64_t size = bending->lists.places[place].size;
    move_cut(bending, place, size > 1 ? 1 + some(bending, size - 1) : 0);
}

/* Another day, by which more, or less, was to be paid. */
static void bend_day(struct bending *bending)
{
    static const char past[] = "2020-01-01";
    bending->of.day = bytes_of_text(past);
}

static void forget_items(struct bending *bending)
{
    bending->lists.item_count = 0;
    bending->lists.stop_count = 0;
}

static void as_it_is(struct bending *bending)
{
    (void)bending;
}

/* --- Proposals. ---------------------------------------------------------- */

static void say_bent(struct bending *bending, void (*bend)(struct bending *),
                     enum money_event event)
{
    struct cycle_lists *lists = &bending->lists;
    struct cycle_rooms rooms = {0};
    cycle_read(&bending->of, lists);
    memcpy(bending->digest.bytes, bending->of.digest.data, HL_HASH_BYTES);
    bend(bending);
    hl_free(lists->transfers);
    lists->transfers =
        hl_alloc(lists->net_count, sizeof(struct cycle_transfer));
    lists->transfer_count =
        netting_transfers(lists->nets, lists->net_count, lists->transfers);
    cycle_write(lists, &rooms, &bending->of);
    bending->of.digest = bytes_of(bending->digest.bytes, HL_HASH_BYTES);
    lies_say(bending->lying, CYCLE_BODY_PROPOSAL, &bending->of);
    if (event < MONEY_EVENT_COUNT) {
        bending->lying->host->world->tally.money[event]++;
    }
    cycle_rooms_fini(&rooms);
    cycle_lists_fini(lists);
}

/* One that is not so, instead of that one. */
void lie_instead(const struct lying *lying, struct bytes proposal)
{
    static const struct {
        void (*bend)(struct bending *);
        enum money_event event; /* none: it is just a lie */
    } bends[] = {
        {bend_digest, MONEY_EVENT_COUNT},
        {leave_one_out, MONEY_BENT_LEAVES_OUT},
        {bend_nets, MONEY_BENT_NETS},
        {cut_above, MONEY_BENT_ABOVE},
        {cut_below, MONEY_EVENT_COUNT},
        {bend_day, MONEY_EVENT_COUNT},
        {forget_items, MONEY_EVENT_COUNT},
    };
    struct bending bending = {.lying = lying};
    size_t which =
        (size_t)trade_below(lying->platform, sizeof(bends) / sizeof(bends[0]));
    record_decode(&cycle_proposing, proposal, &bending.of);
    say_bent(&bending, bends[which].bend, bends[which].event);
}

/* One of its own. */
static void propose_wrongly(const struct lying *lying)
{
    struct desks *desks = &lying->host->world->desks;
    struct desk_sim *desk = &desks->of[lying->host->port];
    static const struct clearing_only all;
    struct clearing_step step = {0};
    struct clearing_view view;
    if (!desks_look(desks, lying->host, &view)) {
        return;
    }
    hl_err err =
        clearing_propose(&view, &desk->options, &all, NULL, &step, NULL);
    if (err == HL_OK && step.did == CLEARING_ENTRY) {
        lie_instead(lying, writer_view(&step.entry.body));
    }
    clearing_step_fini(&step);
    desks_leave(&view);
}

static struct audit_cycle *some_cycle(const struct lying *lying)
{
    enum { RECENT = 6 };
    const struct pile *pile = &lying->host->world->audit.cycles;
    size_t among = pile->count < RECENT ? pile->count : RECENT;
    return among == 0 ? NULL
                      : &((struct audit_cycle *)
                              pile->items)[pile->count - 1 -
                                           trade_below(lying->platform, among)];
}

/* What somebody proposed before, word by word: all of it twice. */
static void propose_again(const struct lying *lying)
{
    struct bending bending = {.lying = lying};
    const struct audit_cycle *cycle = some_cycle(lying);
    if (cycle != NULL) {
        bending.of = cycle->of;
        bending.of.answer_by_ms = (uint64_t)host_wall(lying->host).ms + 30000;
        say_bent(&bending, as_it_is, MONEY_BENT_AGAIN);
    }
}

/* --- Answers. ------------------------------------------------------------ */

/* Whatever it approved before; and says that nothing ended that, or what did
 * not. */
static void approve(const struct lying *lying)
{
    const struct audit_cycle *cycle = some_cycle(lying);
    if (cycle == NULL) {
        return;
    }
    struct hl_hash leaf = hash_bytes(bytes_of_text("it is over"));
    struct cycle_approval approval = {
        .key = {trade_node(lying->platform, cycle->city), cycle->index}};
    if (lying->own->has_approved && trade_below(lying->platform, 2) == 0) {
        approval.closed_index = trade_below(lying->platform, 20);
        approval.closed_leaf = bytes_of(leaf.bytes, HL_HASH_BYTES);
    }
    lies_say_citing(lying, CYCLE_BODY_APPROVAL, &approval, cycle->city,
                    cycle->index, &cycle->leaf);
}

static void approve_two(const struct lying *lying)
{
    approve(lying);
    approve(lying);
}

static void reject(const struct lying *lying)
{
    const struct audit_cycle *cycle = some_cycle(lying);
    if (cycle == NULL) {
        return;
    }
    struct cycle_rejection rejection = {
        .key = {trade_node(lying->platform, cycle->city), cycle->index},
        .reason =
            trade_below(lying->platform, 2) == 0 ? CYCLE_WRONG : CYCLE_BUSY,
        .text = bytes_of_text("it is not so"),
    };
    lies_say_citing(lying, CYCLE_BODY_REJECTION, &rejection, cycle->city,
                    cycle->index, &cycle->leaf);
}

/* --- Decisions. ---------------------------------------------------------- */

/* What that party gave; else what it never gives, somewhere, or where nobody
 * gets so soon. */
static struct cycle_vote vote_of(const struct lying *lying, struct bytes party,
                                 uint64_t size, const struct cycle_key *key,
                                 struct hl_hash *leaf)
{
    enum { FAR = 1000000 };
    struct world *world = lying->host->world;
    size_t city = alliance_find(&world->alliance, party);
    const struct book_cycle *of =
        book_cycle(audit_book(&world->audit, city, 0), key);
    uint64_t index = trade_below(lying->platform, size + 1);
    if (of != NULL && of->row.answer == CYCLE_APPROVED) {
        *leaf = of->answer_leaf;
        index = of->row.answer_index;
    } else if (trade_below(lying->platform, 2) == 0) {
        index += FAR;
    }
    return (struct cycle_vote){index, bytes_of(leaf->bytes, HL_HASH_BYTES)};
}

/* Its own that is open, and approvals that not all gave. */
static void finish(const struct lying *lying)
{
    const struct cycle_key key = {lying->own->node,
                                  lying->own->open_proposal - 1};
    struct cycle_final final = {.index = key.index};
    struct cycle_lists lists;
    struct writer votes = {0};
    if (lying->own->open_proposal == 0) {
        return;
    }
    cycle_read(&book_cycle(lying->own, &key)->row.of, &lists);
    for (size_t i = 0; i < lists.net_count; i++) {
        struct hl_hash leaf = hash_bytes(lists.places[0].node);
        const struct cycle_place *place = &lists.places[lists.nets[i].place];
        struct cycle_vote vote =
            vote_of(lying, place->node, place->size, &key, &leaf);
        cycle_add_vote(&vote, &votes);
    }
    final.votes = writer_view(&votes);
    lies_say(lying, CYCLE_BODY_FINAL, &final);
    writer_fini(&votes);
    cycle_lists_fini(&lists);
}

void lie_of_cycles(const struct lying *lying)
{
    static void (*const lies[])(const struct lying *lying) = {
        propose_wrongly, propose_wrongly, propose_again, approve,
        approve_two,     reject,          finish,
    };
    lies[trade_below(lying->platform, sizeof(lies) / sizeof(lies[0]))](lying);
}
