/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_CATALOGUE_IMPORT_H
#define HL_NODE_SERVICE_CATALOGUE_IMPORT_H

/* One stream of Catalogue/Import. It belongs to one at a time: to the thread
 * that the call was handed to, or to the writer, which has a round of it. */

#include "node/import/seen.h"
#include "node/service/catalogue_batch.h"

enum {
    IMPORT_ROUND_MAX = 1000, /* rows in a request, retirements in a round */
    IMPORT_ROWS_MAX = 1000000,
    IMPORT_REFUSALS_MAX = 1000,
    IMPORT_STRICT_MAX_BYTES = 8 * 1024 * 1024,
};

/* TAKING -> [WRITING, of a strict list] -> [COUNTING -> RETIRING, of a complete
 * one] -> ANSWERING. */
enum import_stage {
    IMPORT_TAKING,
    IMPORT_WRITING,
    IMPORT_COUNTING,
    IMPORT_RETIRING,
    IMPORT_ANSWERING,
};

struct import_refusal {
    uint32_t number;
    const char *error; /* its name */
    char text[sizeof(((struct hl_detail *)0)->text)];
};

struct import_stream {
    struct records batch;   /* first; .dry of this round */
    struct waiting waiting; /* for keepers; .keepers 0: nobody waits */
    enum import_stage stage;
    bool opened; /* the options came: */
    bool dry, strict, complete, retire_many;
    const struct record_kind *kind;

    /* The round's; memory of the call since `mark`. */
    struct call_memory *mark;
    struct batch_item *items;
    uint32_t *numbers;
    size_t count;

    struct seen *seen;   /* keys of the rows so far */
    struct writer spool; /* of a strict list: rows, each behind its u32 size */
    size_t spool_offset;

    uint64_t began;    /* entries of the own journal when it began */
    struct writer key; /* of the record that was looked at last */
    uint64_t active;

    char unretired[sizeof(((struct hl_detail *)0)->text)];
    uint64_t unidentified; /* of the failed: without a key */
    struct import_refusal *refusals;
    Heluo__V1__CatalogueImportResponse response;
};

/* 64 bits of a hash, for telling keys and contents apart. */
uint64_t import_mark(struct bytes bytes);

/* One more item of the round that was begun. */
struct batch_item *import_item(struct import_stream *import, uint32_t number);

/* The key's fields of a record as the struct of its retirement. */
void import_retirement_of(const struct record_kind *kind, const void *record,
                          union record_room *out);

/* Looks at some of the node's records (catalogue_import_complete.c): counts
 * those that the list has not, or, at IMPORT_RETIRING, adds their retirements
 * to the round. *done: there are no more. */
HL_MUST_USE hl_err import_look(struct import_stream *import, bool *done,
                               struct hl_detail *detail);
/* After the count: whether they may be retired; says in the response why not.
 */
bool import_may_retire(struct import_stream *import);
/* How much of the own journal there is. */
HL_MUST_USE hl_err import_note_beginning(struct import_stream *import,
                                         struct hl_detail *detail);

#endif
