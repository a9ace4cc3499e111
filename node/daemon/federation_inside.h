/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_FEDERATION_INSIDE_H
#define HL_NODE_DAEMON_FEDERATION_INSIDE_H

/* What federation*.c share: how events come to the engine and what its driver
 * asks for (federation.c); what of it is shown (federation_show.c). */

#include <stdatomic.h>

#include "node/daemon/federation.h"

/* Something that happened, on its way to the writer's thread. */
struct happening {
    struct happening *next;
    enum engine_event_kind kind; /* MESSAGE: bytes, not decoded yet */
    engine_stream stream;
    bool dialled;
    hl_err err;
    char peer[CHARTER_LABEL_BYTES];
    size_t size;
    uint8_t bytes[];
};

struct federation {
    struct federation_options options;
    atomic_uint keepers; /* of our journal */
    atomic_bool stopping;
    struct verifier verifier;
    struct links *links;
    struct log_limiter closings; /* lines of them */
    struct blob_store blobs;

    pthread_mutex_t lock; /* of all below, up to the blank line */
    struct writer_thread *writer;
    bool ended; /* the writer's thread takes nothing any more */
    struct waiting *new_waits;
    struct partners_import *new_imports, **last_import; /* as they came */
    struct scrub_mend *new_mends;
    struct happening *first, **last;
    struct partners_view shown; /* as of the last look */
    struct writer charter;      /* raw; that holds */

    struct driver *driver; /* the writer's thread, so below */
    enum engine_own own;
    hl_err own_err;
    char own_why[HL_DETAIL_TEXT_BYTES];
    hl_err refusal; /* of the author */
    struct hl_detail refusal_why;
    bool reopen;
    struct hl_mono reopen_at; /* not before: it failed */
    hl_err failed;            /* HL_EFLUSH: something must be on the disk, and
                                 is not */
    struct hl_detail failed_why;
    struct waiting *waits;
    struct partners_import *imports; /* given to the engine */
    struct scrub_mend *mends;        /* likewise */
    uint64_t next_wait;              /* also the next import's number */
    bool changed;                    /* since the last look */
    struct hl_mono looked;
};

enum {
    LOOK_MS = 100, /* at what is shown, at most so often */
    REOPEN_AGAIN_MS = 1000,
};

/* What an operator says, as partners.tell(). Any thread. */
void federation_tell(void *context, enum engine_event_kind kind,
                     struct bytes what);

/* --- federation_import.c. ------------------------------------------------- */

void federation_import(void *context, struct partners_import *import); /* any */
void federation_begin_imports(struct federation *federation);
void federation_import_done(void *context, const struct engine_action *action);
void federation_end_imports(struct federation *federation);

/* --- federation_mend.c; the writer's thread. ------------------------------ */

void federation_begin_mends(struct federation *federation);
void federation_mend_done(void *context, const struct engine_action *action);
void federation_end_mends(struct federation *federation);

/* --- federation_show.c; the writer's thread. ------------------------------ */

void federation_look(struct federation *federation);
/* When the next look is due; INT64_MAX: nothing has changed. */
int64_t federation_look_in_ms(const struct federation *federation,
                              struct hl_mono now);
void federation_keep_fault(struct federation *federation, struct bytes peer,
                           const char *text);

#endif
