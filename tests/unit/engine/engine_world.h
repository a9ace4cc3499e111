/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_ENGINE_ENGINE_WORLD_H
#define HL_TESTS_UNIT_ENGINE_ENGINE_WORLD_H

/* Engines alone, in virtual time: journals are lists in memory, the disk takes
 * a moment, the network delivers or is cut. Entries are any bytes: engines do
 * not read them. Stores and daemons are for the simulator (tests/sim). */

#include "certs/charter/charter.h"
#include "federation/engine/engine.h"
#include "tests/sim/queue.h"
#include "tests/support/mem_tree.h"
#include "tests/support/support.h"

enum { WORLD_LATENCY_MS = 10, WORLD_DISK_MS = 2 };

struct world_journal {
    struct writer *entries;
    size_t count;
    struct mem_tree tree; /* of them */
    struct writer notes[ENGINE_NOTE_COUNT];
    struct proof end_proof;
    uint64_t cuts;
    uint64_t uncuts;         /* that were asked for */
    uint64_t lost, lost_end; /* entries that its disk lost; see ENGINE_MEND */
};

enum { WORLD_BLOBS = 4 };

/* A blob of the first node's journal: its sealed form is any bytes. */
struct world_blob {
    struct writer form;
    struct blob_leaves leaves;
    struct blob_seal seal;
    struct hl_hash id;
};

/* What a node has of one. */
struct world_held {
    uint64_t parts; /* all of them: it is whole, and served */
    bool spoilt;    /* what it serves is changed */
    hl_err err;     /* of its disk */
};

struct world_node {
    struct engine_world *world;
    char id[64];
    size_t number;
    bool up;
    uint64_t boot;
    struct engine *engine;
    struct signer journal_key, mirror;
    struct signer next_key, old_key;
    struct world_journal *journals; /* by node's number */
    struct writer charters[8];
    size_t charter_count;
    struct writer evidence[8];
    size_t evidence_count;
    struct head mark;
    struct hl_wall own_time; /* of its newest entry; 0: not told */
    bool mark_agrees, has_no_mark;
    enum engine_own own;
    uint64_t half_size; /* of every half here, for digests */
    hl_err disk_err;    /* what its disk says to every operation */
    hl_err charter_err; /* and to charters */
    struct world_held held[WORLD_BLOBS];
    struct hl_mono tick_at;
    struct engine_event later; /* SENT, of the action just carried out */
    struct writer later_origin;
    bool has_later;
    /* Who is dialled instead of the node of that name; NULL: that one. */
    const char *impostor_of;
};

struct world_stream {
    size_t ends[2];     /* nodes; SIZE_MAX: closed at that end */
    int64_t free_ns[2]; /* from each end: parts of blobs that stand before it */
};

struct world_wait {
    bool done;
    hl_err err;
    uint32_t keepers;
    bool sealed;
    uint64_t size; /* of an import */
};

struct engine_world {
    struct queue queue;
    int64_t now_ns;
    int64_t wall_ms; /* at now 0 */
    struct rng rng;
    struct verifier verifier;
    struct signer coordinator;
    struct writer charter; /* newest, signed */
    struct hl_hash pin;
    struct world_node **nodes;
    size_t member_count; /* in the charter */
    size_t node_count;   /* and a twin of the first, cut off and not started:
                            its second history, if it is to have one */
    struct world_stream *streams; /* by number */
    size_t stream_count;
    bool *cut; /* node x node: nothing passes */
    struct world_wait waits[256];
    struct world_blob blobs[WORLD_BLOBS];
    struct writer trace; /* reports, a line each */
    bool tracing, unchecked;
    struct segment_codec *codec;
    struct writer encoded;
    int64_t part_ms; /* that every line is busy with a part of a blob */
    uint64_t events, messages, bytes, dials;
    uint64_t kinds[SYNC_KIND_COUNT];
};

/* Nodes n0, n1, ... each kept by the `keepers` next ones, with that quorum. */
void world_init(struct engine_world *world, const char *test, size_t nodes,
                size_t keepers, size_t quorum);
/* Four nodes, each kept by the other three, quorum 2, at rest: five entries of
 * n0, sealed, stand everywhere. */
void world_begin(struct engine_world *world, const char *test);
void world_fini(struct engine_world *world);
struct world_node *world_node(struct engine_world *world, size_t number);

void world_start(struct world_node *node);
void world_start_all(struct engine_world *world);
/* Its memory is gone, its disk stays. */
void world_stop(struct world_node *node);
/* The same by a power cut: nobody is told. */
void world_vanish(struct world_node *node);

/* What is left on its disk: so many entries of its own journal, and nothing
 * else but charters and its keys. It is stopped. */
void world_lose_disk(struct world_node *node, uint64_t left);

/* Appends entries to the node's own journal and publishes the checkpoint. */
void world_append(struct world_node *node, size_t count);
/* The same, and others wait to see it sealed. */
void world_append_urgent(struct world_node *node, size_t count);
void world_cut(struct engine_world *world, size_t a, size_t b, bool cut);
void world_run(struct engine_world *world, int64_t ms);
/* Runs until every running node holds as much of every journal as its author
 * has, at most so long; false: it does not. */
bool world_converge(struct engine_world *world, int64_t ms);
bool world_equal(struct engine_world *world);
/* Whether all but one hold the same of an origin. */
bool world_agree(struct engine_world *world, size_t origin, size_t without);
/* The first entries of the first node's journal, for its twin. */
void world_copy(struct world_node *from, struct world_node *to, uint64_t size);

/* The next charter: a draft to be changed, then signed and given to a node. */
void world_draft(struct engine_world *world, struct charter *out);
void world_enact(struct engine_world *world, struct charter *draft,
                 struct world_node *at);
/* Signs it by these keys and gives no one it: `out` is the charter, `hash` its
 * own. The draft is done with. */
void world_sign_by(struct charter *draft, const struct signer *const *signers,
                   size_t count, struct writer *out, struct hl_hash *hash);
void world_give(struct world_node *node, const struct writer *charter);
/* The node's keepers, as many as it has. */
void world_keep_by(struct charter *draft, const char *node,
                   const char *const *keepers);
/* It ends there, and keeps nobody's journal any more. */
void world_end(struct charter *draft, const char *node, const struct head *end);
/* A new journal key for the node, in the draft from that point on; and from now
 * on it signs with it. */
void world_new_key(struct world_node *node, struct charter *draft,
                   enum charter_succession how, const struct head *from);
void world_take_key(struct world_node *node);

/* Another mirror key for a node that is stopped, in the draft and on its disk.
 */
void world_new_mirror(struct world_node *node, struct charter *draft);

void world_wait_for(struct world_node *node, uint64_t wait, uint64_t index,
                    uint32_t keepers, int64_t ms);
/* Makes one of so many parts, the last of them short; and has a node want it.
 */
void world_make_blob(struct engine_world *world, size_t number, uint64_t parts);
void world_want_blob(struct world_node *node, size_t number);

void world_event(struct world_node *node, struct engine_event *event);

/* The newest stream between two nodes that is open at both ends (fails the test
 * where there is none). */
uint64_t world_stream_between(const struct engine_world *world, size_t a,
                              size_t b);
/* As if `from` had sent it to `to`, on that stream. */
void world_say(struct engine_world *world, size_t from, size_t to,
               const struct sync_message *message, uint64_t bytes);

/* What that note is over; none: size 0. */
struct head world_note_head(struct bytes note);
/* How much of n0's journal that keeper has cosigned. */
uint64_t world_kept(const struct world_node *keeper);
/* Of that origin at that node. */
struct engine_origin_view world_view(const struct world_node *node,
                                     size_t origin);
/* How many trace lines hold the text. */
size_t world_count(const struct engine_world *world, const char *text);

#endif
