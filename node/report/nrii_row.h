/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_NRII_ROW_H
#define HL_NODE_REPORT_NRII_ROW_H

/* An instrument as the national interface wants it (type 4, equipment): the
 * inverse of the mapping "nrii". The keys are those of nrii_equipment, in its
 * order, byte by byte; behind them stands auditStatus, which is always -1 (not
 * submitted). Pure, any thread. */

#include "node/catalogue/contact.h"
#include "node/catalogue/instrument.h"
#include "node/report/nrii_form.h"

struct nrii_source {
    const struct instrument *instrument;
    struct bytes ins_code; /* of its unit; empty: not known */
    struct contact
        contact; /* as it is to stand there; the record's is masked */
};

extern const struct nrii_form nrii_form_equipment;

/* Appends the record as one JSON object, in which all keys stand; what is
 * missing or wrong is "" there, or null for a number.
 *
 * - A text is cut behind as many characters as the form takes. Half a number
 *   that is dialled or half a mailbox is wrong instead, and half an address of
 *   the web is left out.
 * - ename, achievement and what the instrument is part of are "无" where they
 *   are empty: the form takes that.
 * - Class, nation, subjects and place must be on the lists that this program
 *   carries. 999999, as some have it for a class that is none of the others,
 *   is sent as 990000.
 * - A city in which no county lies stands as its own county.
 * - 待机 and 远程服务中 are words for facilities (type 2): they are sent as
 * 正常.
 * - Hours are stated if a year is, or one of them is not 0. */
void nrii_row_put(const struct nrii_source *source, struct writer *out,
                  struct nrii_row *row);

/* What the key at that place means, in Chinese. */
const char *nrii_key_zh(size_t at);

#endif
