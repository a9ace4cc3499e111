/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/note/signer.h"
#include "protocol/note/sm2.h"
#include "protocol/note/vkey_fields.h"

enum { SEED_BYTES = 32 };

static hl_err ed25519_verify(const struct vkey *key, struct bytes message,
                             const uint8_t signature[SIGNATURE_BYTES])
{
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, NULL, key->public_key, VKEY_ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    hl_err err = HL_ECRYPTO;
    if (public_key != NULL && context != NULL &&
        EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1) {
        err = EVP_DigestVerify(context, signature, SIGNATURE_BYTES,
                               message.data, message.size) == 1
                  ? HL_OK
                  : HL_ESIGNATURE;
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    return err;
}

/* The marks keep OpenSSL's error queue as the caller left it: a stale error
 * would be read by the next TLS call as its own. */
static hl_err openssl_verify(void *context, const struct vkey *key,
                             struct bytes message,
                             const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    ERR_set_mark();
    hl_err err = key->kind == VKEY_SM2
                     ? sm2_verify(key->public_key, message, signature)
                     : ed25519_verify(key, message, signature);
    ERR_pop_to_mark();
    return err;
}

struct verifier verifier_openssl(void)
{
    return (struct verifier){.verify = openssl_verify};
}

static hl_err ed25519_sign(void *key, struct bytes message,
                           uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t made[SIGNATURE_BYTES];
    size_t size = sizeof(made);
    hl_err err = HL_ECRYPTO;
    ERR_set_mark();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL &&
        EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestSign(context, made, &size, message.data, message.size) == 1 &&
        size == SIGNATURE_BYTES) {
        memcpy(signature, made, SIGNATURE_BYTES);
        err = HL_OK;
    }
    EVP_MD_CTX_free(context);
    ERR_pop_to_mark();
    return err;
}

/* EVP_PKEY_free wipes private keys. */
static void key_destroy(void *key)
{
    EVP_PKEY_free(key);
}

hl_err signer_ed25519(struct bytes name, enum vkey_kind kind,
                      const uint8_t seed[32], struct signer *out)
{
    HL_ASSERT(kind == VKEY_ED25519 || kind == VKEY_COSIGNATURE);
    struct signer signer = {.sign = ed25519_sign, .destroy = key_destroy};
    uint8_t public_key[VKEY_ED25519_BYTES];
    size_t size = sizeof(public_key);
    hl_err err = HL_ECRYPTO;
    ERR_set_mark();
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEED_BYTES);
    if (key != NULL &&
        EVP_PKEY_get_raw_public_key(key, public_key, &size) == 1) {
        err = vkey_make(name, kind, public_key, &signer.vkey);
    }
    ERR_pop_to_mark();
    if (err != HL_OK) {
        EVP_PKEY_free(key);
        return err;
    }
    signer.context = key;
    *out = signer;
    return HL_OK;
}

static hl_err sm2_signer_sign(void *key, struct bytes message,
                              uint8_t signature[SIGNATURE_BYTES])
{
    ERR_set_mark();
    hl_err err = sm2_sign(key, message, signature);
    ERR_pop_to_mark();
    return err;
}

hl_err signer_sm2(struct bytes name, const uint8_t scalar[32],
                  struct signer *out)
{
    struct signer signer = {.sign = sm2_signer_sign, .destroy = key_destroy};
    uint8_t point[VKEY_SM2_BYTES];
    EVP_PKEY *key = NULL;
    ERR_set_mark();
    hl_err err = sm2_key_from_scalar(scalar, &key, point);
    ERR_pop_to_mark();
    if (err == HL_OK) {
        err = vkey_make(name, VKEY_SM2, point, &signer.vkey);
    }
    if (err != HL_OK) {
        EVP_PKEY_free(key);
        return err;
    }
    signer.context = key;
    *out = signer;
    return HL_OK;
}

static hl_err signer_from_fields(const struct vkey_fields *fields,
                                 struct signer *out, struct hl_detail *detail)
{
    struct bytes material = writer_view(&fields->material);
    if (material.size != 1 + SEED_BYTES || material.data[0] != 0x01) {
        return hl_fail(detail, HL_EMALFORMED,
                       "signer key is not an Ed25519 key (01 and 32 bytes)");
    }
    struct signer signer;
    struct bytes seed = bytes_slice(material, 1, SEED_BYTES);
    hl_err err = signer_ed25519(fields->name, VKEY_ED25519, seed.data, &signer);
    if (err != HL_OK) {
        return hl_fail(detail, err, "cannot make a signer of the key");
    }
    if (signer.vkey.id != fields->id) {
        hl_fail(detail, HL_EMALFORMED,
                "key id is %08x, but name and key give %08x", fields->id,
                signer.vkey.id);
        signer_fini(&signer);
        return HL_EMALFORMED;
    }
    *out = signer;
    return HL_OK;
}

hl_err signer_from_skey(struct bytes text, struct signer *out,
                        struct hl_detail *detail)
{
    struct bytes prefix = bytes_of_text("PRIVATE+KEY+");
    if (text.size < prefix.size ||
        !bytes_equal(bytes_slice(text, 0, prefix.size), prefix)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "signer key does not begin with PRIVATE+KEY+");
    }
    struct bytes rest = bytes_slice(text, prefix.size, text.size - prefix.size);
    struct vkey_fields fields;
    hl_err err = vkey_fields_parse(rest, &fields, detail);
    if (err != HL_OK) {
        return err;
    }
    err = signer_from_fields(&fields, out, detail);
    vkey_fields_fini(&fields);
    return err;
}
