/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_AUTHORITY_FILES_H
#define HL_CERTS_TOOLS_AUTHORITY_FILES_H

/* The files of an authority's folder; authority.c's own. Errors name the file
 * in front of their text. */

#include "certs/tools/authority.h"

/* Makes the folder with all four files from key, root and index: beside its
 * place at first, and moved there when it is whole.
 *
 * HL_EEXISTS, HL_EIO, HL_ECRYPTO */
HL_MUST_USE hl_err authority_files_create(struct authority *authority,
                                          const char *folder,
                                          struct bytes passphrase,
                                          struct hl_detail *detail);

/* Read root.crt and the index; root.key. */
HL_MUST_USE hl_err authority_files_read(struct authority *authority,
                                        struct hl_detail *detail);
HL_MUST_USE hl_err authority_files_read_key(struct authority *authority,
                                            struct bytes passphrase,
                                            struct hl_detail *detail);

/* The number of the list in root.crl; 0 where that is missing or damaged, or
 * another authority's. */
uint64_t authority_files_list_number(const struct authority *authority);

/* Replace root.crl by the list that the index names last; the index. */
HL_MUST_USE hl_err authority_files_write_list(const struct authority *authority,
                                              struct hl_detail *detail);
HL_MUST_USE hl_err authority_files_write_index(
    const struct authority *authority, struct hl_detail *detail);

#endif
