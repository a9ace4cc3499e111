/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_INPUT_H
#define HL_NODE_TABLE_INPUT_H

/* What a format offers to the reader: rows, of which the first that is not
 * blank is the heading. Inside node/table/ only. One thread. */

#include "node/table/row.h"
#include "node/table/source.h"

struct input_ops {
    /* Begins and fills *row; *got is false past the last. A row that fails is
     * got; an error ends the input.
     *
     * HL_EMALFORMED, HL_ELIMIT, HL_EIO */
    hl_err (*next)(void *self, struct row *row, bool *got,
                   struct hl_detail *detail);
    const char *(*encoding)(const void *self); /* NULL: it has none */
    void (*close)(void *self);
    /* Of workbooks: the sheet's name, and those of others. NULL: it is none. */
    const char *(*sheet)(const void *self, const char **others);
};

struct input {
    const struct input_ops *ops;
    void *self;
};

/* Each borrows the source and reads it from its front. *out is written on
 * HL_OK only. Errors as table_reader_open(). */
HL_MUST_USE hl_err csv_input_open(struct source *source,
                                  const struct table_options *options,
                                  struct input *out, struct hl_detail *detail);
HL_MUST_USE hl_err json_input_open(struct source *source,
                                   const struct table_options *options,
                                   struct input *out, struct hl_detail *detail);
HL_MUST_USE hl_err xlsx_input_open(struct source *source,
                                   const struct table_options *options,
                                   struct input *out, struct hl_detail *detail);

#endif
