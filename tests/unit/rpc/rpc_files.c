/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rpc/rpc_files.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/support.h"

static void write_file(const struct files *files, const char *name,
                       const struct writer *text, char path[FILES_PATH_BYTES])
{
    snprintf(path, FILES_PATH_BYTES, "%s/%s", files->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

void files_key(const struct maker_pair *pair, struct writer *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pair->key, NULL, NULL,
                                                   0, NULL, NULL),
                     1);
    long size = BIO_get_mem_data(bio, &data);
    writer_bytes(out, bytes_of(data, (size_t)size));
    BIO_free(bio);
}

struct maker_pair files_root(void)
{
    int64_t now = (int64_t)time(NULL);
    return maker_make(
        &(struct maker_spec){.names = "URI:spiffe://zy.example",
                             .constraints = "critical,CA:TRUE",
                             .key_usage = "critical,keyCertSign,cRLSign",
                             .extended_usage = MAKER_NONE,
                             .common_name = "root",
                             .from = now - 36000,
                             .to = now + 36000});
}

struct maker_pair files_leaf(const struct maker_pair *issuer, const char *names,
                             int64_t from_s, int64_t to_s, long serial)
{
    int64_t now = (int64_t)time(NULL);
    return maker_make(&(struct maker_spec){.issuer = issuer,
                                           .names = names,
                                           .from = now + from_s,
                                           .to = now + to_s,
                                           .serial = serial});
}

void files_init(struct files *files)
{
    struct writer text = {0};
    *files = (struct files){0};
    scratch_make(files->folder, sizeof(files->folder));
    files->root = files_root();
    maker_write(files->root.certificate, &text);
    write_file(files, "roots.crt", &text, files->roots);
    writer_fini(&text);
}

const struct files_caller *files_add(struct files *files,
                                     struct maker_pair pair)
{
    struct files_caller *caller = &files->callers[files->count];
    struct writer text = {0};
    char name[32];
    assert_true(files->count < FILES_CALLERS_MAX);
    caller->pair = pair;
    snprintf(name, sizeof(name), "%zu.crt", files->count);
    maker_write(pair.certificate, &text);
    write_file(files, name, &text, caller->certificate);
    writer_clear(&text);
    snprintf(name, sizeof(name), "%zu.key", files->count);
    files_key(&pair, &text);
    write_file(files, name, &text, caller->key);
    writer_fini(&text);
    files->count++;
    return caller;
}

void files_fini(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        maker_fini(&files->callers[i].pair);
    }
    maker_fini(&files->root);
    scratch_remove(files->folder);
}
