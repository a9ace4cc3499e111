/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/evidence.h"

#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/base/text.h"
#include "protocol/note/cosignature.h"

static const char *const accused_names[] = {"author", "cosigner"};

struct parse {
    struct lines lines;
    struct bytes line;
    struct hl_detail *detail;
};

static hl_err bad(const struct parse *p, const char *what)
{
    return hl_fail_line(p->detail, p->lines.number, HL_EMALFORMED, "%s", what);
}

/* What follows `word` and a space on the next line. */
static hl_err next_value(struct parse *p, const char *word, struct bytes *out)
{
    size_t size = strlen(word);
    if (!lines_next(&p->lines, &p->line)) {
        return hl_fail_line(p->detail, p->lines.number + 1, HL_EMALFORMED,
                            "the file ends where '%s ...' belongs", word);
    }
    if (p->line.size <= size || memcmp(p->line.data, word, size) != 0 ||
        p->line.data[size] != ' ') {
        return hl_fail_line(p->detail, p->lines.number, HL_EMALFORMED,
                            "here belongs a line '%s ...'", word);
    }
    *out = bytes_slice(p->line, size + 1, p->line.size - size - 1);
    return HL_OK;
}

static hl_err next_name(struct parse *p, const char *word,
                        char out[HL_NAME_MAX_BYTES + 1])
{
    struct bytes value;
    hl_err err = next_value(p, word, &value);
    if (err != HL_OK) {
        return err;
    }
    if (!vkey_name_valid(value)) {
        return bad(p, "the name may not stand in a note");
    }
    memcpy(out, value.data, value.size);
    out[value.size] = '\0';
    return HL_OK;
}

static hl_err next_decimal(struct parse *p, const char *word, uint64_t max,
                           uint64_t *out)
{
    struct bytes value;
    hl_err err = next_value(p, word, &value);
    if (err == HL_OK && text_decimal(value, max, out) != HL_OK) {
        return hl_fail_line(p->detail, p->lines.number, HL_EMALFORMED,
                            "%s is no decimal up to %llu", word,
                            (unsigned long long)max);
    }
    return err;
}

static hl_err next_hash(struct parse *p, const char *word, struct hl_hash *out)
{
    struct bytes value;
    hl_err err = next_value(p, word, &value);
    if (err == HL_OK &&
        base64_decode_exact(value, HL_HASH_BYTES, out->bytes) != HL_OK) {
        return bad(p, "the hash is not 32 bytes in strict base64");
    }
    return err;
}

static hl_err next_key(struct parse *p, struct vkey *out)
{
    struct bytes value;
    struct hl_detail why = {0};
    hl_err err = next_value(p, "branch", &value);
    if (err == HL_OK && vkey_parse(value, out, &why) != HL_OK) {
        return hl_fail_line(p->detail, p->lines.number, HL_EMALFORMED,
                            "vkey: %s", why.text);
    }
    if (err == HL_OK && out->kind == VKEY_IGNORED) {
        return bad(p, "vkey: its algorithm is not one that we verify");
    }
    return err;
}

/* Whether the next line begins a hash of the proof; it is not taken. */
static bool proof_follows(const struct parse *p)
{
    struct bytes rest = lines_rest(&p->lines);
    const char *word = "proof ";
    return rest.size > strlen(word) &&
           memcmp(rest.data, word, strlen(word)) == 0;
}

static hl_err next_proof(struct parse *p, struct proof *out)
{
    hl_err err = HL_OK;
    out->count = 0;
    while (err == HL_OK && proof_follows(p)) {
        if (out->count == HL_PROOF_HASHES_MAX) {
            return hl_fail_line(p->detail, p->lines.number + 1, HL_EMALFORMED,
                                "more than %d hashes", HL_PROOF_HASHES_MAX);
        }
        err = next_hash(p, "proof", &out->hashes[out->count]);
        out->count += err == HL_OK ? 1 : 0;
    }
    return err;
}

static hl_err next_note(struct parse *p, struct bytes *out)
{
    uint64_t size = 0;
    hl_err err = next_decimal(p, "note", HL_NOTE_MAX_BYTES, &size);
    if (err != HL_OK) {
        return err;
    }
    struct bytes rest = lines_rest(&p->lines);
    if (size == 0 || size > rest.size || rest.data[size - 1] != '\n') {
        return bad(p, "the note is not that many bytes, up to a line feed");
    }
    *out = bytes_slice(rest, 0, (size_t)size);
    size_t end = p->lines.offset + out->size;
    while (p->lines.offset < end && lines_next(&p->lines, &p->line)) {
    }
    return HL_OK;
}

static hl_err next_branch(struct parse *p, struct evidence_branch *out)
{
    hl_err err = next_key(p, &out->key);
    if (err == HL_OK) {
        err = next_hash(p, "root", &out->root_at);
    }
    if (err == HL_OK) {
        err = next_proof(p, &out->proof);
    }
    return err == HL_OK ? next_note(p, &out->note) : err;
}

static hl_err next_accused(struct parse *p, struct evidence *out)
{
    struct bytes value;
    hl_err err = next_value(p, "accused", &value);
    struct bytes fields[2];
    if (err != HL_OK) {
        return err;
    }
    if (text_fields(value, fields, 2) != 2 || !vkey_name_valid(fields[1])) {
        return bad(p, "accused is a word and a name that may stand in a note");
    }
    bool author = bytes_equal_text(fields[0], accused_names[EVIDENCE_AUTHOR]);
    if (!author &&
        !bytes_equal_text(fields[0], accused_names[EVIDENCE_COSIGNER])) {
        return bad(p, "accused is an author or a cosigner");
    }
    out->accused = author ? EVIDENCE_AUTHOR : EVIDENCE_COSIGNER;
    memcpy(out->name, fields[1].data, fields[1].size);
    out->name[fields[1].size] = '\0';
    return HL_OK;
}

static hl_err read_file(struct parse *p, struct evidence *out)
{
    if (!lines_next(&p->lines, &p->line) ||
        !bytes_equal_text(p->line, "heluo evidence v1")) {
        return hl_fail_line(p->detail, 1, HL_EMALFORMED,
                            "the first line is not 'heluo evidence v1'");
    }
    hl_err err = next_accused(p, out);
    if (err == HL_OK) {
        err = next_name(p, "origin", out->origin);
    }
    if (err == HL_OK) {
        err = next_decimal(p, "size", MERKLE_SIZE_MAX, &out->at);
    }
    for (size_t i = 0; i < 2 && err == HL_OK; i++) {
        err = next_branch(p, &out->branches[i]);
    }
    if (err == HL_OK && !lines_at_end(&p->lines)) {
        return hl_fail_line(p->detail, p->lines.number + 1, HL_EMALFORMED,
                            "more follows after the second note");
    }
    return err;
}

hl_err evidence_parse(struct bytes raw, struct evidence *out,
                      struct hl_detail *detail)
{
    if (raw.size > HL_EVIDENCE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "larger than %d bytes",
                       HL_EVIDENCE_MAX_BYTES);
    }
    struct parse p = {.detail = detail};
    struct evidence evidence = {0};
    lines_init(&p.lines, raw);
    hl_err err = read_file(&p, &evidence);
    if (err == HL_OK) {
        *out = evidence;
    }
    return err;
}

static void write_hash(const char *word, const struct hl_hash *hash,
                       struct writer *out)
{
    writer_format(out, "%s ", word);
    base64_encode(bytes_of(hash->bytes, HL_HASH_BYTES), out);
    writer_text(out, "\n");
}

static void write_branch(const struct evidence_branch *branch,
                         struct writer *out)
{
    writer_text(out, "branch ");
    vkey_write(&branch->key, out);
    writer_text(out, "\n");
    write_hash("root", &branch->root_at, out);
    for (size_t i = 0; i < branch->proof.count; i++) {
        write_hash("proof", &branch->proof.hashes[i], out);
    }
    writer_format(out, "note %zu\n", branch->note.size);
    writer_bytes(out, branch->note);
}

void evidence_write(const struct evidence *evidence, struct writer *out)
{
    writer_format(out, "heluo evidence v1\naccused %s %s\norigin %s\n",
                  accused_names[evidence->accused], evidence->name,
                  evidence->origin);
    writer_format(out, "size %llu\n", (unsigned long long)evidence->at);
    write_branch(&evidence->branches[0], out);
    write_branch(&evidence->branches[1], out);
}

static hl_err check_keys(const struct evidence *evidence,
                         struct hl_detail *detail)
{
    bool author = evidence->accused == EVIDENCE_AUTHOR;
    enum vkey_kind kind = author ? VKEY_ED25519 : VKEY_COSIGNATURE;
    const struct vkey *first = &evidence->branches[0].key;
    const struct vkey *second = &evidence->branches[1].key;
    if (first->kind != kind || second->kind != kind ||
        strcmp(first->name, evidence->name) != 0 ||
        strcmp(second->name, evidence->name) != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "a key is not one that '%s' could sign with as the %s",
                       evidence->name, accused_names[evidence->accused]);
    }
    if (author && strcmp(evidence->name, evidence->origin) != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the accused author is not the journal's origin");
    }
    if (!author && !vkey_equal(first, second)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "a cosigner is accused by two cosignatures of one key");
    }
    return HL_OK;
}

/* The cosigner's line, over a text that is a checkpoint of the origin; who
 * signed it as its author is another matter. */
static hl_err open_cosigned(const struct note *note,
                            const struct evidence_branch *branch,
                            const struct verifier *verifier,
                            struct checkpoint *out, struct hl_detail *detail)
{
    int64_t time_s = 0;
    struct cosignature_verdict verdict = {.time_s = &time_s};
    hl_err err =
        cosignature_verify(note, verifier, &branch->key, 1, &verdict, detail);
    if (err == HL_OK && verdict.count == 0) {
        return hl_fail(detail, HL_ENOKEY,
                       "a note is not cosigned by the key that is accused");
    }
    return err == HL_OK ? checkpoint_parse(note->text, out, detail) : err;
}

static hl_err open_branch(const struct evidence *evidence,
                          const struct evidence_branch *branch,
                          const struct verifier *verifier, struct head *out,
                          struct hl_detail *detail)
{
    struct note note = {0};
    struct checkpoint_verdict verdict = {0};
    hl_err err = note_parse(branch->note, &note, detail);
    if (err == HL_OK && evidence->accused == EVIDENCE_COSIGNER) {
        err =
            open_cosigned(&note, branch, verifier, &verdict.checkpoint, detail);
    } else if (err == HL_OK) {
        struct checkpoint_author author = {
            .origin = evidence->origin, .keys = &branch->key, .key_count = 1};
        err = checkpoint_verify(&note, verifier, &author, &verdict, detail);
    }
    note_fini(&note);
    if (err == HL_OK &&
        strcmp(verdict.checkpoint.origin, evidence->origin) != 0) {
        return hl_fail(detail, HL_EMALFORMED, "a note is a checkpoint of '%s'",
                       verdict.checkpoint.origin);
    }
    if (err == HL_OK) {
        *out = verdict.checkpoint.head;
    }
    return err;
}

static hl_err explain(hl_err err, struct hl_detail *detail)
{
    switch (err) {
    case HL_EPROOF:
        return hl_fail(detail, err,
                       "a root does not lead to its note's checkpoint");
    case HL_ENOTFORK:
        return hl_fail(detail, err, "both notes agree at that size");
    case HL_EMALFORMED:
        return hl_fail(detail, err,
                       "the size is 0 or larger than a checkpoint's");
    default:
        return err;
    }
}

hl_err evidence_verify(const struct evidence *evidence,
                       const struct verifier *verifier,
                       struct hl_detail *detail)
{
    struct fork fork = {.at = evidence->at};
    hl_err err = check_keys(evidence, detail);
    for (size_t i = 0; i < 2 && err == HL_OK; i++) {
        const struct evidence_branch *branch = &evidence->branches[i];
        fork.branches[i].root_at = branch->root_at;
        fork.branches[i].proof = branch->proof;
        err = open_branch(evidence, branch, verifier, &fork.branches[i].head,
                          detail);
    }
    return err == HL_OK ? explain(fork_verify(&fork), detail) : err;
}
