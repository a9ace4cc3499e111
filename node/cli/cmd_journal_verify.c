/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo journal verify`. */

#include <inttypes.h>
#include <unistd.h>

#include "certs/charter/charter_judge.h"
#include "certs/tools/file.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/cmd_journal.h"
#include "node/cli/message_json.h"
#include "protocol/tree/frontier.h"

enum { PROGRESS_ENTRIES = 65536 };

/* A checkpoint that the entries are compared with. */
struct claim {
    struct writer raw;
    struct checkpoint checkpoint;
    bool present;
    bool signed_by_author; /* as the charter has it */
    bool sealed;
    struct hl_hash found; /* root of as many entries */
};

struct verifying {
    struct cli_call *call;
    struct claim now;
    struct claim before;
    struct frontier frontier;
    int64_t recorded_ms; /* of the entry before */
    uint64_t later;      /* entries of a later version */
};

static void note_root(struct verifying *verifying, struct claim *claim)
{
    if (claim->present &&
        claim->checkpoint.head.size == verifying->frontier.size) {
        claim->found = frontier_root(&verifying->frontier);
    }
}

static void show_progress(const struct verifying *verifying)
{
    uint64_t done = verifying->frontier.size;
    uint64_t all = verifying->now.checkpoint.head.size;
    if (isatty(STDERR_FILENO) == 1 &&
        (done % PROGRESS_ENTRIES == 0 || done == all)) {
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries%s", done, all,
                done == all ? "\n" : "");
    }
}

/* What an entry says of itself fits where it stands. */
static hl_err check_place(struct verifying *verifying, uint64_t index,
                          struct bytes raw)
{
    struct entry entry;
    struct canonical_unknown unknown;
    struct hl_detail why = {0};
    struct hl_detail *detail = cli_about(verifying->call, "");
    hl_err err = entry_decode(raw, &entry, &unknown, &why);
    if (err != HL_OK) {
        return hl_fail(detail, err, "entry %" PRIu64 ": %s", index, why.text);
    }
    if (unknown.present) {
        verifying->later++;
        return HL_OK;
    }
    if (entry.index != index ||
        !bytes_equal_text(entry.origin, verifying->now.checkpoint.origin)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "entry %" PRIu64 " says it stands elsewhere: in "
                       "'%.*s' at %" PRIu64,
                       index, BYTES_ARGS(entry.origin), entry.index);
    }
    if (entry.recorded_at.ms < verifying->recorded_ms) {
        return hl_fail(detail, HL_EMALFORMED,
                       "entry %" PRIu64 " was recorded before the one before "
                       "it",
                       index);
    }
    verifying->recorded_ms = entry.recorded_at.ms;
    return HL_OK;
}

static hl_err take_entry(void *context, uint64_t index, struct bytes raw)
{
    struct verifying *verifying = context;
    struct hl_hash leaf = merkle_leaf(raw);
    hl_err err = check_place(verifying, index, raw);
    frontier_append(&verifying->frontier, &leaf);
    note_root(verifying, &verifying->now);
    note_root(verifying, &verifying->before);
    show_progress(verifying);
    return err;
}

static hl_err parse_claim(struct cli_call *call, const char *subject,
                          struct claim *claim)
{
    struct note note = {0};
    struct hl_detail *detail = cli_about(call, subject);
    hl_err err = note_parse(writer_view(&claim->raw), &note, detail);
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, &claim->checkpoint, detail);
    }
    claim->present = err == HL_OK;
    note_fini(&note);
    return err;
}

static hl_err read_before(struct verifying *verifying)
{
    struct cli_call *call = verifying->call;
    const char *path = cli_get(call, "from-checkpoint");
    if (path == NULL) {
        return HL_OK;
    }
    hl_err err = file_read(path, HL_NOTE_MAX_BYTES, &verifying->before.raw,
                           cli_about(call, path));
    return err == HL_OK ? parse_claim(call, path, &verifying->before) : err;
}

/* By the charter, if there is one: who signed. */
static hl_err judge(struct cli_call *call, const struct charter *charter,
                    const char *subject, struct claim *claim)
{
    struct note note = {0};
    struct charter_judgement judgement;
    struct verifier verifier = verifier_openssl();
    struct hl_detail *detail = cli_about(call, subject);
    if (!claim->present) {
        return HL_OK;
    }
    hl_err err = note_parse(writer_view(&claim->raw), &note, detail);
    if (err == HL_OK) {
        err = charter_judge_checkpoint(charter, &note, &verifier, &judgement,
                                       detail);
    }
    if (err == HL_OK) {
        claim->signed_by_author = true;
        claim->sealed = judgement.sealed;
    }
    note_fini(&note);
    return err;
}

static hl_err judge_both(struct verifying *verifying)
{
    struct cli_call *call = verifying->call;
    const char *path = cli_get(call, "charter");
    struct charter charter = {0};
    if (path == NULL) {
        return HL_OK;
    }
    hl_err err = cmd_charter_read_signed(call, path, &charter);
    if (err != HL_OK) {
        return err;
    }
    err = judge(call, &charter, "the node's checkpoint", &verifying->now);
    if (err == HL_OK) {
        err = judge(call, &charter, cli_get(call, "from-checkpoint"),
                    &verifying->before);
    }
    charter_fini(&charter);
    return err;
}

/* What was known before must still be there. */
static hl_err check_before(struct verifying *verifying)
{
    const struct claim *before = &verifying->before;
    const struct claim *now = &verifying->now;
    struct hl_detail *detail = cli_about(
        verifying->call,
        before->present ? cli_get(verifying->call, "from-checkpoint") : "");
    if (!before->present) {
        return HL_OK;
    }
    if (!bytes_equal_text(bytes_of_text(before->checkpoint.origin),
                          now->checkpoint.origin)) {
        return hl_fail(detail, HL_EUSAGE,
                       "it is of another journal: %s, not "
                       "%s",
                       before->checkpoint.origin, now->checkpoint.origin);
    }
    if (before->checkpoint.head.size > now->checkpoint.head.size) {
        return hl_fail(detail, HL_EDIFFERS,
                       "the journal had %" PRIu64
                       " entries and now has %" PRIu64
                       ": it was cut, or this copy is behind",
                       before->checkpoint.head.size, now->checkpoint.head.size);
    }
    if (!hash_equal(&before->found, &before->checkpoint.head.root)) {
        return hl_fail(detail, HL_EDIFFERS,
                       "HISTORY WAS REWRITTEN: the first %" PRIu64
                       " entries are not those of this checkpoint; keep it, "
                       "and the new one ('heluo journal checkpoint')",
                       before->checkpoint.head.size);
    }
    return HL_OK;
}

static hl_err check_roots(struct verifying *verifying)
{
    const struct claim *now = &verifying->now;
    hl_err err = check_before(verifying);
    if (err == HL_OK && !hash_equal(&now->found, &now->checkpoint.head.root)) {
        err = hl_fail(cli_about(verifying->call, ""), HL_EPROOF,
                      "the %" PRIu64 " entries are not those that the "
                      "checkpoint is about",
                      now->checkpoint.head.size);
    }
    return err;
}

static const char *signature_word(const struct claim *claim)
{
    return !claim->signed_by_author ? "not checked: give --charter"
           : claim->sealed          ? "valid, sealed"
                                    : "valid, not sealed";
}

static void tell(const struct verifying *verifying)
{
    char root[HASH_TEXT_BYTES];
    const struct claim *now = &verifying->now;
    json_t *object = json_object();
    json_object_set_new(object, "origin",
                        cli_json_text(now->checkpoint.origin));
    json_object_set_new(object, "size",
                        json_integer((json_int_t)now->checkpoint.head.size));
    json_object_set_new(
        object, "root",
        json_string(cmd_hash_text(&now->checkpoint.head.root, root)));
    json_object_set_new(object, "signature", json_string(signature_word(now)));
    if (verifying->before.present) {
        json_object_set_new(
            object, "unchanged_since",
            json_integer((json_int_t)verifying->before.checkpoint.head.size));
    }
    if (verifying->later > 0) {
        json_object_set_new(object, "of_a_later_version",
                            json_integer((json_int_t)verifying->later));
    }
    json_object_set_new(object, "verdict", json_string("verified"));
    if (verifying->call->json) {
        cli_print_json(object);
        return;
    }
    message_json_print(object, 0, stdout);
    json_decref(object);
}

static hl_err save(struct verifying *verifying)
{
    const char *path = cli_get(verifying->call, "save-checkpoint");
    return path == NULL ? HL_OK
                        : file_replace(path, FILE_MODE_PUBLIC,
                                       writer_view(&verifying->now.raw),
                                       cli_about(verifying->call, path));
}

static hl_err fetch(struct verifying *verifying, struct node_link *link)
{
    struct claim *now = &verifying->now;
    hl_err err =
        ask_checkpoint(verifying->call, link, &now->raw, &now->checkpoint);
    if (err != HL_OK) {
        return err;
    }
    now->present = true;
    frontier_init(&verifying->frontier);
    note_root(verifying, now); /* of an empty journal */
    note_root(verifying, &verifying->before);
    struct journal_walk walk = {.end = now->checkpoint.head.size,
                                .visit = take_entry,
                                .context = verifying};
    err = judge_both(verifying);
    return err == HL_OK ? journal_walk(verifying->call, link, &walk) : err;
}

hl_err cmd_journal_verify(struct cli_call *call)
{
    struct node_link link = {0};
    struct verifying verifying = {.call = call};
    hl_err err = read_before(&verifying);
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        err = fetch(&verifying, &link);
    }
    if (err == HL_OK) {
        err = check_roots(&verifying);
    }
    if (err == HL_OK) {
        err = save(&verifying);
    }
    if (err == HL_OK) {
        tell(&verifying);
    }
    writer_fini(&verifying.now.raw);
    writer_fini(&verifying.before.raw);
    node_link_close(&link);
    return err;
}
