/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/follower.h"

#include <heluo/v1/catalogue.pb-c.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "certs/tools/clock.h"
#include "node/client/client.h"
#include "node/search/record_document.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum {
    CALL_MS = 10000,
    RETRY_MS = 250,
    QUIET_MS = 100, /* without a change: what was loaded is indexed */
    LOAD_MS = 5000, /* and after so long, and 16 times what it last took */
    LOAD_TIMES = 16,
    LOAD_MIN = 500,  /* changes at a time that are loaded, not indexed singly */
    LOAD_PART = 4,   /* and more than one in so many of what is there */
    TOGETHER = 256,  /* changes of a message */
    ROOM_EVERY = 64, /* changes between two looks at the disk */
    ROOM_BYTES = 64 << 20,
    NO_ROOM_MS = 1000,
};

struct follower {
    struct follower_options options;
    char *target;
    pthread_t thread;
    bool started;
    atomic_bool stopping;

    /* The thread's own. */
    struct client *client;
    struct client_stream *stream;
    uint64_t in_a_row; /* changes since it was current */
    int64_t load_from_ms, load_took_ms;
    bool heard;    /* of something by this stream */
    bool left_out; /* a change, as it is to stop: the token is before it */
    bool failed;

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t wake;
    struct follower_view view;
    struct writer token;
};

/* Not longer than the follower is wanted. */
static void pause_ms(struct follower *follower, int64_t ms)
{
    struct timespec until = clock_mono_in_ms(ms);
    pthread_mutex_lock(&follower->mutex);
    while (!atomic_load(&follower->stopping) &&
           pthread_cond_timedwait(&follower->wake, &follower->mutex, &until) ==
               0) {
    }
    pthread_mutex_unlock(&follower->mutex);
}

static void set_flag(struct follower *follower, bool *flag, bool value)
{
    pthread_mutex_lock(&follower->mutex);
    *flag = value;
    pthread_mutex_unlock(&follower->mutex);
}

/* --- The disk. ----------------------------------------------------------- */

/* Groonga's files grow under it without asking: where the disk is full, the
 * process is ended. */
static bool has_room(const struct follower *follower)
{
    struct statvfs disk;
    return statvfs(follower->options.folder, &disk) != 0 ||
           (uint64_t)disk.f_bavail * disk.f_frsize >= ROOM_BYTES;
}

/* False: it is to stop, and there is none yet. */
static bool wait_for_room(struct follower *follower)
{
    bool room = has_room(follower);
    if (room) {
        return true;
    }
    log_event(follower->options.log, LOG_WARN, "search.disk_full",
              LOG_TEXT("folder", follower->options.folder),
              LOG_UINT("wanted_bytes", ROOM_BYTES));
    set_flag(follower, &follower->view.waits, true);
    while (!atomic_load(&follower->stopping) && !room) {
        pause_ms(follower, NO_ROOM_MS);
        room = has_room(follower);
    }
    set_flag(follower, &follower->view.waits, false);
    return room;
}

/* --- Many changes. ------------------------------------------------------- */

static hl_err begin_loading(struct follower *follower, struct hl_detail *detail)
{
    struct search_index *index = follower->options.index;
    if (search_index_is_loading(index) || follower->in_a_row < LOAD_MIN ||
        follower->in_a_row * LOAD_PART < search_index_count(index)) {
        return HL_OK;
    }
    follower->load_from_ms = clock_mono_ms();
    return search_index_load(index, detail);
}

static hl_err end_loading(struct follower *follower, struct hl_detail *detail)
{
    struct search_index *index = follower->options.index;
    if (!search_index_is_loading(index)) {
        return HL_OK;
    }
    int64_t from = clock_mono_ms();
    hl_err err = search_index_loaded(index, detail);
    follower->load_took_ms = clock_mono_ms() - from;
    if (err == HL_OK) {
        log_event(follower->options.log, LOG_INFO, "search.indexed",
                  LOG_UINT("records", search_index_count(index)),
                  LOG_INT("ms", follower->load_took_ms));
    }
    return err;
}

static bool loads_long(const struct follower *follower)
{
    return search_index_is_loading(follower->options.index) &&
           clock_mono_ms() - follower->load_from_ms >
               LOAD_MS + LOAD_TIMES * follower->load_took_ms;
}

/* --- Changes. ------------------------------------------------------------ */

static void keep_token(struct follower *follower,
                       const Heluo__V1__CatalogueChange *change)
{
    pthread_mutex_lock(&follower->mutex);
    writer_clear(&follower->token);
    writer_bytes(&follower->token,
                 bytes_of(change->token.data, change->token.len));
    follower->view.current = change->current && !change->behind;
    pthread_mutex_unlock(&follower->mutex);
}

/* As its owner states it now; *broken: the line, not the index. */
static hl_err take_owners_word(struct follower *follower,
                               const Heluo__V1__RecordView *view, bool *broken,
                               struct hl_detail *detail)
{
    Heluo__V1__RecordKey key;
    Heluo__V1__CatalogueGetRequest request =
        HELUO__V1__CATALOGUE_GET_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    record_document_key(view, &key);
    request.key = &key;
    hl_err err = client_call(
        follower->client, "/heluo.v1.Catalogue/Get", &request.base,
        &heluo__v1__catalogue_get_response__descriptor, &answer, detail);
    if (err == HL_ENOTFOUND) {
        return record_document_remove(follower->options.index, view, detail);
    }
    if (err != HL_OK) {
        *broken = true;
        return err;
    }
    const Heluo__V1__CatalogueGetResponse *found =
        (const Heluo__V1__CatalogueGetResponse *)answer;
    const Heluo__V1__RecordView *now =
        found->n_records == 0 ? NULL : found->records[0];
    err = now == NULL || now->retired
              ? record_document_remove(follower->options.index, view, detail)
              : record_document_put(follower->options.index, now, detail);
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static hl_err take_record(struct follower *follower,
                          const Heluo__V1__CatalogueChange *change,
                          bool *broken, struct hl_detail *detail)
{
    struct search_index *index = follower->options.index;
    if (record_document_is_elsewhere(change)) {
        return take_owners_word(follower, change->record, broken, detail);
    }
    return change->what == HELUO__V1__CHANGE_KIND__CHANGE_KIND_RETIRED
               ? record_document_remove(index, change->record, detail)
               : record_document_put(index, change->record, detail);
}

static hl_err take_one(struct follower *follower,
                       const Heluo__V1__CatalogueChange *change, bool *broken,
                       struct hl_detail *detail)
{
    if (change->record == NULL) {
        return HL_OK;
    }
    if (follower->in_a_row++ % ROOM_EVERY == 0 && !wait_for_room(follower)) {
        follower->left_out = true;
    }
    if (follower->left_out) {
        return HL_OK;
    }
    hl_err err = begin_loading(follower, detail);
    return err == HL_OK ? take_record(follower, change, broken, detail) : err;
}

/* And what came together with it. */
static hl_err take_change(struct follower *follower,
                          const Heluo__V1__CatalogueChange *change,
                          bool *broken, struct hl_detail *detail)
{
    hl_err err = take_one(follower, change, broken, detail);
    for (size_t i = 0; err == HL_OK && i < change->n_more; i++) {
        err = take_one(follower, change->more[i], broken, detail);
    }
    if (follower->left_out) {
        return err;
    }
    if (err == HL_OK && loads_long(follower)) {
        err = end_loading(follower, detail);
    }
    if (change->current) {
        follower->in_a_row = 0;
    }
    if (err == HL_OK) {
        keep_token(follower, change);
    }
    return err;
}

/* Nothing came for a moment. */
static hl_err rest(struct follower *follower, struct hl_detail *detail)
{
    pthread_mutex_lock(&follower->mutex);
    bool current = follower->view.current;
    pthread_mutex_unlock(&follower->mutex);
    return current ? end_loading(follower, detail) : HL_OK;
}

/* --- The stream. --------------------------------------------------------- */

static void open_stream(struct follower *follower)
{
    Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    struct writer token = {0};
    pthread_mutex_lock(&follower->mutex);
    writer_bytes(&token, writer_view(&follower->token));
    pthread_mutex_unlock(&follower->mutex);
    request.token =
        (ProtobufCBinaryData){.len = token.size, .data = token.data};
    request.together = TOGETHER;
    follower->stream = client_stream_open(
        follower->client, "/heluo.v1.Catalogue/Watch", &request.base,
        &heluo__v1__catalogue_change__descriptor);
    writer_fini(&token);
}

/* Of the index, not of the line: it is to be made anew. */
static void fail(struct follower *follower, hl_err err,
                 const struct hl_detail *detail)
{
    log_failure(follower->options.log, LOG_ERROR, "search.anew", NULL, err,
                detail);
    follower->failed = true;
    follower->options.failed(follower->options.context);
}

static hl_err read_stream(struct follower *follower, bool *broken,
                          struct hl_detail *detail)
{
    while (!atomic_load(&follower->stopping)) {
        ProtobufCMessage *message = NULL;
        bool quiet = false;
        hl_err err = client_stream_next(follower->stream, QUIET_MS, &message,
                                        &quiet, detail);
        if (err != HL_OK || (message == NULL && !quiet)) {
            *broken = true;
            return err;
        }
        follower->heard = follower->heard || message != NULL;
        set_flag(follower, &follower->view.connected, true);
        err = message == NULL
                  ? rest(follower, detail)
                  : take_change(follower,
                                (const Heluo__V1__CatalogueChange *)message,
                                broken, detail);
        protobuf_c_message_free_unpacked(message, NULL);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

static hl_err follow(struct follower *follower, bool *broken,
                     struct hl_detail *detail)
{
    struct client_options options = {.target = follower->target,
                                     .timeout_ms = CALL_MS};
    hl_err err = client_create(&options, &follower->client, detail);
    if (err != HL_OK) {
        *broken = true;
        return err;
    }
    follower->heard = false;
    open_stream(follower);
    err = read_stream(follower, broken, detail);
    client_stream_close(&follower->stream);
    client_destroy(&follower->client);
    set_flag(follower, &follower->view.connected, false);
    set_flag(follower, &follower->view.current, false);
    return err;
}

/* The node's history is another one, or it cannot read what it gave once, as
 * another version of it, or what was kept is not what was written. */
static bool is_of_token(const struct follower *follower, hl_err err)
{
    return err == HL_EAHEAD || (hl_err_grpc(err) == GRPC_INVALID_ARGUMENT &&
                                !follower->heard && follower->token.size > 0);
}

static void *run(void *context)
{
    struct follower *follower = context;
    bool told = false;
    while (!atomic_load(&follower->stopping) && !follower->failed) {
        struct hl_detail detail = {0};
        bool broken = false;
        hl_err err = follow(follower, &broken, &detail);
        if (err != HL_OK && (!broken || is_of_token(follower, err))) {
            fail(follower, err, &detail);
        } else if (err != HL_OK && !told) {
            log_failure(follower->options.log, LOG_INFO, "search.waits",
                        follower->options.socket, err, &detail);
        }
        told = err != HL_OK;
        if (!follower->failed) {
            pause_ms(follower, RETRY_MS);
        }
    }
    return NULL;
}

void follower_create(const struct follower_options *options,
                     struct follower **out)
{
    struct follower *follower = hl_alloc(1, sizeof(*follower));
    struct writer target = {0};
    follower->options = *options;
    writer_bytes(&follower->token, options->token);
    writer_format(&target, "unix:%s", options->socket);
    writer_u8(&target, 0);
    follower->target = (char *)target.data;
    follower->load_from_ms = clock_mono_ms();
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&follower->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&follower->mutex, NULL);
    *out = follower;
}

void follower_start(struct follower *follower)
{
    int failed = pthread_create(&follower->thread, NULL, run, follower);
    HL_ASSERT(failed == 0);
    follower->started = true;
}

void follower_look(struct follower *follower, struct follower_view *view,
                   struct writer *token)
{
    pthread_mutex_lock(&follower->mutex);
    *view = follower->view;
    writer_bytes(token, writer_view(&follower->token));
    pthread_mutex_unlock(&follower->mutex);
}

void follower_stop(struct follower **follower, bool *whole,
                   struct writer *token)
{
    struct follower *gone = *follower;
    struct hl_detail detail = {0};
    atomic_store(&gone->stopping, true);
    pthread_mutex_lock(&gone->mutex);
    pthread_cond_broadcast(&gone->wake);
    pthread_mutex_unlock(&gone->mutex);
    if (gone->started) {
        pthread_join(gone->thread, NULL);
    }
    /* What was loaded takes room to be indexed. */
    bool can = !search_index_is_loading(gone->options.index) || has_room(gone);
    *whole = gone->started && !gone->failed && can &&
             end_loading(gone, &detail) == HL_OK;
    writer_bytes(token, writer_view(&gone->token));
    writer_fini(&gone->token);
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->mutex);
    hl_free(gone->target);
    hl_free(gone);
    *follower = NULL;
}
