/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/decoder.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "node/table/encoding.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

enum {
    RAW_BYTES = 65536,
    CONVERTED_BYTES = 16384,
    UTF8_LONGEST = 4,
};

static void put_bad(struct decoder *decoder, uint8_t byte, struct writer *out)
{
    if (decoder->bad++ == 0) {
        decoder->bad_at = out->size;
    }
    writer_format(out, DECODER_BAD "%02X", (unsigned)byte);
}

/* Appends text that should be UTF-8; returns how much of it, which is less
 * than all only where the rest may be the front of a character. */
static size_t put_utf8(struct decoder *decoder, struct bytes text, bool last,
                       struct writer *out)
{
    size_t at = 0;
    for (;;) {
        struct bytes rest = bytes_slice(text, at, text.size - at);
        size_t good = text_utf8_prefix(rest);
        writer_bytes(out, bytes_slice(rest, 0, good));
        at += good;
        if (at == text.size || (!last && text.size - at < UTF8_LONGEST)) {
            return at;
        }
        put_bad(decoder, text.data[at++], out);
    }
}

/* What iconv makes of the front of the raw bytes; returns how many it took. */
static size_t convert(struct decoder *decoder, struct bytes raw, bool last,
                      struct writer *out)
{
    char *from = (char *)(uintptr_t)raw.data;
    size_t left = raw.size;
    while (left > 0) {
        char room[CONVERTED_BYTES];
        char *to = room;
        size_t free_bytes = sizeof(room);
        size_t done = iconv(decoder->iconv, &from, &left, &to, &free_bytes);
        int cause = done == (size_t)-1 ? errno : 0;
        put_utf8(decoder, bytes_of(room, (size_t)(to - room)), true, out);
        if (cause == 0 || cause == E2BIG) {
            continue;
        }
        if (cause == EINVAL && !last) {
            break;
        }
        for (size_t i = 0; i < decoder->unit && left > 0; i++, left--) {
            put_bad(decoder, (uint8_t)*from++, out);
        }
    }
    return raw.size - left;
}

static void skip_mark(struct decoder *decoder, struct writer *out, size_t from)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t size = sizeof(mark) - 1;
    size_t left = out->size - from;
    if (left >= size && memcmp(out->data + from, mark, size) == 0) {
        memmove(out->data + from, out->data + from + size, left - size);
        writer_shrink(out, size);
        decoder->bad_at -= decoder->bad > 0 ? size : 0;
    }
}

hl_err decoder_read(struct decoder *decoder, struct writer *out,
                    struct hl_detail *detail)
{
    size_t got = 0;
    hl_err err = source_read(decoder->source, decoder->raw + decoder->raw_size,
                             RAW_BYTES - decoder->raw_size, &got, detail);
    if (err != HL_OK) {
        return err;
    }
    struct bytes raw = bytes_of(decoder->raw, decoder->raw_size + got);
    size_t before = out->size;
    size_t taken = raw.size == 0       ? 0
                   : decoder->converts ? convert(decoder, raw, got == 0, out)
                                       : put_utf8(decoder, raw, got == 0, out);
    decoder->raw_size = raw.size - taken;
    memmove(decoder->raw, decoder->raw + taken, decoder->raw_size);
    if (!decoder->begun && out->size > before) {
        decoder->begun = true;
        skip_mark(decoder, out, before);
    }
    decoder->ended = got == 0;
    return HL_OK;
}

void decoder_rewind(struct decoder *decoder)
{
    source_rewind(decoder->source);
    if (decoder->converts) {
        (void)iconv(decoder->iconv, NULL, NULL, NULL, NULL);
    }
    decoder->raw_size = 0;
    decoder->begun = false;
    decoder->ended = false;
    decoder->bad = 0;
    decoder->bad_at = 0;
}

hl_err decoder_start(struct source *source, const char *encoding,
                     struct decoder *out, struct hl_detail *detail)
{
    struct decoder decoder = {.source = source, .unit = 1};
    size_t length = strlen(encoding);
    bool named = length > 0 && length < sizeof(decoder.encoding);
    decoder.converts = strcasecmp(encoding, "UTF-8") != 0;
    /* A slash would begin iconv's own options. */
    if (named && decoder.converts && strchr(encoding, '/') == NULL) {
        decoder.iconv = iconv_open("UTF-8", encoding);
        named = decoder.iconv != (iconv_t)-1;
    } else if (decoder.converts) {
        named = false;
    }
    if (!named) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "no encoding is named '%.39s' here: `iconv -l` lists "
                       "them",
                       encoding);
    }
    memcpy(decoder.encoding, encoding, length + 1);
    if (strncasecmp(encoding, "UTF-16", 6) == 0 ||
        strncasecmp(encoding, "UCS-2", 5) == 0) {
        decoder.unit = 2;
    }
    decoder.raw = hl_alloc(RAW_BYTES, 1);
    source_rewind(source);
    *out = decoder;
    return HL_OK;
}

hl_err decoder_open(struct source *source, const char *encoding,
                    struct decoder *out, struct hl_detail *detail)
{
    char name[ENCODING_NAME_BYTES];
    hl_err err = encoding_choose(source, encoding, name, detail);
    return err == HL_OK ? decoder_start(source, name, out, detail) : err;
}

void decoder_close(struct decoder *decoder)
{
    if (decoder->raw != NULL && decoder->converts) {
        iconv_close(decoder->iconv);
    }
    hl_free(decoder->raw);
    *decoder = (struct decoder){0};
}
