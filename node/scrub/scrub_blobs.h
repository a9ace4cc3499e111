/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SCRUB_SCRUB_BLOBS_H
#define HL_NODE_SCRUB_SCRUB_BLOBS_H

#include "node/scrub/scrub_run.h"

/* Reads sealed blobs again, after all else. Damage is no error.
 *
 * HL_ESTOPPING  the node ends.
 * others        the store's. */
HL_MUST_USE hl_err scrub_blobs(struct scrub_run *run, struct hl_detail *detail);

#endif
