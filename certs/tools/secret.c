/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/secret.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "certs/identity/pem.h"
#include "protocol/base/hl_assert.h"

static const char clear_label[] = "PRIVATE KEY";
static const char encrypted_label[] = "ENCRYPTED PRIVATE KEY";

void secret_reserve(struct writer *secret, size_t size)
{
    HL_ASSERT(secret->size == 0);
    writer_extend(secret, size);
    writer_shrink(secret, size);
}

void secret_fini(struct writer *secret)
{
    if (secret->data != NULL) {
        OPENSSL_cleanse(secret->data, secret->capacity);
    }
    writer_fini(secret);
}

static bool write_der(const char *label, unsigned char *der, int size,
                      struct writer *out)
{
    if (size <= 0) {
        return false;
    }
    pem_write(label, bytes_of(der, (size_t)size), out);
    OPENSSL_clear_free(der, (size_t)size);
    return true;
}

static bool write_clear(PKCS8_PRIV_KEY_INFO *info, struct writer *out)
{
    unsigned char *der = NULL;
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    return write_der(clear_label, der, size, out);
}

static bool write_encrypted(PKCS8_PRIV_KEY_INFO *info, struct bytes passphrase,
                            struct writer *out)
{
    enum { SALT_BYTES = 16 };
    X509_SIG *sealed = PKCS8_encrypt(
        -1, EVP_aes_256_cbc(), (const char *)passphrase.data,
        (int)passphrase.size, NULL, SALT_BYTES, SECRET_ITERATIONS, info);
    if (sealed == NULL) {
        return false;
    }
    unsigned char *der = NULL;
    int size = i2d_X509_SIG(sealed, &der);
    X509_SIG_free(sealed);
    return write_der(encrypted_label, der, size, out);
}

hl_err secret_write_key(EVP_PKEY *key, struct bytes passphrase,
                        struct writer *out)
{
    HL_ASSERT(passphrase.size <= SECRET_PASSPHRASE_MAX_BYTES);
    ERR_set_mark();
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    bool done = info != NULL &&
                (passphrase.size == 0 ? write_clear(info, out)
                                      : write_encrypted(info, passphrase, out));
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_pop_to_mark();
    return done ? HL_OK : HL_ECRYPTO;
}

/* Everything in front of the line that opens the block. */
static struct bytes lines_before(struct bytes text, uint64_t line)
{
    struct lines lines;
    struct bytes ignored;
    lines_init(&lines, text);
    while (lines.number + 1 < line && lines_next(&lines, &ignored)) {
    }
    return bytes_slice(text, 0, lines.offset);
}

/* Reads the one block; der is wiped by the caller. */
static hl_err read_block(struct bytes text, struct pem_block *block,
                         struct writer *der, struct hl_detail *detail)
{
    struct lines lines;
    lines_init(&lines, text);
    hl_err err = pem_next(&lines, block, der, detail);
    if (err != HL_OK) {
        return err;
    }
    if (strcmp(block->label, clear_label) != 0 &&
        strcmp(block->label, encrypted_label) != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "no PEM block with a private key (PKCS#8)");
    }
    if (!lines_at_end(&lines)) {
        return hl_fail_line(detail, lines.number + 1, HL_EMALFORMED,
                            "something stands behind the key");
    }
    return HL_OK;
}

hl_err secret_inspect(struct bytes text, struct secret_text *out,
                      struct hl_detail *detail)
{
    struct pem_block block = {0};
    struct writer der = {0};
    hl_err err = read_block(text, &block, &der, detail);
    if (err == HL_OK) {
        out->before = lines_before(text, block.line);
        out->encrypted = strcmp(block.label, encrypted_label) == 0;
    }
    secret_fini(&der);
    return err;
}

static PKCS8_PRIV_KEY_INFO *decrypt(struct bytes der, struct bytes passphrase,
                                    bool *malformed)
{
    const unsigned char *at = der.data;
    X509_SIG *sealed = d2i_X509_SIG(NULL, &at, (long)der.size);
    *malformed = sealed == NULL || at != der.data + der.size;
    PKCS8_PRIV_KEY_INFO *info =
        *malformed ? NULL
                   : PKCS8_decrypt(sealed, (const char *)passphrase.data,
                                   (int)passphrase.size);
    X509_SIG_free(sealed);
    return info;
}

static hl_err open_block(const struct pem_block *block, struct bytes der,
                         struct bytes passphrase, PKCS8_PRIV_KEY_INFO **info,
                         struct hl_detail *detail)
{
    bool malformed = false;
    if (strcmp(block->label, clear_label) == 0) {
        const unsigned char *at = der.data;
        *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.size);
        malformed = *info == NULL || at != der.data + der.size;
    } else if (passphrase.size == 0) {
        return hl_fail(detail, HL_EPASSPHRASE,
                       "the key is encrypted and no passphrase is given: use "
                       "--passphrase-file");
    } else {
        *info = decrypt(der, passphrase, &malformed);
    }
    if (malformed) {
        return hl_fail_line(detail, block->line, HL_EMALFORMED,
                            "the block is no PKCS#8 key in DER");
    }
    return *info != NULL ? HL_OK
                         : hl_fail(detail, HL_EPASSPHRASE,
                                   "the passphrase does not open the key");
}

static hl_err take_key(const PKCS8_PRIV_KEY_INFO *info, EVP_PKEY **out,
                       struct hl_detail *detail)
{
    EVP_PKEY *key = EVP_PKCS82PKEY(info);
    if (key == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the key is of a kind that is not known");
    }
    *out = key;
    return HL_OK;
}

hl_err secret_read_key(struct bytes text, struct bytes passphrase,
                       EVP_PKEY **out, struct hl_detail *detail)
{
    struct pem_block block = {0};
    struct writer der = {0};
    PKCS8_PRIV_KEY_INFO *info = NULL;
    ERR_set_mark();
    hl_err err = read_block(text, &block, &der, detail);
    if (err == HL_OK) {
        err = open_block(&block, writer_view(&der), passphrase, &info, detail);
    }
    if (err == HL_OK) {
        err = take_key(info, out, detail);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    secret_fini(&der);
    ERR_pop_to_mark();
    return err;
}
