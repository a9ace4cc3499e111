/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/sm2.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <string.h>

enum { SCALAR_BYTES = 32, DER_MAX_BYTES = 80 };

static const char distinguishing_id[] = "1234567812345678";

/* A key from its parts: point alone, or with the scalar in native order. */
static EVP_PKEY *key_from(uint8_t *point, uint8_t *native_scalar)
{
    char group[] = "SM2";
    OSSL_PARAM params[4];
    size_t count = 0;
    params[count++] =
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[count++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                        point, VKEY_SM2_BYTES);
    if (native_scalar != NULL) {
        params[count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY,
                                                  native_scalar, SCALAR_BYTES);
    }
    params[count] = OSSL_PARAM_construct_end();
    int selection =
        native_scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, selection, params) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

/* r || s as the DER that OpenSSL wants; 0 on failure. */
static size_t to_der(const uint8_t signature[SIGNATURE_BYTES],
                     uint8_t der[DER_MAX_BYTES])
{
    int size = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, SCALAR_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(signature + SCALAR_BYTES, SCALAR_BYTES, NULL);
    if (pair != NULL && r != NULL && s != NULL &&
        ECDSA_SIG_set0(pair, r, s) == 1) {
        r = NULL;
        s = NULL;
        uint8_t *end = der;
        size = i2d_ECDSA_SIG(pair, &end);
    }
    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

static bool from_der(const uint8_t *der, size_t size,
                     uint8_t signature[SIGNATURE_BYTES])
{
    const uint8_t *end = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &end, (long)size);
    bool fits = pair != NULL &&
                BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, SCALAR_BYTES) ==
                    SCALAR_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + SCALAR_BYTES,
                             SCALAR_BYTES) == SCALAR_BYTES;
    ECDSA_SIG_free(pair);
    return fits;
}

static bool set_id(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set1_id(context, distinguishing_id,
                                (int)strlen(distinguishing_id)) == 1;
}

hl_err sm2_verify(const uint8_t point[VKEY_SM2_BYTES], struct bytes message,
                  const uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t point_copy[VKEY_SM2_BYTES];
    memcpy(point_copy, point, VKEY_SM2_BYTES);
    EVP_PKEY *key = key_from(point_copy, NULL);
    if (key == NULL) {
        return HL_ESIGNATURE;
    }
    uint8_t der[DER_MAX_BYTES];
    size_t der_size = to_der(signature, der);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *context = NULL; /* belongs to digest */
    hl_err err = HL_ECRYPTO;
    if (der_size > 0 && digest != NULL &&
        EVP_DigestVerifyInit(digest, &context, EVP_sm3(), NULL, key) == 1 &&
        set_id(context)) {
        err = EVP_DigestVerify(digest, der, der_size, message.data,
                               message.size) == 1
                  ? HL_OK
                  : HL_ESIGNATURE;
    }
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(key);
    return err;
}

hl_err sm2_sign(EVP_PKEY *key, struct bytes message,
                uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t der[DER_MAX_BYTES];
    size_t der_size = sizeof(der);
    uint8_t pair[SIGNATURE_BYTES];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *context = NULL; /* belongs to digest */
    hl_err err = HL_ECRYPTO;
    if (digest != NULL &&
        EVP_DigestSignInit(digest, &context, EVP_sm3(), NULL, key) == 1 &&
        set_id(context) &&
        EVP_DigestSign(digest, der, &der_size, message.data, message.size) ==
            1 &&
        from_der(der, der_size, pair)) {
        memcpy(signature, pair, SIGNATURE_BYTES);
        err = HL_OK;
    }
    EVP_MD_CTX_free(digest);
    return err;
}

/* 1 <= d <= n - 2: with n - 1 the signing equation has no inverse. */
static bool scalar_valid(const BIGNUM *d, const EC_GROUP *group)
{
    BIGNUM *largest = BN_dup(EC_GROUP_get0_order(group));
    bool valid = largest != NULL && BN_sub_word(largest, 2) == 1 &&
                 !BN_is_zero(d) && BN_cmp(d, largest) <= 0;
    BN_free(largest);
    return valid;
}

static bool point_of(const EC_GROUP *group, const BIGNUM *d,
                     uint8_t point[VKEY_SM2_BYTES])
{
    EC_POINT *product = EC_POINT_new(group);
    bool made =
        product != NULL &&
        EC_POINT_mul(group, product, d, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point,
                           VKEY_SM2_BYTES, NULL) == VKEY_SM2_BYTES;
    EC_POINT_free(product);
    return made;
}

hl_err sm2_key_from_scalar(const uint8_t scalar[32], EVP_PKEY **key,
                           uint8_t point[VKEY_SM2_BYTES])
{
    uint8_t native[SCALAR_BYTES];
    uint8_t made_point[VKEY_SM2_BYTES];
    EVP_PKEY *made = NULL;
    hl_err err = HL_ECRYPTO;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *d = BN_bin2bn(scalar, SCALAR_BYTES, NULL);
    if (group == NULL || d == NULL) {
        goto out;
    }
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (!scalar_valid(d, group)) {
        err = HL_EMALFORMED;
        goto out;
    }
    if (point_of(group, d, made_point) &&
        BN_bn2nativepad(d, native, SCALAR_BYTES) == SCALAR_BYTES) {
        made = key_from(made_point, native);
    }
    if (made != NULL) {
        memcpy(point, made_point, VKEY_SM2_BYTES);
        *key = made;
        err = HL_OK;
    }
out:
    OPENSSL_cleanse(native, sizeof(native));
    BN_clear_free(d);
    EC_GROUP_free(group);
    return err;
}
