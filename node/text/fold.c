/* SPDX-License-Identifier: Apache-2.0 */
#include "node/text/fold.h"

#include <utf8proc.h>

#include "node/text/simplified.h"

void fold_begin(struct fold *fold, struct bytes text)
{
    *fold = (struct fold){.text = text};
}

static bool is_kept(int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

static bool is_table(int32_t code)
{
    return code >= SIMPLIFIED_FIRST && code <= SIMPLIFIED_LAST;
}

static int32_t simplified(int32_t code)
{
    return is_table(code) ? simplified_of[code - SIMPLIFIED_FIRST] : code;
}

/* The usual ones, which need no tables of Unicode. */
static bool fold_plain(struct fold *fold, int32_t code)
{
    if (code < 0x80) {
        bool upper = code >= 'A' && code <= 'Z';
        bool kept = upper || (code >= 'a' && code <= 'z') ||
                    (code >= '0' && code <= '9');
        fold->codes[0] = upper ? code - 'A' + 'a' : code;
        fold->count = kept ? 1 : 0;
        return true;
    }
    if (is_table(code)) {
        fold->codes[0] = simplified(code);
        fold->count = 1;
        return true;
    }
    return false;
}

/* What drops out whole (an accent, a soft hyphen) divides nothing. */
static bool fold_any(struct fold *fold, int32_t code)
{
    int32_t out[FOLD_OF_ONE_MAX];
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(
        code, out, FOLD_OF_ONE_MAX,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
            UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
        &boundary);
    if (count == 0) {
        return false;
    }
    for (utf8proc_ssize_t i = 0; i < count && i < FOLD_OF_ONE_MAX; i++) {
        if (is_kept(out[i])) {
            fold->codes[fold->count++] = simplified(out[i]);
        }
    }
    return true;
}

/* Takes the text's next code point. */
static void take(struct fold *fold)
{
    int32_t code = -1;
    struct bytes rest =
        bytes_slice(fold->text, fold->at, fold->text.size - fold->at);
    utf8proc_ssize_t size =
        utf8proc_iterate(rest.data, (utf8proc_ssize_t)rest.size, &code);
    fold->from = fold->at;
    fold->at += size > 0 ? (size_t)size : 1;
    fold->to = fold->at;
    fold->next = fold->count = 0;
    bool divides = size <= 0 || fold_plain(fold, code) || fold_any(fold, code);
    if (fold->count == 0 && divides && fold->begun && !fold->space) {
        fold->space = true;
        fold->space_from = fold->from;
    }
}

bool fold_next(struct fold *fold, struct folded *out)
{
    while (fold->next == fold->count) {
        if (fold->at == fold->text.size) {
            return false;
        }
        take(fold);
    }
    if (fold->space) {
        fold->space = false;
        *out = (struct folded){' ', fold->space_from, fold->from};
        return true;
    }
    fold->begun = true;
    *out = (struct folded){(uint32_t)fold->codes[fold->next++], fold->from,
                           fold->to};
    return true;
}

static void put(struct writer *out, uint32_t code)
{
    uint8_t bytes[4];
    if (code < 0x80) {
        writer_u8(out, (uint8_t)code);
        return;
    }
    utf8proc_ssize_t size = utf8proc_encode_char((int32_t)code, bytes);
    writer_bytes(out, bytes_of(bytes, (size_t)size));
}

void fold_text(struct bytes text, struct writer *out)
{
    struct fold fold;
    struct folded folded;
    fold_begin(&fold, text);
    while (fold_next(&fold, &folded)) {
        put(out, folded.code);
    }
}

void fold_compact(struct bytes text, struct writer *out)
{
    struct fold fold;
    struct folded folded;
    fold_begin(&fold, text);
    while (fold_next(&fold, &folded)) {
        if (folded.code != ' ') {
            put(out, folded.code);
        }
    }
}

bool fold_is_ideograph(uint32_t code)
{
    return is_table((int32_t)code) || (code >= 0x20000 && code <= 0x3ffff) ||
           (code >= 0x3040 && code <= 0x30ff);
}
