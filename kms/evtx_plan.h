/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in a template the fields of an event are. All records that Windows
 * writes for one provider and channel share a template, so the plan is made once
 * per definition and the records are then read without looking at XML.
 *
 * A plan lends from its chunk and is good as long as the chunk is mapped.
 */
#pragma once

#include "kms/evtx_binxml.h"

#define PLAN_DATA_MAX 32 /* places for values below EventData; 12290 has one */

enum plan_source {
	PLAN_NOTHING,
	PLAN_LITERAL, /* the text is in the template */
	PLAN_HOLE,    /* the text is a value of the record */
};

struct plan_field {
	enum plan_source source;
	struct bytes literal; /* UTF-16 */
	struct binxml_hole hole;
};

enum plan_name {
	PLAN_PROVIDER,
	PLAN_EVENT_SOURCE,
	PLAN_EVENT_ID,
	PLAN_TIME,
	PLAN_RECORD_ID,
	PLAN_CHANNEL,
	PLAN_COMPUTER,
	PLAN_BINARY,
	PLAN_NESTED, /* the value that holds EventData or UserData */
	PLAN_FIELDS,
};

struct evtx_plan {
	struct plan_field fields[PLAN_FIELDS];
	struct plan_field data[PLAN_DATA_MAX];
	size_t n_data;
	bool has_instance; /* a template instance stands between the elements */
	size_t instance;   /* its offset in the chunk */
};

/* Makes a plan of chunk[at, end). */
int evtx_plan_make(struct bytes chunk, size_t at, size_t end, bool dependency_ids, struct evtx_plan *ret,
		   struct err *err);
