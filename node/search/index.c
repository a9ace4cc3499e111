/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/index.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/search/index_internal.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"

hl_err search_library_open(struct hl_detail *detail)
{
    return grn_init() == GRN_SUCCESS
               ? HL_OK
               : hl_fail(detail, HL_EIO, "Groonga cannot be started");
}

void search_library_close(void)
{
    grn_fin();
}

/* --- Opening and closing. ------------------------------------------------ */

static void init_locks(struct search_index *index)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
#ifdef __GLIBC__
    /* Else a crowd that asks keeps what is new away for ever. */
    pthread_rwlockattr_setkind_np(&attributes,
                                  PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    pthread_rwlock_init(&index->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&index->mutex, NULL);
    pthread_cond_init(&index->freed, NULL);
}

static void release(struct search_index *index)
{
    for (unsigned i = 0; i < READERS; i++) {
        if (index->readers[i].ctx != NULL) {
            grn_ctx_close(index->readers[i].ctx);
        }
        hl_free(index->readers[i].matches);
    }
    if (index->ctx != NULL) {
        if (index->db != NULL) {
            grn_obj_close(index->ctx, index->db);
        }
        grn_ctx_close(index->ctx);
    }
    pthread_cond_destroy(&index->freed);
    pthread_mutex_destroy(&index->mutex);
    pthread_rwlock_destroy(&index->lock);
    hl_free(index->places);
    hl_free(index->classes);
    hl_free(index->facts);
    hl_free(index);
}

/* A context for each of those who may ask at once. */
static hl_err open_readers(struct search_index *index, struct hl_detail *detail)
{
    for (unsigned i = 0; i < READERS; i++) {
        struct reader *reader = &index->readers[i];
        reader->ctx = grn_ctx_open(0);
        if (reader->ctx == NULL ||
            grn_ctx_use(reader->ctx, index->db) != GRN_SUCCESS) {
            return hl_fail(detail, HL_EIO,
                           "the text index: no context to read by");
        }
        index->free_readers[index->free_count++] = reader;
    }
    return HL_OK;
}

static struct search_index *new_index(const char *folder, char path[])
{
    struct search_index *index = hl_alloc(1, sizeof(*index));
    init_locks(index);
    index->ctx = grn_ctx_open(0);
    HL_ASSERT(index->ctx != NULL);
    snprintf(path, INDEX_KEY_MAX_BYTES, "%s/heluo.grn", folder);
    return index;
}

hl_err search_index_create(const char *folder, struct search_index **out,
                           struct hl_detail *detail)
{
    char path[INDEX_KEY_MAX_BYTES];
    struct search_index *index = new_index(folder, path);
    index->db = grn_db_create(index->ctx, path, NULL);
    hl_err err = schema_check(index->ctx, detail);
    if (err == HL_OK) {
        err = schema_make(index->ctx, &index->schema, detail);
    }
    if (err == HL_OK) {
        err = open_readers(index, detail);
    }
    if (err != HL_OK) {
        release(index);
        return err;
    }
    atomic_store(&index->loading, true);
    *out = index;
    return HL_OK;
}

static grn_id largest_id(struct search_index *index)
{
    grn_table_cursor *cursor =
        grn_table_cursor_open(index->ctx, index->schema.items, NULL, 0, NULL, 0,
                              0, 1, GRN_CURSOR_BY_ID | GRN_CURSOR_DESCENDING);
    grn_id id = GRN_ID_NIL;
    if (cursor != NULL) {
        id = grn_table_cursor_next(index->ctx, cursor);
        grn_table_cursor_close(index->ctx, cursor);
    }
    return id;
}

hl_err search_index_open(const char *folder, struct search_index **out,
                         struct hl_detail *detail)
{
    char path[INDEX_KEY_MAX_BYTES];
    struct search_index *index = new_index(folder, path);
    hl_err err = HL_OK;
    if (access(path, R_OK | W_OK) != 0) { /* of which Groonga loses memory */
        err = hl_fail(detail, HL_EIO, "%s: %s", path, strerror(errno));
    } else {
        index->db = grn_db_open(index->ctx, path);
        err = schema_check(index->ctx, detail);
    }
    if (err == HL_OK) {
        err = schema_find(index->ctx, &index->schema, detail);
    }
    if (err == HL_OK) {
        err = index_find_names(index, detail);
    }
    if (err == HL_OK) {
        err = index_read_facts(index, detail);
    }
    if (err == HL_OK) {
        err = open_readers(index, detail);
    }
    if (err != HL_OK) {
        release(index);
        return err;
    }
    atomic_store(&index->count,
                 grn_table_size(index->ctx, index->schema.items));
    index->max_id = largest_id(index);
    *out = index;
    return HL_OK;
}

hl_err search_index_close(struct search_index **index, bool keep,
                          struct hl_detail *detail)
{
    struct search_index *closing = *index;
    hl_err err = HL_OK;
    *index = NULL;
    if (closing == NULL) {
        return HL_OK;
    }
    HL_ASSERT(closing->free_count == READERS);
    if (keep) {
        grn_obj_flush_recursive(closing->ctx, closing->db);
        err = schema_check(closing->ctx, detail);
    }
    release(closing);
    return err;
}

/* --- Who asks. ----------------------------------------------------------- */

hl_err search_index_enter(struct search_index *index, struct reader **out,
                          struct hl_detail *detail)
{
    pthread_mutex_lock(&index->mutex);
    while (index->free_count == 0) {
        pthread_cond_wait(&index->freed, &index->mutex);
    }
    struct reader *reader = index->free_readers[--index->free_count];
    pthread_mutex_unlock(&index->mutex);
    pthread_rwlock_rdlock(&index->lock);
    /* Only now: it may have begun while this one waited. */
    if (search_index_is_loading(index)) {
        search_index_leave(index, reader);
        return hl_fail(detail, HL_EAWAY, "the text index is being made");
    }
    *out = reader;
    return HL_OK;
}

void search_index_leave(struct search_index *index, struct reader *reader)
{
    pthread_rwlock_unlock(&index->lock);
    pthread_mutex_lock(&index->mutex);
    index->free_readers[index->free_count++] = reader;
    pthread_cond_signal(&index->freed);
    pthread_mutex_unlock(&index->mutex);
}

/* --- Documents. ---------------------------------------------------------- */

static void set_number(struct search_index *index, enum fact fact, grn_id id,
                       uint64_t number)
{
    grn_obj value;
    GRN_UINT64_INIT(&value, 0);
    GRN_UINT64_SET(index->ctx, &value, number);
    grn_obj_set_value(index->ctx, index->schema.facts[fact], id, &value,
                      GRN_OBJ_SET);
    GRN_OBJ_FIN(index->ctx, &value);
}

static void set_ref(struct search_index *index, enum reference ref, grn_id id,
                    grn_id to)
{
    grn_obj value;
    GRN_RECORD_INIT(&value, 0,
                    grn_obj_id(index->ctx, index->schema.targets[ref]));
    GRN_RECORD_SET(index->ctx, &value, to);
    grn_obj_set_value(index->ctx, index->schema.refs[ref], id, &value,
                      GRN_OBJ_SET);
    GRN_OBJ_FIN(index->ctx, &value);
}

static void set_titles(struct search_index *index, grn_id id,
                       const struct document *document)
{
    grn_obj value;
    GRN_RECORD_INIT(&value, GRN_OBJ_VECTOR,
                    grn_obj_id(index->ctx, index->schema.title));
    for (size_t i = 0; i < document->title_count; i++) {
        int added = 0;
        struct bytes title = document->titles[i];
        if (title.size > INDEX_KEY_MAX_BYTES) {
            continue;
        }
        grn_id to = grn_table_add(index->ctx, index->schema.title, title.data,
                                  (unsigned)title.size, &added);
        if (added) {
            index_set_text(index, index->schema.shown, to, document->shown[i]);
        }
        GRN_RECORD_PUT(index->ctx, &value, to);
    }
    grn_obj_set_value(index->ctx, index->schema.titles, id, &value,
                      GRN_OBJ_SET);
    GRN_OBJ_FIN(index->ctx, &value);
}

static uint64_t tie_of(struct bytes id)
{
    struct hl_hash hash = hash_bytes(id);
    uint64_t tie = 0;
    for (unsigned i = 0; i < sizeof(tie); i++) {
        tie = tie << 8 | hash.bytes[i];
    }
    return tie;
}

static void put(struct search_index *index, grn_id id,
                const struct document *document)
{
    int added;
    const struct bytes texts[TEXTS] = {document->name, document->alias,
                                       document->maker, document->prose};
    for (unsigned i = 0; i < TEXTS; i++) {
        index_set_text(index, index->schema.texts[i], id, texts[i]);
    }
    const struct document_facts facts = {
        .kind = facts_kind(document->kind->number, document->status,
                           document->share_mode, document->standing),
        .refs = {
            [REF_UNIT] = index_refer_to_unit(index, document),
            [REF_CLASS] = index_refer_to_class(index, document),
            [REF_PLACE] = index_refer_to_place(index, document),
            [REF_ORIGIN] =
                index_refer(index, REF_ORIGIN, document->origin, &added),
        }};
    for (unsigned i = 0; i < REFS; i++) {
        set_ref(index, (enum reference)i, id, facts.refs[i]);
    }
    set_number(index, FACT_KIND, id, facts.kind);
    index_note_facts(index, id, &facts);
    set_number(index, FACT_WORTH, id, document->worth_fen);
    set_number(index, FACT_TIME, id, document->recorded_at_ms);
    set_number(index, FACT_TIE, id, tie_of(document->id));
    set_titles(index, id, document);
}

hl_err search_index_put(struct search_index *index,
                        const struct document *document,
                        struct hl_detail *detail)
{
    int added = 0;
    HL_ASSERT(document->id.size <= INDEX_KEY_MAX_BYTES);
    pthread_rwlock_wrlock(&index->lock);
    grn_id id =
        grn_table_add(index->ctx, index->schema.items, document->id.data,
                      (unsigned)document->id.size, &added);
    if (id != GRN_ID_NIL) {
        put(index, id, document);
        index->max_id = id > index->max_id ? id : index->max_id;
    }
    hl_err err = schema_check(index->ctx, detail);
    pthread_rwlock_unlock(&index->lock);
    if (added) {
        atomic_fetch_add(&index->count, 1);
    }
    return err;
}

hl_err search_index_remove(struct search_index *index, struct bytes id,
                           struct hl_detail *detail)
{
    hl_err err = HL_OK;
    pthread_rwlock_wrlock(&index->lock);
    grn_id there = grn_table_get(index->ctx, index->schema.items, id.data,
                                 (unsigned)id.size);
    if (there != GRN_ID_NIL) {
        const struct document_facts none = {0};
        index_note_facts(index, there, &none);
        grn_table_delete(index->ctx, index->schema.items, id.data,
                         (unsigned)id.size);
        err = schema_check(index->ctx, detail);
        atomic_fetch_sub(&index->count, 1);
    }
    pthread_rwlock_unlock(&index->lock);
    return err;
}

uint64_t search_index_count(const struct search_index *index)
{
    return atomic_load(&index->count);
}

/* --- Many at once. ------------------------------------------------------- */

bool search_index_is_loading(const struct search_index *index)
{
    return atomic_load(&index->loading);
}

hl_err search_index_load(struct search_index *index, struct hl_detail *detail)
{
    if (search_index_is_loading(index)) {
        return HL_OK;
    }
    atomic_store(&index->loading, true);
    pthread_rwlock_wrlock(&index->lock);
    hl_err err = schema_empty_indexes(index->ctx, &index->schema, detail);
    pthread_rwlock_unlock(&index->lock);
    return err;
}

struct half_fill {
    struct search_index *index;
    grn_ctx *ctx;
    hl_err err;
    struct hl_detail detail;
};

static void *fill_prose(void *context)
{
    struct half_fill *half = context;
    half->err =
        schema_fill_prose(half->ctx, &half->index->schema, &half->detail);
    return NULL;
}

static hl_err fill_both(struct search_index *index, struct hl_detail *detail)
{
    struct half_fill half = {.index = index, .ctx = index->readers[0].ctx};
    pthread_t thread;
    if (pthread_create(&thread, NULL, fill_prose, &half) != 0) {
        return hl_fail(detail, HL_EIO, "no thread for the text index");
    }
    hl_err err = schema_fill_heads(index->ctx, &index->schema, detail);
    pthread_join(thread, NULL);
    if (err == HL_OK && half.err != HL_OK) {
        *detail = half.detail;
        err = half.err;
    }
    return err;
}

hl_err search_index_loaded(struct search_index *index, struct hl_detail *detail)
{
    if (!search_index_is_loading(index)) {
        return HL_OK;
    }
    pthread_rwlock_wrlock(&index->lock);
    hl_err err = fill_both(index, detail);
    pthread_rwlock_unlock(&index->lock);
    if (err == HL_OK) {
        atomic_store(&index->loading, false);
    }
    return err;
}
