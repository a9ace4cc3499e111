/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_HOME_H
#define HL_NODE_CATALOGUE_HOME_H

/* Moves of a record between homes (heluo/v1/home.proto): the bodies of a
 * release, a refusal and a resumption, and the rows that are kept of releases
 * and of answers. Pure, any thread. */

#include "node/catalogue/kinds.h"
#include "node/catalogue/rules.h"
#include "protocol/entry/entry.h"

/* Which record: begins every struct below. */
struct home_key {
    struct homed of;
    uint64_t kind; /* RecordKind */
};

struct home_release {
    struct home_key key;
    struct bytes to; /* node id */
};

struct home_refuse {
    struct home_key key;
    struct bytes reason;
};

struct home_resume {
    struct home_key key;
};

/* Numbers of bodies as home.proto has them; all are critical. */
enum {
    HOME_BODY_RELEASE = 11,
    HOME_BODY_REFUSE = 12,
    HOME_BODY_RESUME = 13,
};

extern const struct record_type home_releasing;
extern const struct record_type home_refusing;
extern const struct record_type home_resuming;

/* --- Rows. ---------------------------------------------------------------- */

struct home_release_row {
    struct home_key key;
    uint64_t index; /* of the release */
    struct bytes to;
    struct bytes leaf; /* of the release */
};

enum home_answer { HOME_TAKEN = 1, HOME_REFUSED = 2 };

struct home_answer_row {
    struct home_key key;
    uint64_t answer;
    struct bytes cause; /* home_cause() */
    struct bytes cause_origin;
    uint64_t cause_index;
    struct bytes cause_leaf;
};

extern const struct record_type home_release_record;
extern const struct record_type home_answer_record;

/* What tells causes apart, in a fixed length. */
struct hl_hash home_cause(const struct citation *cause);

/* The kind, if it is one that has a home; else NULL. */
const struct record_kind *home_kind(uint64_t number);

#endif
