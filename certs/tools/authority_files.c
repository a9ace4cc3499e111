/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/authority_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/identity/pem.h"
#include "certs/tools/file.h"
#include "certs/tools/secret.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/text.h"

#define KEY_FILE "root.key"
#define ROOT_FILE "root.crt"
#define LIST_FILE "root.crl"
#define INDEX_FILE "index"

static const char *const files[] = {KEY_FILE, ROOT_FILE, LIST_FILE, INDEX_FILE};

/* Caller frees. */
static char *join(struct bytes folder, const char *middle, const char *name)
{
    struct writer path = {0};
    writer_format(&path, "%.*s%s%s", BYTES_ARGS(folder), middle, name);
    writer_u8(&path, 0);
    return (char *)path.data;
}

static char *path_of(const struct authority *authority, const char *name)
{
    return join(bytes_of_text(authority->folder), "/", name);
}

/* Puts the file's name in front of what went wrong with it. */
static hl_err in_file(const char *name, hl_err err, struct hl_detail *detail)
{
    if (err != HL_OK && detail != NULL) {
        struct hl_detail inner = *detail;
        hl_fail(detail, err, "%s: %s", name, inner.text);
        detail->where = inner.where;
        detail->at = inner.at;
    }
    return err;
}

static hl_err read_part(const struct authority *authority, const char *name,
                        size_t max_bytes, struct writer *out,
                        struct hl_detail *detail)
{
    char *path = path_of(authority, name);
    bool secret = strcmp(name, KEY_FILE) == 0;
    hl_err err = secret ? file_read_secret(path, max_bytes, out, detail)
                        : file_read(path, max_bytes, out, detail);
    hl_free(path);
    return in_file(name, err, detail);
}

static hl_err replace_part(const struct authority *authority, const char *name,
                           struct bytes content, struct hl_detail *detail)
{
    bool secret = strcmp(name, KEY_FILE) == 0;
    char *path = path_of(authority, name);
    hl_err err = file_replace(
        path, secret ? FILE_MODE_SECRET : FILE_MODE_PUBLIC, content, detail);
    hl_free(path);
    return in_file(name, err, detail);
}

static hl_err write_pem(const struct authority *authority, const char *name,
                        const char *label, unsigned char *der, int size,
                        struct hl_detail *detail)
{
    if (size <= 0) {
        return hl_fail(detail, HL_ECRYPTO, "%s: cannot be encoded", name);
    }
    struct writer text = {0};
    pem_write(label, bytes_of(der, (size_t)size), &text);
    OPENSSL_free(der);
    hl_err err = replace_part(authority, name, writer_view(&text), detail);
    writer_fini(&text);
    return err;
}

hl_err authority_files_write_index(const struct authority *authority,
                                   struct hl_detail *detail)
{
    return replace_part(authority, INDEX_FILE,
                        writer_view(&authority->index.text), detail);
}

static hl_err write_root(const struct authority *authority,
                         struct hl_detail *detail)
{
    unsigned char *der = NULL;
    int size = i2d_X509(authority->root, &der);
    return write_pem(authority, ROOT_FILE, "CERTIFICATE", der, size, detail);
}

static hl_err write_key(const struct authority *authority,
                        struct bytes passphrase, struct hl_detail *detail)
{
    struct writer text = {0};
    secret_reserve(&text, SECRET_FILE_MAX_BYTES);
    hl_err err = secret_write_key(authority->key, passphrase, &text);
    if (err == HL_OK) {
        err = replace_part(authority, KEY_FILE, writer_view(&text), detail);
    } else {
        err = hl_fail(detail, err, KEY_FILE ": cannot be encoded");
    }
    secret_fini(&text);
    return err;
}

hl_err authority_files_write_list(const struct authority *authority,
                                  struct hl_detail *detail)
{
    const struct x509_issuer issuer = {authority->root, authority->key};
    X509_CRL *list = NULL;
    if (x509_make_list(&authority->index, &issuer, &list) != HL_OK) {
        return hl_fail(detail, HL_ECRYPTO, LIST_FILE ": cannot be made");
    }
    unsigned char *der = NULL;
    int size = i2d_X509_CRL(list, &der);
    X509_CRL_free(list);
    return write_pem(authority, LIST_FILE, "X509 CRL", der, size, detail);
}

static hl_err write_all(const struct authority *authority,
                        struct bytes passphrase, struct hl_detail *detail)
{
    hl_err err = write_key(authority, passphrase, detail);
    if (err == HL_OK) {
        err = write_root(authority, detail);
    }
    if (err == HL_OK) {
        err = authority_files_write_list(authority, detail);
    }
    return err != HL_OK ? err : authority_files_write_index(authority, detail);
}

static void remove_all(const struct authority *authority)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = path_of(authority, files[i]);
        unlink(path);
        hl_free(path);
    }
    rmdir(authority->folder);
}

/* The folder's name without slashes at its end. */
static struct bytes trimmed(const char *folder)
{
    struct bytes name = bytes_of_text(folder);
    while (name.size > 1 && name.data[name.size - 1] == '/') {
        name.size--;
    }
    return name;
}

static hl_err create_part(struct authority *authority, struct bytes passphrase,
                          const char *place, struct hl_detail *detail)
{
    enum { FOLDER_MODE = 0700 };
    hl_err err = file_create_folder(authority->folder, FOLDER_MODE, detail);
    if (err == HL_EEXISTS) {
        return hl_fail(detail, err,
                       "'%s' is left from a run that was cut short: nobody "
                       "got anything from it, remove it",
                       authority->folder);
    }
    if (err == HL_OK) {
        err = write_all(authority, passphrase, detail);
        if (err == HL_OK) {
            err = file_move(authority->folder, place, detail);
        }
        if (err != HL_OK) {
            remove_all(authority);
        }
    }
    return err;
}

hl_err authority_files_create(struct authority *authority, const char *folder,
                              struct bytes passphrase, struct hl_detail *detail)
{
    struct bytes name = trimmed(folder);
    char *place = join(name, "", "");
    HL_ASSERT(authority->folder == NULL);
    hl_err err = HL_OK;
    if (file_exists(place)) {
        err = hl_fail(detail, HL_EEXISTS,
                      "an authority is never overwritten: give a folder that "
                      "is not there yet");
    } else {
        authority->folder = join(name, "", ".part");
        err = create_part(authority, passphrase, place, detail);
    }
    hl_free(place);
    return err;
}

static hl_err read_root(struct authority *authority, struct hl_detail *detail)
{
    struct writer text = {0};
    struct certificate certificate = {0};
    hl_err err =
        read_part(authority, ROOT_FILE, HL_CERT_MAX_BYTES, &text, detail);
    if (err == HL_OK) {
        err =
            in_file(ROOT_FILE,
                    certificate_parse(writer_view(&text), &certificate, detail),
                    detail);
    }
    if (err == HL_OK) {
        authority->root = certificate.leaf;
        certificate.leaf = NULL;
    }
    certificate_fini(&certificate);
    writer_fini(&text);
    return err;
}

hl_err authority_files_read(struct authority *authority,
                            struct hl_detail *detail)
{
    struct writer text = {0};
    hl_err err = read_root(authority, detail);
    if (err == HL_OK) {
        err = read_part(authority, INDEX_FILE, AUTHORITY_INDEX_MAX_BYTES, &text,
                        detail);
    }
    if (err == HL_OK) {
        err = in_file(INDEX_FILE,
                      authority_index_parse(writer_view(&text),
                                            &authority->index, detail),
                      detail);
    }
    writer_fini(&text);
    return err;
}

hl_err authority_files_read_key(struct authority *authority,
                                struct bytes passphrase,
                                struct hl_detail *detail)
{
    struct writer text = {0};
    secret_reserve(&text, 4 * SECRET_FILE_MAX_BYTES);
    hl_err err =
        read_part(authority, KEY_FILE, SECRET_FILE_MAX_BYTES, &text, detail);
    if (err == HL_OK) {
        err = in_file(KEY_FILE,
                      secret_read_key(writer_view(&text), passphrase,
                                      &authority->key, detail),
                      detail);
    }
    secret_fini(&text);
    if (err != HL_OK) {
        return err;
    }
    ERR_set_mark();
    bool fits = X509_check_private_key(authority->root, authority->key) == 1;
    ERR_pop_to_mark();
    return fits ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          KEY_FILE ": it is not the key of " ROOT_FILE);
}

static uint64_t number_of(struct bytes der, X509 *root)
{
    uint64_t number = 0;
    const unsigned char *at = der.data;
    X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)der.size);
    bool ours =
        list != NULL && X509_CRL_verify(list, X509_get0_pubkey(root)) == 1;
    ASN1_INTEGER *value =
        ours ? X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL) : NULL;
    if (value != NULL && ASN1_INTEGER_get_uint64(&number, value) != 1) {
        number = 0;
    }
    ASN1_INTEGER_free(value);
    X509_CRL_free(list);
    return number;
}

uint64_t authority_files_list_number(const struct authority *authority)
{
    struct writer text = {0}, der = {0};
    struct pem_block block = {0};
    struct lines lines;
    uint64_t number = 0;
    ERR_set_mark();
    if (read_part(authority, LIST_FILE, HL_CRL_MAX_BYTES, &text, NULL) ==
        HL_OK) {
        lines_init(&lines, writer_view(&text));
        if (pem_next(&lines, &block, &der, NULL) == HL_OK && der.size > 0) {
            number = number_of(writer_view(&der), authority->root);
        }
    }
    ERR_pop_to_mark();
    writer_fini(&der);
    writer_fini(&text);
    return number;
}
