/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/keyfile.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "certs/tools/file.h"
#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

struct row {
    const char *word;
    const char *before; /* what stands around the id in a name */
    const char *after;
    bool has_node;
    bool signs;
    enum vkey_kind vkey_kind;
};

static const struct row rows[KEY_KIND_COUNT] = {
    [KEY_JOURNAL] = {"journal", "", "", true, true, VKEY_ED25519},
    [KEY_MIRROR] = {"mirror", "", "/mirror", true, true, VKEY_COSIGNATURE},
    [KEY_ENCRYPTION] = {"encryption", "", "/encryption", true, false,
                        VKEY_IGNORED},
    [KEY_COORDINATOR] = {"coordinator", "coordinator/", "", false, true,
                         VKEY_ED25519},
};

static const struct row *row_of(enum key_kind kind)
{
    HL_ASSERT((unsigned)kind < KEY_KIND_COUNT);
    return &rows[kind];
}

const char *key_kind_word(enum key_kind kind)
{
    return row_of(kind)->word;
}

bool key_kind_parse(struct bytes word, enum key_kind *kind)
{
    for (int i = 0; i < KEY_KIND_COUNT; i++) {
        if (bytes_equal_text(word, rows[i].word)) {
            *kind = (enum key_kind)i;
            return true;
        }
    }
    return false;
}

bool key_kind_has_node(enum key_kind kind)
{
    return row_of(kind)->has_node;
}

hl_err key_name(enum key_kind kind, struct bytes alliance, struct bytes id,
                struct writer *out, struct hl_detail *detail)
{
    const struct row *row = row_of(kind);
    if (!text_is_domain(alliance)) {
        return hl_fail(detail, HL_EIDENTITY,
                       "alliance '%.*s' is no domain in lower case",
                       BYTES_ARGS(alliance));
    }
    if (!text_is_label(id)) {
        return hl_fail(detail, HL_EIDENTITY,
                       "'%.*s' is no label: 1 to 63 of a-z, 0-9 and inner '-'",
                       BYTES_ARGS(id));
    }
    struct writer name = {0};
    writer_format(&name, "%.*s/%s%.*s%s", BYTES_ARGS(alliance), row->before,
                  BYTES_ARGS(id), row->after);
    bool fits = name.size <= HL_NAME_MAX_BYTES;
    if (fits) {
        writer_bytes(out, writer_view(&name));
    }
    writer_fini(&name);
    return fits ? HL_OK
                : hl_fail(detail, HL_EIDENTITY,
                          "alliance and id together are too long for a name "
                          "of %d bytes",
                          HL_NAME_MAX_BYTES);
}

/* The part of a name before its first '/', and the id in the rest. */
static bool split_name(const struct row *row, struct bytes name,
                       struct bytes *alliance, struct bytes *id)
{
    size_t slash = 0;
    while (slash < name.size && name.data[slash] != '/') {
        slash++;
    }
    size_t around = strlen(row->before) + strlen(row->after);
    if (name.size < slash + 1 + around) {
        return false;
    }
    *alliance = bytes_slice(name, 0, slash);
    *id = bytes_slice(name, slash + 1 + strlen(row->before),
                      name.size - slash - 1 - around);
    return true;
}

static bool name_is_of_kind(enum key_kind kind, struct bytes name)
{
    struct bytes alliance = {0}, id = {0};
    struct writer wanted = {0};
    bool good = split_name(row_of(kind), name, &alliance, &id) &&
                key_name(kind, alliance, id, &wanted, NULL) == HL_OK &&
                bytes_equal(writer_view(&wanted), name);
    writer_fini(&wanted);
    return good;
}

static hl_err take_ed25519(EVP_PKEY *key, const struct key_public *public,
                           struct signer *out)
{
    uint8_t seed[32];
    size_t size = sizeof(seed);
    hl_err err = HL_EMALFORMED;
    if (EVP_PKEY_is_a(key, "ED25519") &&
        EVP_PKEY_get_raw_private_key(key, seed, &size) == 1) {
        err = signer_ed25519(bytes_of_text(public->name),
                             row_of(public->kind)->vkey_kind, seed, out);
    }
    OPENSSL_cleanse(seed, sizeof(seed));
    return err;
}

static hl_err take_sm2(EVP_PKEY *key, const struct key_public *public,
                       struct signer *out)
{
    uint8_t scalar[32] = {0};
    BIGNUM *number = NULL;
    hl_err err = HL_EMALFORMED;
    if (EVP_PKEY_is_a(key, "SM2") &&
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, scalar, sizeof(scalar)) == sizeof(scalar)) {
        err = signer_sm2(bytes_of_text(public->name), scalar, out);
    }
    BN_clear_free(number);
    OPENSSL_cleanse(scalar, sizeof(scalar));
    return err;
}

static hl_err take_x25519(EVP_PKEY *key, struct keyfile *out)
{
    size_t private_size = KEY_X25519_BYTES, public_size = KEY_X25519_BYTES;
    bool good =
        EVP_PKEY_is_a(key, "X25519") &&
        EVP_PKEY_get_raw_private_key(key, out->x25519, &private_size) == 1 &&
        EVP_PKEY_get_raw_public_key(key, out->public.x25519, &public_size) == 1;
    return good ? HL_OK : HL_EMALFORMED;
}

/* Fills what follows from the private key; kind and name stand in out. */
static hl_err take_key(EVP_PKEY *key, bool sm2, struct keyfile *out)
{
    if (!row_of(out->public.kind)->signs) {
        return take_x25519(key, out);
    }
    hl_err err = sm2 ? take_sm2(key, &out->public, &out->signer)
                     : take_ed25519(key, &out->public, &out->signer);
    if (err == HL_OK) {
        out->public.vkey = out->signer.vkey;
    }
    return err;
}

static void write_lines(const struct key_public *public, struct writer *out)
{
    writer_format(out, "heluo key v1\nkind: %s\n", key_kind_word(public->kind));
    if (row_of(public->kind)->signs) {
        writer_text(out, "vkey: ");
        vkey_write(&public->vkey, out);
    } else {
        writer_format(out, "name: %s\npublic: ", public->name);
        base64_encode(bytes_of(public->x25519, KEY_X25519_BYTES), out);
    }
    writer_text(out, "\n");
}

static hl_err make_name(const struct keyfile_spec *spec, char *out,
                        struct hl_detail *detail)
{
    struct writer name = {0};
    hl_err err = key_name(spec->kind, spec->alliance, spec->id, &name, detail);
    if (err == HL_OK) {
        memcpy(out, name.data, name.size);
        out[name.size] = '\0';
    }
    writer_fini(&name);
    return err;
}

static EVP_PKEY *generate(const struct keyfile_spec *spec)
{
    const char *type = spec->algorithm == KEY_SM2  ? "SM2"
                       : row_of(spec->kind)->signs ? "ED25519"
                                                   : "X25519";
    return EVP_PKEY_Q_keygen(NULL, NULL, type);
}

hl_err keyfile_new(const struct keyfile_spec *spec, struct writer *out,
                   struct key_public *public, struct hl_detail *detail)
{
    struct keyfile made = {.public.kind = spec->kind};
    if (spec->algorithm == KEY_SM2 && spec->kind != KEY_JOURNAL) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "only a journal has a second key, by SM2");
    }
    hl_err err = make_name(spec, made.public.name, detail);
    if (err != HL_OK) {
        return err;
    }
    ERR_set_mark();
    EVP_PKEY *key = generate(spec);
    struct writer text = {0};
    secret_reserve(&text, SECRET_FILE_MAX_BYTES);
    err = key == NULL ? HL_ECRYPTO
                      : take_key(key, spec->algorithm == KEY_SM2, &made);
    if (err == HL_OK) {
        made.public.encrypted = spec->passphrase.size > 0;
        write_lines(&made.public, &text);
        err = secret_write_key(key, spec->passphrase, &text);
    }
    EVP_PKEY_free(key);
    ERR_pop_to_mark();
    if (err == HL_OK) {
        *public = made.public;
        *out = text;
    } else {
        secret_fini(&text);
        err = hl_fail(detail, HL_ECRYPTO, "the key cannot be made");
    }
    keyfile_fini(&made);
    return err;
}

/* The value of a line "key: value", which must be the next one. */
static hl_err next_value(struct lines *lines, const char *key,
                         struct bytes *value, struct hl_detail *detail)
{
    struct bytes line = {0};
    size_t size = strlen(key);
    if (!lines_next(lines, &line) || line.size < size ||
        !bytes_equal_text(bytes_slice(line, 0, size), key)) {
        return hl_fail_line(detail, lines->number == 0 ? 1 : lines->number,
                            HL_EMALFORMED, "'%s' is expected here", key);
    }
    *value = bytes_slice(line, size, line.size - size);
    return HL_OK;
}

static hl_err parse_kind(struct lines *lines, enum key_kind *kind,
                         struct hl_detail *detail)
{
    struct bytes value = {0};
    hl_err err = next_value(lines, "heluo key v1", &value, detail);
    if (err == HL_OK && value.size > 0) {
        err = hl_fail_line(detail, 1, HL_EMALFORMED,
                           "'heluo key v1' is expected here");
    }
    if (err == HL_OK) {
        err = next_value(lines, "kind: ", &value, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    return key_kind_parse(value, kind)
               ? HL_OK
               : hl_fail_line(detail, lines->number, HL_EMALFORMED,
                              "kind '%.*s' is not one of journal, mirror, "
                              "encryption, coordinator",
                              BYTES_ARGS(value));
}

static hl_err parse_vkey(struct lines *lines, struct key_public *out,
                         struct hl_detail *detail)
{
    struct bytes value = {0};
    struct hl_detail why = {0};
    hl_err err = next_value(lines, "vkey: ", &value, detail);
    if (err != HL_OK) {
        return err;
    }
    if (vkey_parse(value, &out->vkey, &why) != HL_OK) {
        return hl_fail_line(detail, lines->number, HL_EMALFORMED, "vkey: %s",
                            why.text);
    }
    bool second = out->kind == KEY_JOURNAL && out->vkey.kind == VKEY_SM2;
    if (out->vkey.kind != row_of(out->kind)->vkey_kind && !second) {
        return hl_fail_line(detail, lines->number, HL_EMALFORMED,
                            "the algorithm is not that of a %s key",
                            key_kind_word(out->kind));
    }
    memcpy(out->name, out->vkey.name, sizeof(out->name));
    return HL_OK;
}

static hl_err parse_x25519(struct lines *lines, struct key_public *out,
                           struct hl_detail *detail)
{
    struct bytes name = {0}, value = {0};
    hl_err err = next_value(lines, "name: ", &name, detail);
    if (err == HL_OK && name.size > HL_NAME_MAX_BYTES) {
        err =
            hl_fail_line(detail, lines->number, HL_EMALFORMED,
                         "the name is longer than %d bytes", HL_NAME_MAX_BYTES);
    }
    if (err == HL_OK) {
        err = next_value(lines, "public: ", &value, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (name.size > 0) {
        memcpy(out->name, name.data, name.size);
    }
    out->name[name.size] = '\0';
    return base64_decode_exact(value, KEY_X25519_BYTES, out->x25519) == HL_OK
               ? HL_OK
               : hl_fail_line(detail, lines->number, HL_EMALFORMED,
                              "no base64 of %d bytes", KEY_X25519_BYTES);
}

static hl_err parse_lines(struct bytes before, struct key_public *out,
                          struct hl_detail *detail)
{
    struct lines lines;
    lines_init(&lines, before);
    hl_err err = parse_kind(&lines, &out->kind, detail);
    if (err == HL_OK) {
        err = row_of(out->kind)->signs ? parse_vkey(&lines, out, detail)
                                       : parse_x25519(&lines, out, detail);
    }
    if (err == HL_OK && !name_is_of_kind(out->kind, bytes_of_text(out->name))) {
        err = hl_fail_line(detail, 3, HL_EMALFORMED,
                           "'%s' is not the name of a %s key", out->name,
                           key_kind_word(out->kind));
    }
    if (err == HL_OK && !lines_at_end(&lines)) {
        err = hl_fail_line(detail, lines.number + 1, HL_EMALFORMED,
                           "the PEM block is expected here");
    }
    return err;
}

hl_err keyfile_inspect(struct bytes text, struct key_public *out,
                       struct hl_detail *detail)
{
    struct secret_text parts = {0};
    struct key_public found = {0};
    hl_err err = secret_inspect(text, &parts, detail);
    if (err == HL_OK) {
        err = parse_lines(parts.before, &found, detail);
    }
    if (err == HL_OK) {
        found.encrypted = parts.encrypted;
        *out = found;
    }
    return err;
}

static bool same_public(const struct key_public *a, const struct key_public *b)
{
    return row_of(a->kind)->signs
               ? vkey_equal(&a->vkey, &b->vkey)
               : memcmp(a->x25519, b->x25519, KEY_X25519_BYTES) == 0;
}

hl_err keyfile_parse(struct bytes text, struct bytes passphrase,
                     struct keyfile *out, struct hl_detail *detail)
{
    struct key_public stated = {0};
    EVP_PKEY *key = NULL;
    hl_err err = keyfile_inspect(text, &stated, detail);
    if (err == HL_OK) {
        err = secret_read_key(text, passphrase, &key, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct keyfile found = {.public = stated};
    ERR_set_mark();
    err = take_key(key, stated.vkey.kind == VKEY_SM2, &found);
    ERR_pop_to_mark();
    EVP_PKEY_free(key);
    if (err != HL_OK || !same_public(&stated, &found.public)) {
        keyfile_fini(&found);
        return hl_fail(detail, HL_EMALFORMED,
                       "the private key is not that of the lines above it");
    }
    *out = found;
    OPENSSL_cleanse(found.x25519, sizeof(found.x25519));
    return HL_OK;
}

hl_err keyfile_load(const char *path, struct bytes passphrase,
                    struct keyfile *out, struct hl_detail *detail)
{
    struct writer text = {0};
    secret_reserve(&text, 4 * SECRET_FILE_MAX_BYTES);
    hl_err err = file_read_secret(path, SECRET_FILE_MAX_BYTES, &text, detail);
    if (err == HL_OK) {
        err = keyfile_parse(writer_view(&text), passphrase, out, detail);
    }
    secret_fini(&text);
    return err;
}

void keyfile_fini(struct keyfile *keyfile)
{
    signer_fini(&keyfile->signer);
    OPENSSL_cleanse(keyfile, sizeof(*keyfile));
}
