/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_STATEMENT_SAMPLE_H
#define HL_TESTS_UNIT_STATEMENT_SAMPLE_H

/* A final cycle of four cities, and zhengzhou's lines of it: what a node would
 * answer. One at a time. */

#include "node/statement/statement.h"
#include "tests/support/support.h"

enum { SAMPLE_CLAIMS = 5, SAMPLE_TRANSFERS = 3 };

struct sample {
    Heluo__V1__CycleView cycle;
    Heluo__V1__CyclePlace places[4];
    Heluo__V1__CycleStop stop;
    Heluo__V1__CycleNet nets[4];
    Heluo__V1__TransferView transfers[SAMPLE_TRANSFERS];
    Heluo__V1__CycleAnswerView answers[4];
    Heluo__V1__ClearingClaim claims[SAMPLE_CLAIMS];
    Heluo__V1__CyclePlace *place_list[4];
    Heluo__V1__CycleStop *stop_list[1];
    Heluo__V1__CycleNet *net_list[4];
    Heluo__V1__TransferView *transfer_list[SAMPLE_TRANSFERS];
    Heluo__V1__CycleAnswerView *answer_list[4];
    Heluo__V1__ClearingClaim *claim_list[SAMPLE_CLAIMS];
    uint8_t roots[4][32], leaf[32], digest[32], decided[32], votes[4][32];
    struct statement_input input;
};

/* Zhengzhou pays 1,000.00 to heze, which it has said to be sent, and 298.52 to
 * luoyang, which is to be paid. */
void sample_init(struct sample *sample);

/* The same with that many lines of one fen more, to heze. */
struct sample_lines {
    Heluo__V1__ClearingClaim *claims, **list;
};
void sample_add_lines(struct sample *sample, size_t count,
                      struct sample_lines *lines);
void sample_lines_fini(struct sample_lines *lines);

/* The statement, which must be one. */
struct statement sample_statement(const struct sample *sample);

#endif
