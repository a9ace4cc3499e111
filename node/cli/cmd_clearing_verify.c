/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clearing verify`. */

#include "node/cli/cmd_clearing_verify.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/audit/audit_store.h"
#include "node/audit/cycle_audit.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/cmd_clearing.h"
#include "node/cli/cycle_told.h"
#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "protocol/base/text.h"

const struct cli_option clearing_verify_options[] = {
    {"charter", "FILE",
     "By whose keys; give it for each version from the first on that is\n"
     "needed. They are checked against each other, the newest holds.",
     CLI_REPEATED},
    {"pin", "HASH",
     "Of the first of them. Without it, compare what is shown with each\n"
     "coordinator.",
     CLI_OPTIONAL},
    {0}};

enum { PROGRESS_ENTRIES = 65536 };

struct verifying {
    struct cli_call *call;
    struct cycle_key key;

    struct charter *read; /* as given */
    size_t read_count;
    const struct charter **chain; /* from the newest back */
    size_t chain_count;

    struct audit_store *store;
    struct audit_sink sink; /* of the store */
    struct audit archives;
    struct store_txn *txn;
    uint64_t entries; /* so far */
    struct cycle_audit cycle;
};

/* --- What is asked. ------------------------------------------------------ */

static hl_err take_cycle(struct verifying *verifying)
{
    bool good =
        clearing_is_name(bytes_of_text(verifying->call->operands[0]),
                         &verifying->key.proposer, &verifying->key.index);
    return good ? HL_OK
                : cli_usage(verifying->call,
                            "'%s': a cycle is called by its proposer and the "
                            "index of its proposal, as zhengzhou/12",
                            verifying->call->operands[0]);
}

/* --- Charters. ----------------------------------------------------------- */

static hl_err read_charters(struct verifying *verifying)
{
    struct cli_call *call = verifying->call;
    hl_err err = HL_OK;
    size_t count = 0;
    while (cli_get_nth(call, "charter", count) != NULL) {
        count++;
    }
    if (count == 0) {
        return cli_usage(call, "--charter FILE is needed: by whose keys?");
    }
    verifying->read = hl_alloc(count, sizeof(verifying->read[0]));
    verifying->chain = hl_alloc(count, sizeof(verifying->chain[0]));
    while (err == HL_OK && verifying->read_count < count) {
        const char *path = cli_get_nth(call, "charter", verifying->read_count);
        err = cmd_charter_read_signed(call, path,
                                      &verifying->read[verifying->read_count]);
        verifying->read_count += err == HL_OK;
    }
    return err;
}

/* --pin, or that of the lowest version. */
static hl_err get_pin(struct verifying *verifying, struct hl_hash *pin)
{
    const char *text = cli_get(verifying->call, "pin");
    const struct charter *first = &verifying->read[0];
    if (text != NULL) {
        return base64_decode_exact(bytes_of_text(text), HL_HASH_BYTES,
                                   pin->bytes) == HL_OK
                   ? HL_OK
                   : cli_usage(verifying->call,
                               "--pin is not 32 bytes in base64");
    }
    for (size_t i = 1; i < verifying->read_count; i++) {
        first = verifying->read[i].version < first->version
                    ? &verifying->read[i]
                    : first;
    }
    *pin = first->hash;
    return HL_OK;
}

static const struct charter *predecessor(const struct verifying *verifying,
                                         const struct charter *of)
{
    for (size_t i = 0; i < verifying->read_count; i++) {
        if (verifying->read[i].version + 1 == of->version &&
            hash_equal(&verifying->read[i].hash, &of->previous)) {
            return &verifying->read[i];
        }
    }
    return NULL;
}

static hl_err take_charters(struct verifying *verifying)
{
    struct cli_call *call = verifying->call;
    struct verifier verifier = verifier_openssl();
    struct charter_standing standing = {0};
    struct hl_hash pin;
    size_t culprit = 0;
    hl_err err = read_charters(verifying);
    if (err == HL_OK) {
        err = get_pin(verifying, &pin);
    }
    if (err != HL_OK) {
        return err;
    }
    for (size_t i = 0; i < verifying->read_count; i++) {
        verifying->chain[i] = &verifying->read[i];
    }
    struct charter_set set = {verifying->chain, verifying->read_count, &pin,
                              &verifier};
    err = charter_verify_all(&set, &standing, &culprit, cli_about(call, ""));
    if (err != HL_OK) {
        if (culprit < verifying->read_count) {
            cli_name(call, cli_get_nth(call, "charter", culprit));
        }
        return err;
    }
    for (const struct charter *at = standing.holds; at != NULL;
         at = hash_equal(&at->hash, &pin) ? NULL : predecessor(verifying, at)) {
        verifying->chain[verifying->chain_count++] = at;
    }
    return HL_OK;
}

/* --- Archives. ----------------------------------------------------------- */

static hl_err take_entries(void *context, const struct audit_journal *journal,
                           const struct segment *segment, size_t skip,
                           struct hl_detail *detail)
{
    struct verifying *verifying = context;
    uint64_t before = verifying->entries / PROGRESS_ENTRIES;
    verifying->entries += segment->count - skip;
    if (isatty(STDERR_FILENO) == 1 &&
        before != verifying->entries / PROGRESS_ENTRIES) {
        fprintf(stderr, "\r%" PRIu64 " entries", verifying->entries);
    }
    return verifying->sink.entries(verifying->sink.context, journal, segment,
                                   skip, detail);
}

static hl_err give_leaf(void *context, const struct audit_journal *journal,
                        uint64_t index, struct hl_hash *leaf,
                        struct hl_detail *detail)
{
    const struct verifying *verifying = context;
    return verifying->sink.leaf(verifying->sink.context, journal, index, leaf,
                                detail);
}

static uint64_t archive_bytes(const struct cli_call *call)
{
    uint64_t bytes = 0;
    struct stat file;
    for (size_t i = 1; i < call->operand_count; i++) {
        bytes += stat(call->operands[i], &file) == 0 && file.st_size > 0
                     ? (uint64_t)file.st_size
                     : 0;
    }
    return bytes;
}

static hl_err read_archives(struct verifying *verifying)
{
    struct cli_call *call = verifying->call;
    const char *path = NULL;
    const struct audit_input input = {
        .paths = call->operands + 1,
        .path_count = call->operand_count - 1,
        .charters = verifying->chain,
        .charter_count = verifying->chain_count,
        .sink = {.context = verifying,
                 .entries = take_entries,
                 .leaf = give_leaf},
    };
    hl_err err = audit_store_open(archive_bytes(call), &verifying->store,
                                  cli_about(call, ""));
    if (err != HL_OK) {
        return err;
    }
    verifying->sink = audit_store_sink(verifying->store);
    err = audit_read(&input, &verifying->archives, &path, &call->detail);
    if (isatty(STDERR_FILENO) == 1) {
        fputs("\r\033[K", stderr);
    }
    if (err != HL_OK) {
        cli_name(call, path);
        return err;
    }
    return audit_store_finish(verifying->store, &verifying->archives,
                              &verifying->txn, &call->detail);
}

/* --- All of it. ---------------------------------------------------------- */

static hl_err judge(struct verifying *verifying)
{
    struct cli_call *call = verifying->call;
    const char *text = NULL;
    const struct cycle_audit_input input = {
        .txn = verifying->txn,
        .charters = verifying->chain,
        .charter_count = verifying->chain_count,
        .key = verifying->key,
    };
    hl_err err = cycle_audit(&input, &verifying->cycle,
                             cli_about(call, call->operands[0]));
    if (err != HL_OK) {
        return err;
    }
    hl_err verdict = cycle_audit_verdict(&verifying->cycle, &text);
    const struct cycle_told told = {.name = call->operands[0],
                                    .charter = verifying->chain[0],
                                    .pinned = cli_has(call, "pin"),
                                    .audit = &verifying->cycle,
                                    .verdict = verdict};
    if (call->json) {
        cli_print_json(cycle_told_json(&told));
    } else {
        cycle_told_print(&told);
    }
    return verdict == HL_OK ? HL_OK
                            : hl_fail(&call->detail, verdict, "%s", text);
}

hl_err cmd_clearing_verify(struct cli_call *call)
{
    struct verifying verifying = {.call = call};
    hl_err err = take_cycle(&verifying);
    if (err == HL_OK) {
        err = take_charters(&verifying);
    }
    if (err == HL_OK) {
        err = read_archives(&verifying);
    }
    if (err == HL_OK) {
        err = judge(&verifying);
    }
    cycle_audit_fini(&verifying.cycle);
    store_abort(&verifying.txn);
    audit_store_close(&verifying.store);
    audit_fini(&verifying.archives);
    for (size_t i = 0; i < verifying.read_count; i++) {
        charter_fini(&verifying.read[i]);
    }
    hl_free(verifying.read);
    hl_free(verifying.chain);
    return err;
}
