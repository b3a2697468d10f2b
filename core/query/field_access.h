/*
 * field_access: the accessors that field_table points to. Private to the field
 * table; the contract of each is that of the member of struct field it is for.
 */
#ifndef CORE_QUERY_FIELD_ACCESS_H
#define CORE_QUERY_FIELD_ACCESS_H

#include "core/query/field.h"

#define FIELD_ID(name)                                                                             \
	uint32_t name(const struct field_ref *ref, struct field_env *env, uint32_t row, uint32_t i)
#define FIELD_NUMBER_OF(name)                                                                      \
	bool name(const struct field_ref *ref, const struct field_env *env, uint32_t row,          \
		int64_t *value)

/* field.column as it is; header:NAME's is COL_EXTRA + param. */
FIELD_ID(access_text);
/* Made a string of the index when it is asked for. */
FIELD_ID(access_queue_id);
/* The domain of the address in field.column. */
FIELD_ID(access_domain);
FIELD_ID(access_state);
FIELD_ID(access_format);
FIELD_ID(access_spool);
FIELD_ID(access_account_source);
FIELD_ID(access_origin);
FIELD_ID(access_client_net);
FIELD_ID(access_client_group);
FIELD_ID(access_rcpt);
FIELD_ID(access_rcpt_domain);
FIELD_ID(access_reason);
FIELD_ID(access_reason_text);
FIELD_ID(access_reason_class);
FIELD_ID(access_warning);
/* The sets of the env that the row is in. */
FIELD_ID(access_finding);
/* FIELD_CONTENT: the index has no value of it. */
FIELD_ID(access_content);

/* field.column is a wide column; WIDE_UNKNOWN is unknown. */
FIELD_NUMBER_OF(access_wide);
/* field.column holds the number + 1, 0 is unknown. */
FIELD_NUMBER_OF(access_number_plus_1);
/* field.column holds the number, always known. */
FIELD_NUMBER_OF(access_number);
FIELD_NUMBER_OF(access_age);

uint32_t count_recipients(const struct field_env *env, uint32_t row);
uint32_t count_content(const struct field_env *env, uint32_t row);
uint32_t count_warnings(const struct field_env *env, uint32_t row);
uint32_t count_findings(const struct field_env *env, uint32_t row);

enum source source_of_account(const struct snap *snap, uint32_t row);
enum source source_of_client(const struct snap *snap, uint32_t row);
/* Of the fact that the origin was told from. */
enum source source_of_origin(const struct snap *snap, uint32_t row);

#endif
