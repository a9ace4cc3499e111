/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_STORE_WORLD_H
#define HL_TESTS_STORE_WORLD_H

/* A store in a folder of its own under /tmp, small and without flushing. */

#include "node/store/store.h"
#include "tests/support/support.h"

struct store_world {
    char folder[64];
    char data[96];
    struct store_options options;
    struct store *store;
};

/* Makes the folder and opens the store. */
void world_init(struct store_world *world);
/* Closes it and removes the folder. */
void world_fini(struct store_world *world);

void world_open(struct store_world *world);
void world_close(struct store_world *world);

struct store_txn *world_write(struct store_world *world);
struct store_txn *world_read(struct store_world *world);

/* One row in a transaction of its own. */
void world_put(struct store_world *world, enum store_table table,
               const char *key, const char *value);
/* The row has that value; NULL: there is none. */
void assert_row(struct store_world *world, enum store_table table,
                const char *key, const char *value);

#endif
