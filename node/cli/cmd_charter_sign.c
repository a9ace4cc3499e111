/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo charter sign`: nobody signs what he has not been shown. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "certs/tools/keyfile.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/passphrase.h"

struct signing {
    struct charter draft;    /* what is signed; others may have signed */
    struct charter previous; /* unset for version 1 */
    struct charter before;   /* with --before: a rival's predecessor */
    struct keyfile key;
    struct verifier verifier;
};

static void signing_fini(struct signing *signing)
{
    charter_fini(&signing->draft);
    charter_fini(&signing->previous);
    charter_fini(&signing->before);
    keyfile_fini(&signing->key);
}

/* The charter whose coordinators' signatures count. */
static const struct charter *judge_of(const struct signing *signing)
{
    return signing->draft.version == 1 ? &signing->draft : &signing->previous;
}

static hl_err read_charters(struct cli_call *call, struct signing *signing)
{
    const char *previous = cli_get(call, "previous");
    const char *before = cli_get(call, "before");
    hl_err err = cmd_charter_read(call, call->operands[0], &signing->draft);
    if (err != HL_OK) {
        return err;
    }
    if ((signing->draft.version == 1) != (previous == NULL)) {
        return cli_usage(call, previous == NULL
                                   ? "--previous FILE is needed from version "
                                     "2 on: what does this one change?"
                                   : "version 1 has no previous one");
    }
    if (previous != NULL) {
        err = cmd_charter_read(call, previous, &signing->previous);
    }
    if (err == HL_OK && before != NULL) {
        err = cmd_charter_read(call, before, &signing->before);
    }
    if (err == HL_OK && previous != NULL) {
        err = charter_check_change(&signing->previous, &signing->draft,
                                   cli_about(call, call->operands[0]));
    }
    return err;
}

static hl_err load_key(struct cli_call *call, struct keyfile *out)
{
    const char *path = cli_get(call, "key");
    struct writer passphrase = {0};
    hl_err err = passphrase_from_file(call, &passphrase);
    if (err == HL_OK) {
        err = keyfile_load(path, writer_view(&passphrase), out,
                           cli_about(call, path));
    }
    if (err == HL_EPASSPHRASE && passphrase.size == 0 &&
        passphrase_can_ask(call)) {
        err = passphrase_ask(call, "Passphrase of the key: ", &passphrase);
        if (err == HL_OK) {
            err = keyfile_load(path, writer_view(&passphrase), out,
                               cli_about(call, path));
        }
    }
    secret_fini(&passphrase);
    if (err == HL_OK && out->public.kind != KEY_COORDINATOR) {
        return hl_fail(&call->detail, HL_EROLE,
                       "this is a %s key, and coordinators sign charters",
                       key_kind_word(out->public.kind));
    }
    return err;
}

static bool is_coordinator(const struct charter *charter,
                           const struct vkey *key)
{
    for (size_t i = 0; i < charter->coordinator_count; i++) {
        if (vkey_equal(&charter->coordinators[i], key)) {
            return true;
        }
    }
    return false;
}

static hl_err check_signer(struct cli_call *call, const struct signing *signing)
{
    const struct vkey *key = &signing->key.public.vkey;
    const struct note *note = &signing->draft.note;
    if (!is_coordinator(judge_of(signing), key) &&
        !is_coordinator(&signing->before, key)) {
        return hl_fail(&call->detail, HL_EROLE,
                       "'%s' (%08x) is no coordinator of version %" PRIu64
                       ", whose coordinators sign this",
                       key->name, key->id, judge_of(signing)->version);
    }
    for (size_t i = 0; i < note->signature_count; i++) {
        if (note->signatures[i].id == key->id &&
            bytes_equal_text(note->signatures[i].name, key->name)) {
            return hl_fail(cli_about(call, call->operands[0]), HL_EEXISTS,
                           "'%s' has signed it already", key->name);
        }
    }
    return HL_OK;
}

/* Another coordinator may have signed the file while this one read what it
 * changes: what is signed now is read again under the folder's lock. */
static hl_err read_again(struct cli_call *call, struct signing *signing)
{
    struct charter now = {0};
    hl_err err = cmd_charter_read(call, call->operands[0], &now);
    if (err == HL_OK && !hash_equal(&now.hash, &signing->draft.hash)) {
        err = hl_fail(&call->detail, HL_EPREDECESSOR,
                      "it changed since it was shown: look at it again");
    }
    if (err != HL_OK) {
        charter_fini(&now);
        return err;
    }
    charter_fini(&signing->draft);
    signing->draft = now;
    return check_signer(call, signing);
}

/* Appends the line, reads the whole back, and counts whose signatures are
 * good. */
static hl_err add_signature(struct cli_call *call,
                            const struct signing *signing, struct writer *raw,
                            size_t *count)
{
    struct hl_detail *detail = cli_about(call, call->operands[0]);
    struct charter back = {0};
    writer_bytes(raw, signing->draft.raw);
    hl_err err = note_sign(signing->draft.note.text, &signing->key.signer, raw);
    if (err == HL_OK) {
        err = charter_parse(writer_view(raw), &back, detail);
    }
    if (err == HL_OK) {
        err = charter_count_signatures(&back, judge_of(signing),
                                       &signing->verifier, count, detail);
    }
    charter_fini(&back);
    return err;
}

static hl_err sign_file(struct cli_call *call, struct signing *signing,
                        size_t *count)
{
    const char *path = call->operands[0];
    struct writer raw = {0};
    int lock = -1;
    hl_err err = file_lock_folder_of(path, &lock, cli_about(call, path));
    if (err != HL_OK) {
        return err;
    }
    err = read_again(call, signing);
    if (err == HL_OK) {
        err = add_signature(call, signing, &raw, count);
    }
    if (err == HL_OK) {
        err = file_replace(path, FILE_MODE_PUBLIC, writer_view(&raw),
                           &call->detail);
    }
    file_unlock(lock);
    writer_fini(&raw);
    return err;
}

/* What the signature will stand for, before it is made. */
static void show(const struct signing *signing)
{
    if (signing->draft.version == 1) {
        cmd_charter_print(&signing->draft);
        return;
    }
    printf("version %" PRIu64 " changes:\n", signing->draft.version);
    cmd_charter_print_diff(&signing->previous, &signing->draft);
}

static hl_err confirm(struct cli_call *call, const struct signing *signing)
{
    if (!call->json) {
        show(signing);
    }
    if (cli_has(call, "yes")) {
        return HL_OK;
    }
    if (call->json || !isatty(STDIN_FILENO)) {
        return cli_usage(call, "nobody is asked here: read what it changes "
                               "('heluo charter diff') and give --yes");
    }
    char answer[16] = "";
    printf("Sign this? Type yes: ");
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) == NULL ||
        strcmp(answer, "yes\n") != 0) {
        return cli_usage(call, "not signed: the answer was not yes");
    }
    return HL_OK;
}

static void report(const struct cli_call *call, const struct signing *signing,
                   size_t count)
{
    char hash[HASH_TEXT_BYTES];
    const struct charter *draft = &signing->draft;
    size_t needed = judge_of(signing)->threshold;
    cmd_hash_text(&draft->hash, hash);
    if (call->json) {
        cli_print_json(json_pack("{s:o, s:I, s:s, s:s, s:i, s:i}", "file",
                                 cli_json_text(call->operands[0]), "version",
                                 (json_int_t)draft->version, "hash", hash,
                                 "signed_by", signing->key.public.name,
                                 "signatures", (int)count, "needed",
                                 (int)needed));
        return;
    }
    printf("signed by %s: %zu of the %zu signatures that it needs\n",
           signing->key.public.name, count, needed);
    printf("hash %s\n", hash);
}

hl_err cmd_charter_sign(struct cli_call *call)
{
    struct signing signing = {.verifier = verifier_openssl()};
    size_t count = 0;
    hl_err err = read_charters(call, &signing);
    if (err == HL_OK) {
        err = load_key(call, &signing.key);
    }
    if (err == HL_OK) {
        err = check_signer(call, &signing);
    }
    if (err == HL_OK) {
        err = confirm(call, &signing);
    }
    if (err == HL_OK) {
        err = sign_file(call, &signing, &count);
    }
    if (err == HL_OK) {
        report(call, &signing, count);
    }
    signing_fini(&signing);
    return err;
}
