/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysprep-lite/timezone.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/cli.h"

static int unknown_zone(const char *text, struct err *err)
{
	const char **names = timezone_names();
	const char *near = cli_did_you_mean(text, names);

	free(names);
	if (near)
		return err_set(err, ERR_NOT_FOUND, "no time zone '%s'; did you mean '%s'?", text, near);
	err_set(err, ERR_NOT_FOUND, "no time zone '%s'", text);
	return err_hint(err, "'sysprep-lite timezone list' shows the names");
}

int zone_parse(const char *text, struct timezone_value *ret, struct err *err)
{
	struct timezone_value value;

	if (timezone_read(text, &value) == TIMEZONE_NONE)
		return unknown_zone(text, err);
	*ret = value;
	return 0;
}

void zone_date_to_time_fields(const uint8_t systemtime[ZONE_DATE_LEN], uint8_t ret[ZONE_DATE_LEN])
{
	/* field of TIME_FIELDS <- field of SYSTEMTIME, in units of two bytes */
	static const uint8_t from[ZONE_DATE_LEN / 2] = { 0, 1, 3, 4, 5, 6, 7, 2 };

	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		memcpy(ret + 2 * i, systemtime + 2 * from[i], 2);
}
