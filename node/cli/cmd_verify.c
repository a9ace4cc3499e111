/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo verify`: receipts, checkpoints and evidence, checked offline by a
 * charter, by keys, or by a policy. */

#include <inttypes.h>
#include <string.h>

#include "certs/charter/charter_judge.h"
#include "certs/tools/file.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/commands.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"
#include "protocol/entry/entry.h"
#include "protocol/note/cosignature.h"
#include "protocol/note/receipt.h"

/* What the statement is checked by: exactly one of the three. */
struct trust {
    bool by_charter, by_policy;
    struct charter charter;
    struct policy policy;
    struct vkey *keys;
    size_t key_count;
    struct verifier verifier;
};

static void trust_fini(struct trust *trust)
{
    charter_fini(&trust->charter);
    policy_fini(&trust->policy);
    hl_free(trust->keys);
}

static hl_err read_policy(struct cli_call *call, const char *path,
                          struct policy *out)
{
    struct hl_detail *detail = cli_about(call, path);
    struct writer text = {0};
    hl_err err = file_read(path, HL_POLICY_BYTES_MAX, &text, detail);
    if (err == HL_OK) {
        err = policy_parse(writer_view(&text), out, detail);
    }
    writer_fini(&text);
    return err;
}

static hl_err read_keys(struct cli_call *call, struct trust *trust)
{
    while (cli_get_nth(call, "key", trust->key_count) != NULL) {
        const char *text = cli_get_nth(call, "key", trust->key_count);
        struct hl_detail detail = {0};
        trust->keys =
            hl_realloc(trust->keys, trust->key_count + 1, sizeof(*trust->keys));
        if (vkey_parse(bytes_of_text(text), &trust->keys[trust->key_count],
                       &detail) != HL_OK) {
            return cli_usage(call, "--key is no vkey: %s", detail.text);
        }
        trust->key_count++;
    }
    return HL_OK;
}

static hl_err read_trust(struct cli_call *call, struct trust *trust)
{
    const char *charter = cli_get(call, "charter");
    const char *policy = cli_get(call, "policy");
    bool keys = cli_has(call, "key");
    if ((charter != NULL) + (policy != NULL) + keys != 1) {
        return cli_usage(call, "give one of --charter, --policy and --key: "
                               "what is it to be checked by?");
    }
    trust->verifier = verifier_openssl();
    trust->by_charter = charter != NULL;
    trust->by_policy = policy != NULL;
    return charter != NULL
               ? cmd_charter_read_signed(call, charter, &trust->charter)
           : policy != NULL ? read_policy(call, policy, &trust->policy)
                            : read_keys(call, trust);
}

/* What was found, in order; told only when all of it is verified. */
struct answer {
    json_t *object;
};

static void say(struct answer *answer, const char *name, const char *value)
{
    json_object_set_new(answer->object, name, cli_json_text(value));
}

static void say_number(struct answer *answer, const char *name, uint64_t value)
{
    json_object_set_new(answer->object, name, json_integer((json_int_t)value));
}

/* One of several values of a name. */
static void say_also(struct answer *answer, const char *name, const char *value)
{
    json_t *list = json_object_get(answer->object, name);
    if (list == NULL) {
        list = json_array();
        json_object_set_new(answer->object, name, list);
    }
    json_array_append_new(list, cli_json_text(value));
}

static void print_value(const char *name, const json_t *value)
{
    char label[32];
    snprintf(label, sizeof(label), "%s", name);
    for (char *c = label; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    if (json_is_integer(value)) {
        printf("%-15s %" JSON_INTEGER_FORMAT "\n", label,
               json_integer_value(value));
    } else if (json_is_boolean(value)) {
        printf("%-15s %s\n", label, json_is_true(value) ? "yes" : "no");
    } else {
        printf("%-15s %s\n", label, json_string_value(value));
    }
}

static void tell(const struct answer *answer)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(answer->object, name, value)
    {
        for (size_t i = 0; i < json_array_size(value); i++) {
            print_value(name, json_array_get(value, i));
        }
        if (!json_is_array(value)) {
            print_value(name, value);
        }
    }
}

static void say_checkpoint(struct answer *answer,
                           const struct checkpoint *checkpoint)
{
    char root[HASH_TEXT_BYTES];
    say(answer, "origin", checkpoint->origin);
    say_number(answer, "size", checkpoint->head.size);
    say(answer, "root", cmd_hash_text(&checkpoint->head.root, root));
}

static void say_sm2(struct answer *answer, enum checkpoint_sm2 sm2)
{
    if (sm2 != CHECKPOINT_SM2_ABSENT) {
        say(answer, "sm2",
            sm2 == CHECKPOINT_SM2_VALID
                ? "valid"
                : "FAILED: report this to the node's operator");
    }
}

static void say_kept(struct answer *answer, const char *name,
                     const char *keeper, int64_t time_s)
{
    char text[HL_NAME_MAX_BYTES + 64];
    char when[WALL_TEXT_BYTES];
    wall_format(wall_from_seconds(time_s), when);
    snprintf(text, sizeof(text), "%s at %s", keeper, when);
    say_also(answer, name, text);
}

static void say_keepers(struct answer *answer,
                        const struct charter_judgement *judgement)
{
    const struct charter_node *author = judgement->author;
    for (size_t i = 0; i < author->keeper_count; i++) {
        if (judgement->keeper_time_s[i] > 0) {
            say_kept(answer, "kept_by", author->keepers[i],
                     judgement->keeper_time_s[i]);
        }
    }
    say_number(answer, "keepers", judgement->keeper_count);
    say_number(answer, "quorum", author->quorum);
    json_object_set_new(answer->object, "sealed",
                        json_boolean(judgement->sealed));
}

/* The name by which a note says whose it is, borrowed from its text. */
static void first_line(struct bytes text, char out[HL_NAME_MAX_BYTES + 1])
{
    struct lines lines;
    struct bytes line = {0};
    lines_init(&lines, text);
    if (!lines_next(&lines, &line) || line.size > HL_NAME_MAX_BYTES) {
        line.size = 0;
    }
    memcpy(out, line.size == 0 ? (const uint8_t *)"" : line.data, line.size);
    out[line.size] = '\0';
}

static void say_cosigners(struct answer *answer, const struct trust *trust,
                          const int64_t *time_s)
{
    for (size_t i = 0; i < trust->key_count; i++) {
        if (time_s[i] > 0) {
            say_kept(answer, "cosigned_by", trust->keys[i].name, time_s[i]);
        }
    }
}

static hl_err verify_by_keys(const struct trust *trust, const struct note *note,
                             struct answer *answer, struct checkpoint *out,
                             struct hl_detail *detail)
{
    char origin[HL_NAME_MAX_BYTES + 1];
    struct checkpoint_verdict verdict;
    first_line(note->text, origin);
    struct checkpoint_author author = {
        .origin = origin, .keys = trust->keys, .key_count = trust->key_count};
    int64_t *time_s = hl_alloc(trust->key_count, sizeof(*time_s));
    struct cosignature_verdict cosigned = {.time_s = time_s};
    hl_err err =
        checkpoint_verify(note, &trust->verifier, &author, &verdict, detail);
    if (err == HL_OK) {
        err = cosignature_verify(note, &trust->verifier, trust->keys,
                                 trust->key_count, &cosigned, detail);
    }
    if (err == HL_OK) {
        *out = verdict.checkpoint;
        say_checkpoint(answer, out);
        say(answer, "signed_by", verdict.signed_by->name);
        say_sm2(answer, verdict.sm2);
        say_cosigners(answer, trust, time_s);
    }
    hl_free(time_s);
    return err;
}

static hl_err verify_by_charter(const struct trust *trust,
                                const struct note *note, struct answer *answer,
                                struct checkpoint *out,
                                struct hl_detail *detail)
{
    struct charter_judgement judgement;
    hl_err err = charter_judge_checkpoint(&trust->charter, note,
                                          &trust->verifier, &judgement, detail);
    if (err == HL_OK) {
        *out = judgement.checkpoint;
        say_checkpoint(answer, out);
        say(answer, "signed_by", judgement.author->id);
        say_sm2(answer, judgement.sm2);
        say_keepers(answer, &judgement);
    }
    return err;
}

static hl_err verify_by_policy(const struct trust *trust, struct bytes raw,
                               struct answer *answer, struct checkpoint *out,
                               struct hl_detail *detail)
{
    struct policy_verdict verdict;
    hl_err err =
        policy_verify(&trust->policy, raw, &trust->verifier, &verdict, detail);
    if (err == HL_OK) {
        *out = verdict.checkpoint;
        say_checkpoint(answer, out);
        say_number(answer, "cosigners", verdict.cosigned);
        say(answer, "policy", "met");
    }
    return err;
}

/* The note of a checkpoint, alone or in a receipt. */
static hl_err verify_note(const struct trust *trust, struct bytes raw,
                          struct answer *answer, struct checkpoint *out,
                          struct hl_detail *detail)
{
    if (trust->by_policy) {
        return verify_by_policy(trust, raw, answer, out, detail);
    }
    struct note note = {0};
    hl_err err = note_parse(raw, &note, detail);
    if (err == HL_OK) {
        err = trust->by_charter
                  ? verify_by_charter(trust, &note, answer, out, detail)
                  : verify_by_keys(trust, &note, answer, out, detail);
    }
    note_fini(&note);
    return err;
}

static hl_err verify_checkpoint(const struct trust *trust, struct bytes raw,
                                struct answer *answer, struct hl_detail *detail)
{
    struct checkpoint checkpoint;
    say(answer, "kind", "checkpoint");
    return verify_note(trust, raw, answer, &checkpoint, detail);
}

/* The entry as its frame says, which has to agree with where it is proven to
 * stand. */
static hl_err say_entry(const struct receipt *receipt,
                        const struct checkpoint *checkpoint,
                        struct answer *answer, struct hl_detail *detail)
{
    struct entry entry;
    struct canonical_unknown unknown;
    hl_err err = entry_decode(receipt->entry, &entry, &unknown, detail);
    say_number(answer, "index", receipt->index);
    if (err != HL_OK) {
        detail->where = HL_NOWHERE;
        return err;
    }
    say_number(answer, "entry_bytes", receipt->entry.size);
    if (unknown.present) {
        say(answer, "entry", "proven, but written by a later version");
        return HL_OK;
    }
    if (!bytes_equal_text(entry.origin, checkpoint->origin) ||
        entry.index != receipt->index) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the entry says it stands elsewhere: in '%.*s' at "
                       "%" PRIu64,
                       BYTES_ARGS(entry.origin), entry.index);
    }
    char when[WALL_TEXT_BYTES];
    wall_format(entry.recorded_at, when);
    say(answer, "recorded_at", when);
    say_number(answer, "body_number", entry_body_number(entry.body_type));
    json_object_set_new(answer->object, "critical",
                        json_boolean(entry_body_critical(entry.body_type)));
    return HL_OK;
}

static hl_err verify_receipt(const struct trust *trust, struct bytes raw,
                             struct answer *answer, struct hl_detail *detail)
{
    struct receipt receipt = {0};
    struct checkpoint checkpoint;
    hl_err err = receipt_parse(raw, &receipt, detail);
    if (err == HL_OK) {
        say(answer, "kind", "receipt");
        err =
            verify_note(trust, receipt.checkpoint, answer, &checkpoint, detail);
        if (err != HL_OK && detail->where == HL_AT_LINE) {
            detail->at += receipt.checkpoint_line - 1;
        }
    }
    if (err == HL_OK) {
        err = receipt_verify_inclusion(&receipt, &checkpoint, detail);
    }
    if (err == HL_OK) {
        err = say_entry(&receipt, &checkpoint, answer, detail);
    }
    receipt_fini(&receipt);
    return err;
}

static bool is_trusted_key(const struct trust *trust, const struct vkey *key)
{
    for (size_t i = 0; i < trust->key_count; i++) {
        if (vkey_equal(&trust->keys[i], key)) {
            return true;
        }
    }
    return false;
}

static hl_err check_evidence_keys(const struct trust *trust,
                                  const struct evidence *evidence,
                                  struct hl_detail *detail)
{
    const struct charter_node *accused = NULL;
    if (trust->by_charter) {
        return charter_judge_evidence(&trust->charter, evidence, &accused,
                                      detail);
    }
    if (trust->by_policy) {
        return hl_fail(detail, HL_EUSAGE,
                       "evidence is checked by --charter or --key");
    }
    if (!is_trusted_key(trust, &evidence->branches[0].key) ||
        !is_trusted_key(trust, &evidence->branches[1].key)) {
        return hl_fail(detail, HL_ENOKEY,
                       "a key that signed is not among those given with "
                       "--key");
    }
    return HL_OK;
}

static hl_err verify_evidence(const struct trust *trust, struct bytes raw,
                              struct answer *answer, struct hl_detail *detail)
{
    struct evidence evidence;
    hl_err err = evidence_parse(raw, &evidence, detail);
    if (err == HL_OK) {
        err = evidence_verify(&evidence, &trust->verifier, detail);
    }
    if (err == HL_OK) {
        err = check_evidence_keys(trust, &evidence, detail);
    }
    if (err == HL_OK) {
        say(answer, "kind", "evidence");
        say(answer, "guilty", evidence.name);
        say(answer, "as",
            evidence.accused == EVIDENCE_AUTHOR ? "author" : "cosigner");
        say(answer, "journal", evidence.origin);
        say_number(answer, "at_size", evidence.at);
    }
    return err;
}

static bool begins_with(struct bytes raw, const char *line)
{
    size_t size = strlen(line);
    return raw.size > size && memcmp(raw.data, line, size) == 0 &&
           raw.data[size] == '\n';
}

static hl_err verify_any(const struct trust *trust, struct bytes raw,
                         struct answer *answer, struct hl_detail *detail)
{
    if (begins_with(raw, "c2sp.org/tlog-proof@v1")) {
        return verify_receipt(trust, raw, answer, detail);
    }
    if (begins_with(raw, "heluo evidence v1")) {
        return verify_evidence(trust, raw, answer, detail);
    }
    if (begins_with(raw, "heluo charter v1")) {
        return hl_fail(detail, HL_EUSAGE,
                       "this is a charter: see 'heluo charter verify'");
    }
    return verify_checkpoint(trust, raw, answer, detail);
}

hl_err cmd_verify(struct cli_call *call)
{
    const char *path = call->operands[0];
    struct trust trust = {0};
    struct writer raw = {0};
    struct answer answer = {.object = json_object()};
    hl_err err = read_trust(call, &trust);
    if (err == HL_OK) {
        struct hl_detail *detail = cli_about(call, path);
        err = file_read(path, HL_EVIDENCE_MAX_BYTES, &raw, detail);
        if (err == HL_OK) {
            err = verify_any(&trust, writer_view(&raw), &answer, detail);
        }
    }
    if (err == HL_OK && trust.by_charter) {
        say_number(&answer, "charter_version", trust.charter.version);
    }
    if (err == HL_OK) {
        say(&answer, "verdict", "verified");
        if (call->json) {
            cli_print_json(json_incref(answer.object));
        } else {
            tell(&answer);
        }
    }
    json_decref(answer.object);
    writer_fini(&raw);
    trust_fini(&trust);
    return err;
}

const struct cli_option verify_options[] = {
    {"charter", "FILE",
     "By the alliance's charter: keys, keepers and quorum are its. That the\n"
     "charter is the right one, 'heluo charter verify' tells.",
     CLI_OPTIONAL},
    {"policy", "FILE", "By a C2SP tlog-policy file.", CLI_OPTIONAL},
    {"key", "VKEY", "By keys: the author's, and cosigners'.", CLI_REPEATED},
    {0},
};
