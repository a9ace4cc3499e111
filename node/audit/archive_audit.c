/* SPDX-License-Identifier: Apache-2.0 */
#include "node/audit/archive_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "federation/message/message.h"
#include "node/audit/archive.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"

/* That a quorum sealed a journal at that head. What was read of it must go
 * through there: all seals are gathered first, of all files. */
struct audit_seal {
    char origin[HL_NAME_MAX_BYTES + 1];
    struct head head;
    const char *path;
    struct writer note;
};

struct auditing {
    const struct audit_input *input;
    struct audit *out;
    const char *path; /* being read, or at fault */
    struct verifier verifier;
    struct segment_codec *codec;
    struct hl_detail *detail;
};

/* --- Journals. ----------------------------------------------------------- */

static struct audit_journal *look_up(const struct audit *audit,
                                     struct bytes origin)
{
    for (size_t i = 0; i < audit->count; i++) {
        if (bytes_equal_text(origin, audit->journals[i]->origin)) {
            return audit->journals[i];
        }
    }
    return NULL;
}

const struct audit_journal *audit_find(const struct audit *audit,
                                       struct bytes origin)
{
    return look_up(audit, origin);
}

static struct audit_journal *find_or_add(struct audit *audit,
                                         struct bytes origin)
{
    struct audit_journal *found = look_up(audit, origin);
    if (found != NULL) {
        return found;
    }
    audit->journals = hl_realloc(audit->journals, audit->count + 1,
                                 sizeof(audit->journals[0]));
    struct audit_journal *made = hl_alloc(1, sizeof(*made));
    audit->journals[audit->count++] = made;
    snprintf(made->origin, sizeof(made->origin), "%.*s", BYTES_ARGS(origin));
    frontier_init(&made->frontier);
    return made;
}

void audit_fini(struct audit *audit)
{
    for (size_t i = 0; i < audit->count; i++) {
        hl_free(audit->journals[i]);
    }
    for (size_t i = 0; i < audit->seal_count; i++) {
        writer_fini(&audit->seals[i].note);
    }
    hl_free(audit->journals);
    hl_free(audit->seals);
    *audit = (struct audit){0};
}

/* --- Checkpoints and seals. ---------------------------------------------- */

static hl_err judge(struct auditing *auditing, const struct charter *charter,
                    struct bytes raw, struct bytes origin,
                    struct charter_judgement *out)
{
    struct hl_detail *detail = auditing->detail;
    struct note note = {0};
    hl_err err = note_parse(raw, &note, detail);
    if (err == HL_OK) {
        err = charter_judge_checkpoint(charter, &note, &auditing->verifier, out,
                                       detail);
    }
    note_fini(&note);
    if (err == HL_OK && !bytes_equal_text(origin, out->checkpoint.origin)) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "a checkpoint of %s stands for the journal of %.*s",
                      out->checkpoint.origin, BYTES_ARGS(origin));
    }
    return err;
}

/* By the charter that holds the author signed it, and by that or a former one
 * a quorum did. */
static bool is_sealed(struct auditing *auditing, struct bytes origin,
                      struct bytes raw, struct head *head)
{
    const struct audit_input *input = auditing->input;
    struct charter_judgement judgement;
    if (judge(auditing, input->charters[0], raw, origin, &judgement) != HL_OK) {
        return false;
    }
    *head = judgement.checkpoint.head;
    bool sealed = judgement.sealed;
    for (size_t i = 1; !sealed && i < input->charter_count; i++) {
        sealed = judge(auditing, input->charters[i], raw, origin, &judgement) ==
                     HL_OK &&
                 judgement.sealed;
    }
    return sealed && head->size > 0;
}

static void gather_seal(struct auditing *auditing, struct bytes origin,
                        struct bytes raw)
{
    struct audit *out = auditing->out;
    struct head head = {0};
    if (raw.size == 0 || !is_sealed(auditing, origin, raw, &head)) {
        return;
    }
    for (size_t i = 0; i < out->seal_count; i++) {
        if (bytes_equal_text(origin, out->seals[i].origin) &&
            head_equal(&head, &out->seals[i].head)) {
            return;
        }
    }
    out->seals =
        hl_realloc(out->seals, out->seal_count + 1, sizeof(out->seals[0]));
    struct audit_seal *seal = &out->seals[out->seal_count++];
    *seal = (struct audit_seal){.head = head, .path = auditing->path};
    snprintf(seal->origin, sizeof(seal->origin), "%.*s", BYTES_ARGS(origin));
    writer_bytes(&seal->note, raw);
}

static hl_err check_seal(struct auditing *auditing,
                         struct audit_journal *journal,
                         const struct audit_seal *seal,
                         const struct frontier *frontier)
{
    struct hl_hash root = frontier_root(frontier);
    if (!hash_equal(&root, &seal->head.root)) {
        auditing->path = seal->path;
        return hl_fail(auditing->detail, HL_EDIFFERS,
                       "what a quorum sealed of %s at size %" PRIu64
                       " is another history than the one in these files: keep "
                       "them, both are evidence",
                       journal->origin, seal->head.size);
    }
    if (seal->head.size > journal->sealed) {
        journal->sealed = seal->head.size;
        journal->note = writer_view(&seal->note);
    }
    return HL_OK;
}

/* Goes through the entries one by one, to where seals are. */
static hl_err check_seals(struct auditing *auditing,
                          struct audit_journal *journal,
                          const struct hl_hash *leaves, size_t count)
{
    const struct audit *out = auditing->out;
    uint64_t first = journal->frontier.size;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < out->seal_count; i++) {
        const struct audit_seal *seal = &out->seals[i];
        if (strcmp(seal->origin, journal->origin) != 0 ||
            seal->head.size <= first || seal->head.size > first + count) {
            continue;
        }
        struct frontier frontier = journal->frontier;
        while (frontier.size < seal->head.size) {
            frontier_append(&frontier, &leaves[frontier.size - first]);
        }
        err = check_seal(auditing, journal, seal, &frontier);
    }
    return err;
}

/* --- Entries. ------------------------------------------------------------ */

static hl_err append(struct auditing *auditing, struct audit_journal *journal,
                     const struct segment *segment, const struct head *head,
                     const struct hl_hash *leaves, size_t count)
{
    struct span span = {.first = journal->frontier.size,
                        .leaves = leaves,
                        .count = count,
                        .head = *head,
                        .end_proof = &segment->end_proof};
    struct frontier after = journal->frontier;
    if (span_append(&after, &span) != HL_OK) {
        return hl_fail(auditing->detail, HL_EPROOF,
                       "entries %" PRIu64 " to %" PRIu64 " of %s do not "
                       "belong under the checkpoint of size %" PRIu64
                       " that its author signed",
                       span.first, span.first + count - 1, journal->origin,
                       head->size);
    }
    hl_err err = check_seals(auditing, journal, leaves, count);
    if (err == HL_OK) {
        journal->frontier = after;
    }
    return err;
}

/* Entries that came before must be the same. */
static hl_err compare(struct auditing *auditing,
                      const struct audit_journal *journal, uint64_t first,
                      const struct hl_hash *leaves, size_t count)
{
    const struct audit_sink *sink = &auditing->input->sink;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        struct hl_hash leaf;
        err = sink->leaf(sink->context, journal, first + i, &leaf,
                         auditing->detail);
        if (err == HL_OK && !hash_equal(&leaf, &leaves[i])) {
            err = hl_fail(auditing->detail, HL_EDIFFERS,
                          "entry %" PRIu64 " of %s is another one here than in "
                          "a file before: keep both, they are evidence",
                          first + i, journal->origin);
        }
    }
    return err;
}

static hl_err take_leaves(struct auditing *auditing,
                          struct audit_journal *journal,
                          const struct segment *segment,
                          const struct head *head, const struct hl_hash *leaves)
{
    const struct audit_sink *sink = &auditing->input->sink;
    uint64_t held = journal->frontier.size - segment->first;
    size_t skip = held < segment->count ? (size_t)held : segment->count;
    hl_err err = compare(auditing, journal, segment->first, leaves, skip);
    if (err != HL_OK || skip == segment->count) {
        return err;
    }
    err = append(auditing, journal, segment, head, leaves + skip,
                 segment->count - skip);
    return err == HL_OK && sink->entries != NULL
               ? sink->entries(sink->context, journal, segment, skip,
                               auditing->detail)
               : err;
}

static hl_err take_segment(struct auditing *auditing,
                           const struct segment *segment)
{
    struct audit_journal *journal = find_or_add(auditing->out, segment->origin);
    uint64_t held = journal->frontier.size;
    struct charter_judgement judgement;
    if (segment->first > held ||
        (segment->first < held && auditing->input->sink.leaf == NULL)) {
        return hl_fail(auditing->detail, HL_EAHEAD,
                       "it has %s from entry %" PRIu64
                       " on, and so far %" PRIu64
                       " were read: give the archive before it first",
                       journal->origin, segment->first, held);
    }
    hl_err err = judge(auditing, auditing->input->charters[0],
                       segment->checkpoint, segment->origin, &judgement);
    if (err != HL_OK) {
        return err;
    }
    struct hl_hash *leaves = hl_alloc(segment->count, sizeof(*leaves));
    struct bundle_walk walk;
    struct bytes entry;
    size_t count = 0;
    bundle_walk_init(&walk, segment->bundle);
    while (bundle_walk_next(&walk, &entry)) {
        leaves[count++] = merkle_leaf(entry);
    }
    err = take_leaves(auditing, journal, segment, &judgement.checkpoint.head,
                      leaves);
    hl_free(leaves);
    return err;
}

/* --- Files. -------------------------------------------------------------- */

enum pass { PASS_SEALS, PASS_ENTRIES };

static hl_err take_message(struct auditing *auditing, enum pass pass,
                           struct bytes raw)
{
    struct sync_message message;
    hl_err err = sync_decode(auditing->codec, raw, &message, auditing->detail);
    if (err != HL_OK) {
        return err;
    }
    if (pass == PASS_ENTRIES) {
        auditing->out->evidence += message.kind == SYNC_EVIDENCE;
        return message.kind == SYNC_SEGMENT
                   ? take_segment(auditing, &message.segment)
                   : HL_OK;
    }
    if (message.kind == SYNC_SEGMENT) {
        gather_seal(auditing, message.segment.origin,
                    message.segment.checkpoint);
    } else if (message.kind == SYNC_HAVE) {
        gather_seal(auditing, message.have.origin, message.have.sealed);
    }
    return HL_OK;
}

static hl_err read_file(struct auditing *auditing, enum pass pass,
                        const char *path)
{
    struct archive archive = {0};
    struct bytes message = {0};
    auditing->path = path;
    hl_err err = archive_open(path, &archive, auditing->detail);
    do {
        if (err == HL_OK) {
            err = archive_next(&archive, &message, auditing->detail);
        }
        if (err == HL_OK && message.data != NULL) {
            err = take_message(auditing, pass, message);
        }
    } while (err == HL_OK && message.data != NULL);
    archive_close(&archive);
    return err;
}

hl_err audit_read(const struct audit_input *input, struct audit *out,
                  const char **path, struct hl_detail *detail)
{
    *out = (struct audit){0};
    struct auditing auditing = {
        .input = input,
        .out = out,
        .verifier = verifier_openssl(),
        .codec = segment_codec_create(),
        .detail = detail,
    };
    hl_err err = HL_OK;
    for (int pass = PASS_SEALS; pass <= PASS_ENTRIES; pass++) {
        for (size_t i = 0; err == HL_OK && i < input->path_count; i++) {
            err = read_file(&auditing, (enum pass)pass, input->paths[i]);
        }
    }
    segment_codec_destroy(auditing.codec);
    *path = auditing.path;
    if (err != HL_OK) {
        audit_fini(out);
    }
    return err;
}
