/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_INDEX_INTERNAL_H
#define HL_NODE_SEARCH_INDEX_INTERNAL_H

/* What index.c and those who ask share. */

#include <pthread.h>
#include <stdatomic.h>

#include "node/search/index.h"
#include "node/search/schema.h"

/* A place or a class that documents refer to, by its id in Groonga. */
struct place_code {
    char code[8], city[8];
};

struct class_code {
    char code[8]; /* "": of a scheme that is not nrii's */
};

/* Of a document, by its id. */
struct document_facts {
    uint32_t kind; /* facts_kind(); 0: there is no such document */
    grn_id refs[REFS];
};

/* What a question knows of a document. */
struct match {
    uint32_t score; /* stops at its largest */
    uint8_t words;  /* that it has */
    uint8_t last;   /* number of the one that was counted last */
    uint8_t named;  /* words that stand in what it is called */
    bool last_named : 1;
    bool titled : 1; /* it is called so */
};

/* Of one who asks. */
struct reader {
    grn_ctx *ctx;
    struct match *matches; /* by document; all zero between questions */
    size_t match_room;
};

enum { READERS = 4 };

struct search_index {
    grn_ctx *ctx; /* the writer's */
    grn_obj *db;
    struct schema schema;
    atomic_bool loading;
    atomic_ullong count;

    /* Who writes has everything alone, who asks shares it. */
    pthread_rwlock_t lock;
    struct place_code *places; /* [0] is nobody's */
    struct class_code *classes;
    size_t place_count, class_count;
    grn_id max_id;                /* no document has a larger one */
    struct document_facts *facts; /* of each up to it */
    size_t facts_room;

    pthread_mutex_t mutex; /* of the contexts of those who ask: */
    pthread_cond_t freed;
    struct reader readers[READERS];
    struct reader *free_readers[READERS];
    unsigned free_count;
};

/* Waits for who writes.
 *
 * HL_EAWAY  the index is loading; there is nothing to leave. */
HL_MUST_USE hl_err search_index_enter(struct search_index *index,
                                      struct reader **out,
                                      struct hl_detail *detail);
void search_index_leave(struct search_index *index, struct reader *reader);

/* --- referred.c; the writer's. ------------------------------------------- */

enum { INDEX_KEY_MAX_BYTES = 4096 }; /* Groonga's */

void index_set_text(struct search_index *index, grn_obj *column, grn_id id,
                    struct bytes text);
/* The id of that key, which is added if it is not there; GRN_ID_NIL of none. */
grn_id index_refer(struct search_index *index, enum reference ref,
                   struct bytes key, int *added);
grn_id index_refer_to_unit(struct search_index *index,
                           const struct document *document);
grn_id index_refer_to_class(struct search_index *index,
                            const struct document *document);
grn_id index_refer_to_place(struct search_index *index,
                            const struct document *document);
/* Appends it as it is written. This and the next are for readers. */
void index_title_shown(grn_ctx *ctx, const struct schema *schema, grn_id title,
                       struct writer *out);
/* What nothing is called any more stays among the titles; so do classes. */
bool index_title_is_class(grn_ctx *ctx, const struct schema *schema,
                          grn_id title);
/* After opening: the codes of places and classes. */
HL_MUST_USE hl_err index_find_names(struct search_index *index,
                                    struct hl_detail *detail);

/* --- facts.c; the writer's. ---------------------------------------------- */

void index_note_facts(struct search_index *index, grn_id id,
                      const struct document_facts *facts);
/* After opening: from the columns. */
HL_MUST_USE hl_err index_read_facts(struct search_index *index,
                                    struct hl_detail *detail);

/* FACT_KIND's bytes. */
static inline uint32_t facts_kind(uint64_t kind, uint64_t status,
                                  uint64_t share_mode, uint64_t standing)
{
    return (uint32_t)((kind & 0xff) | (status & 0xff) << 8 |
                      (share_mode & 0xff) << 16 | (standing & 0xff) << 24);
}
static inline unsigned fact_byte(uint32_t facts, unsigned at)
{
    return (unsigned)(facts >> (8 * at) & 0xff);
}
enum { BYTE_KIND, BYTE_STATUS, BYTE_SHARE_MODE, BYTE_STANDING };

#endif
