/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo ca issue` and `heluo ca renew`. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "certs/identity/pem.h"
#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "certs/tools/secret.h"
#include "node/cli/cmd_ca.h"
#include "protocol/base/hl_limits.h"

/* What is made, and where it goes. */
struct issue {
    struct cli_call *call;
    struct identity identity;
    uint64_t days;
    EVP_PKEY *key; /* from --csr, or new */
    bool ours;     /* new: it is written out */
    struct writer key_path, certificate_path;
};

static const char *text_of(const struct writer *path)
{
    return (const char *)path->data;
}

static void set_path(struct writer *path, const char *prefix, const char *end)
{
    writer_format(path, "%s%s", prefix, end);
    writer_u8(path, 0);
}

static void issue_fini(struct issue *issue)
{
    EVP_PKEY_free(issue->key);
    writer_fini(&issue->key_path);
    writer_fini(&issue->certificate_path);
}

static hl_err check_free(struct cli_call *call, const char *path)
{
    return file_exists(path)
               ? hl_fail(cli_about(call, path), HL_EEXISTS,
                         "it is never overwritten, and nothing was issued: "
                         "give another --out")
               : HL_OK;
}

static hl_err check_folder(struct cli_call *call, const char *prefix)
{
    const char *slash = strrchr(prefix, '/');
    struct writer folder = {0};
    writer_bytes(
        &folder,
        bytes_of(prefix, slash == NULL ? 0 : (size_t)(slash - prefix)));
    writer_text(&folder, slash == NULL ? "." : "/");
    writer_u8(&folder, 0);
    int failed = access(text_of(&folder), W_OK) == 0 ? 0 : errno;
    struct hl_detail *detail = cli_about(call, text_of(&folder));
    writer_fini(&folder);
    return failed == 0
               ? HL_OK
               : hl_fail(detail, failed == ENOENT ? HL_ENOTFOUND : HL_EIO,
                         "cannot write there: %s", strerror(failed));
}

/* Everything that can be refused is, before the certificate is recorded. */
static hl_err prepare_files(struct issue *issue)
{
    const char *prefix = cli_get(issue->call, "out");
    set_path(&issue->key_path, prefix, ".key");
    set_path(&issue->certificate_path, prefix, ".crt");
    hl_err err = check_folder(issue->call, prefix);
    if (err == HL_OK && issue->ours) {
        err = check_free(issue->call, text_of(&issue->key_path));
    }
    return err != HL_OK
               ? err
               : check_free(issue->call, text_of(&issue->certificate_path));
}

static hl_err read_request(struct issue *issue, const char *path)
{
    struct writer text = {0};
    struct hl_detail *detail = cli_about(issue->call, path);
    hl_err err = file_read(path, HL_CERT_MAX_BYTES, &text, detail);
    if (err == HL_OK) {
        err = authority_request_key(writer_view(&text), &issue->key, detail);
    }
    writer_fini(&text);
    return err;
}

static hl_err prepare_key(struct issue *issue)
{
    const char *request = cli_get(issue->call, "csr");
    issue->ours = request == NULL;
    if (request != NULL) {
        return read_request(issue, request);
    }
    issue->key = EVP_EC_gen("P-256");
    return issue->key != NULL ? HL_OK
                              : hl_fail(cli_about(issue->call, ""), HL_ECRYPTO,
                                        "no key can be made");
}

static hl_err prepare(struct issue *issue)
{
    hl_err err =
        cli_get_decimal(issue->call, "days", 1, AUTHORITY_LEAF_DAYS_MAX,
                        AUTHORITY_LEAF_DAYS, &issue->days);
    if (err == HL_OK) {
        err = prepare_key(issue);
    }
    return err != HL_OK ? err : prepare_files(issue);
}

static hl_err write_key(struct issue *issue)
{
    const char *path = text_of(&issue->key_path);
    struct writer text = {0};
    secret_reserve(&text, SECRET_FILE_MAX_BYTES);
    struct hl_detail *detail = cli_about(issue->call, path);
    hl_err err = secret_write_key(issue->key, bytes_of_text(""), &text);
    if (err == HL_OK) {
        err = file_create(path, FILE_MODE_SECRET, writer_view(&text), detail);
    }
    secret_fini(&text);
    return err;
}

static hl_err write_certificate(struct issue *issue, const X509 *leaf)
{
    const char *path = text_of(&issue->certificate_path);
    struct hl_detail *detail = cli_about(issue->call, path);
    unsigned char *der = NULL;
    int size = i2d_X509(leaf, &der);
    if (size <= 0) {
        return hl_fail(detail, HL_ECRYPTO, "it cannot be encoded");
    }
    struct writer text = {0};
    pem_write("CERTIFICATE", bytes_of(der, (size_t)size), &text);
    OPENSSL_free(der);
    hl_err err =
        file_create(path, FILE_MODE_PUBLIC, writer_view(&text), detail);
    writer_fini(&text);
    return err;
}

static hl_err write_files(struct issue *issue, const X509 *leaf)
{
    hl_err err = issue->ours ? write_key(issue) : HL_OK;
    if (err != HL_OK) {
        return err;
    }
    err = write_certificate(issue, leaf);
    if (err != HL_OK && issue->ours) {
        unlink(text_of(&issue->key_path));
    }
    return err;
}

static void print_text(const struct issue *issue,
                       const struct authority_row *row, const char *identity)
{
    char from[WALL_TEXT_BYTES], to[WALL_TEXT_BYTES];
    wall_format(row->not_before, from);
    wall_format(row->not_after, to);
    printf("identity     %s\nserial       %s\nvalid        %s to %s\n",
           identity, row->serial, from, to);
    if (issue->ours) {
        printf("key          %s\n", text_of(&issue->key_path));
    }
    printf("certificate  %s\n", text_of(&issue->certificate_path));
}

static void print_json(const struct issue *issue,
                       const struct authority_row *row, const char *identity)
{
    char from[WALL_TEXT_BYTES], to[WALL_TEXT_BYTES];
    wall_format(row->not_before, from);
    wall_format(row->not_after, to);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s}", "identity", identity, "serial",
                  row->serial, "not_before", from, "not_after", to);
    if (issue->ours) {
        json_object_set_new(object, "key",
                            json_string(text_of(&issue->key_path)));
    }
    json_object_set_new(object, "certificate",
                        json_string(text_of(&issue->certificate_path)));
    cli_print_json(object);
}

static void print(const struct issue *issue, const struct authority_row *row)
{
    struct writer identity = {0};
    spiffe_write(&row->identity, &identity);
    writer_u8(&identity, 0);
    (issue->call->json ? print_json : print_text)(issue, row,
                                                  text_of(&identity));
    writer_fini(&identity);
}

static hl_err run(struct issue *issue, struct authority *authority)
{
    const struct authority_request request = {
        .identity = &issue->identity,
        .public_key = issue->key,
        .days = issue->days,
        .now = clock_wall(),
    };
    X509 *leaf = NULL;
    hl_err err =
        authority_issue(authority, &request, &leaf,
                        cli_about(issue->call, cli_get(issue->call, "dir")));
    err = ca_in_folder(issue->call, err);
    if (err == HL_OK) {
        err = write_files(issue, leaf);
        X509_free(leaf);
    }
    if (err == HL_OK) {
        print(issue, &authority->index.rows[authority->index.count - 1]);
    }
    return err;
}

/* NODE/NAME, or the one of them that the role has. */
static hl_err parse_who(struct issue *issue, enum role role,
                        const char *alliance)
{
    struct cli_call *call = issue->call;
    const char *value = cli_get(call, role_word(role));
    const char *slash = strchr(value, '/');
    struct bytes whole = bytes_of_text(value), none = {0};
    struct bytes node = role_has_node(role) ? whole : none;
    struct bytes name = role_has_name(role) ? whole : none;
    if (role_has_node(role) && role_has_name(role)) {
        if (slash == NULL) {
            return cli_usage(call, "--%s is '%s': give NODE/NAME",
                             role_word(role), value);
        }
        size_t front = (size_t)(slash - value);
        node = bytes_slice(whole, 0, front);
        name = bytes_slice(whole, front + 1, whole.size - front - 1);
    }
    return identity_make(role, bytes_of_text(alliance), node, name,
                         &issue->identity, cli_about(call, value));
}

static hl_err find_role(struct cli_call *call, enum role *role)
{
    size_t count = 0;
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (cli_has(call, role_word((enum role)i))) {
            *role = (enum role)i;
            count++;
        }
    }
    return count == 1
               ? HL_OK
               : cli_usage(call, "give one of --node, --platform, --operator, "
                                 "--coordinator, --clearing");
}

hl_err ca_run_issue(struct cli_call *call)
{
    struct issue issue = {.call = call};
    struct authority *authority = NULL;
    enum role role = ROLE_COUNT;
    hl_err err = find_role(call, &role);
    if (err == HL_OK) {
        err = prepare(&issue);
    }
    if (err == HL_OK) {
        err = ca_open(call, &authority);
    }
    if (err == HL_OK) {
        err = parse_who(&issue, role, authority->alliance);
    }
    if (err == HL_OK) {
        err = run(&issue, authority);
    }
    authority_close(&authority);
    issue_fini(&issue);
    return err;
}

static hl_err recall(struct issue *issue, const struct authority *authority)
{
    struct cli_call *call = issue->call;
    const char *path = cli_get(call, "cert");
    X509 *former = NULL;
    const struct authority_row *row = NULL;
    hl_err err = ca_read_certificate(call, path, &former);
    if (err == HL_OK) {
        err = authority_recall(authority, former, &row, cli_about(call, path));
        X509_free(former);
    }
    if (err == HL_OK) {
        issue->identity = row->identity;
    }
    return err;
}

hl_err ca_run_renew(struct cli_call *call)
{
    struct issue issue = {.call = call};
    struct authority *authority = NULL;
    hl_err err = prepare(&issue);
    if (err == HL_OK) {
        err = ca_open(call, &authority);
    }
    if (err == HL_OK) {
        err = recall(&issue, authority);
    }
    if (err == HL_OK) {
        err = run(&issue, authority);
    }
    authority_close(&authority);
    issue_fini(&issue);
    return err;
}
