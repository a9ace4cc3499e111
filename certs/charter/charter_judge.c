/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_judge.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/note/cosignature.h"

/* The node whose journal has that origin, "<alliance>/<node>". */
static hl_err find_author(const struct charter *charter, const char *origin,
                          const struct charter_node **node,
                          struct hl_detail *detail)
{
    size_t size = strlen(charter->alliance);
    if (strncmp(origin, charter->alliance, size) != 0 || origin[size] != '/') {
        return hl_fail(detail, HL_EALLIANCE,
                       "'%s' is no journal of the alliance '%s'", origin,
                       charter->alliance);
    }
    *node = charter_find_node(charter, bytes_of_text(origin + size + 1));
    if (*node == NULL) {
        return hl_fail(detail, HL_EUNKNOWNNODE,
                       "the charter, version %" PRIu64 ", has no node '%s'",
                       charter->version, origin + size + 1);
    }
    return HL_OK;
}

/* The keys that may have signed a checkpoint of that size, SM2 lines too;
 * keys has room for HL_CHARTER_KEYS_PER_NODE_MAX. */
static size_t author_keys(const struct charter_node *node, uint64_t size,
                          struct vkey *keys)
{
    size_t count = 0;
    for (size_t k = 0; k < node->journal_key_count; k++) {
        if (charter_accepts(node, k, size)) {
            keys[count++] = node->journal_keys[k].vkey;
        }
    }
    for (size_t k = 0; k < node->key_count; k++) {
        if (node->keys[k].purpose == CHARTER_SM2) {
            keys[count++] = node->keys[k].vkey;
        }
    }
    return count;
}

/* Where the charter itself names size and root, the checkpoint agrees. */
static hl_err check_points(const struct charter_node *node,
                           const struct checkpoint *checkpoint,
                           struct hl_detail *detail)
{
    struct head head = checkpoint->head;
    if (node->ended && head.size > node->end.size) {
        return hl_fail(detail, HL_EENDED,
                       "node '%s' ended at size %" PRIu64
                       ", and this is of size %" PRIu64,
                       node->id, node->end.size, head.size);
    }
    bool agrees = !node->ended || head.size != node->end.size ||
                  head_equal(&head, &node->end);
    for (size_t k = 0; k < node->journal_key_count; k++) {
        const struct head *from = &node->journal_keys[k].from;
        bool named =
            head.size == from->size && charter_accepts(node, k, from->size);
        agrees = agrees && (!named || head_equal(&head, from));
    }
    if (!agrees) {
        return hl_fail(detail, HL_EPROOF,
                       "the charter names another root at size %" PRIu64,
                       head.size);
    }
    return HL_OK;
}

static hl_err judge_author(const struct charter_node *node,
                           const struct note *note,
                           const struct verifier *verifier,
                           struct charter_judgement *judgement,
                           struct hl_detail *detail)
{
    struct vkey *keys = hl_alloc(HL_CHARTER_KEYS_PER_NODE_MAX, sizeof(*keys));
    struct checkpoint_verdict verdict;
    struct checkpoint_author author = {
        .origin = judgement->checkpoint.origin,
        .keys = keys,
        .key_count = author_keys(node, judgement->checkpoint.head.size, keys)};
    hl_err err = checkpoint_verify(note, verifier, &author, &verdict, detail);
    hl_free(keys);
    if (err == HL_ENOKEY) {
        return hl_fail(detail, err,
                       "no signature by a journal key of '%s' that the "
                       "charter accepts at size %" PRIu64,
                       node->id, judgement->checkpoint.head.size);
    }
    if (err != HL_OK) {
        return err;
    }
    judgement->sm2 = verdict.sm2;
    return check_points(node, &judgement->checkpoint, detail);
}

/* When the keeper cosigned, by one of its keys in force at that time; 0 if it
 * did not. */
static hl_err judge_keeper(const struct charter_node *keeper,
                           const struct note *note,
                           const struct verifier *verifier, int64_t *time_s,
                           struct hl_detail *detail)
{
    *time_s = 0;
    for (size_t k = 0; k < keeper->key_count; k++) {
        const struct charter_key *key = &keeper->keys[k];
        int64_t when = 0;
        struct cosignature_verdict verdict = {.time_s = &when};
        if (key->purpose != CHARTER_MIRROR) {
            continue;
        }
        hl_err err =
            cosignature_verify(note, verifier, &key->vkey, 1, &verdict, detail);
        if (err != HL_OK) {
            return err;
        }
        if (when >= key->from_s && when < key->until_s && when > *time_s) {
            *time_s = when;
        }
    }
    return HL_OK;
}

static hl_err judge_keepers(const struct charter *charter,
                            const struct note *note,
                            const struct verifier *verifier,
                            struct charter_judgement *judgement,
                            struct hl_detail *detail)
{
    const struct charter_node *author = judgement->author;
    for (size_t i = 0; i < author->keeper_count; i++) {
        const struct charter_node *keeper =
            charter_find_node(charter, bytes_of_text(author->keepers[i]));
        HL_ASSERT(keeper != NULL);
        hl_err err = judge_keeper(keeper, note, verifier,
                                  &judgement->keeper_time_s[i], detail);
        if (err != HL_OK) {
            return err;
        }
        judgement->keeper_count += judgement->keeper_time_s[i] > 0 ? 1 : 0;
    }
    judgement->sealed =
        author->quorum > 0 && judgement->keeper_count >= author->quorum;
    return HL_OK;
}

hl_err charter_judge_checkpoint(const struct charter *charter,
                                const struct note *note,
                                const struct verifier *verifier,
                                struct charter_judgement *out,
                                struct hl_detail *detail)
{
    struct charter_judgement judgement = {0};
    hl_err err = checkpoint_parse(note->text, &judgement.checkpoint, detail);
    if (err == HL_OK) {
        err = find_author(charter, judgement.checkpoint.origin,
                          &judgement.author, detail);
    }
    if (err == HL_OK) {
        err =
            judge_author(judgement.author, note, verifier, &judgement, detail);
    }
    if (err == HL_OK) {
        err = judge_keepers(charter, note, verifier, &judgement, detail);
    }
    if (err == HL_OK) {
        *out = judgement;
    }
    return err;
}

/* The number of that key among the node's journal keys, or their count. */
static size_t journal_key_of(const struct charter_node *node,
                             const struct vkey *key)
{
    size_t k = 0;
    while (k < node->journal_key_count &&
           !vkey_equal(&node->journal_keys[k].vkey, key)) {
        k++;
    }
    return k;
}

static size_t current_epoch(const struct charter_node *node)
{
    return charter_epoch(node, node->journal_key_count - 1);
}

static hl_err read_note(const struct evidence_branch *branch, struct note *note,
                        struct checkpoint *checkpoint, struct hl_detail *detail)
{
    hl_err err = note_parse(branch->note, note, detail);
    return err == HL_OK ? checkpoint_parse(note->text, checkpoint, detail)
                        : err;
}

static hl_err unknown_key(const struct charter_node *node,
                          struct hl_detail *detail)
{
    return hl_fail(detail, HL_ENOKEY,
                   "the charter has no such key of '%s' at that size: what "
                   "it signed is a claim, not evidence",
                   node->id);
}

static hl_err judge_author_branch(const struct charter_node *node,
                                  const struct evidence_branch *branch,
                                  struct hl_detail *detail)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    size_t k = journal_key_of(node, &branch->key);
    hl_err err = read_note(branch, &note, &checkpoint, detail);
    note_fini(&note);
    if (err != HL_OK) {
        return err;
    }
    if (k == node->journal_key_count) {
        return unknown_key(node, detail);
    }
    if (node->ended || charter_epoch(node, k) != current_epoch(node)) {
        return hl_fail(detail, HL_ESETTLED,
                       "the charter, version by version, has ended '%s' or "
                       "given it a new key since",
                       node->id);
    }
    return charter_accepts(node, k, checkpoint.head.size)
               ? HL_OK
               : unknown_key(node, detail);
}

/* A cosignature covers the text alone, and any line of the author's may be put
 * beside it later: of what a charter may have cut it does not say before or
 * after. */
static hl_err judge_cosigner(const struct charter *charter,
                             const struct evidence *evidence,
                             struct hl_detail *detail)
{
    const struct charter_node *author = NULL;
    hl_err err = find_author(charter, evidence->origin, &author, detail);
    for (size_t i = 0; i < 2 && err == HL_OK; i++) {
        struct note note = {0};
        struct checkpoint checkpoint;
        err = read_note(&evidence->branches[i], &note, &checkpoint, detail);
        note_fini(&note);
        if (err == HL_OK && checkpoint.head.size >= charter_cut_from(author)) {
            err = hl_fail(detail, HL_ESETTLED,
                          "a charter may have cut the journal of '%s' between "
                          "the two, and who kept it honestly followed",
                          author->id);
        }
    }
    return err;
}

static bool is_mirror_key(const struct charter_node *node,
                          const struct vkey *key)
{
    for (size_t k = 0; k < node->key_count; k++) {
        if (node->keys[k].purpose == CHARTER_MIRROR &&
            vkey_equal(&node->keys[k].vkey, key)) {
            return true;
        }
    }
    return false;
}

/* The accused's name as an origin: a cosigner's without its "/mirror". */
static void accused_origin(const struct evidence *evidence,
                           char out[HL_NAME_MAX_BYTES + 1])
{
    size_t size = strlen(evidence->name);
    static const char mirror[] = "/mirror";
    size_t end = sizeof(mirror) - 1;
    memcpy(out, evidence->name, size + 1);
    if (evidence->accused == EVIDENCE_COSIGNER && size > end &&
        strcmp(out + size - end, mirror) == 0) {
        out[size - end] = '\0';
    }
}

hl_err charter_judge_evidence(const struct charter *charter,
                              const struct evidence *evidence,
                              const struct charter_node **accused,
                              struct hl_detail *detail)
{
    char origin[HL_NAME_MAX_BYTES + 1];
    const struct charter_node *node = NULL;
    accused_origin(evidence, origin);
    hl_err err = find_author(charter, origin, &node, detail);
    bool author = evidence->accused == EVIDENCE_AUTHOR;
    for (size_t i = 0; i < 2 && err == HL_OK && author; i++) {
        err = judge_author_branch(node, &evidence->branches[i], detail);
    }
    if (err == HL_OK && !author) {
        err = is_mirror_key(node, &evidence->branches[0].key)
                  ? judge_cosigner(charter, evidence, detail)
                  : unknown_key(node, detail);
    }
    if (err == HL_OK) {
        *accused = node;
    }
    return err;
}

static enum admission_node node_state(const void *context, struct bytes node)
{
    const struct charter_node *found = charter_find_node(context, node);
    return found == NULL  ? ADMISSION_NODE_UNKNOWN
           : found->ended ? ADMISSION_NODE_ENDED
                          : ADMISSION_NODE_MEMBER;
}

void charter_admit_by(const struct charter *charter,
                      struct admission_input *input)
{
    input->alliance = bytes_of_text(charter->alliance);
    input->nodes =
        (struct admission_nodes){.state = node_state, .context = charter};
}
