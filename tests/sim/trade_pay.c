/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/trade_inside.h"

enum { RECENT_CYCLES = 20, TRIES = 4 };

/* As the proposer's journal stands. */
static bool is_final(struct platform *platform, const struct audit_cycle *cycle)
{
    struct audit *audit = &platform->world->audit;
    const struct cycle_key key = {trade_node(platform, cycle->city),
                                  cycle->index};
    const struct book_cycle *found =
        book_cycle(audit_book(audit, cycle->city, 0), &key);
    return found != NULL && found->row.state == CYCLE_FINAL;
}

static void say_sent(struct platform *platform, struct host *host,
                     const struct transfer_key *key)
{
    struct trade_days days = {0};
    struct payment_sent sent = {*key, bytes_of_text("2026-118"),
                                trade_day(&days, host, 0)};
    trade_say(platform, host, PAYMENT_BODY_SENT, &sent, 0);
}

/* Of another sum, now and then. */
static void say_received(struct platform *platform, struct host *host,
                         const struct transfer_key *key, struct bytes payer,
                         uint64_t fen)
{
    struct trade_days days = {0};
    struct payment_received received = {
        .key = *key,
        .payer = payer,
        .amount_fen = trade_percent(platform, 90) ? fen : fen + 1,
        .reference = bytes_of_text("2026-118"),
        .day = trade_day(&days, host, 0)};
    trade_say(platform, host, PAYMENT_BODY_RECEIVED, &received, 0);
}

/* NULL: none was found. */
static const struct audit_cycle *some_final(struct platform *platform)
{
    const struct pile *pile = &platform->world->audit.cycles;
    const struct audit_cycle *cycles = pile->items;
    size_t among = pile->count < RECENT_CYCLES ? pile->count : RECENT_CYCLES;
    for (int i = 0; i < TRIES && among > 0; i++) {
        const struct audit_cycle *cycle =
            &cycles[pile->count - 1 - trade_below(platform, among)];
        if (is_final(platform, cycle)) {
            return cycle;
        }
    }
    return NULL;
}

void trade_pay(struct platform *platform, struct host *host)
{
    const struct audit_cycle *cycle = some_final(platform);
    struct bytes own = trade_node(platform, host->city);
    struct cycle_lists lists;
    if (cycle == NULL) {
        return;
    }
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.transfer_count; i++) {
        const struct cycle_transfer *of = &lists.transfers[i];
        const struct transfer_key key = {trade_node(platform, cycle->city),
                                         cycle->index, i};
        struct bytes from = lists.places[of->from].node;
        if (bytes_equal(from, own) && trade_percent(platform, 50)) {
            say_sent(platform, host, &key);
        } else if (bytes_equal(lists.places[of->to].node, own) &&
                   trade_percent(platform, 30)) {
            say_received(platform, host, &key, from, of->amount_fen);
        }
    }
    cycle_lists_fini(&lists);
}
