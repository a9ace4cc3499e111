/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/blob/blob_files_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct blob_draft {
    struct blob_files *files;
    char file[BLOB_FILE_BYTES];
    int fd;
    uint64_t room; /* counted */
    uint64_t size;
    struct blob_leaves leaves;
    size_t filled;
    uint8_t part[BLOB_PART_BYTES];
};

hl_err blob_draft_begin(struct blob_files *files, uint64_t size,
                        struct blob_draft **out, struct hl_detail *detail)
{
    uint64_t number = 0;
    uint64_t room = size + blob_part_count(size) * HL_HASH_BYTES;
    if (RAND_bytes((unsigned char *)&number, sizeof(number)) != 1) {
        return hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
    }
    hl_err err = blob_files_take_room(files, room, room, detail);
    if (err != HL_OK) {
        return err;
    }
    struct blob_draft *draft = hl_alloc(1, sizeof(*draft));
    draft->files = files;
    draft->room = room;
    (void)snprintf(draft->file, sizeof(draft->file), "draft-%016llx",
                   (unsigned long long)number);
    draft->fd = openat(files->folder, draft->file,
                       O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (draft->fd < 0) {
        err = blob_file_fail(files, draft->file, detail);
        blob_draft_drop(&draft);
        return err;
    }
    *out = draft;
    return HL_OK;
}

static hl_err write_part(struct blob_draft *draft, struct hl_detail *detail)
{
    struct bytes part = bytes_of(draft->part, draft->filled);
    struct hl_hash leaf = merkle_leaf(part);
    blob_leaves_add(&draft->leaves, &leaf);
    hl_err err = blob_file_write(draft->files, draft->fd, draft->file, part,
                                 draft->size, detail);
    draft->size += draft->filled;
    draft->filled = 0;
    return err;
}

hl_err blob_draft_add(struct blob_draft *draft, struct bytes sealed,
                      struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t at = 0; at < sealed.size && err == HL_OK;) {
        size_t room = BLOB_PART_BYTES - draft->filled;
        size_t size = sealed.size - at < room ? sealed.size - at : room;
        memcpy(draft->part + draft->filled, sealed.data + at, size);
        draft->filled += size;
        at += size;
        if (draft->filled == BLOB_PART_BYTES) {
            err = write_part(draft, detail);
        }
    }
    return err;
}

hl_err blob_draft_finish(struct blob_draft *draft, struct blob_seal *seal,
                         struct hl_detail *detail)
{
    hl_err err = draft->filled > 0 ? write_part(draft, detail) : HL_OK;
    if (err == HL_OK) {
        seal->size = draft->size;
        seal->root = blob_leaves_root(&draft->leaves);
        err = blob_file_write(
            draft->files, draft->fd, draft->file,
            bytes_of(draft->leaves.hashes, draft->leaves.count * HL_HASH_BYTES),
            draft->size, detail);
    }
    return err == HL_OK
               ? blob_file_sync(draft->files, draft->fd, draft->file, detail)
               : err;
}

/* The draft keeps its own name beside: a transaction that fails after this has
 * the other one removed, and its command may run again. */
hl_err blob_draft_place(struct blob_draft *draft, const struct blob_name *name,
                        struct hl_detail *detail)
{
    const struct blob_files *files = draft->files;
    char file[BLOB_FILE_BYTES], second[BLOB_FILE_BYTES + 8];
    blob_file_name(name, BLOB_FILE_WHOLE, file);
    (void)snprintf(second, sizeof(second), "%s-named", draft->file);
    if (linkat(files->folder, draft->file, files->folder, second, 0) != 0 &&
        errno != EEXIST) {
        return blob_file_fail(files, draft->file, detail);
    }
    hl_err err = blob_file_rename(draft->files, second, file, detail);
    /* Where it had that name already, a rename does nothing. */
    (void)unlinkat(files->folder, second, 0);
    if (err == HL_OK) {
        blob_files_add(draft->files, draft->room);
    }
    return err;
}

void blob_draft_drop(struct blob_draft **draft)
{
    struct blob_draft *gone = *draft;
    if (gone == NULL) {
        return;
    }
    if (gone->fd >= 0) {
        close(gone->fd);
    }
    (void)unlinkat(gone->files->folder, gone->file, 0);
    blob_files_give_room(gone->files, gone->room);
    blob_leaves_fini(&gone->leaves);
    hl_free(gone);
    *draft = NULL;
}
