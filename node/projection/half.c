/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/half.h"

#include "node/projection/trie.h"
#include "protocol/base/reader.h"

struct store_key digest_key(uint32_t number, enum digest_row row)
{
    struct store_key key = {0};
    key_u32(&key, number);
    key_u8(&key, (uint8_t)row);
    return key;
}

static void encode(const struct half_state *state, struct writer *out)
{
    const struct half *half = &state->half;
    writer_u64(out, half->size);
    writer_u8(out, half->paused ? 1 : 0);
    writer_u64(out, half->paused ? state->paused_knowing : 0);
    writer_u64(out, half->rules);
    writer_u64(out, half->digest_size);
    writer_bytes(out, bytes_of(half->digest.bytes, HL_HASH_BYTES));
    writer_u64(out, half->invalid);
    writer_bytes(out, bytes_of(state->root.bytes, HL_HASH_BYTES));
    writer_u64(out, (uint64_t)state->recorded_at.ms);
    writer_bytes(out, state->origin);
}

static hl_err decode(struct bytes value, struct half_state *out)
{
    struct reader reader;
    reader_init(&reader, value);
    struct half_state state = {0};
    state.half.size = reader_u64(&reader);
    state.half.paused = reader_u8(&reader) != 0;
    state.paused_knowing = reader_u64(&reader);
    state.half.rules = reader_u64(&reader);
    state.half.digest_size = reader_u64(&reader);
    reader_copy(&reader, HL_HASH_BYTES, state.half.digest.bytes);
    state.half.invalid = reader_u64(&reader);
    reader_copy(&reader, HL_HASH_BYTES, state.root.bytes);
    state.recorded_at.ms = (int64_t)reader_u64(&reader);
    state.origin = reader_bytes(&reader, reader_left(&reader));
    if (reader_finish(&reader) != HL_OK) {
        return HL_EDAMAGED;
    }
    *out = state;
    return HL_OK;
}

hl_err half_load(const struct tables *tables, uint32_t number, uint64_t knowing,
                 struct half_state *out, struct hl_detail *detail)
{
    struct store_key key = digest_key(number, DIGEST_HALF);
    struct bytes value;
    hl_err err = tables_get(tables, STORE_DIGESTS, &key, &value, detail);
    if (err != HL_OK) {
        return err;
    }
    if (value.data == NULL) {
        *out = (struct half_state){0};
        out->root = trie_empty_root();
        out->half.digest = out->root;
        return HL_OK;
    }
    if (decode(value, out) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "what is computed of journal number %u cannot be read: "
                       "heluo rebuild makes it anew",
                       number);
    }
    if (out->half.paused && out->paused_knowing != knowing) {
        out->half.paused = false;
    }
    return HL_OK;
}

hl_err half_store(const struct tables *tables, uint32_t number,
                  const struct half_state *state, struct hl_detail *detail)
{
    struct store_key key = digest_key(number, DIGEST_HALF);
    struct writer value = {0};
    encode(state, &value);
    hl_err err =
        tables_put(tables, STORE_DIGESTS, &key, writer_view(&value), detail);
    writer_fini(&value);
    return err;
}

static struct store_key recorded_key(uint32_t number, uint64_t size)
{
    struct store_key key = digest_key(number, DIGEST_RECORDED);
    key_u64(&key, size);
    return key;
}

hl_err half_record_digest(const struct tables *tables, uint32_t number,
                          struct half_state *state, struct hl_detail *detail)
{
    struct half *half = &state->half;
    half->digest_size = half->size;
    half->digest = state->root;
    struct writer value = {0};
    writer_u64(&value, half->rules);
    writer_bytes(&value, bytes_of(half->digest.bytes, HL_HASH_BYTES));
    struct store_key key = recorded_key(number, half->size);
    hl_err err =
        tables_put(tables, STORE_DIGESTS, &key, writer_view(&value), detail);
    writer_fini(&value);
    uint64_t kept = (uint64_t)DIGESTS_RECORDED_MAX * DIGEST_EVERY_ENTRIES;
    if (err != HL_OK || half->size <= kept) {
        return err;
    }
    key = recorded_key(number, half->size - kept);
    return tables_delete(tables, STORE_DIGESTS, &key, detail);
}

hl_err half_recorded_rules(const struct tables *tables, uint32_t number,
                           uint64_t size, uint64_t *rules,
                           struct hl_detail *detail)
{
    struct store_key key = recorded_key(number, size);
    struct bytes value;
    hl_err err = tables_get(tables, STORE_DIGESTS, &key, &value, detail);
    if (err != HL_OK) {
        return err;
    }
    struct reader reader;
    reader_init(&reader, value);
    uint64_t read = reader_u64(&reader);
    reader_bytes(&reader, HL_HASH_BYTES);
    if (reader_finish(&reader) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "a recorded digest cannot be read: heluo rebuild makes "
                       "it anew");
    }
    *rules = read;
    return HL_OK;
}
