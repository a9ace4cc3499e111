/* SPDX-License-Identifier: Apache-2.0 */

/* The commands that change one node of a charter. */

#include <string.h>

#include "certs/tools/clock.h"
#include "node/cli/cmd_charter_edit.h"
#include "protocol/base/base64.h"
#include "protocol/base/text.h"

static hl_err find_node(struct cli_call *call, struct charter_edit *edit,
                        struct charter_node **node)
{
    const char *id = cli_get(call, "id");
    *node = charter_find_node_mutable(&edit->draft, bytes_of_text(id));
    if (*node == NULL) {
        return hl_fail(&call->detail, HL_EUNKNOWNNODE, "there is no node '%s'",
                       id);
    }
    return HL_OK;
}

static hl_err get_head(struct cli_call *call, struct head *out)
{
    struct head_text text = {.size = bytes_of_text(cli_get(call, "size")),
                             .root = bytes_of_text(cli_get(call, "root"))};
    struct hl_detail detail = {0};
    return head_parse(&text, out, &detail) == HL_OK
               ? HL_OK
               : cli_usage(call, "%s", detail.text);
}

/* --from TIME, or now. */
static hl_err get_from(struct cli_call *call, int64_t *posix_s)
{
    const char *text = cli_get(call, "from");
    struct hl_wall wall = clock_wall();
    if (text != NULL && wall_parse(bytes_of_text(text), &wall) != HL_OK) {
        return cli_usage(call,
                         "--from is '%s': write it like "
                         "2026-11-21T08:30:00Z",
                         text);
    }
    *posix_s = wall_seconds(wall);
    return HL_OK;
}

static hl_err set_endpoints(struct cli_call *call, struct charter_node *node)
{
    node->endpoint_count = 0;
    const char *text = cli_get_nth(call, "endpoint", 0);
    for (size_t n = 1; text != NULL; n++) {
        if (!charter_endpoint_valid(bytes_of_text(text))) {
            return cli_usage(call,
                             "endpoint '%s' is not like "
                             "city.example.org:7443",
                             text);
        }
        if (node->endpoint_count == HL_CHARTER_ENDPOINTS_MAX) {
            return cli_usage(call, "more than %d endpoints",
                             HL_CHARTER_ENDPOINTS_MAX);
        }
        snprintf(node->endpoints[node->endpoint_count++],
                 CHARTER_ENDPOINT_BYTES, "%s", text);
        text = cli_get_nth(call, "endpoint", n);
    }
    return HL_OK;
}

static hl_err parse_role(struct cli_call *call, const char *word, size_t *role)
{
    for (size_t i = 0; i < CHARTER_ROLE_COUNT; i++) {
        if (strcmp(word, charter_role_name((enum charter_role)i)) == 0) {
            *role = i;
            return HL_OK;
        }
    }
    return hl_fail(cli_about(call, ""), HL_EROLE,
                   "'%s': a node's roles are clearing and coordinator", word);
}

static hl_err grant_roles(struct cli_call *call, struct charter_node *node)
{
    hl_err err = HL_OK;
    const char *word = cli_get_nth(call, "role", 0);
    for (size_t n = 1; word != NULL && err == HL_OK; n++) {
        size_t role = 0;
        err = parse_role(call, word, &role);
        if (err == HL_OK) {
            node->roles[role].granted = true;
        }
        word = cli_get_nth(call, "role", n);
    }
    return err;
}

static hl_err set_region(struct cli_call *call, struct charter_node *node)
{
    const char *region = cli_get(call, "region");
    if (!charter_region_valid(bytes_of_text(region))) {
        return cli_usage(call, "region '%s' is no six-digit code of GB/T 2260",
                         region);
    }
    memcpy(node->region, region, CHARTER_REGION_BYTES);
    return HL_OK;
}

/* A key that is followed by another of its purpose ends when that begins. */
static hl_err close_former(struct cli_call *call, struct charter_node *node,
                           const struct charter_key *next)
{
    for (size_t i = 0; i < node->key_count; i++) {
        struct charter_key *key = &node->keys[i];
        if (key->purpose != next->purpose || key->until_s <= next->from_s) {
            continue;
        }
        if (key->from_s >= next->from_s) {
            return cli_usage(call,
                             "the node has a %s key from that time or a "
                             "later one",
                             charter_purpose_name(next->purpose));
        }
        key->until_s = next->from_s;
    }
    return HL_OK;
}

static hl_err add_key(struct cli_call *call, struct charter_node *node,
                      enum charter_purpose purpose, const char *option)
{
    const char *text = cli_get(call, option);
    struct charter_key key = {.purpose = purpose, .until_s = CHARTER_NO_END};
    if (text == NULL) {
        return HL_OK;
    }
    hl_err err = get_from(call, &key.from_s);
    if (err == HL_OK && purpose == CHARTER_ENCRYPTION) {
        if (base64_decode_exact(bytes_of_text(text), sizeof(key.x25519),
                                key.x25519) != HL_OK) {
            return cli_usage(call, "--%s is not 32 bytes in base64", option);
        }
    } else if (err == HL_OK) {
        err = charter_edit_vkey(
            call, option, text,
            purpose == CHARTER_MIRROR ? VKEY_COSIGNATURE : VKEY_SM2, &key.vkey);
    }
    if (err == HL_OK) {
        err = close_former(call, node, &key);
    }
    return err == HL_OK ? charter_add_key(node, &key, &call->detail) : err;
}

static hl_err add_keys(struct cli_call *call, struct charter_node *node)
{
    hl_err err = add_key(call, node, CHARTER_MIRROR, "mirror-key");
    if (err == HL_OK) {
        err = add_key(call, node, CHARTER_ENCRYPTION, "encryption-key");
    }
    if (err == HL_OK) {
        err = add_key(call, node, CHARTER_SM2, "sm2-key");
    }
    return err;
}

static hl_err add_journal_key(struct cli_call *call, struct charter_node *node,
                              enum charter_succession succession,
                              struct head from)
{
    struct charter_journal_key key = {.succession = succession, .from = from};
    hl_err err =
        charter_edit_vkey(call, "journal-key", cli_get(call, "journal-key"),
                          VKEY_ED25519, &key.vkey);
    return err == HL_OK ? charter_add_journal_key(node, &key, &call->detail)
                        : err;
}

static hl_err describe_new_node(struct cli_call *call,
                                struct charter_node *node)
{
    hl_err err = set_region(call, node);
    if (err == HL_OK) {
        err = set_endpoints(call, node);
    }
    if (err == HL_OK) {
        err = add_journal_key(call, node, CHARTER_FIRST, head_empty());
    }
    if (err == HL_OK) {
        err = add_keys(call, node);
    }
    return err == HL_OK ? grant_roles(call, node) : err;
}

hl_err cmd_charter_add_node(struct cli_call *call)
{
    const char *id = cli_get(call, "id");
    struct charter_edit edit;
    struct charter_node *node = NULL;
    if (!charter_node_id_valid(bytes_of_text(id))) {
        return cli_usage(call,
                         "id '%s' is not a lower-case DNS label, or it is "
                         "'coordinator'",
                         id);
    }
    hl_err err = charter_edit_begin(call, &edit);
    if (err != HL_OK) {
        return err;
    }
    err =
        charter_add_node(&edit.draft, bytes_of_text(id), &node, &call->detail);
    if (err == HL_OK) {
        err = describe_new_node(call, node);
    }
    return charter_edit_end(call, &edit, err);
}

/* What the commands for one node of the charter do between reading and
 * writing. */
typedef hl_err (*node_edit_fn)(struct cli_call *call,
                               struct charter_node *node);

static hl_err edit_node(struct cli_call *call, node_edit_fn change)
{
    struct charter_edit edit;
    struct charter_node *node = NULL;
    hl_err err = charter_edit_begin(call, &edit);
    if (err != HL_OK) {
        return err;
    }
    err = find_node(call, &edit, &node);
    if (err == HL_OK) {
        err = change(call, node);
    }
    return charter_edit_end(call, &edit, err);
}

static hl_err change_node(struct cli_call *call, struct charter_node *node)
{
    hl_err err = HL_OK;
    if (cli_has(call, "region")) {
        err = set_region(call, node);
    }
    if (err == HL_OK && cli_has(call, "endpoint")) {
        err = set_endpoints(call, node);
    }
    return err == HL_OK ? grant_roles(call, node) : err;
}

hl_err cmd_charter_set_node(struct cli_call *call)
{
    return edit_node(call, change_node);
}

static hl_err change_end(struct cli_call *call, struct charter_node *node)
{
    hl_err err = get_head(call, &node->end);
    if (err == HL_OK && node->ended) {
        return hl_fail(&call->detail, HL_EENDED, "node '%s' is ended already",
                       node->id);
    }
    node->ended = err == HL_OK;
    return err;
}

hl_err cmd_charter_end_node(struct cli_call *call)
{
    return edit_node(call, change_end);
}

static hl_err change_readmit(struct cli_call *call, struct charter_node *node)
{
    struct head from;
    hl_err err = get_head(call, &from);
    if (err == HL_OK && node->ended) {
        return hl_fail(&call->detail, HL_EENDED,
                       "node '%s' was ended, and does not come back under that "
                       "id: others have taken back what they held for it; add "
                       "it under another (heluo charter add-node)",
                       node->id);
    }
    return err == HL_OK ? add_journal_key(call, node, CHARTER_REPLACE, from)
                        : err;
}

hl_err cmd_charter_readmit(struct cli_call *call)
{
    return edit_node(call, change_readmit);
}

static void drop_closed(struct charter_node *node)
{
    int64_t now_s = wall_seconds(clock_wall());
    size_t kept = 0;
    for (size_t i = 0; i < node->key_count; i++) {
        if (node->keys[i].until_s > now_s) {
            node->keys[kept++] = node->keys[i];
        }
    }
    node->key_count = kept;
}

static hl_err change_key(struct cli_call *call, struct charter_node *node)
{
    bool journal = cli_has(call, "journal-key");
    bool point = cli_has(call, "size") && cli_has(call, "root");
    if (journal != point || (cli_has(call, "stolen") && !journal)) {
        return cli_usage(call, "--journal-key goes with --size and --root "
                               "(and --stolen)");
    }
    if (cli_has(call, "drop-closed")) {
        drop_closed(node);
    }
    hl_err err = add_keys(call, node);
    if (err == HL_OK && journal) {
        struct head from;
        err = get_head(call, &from);
        if (err == HL_OK) {
            err = add_journal_key(call, node,
                                  cli_has(call, "stolen") ? CHARTER_REPLACE
                                                          : CHARTER_ROTATE,
                                  from);
        }
    }
    return err;
}

hl_err cmd_charter_set_key(struct cli_call *call)
{
    if (!cli_has(call, "journal-key") && !cli_has(call, "mirror-key") &&
        !cli_has(call, "encryption-key") && !cli_has(call, "sm2-key") &&
        !cli_has(call, "drop-closed")) {
        return cli_usage(call, "name the key that is new");
    }
    return edit_node(call, change_key);
}

/* Puts the keepers in order and refuses what the file could not hold. */
static hl_err collect_keepers(struct cli_call *call, struct charter_node *node)
{
    node->keeper_count = 0;
    const char *id = cli_get_nth(call, "keeper", 0);
    for (size_t n = 1; id != NULL; n++) {
        if (node->keeper_count == HL_KEEPERS_MAX ||
            !text_is_label(bytes_of_text(id))) {
            return cli_usage(call, "keeper '%s': up to %d ids of nodes", id,
                             HL_KEEPERS_MAX);
        }
        size_t place = node->keeper_count++;
        while (place > 0 && strcmp(node->keepers[place - 1], id) > 0) {
            memcpy(node->keepers[place], node->keepers[place - 1],
                   CHARTER_LABEL_BYTES);
            place--;
        }
        snprintf(node->keepers[place], CHARTER_LABEL_BYTES, "%s", id);
        id = cli_get_nth(call, "keeper", n);
    }
    return HL_OK;
}

static hl_err change_keepers(struct cli_call *call, struct charter_node *node)
{
    uint64_t quorum = 0;
    hl_err err = cli_get_decimal(call, "quorum", 0, HL_KEEPERS_MAX, 0, &quorum);
    if (err == HL_OK) {
        err = collect_keepers(call, node);
    }
    if (err == HL_OK && (quorum == 0) != (node->keeper_count == 0)) {
        return cli_usage(call, "--quorum 0 means no keeper, and no keeper "
                               "means --quorum 0");
    }
    if (cli_has(call, "size") != cli_has(call, "root")) {
        return cli_usage(call, "--size and --root go together");
    }
    node->quorum = (size_t)quorum;
    node->has_keepers_from = cli_has(call, "size");
    if (err == HL_OK && node->has_keepers_from) {
        err = get_head(call, &node->keepers_from);
    }
    return err;
}

hl_err cmd_charter_set_keepers(struct cli_call *call)
{
    return edit_node(call, change_keepers);
}

static hl_err change_role(struct cli_call *call, struct charter_node *node)
{
    size_t role = 0;
    hl_err err = parse_role(call, cli_get(call, "role"), &role);
    if (err != HL_OK) {
        return err;
    }
    struct charter_grant *grant = &node->roles[role];
    if (!grant->granted || grant->ended) {
        return hl_fail(&call->detail, grant->ended ? HL_EENDED : HL_ENOTFOUND,
                       "node '%s' has no role '%s' that could end", node->id,
                       cli_get(call, "role"));
    }
    err = get_head(call, &grant->end);
    grant->ended = err == HL_OK;
    return err;
}

hl_err cmd_charter_end_role(struct cli_call *call)
{
    return edit_node(call, change_role);
}
