/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sync/words.h"

#include <string.h>

#include "node/store/key.h"
#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

hl_err words_read(struct store_txn *txn, struct head *out,
                  struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_WORDS);
    struct bytes value = {0};
    struct head words = head_empty();
    hl_err err = store_get(txn, STORE_META, key_view(&key), &value, detail);
    if (err != HL_OK) {
        return err;
    }
    if (value.data == NULL) {
        *out = words;
        return HL_OK;
    }
    struct reader reader;
    reader_init(&reader, value);
    words.size = reader_u64(&reader);
    struct bytes root = reader_bytes(&reader, HL_HASH_BYTES);
    err = reader_finish(&reader);
    if (err != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "the count of cosignatures has a wrong length");
    }
    memcpy(words.root.bytes, root.data, HL_HASH_BYTES);
    *out = words;
    return HL_OK;
}

hl_err words_add(struct store_txn *txn, struct bytes note,
                 struct hl_detail *detail)
{
    struct head words;
    hl_err err = words_read(txn, &words, detail);
    if (err != HL_OK) {
        return err;
    }
    struct bytes parts[] = {bytes_of(words.root.bytes, HL_HASH_BYTES), note};
    words.root = hash_parts(parts, 2);
    words.size++;
    struct store_key key = key_meta(STORE_META_WORDS);
    struct writer value = {0};
    writer_u64(&value, words.size);
    writer_bytes(&value, bytes_of(words.root.bytes, HL_HASH_BYTES));
    err =
        store_put(txn, STORE_META, key_view(&key), writer_view(&value), detail);
    writer_fini(&value);
    return err;
}

bool words_agree(const struct head *store, const struct head *mark)
{
    return mark->size < store->size || head_equal(store, mark);
}
