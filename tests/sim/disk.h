/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_DISK_H
#define HL_TESTS_SIM_DISK_H

/* The folders of the simulated machines' stores, in memory where the machine
 * has a file system there, and what can happen to such a disk while its node
 * is down: lost, copied, set back to a copy. Ends the program where the real
 * file system fails. */

#include "node/store/store.h"
#include "tests/sim/shelf.h"

struct disks {
    char root[128]; /* removed with all below by disks_fini() */
    unsigned count;
};

void disks_init(struct disks *disks);
void disks_fini(struct disks *disks);

struct disk {
    char folder[160];
    bool has_backup;
    struct shelf shelf, shelf_backup;
};

void disk_init(struct disk *disk, struct disks *disks);
void disk_fini(struct disk *disk);
/* Opens the store on it. */
struct store *disk_open(const struct disk *disk);
/* The store is closed in all of these. */
void disk_wipe(struct disk *disk);
void disk_backup(struct disk *disk);
void disk_restore(struct disk *disk); /* to the last backup (asserts one) */
void disk_clone(struct disk *disk, const struct disk *from);
void disk_clone_backup(struct disk *disk, const struct disk *from);

#endif
