/* SPDX-License-Identifier: Apache-2.0 */

/* Replays a corpus folder through a fuzz target, so that what fuzzing found
 * stays found without libFuzzer. An empty or missing folder is a failure. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/alloc.h"
#include "protocol/base/writer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/support.h"

/* The input lies in memory of its exact size, so that a sanitizer sees any
 * read past its end. */
static void run(struct bytes input)
{
    uint8_t *exact = hl_alloc(input.size, 1);
    for (size_t i = 0; i < input.size; i++) {
        exact[i] = input.data[i];
    }
    LLVMFuzzerTestOneInput(exact, input.size);
    hl_free(exact);
}

static void replay_file(const char *path)
{
    struct writer content = {0};
    test_read_file(path, &content);
    struct bytes whole = writer_view(&content);
    run(whole);
    for (size_t parts = 2; parts <= 16; parts *= 2) {
        run(bytes_slice(whole, 0, whole.size - whole.size / parts));
    }
    writer_fini(&content);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return EXIT_FAILURE;
    }
    DIR *folder = opendir(argv[1]);
    if (folder == NULL) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    size_t count = 0;
    for (struct dirent *item = readdir(folder); item != NULL;
         item = readdir(folder)) {
        char path[4096];
        if (item->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s", argv[1], item->d_name);
        replay_file(path);
        count++;
    }
    closedir(folder);
    printf("%s: %zu files replayed\n", argv[1], count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
