/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo ca`: the alliance's certificate authority. */

#include "node/cli/cmd_ca.h"

#include <ctype.h>
#include <string.h>

#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "node/cli/commands.h"
#include "node/cli/passphrase.h"
#include "protocol/base/hl_limits.h"

hl_err ca_in_folder(struct cli_call *call, hl_err err)
{
    static const char *const files[] = {"root.key", "root.crt", "root.crl",
                                        "index"};
    for (size_t i = 0; err != HL_OK && i < sizeof(files) / sizeof(files[0]);
         i++) {
        char *text = call->detail.text;
        size_t size = strlen(files[i]);
        if (strncmp(text, files[i], size) == 0 &&
            strncmp(text + size, ": ", 2) == 0) {
            struct writer path = {0};
            writer_format(&path, "%s/%s", cli_get(call, "dir"), files[i]);
            writer_u8(&path, 0);
            cli_name(call, (const char *)path.data);
            writer_fini(&path);
            memmove(text, text + size + 2, strlen(text + size + 2) + 1);
            break;
        }
    }
    return err;
}

hl_err ca_open(struct cli_call *call, struct authority **out)
{
    const char *folder = cli_get(call, "dir");
    struct writer passphrase = {0};
    hl_err err = passphrase_from_file(call, &passphrase);
    if (err != HL_OK) {
        return err;
    }
    err = authority_open(folder, writer_view(&passphrase), out,
                         cli_about(call, folder));
    if (err == HL_EPASSPHRASE && passphrase_can_ask(call)) {
        err =
            passphrase_ask(call, "Passphrase of the authority: ", &passphrase);
        if (err == HL_OK) {
            err = authority_open(folder, writer_view(&passphrase), out,
                                 cli_about(call, folder));
        }
    }
    secret_fini(&passphrase);
    return ca_in_folder(call, err);
}

hl_err ca_read_certificate(struct cli_call *call, const char *path, X509 **out)
{
    struct writer text = {0};
    struct certificate certificate = {0};
    struct hl_detail *detail = cli_about(call, path);
    hl_err err = file_read(path, HL_CERT_MAX_BYTES, &text, detail);
    if (err == HL_OK) {
        err = certificate_parse(writer_view(&text), &certificate, detail);
    }
    if (err == HL_OK) {
        *out = certificate.leaf;
        certificate.leaf = NULL;
    }
    certificate_fini(&certificate);
    writer_fini(&text);
    return err;
}

static hl_err run_init(struct cli_call *call)
{
    struct writer passphrase = {0};
    struct authority_setup setup = {
        .folder = cli_get(call, "dir"),
        .alliance = bytes_of_text(cli_get(call, "alliance")),
        .now = clock_wall(),
    };
    hl_err err = cli_get_decimal(call, "days", 1, AUTHORITY_ROOT_DAYS_MAX,
                                 AUTHORITY_ROOT_DAYS, &setup.days);
    if (err == HL_OK) {
        err = passphrase_for_new_of_person(call, &passphrase);
    }
    if (err == HL_OK) {
        setup.passphrase = writer_view(&passphrase);
        err = authority_init(&setup, cli_about(call, setup.folder));
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:s, s:s, s:b}", "dir", setup.folder,
                                 "alliance", cli_get(call, "alliance"),
                                 "encrypted", passphrase.size > 0));
    } else if (err == HL_OK) {
        printf("authority of %s made in %s\n"
               "root.crt, root.crl  give these to every node\n"
               "root.key            %s\n",
               cli_get(call, "alliance"), setup.folder,
               passphrase.size > 0 ? "encrypted; keep it offline"
                                   : "in the clear; keep it offline");
    }
    secret_fini(&passphrase);
    return err;
}

static void print_published(const struct cli_call *call,
                            const struct authority *authority)
{
    const struct authority_index *index = &authority->index;
    char next[WALL_TEXT_BYTES];
    wall_format(index->list_next, next);
    if (call->json) {
        cli_print_json(json_pack("{s:I, s:s}", "number",
                                 (json_int_t)index->list_number, "next_update",
                                 next));
    } else {
        printf("root.crl     number %llu, holds until %s: give it to every "
               "node\n",
               (unsigned long long)index->list_number, next);
    }
}

static hl_err list_days(struct cli_call *call, const char *option,
                        uint64_t *days)
{
    return cli_get_decimal(call, option, 1, AUTHORITY_LIST_DAYS_MAX,
                           AUTHORITY_LIST_DAYS, days);
}

static hl_err run_crl(struct cli_call *call)
{
    struct authority *authority = NULL;
    uint64_t days = 0;
    hl_err err = list_days(call, "days", &days);
    if (err == HL_OK) {
        err = ca_open(call, &authority);
    }
    if (err == HL_OK) {
        err = authority_publish(authority, days, clock_wall(),
                                cli_about(call, cli_get(call, "dir")));
        err = ca_in_folder(call, err);
    }
    if (err == HL_OK) {
        print_published(call, authority);
    }
    authority_close(&authority);
    return err;
}

/* As openssl prints it, too: capitals, colons. */
static hl_err take_serial(struct cli_call *call, const char *text,
                          char out[CERTIFICATE_SERIAL_TEXT_BYTES])
{
    size_t size = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == ':') {
            continue;
        }
        if (!isxdigit((unsigned char)*c) ||
            size + 1 == CERTIFICATE_SERIAL_TEXT_BYTES) {
            return cli_usage(call, "--serial is '%s': give hex digits", text);
        }
        out[size++] = (char)tolower((unsigned char)*c);
    }
    out[size] = '\0';
    return HL_OK;
}

static hl_err find_serial(struct cli_call *call,
                          char out[CERTIFICATE_SERIAL_TEXT_BYTES])
{
    const char *serial = cli_get(call, "serial");
    const char *path = cli_get(call, "cert");
    if ((serial == NULL) == (path == NULL)) {
        return cli_usage(call, "give one of --serial and --cert");
    }
    if (serial != NULL) {
        return take_serial(call, serial, out);
    }
    X509 *certificate = NULL;
    hl_err err = ca_read_certificate(call, path, &certificate);
    if (err == HL_OK) {
        certificate_serial_text(X509_get0_serialNumber(certificate), out);
        X509_free(certificate);
    }
    return err;
}

static hl_err take_reason(struct cli_call *call, enum revocation_reason *reason)
{
    const char *word = cli_get(call, "reason");
    if (word != NULL && !revocation_reason_parse(bytes_of_text(word), reason)) {
        return cli_usage(call, "--reason is '%s': give one of %s", word,
                         REVOCATION_REASON_WORDS);
    }
    return HL_OK;
}

static hl_err run_revoke(struct cli_call *call)
{
    struct authority *authority = NULL;
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    struct authority_revocation revocation = {.serial = serial,
                                              .now = clock_wall()};
    hl_err err = find_serial(call, serial);
    if (err == HL_OK) {
        err = take_reason(call, &revocation.reason);
    }
    if (err == HL_OK) {
        err = list_days(call, "crl-days", &revocation.list_days);
    }
    if (err == HL_OK) {
        err = ca_open(call, &authority);
    }
    if (err == HL_OK) {
        err = authority_revoke(authority, &revocation,
                               cli_about(call, cli_get(call, "dir")));
        err = ca_in_folder(call, err);
    }
    if (err == HL_OK && !call->json) {
        printf("revoked      %s\n", serial);
    }
    if (err == HL_OK) {
        print_published(call, authority);
    }
    authority_close(&authority);
    return err;
}

#define DIR_OPTION                                                             \
    {                                                                          \
        .name = "dir", .value = "DIR", .need = CLI_REQUIRED,                   \
        .help = "The authority's folder."                                      \
    }
#define OUT_OPTION                                                             \
    {                                                                          \
        .name = "out", .value = "PREFIX", .need = CLI_REQUIRED,                \
        .help = "Write PREFIX.crt, and PREFIX.key (mode 0600) if the key is\n" \
                "made here. Neither may exist."                                \
    }
#define CSR_OPTION                                                             \
    {                                                                          \
        .name = "csr", .value = "FILE",                                        \
        .help =                                                                \
            "Take the public key from this certificate request (PKCS#10,\n"    \
            "PEM, P-256) instead of making a key: the private key then\n"      \
            "never leaves the machine that uses it. Names and extensions\n"    \
            "in the request are ignored."                                      \
    }
#define LEAF_DAYS_OPTION                                                       \
    {                                                                          \
        .name = "days", .value = "N",                                          \
        .help =                                                                \
            "How long it holds: 1 to 397; 90 if not given. It begins five\n"   \
            "minutes ago, for clocks that are slow."                           \
    }

static const struct cli_option init_options[] = {
    {.name = "alliance",
     .value = "ALLIANCE",
     .need = CLI_REQUIRED,
     .help = "The alliance's name, a domain in lower case: zy.example."},
    {.name = "dir",
     .value = "DIR",
     .need = CLI_REQUIRED,
     .help = "The folder to make, mode 0700; it may not exist."},
    {.name = "days",
     .value = "N",
     .help = "How long the root holds: 1 to 7300; 3650 if not given."},
    PASSPHRASE_OPTION,
    NO_PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option issue_options[] = {
    DIR_OPTION,
    {.name = "node",
     .value = "ID",
     .help = "For the server of node ID. It may serve and call, and has the\n"
             "DNS name ID.ALLIANCE, under which others dial it."},
    {.name = "platform",
     .value = "NODE/NAME",
     .help = "For a city's own application, which calls node NODE."},
    {.name = "operator",
     .value = "NODE/NAME",
     .help = "For a person who runs node NODE."},
    {.name = "coordinator",
     .value = "NAME",
     .help = "For a coordinator of the alliance."},
    {.name = "clearing", .value = "NAME", .help = "For the clearing desk."},
    LEAF_DAYS_OPTION,
    OUT_OPTION,
    CSR_OPTION,
    PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option renew_options[] = {
    DIR_OPTION,
    {.name = "cert",
     .value = "FILE",
     .need = CLI_REQUIRED,
     .help = "The certificate whose identity the new one gets."},
    LEAF_DAYS_OPTION,
    OUT_OPTION,
    CSR_OPTION,
    PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option revoke_options[] = {
    DIR_OPTION,
    {.name = "serial",
     .value = "HEX",
     .help = "The certificate's serial number, as 'heluo ca list' shows it."},
    {.name = "cert", .value = "FILE", .help = "The certificate itself."},
    {.name = "reason",
     .value = "WORD",
     .help = "One of unspecified, key-compromise, affiliation-changed,\n"
             "superseded, cessation, privilege-withdrawn."},
    {.name = "crl-days",
     .value = "N",
     .help = "How long the new list holds: 1 to 30; 7 if not given."},
    PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option crl_options[] = {
    DIR_OPTION,
    {.name = "days",
     .value = "N",
     .help = "How long the list holds: 1 to 30; 7 if not given."},
    PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option list_options[] = {DIR_OPTION, {0}};

static const struct cli_option check_options[] = {
    {.name = "alliance",
     .value = "ALLIANCE",
     .need = CLI_REQUIRED,
     .help = "The alliance that it has to be of."},
    {.name = "root",
     .value = "FILE",
     .need = CLI_REQUIRED,
     .help = "The authority's root.crt."},
    {.name = "crl",
     .value = "FILE",
     .need = CLI_REQUIRED,
     .help = "Its revocation list, root.crl."},
    {.name = "charter",
     .value = "FILE",
     .help = "The charter that holds; without it any node counts."},
    {.name = "server",
     .help = "Check it as a server that is dialled, not as a caller."},
    {.name = "at",
     .value = "TIME",
     .help = "Check for that time, as 2026-11-21T08:30:00Z, not for now."},
    {0},
};

const struct cli_command ca_commands[] = {
    {.name = "init",
     .summary = "make the alliance's certificate authority",
     .description =
         "Makes a folder with four files: root.key (the private key, P-256,\n"
         "mode 0600), root.crt (the root certificate), root.crl (the list of\n"
         "revoked certificates, still empty) and index (what was issued and\n"
         "revoked, a text). An authority is never overwritten.\n"
         "\n"
         "One per alliance, kept by its coordinators, on a machine that is\n"
         "not a node. Who has root.key can make a certificate for anybody:\n"
         "give it a passphrase, and keep the folder offline and in a backup.\n"
         "A certificate alone opens no journal: those are signed with keys\n"
         "that the charter lists ('heluo key new').",
     .examples = "heluo ca init --alliance zy.example --dir ca \\\n"
                 "    --passphrase-file ca.pass",
     .options = init_options,
     .json = true,
     .run = run_init},
    {.name = "issue",
     .summary = "certify a node, a program or a person",
     .description =
         "Issues a TLS certificate for one identity of the alliance:\n"
         "\n"
         "  --node zhengzhou           spiffe://ALLIANCE/node/zhengzhou\n"
         "  --platform zhengzhou/shop  "
         "spiffe://ALLIANCE/platform/zhengzhou/shop\n"
         "  --operator zhengzhou/li    "
         "spiffe://ALLIANCE/operator/zhengzhou/li\n"
         "  --coordinator henan        spiffe://ALLIANCE/coordinator/henan\n"
         "  --clearing desk            spiffe://ALLIANCE/clearing/desk\n"
         "\n"
         "The certificate is written into the index before it is handed out.\n"
         "Should the command be killed in between, the index has one that\n"
         "nobody got: revoke it if you like, remove PREFIX.key if it is there\n"
         "without PREFIX.crt, and issue again. The key of a certificate is in\n"
         "the clear, because servers start by themselves.\n"
         "\n"
         "With --csr the key is made where it is used:\n"
         "  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 \\\n"
         "      -nodes -subj /CN=zhengzhou -keyout node.key -out node.csr",
     .examples =
         "heluo ca issue --dir ca --node zhengzhou --out zhengzhou\n"
         "heluo ca issue --dir ca --node luoyang --csr node.csr --out luoyang\n"
         "heluo ca issue --dir ca --operator zhengzhou/li --days 30 --out li",
     .options = issue_options,
     .json = true,
     .run = ca_run_issue},
    {.name = "renew",
     .summary = "issue a new certificate for the same identity",
     .description =
         "Reads the identity from a certificate of this authority, ended or\n"
         "not, and issues a new one for it, with a new key or that of --csr.\n"
         "The old one holds on until it ends, so that a running server can\n"
         "change over; revoke it if its key may have leaked. One that is\n"
         "revoked is not renewed.\n"
         "\n"
         "Renew when 'heluo ca list' says soon: a third of the life is left.",
     .examples =
         "heluo ca renew --dir ca --cert zhengzhou.crt --out zhengzhou-2",
     .options = renew_options,
     .json = true,
     .run = ca_run_renew},
    {.name = "revoke",
     .summary = "revoke a certificate and publish the list",
     .description =
         "Records in the index that a certificate does not hold any more and\n"
         "writes a new root.crl. It takes effect on a node when the node gets\n"
         "that list; open streams end within 30 seconds of that. Repeating "
         "the\n"
         "command changes nothing but the list's number and dates; repeat it\n"
         "when it was cut short.",
     .examples = "heluo ca revoke --dir ca --cert li.crt "
                 "--reason key-compromise",
     .options = revoke_options,
     .json = true,
     .run = run_revoke},
    {.name = "crl",
     .summary = "make a fresh revocation list",
     .description =
         "Writes root.crl anew, with the next number. Nodes refuse everybody\n"
         "when their list has ended, because a list that stays away may hide\n"
         "a revocation: run this well before that, every day say, and bring\n"
         "root.crl to every node.",
     .examples = "heluo ca crl --dir ca --passphrase-file ca.pass",
     .options = crl_options,
     .json = true,
     .run = run_crl},
    {.name = "check",
     .operands = "CERTIFICATE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "say whether a node would admit a certificate, and why not",
     .description =
         "Runs the very check that a node runs on every call: chain, time,\n"
         "revocation, identity, alliance, charter. Needs no key and no\n"
         "authority's folder; CERTIFICATE is the leaf, with its chain if it\n"
         "has one.",
     .examples = "heluo ca check --alliance zy.example --root root.crt \\\n"
                 "    --crl root.crl --charter v3.charter zhengzhou.crt",
     .options = check_options,
     .json = true,
     .run = ca_run_check},
    {.name = "list",
     .summary = "list what was issued, and how it stands",
     .description =
         "Shows each certificate in the order of issue: its serial, status,\n"
         "end and identity. The status is valid, soon (less than a third of\n"
         "its life is left: renew it), expired or revoked. Needs no key.",
     .examples = "heluo ca list --dir ca --json",
     .options = list_options,
     .json = true,
     .run = ca_run_list},
    {0},
};
