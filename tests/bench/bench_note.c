/* SPDX-License-Identifier: Apache-2.0 */

/* What notes cost beside the bare signature calls they contain: each
 * operation next to OpenSSL's own, over the same message, with the key ready.
 * Rounds of all operations take turns, so that a slow phase of the machine
 * hits all; printed are medians, and the ratio to the bare call. */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/note/checkpoint.h"
#include "protocol/note/cosignature.h"

enum { ROUNDS = 21, KEEPERS = 7 };

static const double round_seconds = 0.02;

struct fixture {
    struct verifier verifier;
    struct signer author, author_sm2, keepers[KEEPERS];
    struct vkey author_keys[2], keeper_keys[KEEPERS];
    struct checkpoint checkpoint;
    struct writer text, one_line, with_sm2, sealed, message;
    struct note note; /* of sealed */
    uint8_t seed[32];
    EVP_PKEY *secret, *public_key, *keeper_public[KEEPERS];
    uint8_t signature[SIGNATURE_BYTES];
};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s failed\n", what);
        exit(EXIT_FAILURE);
    }
}

static void raw_verify(EVP_PKEY *key, struct bytes message,
                       const uint8_t *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
             EVP_DigestVerify(context, signature, SIGNATURE_BYTES, message.data,
                              message.size) == 1,
         "EVP_DigestVerify");
    EVP_MD_CTX_free(context);
}

static void raw_sign(EVP_PKEY *key, struct bytes message)
{
    uint8_t signature[SIGNATURE_BYTES];
    size_t size = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
             EVP_DigestSign(context, signature, &size, message.data,
                            message.size) == 1,
         "EVP_DigestSign");
    EVP_MD_CTX_free(context);
}

static void run_raw_verify(struct fixture *f)
{
    raw_verify(f->public_key, writer_view(&f->text), f->signature);
}

static void run_raw_verify_import(struct fixture *f)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                f->author.vkey.public_key, 32);
    raw_verify(key, writer_view(&f->text), f->signature);
    EVP_PKEY_free(key);
}

static void authenticate(struct fixture *f, const struct writer *raw,
                         size_t key_count)
{
    struct checkpoint_verdict verdict;
    struct checkpoint_author author = {.origin = f->checkpoint.origin,
                                       .keys = f->author_keys,
                                       .key_count = key_count};
    must(checkpoint_authenticate(writer_view(raw), &f->verifier, &author,
                                 &verdict, NULL) == HL_OK,
         "checkpoint_authenticate");
}

static void run_authenticate(struct fixture *f)
{
    authenticate(f, &f->one_line, 1);
}

static void run_authenticate_sealed(struct fixture *f)
{
    authenticate(f, &f->sealed, 1);
}

static void run_authenticate_sm2(struct fixture *f)
{
    authenticate(f, &f->with_sm2, 2);
}

static void run_parse_sealed(struct fixture *f)
{
    struct note note;
    must(note_parse(writer_view(&f->sealed), &note, NULL) == HL_OK,
         "note_parse");
    note_fini(&note);
}

static void verify_cosignatures(struct fixture *f, size_t count)
{
    int64_t time_s[KEEPERS];
    struct cosignature_verdict verdict = {.time_s = time_s};
    must(cosignature_verify(&f->note, &f->verifier, f->keeper_keys, count,
                            &verdict, NULL) == HL_OK &&
             verdict.count == count,
         "cosignature_verify");
}

static void run_cosignature(struct fixture *f)
{
    verify_cosignatures(f, 1);
}

static void run_cosignatures(struct fixture *f)
{
    verify_cosignatures(f, KEEPERS);
}

/* The first `count` keepers' lines, with keys and messages at hand. */
static void raw_cosignatures(struct fixture *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct note_signature *line =
            note_line_of(&f->note, &f->keeper_keys[i]);
        raw_verify(f->keeper_public[i], writer_view(&f->message),
                   line->payload.data + 8);
    }
}

static void run_raw_cosignature(struct fixture *f)
{
    raw_cosignatures(f, 1);
}

static void run_raw_cosignatures(struct fixture *f)
{
    raw_cosignatures(f, KEEPERS);
}

static void run_raw_sign(struct fixture *f)
{
    raw_sign(f->secret, writer_view(&f->text));
}

static void run_sign(struct fixture *f)
{
    struct writer out = {0};
    must(checkpoint_sign(&f->checkpoint, &f->author, 1, &out) == HL_OK,
         "checkpoint_sign");
    writer_fini(&out);
}

static void run_raw_cosign(struct fixture *f)
{
    raw_sign(f->secret, writer_view(&f->message));
}

static void run_cosign(struct fixture *f)
{
    struct writer out = {0};
    must(cosignature_sign(writer_view(&f->text), &f->keepers[0], 1700000000,
                          &out) == HL_OK,
         "cosignature_sign");
    writer_fini(&out);
}

static const struct operation {
    const char *name;
    void (*run)(struct fixture *fixture);
    size_t bare; /* index of what it is compared with; its own: none */
} operations[] = {
    {"bare Ed25519 verify, key ready", run_raw_verify, 0},
    {"bare Ed25519 verify and key import", run_raw_verify_import, 0},
    {"checkpoint_authenticate, 1 line", run_authenticate, 0},
    {"checkpoint_authenticate, 8 lines", run_authenticate_sealed, 0},
    {"checkpoint_authenticate, with SM2", run_authenticate_sm2, 0},
    {"note_parse alone, 8 lines", run_parse_sealed, 0},
    {"bare verify of 1 cosignature", run_raw_cosignature, 6},
    {"cosignature_verify, 1 keeper", run_cosignature, 6},
    {"bare verify of 7 cosignatures", run_raw_cosignatures, 8},
    {"cosignature_verify, 7 keepers", run_cosignatures, 8},
    {"bare Ed25519 sign", run_raw_sign, 10},
    {"checkpoint_sign", run_sign, 10},
    {"bare Ed25519 sign, cosignature", run_raw_cosign, 12},
    {"cosignature_sign", run_cosign, 12},
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void make_keys(struct fixture *f)
{
    struct bytes name = bytes_of_text(f->checkpoint.origin);
    memset(f->seed, 1, sizeof(f->seed));
    must(signer_ed25519(name, VKEY_ED25519, f->seed, &f->author) == HL_OK &&
             signer_sm2(name, f->seed, &f->author_sm2) == HL_OK,
         "author's key");
    f->author_keys[0] = f->author.vkey;
    f->author_keys[1] = f->author_sm2.vkey;
    f->secret =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, f->seed, 32);
    f->public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                f->author.vkey.public_key, 32);
    for (uint8_t i = 0; i < KEEPERS; i++) {
        char keeper[32];
        int size = snprintf(keeper, sizeof(keeper), "zhongyuan/keeper-%d", i);
        memset(f->seed, i + 2, sizeof(f->seed));
        must(signer_ed25519(bytes_of(keeper, (size_t)size), VKEY_COSIGNATURE,
                            f->seed, &f->keepers[i]) == HL_OK,
             "keeper's key");
        f->keeper_keys[i] = f->keepers[i].vkey;
        f->keeper_public[i] = EVP_PKEY_new_raw_public_key(
            EVP_PKEY_ED25519, NULL, f->keepers[i].vkey.public_key, 32);
    }
}

static void make_notes(struct fixture *f)
{
    struct signer both[] = {f->author, f->author_sm2};
    checkpoint_write(&f->checkpoint, &f->text);
    must(checkpoint_sign(&f->checkpoint, both, 1, &f->one_line) == HL_OK &&
             checkpoint_sign(&f->checkpoint, both, 1, &f->sealed) == HL_OK &&
             checkpoint_sign(&f->checkpoint, both, 2, &f->with_sm2) == HL_OK &&
             signer_sign(&f->author, writer_view(&f->text), f->signature) ==
                 HL_OK,
         "sign");
    cosignature_message(1700000000, writer_view(&f->text), &f->message);
    for (size_t i = 0; i < KEEPERS; i++) {
        must(cosignature_sign(writer_view(&f->text), &f->keepers[i], 1700000000,
                              &f->sealed) == HL_OK,
             "cosign");
    }
    must(note_parse(writer_view(&f->sealed), &f->note, NULL) == HL_OK, "note");
}

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->verifier = verifier_openssl();
    f->checkpoint.head.size = 35225469;
    memset(f->checkpoint.head.root.bytes, 0x5a, HL_HASH_BYTES);
    snprintf(f->checkpoint.origin, sizeof(f->checkpoint.origin),
             "zhongyuan/zhengzhou");
    make_keys(f);
    make_notes(f);
}

static void fixture_fini(struct fixture *f)
{
    note_fini(&f->note);
    writer_fini(&f->message);
    writer_fini(&f->sealed);
    writer_fini(&f->with_sm2);
    writer_fini(&f->one_line);
    writer_fini(&f->text);
    for (size_t i = 0; i < KEEPERS; i++) {
        EVP_PKEY_free(f->keeper_public[i]);
        signer_fini(&f->keepers[i]);
    }
    EVP_PKEY_free(f->public_key);
    EVP_PKEY_free(f->secret);
    signer_fini(&f->author_sm2);
    signer_fini(&f->author);
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Runs one operation for a while; its rate. */
static double rate_of(const struct operation *operation, struct fixture *f)
{
    double start = now_seconds();
    double elapsed = 0;
    size_t count = 0;
    while (elapsed < round_seconds) {
        operation->run(f);
        count++;
        elapsed = now_seconds() - start;
    }
    return (double)count / elapsed;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(void)
{
    struct fixture fixture;
    static double rates[OPERATIONS][ROUNDS];
    fixture_init(&fixture);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < OPERATIONS; i++) {
            rates[i][round] = rate_of(&operations[i], &fixture);
        }
    }
    printf("median of %d rounds; checkpoint of %zu bytes, sealed note of %zu\n",
           ROUNDS, fixture.text.size, fixture.sealed.size);
    for (size_t i = 0; i < OPERATIONS; i++) {
        qsort(rates[i], ROUNDS, sizeof(double), compare_doubles);
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        double rate = rates[i][ROUNDS / 2];
        double bare = rates[operations[i].bare][ROUNDS / 2];
        printf("%-36s %9.0f/s %9.2f us   x %.2f\n", operations[i].name, rate,
               1e6 / rate, rate / bare);
    }
    fixture_fini(&fixture);
    return EXIT_SUCCESS;
}
