/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_JOURNAL_KEY_H
#define HL_CERTS_TOOLS_JOURNAL_KEY_H

/* A journal key comes into the world together with its mark at (0, empty
 * root): a key that stands anywhere without its mark could sign a second
 * history, so there is no moment at which it does. One thread. */

#include "certs/tools/keyfile.h"

struct journal_key_files {
    const char *key;
    const char *mark;
};

enum journal_key_outcome {
    JOURNAL_KEY_CREATED,
    JOURNAL_KEY_FINISHED, /* what a run before this one had begun */
};

/* In this order: the key under its name with ".part" behind it, its mark, and
 * then the key gets its name. A process that dies in between leaves
 *
 *   only the .part     this call removes it and begins again
 *   .part and mark     this call gives the key its name, if the mark is that
 *                      key's, and makes no other key
 *
 * text is the file of the new key, public what stands in it; on
 * JOURNAL_KEY_FINISHED *public becomes that of the key which is there.
 *
 * HL_EUSAGE       key, .part and mark are not three places, whatever their
 *                 paths look like.
 * HL_EEXISTS      key, .part or mark exists, and they are not what a dead
 *                 process left, or that was another name's; nothing is changed.
 * HL_EPASSPHRASE  the key to finish is encrypted and the new one is not, or the
 *                 other way round; nothing is changed.
 * HL_EIO          as file_create(). */
HL_MUST_USE hl_err journal_key_create(const struct journal_key_files *files,
                                      struct bytes text,
                                      struct key_public *public,
                                      enum journal_key_outcome *outcome,
                                      struct hl_detail *detail);

#endif
