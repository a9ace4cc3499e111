/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/note/policy_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/base64.h"
#include "tests/unit/note/note_support.h"

enum { MLDSA44_BYTES = 1312 };

static void write_mldsa_key(struct writer *out)
{
    struct writer material = {0};
    struct writer hashed = {0};
    writer_u8(&material, 6);
    memset(writer_extend(&material, MLDSA44_BYTES), 3, MLDSA44_BYTES);
    writer_text(&hashed, "mldsa.example.com\n");
    writer_bytes(&hashed, writer_view(&material));
    struct hl_hash id = hash_bytes(writer_view(&hashed));
    writer_text(out, "mldsa.example.com+");
    test_hex(bytes_of(id.bytes, 4), out);
    writer_text(out, "+");
    base64_encode(writer_view(&material), out);
    writer_fini(&hashed);
    writer_fini(&material);
}

static void write_key(char kind, char digit, struct writer *out)
{
    bool log = kind == 'L';
    struct signer signer =
        must_signer(log ? "o/log" : "o/wit",
                    log ? VKEY_ED25519 : VKEY_COSIGNATURE, (uint8_t)digit);
    vkey_write(&signer.vkey, out);
    signer_fini(&signer);
}

void policy_expand(const char *pattern, struct writer *out)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c != '@') {
            writer_u8(out, (uint8_t)*c);
        } else if (c[1] == 'M') {
            write_mldsa_key(out);
            c++;
        } else {
            write_key(c[1], c[2], out);
            c += 2;
        }
    }
}

hl_err policy_parse_pattern(const char *pattern, struct policy *out,
                            struct hl_detail *detail)
{
    struct writer text = {0};
    policy_expand(pattern, &text);
    hl_err err = policy_parse(writer_view(&text), out, detail);
    writer_fini(&text);
    return err;
}

struct policy must_policy(const char *pattern)
{
    struct policy policy = {0};
    struct hl_detail detail = {0};
    if (policy_parse_pattern(pattern, &policy, &detail) != HL_OK) {
        fprintf(stderr, "policy pattern: %s\n", detail.text);
        exit(EXIT_FAILURE);
    }
    return policy;
}
