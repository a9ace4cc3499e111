/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/statement/statement_sample.h"

#include <string.h>

#include "protocol/base/alloc.h"

#define TEXT(text) (char *)(uintptr_t)(text)
#define BYTES(array) ((ProtobufCBinaryData){sizeof(array), array})
#define UTC8(hour) (UINT64_C(1796054400000) + (hour)*UINT64_C(3600000))

enum { HEZE, KAIFENG, LUOYANG, ZHENGZHOU, NODES };

static const char *const nodes[NODES] = {"heze", "kaifeng", "luoyang",
                                         "zhengzhou"};

static void fill_places(struct sample *sample)
{
    static const uint64_t sizes[NODES] = {1200, 0, 340, 5033};
    static const uint64_t pays[NODES] = {0, 20000, 0, 129852};
    static const uint64_t gets[NODES] = {120000, 0, 29852, 0};
    for (size_t i = 0; i < NODES; i++) {
        memset(sample->roots[i], (int)(0xa0 + i), 32);
        memset(sample->votes[i], (int)(0xb0 + i), 32);
        heluo__v1__cycle_place__init(&sample->places[i]);
        sample->places[i].node = TEXT(nodes[i]);
        sample->places[i].size = sizes[i];
        sample->places[i].takes_part = 1;
        if (sizes[i] > 0) {
            sample->places[i].root = BYTES(sample->roots[i]);
        }
        heluo__v1__cycle_net__init(&sample->nets[i]);
        sample->nets[i].place = (uint32_t)i;
        sample->nets[i].pays_fen = pays[i];
        sample->nets[i].gets_fen = gets[i];
        heluo__v1__cycle_answer_view__init(&sample->answers[i]);
        sample->answers[i].node = TEXT(nodes[i]);
        sample->answers[i].answer =
            HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_APPROVED;
        sample->answers[i].index = 1300 + i;
        sample->answers[i].leaf = BYTES(sample->votes[i]);
        sample->answers[i].at_ms = UTC8(3 + i);
        sample->answers[i].sealed = true;
        sample->place_list[i] = &sample->places[i];
        sample->net_list[i] = &sample->nets[i];
        sample->answer_list[i] = &sample->answers[i];
    }
    heluo__v1__cycle_stop__init(&sample->stop);
    sample->stop.provider = LUOYANG;
    sample->stop.issuer = ZHENGZHOU;
    sample->stop.index = 339;
    sample->stop_list[0] = &sample->stop;
}

static void fill_transfers(struct sample *sample)
{
    static const struct {
        size_t from, to;
        uint64_t fen;
    } rows[SAMPLE_TRANSFERS] = {
        {ZHENGZHOU, HEZE, 100000},
        {ZHENGZHOU, LUOYANG, 29852},
        {KAIFENG, HEZE, 20000},
    };
    for (size_t i = 0; i < SAMPLE_TRANSFERS; i++) {
        Heluo__V1__TransferView *view = &sample->transfers[i];
        heluo__v1__transfer_view__init(view);
        view->number = (uint32_t)i;
        view->from = TEXT(nodes[rows[i].from]);
        view->to = TEXT(nodes[rows[i].to]);
        view->amount_fen = rows[i].fen;
        view->pay_by = TEXT("2026-12-15");
        sample->transfer_list[i] = view;
    }
    sample->transfers[0].sent_reference = TEXT("=工行 2026(1203);|7");
    sample->transfers[0].sent_day = TEXT("2026-12-03");
}

static void fill_claims(struct sample *sample)
{
    static const struct {
        Heluo__V1__ClaimKind kind;
        size_t journal, debtor, creditor;
        uint64_t index, fen;
        uint32_t body;
        const char *order, *transfer;
    } rows[SAMPLE_CLAIMS] = {
        {HELUO__V1__CLAIM_KIND__CLAIM_KIND_OWED, ZHENGZHOU, ZHENGZHOU, HEZE,
         4501, 125000, 28, "heze/00112233445566778899aabbccddeeff", ""},
        {HELUO__V1__CLAIM_KIND__CLAIM_KIND_OWED, HEZE, HEZE, ZHENGZHOU, 77,
         5050, 34, "zhengzhou/ffeeddccbbaa99887766554433221100", ""},
        {HELUO__V1__CLAIM_KIND__CLAIM_KIND_SPENT, LUOYANG, ZHENGZHOU, LUOYANG,
         12, 30001, 43, "luoyang/0123456789abcdef0123456789abcdef", ""},
        {HELUO__V1__CLAIM_KIND__CLAIM_KIND_REPAYMENT, LUOYANG, LUOYANG,
         ZHENGZHOU, 30, 99, 52, "", "heze/800/2"},
        {HELUO__V1__CLAIM_KIND__CLAIM_KIND_TRANSFER, ZHENGZHOU, KAIFENG,
         ZHENGZHOU, 0, 20000, 0, "", "heze/800/1"},
    };
    for (size_t i = 0; i < SAMPLE_CLAIMS; i++) {
        Heluo__V1__ClearingClaim *claim = &sample->claims[i];
        heluo__v1__clearing_claim__init(claim);
        claim->kind = rows[i].kind;
        claim->journal =
            rows[i].index == 0 ? TEXT("") : TEXT(nodes[rows[i].journal]);
        claim->index = rows[i].index;
        claim->debtor = TEXT(nodes[rows[i].debtor]);
        claim->creditor = TEXT(nodes[rows[i].creditor]);
        claim->amount_fen = rows[i].fen;
        claim->order = TEXT(rows[i].order);
        claim->transfer = TEXT(rows[i].transfer);
        claim->body = rows[i].body;
        claim->recorded_at_ms =
            rows[i].index == 0 ? 0 : UTC8(0) - rows[i].index * 1000;
        sample->claim_list[i] = claim;
    }
}

void sample_init(struct sample *sample)
{
    memset(sample, 0, sizeof(*sample));
    Heluo__V1__CycleView *cycle = &sample->cycle;
    heluo__v1__cycle_view__init(cycle);
    fill_places(sample);
    fill_transfers(sample);
    fill_claims(sample);
    memset(sample->leaf, 0x1e, 32);
    memset(sample->digest, 0xd1, 32);
    memset(sample->decided, 0xf1, 32);
    cycle->name = TEXT("heze/1207");
    cycle->proposer = TEXT("heze");
    cycle->index = 1207;
    cycle->leaf = BYTES(sample->leaf);
    cycle->proposed_at_ms = UTC8(2);
    cycle->standing = HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_FINAL;
    cycle->charter = 3;
    cycle->n_places = NODES;
    cycle->places = sample->place_list;
    cycle->n_stops = 1;
    cycle->stops = sample->stop_list;
    cycle->n_nets = NODES;
    cycle->nets = sample->net_list;
    cycle->count = 8;
    cycle->gross_fen = 250000;
    cycle->digest = BYTES(sample->digest);
    cycle->day = TEXT("2026-12-01");
    cycle->pay_by = TEXT("2026-12-15");
    cycle->n_transfers = SAMPLE_TRANSFERS;
    cycle->transfers = sample->transfer_list;
    cycle->n_answers = NODES;
    cycle->answers = sample->answer_list;
    cycle->decided_index = 1210;
    cycle->decided_leaf = BYTES(sample->decided);
    cycle->decided_at_ms = UTC8(9);
    sample->input = (struct statement_input){
        .cycle = cycle,
        .alliance = "zy.example",
        .node = "zhengzhou",
        .claims = sample->claim_list,
        .claim_count = SAMPLE_CLAIMS,
        .now = {(int64_t)UTC8(80)},
    };
}

void sample_add_lines(struct sample *sample, size_t count,
                      struct sample_lines *lines)
{
    size_t all = SAMPLE_CLAIMS + count;
    lines->claims = hl_alloc(all, sizeof(*lines->claims));
    lines->list = hl_alloc(all, sizeof(*lines->list));
    for (size_t i = 0; i < all; i++) {
        lines->claims[i] = sample->claims[i < SAMPLE_CLAIMS ? i : 0];
        lines->list[i] = &lines->claims[i];
        if (i >= SAMPLE_CLAIMS) {
            lines->claims[i].amount_fen = 1;
            lines->claims[i].index += i;
        }
    }
    sample->nets[ZHENGZHOU].pays_fen += count;
    sample->transfers[0].amount_fen += count;
    sample->input.claims = lines->list;
    sample->input.claim_count = all;
}

void sample_lines_fini(struct sample_lines *lines)
{
    hl_free(lines->claims);
    hl_free(lines->list);
}

struct statement sample_statement(const struct sample *sample)
{
    struct statement statement = {0};
    struct hl_detail detail = {0};
    hl_err err = statement_make(&sample->input, &statement, &detail);
    if (err != HL_OK) {
        print_error("%s\n", detail.text);
    }
    assert_ok(err);
    return statement;
}
