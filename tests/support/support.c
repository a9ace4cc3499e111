/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t the_seed = 1;

static uint64_t parse_seed(const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0') {
        fprintf(stderr, "seed '%s' is not a number below 2^64\n", text);
        exit(EXIT_FAILURE);
    }
    return value;
}

void test_seed_init(int argc, char **argv)
{
    const char *from_environment = getenv("HELUO_SEED");
    if (from_environment != NULL && *from_environment != '\0') {
        the_seed = parse_seed(from_environment);
    }
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0) {
            the_seed = parse_seed(argv[i + 1]);
        }
    }
    printf("%s --seed %llu\n", argv[0], (unsigned long long)the_seed);
    fflush(stdout);
}

uint64_t test_seed(void)
{
    return the_seed;
}

struct rng test_rng(const char *test_name)
{
    uint64_t mixed = the_seed;
    for (const char *c = test_name; *c != '\0'; c++) {
        mixed = (mixed ^ (unsigned char)*c) * 0x100000001b3u;
    }
    struct rng rng;
    rng_init(&rng, mixed);
    return rng;
}

void test_read_file(const char *path, struct writer *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    char chunk[65536];
    size_t got = fread(chunk, 1, sizeof(chunk), file);
    while (got > 0) {
        writer_bytes(out, bytes_of(chunk, got));
        got = fread(chunk, 1, sizeof(chunk), file);
    }
    if (ferror(file)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
}

void test_read_vector(const char *name, struct writer *out)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/vectors/%s", HELUO_TESTS_DIR, name);
    test_read_file(path, out);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)(found - digits);
}

void test_unhex(const char *hex, void *out, size_t size)
{
    uint8_t *bytes = out;
    if (strlen(hex) != 2 * size) {
        fprintf(stderr, "'%s' is not hex of %zu bytes\n", hex, size);
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            fprintf(stderr, "'%s' is not hex\n", hex);
            exit(EXIT_FAILURE);
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
}

void test_hex(struct bytes data, struct writer *out)
{
    for (size_t i = 0; i < data.size; i++) {
        writer_format(out, "%02x", data.data[i]);
    }
}
