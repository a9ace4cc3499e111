/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/authority.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "certs/identity/pem.h"
#include "certs/tools/authority_files.h"
#include "certs/tools/file.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

static const int64_t day_ms = INT64_C(86400000);

/* Files, certificates and the index know seconds. */
static struct hl_wall whole_seconds(struct hl_wall wall)
{
    return wall_from_seconds(wall_seconds(wall));
}

static struct hl_wall days_later(struct hl_wall wall, uint64_t days)
{
    return (struct hl_wall){.ms = wall.ms + (int64_t)days * day_ms};
}

static struct hl_wall begin_of(struct hl_wall now)
{
    return (struct hl_wall){.ms = now.ms - AUTHORITY_SKEW_SECONDS * 1000};
}

/* 126 random bits in 16 bytes: positive, and always 32 digits. */
static hl_err make_serial(uint8_t serial[X509_MAKE_SERIAL_BYTES],
                          struct hl_detail *detail)
{
    if (RAND_bytes(serial, X509_MAKE_SERIAL_BYTES) != 1) {
        return hl_fail(detail, HL_ECRYPTO, "no random bytes");
    }
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
    return HL_OK;
}

static hl_err make_root(const struct authority_setup *setup,
                        struct authority *out, struct hl_detail *detail)
{
    struct hl_wall now = whole_seconds(setup->now);
    struct x509_frame frame = {.not_before = begin_of(now),
                               .not_after = days_later(now, setup->days)};
    hl_err err = make_serial(frame.serial, detail);
    if (err != HL_OK) {
        return err;
    }
    out->key = EVP_EC_gen("P-256");
    frame.public_key = out->key;
    if (out->key == NULL ||
        x509_make_root(&frame, setup->alliance, &out->root) != HL_OK) {
        return hl_fail(detail, HL_ECRYPTO, "the root cannot be made");
    }
    authority_index_init(&out->index);
    authority_index_listed(&out->index, 1, begin_of(now),
                           days_later(now, AUTHORITY_LIST_DAYS));
    return HL_OK;
}

hl_err authority_init(const struct authority_setup *setup,
                      struct hl_detail *detail)
{
    if (!text_is_domain(setup->alliance)) {
        return hl_fail(detail, HL_EIDENTITY,
                       "alliance '%.*s' is no domain in lower case",
                       BYTES_ARGS(setup->alliance));
    }
    struct authority *made = hl_alloc(1, sizeof(*made));
    made->lock = -1;
    hl_err err = make_root(setup, made, detail);
    if (err == HL_OK) {
        err = authority_files_create(made, setup->folder, setup->passphrase,
                                     detail);
    }
    authority_close(&made);
    return err;
}

static hl_err take_root(struct authority *authority, struct hl_detail *detail)
{
    static const char scheme[] = "spiffe://";
    const size_t front = sizeof(scheme) - 1;
    struct writer uri = {0};
    struct hl_wall from = {0};
    hl_err err = certificate_uri(authority->root, &uri, NULL);
    struct bytes text = writer_view(&uri);
    bool good = err == HL_OK && text.size > front &&
                bytes_equal_text(bytes_slice(text, 0, front), scheme) &&
                X509_check_ca(authority->root) == 1 &&
                certificate_validity(authority->root, &from,
                                     &authority->not_after) == HL_OK;
    struct bytes alliance =
        good ? bytes_slice(text, front, text.size - front) : text;
    good = good && text_is_domain(alliance);
    if (good) {
        memcpy(authority->alliance, alliance.data, alliance.size);
        authority->alliance[alliance.size] = '\0';
    }
    writer_fini(&uri);
    return good ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "root.crt: it is no root that 'heluo ca init' made");
}

static hl_err load(struct authority *authority, struct hl_detail *detail)
{
    hl_err err = authority_files_read(authority, detail);
    return err != HL_OK ? err : take_root(authority, detail);
}

static struct authority *make_empty(const char *folder)
{
    struct authority *authority = hl_alloc(1, sizeof(*authority));
    authority->folder = hl_copy(folder, strlen(folder));
    authority->lock = -1;
    return authority;
}

hl_err authority_view(const char *folder, struct authority **out,
                      struct hl_detail *detail)
{
    struct authority *authority = make_empty(folder);
    hl_err err = load(authority, detail);
    if (err != HL_OK) {
        authority_close(&authority);
        return err;
    }
    *out = authority;
    return HL_OK;
}

/* The index is written before the list: a list that is ahead was made from an
 * index that is not there any more, and may name more revocations. */
static hl_err mend_list(struct authority *authority, struct hl_detail *detail)
{
    uint64_t published = authority_files_list_number(authority);
    uint64_t known = authority->index.list_number;
    if (published > known) {
        return hl_fail(detail, HL_ECRL,
                       "root.crl has number %llu, the index knows %llu: the "
                       "index was set back; restore the newer one",
                       (unsigned long long)published,
                       (unsigned long long)known);
    }
    return published == known ? HL_OK
                              : authority_files_write_list(authority, detail);
}

static hl_err open_locked(struct authority *authority, struct bytes passphrase,
                          struct hl_detail *detail)
{
    hl_err err = load(authority, detail);
    if (err == HL_OK) {
        err = authority_files_read_key(authority, passphrase, detail);
    }
    return err != HL_OK ? err : mend_list(authority, detail);
}

hl_err authority_open(const char *folder, struct bytes passphrase,
                      struct authority **out, struct hl_detail *detail)
{
    struct authority *authority = make_empty(folder);
    hl_err err = file_lock_folder(folder, &authority->lock, detail);
    if (err == HL_OK) {
        err = open_locked(authority, passphrase, detail);
    }
    if (err != HL_OK) {
        authority_close(&authority);
        return err;
    }
    *out = authority;
    return HL_OK;
}

void authority_close(struct authority **authority)
{
    struct authority *old = *authority;
    if (old == NULL) {
        return;
    }
    if (old->lock >= 0) {
        file_unlock(old->lock);
    }
    EVP_PKEY_free(old->key);
    authority_index_fini(&old->index);
    X509_free(old->root);
    hl_free(old->folder);
    hl_free(old);
    *authority = NULL;
}

static hl_err check_root(const struct authority *authority, struct hl_wall now,
                         struct hl_wall until, struct hl_detail *detail)
{
    char text[WALL_TEXT_BYTES];
    wall_format(authority->not_after, text);
    if (now.ms >= authority->not_after.ms) {
        return hl_fail(detail, HL_EEXPIRED,
                       "the root ended at %s: make a new authority with "
                       "'heluo ca init' and give its root.crt to all nodes",
                       text);
    }
    if (until.ms > authority->not_after.ms) {
        return hl_fail(detail, HL_ELIMIT,
                       "it would outlive the root, which ends at %s: ask for "
                       "fewer days",
                       text);
    }
    return HL_OK;
}

static hl_err record(struct authority *authority, const X509 *leaf,
                     const struct x509_frame *frame,
                     const struct identity *identity, struct hl_detail *detail)
{
    struct authority_row row = {
        .identity = *identity,
        .not_before = frame->not_before,
        .not_after = frame->not_after,
    };
    certificate_serial_text(X509_get0_serialNumber(leaf), row.serial);
    authority_index_issued(&authority->index, &row);
    return authority_files_write_index(authority, detail);
}

hl_err authority_issue(struct authority *authority,
                       const struct authority_request *request, X509 **out,
                       struct hl_detail *detail)
{
    HL_ASSERT(strcmp(request->identity->alliance, authority->alliance) == 0);
    HL_ASSERT(certificate_key_allowed(request->public_key));
    HL_ASSERT(request->days <= AUTHORITY_LEAF_DAYS_MAX);
    struct hl_wall now = whole_seconds(request->now);
    struct x509_frame frame = {
        .public_key = request->public_key,
        .not_before = begin_of(now),
        .not_after = days_later(now, request->days),
    };
    hl_err err = check_root(authority, now, frame.not_after, detail);
    if (err == HL_OK) {
        err = make_serial(frame.serial, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    const struct x509_issuer issuer = {authority->root, authority->key};
    X509 *leaf = NULL;
    if (x509_make_leaf(&frame, request->identity, &issuer, &leaf) != HL_OK) {
        return hl_fail(detail, HL_ECRYPTO, "the certificate cannot be made");
    }
    err = record(authority, leaf, &frame, request->identity, detail);
    if (err != HL_OK) {
        X509_free(leaf);
        return err;
    }
    *out = leaf;
    return HL_OK;
}

hl_err authority_publish(struct authority *authority, uint64_t days,
                         struct hl_wall now, struct hl_detail *detail)
{
    struct authority_index *index = &authority->index;
    now = whole_seconds(now);
    hl_err err = check_root(authority, now, now, detail);
    if (err != HL_OK) {
        return err;
    }
    authority_index_listed(index, index->list_number + 1, begin_of(now),
                           days_later(now, days));
    err = authority_files_write_index(authority, detail);
    return err != HL_OK ? err : authority_files_write_list(authority, detail);
}

hl_err authority_revoke(struct authority *authority,
                        const struct authority_revocation *revocation,
                        struct hl_detail *detail)
{
    const struct authority_row *row =
        authority_index_find(&authority->index, revocation->serial);
    if (row == NULL) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "no certificate with serial %s was issued here: see "
                       "'heluo ca list'",
                       revocation->serial);
    }
    if (!row->revoked) {
        authority_index_revoked(&authority->index, revocation->serial,
                                whole_seconds(revocation->now),
                                revocation->reason);
    }
    return authority_publish(authority, revocation->list_days, revocation->now,
                             detail);
}

hl_err authority_recall(const struct authority *authority, X509 *certificate,
                        const struct authority_row **row,
                        struct hl_detail *detail)
{
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    certificate_serial_text(X509_get0_serialNumber(certificate), serial);
    ERR_set_mark();
    bool ours =
        X509_verify(certificate, X509_get0_pubkey(authority->root)) == 1;
    ERR_pop_to_mark();
    if (!ours) {
        return hl_fail(detail, HL_ECHAIN, "another authority signed it");
    }
    const struct authority_row *found =
        authority_index_find(&authority->index, serial);
    if (found == NULL) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "its serial %s is not in the index: was that set back?",
                       serial);
    }
    if (found->revoked) {
        return hl_fail(detail, HL_EREVOKED,
                       "serial %s is revoked: issue a new one with 'heluo ca "
                       "issue' to whom you know",
                       serial);
    }
    *row = found;
    return HL_OK;
}

static hl_err check_request(X509_REQ *request, EVP_PKEY **key,
                            struct hl_detail *detail)
{
    EVP_PKEY *found = X509_REQ_get0_pubkey(request);
    if (!certificate_key_allowed(found)) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "its key is not on P-256 (prime256v1)");
    }
    if (X509_REQ_verify(request, found) != 1) {
        return hl_fail(detail, HL_ESIGNATURE,
                       "the request is not signed with its own key");
    }
    EVP_PKEY_up_ref(found);
    *key = found;
    return HL_OK;
}

hl_err authority_request_key(struct bytes request, EVP_PKEY **key,
                             struct hl_detail *detail)
{
    struct lines lines;
    struct pem_block block = {0};
    struct writer der = {0};
    lines_init(&lines, request);
    hl_err err = pem_next(&lines, &block, &der, detail);
    ERR_set_mark();
    const unsigned char *at = der.data;
    X509_REQ *parsed = err == HL_OK && der.size > 0
                           ? d2i_X509_REQ(NULL, &at, (long)der.size)
                           : NULL;
    if (err == HL_OK) {
        bool good = parsed != NULL &&
                    (strcmp(block.label, "CERTIFICATE REQUEST") == 0 ||
                     strcmp(block.label, "NEW CERTIFICATE REQUEST") == 0);
        err = good ? check_request(parsed, key, detail)
                   : hl_fail(detail, HL_EMALFORMED,
                             "no PEM block CERTIFICATE REQUEST (PKCS#10)");
    }
    X509_REQ_free(parsed);
    ERR_pop_to_mark();
    writer_fini(&der);
    return err;
}

enum authority_state authority_state(const struct authority_row *row,
                                     struct hl_wall now)
{
    int64_t life = wall_since_ms(row->not_after, row->not_before);
    int64_t left = wall_since_ms(row->not_after, now);
    return row->revoked      ? AUTHORITY_REVOKED
           : left <= 0       ? AUTHORITY_EXPIRED
           : left < life / 3 ? AUTHORITY_SOON
                             : AUTHORITY_VALID;
}

const char *authority_state_word(enum authority_state state)
{
    static const char *const words[] = {"valid", "soon", "expired", "revoked"};
    return words[state];
}
