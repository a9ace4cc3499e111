/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/blob_uploads.h"

#include <pthread.h>
#include <string.h>

#include "protocol/base/alloc.h"

struct blob_uploads {
    pthread_mutex_t lock;
    struct upload *items[BLOB_UPLOADS_MAX];
};

void blob_upload_destroy(struct upload **upload)
{
    struct upload *gone = *upload;
    if (gone != NULL) {
        blob_sealer_destroy(&gone->sealer);
        blob_draft_drop(&gone->draft);
        writer_fini(&gone->readers);
        writer_fini(&gone->sealed);
        hl_free(gone);
        *upload = NULL;
    }
}

struct blob_uploads *blob_uploads_create(void)
{
    struct blob_uploads *uploads = hl_alloc(1, sizeof(*uploads));
    pthread_mutex_init(&uploads->lock, NULL);
    return uploads;
}

void blob_uploads_destroy(struct blob_uploads **uploads)
{
    struct blob_uploads *gone = *uploads;
    if (gone == NULL) {
        return;
    }
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        blob_upload_destroy(&gone->items[i]);
    }
    pthread_mutex_destroy(&gone->lock);
    hl_free(gone);
    *uploads = NULL;
}

static void drop_idle(struct blob_uploads *uploads, int64_t now_s)
{
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        struct upload *upload = uploads->items[i];
        if (upload != NULL && !upload->busy &&
            now_s - upload->touched_s > BLOB_UPLOAD_IDLE_S) {
            blob_upload_destroy(&uploads->items[i]);
        }
    }
}

static bool is_of(const struct upload *upload, const struct hl_hash *caller,
                  struct bytes command)
{
    return hash_equal(&upload->caller, caller) &&
           bytes_equal(bytes_of(upload->command, HL_COMMAND_ID_BYTES), command);
}

hl_err blob_uploads_take(struct blob_uploads *uploads,
                         const struct hl_hash *caller, struct bytes command,
                         int64_t now_s, struct upload **out,
                         struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *out = NULL;
    pthread_mutex_lock(&uploads->lock);
    drop_idle(uploads, now_s);
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        struct upload *upload = uploads->items[i];
        if (upload == NULL || !is_of(upload, caller, command)) {
            continue;
        }
        if (upload->busy) {
            err = hl_fail(detail, HL_EBUSY, "another call has this document");
        } else {
            upload->busy = true;
            *out = upload;
        }
    }
    pthread_mutex_unlock(&uploads->lock);
    return err;
}

hl_err blob_uploads_add(struct blob_uploads *uploads, struct upload *upload,
                        struct hl_detail *detail)
{
    bool added = false;
    upload->busy = true;
    pthread_mutex_lock(&uploads->lock);
    for (size_t i = 0; i < BLOB_UPLOADS_MAX && !added; i++) {
        added = uploads->items[i] == NULL;
        uploads->items[i] = added ? upload : uploads->items[i];
    }
    pthread_mutex_unlock(&uploads->lock);
    return added ? HL_OK
                 : hl_fail(detail, HL_EBUSY,
                           "%d documents are coming already: try again",
                           BLOB_UPLOADS_MAX);
}

void blob_uploads_leave(struct blob_uploads *uploads, struct upload *upload,
                        bool keep, int64_t now_s)
{
    pthread_mutex_lock(&uploads->lock);
    upload->busy = false;
    upload->touched_s = now_s;
    for (size_t i = 0; i < BLOB_UPLOADS_MAX && !keep; i++) {
        if (uploads->items[i] == upload) {
            uploads->items[i] = NULL;
        }
    }
    pthread_mutex_unlock(&uploads->lock);
    if (!keep) {
        blob_upload_destroy(&upload);
    }
}
