/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_MARK_FILE_H
#define HL_CERTS_TOOLS_MARK_FILE_H

/* The mark as a file that is rewritten after every commit: two slots of
 * MARK_SLOT_BYTES, written in turn, each a mark's text (protocol/note/mark.h),
 * a line with its checksum, and zero bytes to the end. A write that a power
 * loss tears destroys the older one only; the file never changes its size, so
 * that a flush is one write of one block. The valid slot with the larger size
 * is the mark. One thread; a struct mark_file belongs to its caller. */

#include "protocol/note/mark.h"

enum {
    MARK_SLOT_BYTES = 4096,
    MARK_SLOTS = 2,
    MARK_FILE_BYTES = MARK_SLOTS * MARK_SLOT_BYTES,
};

/* Appends what a new file holds: the mark in both slots. Also what replaces a
 * file whose mark must go back (file_replace()). */
void mark_file_text(const struct mark *mark, struct writer *out);

/* Reads the mark that such bytes hold.
 *
 * HL_EMALFORMED  another length, neither slot is valid, or they are of two
 *                keys or two histories. */
HL_MUST_USE hl_err mark_file_parse(struct bytes raw, struct mark *out,
                                   struct hl_detail *detail);

struct mark_file {
    int fd;
    unsigned next; /* slot to write next */
    bool flushed;  /* by us: that it was read does not say so */
    struct mark mark;
};

/* Opens one that exists, for one signer at a time: whoever has a mark open may
 * sign from it on. On failure *out is as mark_file_close() leaves it.
 *
 * HL_ENOTFOUND   there is none: the mark is lost (design: rollback guard).
 * HL_EMALFORMED  it cannot be read as a mark: the same.
 * HL_ELOCKED     it is open already, here or in another process.
 * HL_EIO         it cannot be opened, read, or is not writable. */
HL_MUST_USE hl_err mark_file_open(const char *path, struct mark_file *out,
                                  struct hl_detail *detail);

/* Writes and flushes; returns when the mark is on the disk. The head is the
 * one that is there, or a larger one (asserts). The one that is there is
 * written again once after the opening: a flush that failed before the restart
 * may have left it in the machine's memory alone.
 *
 * HL_EFLUSH  it may or may not be there: end the process. */
HL_MUST_USE hl_err mark_file_write(struct mark_file *file,
                                   const struct head *head,
                                   struct hl_detail *detail);

/* The mark counts for nothing any more: gives its file another name,
 * "<path>.set-back-N", durably, and closes *file, where one is given (who gives
 * none opens and locks it here). The file is no secret, and may help people to
 * see what went on.
 *
 * HL_ENOTFOUND, HL_ELOCKED, HL_EIO  as mark_file_open(); it stands as it was.
 */
enum { MARK_ASIDE_BYTES = 4096 };
HL_MUST_USE hl_err mark_file_set_aside(const char *path, struct mark_file *file,
                                       char aside[MARK_ASIDE_BYTES],
                                       struct hl_detail *detail);

/* fd = -1, and closed, are fine. */
void mark_file_close(struct mark_file *file);

#endif
