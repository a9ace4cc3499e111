/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_HOME_KEY_H
#define HL_NODE_PROJECTION_HOME_KEY_H

/* Keys of the rows of moves: (number, 6, kind, record's key, index) of a
 * release, (number, 7, kind, record's key, answer, cause) of an answer. Inside
 * this folder. */

#include "node/catalogue/home.h"
#include "node/projection/home.h"
#include "node/projection/row.h"

/* Of the record itself. */
struct store_key home_record_key(uint32_t number, const struct home_key *key);

struct store_key home_release_key(uint32_t number, const struct home_key *key,
                                  uint64_t index);
/* What the keys of all its releases begin with. */
struct store_key home_release_prefix(uint32_t number,
                                     const struct home_key *key);

struct store_key home_answer_key(uint32_t number, const struct home_key *key,
                                 enum home_answer answer,
                                 const struct citation *cause);
struct store_key home_answer_prefix(uint32_t number, const struct home_key *key,
                                    enum home_answer answer);

/* Of which record the row of that name is (a release's or an answer's): makes
 * the record's name. False: it is no such row's. */
bool home_name_of_row(struct bytes name, struct writer *out);

#endif
