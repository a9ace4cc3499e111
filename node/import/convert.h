/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_CONVERT_H
#define HL_NODE_IMPORT_CONVERT_H

/* Rows of a file as records. What can be healed without a guess is healed and
 * counted; what cannot is refused with line, column, value and reason. Pure;
 * one thread. */

#include "node/import/mapping.h"
#include "node/import/survey.h"

enum severity {
    DEFECT_HEALED,  /* taken, in another form */
    DEFECT_DOUBTED, /* taken as it is; look at it */
    DEFECT_REFUSED, /* the row is not taken */
    SEVERITY_COUNT,
};

/* Kinds of dirt, for counting. */
enum dirt {
    DIRT_ROW,      /* the file's own: quotes, cells, JSON */
    DIRT_BYTES,    /* not valid in the encoding, or a spreadsheet's error */
    DIRT_NOTHING,  /* a word for nothing: 无, N/A */
    DIRT_WIDTH,    /* full-width where half-width is meant, blanks */
    DIRT_DATE,     /* 2016/1/1, 20160101, 2016年1月1日 */
    DIRT_ZERO,     /* a leading zero that a spreadsheet dropped */
    DIRT_CLASS,    /* no such class, or of another list */
    DIRT_DIVISION, /* withdrawn, unknown, or made of names */
    DIRT_LIST,     /* no such nation, subject, word */
    DIRT_MONEY,    /* 元 for 万元, or no amount */
    DIRT_NUMBER,
    DIRT_ADDRESS,   /* an address without http:// */
    DIRT_CUT,       /* ends where many others end */
    DIRT_NO_NUMBER, /* a row without an id of its own */
    DIRT_NO_NAME,   /* a row without a name, but with a description */
    DIRT_TWICE,     /* a row that was there before */
    DIRT_RULE,      /* a field breaks its rule */
    DIRT_COUNT
};
const char *dirt_word(enum dirt dirt);

enum { NO_COLUMN = -1 };

struct defect {
    enum severity severity;
    enum dirt dirt;
    uint64_t line;
    int column; /* of the file, or NO_COLUMN */
    struct bytes value;
    const char *reason; /* for people */
};

typedef void (*defect_fn)(void *context, const struct defect *defect);

struct converter;

/* Borrows binding and survey (NULL: nobody looked for cut values). */
struct converter *converter_create(const struct binding *binding,
                                   const struct survey *survey,
                                   defect_fn report, void *context);
void converter_destroy(struct converter **converter);

/* The row as a record in its written form, which borrows the row and the
 * converter until its next row. A homed record has no home yet: that is the
 * node's to say. True where it may be put; *identified says whether its key
 * could be made, also where it may not. */
bool convert_row(struct converter *converter, const struct table_row *row,
                 union record_room *record, bool *identified);

/* The column of the field that a message of a rule begins with, or NO_COLUMN.
 */
int convert_column_of(const struct binding *binding, const char *text);

/* The record's key, for telling rows apart: 64 bits of a hash. And one of all
 * its content. */
uint64_t record_mark(const struct record_kind *kind,
                     const union record_room *record, bool whole);

#endif
