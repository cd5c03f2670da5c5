/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/setting_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "A|B|C" as "A, B, C"; cut off when ret is full. */
static void list_values(const char *values, char *ret, size_t size)
{
	size_t used = 0;

	for (; *values && used + 3 < size; values++) {
		if (*values == '|') {
			ret[used++] = ',';
			ret[used++] = ' ';
		} else {
			ret[used++] = *values;
		}
	}
	ret[used] = '\0';
}

const char *setting_value_wanted(const struct setting_spec *spec, char *ret, size_t size)
{
	char values[400];

	list_values(spec->values, values, sizeof(values));
	if (*spec->values)
		snprintf(ret, size, "one of %s", values);
	else if (spec->type == TYPE_BOOLEAN)
		snprintf(ret, size, "true or false");
	else if (spec->type == TYPE_INTEGER && spec->min != spec->max)
		snprintf(ret, size, "a number from %" PRId64 " to %" PRId64, spec->min, spec->max);
	else if (spec->type == TYPE_INTEGER)
		snprintf(ret, size, "a number");
	else if (spec->max_len)
		snprintf(ret, size, "text of at most %" PRIu32 " characters", spec->max_len);
	else
		snprintf(ret, size, "text");
	return ret;
}

static int refuse(const struct setting_spec *spec, const char *value, struct err *err)
{
	char wanted[450];

	setting_value_wanted(spec, wanted, sizeof(wanted));
	if (spec->secret)
		return err_set(err, ERR_USAGE, "%s wants %s", spec->path, wanted);
	return err_set(err, ERR_USAGE, "%s wants %s, not \"%.60s\"", spec->path, wanted, value);
}

static bool in_list(const char *values, const char *value, const char **ret_other_case, size_t *ret_len)
{
	size_t wanted = strlen(value);

	*ret_other_case = NULL;
	while (*values) {
		size_t len = strcspn(values, "|");

		if (len == wanted && memcmp(values, value, len) == 0)
			return true;
		if (len == wanted && strncasecmp(values, value, len) == 0) {
			*ret_other_case = values;
			*ret_len = len;
		}
		values += len + (values[len] == '|');
	}
	return false;
}

static int check_list(const struct setting_spec *spec, const char *values, const char *value, struct err *err)
{
	const char *near;
	size_t len = 0;

	if (in_list(values, value, &near, &len))
		return 0;
	refuse(spec, value, err);
	return near ? err_hint(err, "it is written %.*s", (int)len, near) : -1;
}

static int check_integer(const struct setting_spec *spec, const char *value, struct err *err)
{
	const char *digits = value + (*value == '-');
	int64_t number;

	if (!*digits || strspn(digits, "0123456789") != strlen(digits))
		return refuse(spec, value, err);
	errno = 0;
	number = strtoll(value, NULL, 10);
	if (errno || (spec->min != spec->max && (number < spec->min || number > spec->max)))
		return refuse(spec, value, err);
	return 0;
}

static size_t count_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

int setting_value_check(const struct setting_spec *spec, const char *value, struct err *err)
{
	if (!*value)
		return spec->empty == EMPTY_FORBIDDEN ? err_set(err, ERR_USAGE, "%s must not be empty", spec->path) : 0;
	if (spec->type == TYPE_BOOLEAN)
		return check_list(spec, *spec->values ? spec->values : "true|false", value, err);
	if (*spec->values)
		return check_list(spec, spec->values, value, err);
	if (spec->type == TYPE_INTEGER)
		return check_integer(spec, value, err);
	if (spec->max_len && count_characters(value) > spec->max_len)
		return err_set(err, ERR_USAGE, "%s takes at most %" PRIu32 " characters, this has %zu", spec->path,
			       spec->max_len, count_characters(value));
	return 0;
}
