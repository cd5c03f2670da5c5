/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time zones by each of their names: the key name of the registry and of answer
 * files, the index of sysprep.inf (XP, Server 2003), the zone of the IANA database.
 *
 * Old zones have three digits in sysprep.inf. Zones that came with updates have the
 * high bit set and are written as minus and the unsigned number: 0x8000004d is
 * 2147483725, so TimeZone=-2147483725. People who take the bits for a signed number
 * write -2147483571.
 */
#pragma once

#include "common/base/base.h"

/* How well the index of a zone is known. */
enum index_sure {
	INDEX_NONE,      /* no index is known */
	INDEX_UNCERTAIN, /* from a list that is not confirmed */
	INDEX_EXPORTED,  /* the same in two registry exports */
	INDEX_DOCUMENTED,
};

const char *index_sure_name(enum index_sure sure);

struct timezone_row {
	const char *id;    /* "W. Europe Standard Time" */
	uint32_t index;
	enum index_sure sure;
	int bias;          /* minutes; UTC = local + bias, without summer time */
	const char *label; /* what current Windows shows, in English */
	const char *iana;  /* for the whole world; "" for none */
	const char *state; /* "": current; "obsolete", "legacy-name" */
};

/* A name of the IANA database, and the zone of Windows for it. */
struct timezone_iana {
	const char *iana;
	const char *id;
};

enum timezone_form {
	TIMEZONE_NONE,
	TIMEZONE_ID,
	TIMEZONE_OLD_NAME, /* of the list for XP: "A.U.S. Eastern Standard Time" */
	TIMEZONE_IANA,
	TIMEZONE_HEX,      /* 0x6e */
	TIMEZONE_DECIMAL,  /* 2147483725, 4 */
	TIMEZONE_INF_OLD,  /* 004, as sysprep.inf has old zones; 110 is the same as decimal and counts as this */
	TIMEZONE_INF,      /* -2147483725 */
	TIMEZONE_SIGNED,   /* -2147483571 */
};

/* The forms in which a number is meant as it stands, and the two of them that sysprep.inf takes. */
static inline bool timezone_is_index(enum timezone_form form)
{
	return form >= TIMEZONE_HEX && form <= TIMEZONE_INF;
}

struct timezone_value {
	enum timezone_form form;
	const struct timezone_row *zone; /* NULL: TIMEZONE_NONE, or a number that no zone has */
	bool has_index;                  /* the number that was given, or that of the zone */
	uint32_t index;
	bool dst_off; /* "_dstoff" behind the key name: no summer time (Vista and later) */
};

/* What text means. Returns the form. */
enum timezone_form timezone_read(const char *text, struct timezone_value *ret);

/* Names count in any case of letters. The getters give NULL where there is none (any more). */
const struct timezone_row *timezone_find(const char *id);
const struct timezone_row *timezone_at(size_t i);
const struct timezone_iana *timezone_iana_at(size_t i);

/* All key names and IANA names, for suggestions: a list that ends with NULL, to be freed; the names are not. */
const char **timezone_names(void);

#define TIMEZONE_TEXT_LEN 12 /* "-2147483725" */

/* The value for sysprep.inf. Returns ret. */
char *timezone_inf_text(uint32_t index, char ret[TIMEZONE_TEXT_LEN]);
