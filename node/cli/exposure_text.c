/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/exposure_text.h"

#include <inttypes.h>

#include "node/cli/yuan.h"

enum word {
    WORD_OF,
    WORD_CLOSE,
    WORD_ORDERS,
    WORD_UNLOOKED,
    WORD_ALL,
    WORD_NO_LIMIT,
    WORD_COUNT
};

static const char *const words[WORD_COUNT][LANG_COUNT] = {
    [WORD_OF] = {" of ", "（上限 "},
    [WORD_CLOSE] = {"", "）"},
    [WORD_ORDERS] = {" for %" PRIu64 " orders, %s of it accepted",
                     "，%" PRIu64 " 单，其中已接单 %s"},
    [WORD_UNLOOKED] = {"; %" PRIu64 " entries were not looked at",
                       "；另有 %" PRIu64 " 条记录未计入"},
    [WORD_ALL] = {"allotted %s, unsealed %s; limits of each partner: %s and %s",
                  "已授额度合计 %s，未封存预占合计 %s；每个节点上限 %s、%s"},
    [WORD_NO_LIMIT] = {"none", "不限"},
};

enum { SUM_BYTES = YUAN_TEXT_BYTES + sizeof("¥") };

static void format_sum(uint64_t fen, char out[SUM_BYTES])
{
    char text[YUAN_TEXT_BYTES];
    yuan_format(fen > INT64_MAX ? INT64_MAX : (int64_t)fen, text);
    snprintf(out, SUM_BYTES, "¥%s", text);
}

static void add_bounded(uint64_t fen, uint64_t max_fen, enum lang lang,
                        struct writer *out)
{
    char sum[SUM_BYTES];
    format_sum(fen, sum);
    writer_text(out, sum);
    if (max_fen > 0) {
        format_sum(max_fen, sum);
        writer_text(out, words[WORD_OF][lang]);
        writer_text(out, sum);
        writer_text(out, words[WORD_CLOSE][lang]);
    }
}

void exposure_text_allotted(const Heluo__V1__NodePeer *peer, enum lang lang,
                            struct writer *out)
{
    add_bounded(peer->allotted_fen, peer->allotted_max_fen, lang, out);
}

void exposure_text_unsealed(const Heluo__V1__NodePeer *peer, enum lang lang,
                            struct writer *out)
{
    char accepted[SUM_BYTES];
    format_sum(peer->unsealed_accepted_fen, accepted);
    add_bounded(peer->unsealed_fen, peer->unsealed_max_fen, lang, out);
    if (peer->unsealed_orders > 0) {
        writer_format(out, words[WORD_ORDERS][lang], peer->unsealed_orders,
                      accepted);
    }
    if (peer->unsealed_unlooked > 0) {
        writer_format(out, words[WORD_UNLOOKED][lang], peer->unsealed_unlooked);
    }
}

bool exposure_text_is_any(const Heluo__V1__NodePeer *peer)
{
    return peer->allotted_fen > 0 || peer->unsealed_orders > 0 ||
           peer->unsealed_unlooked > 0;
}

/* --- Of all. ------------------------------------------------------------- */

static uint64_t add_up(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void format_limit(uint64_t fen, enum lang lang, char out[SUM_BYTES])
{
    if (fen > 0) {
        format_sum(fen, out);
    } else {
        snprintf(out, SUM_BYTES, "%s", words[WORD_NO_LIMIT][lang]);
    }
}

/* The limits are the same for every partner. */
void exposure_text_all(const Heluo__V1__NodeStatusResponse *status,
                       enum lang lang, struct writer *out)
{
    uint64_t allotted_fen = 0, unsealed_fen = 0;
    uint64_t allotted_max_fen = 0, unsealed_max_fen = 0;
    char sums[4][SUM_BYTES];
    for (size_t i = 0; i < status->n_peers; i++) {
        const Heluo__V1__NodePeer *peer = status->peers[i];
        allotted_fen = add_up(allotted_fen, peer->allotted_fen);
        unsealed_fen = add_up(unsealed_fen, peer->unsealed_fen);
        allotted_max_fen = peer->allotted_max_fen;
        unsealed_max_fen = peer->unsealed_max_fen;
    }
    format_sum(allotted_fen, sums[0]);
    format_sum(unsealed_fen, sums[1]);
    format_limit(allotted_max_fen, lang, sums[2]);
    format_limit(unsealed_max_fen, lang, sums[3]);
    writer_format(out, words[WORD_ALL][lang], sums[0], sums[1], sums[2],
                  sums[3]);
}

bool exposure_text_is_told(const Heluo__V1__NodeStatusResponse *status)
{
    bool told = false;
    for (size_t i = 0; i < status->n_peers; i++) {
        const Heluo__V1__NodePeer *peer = status->peers[i];
        told = told || exposure_text_is_any(peer) ||
               peer->allotted_max_fen > 0 || peer->unsealed_max_fen > 0;
    }
    return told;
}

static bool is_more(const Heluo__V1__NodePeer *a, const Heluo__V1__NodePeer *b)
{
    return add_up(a->allotted_fen, a->unsealed_fen) >
           add_up(b->allotted_fen, b->unsealed_fen);
}

size_t exposure_text_order(const Heluo__V1__NodeStatusResponse *status,
                           size_t max, const Heluo__V1__NodePeer **out,
                           size_t *left)
{
    size_t count = 0;
    *left = 0;
    for (size_t i = 0; i < status->n_peers; i++) {
        const Heluo__V1__NodePeer *peer = status->peers[i];
        if (!exposure_text_is_any(peer)) {
            continue;
        }
        size_t at = count;
        while (at > 0 && is_more(peer, out[at - 1])) {
            at--;
        }
        *left += count == max;
        count += count < max;
        for (size_t k = count; k > at + 1; k--) {
            out[k - 1] = out[k - 2];
        }
        if (at < count) {
            out[at] = peer;
        }
    }
    return count;
}
