/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STATEMENT_WORDS_H
#define HL_NODE_STATEMENT_WORDS_H

/* The words of statements, in Chinese and English. Pure, any thread. */

#include "node/statement/statement.h"
#include "protocol/base/writer.h"

enum statement_lang { STATEMENT_BOTH, STATEMENT_ZH, STATEMENT_EN };

struct words {
    const char *zh, *en;
};

/* Appends "应付 / owed", or one of both. */
void words_put(struct words words, enum statement_lang lang,
               struct writer *out);

struct words words_of_standing(Heluo__V1__CycleStanding standing);
struct words words_of_transfer(enum transfer_state state);
/* What a line is: of which kind, by which entry. */
struct words words_of_claim(const Heluo__V1__ClearingClaim *claim);
struct words words_of_answer(const Heluo__V1__CycleAnswerView *answer);

#endif
