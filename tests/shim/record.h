/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SHIM_RECORD_H
#define HL_TESTS_SHIM_RECORD_H

/* The log of what a program does to the files below one folder: records, one
 * behind the other, each a struct record and `size` bytes. The shim writes it
 * where the environment says so (RECORD_FILE, RECORD_FOLDER: absolute paths);
 * the program under test appends notes of its own, so that the log has their
 * order too. Paths in it begin below the folder; the folder itself is "". */

#include <stdint.h>

enum shim_record {
    RECORD_NOTE,          /* text of the program */
    RECORD_CREATE,        /* path: a new file */
    RECORD_CREATE_FOLDER, /* path */
    RECORD_LINK,          /* path: one more name of a file */
    RECORD_UNLINK,        /* path, also of a folder */
    RECORD_RENAME,        /* the old path, a NUL, the new one */
    RECORD_WRITE,         /* bytes, at offset */
    RECORD_WRITE_FLUSHED, /* the same, through a descriptor that flushes */
    RECORD_RESIZE,        /* offset: the file's new size */
    RECORD_GROW,          /* offset: the file's new size, if it was smaller */
    RECORD_FLUSH,         /* path, as it was opened */
    RECORD_FLUSH_FOLDER,  /* path */
    RECORD_FLUSH_LOST,    /* path: it failed, and no later one brings back what
                             was written before */
    SHIM_RECORDS
};

struct record {
    uint32_t kind;
    uint32_t size;
    uint64_t inode; /* of the file; a number may come again after a CREATE */
    uint64_t offset;
};

#endif
