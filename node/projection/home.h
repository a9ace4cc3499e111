/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_HOME_H
#define HL_NODE_PROJECTION_HOME_H

/* Where a record is at home, of those that move (node/catalogue/home.h), as it
 * follows from all halves that are here. Readers. Functions return store.h's
 * errors. */

#include "node/catalogue/home.h"
#include "node/projection/projection.h"

struct record_home {
    /* Some half released or took it. Else it is at home where it is stated. */
    bool moved;
    char owner[HL_NAME_MAX_BYTES + 1]; /* origin; "": not known here yet */
    char moving_to[64]; /* node that has not answered the release; "": none */
};

/* key as record_key() makes it of the record. */
HL_MUST_USE hl_err projection_home(struct store_txn *txn,
                                   const struct record_type *type,
                                   struct bytes key, struct record_home *out,
                                   struct hl_detail *detail);

/* The release in that half by which the record is not its own now; borrows
 * from the transaction. *found is false where it is, or is none. The citation's
 * origin is left empty. */
struct open_release {
    struct citation cite;
    struct bytes to;
};
HL_MUST_USE hl_err projection_open_release(
    struct store_txn *txn, uint32_t number, const struct home_key *key,
    struct open_release *out, bool *found, struct hl_detail *detail);

/* Releases of one record by one half: beyond, it stays. A bound of the time
 * that a search through them takes. */
enum { HOME_RELEASES_MAX = 64 };

HL_MUST_USE hl_err projection_count_releases(struct store_txn *txn,
                                             uint32_t number,
                                             const struct home_key *key,
                                             unsigned *count,
                                             struct hl_detail *detail);

/* How that half answered that release: `answer` is 0 where it has not. */
struct home_answered {
    enum home_answer answer;
    uint64_t index;      /* of the answer */
    struct bytes reason; /* of a refusal */
};
HL_MUST_USE hl_err projection_home_answer(struct store_txn *txn,
                                          uint32_t number,
                                          const struct home_key *key,
                                          const struct citation *cause,
                                          struct home_answered *out,
                                          struct hl_detail *detail);

/* Records that wait for an answer: of the journal `to` (empty: of any; then all
 * are looked through), and released by `owner` (empty: by any). Or, `orders`,
 * those that are open at the provider `to`, and were placed by the issuer
 * `owner`: their names are those that projection_order_name() reads. In the
 * order of keys, which are opaque; `position` (empty: the first) becomes the
 * found one's, and `name` is what home_of_name() reads. */
struct transit_query {
    struct bytes to, owner;
    bool orders;
};
HL_MUST_USE hl_err projection_next_transit(struct store_txn *txn,
                                           const struct transit_query *query,
                                           struct writer *position,
                                           struct writer *name, bool *found,
                                           struct hl_detail *detail);

/* What a node may do about a record. */
enum home_is {
    HOME_IS_ELSEWHERE,
    HOME_IS_NEW,      /* it may state it first */
    HOME_IS_OURS,     /* active or retired: put, retire, release it */
    HOME_IS_RELEASED, /* by it, and not answered */
    HOME_IS_OFFERED,  /* released to it: take or refuse it */
    HOME_IS_REFUSED,  /* by it, and its home has not taken it back yet */
};

struct home_standing {
    enum home_is is;
    bool found; /* the own half has a row: */
    struct row row;
    struct record_home home;
    /* OFFERED and REFUSED: the release, in the journal home.owner. */
    uint32_t releaser; /* number of that journal */
    uint64_t release_index;
    struct hl_hash release_leaf;
    uint64_t refused_index; /* of the own refusal */
};

/* For the node whose journal has that number and name. */
HL_MUST_USE hl_err projection_home_standing(struct store_txn *txn,
                                            uint32_t number,
                                            struct bytes origin,
                                            const struct home_key *key,
                                            struct home_standing *out,
                                            struct hl_detail *detail);

/* The home of a record of that kind, unit and inner id which that half states,
 * came from elsewhere, and was not released again: files of a city know its
 * records by unit and number alone. *found is false where the half states one
 * of the home that `record`, which begins with struct homed, has; of several
 * others it is the first by name. Borrows from the transaction. */
HL_MUST_USE hl_err projection_home_from_elsewhere(
    struct store_txn *txn, uint32_t number, const struct record_kind *kind,
    const void *record, struct bytes *home, bool *found,
    struct hl_detail *detail);

/* The record of that name; borrows `texts`. False: it is none that moves. */
bool home_of_name(struct bytes name, struct writer *texts,
                  struct home_key *out);

#endif
