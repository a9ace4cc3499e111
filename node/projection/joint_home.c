/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/joint_home.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/projection/home_walk.h"
#include "node/projection/joint.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

static struct bytes alliance_of(struct bytes origin)
{
    return bytes_slice(origin, 0, origin.size - origin_node(origin).size);
}

hl_err home_find_half(const struct tables *tables, struct bytes origin,
                      struct bytes name, uint32_t *number, bool *found,
                      struct hl_detail *detail)
{
    struct writer texts = {0};
    struct writer home = {0};
    struct home_key key;
    struct journal journal;
    hl_err err = HL_OK;
    *found = home_of_name(name, &texts, &key);
    if (*found) {
        writer_bytes(&home, alliance_of(origin));
        writer_bytes(&home, key.of.home);
        err = journal_find(tables->txn, writer_view(&home), &journal, found,
                           detail);
    }
    if (err == HL_OK && *found) {
        *number = journal.number;
    }
    writer_fini(&home);
    writer_fini(&texts);
    return err;
}

/* --- Findings -------------------------------------------------------------
 */

struct judging {
    const struct joint_case *of;
    struct home_walk walk;
    char subject[320]; /* holds the longest key: a cut one may be no UTF-8 */
};

struct said {
    enum finding_kind kind;
    uint64_t index;
    struct writer en, zh;
};

static void report(const struct judging *judging,
                   const struct joint_member *member, struct said *said)
{
    writer_u8(&said->en, 0);
    writer_u8(&said->zh, 0);
    struct finding_text text = {
        .index = said->index,
        .subject = judging->subject,
        .en = (const char *)said->en.data,
        .zh = (const char *)said->zh.data,
    };
    joint_report(judging->of->findings, member, said->kind, &text);
    writer_fini(&said->en);
    writer_fini(&said->zh);
}

static void report_unreleased(const struct judging *judging,
                              const struct joint_member *member,
                              const struct take *take)
{
    const char *what = judging->subject;
    const struct citation *cause = &take->cause;
    struct said said = {FINDING_UNRELEASED_TAKE, take->index, {0}, {0}};
    writer_format(&said.en,
                  "%s was taken by entry %" PRIu64
                  ", which cites entry %" PRIu64
                  " of %.*s: that is no release of it to this node",
                  what, take->index, cause->index, BYTES_ARGS(cause->origin));
    writer_format(&said.zh,
                  "%s 由第 %" PRIu64 " 号条目接收，但所引 %.*s 的第 %" PRIu64
                  " 号条目并未将其移交给本节点",
                  what, take->index, BYTES_ARGS(cause->origin), cause->index);
    report(judging, member, &said);
}

static void report_resumed(const struct judging *judging,
                           const struct joint_member *member,
                           const struct release *release,
                           const struct holder *taker)
{
    const char *what = judging->subject;
    struct said said = {FINDING_RESUMED_TAKEN, release->resumed, {0}, {0}};
    writer_format(&said.en,
                  "%s was released by entry %" PRIu64
                  " and resumed by entry %" PRIu64
                  ", and %s took it: the take counts",
                  what, release->index, release->resumed, taker->origin);
    writer_format(&said.zh,
                  "%s 由第 %" PRIu64 " 号条目移交、第 %" PRIu64
                  " 号条目收回，而 %s 已接收：以接收为准",
                  what, release->index, release->resumed, taker->origin);
    report(judging, member, &said);
}

static void report_homes(const struct judging *judging,
                         const struct joint_member *member,
                         const struct holder *owner)
{
    const char *what = judging->subject;
    const char *home = owner->has ? owner->origin : "";
    struct said said = {
        FINDING_RECORD_IN_TWO_HOMES, member->row.index, {0}, {0}};
    writer_format(&said.en,
                  "%s is stated here, and its home is %s: retire it here", what,
                  owner->has ? home : "none");
    writer_format(&said.zh, "%s 在本日志中有效，而其归属节点为%s：应在此注销",
                  what, owner->has ? home : "空");
    report(judging, member, &said);
}

/* A take counts against a resumption of the same release. */
static hl_err judge_resumed(const struct judging *judging,
                            const struct joint_member *member,
                            struct hl_detail *detail)
{
    struct holder holder, taker;
    uint64_t from = 0;
    hl_err err = home_holder(&judging->walk, member->origin, &holder, detail);
    while (err == HL_OK) {
        struct release release;
        struct take take;
        err = home_release_from(&judging->walk, holder.number, from, &release,
                                detail);
        if (err != HL_OK || !release.found) {
            return err;
        }
        from = release.index + 1;
        if (release.resumed == 0) {
            continue;
        }
        err = home_taker(&judging->walk, &holder, &release, &taker, &take,
                         detail);
        if (err == HL_OK && take.found) {
            report_resumed(judging, member, &release, &taker);
            return HL_OK;
        }
    }
    return err;
}

/* What a half states and is another's; only where the journals that its
 * statement goes back to reach that far here. */
static hl_err judge_statement(const struct judging *judging,
                              const struct joint_member *member,
                              const struct holder *owner,
                              struct hl_detail *detail)
{
    const struct row *row = &member->row;
    struct holder holder;
    struct take last = {0};
    enum home_proof proof = HOME_OPEN;
    hl_err err = home_holder(&judging->walk, member->origin, &holder, detail);
    if (err == HL_OK) {
        err = home_prove(&judging->walk, &holder, &proof, &last, detail);
    }
    if (err != HL_OK || proof == HOME_OPEN) {
        return err;
    }
    bool own = owner->has && owner->number == holder.number;
    if (proof == HOME_UNRELEASED) {
        report_unreleased(judging, member, &last);
    } else if (!row->released && !row->retired && !own) {
        report_homes(judging, member, owner);
    }
    return HL_OK;
}

/* --- Judging --------------------------------------------------------------
 */

static void describe(struct judging *judging)
{
    const struct homed *of = &judging->walk.key.of;
    const struct record_kind *kind = home_kind(judging->walk.key.kind);
    int size = snprintf(judging->subject, sizeof(judging->subject),
                        "%s %.*s %.*s %.*s %.*s", kind->word,
                        BYTES_ARGS(of->home), BYTES_ARGS(of->unit_scheme),
                        BYTES_ARGS(of->unit_id), BYTES_ARGS(of->inner_id));
    HL_ASSERT(size > 0 && (size_t)size < sizeof(judging->subject));
}

static hl_err judge(struct judging *judging, struct hl_detail *detail)
{
    const struct joint_case *of = judging->of;
    struct holder owner;
    struct bytes moving_to;
    hl_err err = home_follow(&judging->walk, &owner, &moving_to, detail);
    if (err == HL_OK) {
        of->home->moved = true;
    }
    if (err == HL_OK && owner.has) {
        HL_ASSERT(moving_to.size < sizeof(of->home->moving_to));
        memcpy(of->home->owner, owner.origin, sizeof(owner.origin));
        if (moving_to.size > 0) {
            memcpy(of->home->moving_to, moving_to.data, moving_to.size);
        }
    }
    for (size_t i = 0; err == HL_OK && i < of->members->count; i++) {
        const struct joint_member *member = &of->members->items[i];
        err = judge_resumed(judging, member, detail);
        if (err == HL_OK) {
            err = judge_statement(judging, member, &owner, detail);
        }
    }
    return err;
}

hl_err joint_judge_home(const struct joint_case *of, struct hl_detail *detail)
{
    struct writer texts = {0};
    struct judging judging = {
        .of = of,
        .walk = {.tables = of->tables,
                 .alliance = alliance_of(of->members->items[0].origin)},
    };
    hl_err err = hl_fail(detail, HL_EDAMAGED,
                         "joint state has a name that is none: heluo rebuild "
                         "makes it anew");
    if (home_of_name(of->name, &texts, &judging.walk.key)) {
        describe(&judging);
        err = judge(&judging, detail);
    }
    writer_fini(&texts);
    return err;
}

/* --- Reading --------------------------------------------------------------
 */

hl_err projection_open_release(struct store_txn *txn, uint32_t number,
                               const struct home_key *key,
                               struct open_release *out, bool *found,
                               struct hl_detail *detail)
{
    struct tables tables;
    struct row row;
    struct release release = {0};
    struct home_walk walk = {.tables = &tables, .key = *key};
    *found = false;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key at = home_record_key(number, key);
    err = row_get(&tables, &at, number, &row, found, detail);
    if (err == HL_OK && *found && row.released) {
        err = home_release_from(&walk, number, row.index, &release, detail);
    }
    *found = err == HL_OK && release.found;
    *out = (struct open_release){
        .cite = {.index = release.index, .leaf = release.leaf},
        .to = release.to,
    };
    return err;
}

hl_err projection_count_releases(struct store_txn *txn, uint32_t number,
                                 const struct home_key *key, unsigned *count,
                                 struct hl_detail *detail)
{
    struct tables tables;
    *count = 0;
    hl_err err = tables_living(txn, &tables, detail);
    return err == HL_OK
               ? home_count_releases(&tables, number, key, count, detail)
               : err;
}

hl_err projection_home_answer(struct store_txn *txn, uint32_t number,
                              const struct home_key *key,
                              const struct citation *cause,
                              struct home_answered *out,
                              struct hl_detail *detail)
{
    static const enum home_answer answers[] = {HOME_TAKEN, HOME_REFUSED};
    struct tables tables;
    *out = (struct home_answered){0};
    hl_err err = tables_living(txn, &tables, detail);
    for (size_t i = 0; i < 2 && err == HL_OK; i++) {
        struct row row;
        bool found = false;
        struct store_key at = home_answer_key(number, key, answers[i], cause);
        err = row_get(&tables, &at, number, &row, &found, detail);
        if (err == HL_OK && found) {
            *out = (struct home_answered){answers[i], row.index, row.reason};
            break;
        }
    }
    return err;
}
