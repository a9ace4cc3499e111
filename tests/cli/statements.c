/* SPDX-License-Identifier: Apache-2.0 */

/* Makes what nodes sign, for the tests of `heluo verify`: in the folder
 * given, with the key files given, a checkpoint of 7 entries with
 * cosignatures, a receipt for entry 3, one whose entry says it is another, and
 * evidence that the author forked at entry 5 and that the keeper cosigned
 * both branches.
 *
 *   statements FOLDER JOURNAL-KEY MIRROR-KEY... */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/tools/file.h"
#include "certs/tools/keyfile.h"
#include "protocol/entry/entry.h"
#include "protocol/note/cosignature.h"
#include "protocol/note/evidence.h"
#include "protocol/note/receipt.h"
#include "tests/support/mem_tree.h"

enum { ENTRIES = 7, FORK_AT = 5, MIRRORS_MAX = 7, COSIGNED_AT = 1795249845 };

struct maker {
    const char *folder;
    struct keyfile author;
    struct keyfile mirrors[MIRRORS_MAX];
    size_t mirror_count;
};

static void must(hl_err err, const char *what)
{
    if (err != HL_OK) {
        fprintf(stderr, "%s: %s\n", what, hl_err_text(err));
        exit(EXIT_FAILURE);
    }
}

static void put(const struct maker *maker, const char *name,
                const struct writer *content)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", maker->folder, name);
    must(file_create(path, FILE_MODE_PUBLIC, writer_view(content), NULL), path);
}

static void make_entry(const struct maker *maker, uint64_t index,
                       const char *body, struct writer *out)
{
    struct entry entry = {.origin = bytes_of_text(maker->author.public.name),
                          .index = index,
                          .recorded_at =
                              wall_from_seconds(1795000000 + (int64_t)index),
                          .body_type = entry_body_type(12, true),
                          .body = bytes_of_text(body)};
    must(entry_encode(&entry, out, NULL), "entry");
}

static void grow(const struct maker *maker, struct mem_tree *tree,
                 uint64_t from, const char *body)
{
    for (uint64_t i = from; i < ENTRIES; i++) {
        struct writer raw = {0};
        make_entry(maker, i, body, &raw);
        mem_tree_append_entry(tree, writer_view(&raw));
        writer_fini(&raw);
    }
}

static void make_checkpoint(const struct maker *maker,
                            const struct mem_tree *tree, struct writer *out)
{
    struct head head = mem_tree_head(tree, ENTRIES);
    struct checkpoint checkpoint = {.head = head};
    struct writer text = {0};
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s",
             maker->author.public.name);
    checkpoint_write(&checkpoint, &text);
    must(checkpoint_sign(&checkpoint, &maker->author.signer, 1, out), "sign");
    for (size_t i = 0; i < maker->mirror_count; i++) {
        must(cosignature_sign(writer_view(&text), &maker->mirrors[i].signer,
                              COSIGNED_AT, out),
             "cosign");
    }
    writer_fini(&text);
}

static void make_receipt(const struct maker *maker, const struct mem_tree *tree,
                         uint64_t index, const char *name)
{
    struct writer entry = {0}, note = {0}, text = {0};
    struct hash_source source = mem_tree_source(tree);
    struct receipt receipt = {.has_entry = true, .index = index};
    make_entry(maker, 3, "body", &entry);
    make_checkpoint(maker, tree, &note);
    receipt.entry = writer_view(&entry);
    receipt.checkpoint = writer_view(&note);
    must(prove_inclusion(&source, index, ENTRIES, &receipt.proof), "prove");
    receipt_write(&receipt, &text);
    put(maker, name, &text);
    writer_fini(&entry);
    writer_fini(&note);
    writer_fini(&text);
}

static void make_evidence(const struct maker *maker,
                          enum evidence_accused accused,
                          const struct mem_tree trees[2], const char *name)
{
    struct writer notes[2] = {{0}, {0}};
    struct writer text = {0};
    const struct vkey *key = accused == EVIDENCE_AUTHOR
                                 ? &maker->author.public.vkey
                                 : &maker->mirrors[0].public.vkey;
    struct evidence evidence = {.accused = accused, .at = FORK_AT + 1};
    strcpy(evidence.name, key->name);
    strcpy(evidence.origin, maker->author.public.name);
    for (size_t i = 0; i < 2; i++) {
        struct evidence_branch *branch = &evidence.branches[i];
        struct hash_source source = mem_tree_source(&trees[i]);
        make_checkpoint(maker, &trees[i], &notes[i]);
        branch->key = *key;
        branch->note = writer_view(&notes[i]);
        branch->root_at = mem_tree_head(&trees[i], evidence.at).root;
        must(prove_consistency(&source, evidence.at, ENTRIES, &branch->proof),
             "prove");
    }
    evidence_write(&evidence, &text);
    put(maker, name, &text);
    writer_fini(&notes[0]);
    writer_fini(&notes[1]);
    writer_fini(&text);
}

/* A tree in which entry 4 says that it is entry 3. */
static void make_misplaced(const struct maker *maker)
{
    struct mem_tree tree = {0};
    for (uint64_t i = 0; i < ENTRIES; i++) {
        struct writer raw = {0};
        make_entry(maker, i == 4 ? 3 : i, "body", &raw);
        mem_tree_append_entry(&tree, writer_view(&raw));
        writer_fini(&raw);
    }
    make_receipt(maker, &tree, 4, "misplaced.tlog-proof");
    mem_tree_fini(&tree);
}

static void make_all(const struct maker *maker)
{
    struct mem_tree trees[2] = {{0}, {0}};
    struct writer note = {0};
    grow(maker, &trees[0], 0, "body");
    mem_tree_append_prefix(&trees[1], &trees[0], FORK_AT);
    grow(maker, &trees[1], FORK_AT, "another body");
    make_checkpoint(maker, &trees[0], &note);
    put(maker, "checkpoint", &note);
    make_receipt(maker, &trees[0], 3, "receipt.tlog-proof");
    make_misplaced(maker);
    make_evidence(maker, EVIDENCE_AUTHOR, trees, "author.evidence");
    if (maker->mirror_count > 0) {
        make_evidence(maker, EVIDENCE_COSIGNER, trees, "cosigner.evidence");
    }
    writer_fini(&note);
    mem_tree_fini(&trees[0]);
    mem_tree_fini(&trees[1]);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 3 + MIRRORS_MAX) {
        fprintf(stderr, "usage: %s FOLDER JOURNAL-KEY MIRROR-KEY...\n",
                argv[0]);
        return EXIT_FAILURE;
    }
    struct maker maker = {.folder = argv[1]};
    struct bytes none = {0};
    must(keyfile_load(argv[2], none, &maker.author, NULL), argv[2]);
    for (int i = 3; i < argc; i++) {
        must(keyfile_load(argv[i], none, &maker.mirrors[maker.mirror_count++],
                          NULL),
             argv[i]);
    }
    make_all(&maker);
    keyfile_fini(&maker.author);
    for (size_t i = 0; i < maker.mirror_count; i++) {
        keyfile_fini(&maker.mirrors[i]);
    }
    return EXIT_SUCCESS;
}
