/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time zones by each of their names: the key name that answer files hold, the
 * index of sysprep.inf (XP, Server 2003), the zone of the IANA database.
 *
 * An index with the high bit, 0x8000004d, is written TimeZone=-2147483725 in
 * sysprep.inf: minus and the unsigned number. People who take it for a signed
 * number write -2147483571.
 */
#pragma once

#include "common/base/base.h"

enum index_sure {
	SURE_NONE,      /* no index is known */
	SURE_UNCERTAIN, /* from a list that is not confirmed */
	SURE_EXPORTED,  /* the same in two registry exports */
	SURE_DOCUMENTED,
};

struct timezone_row {
	const char *id; /* "W. Europe Standard Time" */
	uint32_t index;
	enum index_sure sure;
	const char *label;
	const char *iana;  /* for the whole world; "" for none */
	const char *state; /* "": current; "obsolete", "legacy-name" */
};

struct timezone_iana {
	const char *iana;
	const char *id;
};

#define TIMEZONE_TEXT_LEN 12 /* "-2147483725" */

enum timezone_form {
	TIMEZONE_NONE,
	TIMEZONE_ID,
	TIMEZONE_OLD_NAME, /* of the list for XP: "A.U.S. Eastern Standard Time" */
	TIMEZONE_IANA,
	TIMEZONE_INDEX,    /* 110, 0x6e, 2147483725 */
	TIMEZONE_INF,      /* 004 and -2147483725 as sysprep.inf has them */
	TIMEZONE_SIGNED,   /* -2147483571 */
};

/* What text means; *ret is NULL with a number that is no zone. "TimeZone=" in front is passed over. */
enum timezone_form timezone_read(const char *text, const struct timezone_row **ret, uint32_t *ret_index);

const struct timezone_row *timezone_find(const char *id);
const struct timezone_row *timezone_at(size_t i);
const struct timezone_iana *timezone_iana_at(size_t i);

/* The value for sysprep.inf. Returns ret. */
char *timezone_inf_text(uint32_t index, char ret[TIMEZONE_TEXT_LEN]);
