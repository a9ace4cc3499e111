/* SPDX-License-Identifier: Apache-2.0 */

/* What the search answers, for who judges it (quality.py):
 *
 *   search_ask UNITS INSTRUMENTS
 *
 * reads a question from each line of its input, and writes the numbers of the
 * first ten instruments that answer it on one line, with tabs between. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/search/query.h"
#include "tests/search/load.h"
#include "tests/support/scratch.h"

enum { HITS = 10 };

static void must(hl_err err, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "search_ask: %s\n", detail->text);
        exit(EXIT_FAILURE);
    }
}

static void put(void *context, const struct document *document)
{
    struct hl_detail detail = {0};
    must(search_index_put(context, document, &detail), &detail);
}

static void answer(struct search_index *index, const char *text)
{
    struct hl_detail detail = {0};
    static struct search_result result;
    struct search_query query = {
        .text = bytes_of_text(text),
        .kinds = 1u << record_kind_of_word("instrument")->number,
        .max_worth_fen = UINT64_MAX,
        .hits = HITS,
    };
    must(search_ask(index, &query, &result, &detail), &detail);
    for (size_t i = 0; i < result.hit_count; i++) {
        struct bytes id = load_inner_id(result.hits[i].id);
        printf("%s%.*s", i == 0 ? "" : "\t", BYTES_ARGS(id));
    }
    printf("\n");
    search_result_fini(&result);
}

int main(int argc, char **argv)
{
    char folder[256], line[SEARCH_TEXT_MAX_BYTES + 2];
    struct search_index *index = NULL;
    struct hl_detail detail = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: search_ask UNITS INSTRUMENTS <QUESTIONS\n");
        return 2;
    }
    scratch_make(folder, sizeof(folder));
    must(search_library_open(&detail), &detail);
    must(search_index_create(folder, &index, &detail), &detail);
    load_documents(argv[1], "unit", put, index);
    load_documents(argv[2], "instrument", put, index);
    must(search_index_loaded(index, &detail), &detail);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(index, line);
    }
    must(search_index_close(&index, false, &detail), &detail);
    search_library_close();
    scratch_remove(folder);
    return EXIT_SUCCESS;
}
