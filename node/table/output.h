/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_OUTPUT_H
#define HL_NODE_TABLE_OUTPUT_H

/* What a format offers to the writer. Inside node/table/ only. One thread. */

#include "node/table/table_writer.h"
#include "protocol/base/writer.h"

struct output_ops {
    /* The heading comes as the first row.
     *
     * HL_ELIMIT, HL_EFULL, HL_EIO */
    hl_err (*put)(void *self, const struct bytes *cells, size_t count,
                  struct hl_detail *detail);
    /* All of the file is written, if not flushed. Releases. */
    hl_err (*finish)(void *self, struct hl_detail *detail);
};

struct output {
    const struct output_ops *ops;
    void *self;
};

/* Each writes to a file that is there and empty. *out is written on HL_OK
 * only. */
HL_MUST_USE hl_err text_output_open(const char *path, enum table_format format,
                                    bool mark, struct output *out,
                                    struct hl_detail *detail);
HL_MUST_USE hl_err xlsx_output_open(const char *path, struct output *out,
                                    struct hl_detail *detail);

/* An errno of writing. */
hl_err output_fail_errno(int cause, const char *doing,
                         struct hl_detail *detail);

/* An object without a line end; names and cells are UTF-8 without U+0000.
 * Pure. */
void json_encode(const struct bytes *names, const struct bytes *cells,
                 size_t count, struct writer *out);

#endif
