/* SPDX-License-Identifier: Apache-2.0 */
#include "node/text/hits.h"

#include "node/text/fold.h"
#include "protocol/base/alloc.h"

/* The text folded, with where each code point comes from. */
struct plain {
    struct folded *items;
    size_t count;
};

static struct plain plain_of(struct bytes text)
{
    struct plain plain = {0};
    struct fold fold;
    struct folded folded;
    size_t room = 0;
    fold_begin(&fold, text);
    while (fold_next(&fold, &folded)) {
        if (plain.count == room) {
            room = room * 2 + 64;
            plain.items = hl_realloc(plain.items, room, sizeof(plain.items[0]));
        }
        plain.items[plain.count++] = folded;
    }
    return plain;
}

enum script { SCRIPT_SPACE, SCRIPT_DIGIT, SCRIPT_WRITTEN, SCRIPT_LETTER };

static enum script script_of(uint32_t code)
{
    return code == ' '                  ? SCRIPT_SPACE
           : code >= '0' && code <= '9' ? SCRIPT_DIGIT
           : fold_is_ideograph(code)    ? SCRIPT_WRITTEN
                                        : SCRIPT_LETTER;
}

static bool begins_word(const struct plain *text, size_t at)
{
    enum script script = script_of(text->items[at].code);
    return at == 0 || script == SCRIPT_WRITTEN ||
           script_of(text->items[at - 1].code) != script;
}

/* Spaces in the one that the other has not are none. */
static size_t length_at(const struct plain *text, size_t at,
                        const struct plain *word)
{
    size_t i = at, k = 0;
    while (k < word->count) {
        while (k < word->count && word->items[k].code == ' ') {
            k++;
        }
        while (i > at && i < text->count && text->items[i].code == ' ') {
            i++;
        }
        if (k == word->count) {
            break;
        }
        if (i == text->count || text->items[i].code != word->items[k].code) {
            return 0;
        }
        i++;
        k++;
    }
    return i - at;
}

static size_t longest_at(const struct plain *text, size_t at,
                         const struct plain *words, size_t count)
{
    size_t longest = 0;
    for (size_t w = 0; w < count && begins_word(text, at); w++) {
        size_t length = length_at(text, at, &words[w]);
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Where the text is cut: `chars` code points from `from` on. */
static size_t cut_after(struct bytes text, size_t from, size_t chars)
{
    size_t at = from;
    while (at < text.size) {
        bool begins = (text.data[at] & 0xc0u) != 0x80u;
        if (begins && chars-- == 0) {
            break;
        }
        at++;
    }
    return at;
}

static size_t begin_before(struct bytes text, size_t at, size_t chars)
{
    while (at > 0 && chars > 0) {
        at--;
        chars -= (text.data[at] & 0xc0u) != 0x80u ? 1 : 0;
    }
    return at;
}

static void add_mark(struct hits *out, size_t from, size_t to)
{
    struct hit *last = out->count == 0 ? NULL : &out->marks[out->count - 1];
    if (last != NULL && from <= last->to) {
        last->to = to > last->to ? to : last->to;
    } else if (out->count < HITS_MAX) {
        out->marks[out->count++] = (struct hit){from, to};
    }
}

/* Marks from the first place on, of which the part begins a little before. */
static void mark_all(struct bytes text, const struct plain *plain,
                     const struct plain *words, size_t count, size_t chars,
                     struct hits *out)
{
    size_t begin = 0, end = 0;
    bool found = false;
    for (size_t i = 0; i < plain->count; i++) {
        size_t length = longest_at(plain, i, words, count);
        if (length == 0) {
            continue;
        }
        size_t from = plain->items[i].from;
        size_t to = plain->items[i + length - 1].to;
        if (!found) {
            found = true;
            begin = cut_after(text, 0, chars) < to
                        ? begin_before(text, from, HITS_BEFORE_CHARS)
                        : 0;
            end = cut_after(text, begin, chars);
        }
        if (from >= end) {
            break;
        }
        add_mark(out, from - begin, (to < end ? to : end) - begin);
    }
    if (!found) {
        end = cut_after(text, 0, chars);
    }
    out->part = bytes_slice(text, begin, end - begin);
}

bool hits_mark(struct bytes text, const struct bytes *words, size_t count,
               size_t chars, struct hits *out)
{
    struct plain plain = plain_of(text);
    struct plain *folded = hl_alloc(count + 1, sizeof(folded[0]));
    for (size_t i = 0; i < count; i++) {
        folded[i] = plain_of(words[i]);
    }
    *out = (struct hits){0};
    mark_all(text, &plain, folded, count, chars, out);
    for (size_t i = 0; i < count; i++) {
        hl_free(folded[i].items);
    }
    hl_free(folded);
    hl_free(plain.items);
    return out->count > 0;
}
