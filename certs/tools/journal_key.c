/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/journal_key.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "certs/tools/mark_file.h"
#include "protocol/base/hl_assert.h"
#include "protocol/tree/merkle.h"

/* The creation under way. */
struct making {
    const struct journal_key_files *files;
    const char *part;
    struct hl_detail *detail;
};

static hl_err create_mark(const struct making *making,
                          const struct key_public *public)
{
    const struct mark mark = {.key = public->vkey, .head = head_empty()};
    struct writer text = {0};
    mark_file_text(&mark, &text);
    struct hl_detail why = {0};
    hl_err err = file_create(making->files->mark, FILE_MODE_PUBLIC,
                             writer_view(&text), &why);
    writer_fini(&text);
    return err == HL_OK ? HL_OK
                        : hl_fail(making->detail, err, "the mark '%s': %s",
                                  making->files->mark, why.text);
}

/* HL_OK only for what a run before this one can have left. */
static hl_err read_part(const struct making *making, struct key_public *out)
{
    struct writer text = {0};
    secret_reserve(&text, 4 * SECRET_FILE_MAX_BYTES);
    hl_err err =
        file_read_secret(making->part, SECRET_FILE_MAX_BYTES, &text, NULL);
    if (err == HL_OK) {
        err = keyfile_inspect(writer_view(&text), out, NULL);
    }
    secret_fini(&text);
    return err == HL_OK && out->kind != KEY_JOURNAL ? HL_EEXISTS : err;
}

static hl_err remove_part(const struct making *making)
{
    struct key_public found = {0};
    if (!file_exists(making->part)) {
        return HL_OK;
    }
    if (read_part(making, &found) != HL_OK) {
        return hl_fail(making->detail, HL_EEXISTS,
                       "'%s' exists, and is no journal key: nothing was made; "
                       "move it away first",
                       making->part);
    }
    return unlink(making->part) == 0
               ? HL_OK
               : hl_fail(making->detail, HL_EIO, "cannot remove '%s': %s",
                         making->part, strerror(errno));
}

static hl_err begin_anew(const struct making *making, struct bytes text,
                         const struct key_public *public)
{
    hl_err err = remove_part(making);
    if (err == HL_OK) {
        err = file_create(making->part, FILE_MODE_SECRET, text, making->detail);
    }
    if (err != HL_OK) {
        return err;
    }
    err = create_mark(making, public);
    if (err != HL_OK) {
        /* A mark that may stand keeps its key, for the next run to finish. */
        if (!file_exists(making->files->mark)) {
            unlink(making->part);
        }
        return err;
    }
    return file_move(making->part, making->files->key, making->detail);
}

static hl_err read_mark(const struct making *making, struct mark *out)
{
    struct writer text = {0};
    hl_err err = file_read(making->files->mark, MARK_FILE_BYTES, &text, NULL);
    if (err == HL_OK) {
        err = mark_file_parse(writer_view(&text), out, NULL);
    }
    writer_fini(&text);
    return err;
}

/* The key that was begun is the one that this call asks for. */
static hl_err check_asked(const struct making *making,
                          const struct key_public *found,
                          const struct key_public *asked)
{
    if (strcmp(found->name, asked->name) != 0) {
        return hl_fail(making->detail, HL_EEXISTS,
                       "'%s' and the mark were begun for %s, not for %s: "
                       "nothing was made",
                       making->part, found->name, asked->name);
    }
    if (found->encrypted != asked->encrypted) {
        return hl_fail(making->detail, HL_EPASSPHRASE,
                       "'%s' was begun %s a passphrase: repeat it so",
                       making->part, found->encrypted ? "with" : "without");
    }
    return HL_OK;
}

/* The mark is there: with the .part of its key, a run was cut short. */
static hl_err finish(const struct making *making, struct key_public *public)
{
    struct key_public found = {0};
    struct mark mark = {0};
    bool ours = read_part(making, &found) == HL_OK &&
                read_mark(making, &mark) == HL_OK && mark.head.size == 0 &&
                vkey_equal(&mark.key, &found.vkey);
    if (!ours) {
        return hl_fail(making->detail, HL_EEXISTS,
                       "the mark '%s' exists, and is another key's: no key "
                       "was made; name a mark that is not there yet",
                       making->files->mark);
    }
    hl_err err = check_asked(making, &found, public);
    if (err == HL_OK) {
        err = file_move(making->part, making->files->key, making->detail);
    }
    if (err == HL_OK) {
        *public = found;
    }
    return err;
}

static hl_err create_locked(const struct making *making, struct bytes text,
                            struct key_public *public,
                            enum journal_key_outcome *outcome)
{
    const char *mark = making->files->mark;
    if (file_same_place(mark, making->files->key) ||
        file_same_place(mark, making->part)) {
        return hl_fail(making->detail, HL_EUSAGE,
                       "key and mark are two files, and the key is '%s' at "
                       "first: give the mark another name",
                       making->part);
    }
    if (file_exists(making->files->key)) {
        return hl_fail(making->detail, HL_EEXISTS,
                       "a journal key is never overwritten: neither key nor "
                       "mark was made");
    }
    if (!file_exists(mark)) {
        hl_err err = begin_anew(making, text, public);
        if (err == HL_OK) {
            *outcome = JOURNAL_KEY_CREATED;
        }
        return err;
    }
    hl_err err = finish(making, public);
    if (err == HL_OK) {
        *outcome = JOURNAL_KEY_FINISHED;
    }
    return err;
}

hl_err journal_key_create(const struct journal_key_files *files,
                          struct bytes text, struct key_public *public,
                          enum journal_key_outcome *outcome,
                          struct hl_detail *detail)
{
    HL_ASSERT(public->vkey.kind == VKEY_ED25519 ||
              public->vkey.kind == VKEY_COSIGNATURE);
    struct writer part = {0};
    int lock = -1;
    hl_err err = file_lock_folder_of(files->key, &lock, detail);
    if (err != HL_OK) {
        return err;
    }
    writer_format(&part, "%s.part", files->key);
    writer_u8(&part, 0);
    const struct making making = {
        .files = files, .part = (const char *)part.data, .detail = detail};
    err = create_locked(&making, text, public, outcome);
    file_unlock(lock);
    writer_fini(&part);
    return err;
}
