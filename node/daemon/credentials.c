/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/credentials.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "certs/charter/charter_chain.h"
#include "certs/charter/charter_judge.h"
#include "certs/tools/file.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

/* A load that is under way. */
struct loading {
    const struct config *config;
    const struct credentials_known *known;
    struct hl_wall now;
    struct credentials made;
    char *subject;
    struct hl_detail *detail;
};

static void about(struct loading *load, const char *subject)
{
    snprintf(load->subject, CREDENTIALS_SUBJECT_BYTES, "%s", subject);
}

/* First the roots alone, so that it is known which file an error is about. */
static hl_err create_trust(struct loading *load, struct bytes crls)
{
    struct trust *roots_alone = NULL;
    struct trust_input input = {.roots = writer_view(&load->made.roots)};
    about(load, load->config->tls_roots);
    hl_err err = trust_create(&input, &roots_alone, load->detail);
    trust_destroy(&roots_alone);
    if (err != HL_OK) {
        return err;
    }
    input.crls = crls;
    about(load, load->config->tls_crl);
    return trust_create(&input, &load->made.trust, load->detail);
}

static hl_err load_trust(struct loading *load)
{
    struct writer crls = {0};
    about(load, load->config->tls_roots);
    hl_err err = file_read(load->config->tls_roots, HL_CERT_MAX_BYTES,
                           &load->made.roots, load->detail);
    if (err == HL_OK) {
        about(load, load->config->tls_crl);
        err = file_read(load->config->tls_crl, HL_CRL_MAX_BYTES, &crls,
                        load->detail);
    }
    if (err == HL_OK) {
        err = create_trust(load, writer_view(&crls));
    }
    writer_fini(&crls);
    return err;
}

static void free_charter(struct charter **charter)
{
    if (*charter != NULL) {
        charter_fini(*charter);
        hl_free(*charter);
        *charter = NULL;
    }
}

static hl_err read_charter(struct loading *load, const char *path,
                           struct charter **out)
{
    struct writer *raw = &load->made.charters[load->made.charter_count++];
    struct charter *charter = hl_alloc(1, sizeof(*charter));
    about(load, path);
    hl_err err = file_read(path, HL_NOTE_MAX_BYTES, raw, load->detail);
    if (err == HL_OK) {
        err = charter_parse(writer_view(raw), charter, load->detail);
    }
    if (err != HL_OK) {
        hl_free(charter);
        return err;
    }
    *out = charter;
    return HL_OK;
}

/* The configuration's reader saw to the form. */
static struct hl_hash pin_of(const struct config *config)
{
    struct hl_hash pin;
    HL_ASSERT(strlen(config->charter_pin) == 2 * HL_HASH_BYTES);
    for (size_t i = 0; i < HL_HASH_BYTES; i++) {
        unsigned byte = 0;
        int read = sscanf(config->charter_pin + 2 * i, "%2x", &byte);
        HL_ASSERT(read == 1);
        pin.bytes[i] = (uint8_t)byte;
    }
    return pin;
}

static hl_err resolve(struct loading *load, struct charter **all, size_t count)
{
    const struct hl_hash pin = pin_of(load->config);
    const struct verifier verifier = verifier_openssl();
    struct charter_standing standing = {0};
    const struct charter_set set = {.items = (const struct charter *const *)all,
                                    .count = count,
                                    .pin = &pin,
                                    .verifier = &verifier};
    about(load, "charter_pin");
    hl_err err = charter_resolve(&set, &standing, load->detail);
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        if (all[i] == standing.holds) {
            load->made.charter = all[i];
            all[i] = NULL;
        }
    }
    load->made.charter_contested = standing.rivals[0] != NULL;
    load->made.pin = pin;
    return err;
}

/* What the store has was parsed when it came. One that is among the files, too,
 * counts once. */
static void add_known(struct charter **all, size_t *count, struct bytes raw)
{
    struct charter *charter = hl_alloc(1, sizeof(*charter));
    if (charter_parse(raw, charter, NULL) != HL_OK) {
        hl_free(charter);
        return;
    }
    for (size_t i = 0; i < *count; i++) {
        if (hash_equal(&all[i]->hash, &charter->hash)) {
            free_charter(&charter);
            return;
        }
    }
    all[(*count)++] = charter;
}

static hl_err load_charter(struct loading *load)
{
    const struct config_list *paths = &load->config->charters;
    const struct credentials_known *known = load->known;
    size_t room = paths->count + (known == NULL ? 0 : known->count);
    struct charter **all = hl_alloc(room + 1, sizeof(all[0]));
    size_t count = 0;
    hl_err err = HL_OK;
    for (size_t i = 0; i < paths->count && err == HL_OK; i++) {
        err = read_charter(load, paths->items[i], &all[count]);
        count += err == HL_OK;
    }
    for (size_t i = 0; err == HL_OK && known != NULL && i < known->count; i++) {
        add_known(all, &count, known->charters[i]);
    }
    if (err == HL_OK) {
        err = resolve(load, all, count);
    }
    for (size_t i = 0; i < count; i++) {
        free_charter(&all[i]);
    }
    hl_free(all);
    return err;
}

static hl_err check_membership(struct loading *load)
{
    const struct charter *charter = load->made.charter;
    const struct config *config = load->config;
    if (strcmp(charter->alliance, config->alliance) != 0) {
        about(load, "alliance");
        return hl_fail(load->detail, HL_EALLIANCE,
                       "the configuration says %.80s, the charter is of %.80s",
                       config->alliance, charter->alliance);
    }
    about(load, "node");
    const struct charter_node *node =
        charter_find_node(charter, bytes_of_text(config->node));
    if (node == NULL) {
        return hl_fail(load->detail, HL_EUNKNOWNNODE,
                       "charter version %llu has no node %s: the coordinators "
                       "add it, or name the newest charter in `charters`",
                       (unsigned long long)charter->version, config->node);
    }
    if (node->ended) {
        load->made.signing.err =
            hl_fail(&load->made.signing.why, HL_EENDED,
                    "charter version %llu has ended node %s",
                    (unsigned long long)charter->version, config->node);
    }
    return HL_OK;
}

static hl_err check_key_name(struct loading *load, enum key_kind kind,
                             const struct key_public *public)
{
    struct writer name = {0};
    if (public->kind != kind) {
        return hl_fail(load->detail, HL_EIDENTITY,
                       "is a key of kind %s, not %s",
                       key_kind_word(public->kind), key_kind_word(kind));
    }
    hl_err err =
        key_name(kind, bytes_of_text(load->config->alliance),
                 bytes_of_text(load->config->node), &name, load->detail);
    if (err == HL_OK && !bytes_equal_text(writer_view(&name), public->name)) {
        err = hl_fail(load->detail, HL_EIDENTITY,
                      "is the key of %.80s, not of %.*s", public->name,
                      BYTES_ARGS(writer_view(&name)));
    }
    writer_fini(&name);
    return err;
}

static hl_err load_key(struct loading *load, const char *path,
                       enum key_kind kind, struct keyfile *out)
{
    struct keyfile keyfile = {0};
    about(load, path);
    hl_err err = keyfile_load(path, bytes_of_text(""), &keyfile, load->detail);
    if (err == HL_EPASSPHRASE) {
        return hl_fail(load->detail, err,
                       "is encrypted, and a service has nobody to ask: it "
                       "needs the key in the clear, with mode 0600");
    }
    if (err == HL_OK) {
        err = check_key_name(load, kind, &keyfile.public);
    }
    if (err != HL_OK) {
        keyfile_fini(&keyfile);
        return err;
    }
    *out = keyfile;
    return HL_OK;
}

struct charter_journal_key
credentials_key_entry(const struct charter *charter, const char *id,
                      const struct vkey *key, struct credentials_doubt *doubt)
{
    const struct charter_node *node =
        charter_find_node(charter, bytes_of_text(id));
    for (size_t k = 0; node != NULL && k < node->journal_key_count; k++) {
        if (!vkey_equal(&node->journal_keys[k].vkey, key)) {
            continue;
        }
        if (!charter_accepts(node, k, INT64_MAX)) {
            doubt->err = hl_fail(
                &doubt->why, HL_ENOKEY,
                "the charter has replaced this journal key by a newer one: "
                "name the newer key's file in journal_key");
        }
        return node->journal_keys[k];
    }
    doubt->err = hl_fail(&doubt->why, HL_ENOKEY,
                         "the charter does not have this journal key for node "
                         "%s: the coordinators admit it, or it is another "
                         "key's file",
                         id);
    return (struct charter_journal_key){.from = {.size = MERKLE_SIZE_MAX},
                                        .vkey = *key};
}

/* Whether the charter lets this key sign on without end. From which size on is
 * the journal's to see, once it knows its own. */
static void check_journal_key(struct loading *load)
{
    struct credentials_doubt doubt = {0};
    load->made.journal_key_entry =
        credentials_key_entry(load->made.charter, load->config->node,
                              &load->made.journal_key.public.vkey, &doubt);
    if (load->made.signing.err == HL_OK) {
        load->made.signing = doubt;
    }
}

static hl_err load_journal_key(struct loading *load)
{
    hl_err err = load_key(load, load->config->journal_key, KEY_JOURNAL,
                          &load->made.journal_key);
    if (err == HL_OK) {
        check_journal_key(load);
    }
    if (err == HL_OK && load->config->mirror_key[0] != '\0') {
        err = load_key(load, load->config->mirror_key, KEY_MIRROR,
                       &load->made.mirror_key);
    }
    return err;
}

static hl_err load_encryption_keys(struct loading *load)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < load->config->encryption_keys.count && err == HL_OK;
         i++) {
        struct blob_key *key = &load->made.encryption_keys[i];
        struct keyfile keyfile = {0};
        err = load_key(load, load->config->encryption_keys.items[i],
                       KEY_ENCRYPTION, &keyfile);
        if (err == HL_OK) {
            memcpy(key->public, keyfile.public.x25519, BLOB_KEY_BYTES);
            memcpy(key->private, keyfile.x25519, BLOB_KEY_BYTES);
            load->made.encryption_key_count++;
        }
        keyfile_fini(&keyfile);
    }
    return err;
}

/* What time alone has made unusable, and time or a new file will mend. */
static bool is_of_time(hl_err err)
{
    return err == HL_EEXPIRED || err == HL_ENOTYET || err == HL_ECRL;
}

static void keep_time(struct loading *load, hl_err err)
{
    struct hl_detail *why = &load->made.time.why;
    load->made.time.err = err;
    hl_fail(why, err, "%.120s: %s", load->subject,
            load->detail == NULL ? hl_err_text(err) : load->detail->text);
}

static hl_err check_identity(struct loading *load)
{
    struct admission_verdict verdict;
    struct admission_input input = {
        .presented = writer_view(&load->made.chain),
        .trust = load->made.trust,
        .now = load->now,
        .purpose = TRUST_SERVER,
        .roles = ROLE_BIT(ROLE_NODE),
    };
    charter_admit_by(load->made.charter, &input);
    hl_err err = admission_check(&input, &verdict, load->detail);
    if (err == HL_ECRL) {
        about(load, load->config->tls_crl);
    }
    if (is_of_time(err)) {
        keep_time(load, err);
        return HL_OK;
    }
    if (err == HL_EENDED) {
        return HL_OK; /* check_membership() has seen it */
    }
    if (err == HL_OK &&
        strcmp(verdict.identity.node, load->config->node) != 0) {
        return hl_fail(load->detail, HL_EIDENTITY,
                       "is the certificate of node %s, not of %s",
                       verdict.identity.node, load->config->node);
    }
    return err;
}

/* Only of a certificate that is admitted, but for the time. */
static hl_err read_bounds(struct loading *load,
                          const struct certificate *certificate)
{
    struct hl_wall from;
    STACK_OF(X509) *chain = NULL;
    hl_err err = certificate_validity(certificate->leaf, &from,
                                      &load->made.certificate_until);
    if (err == HL_OK) {
        err = trust_chain(load->made.trust, certificate, load->now,
                          TRUST_SERVER, &chain, load->detail);
    }
    if (err == HL_OK) {
        err = trust_revocation(load->made.trust, chain, load->now,
                               &load->made.crl_until, load->detail);
    }
    if (err == HL_ECRL && load->made.time.err != HL_OK) {
        err = HL_OK;
    }
    sk_X509_pop_free(chain, X509_free);
    return err;
}

static hl_err load_tls_key(struct loading *load, X509 *leaf)
{
    const char *path = load->config->tls_key;
    struct writer *text = &load->made.key;
    EVP_PKEY *key = NULL;
    about(load, path);
    secret_reserve(text, 4 * SECRET_FILE_MAX_BYTES);
    hl_err err =
        file_read_secret(path, SECRET_FILE_MAX_BYTES, text, load->detail);
    if (err == HL_OK) {
        err = secret_read_key(writer_view(text), bytes_of_text(""), &key,
                              load->detail);
    }
    if (err == HL_EPASSPHRASE) {
        err = hl_fail(load->detail, err,
                      "is encrypted, and a service has nobody to ask: it "
                      "needs the key in the clear, with mode 0600");
    }
    ERR_set_mark();
    if (err == HL_OK && X509_check_private_key(leaf, key) != 1) {
        err = hl_fail(load->detail, HL_EMALFORMED,
                      "is not the key of the certificate in %.120s",
                      load->config->tls_certificate);
    }
    ERR_pop_to_mark();
    EVP_PKEY_free(key);
    return err;
}

static hl_err load_certificate(struct loading *load)
{
    const char *path = load->config->tls_certificate;
    struct certificate certificate = {0};
    about(load, path);
    hl_err err =
        file_read(path, HL_CERT_MAX_BYTES, &load->made.chain, load->detail);
    if (err == HL_OK) {
        err = certificate_parse(writer_view(&load->made.chain), &certificate,
                                load->detail);
    }
    if (err == HL_OK) {
        err = check_identity(load);
    }
    if (err == HL_OK) {
        err = read_bounds(load, &certificate);
    }
    if (err == HL_OK) {
        err = load_tls_key(load, certificate.leaf);
    }
    certificate_fini(&certificate);
    return err;
}

hl_err credentials_load(const struct config *config,
                        const struct credentials_known *known,
                        struct hl_wall now, struct credentials *out,
                        char subject[CREDENTIALS_SUBJECT_BYTES],
                        struct hl_detail *detail)
{
    static hl_err (*const steps[])(struct loading *) = {
        load_charter,     check_membership, load_trust,
        load_certificate, load_journal_key, load_encryption_keys};
    struct loading load = {.config = config,
                           .known = known,
                           .now = now,
                           .subject = subject,
                           .detail = detail};
    hl_err err = HL_OK;
    if (detail != NULL) {
        *detail = (struct hl_detail){0};
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && err == HL_OK;
         i++) {
        err = steps[i](&load);
    }
    if (err != HL_OK) {
        credentials_fini(&load.made);
        return err;
    }
    subject[0] = '\0';
    *out = load.made;
    return HL_OK;
}

void credentials_fini(struct credentials *credentials)
{
    trust_destroy(&credentials->trust);
    free_charter(&credentials->charter);
    writer_fini(&credentials->roots);
    writer_fini(&credentials->chain);
    secret_fini(&credentials->key);
    keyfile_fini(&credentials->journal_key);
    keyfile_fini(&credentials->mirror_key);
    OPENSSL_cleanse(credentials->encryption_keys,
                    sizeof(credentials->encryption_keys));
    for (size_t i = 0; i < credentials->charter_count; i++) {
        writer_fini(&credentials->charters[i]);
    }
    *credentials = (struct credentials){0};
}
