/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SCRUB_SCRUBBER_H
#define HL_NODE_SCRUB_SCRUBBER_H

/* The scrub of a running node: a thread that reads the whole store again, when
 * it is asked to or when it is due, and has put right what can be.
 *
 *   read -> entries from partners -> hashes from entries -> what is computed,
 *   by a rebuild -> and, where anything was found, read again
 *
 * By itself it is slow: READ_BYTES_PER_S, in short snapshots, and a step of the
 * rebuild each STEP_PAUSE_MS. Where it is lives in memory only: after a restart
 * it begins again; what it left stays known. The library of the store ends the
 * process on some pages that are damaged: a scrub that did so twice in a row
 * begins no more by itself. Functions may be called by any thread. */

#include "node/blob/blob_files.h"
#include "node/scrub/scrub_walk.h"
#include "node/writer/writer_thread.h"

struct scrubber;

/* Entries that a partner may have; it lives until `done` has run, once, perhaps
 * before mend() returns. */
struct scrub_mend {
    char origin[HL_NAME_MAX_BYTES + 1];
    uint64_t first, end;
    void (*done)(struct scrub_mend *mend, hl_err err, const char *text);
    struct scrub_mend *next; /* whose list it is in meanwhile */
    uint64_t number;
};

struct scrubber_options {
    struct store *store;
    struct writer_thread *writer;
    const char *own; /* this node's own origin */
    struct log *log;
    struct hl_wall (*wall)(void);
    int64_t interval_ms; /* 0: only when asked */
    int64_t first_ms;    /* the first one, from the start on */
    void *context;       /* of what follows */
    void (*mend)(void *context, struct scrub_mend *mend);
    /* Appends the raw charter that holds. */
    void (*charter)(void *context, struct writer *out);
    /* NULL: there are none. One that was damaged is gone, and is to be wanted
     * again. */
    struct blob_files *blobs;
    void (*blob_lost)(void *context);
    /* scrubber_view() has changed. */
    void (*changed)(void *context);
};

void scrubber_start(const struct scrubber_options *options,
                    struct scrubber **out);
/* Ends what it does; sets NULL; NULL is fine. Whatever mend() was given must
 * have been done by then, or be done while this waits. */
void scrubber_stop(struct scrubber **scrubber);

/* One now; the number of a run that begins after this call. */
uint64_t scrubber_ask(struct scrubber *scrubber);

struct scrubber_view {
    uint64_t running;       /* number of the run that goes on; 0: none */
    uint64_t ended;         /* of the last one that ended; 0: none did */
    uint64_t beats;         /* counts on while one goes on */
    uint64_t rows, entries; /* read, by the one that goes on or ended */
    uint64_t found, repaired;
    uint64_t left; /* damaged now, as far as is known; also by a process before
                      this one */
    struct hl_detail left_why; /* one of them */
    hl_err err;                /* why the last one ended early, or HL_OK */
    struct hl_detail why;
    struct hl_wall ended_at;
};

void scrubber_view(struct scrubber *scrubber, struct scrubber_view *out);

/* The i-th finding of the last run that ended, repaired or not; false past the
 * last. */
bool scrubber_finding(struct scrubber *scrubber, size_t i,
                      struct scrub_finding *out);

#endif
