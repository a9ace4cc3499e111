/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo fingerprint`: the alliance's key of invoices' fingerprints. */

#include <inttypes.h>
#include <string.h>

#include <openssl/crypto.h>

#include "certs/charter/charter.h"
#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "heluo/v1/blob.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/paging.h"
#include "node/cli/term.h"
#include "node/daemon/config.h"
#include "node/ledger/fingerprint.h"
#include "protocol/base/alloc.h"

/* Beside the node that seals it. */
enum { READERS_MAX = HL_BLOB_READERS_MAX - 1 };

/* What a coordinator's node is asked, and says, before it hands a key out. */
struct handing {
    struct cli_call *call;
    struct node_link link;
    Heluo__V1__NodeStatusResponse *status;
    struct charter charter;
    bool has_charter;
    uint32_t version;
    ProtobufCBinaryData digest; /* of the key; borrowed */
    bool *reads;                /* by the charter's nodes */
    const char **readers;       /* who are to read it */
    size_t reader_count;
    struct writer keyless; /* who cannot, with spaces between */
    uint8_t command_id[HL_COMMAND_ID_BYTES];
};

/* --- What there is. ------------------------------------------------------ */

static hl_err ask_status(struct handing *handing)
{
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        handing->call, &handing->link, "/heluo.v1.Node/Status", &request.base,
        &heluo__v1__node_status_response__descriptor, &answer);
    handing->status = (Heluo__V1__NodeStatusResponse *)answer;
    return err;
}

static hl_err ask_charter(struct handing *handing)
{
    Heluo__V1__NodeCharterRequest request =
        HELUO__V1__NODE_CHARTER_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask(
        handing->call, &handing->link, "/heluo.v1.Node/Charter", &request.base,
        &heluo__v1__node_charter_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__NodeCharterResponse *now = (const void *)answer;
        err = charter_parse(bytes_of(now->charter.data, now->charter.len),
                            &handing->charter, &handing->call->detail);
        handing->has_charter = err == HL_OK;
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static hl_err open_handing(struct cli_call *call, struct handing *out)
{
    *out = (struct handing){.call = call};
    hl_err err = record_choose_id(call, out->command_id);
    if (err == HL_OK) {
        err = node_link_open(call, &out->link);
    }
    if (err == HL_OK) {
        err = ask_status(out);
    }
    if (err == HL_OK) {
        err = ask_charter(out);
    }
    if (err == HL_OK) {
        size_t count = out->charter.node_count;
        out->reads = hl_alloc(count + 1, sizeof(out->reads[0]));
        out->readers = hl_alloc(count + 1, sizeof(out->readers[0]));
    }
    return err;
}

static void close_handing(struct handing *handing)
{
    if (handing->status != NULL) {
        heluo__v1__node_status_response__free_unpacked(handing->status, NULL);
    }
    if (handing->has_charter) {
        charter_fini(&handing->charter);
    }
    hl_free(handing->reads);
    hl_free(handing->readers);
    writer_fini(&handing->keyless);
    node_link_close(&handing->link);
}

/* --- Who reads it. ------------------------------------------------------- */

static void note_readers(struct handing *handing,
                         const Heluo__V1__BlobView *view)
{
    bool same =
        view->key_version == handing->version && !view->erased &&
        bytes_equal(bytes_of(view->key_digest.data, view->key_digest.len),
                    bytes_of(handing->digest.data, handing->digest.len));
    for (size_t i = 0; same && i < view->n_readers; i++) {
        const struct charter_node *node = charter_find_node(
            &handing->charter, bytes_of_text(view->readers[i]));
        if (node != NULL) {
            handing->reads[node - handing->charter.nodes] = true;
        }
    }
}

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *page, hl_err *err)
{
    const Heluo__V1__BlobListResponse *answer = (const void *)page;
    *err = HL_OK;
    for (size_t i = 0; i < answer->n_blobs; i++) {
        note_readers(context, answer->blobs[i]);
    }
    return &answer->next_page_token;
}

/* By the journals of all coordinators' nodes. A node that has no journal here
 * has no blob. */
static hl_err find_readers(struct handing *handing)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < handing->charter.node_count; i++) {
        const struct charter_node *node = &handing->charter.nodes[i];
        Heluo__V1__BlobListRequest request = HELUO__V1__BLOB_LIST_REQUEST__INIT;
        struct writer origin = {0};
        if (!node->roles[CHARTER_COORDINATOR].granted) {
            continue;
        }
        writer_format(&origin, "%s/%s", handing->charter.alliance, node->id);
        writer_u8(&origin, 0);
        request.origin = (char *)origin.data;
        struct paging paging = {
            .call = handing->call,
            .path = "/heluo.v1.Blob/List",
            .request = &request.base,
            .token = &request.page_token,
            .answer = &heluo__v1__blob_list_response__descriptor,
            .take = take_page,
            .context = handing,
        };
        err = paging_run(&paging);
        writer_fini(&origin);
    }
    return err;
}

/* Nodes that are not ended, but for this one and those that read it. */
static void choose_readers(struct handing *handing)
{
    int64_t now_s = clock_wall().ms / 1000;
    for (size_t i = 0; i < handing->charter.node_count; i++) {
        const struct charter_node *node = &handing->charter.nodes[i];
        if (node->ended || strcmp(node->id, handing->status->node) == 0 ||
            handing->reads[i]) {
            continue;
        }
        if (charter_key_at(node, CHARTER_ENCRYPTION, now_s) != NULL) {
            handing->readers[handing->reader_count++] = node->id;
        } else {
            writer_format(&handing->keyless, "%s%s",
                          handing->keyless.size == 0 ? "" : " ", node->id);
        }
    }
}

/* --- Handing it out. ----------------------------------------------------- */

/* Each blob is a command of its own, told apart by its number. */
static void command_of(const struct handing *handing, size_t number,
                       uint8_t id[HL_COMMAND_ID_BYTES])
{
    uint8_t counted[1] = {(uint8_t)number};
    struct bytes parts[] = {bytes_of(handing->command_id, HL_COMMAND_ID_BYTES),
                            bytes_of(counted, 1)};
    struct hl_hash hash = hash_parts(parts, 2);
    memcpy(id, number == 0 ? handing->command_id : hash.bytes,
           HL_COMMAND_ID_BYTES);
}

static hl_err put(struct handing *handing, size_t number, bool again)
{
    Heluo__V1__BlobPutFingerprintKeyRequest request =
        HELUO__V1__BLOB_PUT_FINGERPRINT_KEY_REQUEST__INIT;
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    uint8_t id[HL_COMMAND_ID_BYTES];
    size_t from = number * READERS_MAX;
    size_t left = handing->reader_count - from;
    ProtobufCMessage *answer = NULL;
    command_of(handing, number, id);
    write.command_id =
        (ProtobufCBinaryData){.len = HL_COMMAND_ID_BYTES, .data = id};
    request.write = &write;
    request.version = handing->version;
    request.again = again;
    request.readers = (char **)(uintptr_t)(handing->readers + from);
    request.n_readers = left < READERS_MAX ? left : READERS_MAX;
    hl_err err = node_link_ask_until(
        handing->call, &handing->link, "/heluo.v1.Blob/PutFingerprintKey",
        &request.base,
        &heluo__v1__blob_put_fingerprint_key_response__descriptor, &answer);
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static json_t *list_json(const struct handing *handing)
{
    json_t *list = json_array();
    for (size_t i = 0; i < handing->reader_count; i++) {
        json_array_append_new(list, cli_json_text(handing->readers[i]));
    }
    return list;
}

static void print(struct handing *handing)
{
    writer_u8(&handing->keyless, 0);
    const char *keyless = (const char *)handing->keyless.data;
    if (handing->call->json) {
        cli_print_json(json_pack("{s:I, s:o, s:s}", "version",
                                 (json_int_t)handing->version, "sealed_to",
                                 list_json(handing), "without_a_key", keyless));
        return;
    }
    printf("version %" PRIu32 "\nsealed to %zu nodes:", handing->version,
           handing->reader_count);
    for (size_t i = 0; i < handing->reader_count; i++) {
        printf(" %s", handing->readers[i]);
    }
    putchar('\n');
    if (keyless[0] != '\0') {
        printf("without an encryption key, so not to: %s\n", keyless);
    }
}

static hl_err hand_out(struct handing *handing, bool again)
{
    hl_err err = HL_OK;
    size_t count = (handing->reader_count + READERS_MAX - 1) / READERS_MAX;
    /* A new one is also the node's own where there is nobody else. */
    count = count == 0 && !again ? 1 : count;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        err = put(handing, i, again || i > 0);
    }
    if (err == HL_OK) {
        print(handing);
    }
    return err;
}

static hl_err take_version(struct handing *handing, uint32_t fallback)
{
    uint64_t version = 0;
    hl_err err = cli_get_decimal(handing->call, "version", 1,
                                 FINGERPRINT_VERSION_MAX, fallback, &version);
    handing->version = (uint32_t)version;
    return err;
}

static hl_err cmd_new(struct cli_call *call)
{
    struct handing handing;
    hl_err err = open_handing(call, &handing);
    if (err == HL_OK) {
        err = take_version(&handing, handing.status->fingerprint_newest + 1);
    }
    if (err == HL_OK) {
        choose_readers(&handing);
        err = hand_out(&handing, false);
    }
    close_handing(&handing);
    return err;
}

/* The version that is asked for, or the newest that is here. */
static hl_err find_version(struct handing *handing)
{
    const Heluo__V1__NodeStatusResponse *status = handing->status;
    hl_err err = take_version(handing, 0);
    for (size_t i = 0; err == HL_OK && i < status->n_fingerprint_keys; i++) {
        const Heluo__V1__NodeFingerprintKey *key = status->fingerprint_keys[i];
        if (key->here &&
            (handing->version == 0 || handing->version == key->version)) {
            handing->version = key->version;
            handing->digest = key->digest;
            return HL_OK;
        }
    }
    return err != HL_OK ? err
                        : hl_fail(&handing->call->detail, HL_ENOTFOUND,
                                  "this node has no such version: heluo status "
                                  "says which it has");
}

/* Those who are named, whether it was sealed to them before or not: to a former
 * key, that they have lost. */
static hl_err take_named(struct handing *handing)
{
    const char *name;
    while ((name = cli_get_nth(handing->call, "reader",
                               handing->reader_count)) != NULL) {
        if (handing->reader_count == handing->charter.node_count) {
            return cli_usage(handing->call, "--reader: more than the charter "
                                            "has nodes");
        }
        handing->readers[handing->reader_count++] = name;
    }
    return HL_OK;
}

static hl_err cmd_share(struct cli_call *call)
{
    struct handing handing;
    hl_err err = open_handing(call, &handing);
    if (err == HL_OK) {
        err = find_version(&handing);
    }
    if (err == HL_OK) {
        err = take_named(&handing);
    }
    if (err == HL_OK && handing.reader_count == 0) {
        err = find_readers(&handing);
        if (err == HL_OK) {
            choose_readers(&handing);
        }
    }
    if (err == HL_OK) {
        err = hand_out(&handing, true);
    }
    close_handing(&handing);
    return err;
}

/* --- A node's own file. -------------------------------------------------- */

static hl_err read_keys(struct cli_call *call, const char *path,
                        struct fingerprint_keys *out)
{
    struct writer text = {0};
    hl_err err = file_read_secret(path, FINGERPRINT_FILE_MAX_BYTES, &text,
                                  cli_about(call, path));
    if (err == HL_OK) {
        err = fingerprint_parse(writer_view(&text), out, &call->detail);
    }
    OPENSSL_cleanse(text.data, text.size);
    writer_fini(&text);
    return err;
}

static hl_err write_keys(struct cli_call *call, const char *path,
                         const struct fingerprint_keys *keys)
{
    uint8_t room[FINGERPRINT_FILE_MAX_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < keys->count; i++) {
        const struct fingerprint_key *key = &keys->items[i];
        size += (size_t)snprintf((char *)room + size, sizeof(room) - size,
                                 "%" PRIu32 " ", key->version);
        for (size_t k = 0; k < sizeof(key->secret); k++) {
            size += (size_t)snprintf((char *)room + size, sizeof(room) - size,
                                     "%02x", key->secret[k]);
        }
        room[size++] = '\n';
    }
    hl_err err = file_replace(path, FILE_MODE_SECRET, bytes_of(room, size),
                              cli_about(call, path));
    OPENSSL_cleanse(room, sizeof(room));
    return err;
}

/* In the place of the oldest, where there is no room beside them. */
static hl_err add_former(struct cli_call *call, struct fingerprint_keys *keys,
                         const struct fingerprint_key *key)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].version == key->version) {
            return CRYPTO_memcmp(keys->items[i].secret, key->secret,
                                 sizeof(key->secret)) == 0
                       ? HL_OK
                       : hl_fail(&call->detail, HL_EEXISTS,
                                 "it has another key of version %" PRIu32,
                                 key->version);
        }
    }
    if (keys->count == FINGERPRINT_KEYS_MAX &&
        keys->items[keys->count - 1].version < key->version) {
        keys->count--;
    }
    (void)fingerprint_add(keys, key);
    return HL_OK;
}

/* The newest two of the file and of those that were there. */
static hl_err merge(struct cli_call *call, const char *path,
                    struct fingerprint_keys *keys)
{
    struct fingerprint_keys former = {0};
    hl_err err = file_exists(path) ? read_keys(call, path, &former) : HL_OK;
    for (size_t i = 0; err == HL_OK && i < former.count; i++) {
        err = add_former(call, keys, &former.items[i]);
    }
    fingerprint_forget(&former);
    return err;
}

static hl_err cmd_install(struct cli_call *call)
{
    static const char DEFAULT_CONFIG[] = "/etc/heluo/heluod.conf";
    const char *given = cli_get(call, "config");
    const char *config_path = given == NULL ? DEFAULT_CONFIG : given;
    struct config config = {0};
    struct fingerprint_keys keys = {0};
    hl_err err =
        config_read(config_path, &config, cli_about(call, config_path));
    if (err == HL_OK && config.fingerprint_key[0] == '\0') {
        err = hl_fail(&call->detail, HL_ECONFIG,
                      "fingerprint_key names no file: add it, and start heluod "
                      "anew");
    }
    if (err == HL_OK) {
        err = read_keys(call, call->operands[0], &keys);
    }
    if (err == HL_OK) {
        err = merge(call, config.fingerprint_key, &keys);
    }
    if (err == HL_OK) {
        err = write_keys(call, config.fingerprint_key, &keys);
    }
    for (size_t i = 0; err == HL_OK && !call->json && i < keys.count; i++) {
        printf("%s %" PRIu32 "\n", i == 0 ? "version" : "former",
               keys.items[i].version);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:I, s:I}", "version",
                                 (json_int_t)keys.items[0].version, "former",
                                 (json_int_t)keys.items[1].version));
    }
    fingerprint_forget(&keys);
    config_fini(&config);
    return err;
}

/* --- The table. ---------------------------------------------------------- */

#define VERSION_OPTION(otherwise)                                              \
    {                                                                          \
        "version", "N", "1 to 1000000; " otherwise " if not given.",           \
            CLI_OPTIONAL                                                       \
    }
#define COMMAND_OPTION                                                         \
    {                                                                          \
        "command-id", "HEX",                                                   \
            "32 hex digits that name this request, for a repetition of it "    \
            "(give the\nsame --version then); made at random if not given.",   \
            CLI_OPTIONAL                                                       \
    }

static const struct cli_option new_options[] = {
    VERSION_OPTION("the next one"), COMMAND_OPTION, CONNECT_OPTIONS, {0}};

static const struct cli_option share_options[] = {
    VERSION_OPTION("the newest that is here"),
    {"reader", "NODE",
     "To that node, also where it was before: to a key that it has lost; "
     "again\n"
     "for more.",
     CLI_REPEATED},
    COMMAND_OPTION,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option install_options[] = {
    {"config", "FILE",
     "heluod's configuration; /etc/heluo/heluod.conf if not given.",
     CLI_OPTIONAL},
    {0}};

const struct cli_command fingerprint_commands[] = {
    {.name = "new",
     .summary = "make the next version, and hand it out",
     .description =
         "At a coordinator's node, for coordinators. The key is made in the\n"
         "node, sealed to every node of the charter that has an encryption "
         "key,\n"
         "and shown to nobody. Each takes it by itself as soon as it has it, "
         "and\n"
         "states fingerprints under it and under the former one, so that what "
         "is\n"
         "claimed twice while the change is under way is seen. When orders of "
         "the\n"
         "former version's time are settled, that node's operator takes it "
         "back by\n"
         "`heluo blob erase` of its blobs.",
     .examples = "heluo fingerprint new",
     .options = new_options,
     .json = true,
     .run = cmd_new},
    {.name = "share",
     .summary = "hand a version out to nodes that came later",
     .description =
         "At a coordinator's node, for coordinators: seals the key that this "
         "node\n"
         "has to all nodes that it was not sealed to yet.",
     .examples = "heluo fingerprint share\n"
                 "heluo fingerprint share --version 3 --reader kaifeng",
     .options = share_options,
     .json = true,
     .run = cmd_share},
    {.name = "install",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "take keys from a file that is shared by hand",
     .description =
         "Adds the lines of FILE (\"VERSION KEY\", 64 hex digits, mode 0600) "
         "to the\n"
         "file that fingerprint_key names, and keeps the two newest. A node "
         "that\n"
         "runs takes them by itself. Where a coordinator's node states the "
         "same\n"
         "version, its key is used.",
     .examples = "heluo fingerprint install new.key",
     .options = install_options,
     .json = true,
     .run = cmd_install},
    {0},
};
