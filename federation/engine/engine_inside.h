/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_FEDERATION_ENGINE_ENGINE_INSIDE_H
#define HL_FEDERATION_ENGINE_ENGINE_INSIDE_H

/* What the engine's files share. Inside this folder.
 *
 *   engine.c      an event to whom it concerns, and what is due by then
 *   charters.c    which charter holds
 *   member.c      the nodes of the charters
 *   peer.c        reaching them: dialling, back-off, misbehaviour
 *   stream.c      from opened to live: Hello, which of two lives, comparing
 *   pull.c        following an origin at one peer: Want, Segment, stalls
 *   push.c        serving subscribers: segments, Have, credit
 *   judge.c       notes from peers: what a charter makes of them
 *   have.c        what a peer says of an origin
 *   seal.c        the author's candidates, and who waits for them
 *   keep.c        a keeper's cosignatures
 *   fault.c       contradictions: proofs, whom they accuse
 *   evidence.c    what evidence there is, and which of it counts
 *   standing.c    where an origin must stop, and cutting back to there
 *   own.c         the rollback guard
 *   pending.c     what is on its way to the disk
 *   import.c      what an operator brings in a file
 *   mend.c        entries that our disk lost, and a peer has
 *   blob.c        blobs: fetching what is named, giving what is here
 *   digest.c      whether two computed the same, and where not
 *   view.c        loading, showing, checking
 *   heartbeat.c   what happens by time alone
 */

#include "certs/charter/charter_chain.h"
#include "certs/charter/charter_judge.h"
#include "federation/engine/engine.h"
#include "federation/engine/scratch.h"
#include "protocol/base/writer.h"
#include "protocol/note/evidence.h"
#include "protocol/note/verified.h"
#include "protocol/tree/fork.h"

enum {
    HELLO_TIMEOUT_MS = 10000,
    COMPARE_TIMEOUT_MS = 10000,
    DIAL_TIMEOUT_MS = 20000,
    STALL_MS = 10000, /* a peer that has more and sends nothing */
    AVOID_MS = 60000, /* before it is asked again for that origin */
    AVOID_MAX = 8,
    DIAL_BACKOFF_MIN_MS = 250,
    SUPERSEDED_WAIT_MS = 5000, /* about a keepalive */
    FAULT_BACKOFF_MS = 30000,  /* doubled with each fault */
    FAULT_BACKOFF_MAX_MS = 3600000,
    FAULT_FORGET_MS = 86400000,
    DOUBT_MS = 60000,
    CLOCK_AHEAD_MS = 86400000,
    NODES_PER_HEARTBEAT_S = 10,
    STORE_RETRY_MS = 5000,
    /* Of a checkpoint: the lines of its author and of all its keepers are a
     * fifth of it. Anybody may add lines that nobody knows. */
    NOTE_MAX_BYTES = 16384,
    /* Questions that a peer may ask in a heartbeat: ASKS_MIN, and so many for
     * each member. One that has missed much asks about every journal. */
    ASKS_MIN = 64,
    ASKS_PER_MEMBER = 4,
    EVIDENCE_EARLY_MAX = 16,
    START_RETRIES = 2, /* segments that fail before a start proof came */
    MEND_MS = 10000,   /* for a peer to send what is asked for */
    /* Likewise, for a part; where one took longer twice as long, up to. */
    BLOB_MS = 10000,
    BLOB_MAX_MS = 160000,
    BLOB_QUICK_MS = 250,  /* between parts of a line that bears more of them */
    BLOB_RETRY_MS = 1000, /* once nobody had it; doubled each time, up to */
    BLOB_RETRY_MAX_MS = 600000,
    BLOB_FULL_MS = 60000,     /* once our disk had no room */
    BLOB_HOPELESS_ROUNDS = 5, /* in which nobody had it */
    BLOB_ASKS_MAX = 1024, /* of one peer in a heartbeat, that are answered */
};

#define NO_TIME ((struct hl_mono){INT64_MAX})

/* A signed note and the head that it is over. Nothing: raw is empty. */
struct signed_head {
    struct head head;
    struct writer raw;
};

void signed_head_set(struct signed_head *to, const struct head *head,
                     struct bytes raw);
void signed_head_clear(struct signed_head *note);
bool signed_head_is(const struct signed_head *note);

struct member;
struct stream;

/* A file of evidence. */
struct kept_evidence {
    struct writer raw;
    enum evidence_accused whom;
    bool stored, on_way;    /* neither: the disk would not have it, so far */
    struct member *accused; /* while not stored */
};

/* A peer that stalled, for one origin. */
struct avoided {
    const struct member *peer;
    struct hl_mono until;
};

/* --- An origin. ------------------------------------------------------------
 */

struct origin {
    struct frontier held;    /* in the store */
    struct frontier taken;   /* with what is on its way there */
    uint32_t on_way;         /* operations on their way to the disk */
    bool way_failed;         /* one of them did: those behind it will, too */
    bool cutting;            /* one of them is a cut, or takes one back */
    struct head uncut_tried; /* to which that was tried since the last cut */

    struct signed_head newest; /* what `held` was verified under */
    struct proof end_proof;    /* held.size -> newest.head.size */
    struct signed_head whole;  /* the longest note that `held` has whole */
    bool whole_stored;         /* apart from the newest */
    struct signed_head sealed;
    struct signed_head sealed_ahead; /* sealed, and beyond what we hold */
    struct signed_head candidate;    /* the author's, as far as known here */
    bool candidate_followed; /* it came from where we follow the journal */
    struct signed_head kept; /* with our line */
    struct note kept_note;   /* that, read; empty: there is none */
    bool keeping;            /* the next one is on its way to the disk */
    /* New to the journal as its keeper: which of the former ones answered, and
     * the longest head that they showed. */
    uint32_t former_answers;
    struct signed_head former_base;
    uint64_t sealing;     /* size of a sealed note, on its way or there */
    struct hl_wall as_of; /* of the author's own line on whole */
    /* What the author himself said last that the time is, also where it went
     * back, and when; 0: nothing since the start. */
    struct hl_wall heard;
    struct hl_mono heard_at;
    /* Counted up with each change that subscribers should hear of. */
    uint32_t whole_number, candidate_number, sealed_number;

    /* Pulling. */
    struct stream *upstream;
    struct signed_head under; /* note of the last segment, judged good */
    uint64_t upstream_size;   /* what it says it has whole */
    uint32_t starts_failed;
    struct hl_mono progress_at;        /* of the last segment, or Want */
    struct hl_mono retry_at;           /* not before: the store was full */
    struct avoided avoided[AVOID_MAX]; /* the newest in place of the oldest */
    struct member *hint; /* who says that it has more: hint_size */
    uint64_t hint_size;

    enum engine_standing standing;
    struct head limit;  /* unless good: where it must stop */
    struct head beside; /* a point of a charter's to which what is sealed was
                           seen not to lead; size 0: none */
    /* Against this author, as far as the charter has not settled it. */
    const struct kept_evidence *evidence;

    struct sync_digest_at digest;
    uint64_t digest_reported; /* size at which a difference was last told */
    bool digest_walked;       /* and the record found */
    uint64_t changed; /* number of its last change; see stream.claimed */
};

/* --- A peer. ---------------------------------------------------------------
 */

struct peer {
    enum engine_link link;
    struct hl_mono retry_at; /* down: when to dial; dialling: when to give up */
    uint32_t attempts;       /* since the last contact */
    size_t endpoint;         /* to dial next */
    uint32_t faults;
    struct hl_mono fault_at;
    struct hl_mono doubted_until; /* one more is a fault, to then; 0: none */
    struct hl_mono banned_until;
    hl_err last;
    bool paused; /* by the operator */
};

/* A node of the charter, which is at once an origin and a peer. Never removed,
 * and never moved. */
struct member {
    char id[CHARTER_LABEL_BYTES];
    char name[HL_NAME_MAX_BYTES + 1]; /* of its journal */
    size_t number;                    /* in order of arrival */
    const struct charter_node *node;  /* in the charter that holds */
    struct origin origin;
    struct peer peer;
    struct stream *stream; /* the one past its Hello; NULL: none */
    /* As our keeper, while our own journal is unsure: */
    bool answered, lost;
    uint64_t shown; /* size of the longest signed head of ours that it showed */
    uint64_t holds; /* the same, of those under which it has the entries */
    const struct kept_evidence *accusation; /* against it as a keeper */
    /* As a keeper of ours: the largest size of ours that it cosigned, and by
     * which of its keys: with another one it may have lost its disk. */
    uint64_t cosigned;
    struct vkey cosigned_by;
};

/* --- A stream. -------------------------------------------------------------
 */

enum stream_state {
    STREAM_GREETING,  /* our Hello is sent, theirs is awaited */
    STREAM_COMPARING, /* what they hold of our journal is awaited */
    STREAM_LIVE,
};

/* One subscription of the peer's. */
struct subscription {
    bool on;
    bool with_start;
    uint64_t next;                                          /* index */
    uint32_t whole_number, candidate_number, sealed_number; /* as told */
};

struct stream {
    engine_stream id;
    struct member *member;
    enum stream_state state;
    bool dialled;            /* by us */
    struct hl_mono deadline; /* of the state; NO_TIME when live */
    uint64_t opened;         /* order of the Hello, for the newer one */
    uint64_t claimed; /* the last change that a heartbeat told of there */

    /* Segments from us: */
    uint64_t credit, sent; /* bytes */
    bool sending;
    struct subscription *subscriptions; /* by member's number */
    size_t subscription_count;
    size_t next_served; /* round robin */
    bool due;           /* something may be sent */

    /* Segments to us: */
    uint64_t window;            /* that we grant */
    uint64_t received, granted; /* bytes, in all */
    uint64_t unstored;          /* of received: not on the disk yet */

    struct blob_wanted *blob; /* that is fetched here; NULL: none is */
    uint32_t blob_window;     /* parts of it under way */
    int64_t blob_ms;          /* for one of them */
    uint32_t blob_asks;       /* since `asks_from` */

    /* What it asked since `asks_from`; see stream_may_ask(). */
    uint32_t asks;
    struct hl_mono asks_from;
};

/* --- The whole. ------------------------------------------------------------
 */

struct kept_charter {
    struct charter charter;
    struct writer richer; /* the same with more signatures, on its way to the
                             disk, or refused there; empty: none */
    bool stored, on_way;  /* neither: the disk would not have it, so far */
    bool signed_over; /* by the coordinators of one that is, from the pin on;
                         whether it holds or not */
};

enum pending_kind {
    PENDING_SEGMENT,
    PENDING_NOTE,
    PENDING_CUT,
    PENDING_UNCUT,
    PENDING_CHARTER,
    PENDING_EVIDENCE,
    PENDING_MEND,
};

/* What the store was told to do, in order. */
struct pending {
    enum pending_kind kind;
    uint64_t ticket;
    struct member *member;    /* whose origin it changes; NULL: none */
    struct frontier frontier; /* SEGMENT, CUT: after it */
    enum engine_note note_kind;
    struct signed_head note; /* SEGMENT, NOTE; also raw of CHARTER */
    struct proof end_proof;
    struct kept_charter *charter;   /* CHARTER */
    struct kept_evidence *evidence; /* EVIDENCE */
    engine_stream stream;           /* SEGMENT: to which credit goes back */
    uint64_t bytes;
    bool imported;   /* SEGMENT: somebody waits for it: */
    uint64_t import; /* the number that he goes by */
};

/* Entries that are wanted again; one range at a time. */
struct mend {
    struct member *member; /* whose journal's; NULL: none are */
    uint64_t from, end;
    uint64_t number;         /* of whoever asked */
    const struct member *at; /* who is asked; NULL: nobody yet */
    bool storing;            /* what came is on its way to the disk */
    struct hl_mono deadline; /* of the peer */
    bool *tried;             /* by member's number */
    size_t tried_count;
    hl_err err; /* of the last peer */
    char why[HL_DETAIL_TEXT_BYTES];
};

/* A blob to be had of peers, one after the other. */
struct blob_wanted {
    struct member *author; /* whose journal names it */
    struct hl_hash id;
    struct blob_seal seal;
    uint64_t next;           /* the parts before it are here */
    uint64_t asked;          /* those before it are asked for */
    struct stream *at;       /* where; NULL: nowhere */
    struct hl_mono deadline; /* of the next part, there */
    struct hl_mono quick;    /* until then it is quick */
    struct hl_mono retry_at; /* not before, once nobody had it */
    uint32_t rounds;         /* in which nobody had */
    bool *tried;             /* by member's number */
    size_t tried_count;
};

struct wait {
    uint64_t number;
    uint64_t index;
    uint32_t keepers;
    struct hl_mono until;
};

struct engine {
    struct engine_limits limits;
    char alliance[CHARTER_DOMAIN_BYTES];
    char node[CHARTER_LABEL_BYTES];
    char name[HL_NAME_MAX_BYTES + 1]; /* of our journal */
    struct hl_hash pin;
    struct verified *verified; /* what the options' verifier said */
    struct verifier remembering;
    const struct verifier *verifier; /* that one */
    const struct signer *mirror;
    const struct vkey *journal_key;
    struct engine_tree tree;
    struct head mark;
    bool has_mark;
    struct hl_wall believed; /* of the last own heartbeat whose time agreed with
                                the one before, or with partners' */
    struct hl_wall confirmed; /* by an operator, at; 0: never */
    struct hl_mono confirmed_at;
    uint64_t random; /* state */

    struct hl_mono mono; /* of this step */
    struct hl_wall wall;
    bool started;

    struct kept_charter **charters; /* each is kept where it is */
    size_t charter_count;
    const struct charter *charter; /* that holds */
    bool contested;                /* two follow it, and neither holds */

    struct member **members;  /* by id */
    struct member **numbered; /* by number */
    size_t member_count;
    struct member *self;

    struct stream **streams;
    size_t stream_count;
    uint64_t hellos;

    enum engine_own own;
    bool key_is_good; /* the charter has our key, from what we hold on */
    bool own_anew;    /* NEEDS_KEY may be left: the charter has changed */
    bool own_told;    /* and what: */
    enum engine_own told;

    struct pending *pending; /* ring of pending_count from pending_first */
    size_t pending_first, pending_count, pending_capacity;
    uint64_t next_ticket;
    uint64_t changes; /* of origins, counted */
    uint64_t endings; /* engine_endings() */

    struct wait *waits;
    size_t wait_count;
    uint64_t urgent; /* others wait until the own journal is sealed so far */
    struct hl_mono candidate_at; /* when ours was marked */
    struct mend mend;
    struct blob_wanted **blobs; /* each is kept where it is */
    size_t blob_count, blob_capacity;

    struct kept_evidence **evidence; /* each is kept where it is */
    size_t evidence_count;
    struct writer early[EVIDENCE_EARLY_MAX]; /* what accuses nobody, so far */
    size_t early_next;

    struct hl_mono heartbeat_at;
    struct hl_mono wake_at;

    struct scratch scratch; /* of this step */
    struct engine_action *actions;
    size_t action_count, action_capacity;
};

/* --- Shared verbs. ----------------------------------------------------------
 */

/* engine.c */
struct engine_action *engine_act(struct engine *engine,
                                 enum engine_action_kind kind);
void engine_report(struct engine *engine, enum engine_report report,
                   const struct member *about, hl_err err, uint64_t size,
                   const char *text);
uint64_t engine_random(struct engine *engine, uint64_t below);
struct hl_mono after_ms(struct hl_mono from, int64_t ms);
bool is_due(const struct engine *engine, struct hl_mono at);
int64_t heartbeat_ms(const struct engine *engine);

/* charters.c */
/* *added is NULL where it is known, with all its signatures. Not stored, once
 * the engine runs. */
hl_err charters_add(struct engine *engine, struct bytes raw,
                    struct kept_charter **added, struct hl_detail *detail);
/* Whether one is on its way to the disk, or was refused there. */
bool charters_on_way(const struct engine *engine);
void charters_retry(struct engine *engine); /* what the disk refused */
void charters_stored(struct engine *engine, struct kept_charter *kept,
                     struct bytes raw, hl_err err);
hl_err charters_resolve(struct engine *engine, struct hl_detail *detail);
void charters_offer(struct engine *engine, struct bytes raw,
                    struct stream *from);
void charters_send_newer(struct engine *engine, struct stream *stream,
                         const struct sync_hello *hello);
void charters_fini(struct engine *engine);
/* What was heard under the former set of charters is heard again. */
void charters_hear_again(struct engine *engine);
/* The charter that it follows, if it is here. */
const struct charter *charters_before(const struct engine *engine,
                                      const struct charter *charter);

/* member.c */
struct member *member_add(struct engine *engine, const char *id);
struct member *member_find(const struct engine *engine, struct bytes id);
struct member *member_of_origin(const struct engine *engine,
                                struct bytes origin);
bool member_ended(const struct member *member);
bool member_keeps(const struct member *keeper, const struct member *author);
/* The epoch of the author's newest journal key; the node is in the charter. */
size_t member_epoch(const struct member *author);

/* peer.c */
void peer_connect(struct engine *engine); /* dials whom is due */
void peer_down(struct engine *engine, struct member *member, hl_err err);
void peer_reached(struct member *member);
bool peer_banned(const struct engine *engine, const struct member *member);
/* The operator wants no streams with it, or again. */
void peer_pause(struct engine *engine, struct member *member);
void peer_retry(struct engine *engine, struct member *member);
/* Closes the stream and leaves the peer alone for a while. */
#define PEER_BREAKS "a message that breaks the protocol"
/* The line may have cut it: once in DOUBT_MS that is nobody's fault. */
void peer_doubt(struct engine *engine, struct stream *stream);
void peer_fault(struct engine *engine, struct stream *stream, hl_err err,
                const char *why);

/* stream.c */
struct stream *stream_find(const struct engine *engine, engine_stream id);
void stream_opened(struct engine *engine, const struct engine_event *event);
void stream_close(struct engine *engine, struct stream *stream, hl_err err,
                  const char *why);
void stream_closed(struct engine *engine, struct stream *stream, hl_err err);
void stream_hello(struct engine *engine, struct stream *stream,
                  const struct sync_hello *hello);
void stream_compared(struct engine *engine, struct stream *stream);
void stream_send(struct engine *engine, struct stream *stream,
                 const struct sync_message *message);
void stream_destroy(struct stream *stream);
/* Whether one more question of the peer's is answered. Each costs a look into
 * the store, and an answer outside all windows. */
bool stream_may_ask(const struct engine *engine, struct stream *stream);
struct subscription *stream_subscription(struct stream *stream,
                                         const struct member *member);

/* pull.c */
bool pull_wanted(const struct engine *engine, const struct member *member);
void pull_choose(struct engine *engine, struct member *member);
void pull_choose_all(struct engine *engine);
void pull_drop_stream(struct engine *engine, struct stream *stream);
/* Wants it again from where we are, from the same peer if it may be. */
void pull_again(struct engine *engine, struct member *member);
/* Follows it nowhere, until the next choice. */
void pull_stop(struct engine *engine, struct member *member);
/* Not this peer for this origin, for a while; no fault of its. */
void pull_avoid(struct engine *engine, struct member *member);
void pull_segment(struct engine *engine, struct stream *stream,
                  const struct segment *segment, uint64_t bytes);
/* Stores what was verified under origin.under; pending is the caller's to
 * complete. */
struct pending *pull_store(struct engine *engine, struct member *member,
                           const struct segment *segment,
                           const struct frontier *frontier);
/* Of the segment's entries. */
struct hl_hash *pull_leaves(struct engine *engine,
                            const struct segment *segment);
void pull_stalls(struct engine *engine);
void pull_grant(struct engine *engine, struct stream *stream);

/* push.c */
void push_want(struct engine *engine, struct stream *stream,
               const struct sync_want *want);
/* The journal was cut: every subscriber begins again. */
void push_reset(struct engine *engine, struct member *member);
void push_origin(struct engine *engine, struct member *member);
void push_due(struct engine *engine);
void push_sent(struct engine *engine, const struct engine_event *event);

/* judge.c */
struct judged {
    struct charter_judgement judgement;
    struct hl_wall as_of; /* of the author's own line; 0: none */
    struct bytes raw;     /* the note with the lines that were verified and no
                             others: what is kept and passed on; in scratch */
};
/* A note that a peer sent for that origin, by the charter that holds.
 *
 * HL_EPEER  it is no such thing: the peer was dropped, the stream is gone.
 * others    the charter that holds does not accept it; nobody's fault. Without
 *           a stream (an import) also what is wrong with it. */
hl_err judge_note(struct engine *engine, struct stream *stream,
                  const struct member *member, struct bytes raw,
                  struct judged *out);
/* Whether a quorum sealed it, under whatever charter that we have. */
bool judge_sealed(struct engine *engine, struct stream *stream,
                  struct bytes raw, struct judged *out);
/* The head that the note states; nothing is verified. */
bool judge_reads(struct bytes raw, struct head *out);
/* Whether the charter that holds accepts it. */
bool judge_accepts(const struct engine *engine, struct bytes raw);

/* have.c */
void have_received(struct engine *engine, struct stream *stream,
                   const struct sync_have *have);
/* A signed head beyond what we hold: its bringer may be followed. */
void have_larger(struct engine *engine, struct stream *stream,
                 struct member *member, const struct head *head,
                 struct bytes raw);
void have_sealed(struct engine *engine, struct stream *stream,
                 struct member *member, struct bytes raw);
/* A keeper's newest word: with others' it may make a sealed checkpoint. */
void have_kept(struct engine *engine, struct stream *stream,
               struct member *member, const struct head *head,
               struct bytes raw);
void have_new_size(struct engine *engine, struct member *member);

/* seal.c */
/* Appends to the note the keepers' lines that the other note over the same
 * text has and it has not. False: there are none. */
bool seal_merge(const struct engine *engine, const struct member *author,
                struct signed_head *to, struct bytes from);
void seal_own_advanced(struct engine *engine, const struct head *head,
                       struct bytes note, bool urgent);
void seal_store(struct engine *engine, struct member *member,
                const struct signed_head *note);
void seal_mark_candidate(struct engine *engine, bool heartbeat);
void seal_beat(struct engine *engine);
void seal_cosigned(struct engine *engine, struct stream *stream,
                   struct bytes raw);
void seal_wait(struct engine *engine, const struct engine_event *event);
void seal_cancel(struct engine *engine, uint64_t number);
void seal_answer(struct engine *engine);
void seal_charter_changed(struct engine *engine);
void seal_cut(struct engine *engine); /* our own journal was */
struct hl_mono seal_next_deadline(const struct engine *engine);

/* keep.c */
/* Cosignatures flow to the author: directly, else to where we follow him. */
void keep_read(struct origin *origin); /* kept has changed */
/* An author that shows a candidate without the lines that we know has not heard
 * them, or forgot them when it started again: it is told once more. */
void keep_remind(struct engine *engine, struct stream *stream,
                 struct member *author, struct bytes raw);
void keep_pass_on(struct engine *engine, struct member *member,
                  const struct stream *from);
/* A note that was judged: does it bear a word of ours that we do not have? */
void keep_look_at(struct engine *engine, const struct member *author,
                  const struct note *note, uint64_t size);
bool keep_vouches(struct engine *engine, const struct member *author);
/* Whether we are new to the journal, and do not know yet what must be
 * extended: those who kept it before are asked. */
bool keep_asks(const struct engine *engine, const struct member *author);
void keep_try(struct engine *engine, struct member *member);
/* Each heartbeat: tries again, and asks those who kept it before us. */
void keep_beat(struct engine *engine, struct member *member);
void keep_tell(struct engine *engine, struct member *member);
void keep_charter_changed(struct engine *engine);
void keep_want(struct engine *engine, struct stream *stream,
               const struct sync_kept_want *want);
void keep_received(struct engine *engine, struct stream *stream,
                   const struct sync_kept *kept);

/* fault.c */
/* Keepers are asked what they cosigned last of an accused author's. */
void fault_ask_keepers(struct engine *engine, const struct member *accused);
hl_err tree_root(struct engine *engine, const struct member *member,
                 uint64_t size, struct hl_hash *root);
struct hash_source tree_source(struct engine *engine,
                               const struct member *member);
/* Another checkpoint that a quorum sealed, not longer than the one that we
 * have: where the two contradict, whoever cosigned both is guilty too. */
void fault_sealed(struct engine *engine, struct member *member,
                  const struct head *head, struct bytes note);
/* The same of a note that is not beyond what we hold: nobody is asked. */
void fault_note(struct engine *engine, struct member *member,
                const struct signed_head *note);
void fault_segment(struct engine *engine, struct stream *stream,
                   struct member *member, const struct segment *segment,
                   const struct head *head);
/* A signed head of a member that does not fit, or may not. */
void fault_head(struct engine *engine, struct stream *stream,
                struct member *member, const struct head *head,
                struct bytes note, const struct start_proof *start);
void fault_ask(struct engine *engine, struct stream *stream,
               const struct member *member, uint64_t at, uint64_t size);
void fault_proof_want(struct engine *engine, struct stream *stream,
                      const struct sync_proof_want *want);
void fault_proof(struct engine *engine, struct stream *stream,
                 const struct sync_proof *proof);
void fault_evidence(struct engine *engine, struct stream *stream,
                    struct bytes raw);
/* evidence.c */
/* Whom it accuses, and the charters have not settled or excused; NULL: none. */
struct member *evidence_accused(const struct engine *engine,
                                const struct evidence *evidence);
/* Finds what counts, of all that is stored; what did not before is told. */
void evidence_choose(struct engine *engine);
void evidence_load(struct engine *engine, struct bytes raw,
                   enum evidence_accused whom);
void evidence_take(struct engine *engine, struct member *accused,
                   struct bytes raw, enum evidence_accused whom);
/* One that proves what it says: kept, if it accuses anybody; else it is looked
 * at again when another charter holds, the newest few of them. */
void evidence_offer(struct engine *engine, const struct evidence *evidence,
                    struct bytes raw);
void evidence_offer_early(struct engine *engine);
void evidence_stored(struct engine *engine, struct kept_evidence *kept,
                     hl_err err);
void evidence_retry(struct engine *engine);
/* Against that author, and not on the disk yet. */
bool evidence_is_coming(const struct engine *engine,
                        const struct member *author);
/* Or there already. */
bool evidence_is_known(const struct engine *engine,
                       const struct member *accused,
                       enum evidence_accused whom);
/* To that peer; NULL: nothing. */
void evidence_send(struct engine *engine, struct stream *stream,
                   const struct kept_evidence *evidence);
void evidence_fini(struct engine *engine);

/* standing.c */
void standing_give_way(struct engine *engine, struct member *member,
                       const struct head *head);
/* Whether who signed the last of ours is admitted by a charter alone that is
 * set aside. */
bool standing_is_set_aside(const struct engine *engine,
                           const struct member *member);
/* The longest sealed note that we know of, whether we hold it or not. */
const struct signed_head *standing_sealed(const struct origin *origin);
void standing_settle(struct engine *engine, struct member *member);
void standing_settle_all(struct engine *engine);
/* Whether our copy goes through the point from which the author's newest
 * replacing key holds, and on the way there not through that head. */
bool standing_goes_beside(struct engine *engine, const struct member *member,
                          const struct head *head);

/* own.c */
/* Our own journal is about to be cut: nothing is written behind it meanwhile.
 */
void own_cut(struct engine *engine);
void own_changed(struct engine *engine);
void own_charter_changed(struct engine *engine);
void own_ask_all(struct engine *engine);
/* A keeper's answer; word: it cosigned that itself. */
void own_answered(struct engine *engine, struct member *keeper,
                  const struct head *head, struct bytes raw, bool word);
void own_proof(struct engine *engine, struct stream *stream,
               const struct head *head, struct bytes raw);
void own_recover(struct engine *engine);
void own_compare(struct engine *engine, struct stream *stream,
                 const struct sync_have *have);
void own_settle(struct engine *engine);
bool own_may_grow(const struct engine *engine);
bool own_may_show(const struct engine *engine);

/* pending.c */
struct pending *pending_add(struct engine *engine, enum pending_kind kind,
                            struct member *member,
                            struct engine_action **action);
void pending_stored(struct engine *engine, const struct engine_event *event);
void pending_fini(struct engine *engine);
void store_note(struct engine *engine, struct member *member,
                enum engine_note kind, const struct signed_head *note);

/* import.c */
void import_message(struct engine *engine, const struct engine_event *event);
void import_done(struct engine *engine, uint64_t number, hl_err err,
                 uint64_t size, const char *text);

/* mend.c */
void mend_begin(struct engine *engine, const struct engine_event *event);
/* Whether the journal's own subscription rests meanwhile. */
bool mend_holds(const struct engine *engine, const struct member *member);
/* False: the segment is none of this. */
bool mend_segment(struct engine *engine, struct stream *stream,
                  const struct segment *segment, uint64_t bytes);
void mend_stored(struct engine *engine, hl_err err, uint64_t next);
void mend_drop_stream(struct engine *engine, const struct stream *stream);
void mend_tick(struct engine *engine);
struct hl_mono mend_deadline(const struct engine *engine);
void mend_fini(struct engine *engine);

/* blob.c */
void blob_event(struct engine *engine, const struct engine_event *event);
void blob_want(struct engine *engine, struct stream *stream,
               const struct sync_blob_want *want);
void blob_part(struct engine *engine, struct stream *stream,
               const struct sync_blob_part *part);
void blob_live(struct engine *engine, struct stream *stream);
void blob_drop_stream(struct engine *engine, struct stream *stream);
void blob_tick(struct engine *engine);
struct hl_mono blob_deadline(const struct engine *engine);
void blob_fini(struct engine *engine);

/* digest.c */
void digest_compare(struct engine *engine, struct stream *stream,
                    struct member *member, const struct sync_digest_at *theirs);
void digest_want(struct engine *engine, struct stream *stream,
                 const struct sync_digest_want *want);
void digest_received(struct engine *engine, struct stream *stream,
                     const struct sync_digest *digest);

/* heartbeat.c */
void heartbeat_beat(struct engine *engine);
/* Whether a time that somebody signed is to be taken for what it is: not where
 * it lies a day ahead of our clock. */
bool heartbeat_is_time(const struct engine *engine, struct hl_wall time);
void heartbeat_confirm(struct engine *engine); /* ENGINE_CLOCK */
void heartbeat_claims(struct engine *engine);

#endif
