/* SPDX-License-Identifier: Apache-2.0 */
#include "node/audit/cycle_audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct auditing {
    const struct cycle_audit_input *input;
    struct cycle_audit *out;
    struct writer origin;       /* of the proposer */
    struct clearing_view view;  /* by the charter that holds */
    struct clearing_view count; /* by the one that it was counted by */
};

/* --- Faults. ------------------------------------------------------------- */

static void fault(struct auditing *auditing, hl_err err, const char *format,
                  ...) HL_PRINTF(3, 4);

static void fault(struct auditing *auditing, hl_err err, const char *format,
                  ...)
{
    struct cycle_audit *out = auditing->out;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    out->faults =
        hl_realloc(out->faults, out->fault_count + 1, sizeof(out->faults[0]));
    out->faults[out->fault_count++] =
        (struct cycle_fault){err, hl_copy(text, strlen(text))};
}

/* Who has that node's journal. */
static const char *holders(const struct auditing *auditing, struct bytes node,
                           char out[512])
{
    const struct charter_node *known =
        charter_find_node(auditing->view.charter, node);
    size_t size = (size_t)snprintf(out, 512, "%.*s", BYTES_ARGS(node));
    for (size_t i = 0; known != NULL && i < known->keeper_count && size < 512;
         i++) {
        size +=
            (size_t)snprintf(out + size, 512 - size, ", %s", known->keepers[i]);
    }
    return out;
}

/* A journal is missing, or does not reach up to `size`, for what. */
static void lacks(struct auditing *auditing, struct bytes node, uint64_t size,
                  uint64_t here, const char *what_en, const char *what_zh)
{
    char at[512];
    holders(auditing, node, at);
    if (here == 0) {
        fault(auditing, HL_ENOTFOUND,
              "the journal of %.*s is in no archive (%s): 'heluo journal "
              "export' at one of %s "
              "日志缺失: 请在上述任一节点导出 (%s)",
              BYTES_ARGS(node), what_en, at, what_zh);
        return;
    }
    fault(auditing, HL_ENOTFOUND,
          "the journal of %.*s goes to %" PRIu64 " here, and %" PRIu64
          " are needed (%s): 'heluo journal export' again at one of %s "
          "日志过短: 请在上述任一节点重新导出 (%s)",
          BYTES_ARGS(node), here, size, what_en, at, what_zh);
}

static void unsealed(struct auditing *auditing, struct bytes node,
                     uint64_t size, uint64_t sealed, const char *what_en,
                     const char *what_zh)
{
    char at[512];
    fault(auditing, HL_EQUORUM,
          "%s of %.*s is not sealed: by these archives a quorum holds its "
          "journal to %" PRIu64 ", and %" PRIu64
          " are needed; export it again at one of %s "
          "%s未封存: 法定保管方尚未共同签署, 请稍后重新导出",
          what_en, BYTES_ARGS(node), sealed, size, holders(auditing, node, at),
          what_zh);
}

static bool is_graver(hl_err a, hl_err b)
{
    static const hl_err order[] = {HL_EDIFFERS, HL_EDENIED, HL_EENDED,
                                   HL_ESTATE, HL_ENOTFOUND};
    size_t at_a = 0, at_b = 0, count = sizeof(order) / sizeof(order[0]);
    while (at_a < count && order[at_a] != a) {
        at_a++;
    }
    while (at_b < count && order[at_b] != b) {
        at_b++;
    }
    return at_a < at_b;
}

hl_err cycle_audit_verdict(const struct cycle_audit *audit, const char **text)
{
    hl_err err = HL_OK;
    *text = "";
    for (size_t i = 0; i < audit->fault_count; i++) {
        if (err == HL_OK || is_graver(audit->faults[i].err, err)) {
            err = audit->faults[i].err;
            *text = audit->faults[i].text;
        }
    }
    return err;
}

/* --- Journals. ----------------------------------------------------------- */

static hl_err size_of(const struct auditing *auditing, struct bytes node,
                      uint64_t *size, struct half *half,
                      struct hl_detail *detail)
{
    const struct clearing_view *view = &auditing->view;
    struct writer origin = {0};
    struct journal journal;
    bool found = false;
    *size = 0;
    *half = (struct half){0};
    writer_bytes(&origin, clearing_alliance(view));
    writer_bytes(&origin, node);
    hl_err err =
        journal_find(view->txn, writer_view(&origin), &journal, &found, detail);
    writer_fini(&origin);
    if (err != HL_OK || !found) {
        return err;
    }
    *size = journal.frontier.size;
    return projection_half(view->txn, journal.number, half, detail);
}

static void say_place(struct auditing *auditing, size_t i,
                      const struct half *half)
{
    const struct cycle_place *place = &auditing->out->lists.places[i];
    const struct cycle_place_audit *is = &auditing->out->places[i];
    switch (is->is) {
    case CYCLE_PLACE_ABSENT:
    case CYCLE_PLACE_SHORT:
        lacks(auditing, place->node, place->size, is->size,
              "it is counted up to the cut", "计算须至截止位置");
        break;
    case CYCLE_PLACE_PAUSED:
        fault(auditing, HL_EUNSUPPORTED,
              "entry %" PRIu64 " of %.*s is of a newer version: verify with a "
              "newer program 条目来自较新版本: 请升级本程序",
              half->size, BYTES_ARGS(place->node));
        break;
    case CYCLE_PLACE_OTHER_ROOT:
        fault(auditing, HL_EDIFFERS,
              "at the cut, of %" PRIu64 " entries, the journal of %.*s has "
              "another root than the proposal states 截止处的根与提案不符",
              place->size, BYTES_ARGS(place->node));
        break;
    case CYCLE_PLACE_UNSEALED:
        unsealed(auditing, place->node, place->size, is->sealed, "the cut",
                 "截止位置");
        break;
    case CYCLE_PLACE_RIGHT:
        break;
    }
}

static hl_err judge_root(const struct auditing *auditing,
                         const struct cycle_place *place, bool *same,
                         struct hl_detail *detail)
{
    struct hl_hash root = {{0}};
    hl_err err =
        clearing_root(&auditing->view, place->node, place->size, &root, detail);
    *same = bytes_equal(place->root, bytes_of(root.bytes, HL_HASH_BYTES));
    return err;
}

static hl_err look_at_place(struct auditing *auditing, size_t i,
                            struct hl_detail *detail)
{
    const struct cycle_place *place = &auditing->out->lists.places[i];
    struct cycle_place_audit *out = &auditing->out->places[i];
    struct half half;
    bool same = true;
    hl_err err = size_of(auditing, place->node, &out->size, &half, detail);
    if (err == HL_OK) {
        err =
            clearing_sealed(&auditing->view, place->node, &out->sealed, detail);
    }
    bool here = out->size >= place->size;
    if (err == HL_OK && here && place->size > 0) {
        err = judge_root(auditing, place, &same, detail);
    }
    out->is = out->size == 0 && !here     ? CYCLE_PLACE_ABSENT
              : !here                     ? CYCLE_PLACE_SHORT
              : !same                     ? CYCLE_PLACE_OTHER_ROOT
              : half.size < place->size   ? CYCLE_PLACE_PAUSED
              : out->sealed < place->size ? CYCLE_PLACE_UNSEALED
                                          : CYCLE_PLACE_RIGHT;
    if (err == HL_OK) {
        say_place(auditing, i, &half);
    }
    return err;
}

/* First of all: without the keys of a newer charter much else seems wrong. */
static void check_version(struct auditing *auditing)
{
    uint64_t version = auditing->out->cycle.of.charter;
    if (auditing->view.charter->version < version) {
        fault(auditing, HL_EVERSIONGAP,
              "the proposal goes by version %" PRIu64
              " of the charter, and the newest given is %" PRIu64
              ": give it, too (--charter) 请一并给出该版本章程",
              version, auditing->view.charter->version);
    }
}

/* The charter by which the proposal was made says the same of who belongs, and
 * where somebody's word ends. */
static void check_charter(struct auditing *auditing)
{
    const struct cycle_audit *out = auditing->out;
    uint64_t version = out->cycle.of.charter;
    uint64_t given = auditing->count.charter->version;
    for (size_t i = 0; i < out->lists.place_count; i++) {
        const struct cycle_place *place = &out->lists.places[i];
        if (charter_find_node(auditing->view.charter, place->node) == NULL) {
            fault(auditing, HL_EDIFFERS,
                  "%.*s is no node of the charter 章程中没有该节点",
                  BYTES_ARGS(place->node));
        } else if (!clearing_same_end(&auditing->count, place)) {
            fault(auditing, given == version ? HL_EDIFFERS : HL_EVERSIONGAP,
                  "where decisions of %.*s end, version %" PRIu64
                  " of the charter says otherwise than the proposal, which "
                  "goes by version %" PRIu64 "%s "
                  "节点角色的终止位置与提案不符",
                  BYTES_ARGS(place->node), given, version,
                  given == version ? "" : ": give that, too (--charter)");
        }
    }
}

static hl_err look_at_places(struct auditing *auditing,
                             struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    hl_err err = HL_OK;
    out->places = hl_alloc(out->lists.place_count, sizeof(out->places[0]));
    check_version(auditing);
    for (size_t i = 0; err == HL_OK && i < out->lists.place_count; i++) {
        err = look_at_place(auditing, i, detail);
    }
    check_charter(auditing);
    return err;
}

/* --- Approvals. ---------------------------------------------------------- */

/* All of that journal is here: a charter ended it. */
static bool is_at_end(const struct auditing *auditing, struct bytes node,
                      uint64_t size)
{
    const struct charter_node *known =
        charter_find_node(auditing->view.charter, node);
    return known != NULL && known->ended && size >= known->end.size;
}

static void say_vote(struct auditing *auditing, size_t i, uint64_t size,
                     uint64_t sealed, const struct cycle *answer)
{
    const struct cycle_audit *out = auditing->out;
    const struct cycle_vote_audit *vote = &out->votes[i];
    struct bytes node = out->lists.places[out->lists.nets[i].place].node;
    switch (vote->is) {
    case CYCLE_VOTE_ABSENT:
        if (out->cycle.state == CYCLE_FINAL &&
            is_at_end(auditing, node, size) && vote->index >= size) {
            fault(auditing, HL_EENDED,
                  "the charter ended %.*s before entry %" PRIu64
                  ", the approval that the decision cites "
                  "章程已在所引用的确认之前终止该节点",
                  BYTES_ARGS(node), vote->index);
        } else if (out->cycle.state == CYCLE_FINAL) {
            lacks(auditing, node, vote->index + 1, size, "its approval",
                  "其确认条目");
        } else {
            fault(auditing, HL_ENOTFOUND,
                  "%.*s did not answer it, as far as its journal goes here "
                  "(%" PRIu64 ") 该方尚未答复",
                  BYTES_ARGS(node), size);
        }
        break;
    case CYCLE_VOTE_OTHER:
        fault(auditing, HL_EDIFFERS,
              "entry %" PRIu64 " of %.*s is not the approval that the decision "
              "cites 所引用的条目不是对本提案的确认",
              vote->index, BYTES_ARGS(node));
        break;
    case CYCLE_VOTE_REJECTED:
        fault(auditing, HL_ESTATE, "%.*s rejected it: %.*s 该方已拒绝",
              BYTES_ARGS(node), BYTES_ARGS(answer->text));
        break;
    case CYCLE_VOTE_UNSEALED:
        unsealed(auditing, node, vote->index + 1, sealed, "the approval",
                 "确认条目");
        break;
    case CYCLE_VOTE_RIGHT:
        break;
    }
}

/* An approval that a decision cites, or what the party answered so far. */
static enum cycle_vote_is judge_vote(const struct cycle *cycle,
                                     const struct cycle *answer,
                                     const struct cycle_vote *cited,
                                     uint64_t applied)
{
    if (cited != NULL) {
        return cycle_is_vote(answer, cycle, cited) ? CYCLE_VOTE_RIGHT
               : answer->answer != CYCLE_UNANSWERED || cited->index < applied
                   ? CYCLE_VOTE_OTHER
                   : CYCLE_VOTE_ABSENT;
    }
    if (answer->answer == CYCLE_UNANSWERED ||
        !bytes_equal(answer->proposal_leaf, cycle->leaf)) {
        return CYCLE_VOTE_ABSENT;
    }
    return answer->answer == CYCLE_APPROVED ? CYCLE_VOTE_RIGHT
                                            : CYCLE_VOTE_REJECTED;
}

static hl_err look_at_vote(struct auditing *auditing, size_t i,
                           const struct cycle_vote *cited,
                           struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    struct cycle_vote_audit *vote = &out->votes[i];
    struct bytes node = out->lists.places[out->lists.nets[i].place].node;
    uint64_t size = 0, sealed = 0;
    struct half half;
    struct cycle answer;
    hl_err err = size_of(auditing, node, &size, &half, detail);
    if (err == HL_OK) {
        err = clearing_sealed(&auditing->view, node, &sealed, detail);
    }
    if (err == HL_OK) {
        err = cycles_answer(auditing->view.txn,
                            clearing_alliance(&auditing->view), node,
                            &out->cycle.key, &answer, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    vote->is = judge_vote(&out->cycle, &answer, cited, half.size);
    vote->index = cited != NULL ? cited->index : answer.answer_index;
    if (vote->is == CYCLE_VOTE_RIGHT && vote->index >= sealed) {
        vote->is = CYCLE_VOTE_UNSEALED;
    }
    bool asked = out->as != CYCLE_AS_ABORTED && out->as != CYCLE_AS_ABANDONED;
    if (asked) {
        say_vote(auditing, i, size, sealed, &answer);
    }
    return HL_OK;
}

static hl_err look_at_votes(struct auditing *auditing, struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    bool cites = out->cycle.state == CYCLE_FINAL;
    struct cycle_votes votes;
    hl_err err = HL_OK;
    out->votes = hl_alloc(out->lists.net_count, sizeof(out->votes[0]));
    cycle_read_votes(out->cycle.votes, &votes);
    if (cites && votes.count != out->lists.net_count) {
        fault(auditing, HL_EDIFFERS,
              "the decision cites %zu approvals of %zu parties "
              "定论引用的确认数与参与方数不符",
              votes.count, out->lists.net_count);
    }
    for (size_t i = 0; err == HL_OK && i < out->lists.net_count; i++) {
        err = look_at_vote(auditing, i,
                           cites && i < votes.count ? &votes.items[i] : NULL,
                           detail);
    }
    cycle_votes_fini(&votes);
    return err;
}

/* --- The decision. ------------------------------------------------------- */

static void say_decision(struct auditing *auditing, uint64_t size,
                         uint64_t sealed)
{
    const struct cycle_audit *out = auditing->out;
    const struct cycle *cycle = &out->cycle;
    struct bytes proposer = cycle->key.proposer;
    char at[512];
    switch (out->as) {
    case CYCLE_AS_OPEN:
        fault(auditing, HL_ENOTFOUND,
              "no decision of it is in the journal of %.*s, which goes to "
              "%" PRIu64 " here: it is open, or a newer export at one of %s "
              "has it 尚无定论, 或须重新导出",
              BYTES_ARGS(proposer), size, holders(auditing, proposer, at));
        break;
    case CYCLE_AS_ABORTED:
        fault(auditing, HL_ESTATE, "it is aborted: %.*s 本周期已中止",
              BYTES_ARGS(cycle->reason));
        break;
    case CYCLE_AS_ABANDONED:
        fault(auditing, HL_EENDED,
              "the charter ended the clearing role of %.*s before it decided "
              "章程已在定论前终止其清算角色",
              BYTES_ARGS(proposer));
        break;
    case CYCLE_AS_VOID: /* the approval says it */
    case CYCLE_AS_DECLARED:
    case CYCLE_AS_FINAL:
        if (!out->decision_sealed) {
            unsealed(auditing, proposer, cycle->decided_index + 1, sealed,
                     "the decision", "定论");
        }
        break;
    }
}

static hl_err look_at_decision(struct auditing *auditing,
                               struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    struct cycle_key key = auditing->input->key;
    uint64_t size = 0, sealed = 0;
    struct half half;
    hl_err err = size_of(auditing, key.proposer, &size, &half, detail);
    if (err == HL_OK) {
        err = clearing_stands(&auditing->view, &out->cycle, &out->as, detail);
    }
    if (err == HL_OK) {
        err = clearing_sealed(&auditing->view, key.proposer, &sealed, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    out->decision_sealed =
        out->cycle.state != CYCLE_OPEN && out->cycle.decided_index < sealed;
    if (!clearing_may_propose(&auditing->view, key.proposer, key.index)) {
        fault(auditing, HL_EDENIED,
              "the charter gives %.*s no clearing role there "
              "章程未授予其清算角色",
              BYTES_ARGS(key.proposer));
    }
    say_decision(auditing, size, sealed);
    return HL_OK;
}

/* --- Figures. ------------------------------------------------------------ */

static void differs(struct auditing *auditing, const char *what)
{
    fault(auditing, HL_EDIFFERS,
          "%s: the proposal states another than is computed from the journals "
          "提案所载与重算不符",
          what);
}

static void number_differs(struct auditing *auditing, const char *what,
                           uint64_t stated, uint64_t computed)
{
    fault(auditing, HL_EDIFFERS,
          "%s: the proposal states %" PRIu64 ", and the journals give %" PRIu64
          " 提案所载与重算不符",
          what, stated, computed);
}

static void say_figures(struct auditing *auditing)
{
    static const char *const names[CYCLE_FIGURES] = {
        [CYCLE_DIGEST] = "digest 摘要",
        [CYCLE_NETS] = "nets 轧差净额",
        [CYCLE_TRANSFERS] = "transfers 划转",
        [CYCLE_ITEMS] = "items 重计的划转",
        [CYCLE_STOPS] = "stops 未计的额度",
    };
    const struct cycle_audit *out = auditing->out;
    const struct cycle_proposal *stated = &out->cycle.of;
    const char *field = NULL;
    bool all = true;
    if (!out->same[CYCLE_COUNT]) {
        number_differs(auditing, "count 债权笔数", stated->count,
                       out->counting.count);
    }
    if (!out->same[CYCLE_GROSS]) {
        number_differs(auditing, "gross 总额, fen 分", stated->gross_fen,
                       out->counting.gross_fen);
    }
    for (size_t i = 0; i < CYCLE_FIGURES; i++) {
        all = all && out->same[i];
        if (!out->same[i] && names[i] != NULL) {
            differs(auditing, names[i]);
        }
    }
    if (!clearing_agrees(&out->counting, stated, &field) && all) {
        differs(auditing, field);
    }
}

static void compare(struct auditing *auditing)
{
    struct cycle_audit *out = auditing->out;
    const struct cycle_proposal *stated = &out->cycle.of;
    const struct counting *counting = &out->counting;
    struct cycle_rooms rooms = {0};
    struct cycle_proposal ours = *stated;
    struct bytes digest = bytes_of(counting->digest.bytes, HL_HASH_BYTES);
    cycle_write(&counting->lists, &rooms, &ours);
    out->same[CYCLE_COUNT] = counting->count == stated->count;
    out->same[CYCLE_GROSS] = counting->gross_fen == stated->gross_fen;
    out->same[CYCLE_DIGEST] = bytes_equal(digest, stated->digest);
    out->same[CYCLE_NETS] = bytes_equal(ours.nets, stated->nets);
    out->same[CYCLE_TRANSFERS] = bytes_equal(ours.transfers, stated->transfers);
    out->same[CYCLE_ITEMS] = bytes_equal(ours.items, stated->items);
    out->same[CYCLE_STOPS] = bytes_equal(ours.stops, stated->stops);
    cycle_rooms_fini(&rooms);
    say_figures(auditing);
}

/* Where all journals are here up to the cut. */
static bool can_count(const struct cycle_audit *audit)
{
    for (size_t i = 0; i < audit->lists.place_count; i++) {
        enum cycle_place_is is = audit->places[i].is;
        if (is != CYCLE_PLACE_RIGHT && is != CYCLE_PLACE_UNSEALED) {
            return false;
        }
    }
    return true;
}

static hl_err count(struct auditing *auditing, struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    if (!can_count(out)) {
        return HL_OK;
    }
    out->counting = (struct counting){
        .txn = auditing->view.txn,
        .alliance = clearing_alliance(&auditing->view),
        .lists = {.places = out->lists.places,
                  .place_count = out->lists.place_count},
        .day = out->cycle.of.day,
    };
    hl_err err = clearing_count(&out->counting, detail);
    if (err != HL_OK) {
        return err;
    }
    if (out->counting.outcome == COUNT_NO_ROOM) {
        differs(auditing, "gross 总额");
        return HL_OK;
    }
    HL_ASSERT(out->counting.outcome == COUNT_DONE); /* can_count() */
    out->counted = true;
    compare(auditing);
    return HL_OK;
}

/* --- Findings. ----------------------------------------------------------- */

/* Whoever approved two cycles at once is found out by the journals. */
static hl_err look_for_findings(struct auditing *auditing,
                                struct hl_detail *detail)
{
    struct writer position = {0};
    struct finding finding;
    char subject[128];
    bool found = true;
    hl_err err = HL_OK;
    snprintf(subject, sizeof(subject), "%.*s/%" PRIu64,
             BYTES_ARGS(auditing->input->key.proposer),
             auditing->input->key.index);
    while (err == HL_OK) {
        struct writer next = {0};
        err =
            projection_next_finding(auditing->view.txn, writer_view(&position),
                                    &finding, &next, &found, detail);
        writer_fini(&position);
        position = next;
        if (err != HL_OK || !found) {
            break;
        }
        if (strcmp(finding.kind, "approval_overlaps") == 0 &&
            strcmp(finding.subject, subject) == 0) {
            fault(auditing, HL_EDIFFERS, "%.*s: %s %s",
                  BYTES_ARGS(finding.origin), finding.text_en, finding.text_zh);
        }
    }
    writer_fini(&position);
    return err;
}

/* --- All of it. ---------------------------------------------------------- */

/* The charter of that version, if it is given; else the newest. */
static const struct charter *
charter_of_version(const struct cycle_audit_input *input, uint64_t version)
{
    for (size_t i = 0; i < input->charter_count; i++) {
        if (input->charters[i]->version == version) {
            return input->charters[i];
        }
    }
    return input->charters[0];
}

static hl_err find(struct auditing *auditing, struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    struct cycle_key key = auditing->input->key;
    uint64_t size = 0;
    struct half half;
    bool found = false;
    hl_err err = size_of(auditing, key.proposer, &size, &half, detail);
    if (err == HL_OK && half.size > key.index) {
        err =
            cycles_find(auditing->view.txn, clearing_alliance(&auditing->view),
                        &key, &out->cycle, &found, detail);
    }
    out->found = err == HL_OK && found && cycle_is_proposed(&out->cycle);
    if (err != HL_OK || out->found) {
        return err;
    }
    if (charter_find_node(auditing->view.charter, key.proposer) == NULL) {
        fault(auditing, HL_EUNKNOWNNODE,
              "%.*s is no node of the charter 章程中没有该节点",
              BYTES_ARGS(key.proposer));
    } else if (size <= key.index) {
        lacks(auditing, key.proposer, key.index + 1, size, "the proposal",
              "提案");
    } else if (half.size <= key.index) {
        fault(auditing, HL_EUNSUPPORTED,
              "entry %" PRIu64 " of %.*s is of a newer version: verify with a "
              "newer program 条目来自较新版本: 请升级本程序",
              half.size, BYTES_ARGS(key.proposer));
    } else {
        fault(auditing, HL_ENOTFOUND,
              "entry %" PRIu64 " of %.*s is no proposal of a cycle "
              "该条目不是清算提案",
              key.index, BYTES_ARGS(key.proposer));
    }
    return HL_OK;
}

static hl_err audit_found(struct auditing *auditing, struct hl_detail *detail)
{
    struct cycle_audit *out = auditing->out;
    cycle_read(&out->cycle.of, &out->lists);
    auditing->count = auditing->view;
    auditing->count.charter =
        charter_of_version(auditing->input, out->cycle.of.charter);
    hl_err err = look_at_places(auditing, detail);
    if (err == HL_OK) {
        err = look_at_decision(auditing, detail);
    }
    if (err == HL_OK) {
        err = look_at_votes(auditing, detail);
    }
    if (err == HL_OK) {
        err = count(auditing, detail);
    }
    return err == HL_OK ? look_for_findings(auditing, detail) : err;
}

hl_err cycle_audit(const struct cycle_audit_input *input,
                   struct cycle_audit *out, struct hl_detail *detail)
{
    struct auditing auditing = {.input = input, .out = out};
    *out = (struct cycle_audit){0};
    writer_text(&auditing.origin, input->charters[0]->alliance);
    writer_u8(&auditing.origin, '/');
    writer_bytes(&auditing.origin, input->key.proposer);
    auditing.view = (struct clearing_view){
        .txn = input->txn,
        .origin = writer_view(&auditing.origin),
        .charter = input->charters[0],
    };
    hl_err err = find(&auditing, detail);
    if (err == HL_OK && out->found) {
        err = audit_found(&auditing, detail);
    }
    out->counting.alliance = (struct bytes){0};
    writer_fini(&auditing.origin);
    if (err != HL_OK) {
        cycle_audit_fini(out);
    }
    return err;
}

void cycle_audit_fini(struct cycle_audit *audit)
{
    audit->counting.lists.places = NULL; /* the proposal's */
    cycle_lists_fini(&audit->counting.lists);
    cycle_lists_fini(&audit->lists);
    for (size_t i = 0; i < audit->fault_count; i++) {
        hl_free(audit->faults[i].text);
    }
    hl_free(audit->faults);
    hl_free(audit->places);
    hl_free(audit->votes);
    *audit = (struct cycle_audit){0};
}
