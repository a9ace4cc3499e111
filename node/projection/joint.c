/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/joint.h"

#include <stdlib.h>
#include <string.h>

#include "node/projection/bodies.h"
#include "node/projection/half.h"
#include "node/projection/joint_home.h"
#include "node/projection/row.h"
#include "protocol/base/alloc.h"
#include "protocol/base/reader.h"

enum joint_row { JOINT_STATE, JOINT_MEMBER };

static struct store_key joint_key(struct bytes name, enum joint_row row)
{
    struct store_key key = {0};
    key_bytes(&key, name);
    key_u8(&key, (uint8_t)row);
    return key;
}

static struct store_key member_key(uint32_t number, struct bytes name)
{
    struct store_key key = joint_key(name, JOINT_MEMBER);
    key_u32(&key, number);
    return key;
}

hl_err joint_add(const struct tables *tables, uint32_t number,
                 struct bytes name, struct hl_detail *detail)
{
    struct store_key key = member_key(number, name);
    return tables_put(tables, STORE_JOINT, &key, (struct bytes){0}, detail);
}

hl_err joint_remove(const struct tables *tables, uint32_t number,
                    struct bytes name, struct hl_detail *detail)
{
    struct store_key key = member_key(number, name);
    return tables_delete(tables, STORE_JOINT, &key, detail);
}

/* --- Findings of one recomputation -------------------------------------- */

struct joint_finding {
    uint32_t number;
    enum finding_kind kind;
    uint64_t index;
    char *subject;
    char *en;
    char *zh;
};

struct joint_findings {
    struct joint_finding *items;
    size_t count;
};

static char *copy_text(const char *text)
{
    struct bytes bytes = bytes_of_text(text);
    return hl_copy(bytes.data, bytes.size);
}

void joint_report(struct joint_findings *findings,
                  const struct joint_member *about, enum finding_kind kind,
                  const struct finding_text *text)
{
    findings->items = hl_realloc(findings->items, findings->count + 1,
                                 sizeof(*findings->items));
    findings->items[findings->count++] = (struct joint_finding){
        .number = about->row.number,
        .kind = kind,
        .index = text->index,
        .subject = copy_text(text->subject),
        .en = copy_text(text->en),
        .zh = copy_text(text->zh),
    };
}

static void findings_fini(struct joint_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        hl_free(findings->items[i].subject);
        hl_free(findings->items[i].en);
        hl_free(findings->items[i].zh);
    }
    hl_free(findings->items);
}

static struct store_key named_finding(uint32_t number, enum finding_kind kind,
                                      struct bytes name)
{
    struct store_key key = finding_key(number, kind);
    key_bytes(&key, name);
    return key;
}

static hl_err replace_findings(const struct tables *tables,
                               const struct joint_rule *rule,
                               const struct joint_members *members,
                               struct bytes name,
                               const struct joint_findings *findings,
                               struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < members->count; i++) {
        for (size_t k = 0;
             k <= JOINT_KINDS_MAX && rule->kinds[k] != 0 && err == HL_OK; k++) {
            struct store_key key = named_finding(members->items[i].row.number,
                                                 rule->kinds[k], name);
            err = tables_delete(tables, STORE_FINDINGS, &key, detail);
        }
    }
    for (size_t i = 0; i < findings->count && err == HL_OK; i++) {
        const struct joint_finding *finding = &findings->items[i];
        struct store_key key =
            named_finding(finding->number, finding->kind, name);
        struct finding_text text = {finding->index, finding->subject,
                                    finding->en, finding->zh};
        err = finding_put(tables, &key, &text, detail);
    }
    return err;
}

/* --- Members ------------------------------------------------------------ */

static void add_member(struct joint_members *members, uint32_t number)
{
    members->items =
        hl_realloc(members->items, members->count + 1, sizeof(*members->items));
    members->items[members->count++] =
        (struct joint_member){.row = {.number = number}};
}

static void read_name(struct reader *reader, char *out, size_t room)
{
    struct bytes text = reader_bytes(reader, reader_u8(reader));
    if (text.size >= room) {
        reader_fail(reader);
    } else if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
}

static bool read_state(struct bytes value, struct joint_state *out)
{
    struct reader reader;
    reader_init(&reader, value);
    *out = (struct joint_state){0};
    out->homes = reader_u32(&reader);
    out->active = reader_u32(&reader);
    out->found = reader_u8(&reader) != 0;
    out->home.moved = reader_left(&reader) > 0;
    if (out->home.moved) {
        read_name(&reader, out->home.owner, sizeof(out->home.owner));
        read_name(&reader, out->home.moving_to, sizeof(out->home.moving_to));
    }
    return reader_finish(&reader) == HL_OK;
}

static void write_name(struct writer *out, const char *name)
{
    writer_u8(out, (uint8_t)strlen(name));
    writer_text(out, name);
}

static void write_state(const struct joint_state *state, struct writer *out)
{
    writer_u32(out, state->homes);
    writer_u32(out, state->active);
    writer_u8(out, state->found ? 1 : 0);
    if (state->home.moved) {
        write_name(out, state->home.owner);
        write_name(out, state->home.moving_to);
    }
}

/* The former state, all zero where there was none, and who has the record. */
static hl_err load_joint(const struct tables *tables, struct bytes name,
                         struct joint_state *former,
                         struct joint_members *members,
                         struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    hl_err err = tables_cursor(tables, STORE_JOINT, &cursor, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_row row = {0};
    err = store_seek(cursor, name, &row, detail);
    while (err == HL_OK && row.key.data != NULL &&
           bytes_begin_with(row.key, name)) {
        struct reader key;
        reader_init(&key, row.key);
        reader_bytes(&key, name.size);
        uint8_t kind = reader_u8(&key);
        if (kind == JOINT_MEMBER) {
            add_member(members, reader_u32(&key));
        } else if (!read_state(row.value, former)) {
            reader_fail(&key);
        }
        if (reader_finish(&key) != HL_OK) {
            err = hl_fail(detail, HL_EDAMAGED,
                          "joint state cannot be read: heluo rebuild makes it "
                          "anew");
            break;
        }
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

static int compare_origins(const void *a, const void *b)
{
    const struct joint_member *left = a;
    const struct joint_member *right = b;
    return bytes_compare(left->origin, right->origin);
}

/* The half that the key of a record names is a member where it has the record,
 * whether it released it or not. */
static hl_err add_home(const struct tables *tables,
                       const struct joint_rule *rule, struct bytes name,
                       struct joint_members *members, struct hl_detail *detail)
{
    struct half_state state = {0};
    struct store_key key = {0};
    struct row row;
    bool found = false;
    uint32_t number = 0;
    if (members->count == 0) {
        return HL_OK;
    }
    hl_err err =
        half_load(tables, members->items[0].row.number, 0, &state, detail);
    if (err == HL_OK) {
        err =
            home_find_half(tables, state.origin, name, &number, &found, detail);
    }
    for (size_t i = 0; i < members->count && found; i++) {
        found = members->items[i].row.number != number;
    }
    if (err == HL_OK && found) {
        key = row_key(number, rule->type, bytes_slice(name, 1, name.size - 1));
        err = row_get(tables, &key, number, &row, &found, detail);
    }
    if (err == HL_OK && found) {
        add_member(members, number);
    }
    return err;
}

/* Fills in rows and names, which borrow from the store: nothing is put until
 * they have been judged. */
static hl_err read_members(const struct tables *tables,
                           const struct joint_rule *rule, struct bytes name,
                           struct joint_members *members,
                           struct hl_detail *detail)
{
    struct bytes key = bytes_slice(name, 1, name.size - 1);
    for (size_t i = 0; i < members->count; i++) {
        struct joint_member *member = &members->items[i];
        uint32_t number = member->row.number;
        struct store_key at = row_key(number, rule->type, key);
        bool found = false;
        hl_err err = row_get(tables, &at, number, &member->row, &found, detail);
        if (err == HL_OK && !found) {
            err = hl_fail(detail, HL_EDAMAGED,
                          "joint state names a row that is not there: heluo "
                          "rebuild makes it anew");
        }
        struct half_state state = {0};
        if (err == HL_OK &&
            (members->count > 1 || rule->moves || rule->named)) {
            err = half_load(tables, number, 0, &state, detail);
        }
        if (err != HL_OK) {
            return err;
        }
        member->origin = state.origin;
    }
    if (members->count > 1) {
        qsort(members->items, members->count, sizeof(*members->items),
              compare_origins);
    }
    return HL_OK;
}

/* --- Recomputing -------------------------------------------------------- */

static bool same_home(const struct record_home *a, const struct record_home *b)
{
    return a->moved == b->moved && strcmp(a->owner, b->owner) == 0 &&
           strcmp(a->moving_to, b->moving_to) == 0;
}

static hl_err store_state(const struct tables *tables, struct bytes name,
                          const struct joint_state *former,
                          const struct joint_state *state,
                          struct hl_detail *detail)
{
    struct store_key key = joint_key(name, JOINT_STATE);
    if (state->homes == 0) {
        return tables_delete(tables, STORE_JOINT, &key, detail);
    }
    if (state->homes == former->homes && state->active == former->active &&
        state->found == former->found &&
        same_home(&state->home, &former->home)) {
        return HL_OK;
    }
    struct writer value = {0};
    write_state(state, &value);
    hl_err err =
        tables_put(tables, STORE_JOINT, &key, writer_view(&value), detail);
    writer_fini(&value);
    return err;
}

static hl_err store_transit(const struct tables *tables, struct bytes name,
                            const struct record_home *former,
                            const struct record_home *now,
                            struct hl_detail *detail)
{
    static const uint8_t there = 1;
    hl_err err = HL_OK;
    if (same_home(former, now)) {
        return HL_OK;
    }
    if (former->moving_to[0] != '\0') {
        struct store_key key = joint_transit_key(former, name);
        err = tables_delete(tables, STORE_JOINT, &key, detail);
    }
    if (err == HL_OK && now->moving_to[0] != '\0') {
        struct store_key key = joint_transit_key(now, name);
        err =
            tables_put(tables, STORE_JOINT, &key, bytes_of(&there, 1), detail);
    }
    return err;
}

static hl_err judge(const struct tables *tables, const struct joint_rule *rule,
                    struct bytes name, const struct joint_members *members,
                    struct joint_findings *findings, struct joint_state *state,
                    struct hl_detail *detail)
{
    struct joint_case of = {tables,  rule->type, name,
                            members, findings,   &state->home};
    hl_err err = rule->judge(&of, detail);
    state->homes = (uint32_t)members->count;
    state->found = findings->count > 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct row *row = &members->items[i].row;
        state->active += row->retired || row->released ? 0 : 1;
    }
    return err;
}

hl_err joint_recompute(const struct tables *tables,
                       const struct joint_rule *rule, struct bytes name,
                       struct hl_detail *detail)
{
    struct joint_state former = {0}, state = {0};
    struct joint_members members = {0};
    struct joint_findings findings = {0};
    hl_err err = load_joint(tables, name, &former, &members, detail);
    if (err == HL_OK && rule->moves) {
        err = add_home(tables, rule, name, &members, detail);
    }
    if (err != HL_OK || (members.count == 0 && former.homes == 0)) {
        goto out;
    }
    err = read_members(tables, rule, name, &members, detail);
    if (err == HL_OK && members.count > 0) {
        err = judge(tables, rule, name, &members, &findings, &state, detail);
    }
    if (err != HL_OK) {
        goto out;
    }
    if (former.found || state.found) {
        err = replace_findings(tables, rule, &members, name, &findings, detail);
    }
    if (err == HL_OK) {
        err = store_transit(tables, name, &former.home, &state.home, detail);
    }
    if (err == HL_OK) {
        err = store_state(tables, name, &former, &state, detail);
    }
out:
    findings_fini(&findings);
    hl_free(members.items);
    return err;
}

/* --- Reading ------------------------------------------------------------ */

hl_err projection_next_home(struct store_txn *txn,
                            const struct record_type *type, struct bytes key,
                            const uint32_t *after, uint32_t *number,
                            bool *found, struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key name = row_key(0, type, key);
    struct store_key prefix =
        joint_key(row_name(key_view(&name)), JOINT_MEMBER);
    struct store_key from = prefix;
    if (after != NULL) {
        key_u32(&from, *after);
    }
    struct store_row row;
    err = tables_next(&tables, STORE_JOINT, key_view(&prefix), key_view(&from),
                      &row, detail);
    if (err != HL_OK) {
        return err;
    }
    *found = row.key.data != NULL;
    if (*found) {
        struct reader reader;
        reader_init(&reader, row.key);
        reader_bytes(&reader, prefix.size);
        *number = reader_u32(&reader);
    }
    return HL_OK;
}

hl_err projection_home(struct store_txn *txn, const struct record_type *type,
                       struct bytes key, struct record_home *out,
                       struct hl_detail *detail)
{
    struct tables tables;
    struct joint_state state = {0};
    struct bytes value = {0};
    hl_err err = tables_living(txn, &tables, detail);
    struct store_key name = row_key(0, type, key);
    struct store_key at = joint_key(row_name(key_view(&name)), JOINT_STATE);
    if (err == HL_OK) {
        err = tables_get(&tables, STORE_JOINT, &at, &value, detail);
    }
    if (err == HL_OK && value.data != NULL && !read_state(value, &state)) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "joint state cannot be read: heluo rebuild makes it "
                      "anew");
    }
    *out = state.home;
    return err;
}
