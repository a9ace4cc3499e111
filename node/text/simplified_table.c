/* SPDX-License-Identifier: Apache-2.0 */

/* Writes the table of traditional characters and what OpenCC makes of each
 * one alone, in C: run when the program is built, which then needs no
 * dictionary file. */

#include <inttypes.h>
#include <opencc/opencc.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

enum {
    FIRST = 0x3400, /* CJK Extension A */
    LAST = 0x9fff,  /* the end of CJK Unified Ideographs */
    A_LINE = 12,
};

/* What becomes of the character; itself where that is not one of the same
 * range. */
static uint32_t simplify(opencc_t opencc, uint32_t code)
{
    uint8_t from[4];
    utf8proc_ssize_t size = utf8proc_encode_char((utf8proc_int32_t)code, from);
    char *to = opencc_convert_utf8(opencc, (const char *)from, (size_t)size);
    utf8proc_int32_t out = -1;
    if (to != NULL) {
        utf8proc_ssize_t all = (utf8proc_ssize_t)strlen(to);
        if (utf8proc_iterate((const uint8_t *)to, all, &out) != all) {
            out = -1;
        }
        opencc_convert_utf8_free(to);
    }
    return out >= FIRST && out <= LAST ? (uint32_t)out : code;
}

static int write_table(opencc_t opencc, FILE *file)
{
    fprintf(file,
            "/* Made by simplified_table.c from OpenCC's t2s; not edited. */\n"
            "#include \"node/text/simplified.h\"\n\n"
            "const uint16_t simplified_of[SIMPLIFIED_COUNT] = {");
    for (uint32_t code = FIRST; code <= LAST; code++) {
        fprintf(file, "%s%" PRIu32 ",",
                (code - FIRST) % A_LINE == 0 ? "\n" : "",
                simplify(opencc, code));
    }
    fprintf(file, "\n};\n");
    return ferror(file) != 0 || fflush(file) != 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: simplified_table FILE\n");
        return 2;
    }
    opencc_t opencc = opencc_open("t2s.json");
    if (opencc == (opencc_t)-1) {
        fprintf(stderr, "simplified_table: %s\n", opencc_error());
        return 1;
    }
    FILE *file = fopen(argv[1], "w");
    int status = file == NULL ? 1 : write_table(opencc, file);
    if (file != NULL && fclose(file) != 0) {
        status = 1;
    }
    if (status != 0) {
        perror(argv[1]);
    }
    opencc_close(opencc);
    return status;
}
