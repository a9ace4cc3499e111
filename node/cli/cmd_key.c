/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo key`: the keys that sign journals, cosignatures and charters, and
 * the one that opens blobs. */

#include <string.h>
#include <sys/stat.h>

#include "certs/tools/file.h"
#include "certs/tools/journal_key.h"
#include "node/cli/commands.h"
#include "node/cli/passphrase.h"
#include "protocol/base/base64.h"

/* The text a partner or the charter needs: the vkey, or the public key. */
static void write_public(const struct key_public *public, struct writer *out)
{
    if (public->kind == KEY_ENCRYPTION) {
        base64_encode(bytes_of(public->x25519, KEY_X25519_BYTES), out);
    } else {
        vkey_write(&public->vkey, out);
    }
    writer_u8(out, 0);
}

/* Pairs of a word and a value, printed as lines or as one JSON object. */
struct answer {
    json_t *json; /* NULL: text */
};

static void answer_text(const struct answer *answer, const char *key,
                        const char *value)
{
    if (answer->json != NULL) {
        json_object_set_new(answer->json, key, json_string(value));
    } else {
        printf("%-10s %s\n", key, value);
    }
}

static void answer_bool(const struct answer *answer, const char *key,
                        bool value)
{
    if (answer->json != NULL) {
        json_object_set_new(answer->json, key, json_boolean(value));
    } else {
        printf("%-10s %s\n", key, value ? "yes" : "no");
    }
}

static void answer_key(const struct answer *answer,
                       const struct key_public *public)
{
    struct writer text = {0};
    write_public(public, &text);
    bool signs = public->kind != KEY_ENCRYPTION;
    answer_text(answer, "kind", key_kind_word(public->kind));
    answer_text(answer, "name", public->name);
    answer_text(answer, signs ? "vkey" : "public", (const char *)text.data);
    if (signs) {
        char id[9];
        snprintf(id, sizeof(id), "%08lx", (unsigned long)public->vkey.id);
        answer_text(answer, "id", id);
    }
    answer_bool(answer, "encrypted", public->encrypted);
    writer_fini(&text);
}

/* What `heluo key new` was asked for. */
struct order {
    struct keyfile_spec spec;
    struct journal_key_files files; /* mark is NULL where none is made */
};

static hl_err take_algorithm(struct cli_call *call, struct keyfile_spec *spec)
{
    const char *word = cli_get(call, "algorithm");
    if (word == NULL || strcmp(word, "default") == 0) {
        return HL_OK;
    }
    if (strcmp(word, "sm2") != 0) {
        return cli_usage(call, "--algorithm is '%s': give default or sm2",
                         word);
    }
    spec->algorithm = KEY_SM2;
    return HL_OK;
}

static hl_err take_id(struct cli_call *call, struct keyfile_spec *spec)
{
    bool of_node = key_kind_has_node(spec->kind);
    const char *wanted = of_node ? "node" : "name";
    if (!cli_has(call, wanted) || cli_has(call, of_node ? "name" : "node")) {
        return cli_usage(call, "a %s key needs --%s", key_kind_word(spec->kind),
                         wanted);
    }
    spec->id = bytes_of_text(cli_get(call, wanted));
    struct writer name = {0};
    struct hl_detail why = {0};
    hl_err err = key_name(spec->kind, spec->alliance, spec->id, &name, &why);
    writer_fini(&name);
    return err == HL_OK
               ? HL_OK
               : cli_usage(call, "--alliance and --%s: %s", wanted, why.text);
}

static hl_err take_mark(struct cli_call *call, struct order *order)
{
    bool wanted =
        order->spec.kind == KEY_JOURNAL && order->spec.algorithm == KEY_DEFAULT;
    order->files.key = cli_get(call, "out");
    order->files.mark = cli_get(call, "mark");
    if (wanted && order->files.mark == NULL) {
        return cli_usage(call, "a journal key is made with its mark: give "
                               "--mark FILE");
    }
    bool may = wanted || order->spec.kind == KEY_MIRROR;
    if (!may && order->files.mark != NULL) {
        return cli_usage(call, "only a journal's first key, and a mirror key, "
                               "have a mark");
    }
    return HL_OK;
}

static hl_err take_order(struct cli_call *call, struct order *order)
{
    const char *word = call->operands[0];
    if (!key_kind_parse(bytes_of_text(word), &order->spec.kind)) {
        return cli_usage(call,
                         "kind '%s' is not one of journal, mirror, "
                         "encryption, coordinator",
                         word);
    }
    order->spec.alliance = bytes_of_text(cli_get(call, "alliance"));
    hl_err err = take_algorithm(call, &order->spec);
    if (err == HL_OK) {
        err = take_id(call, &order->spec);
    }
    return err != HL_OK ? err : take_mark(call, order);
}

static hl_err place(struct cli_call *call, const struct order *order,
                    struct bytes text, struct key_public *public,
                    enum journal_key_outcome *outcome)
{
    const char *path = order->files.key;
    struct hl_detail *detail = cli_about(call, path);
    return order->files.mark == NULL
               ? file_create(path, FILE_MODE_SECRET, text, detail)
               : journal_key_create(&order->files, text, public, outcome,
                                    detail);
}

static void print_new(struct cli_call *call, const struct order *order,
                      const struct key_public *public, bool finished)
{
    struct answer answer = {.json = call->json ? json_object() : NULL};
    answer_key(&answer, public);
    answer_text(&answer, "file", order->files.key);
    if (order->files.mark != NULL) {
        answer_text(&answer, "mark", order->files.mark);
        answer_bool(&answer, "finished", finished);
    }
    if (call->json) {
        cli_print_json(answer.json);
    }
}

static hl_err make(struct cli_call *call, const struct order *order)
{
    struct writer text = {0};
    struct key_public public = {0};
    enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
    hl_err err = keyfile_new(&order->spec, &text, &public,
                             cli_about(call, order->files.key));
    if (err == HL_OK) {
        err = place(call, order, writer_view(&text), &public, &outcome);
    }
    if (err == HL_OK) {
        print_new(call, order, &public, outcome == JOURNAL_KEY_FINISHED);
    }
    secret_fini(&text);
    return err;
}

static hl_err run_new(struct cli_call *call)
{
    struct order order = {0};
    struct writer passphrase = {0};
    hl_err err = take_order(call, &order);
    if (err == HL_OK && file_exists(order.files.key)) {
        err = hl_fail(cli_about(call, order.files.key), HL_EEXISTS,
                      "a key is never overwritten: nothing was made");
    }
    if (err == HL_OK) {
        err = key_kind_has_node(order.spec.kind)
                  ? passphrase_for_new(call, &passphrase)
                  : passphrase_for_new_of_person(call, &passphrase);
    }
    if (err == HL_OK) {
        order.spec.passphrase = writer_view(&passphrase);
        err = make(call, &order);
    }
    secret_fini(&passphrase);
    return err;
}

static hl_err read_key(struct cli_call *call, const char *path,
                       struct key_public *out)
{
    struct writer text = {0}, passphrase = {0};
    struct keyfile keyfile = {0};
    hl_err err = passphrase_from_file(call, &passphrase);
    struct hl_detail *detail = &call->detail;
    secret_reserve(&text, 4 * SECRET_FILE_MAX_BYTES);
    if (err == HL_OK) {
        detail = cli_about(call, path);
        err = file_read(path, SECRET_FILE_MAX_BYTES, &text, detail);
    }
    if (err == HL_OK) {
        err = keyfile_inspect(writer_view(&text), out, detail);
    }
    if (err == HL_OK && (!out->encrypted || passphrase.size > 0)) {
        err = keyfile_parse(writer_view(&text), writer_view(&passphrase),
                            &keyfile, detail);
    }
    keyfile_fini(&keyfile);
    secret_fini(&passphrase);
    secret_fini(&text);
    return err;
}

static void print_public(const struct key_public *public)
{
    struct writer text = {0};
    write_public(public, &text);
    puts((const char *)text.data);
    writer_fini(&text);
}

static hl_err run_show(struct cli_call *call)
{
    const char *path = call->operands[0];
    struct key_public public = {0};
    struct stat status = {0};
    hl_err err = read_key(call, path, &public);
    if (err != HL_OK) {
        return err;
    }
    if (cli_has(call, "public")) {
        print_public(&public);
        return HL_OK;
    }
    if (stat(path, &status) != 0) {
        return hl_fail(cli_about(call, path), HL_EIO, "it went away");
    }
    char mode[8];
    snprintf(mode, sizeof(mode), "%04o", (unsigned)(status.st_mode & 07777));
    struct answer answer = {.json = call->json ? json_object() : NULL};
    answer_key(&answer, &public);
    answer_text(&answer, "mode", mode);
    answer_bool(&answer, "owner-only", (status.st_mode & 077) == 0);
    if (call->json) {
        cli_print_json(answer.json);
    }
    return HL_OK;
}

static const struct cli_option new_options[] = {
    {.name = "alliance",
     .value = "ALLIANCE",
     .need = CLI_REQUIRED,
     .help = "The alliance's name, a domain in lower case: zy.example."},
    {.name = "node",
     .value = "ID",
     .help = "The node that the key belongs to: journal, mirror, encryption."},
    {.name = "name",
     .value = "NAME",
     .help = "The coordinator that the key belongs to."},
    {.name = "out",
     .value = "FILE",
     .need = CLI_REQUIRED,
     .help = "The key's file, mode 0600; it may not exist."},
    {.name = "mark",
     .value = "FILE",
     .help = "The mark of a journal or mirror key; it may not exist. Put it\n"
             "beside the store, and never into a backup."},
    {.name = "algorithm",
     .value = "WORD",
     .help = "default: Ed25519, for encryption X25519. sm2: SM2 with SM3\n"
             "(GB/T 32918), for a second line under a journal's checkpoints;\n"
             "it has no mark."},
    PASSPHRASE_OPTION,
    NO_PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option show_options[] = {
    {.name = "public",
     .help = "Print nothing but the vkey (of an encryption key: the public\n"
             "key), as the commands of 'heluo charter' take it."},
    {.name = "passphrase-file",
     .value = "FILE",
     .help = "Open an encrypted key too, and check that its lines are true.\n"
             "The one line of FILE, which only its owner may read."},
    {0},
};

const struct cli_command key_commands[] = {
    {.name = "new",
     .operands = "KIND",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "make a key: journal, mirror, encryption or coordinator",
     .description =
         "KIND is one of\n"
         "\n"
         "  journal      signs a node's checkpoints        ALLIANCE/ID\n"
         "  mirror       signs what a node keeps of others ALLIANCE/ID/mirror\n"
         "  encryption   opens blobs sent to a node    ALLIANCE/ID/encryption\n"
         "  coordinator  signs charters         ALLIANCE/coordinator/NAME\n"
         "\n"
         "Each is a key of its own; the charter refuses one key for two\n"
         "purposes. The file begins with lines that say what it is, with the\n"
         "public half; the private key follows as PEM (PKCS#8), encrypted if "
         "a\n"
         "passphrase is given (AES-256, PBKDF2 with 600000 rounds).\n"
         "\n"
         "A journal key is made with its mark. The mark says how far the\n"
         "journal had come when a checkpoint last left this machine; a node\n"
         "whose store is behind its mark was set back, and does not sign. A\n"
         "journal key without its mark is a lost mark: the node has to be\n"
         "recovered. So this order: the key under FILE.part, its mark, and\n"
         "only then the key's own name. If the command is cut short, repeat\n"
         "it as it was: it gives the key in FILE.part its name if the mark\n"
         "is there already (and says 'finished yes'; the passphrase is that "
         "of\n"
         "the first run), and else begins again. If key or mark exist\n"
         "otherwise, nothing is made.",
     .examples =
         "heluo key new journal --alliance zy.example --node zhengzhou \\\n"
         "    --out journal.key --mark journal.mark\n"
         "heluo key new mirror --alliance zy.example --node zhengzhou \\\n"
         "    --out mirror.key --mark mirror.mark\n"
         "heluo key new coordinator --alliance zy.example --name henan \\\n"
         "    --out henan.key --passphrase-file henan.pass",
     .options = new_options,
     .json = true,
     .run = run_new},
    {.name = "show",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "show what a key file holds, without the secret",
     .description =
         "Shows kind, name, the public half as charters and partners need it\n"
         "(a vkey, or for encryption the bare key), the key id that signature\n"
         "lines carry, whether the private key is encrypted, and the file's\n"
         "mode. Where the key is not encrypted, or the passphrase is given, "
         "it\n"
         "also checks that private and public half belong together.",
     .examples = "heluo key show journal.key\n"
                 "heluo key show --json journal.key",
     .options = show_options,
     .json = true,
     .run = run_show},
    {0},
};
