/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/clearing/cycle_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/store/journal.h"
#include "protocol/base/hl_assert.h"

struct cycle_judgement cycle_judge(const struct clearing_view *view,
                                   const struct cycle *cycle, claim_fn each,
                                   void *context)
{
    struct cycle_judgement verdict = {0};
    struct counting counting = {.txn = view->txn,
                                .alliance = clearing_alliance(view),
                                .day = cycle->of.day,
                                .each = each,
                                .context = context};
    struct cycle_lists theirs;
    cycle_read(&cycle->of, &theirs);
    counting.lists.places = theirs.places;
    counting.lists.place_count = theirs.place_count;
    hl_err err = clearing_count(&counting, NULL);
    HL_ASSERT(err == HL_OK);
    verdict.outcome = counting.outcome;
    if (counting.outcome == COUNT_DONE) {
        (void)clearing_agrees(&counting, &cycle->of, &verdict.field);
    }
    err = clearing_stands(view, cycle, &verdict.as, NULL);
    HL_ASSERT(err == HL_OK);
    counting.lists.places = NULL;
    cycle_lists_fini(&counting.lists);
    cycle_lists_fini(&theirs);
    return verdict;
}

static FILE *create(const char *folder, const char *name, const char *suffix)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void finish(FILE *file)
{
    int failed = ferror(file);
    if (fclose(file) != 0 || failed != 0) {
        perror("write");
        exit(1);
    }
}

static bool find(const struct clearing_view *view, const char *node,
                 struct journal *out)
{
    char origin[512];
    bool found = false;
    snprintf(origin, sizeof(origin), "%.*s%s",
             BYTES_ARGS(clearing_alliance(view)), node);
    hl_err err =
        journal_find(view->txn, bytes_of_text(origin), out, &found, NULL);
    HL_ASSERT(err == HL_OK);
    return found;
}

static void write_journal(const struct clearing_view *view, const char *folder,
                          const char *node)
{
    FILE *file = create(folder, node, ".bundle");
    struct journal journal;
    uint64_t size = find(view, node, &journal) ? journal.frontier.size : 0;
    for (uint64_t i = 0; i < size; i++) {
        struct bytes raw;
        hl_err err = journal_entry(view->txn, &journal, i, &raw, NULL);
        HL_ASSERT(err == HL_OK);
        uint8_t length[2] = {(uint8_t)(raw.size >> 8), (uint8_t)raw.size};
        fwrite(length, 1, sizeof(length), file);
        fwrite(raw.data, 1, raw.size, file);
    }
    finish(file);
}

static void write_member(const struct clearing_view *view, FILE *file,
                         const struct charter_node *member)
{
    struct bytes node = bytes_of_text(member->id);
    const struct charter_grant *role = &member->roles[CHARTER_CLEARING];
    uint64_t sealed = 0;
    hl_err err = clearing_sealed(view, node, &sealed, NULL);
    HL_ASSERT(err == HL_OK);
    if (member->keeper_count > 0) {
        fprintf(file, "keepers %s\nsealed %s %" PRIu64 "\n", member->id,
                member->id, sealed);
    }
    if (role->ended) {
        fprintf(file, "role-ended %s clearing %" PRIu64 "\n", member->id,
                role->end.size);
    }
    if (member->ended) {
        fprintf(file, "ended %s %" PRIu64 "\n", member->id, member->end.size);
    }
}

struct writing {
    const struct clearing_view *view;
    FILE *file;
};

static hl_err write_verdict(void *context, const struct cycle *cycle,
                            struct hl_detail *detail)
{
    static const char *const outcomes[] = {"done", "lags", "paused",
                                           "other_root", "no_room"};
    static const char *const as[] = {"open",     "aborted", "abandoned",
                                     "declared", "final",   "void"};
    const struct writing *writing = context;
    (void)detail;
    if (!cycle_is_proposed(cycle)) {
        return HL_OK; /* what another half says of it */
    }
    struct cycle_judgement verdict =
        cycle_judge(writing->view, cycle, NULL, NULL);
    fprintf(writing->file,
            "{\"proposer\": \"%.*s\", \"index\": %" PRIu64
            ", \"outcome\": \"%s\", \"field\": \"%s\", \"stands\": \"%s\"}\n",
            BYTES_ARGS(cycle->key.proposer), cycle->key.index,
            outcomes[verdict.outcome],
            verdict.field == NULL ? "" : verdict.field, as[verdict.as]);
    return HL_OK;
}

void cycle_files_write(const struct clearing_view *view, const char *folder)
{
    const struct charter *charter = view->charter;
    FILE *members = create(folder, "charter", "");
    for (size_t i = 0; i < charter->node_count; i++) {
        write_journal(view, folder, charter->nodes[i].id);
        write_member(view, members, &charter->nodes[i]);
    }
    finish(members);
    struct writing writing = {view, create(folder, "verdicts", "")};
    hl_err err = clearing_each_cycle(view, write_verdict, &writing, NULL);
    HL_ASSERT(err == HL_OK);
    finish(writing.file);
}
