/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_SEARCH_TEXT_H
#define HL_NODE_CLI_SEARCH_TEXT_H

/* What was found, for people and as JSON. */

#include <heluo/v1/search.pb-c.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Hits with the pieces of text by which they were found, marked on a terminal
 * by bold letters and else by « »; facets; how old each city's word is. */
void search_print(const Heluo__V1__SearchFindResponse *found, FILE *out);
void search_print_json(const Heluo__V1__SearchFindResponse *found);

void search_print_suggestions(const Heluo__V1__SearchSuggestResponse *found,
                              bool json);

/* Parts of these, for answers that have more to say. */
void search_print_hit(const Heluo__V1__SearchHit *hit, FILE *out);
void search_print_as_of(Heluo__V1__SearchAsOf *const *list, size_t count,
                        FILE *out);
json_t *search_hit_json(const Heluo__V1__SearchHit *hit);
/* "county" and so on; "": there is none. */
const char *search_near_word(Heluo__V1__SearchNearness near);
json_t *search_as_of_json(Heluo__V1__SearchAsOf *const *list, size_t count);

#endif
