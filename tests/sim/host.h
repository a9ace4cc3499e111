/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_HOST_H
#define HL_TESTS_SIM_HOST_H

/* A machine with the daemon's own parts on it, store, author, projections and
 * driver, driven by queue events where the daemon has threads. What survives
 * a crash is the disk, the mark and the keys. */

#include "node/projection/frame.h"
#include "node/sync/driver.h"
#include "node/writer/author.h"
#include "node/writer/clock_guard.h"
#include "tests/sim/alliance.h"
#include "tests/sim/disk.h"
#include "tests/sim/liar.h"

struct world;
struct request;

/* Where a node dies. Between two actions always: what one action does is
 * whole or not there. */
enum host_crash {
    CRASH_NONE,
    CRASH_IN_SENDS,      /* some of what a step sends leaves, the rest not */
    CRASH_BEFORE_COMMIT, /* of the next transaction */
    CRASH_BEFORE_MARK,   /* behind a commit of own entries */
    CRASH_BEFORE_ANSWER, /* behind commit and mark; nobody was told */
    CRASH_KIND_COUNT,
};

struct requests {
    struct request **items;
    size_t count, capacity;
};

struct host {
    struct world *world;
    size_t city, port;
    size_t branch; /* of the city's truth that it writes */
    bool honest;
    bool robbed; /* of its key: where it goes on from is what the keepers say */
    bool away;   /* a joiner not admitted yet, or a thief thrown out: down */
    struct liar liar;

    /* What a crash leaves. */
    struct bytes charter; /* the first, as the operator has it */
    struct disk disk;
    struct mark mark;
    bool has_mark;
    struct mark old_mark; /* as of the backup */
    uint64_t old_size;    /* of the own journal there */
    unsigned old_epochs;  /* of the city's truth then */
    /* The mirror key's mark: words.h; and as of the backup. */
    struct head words, old_words;
    bool has_words;
    size_t journal_key, mirror_key; /* in the keyrings */
    bool set_back;   /* the store is an older one than the truth */
    unsigned losses; /* how often disk or store were lost */
    int64_t skew_ms; /* of the wall clock */
    const struct body_table *bodies; /* an older program's; NULL: ours */
    int64_t flush_ns;                /* what a commit takes */
    bool early; /* it gets keys before the charter that admits them */
    bool full;  /* the disk: nothing is committed */

    /* The process. */
    bool up;
    bool dying; /* nothing leaves any more; gone when the call returns */
    uint64_t boot;
    int64_t booted_ns;
    struct hl_wall started; /* what its journal was dated when it did */
    struct store *store;
    struct author *author;
    struct driver *driver;
    struct blob_store blobs; /* on the disk's shelf */
    hl_err refusal;
    bool mute; /* store and mirror key's mark disagree: it cosigns nothing */
    enum engine_own own;
    bool reopen; /* the own journal came back by sync: the author must see */
    struct clock_guard clock;
    int64_t tick_ns; /* when the next tick is queued; 0: none */
    bool disk_due, flushing;
    bool appended; /* own entries are in the commit being flushed */
    struct requests queued, written;
    struct writer entries; /* in the commit: each its length, and bytes */

    /* Set by faults. */
    enum host_crash crash;
    unsigned crash_sends; /* that still leave */
    bool silent;          /* the crash is one of power: nobody is told */
    int64_t restart_ns;   /* after a crash; 0: it stays down */
    uint64_t quarantined; /* bit by city: those it ever did */
    struct head sealed_seen[ALLIANCE_CITIES_MAX]; /* since the store is new */
    bool meeting;  /* an operator is busy with it */
    bool snapshot; /* disk and mark were set back together */
};

void host_create(struct world *world, size_t city, struct host **out);
void host_destroy(struct host **host);

/* The operator starts it (asserts that it is down), with the newest keys that
 * the charter has. */
void host_start(struct host *host);
/* The mark of a key that has signed nothing yet. */
void host_new_mark(struct host *host);
/* Dies between two events. */
void host_crash(struct host *host);

/* Whether its writer appends anything: it has its journal, and nobody has to
 * say first that its clock is right. */
bool host_may_write(struct host *host);

/* Gives a request to the writer's queue; false: nobody is there. */
bool host_submit(struct host *host, struct request *request);
void host_event(struct host *host, struct engine_event *event);

const char *host_id(const struct host *host);
/* "jinan", or "jinan'" for a liar's second machine. */
const char *host_label(const struct host *host);
struct bytes host_origin(const struct host *host);
struct hl_mono host_mono(const struct host *host);
struct hl_wall host_wall(const struct host *host);

/* What its store has of a city's journal, and the longest checkpoint of it that
 * this host cosigned; it is up. */
struct head host_kept(const struct host *host, size_t city,
                      struct frontier *held);
/* Up to where its store has a city's journal sealed; it is up. */
uint64_t host_sealed(const struct host *host, size_t city);
/* What its engine knows of a city's journal; false: nothing. */
bool host_view(const struct host *host, size_t city,
               struct engine_origin_view *out);

#endif
