/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/file_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LDR_REVISION 20000u /* from Vista to 8.1 the LDR branch counts from here, GDR from 16384 */

bool file_version_read(const char *text, struct file_version *ret)
{
	struct file_version version = { { 0 } };

	for (size_t n = 0; n < ARRAY_SIZE(version.part); n++) {
		size_t digits = strspn(text, "0123456789");
		unsigned long number = digits && digits < 6 ? strtoul(text, NULL, 10) : UINT16_MAX + 1ul;

		if (number > UINT16_MAX)
			return false;
		version.part[n] = (uint16_t)number;
		text += digits;
		if (!*text) {
			*ret = version;
			return true;
		}
		if (*text++ != '.')
			return false;
	}
	return false;
}

int file_version_compare(const struct file_version *a, const struct file_version *b, unsigned count)
{
	for (unsigned i = 0; i < count && i < ARRAY_SIZE(a->part); i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return 0;
}

char *file_version_format(const struct file_version *version, char ret[FILE_VERSION_TEXT_LEN])
{
	snprintf(ret, FILE_VERSION_TEXT_LEN, "%u.%u.%u.%u", version->part[0], version->part[1], version->part[2],
		 version->part[3]);
	return ret;
}

static bool text_has(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

enum file_branch file_version_branch(const struct file_version *version, const char *text)
{
	if (text_has(text, "_gdr"))
		return BRANCH_GDR;
	if (text_has(text, "_ldr") || text_has(text, "_qfe"))
		return BRANCH_LDR;
	if (version->part[0] != 6 || version->part[3] < 16384)
		return BRANCH_ANY;
	return version->part[3] >= LDR_REVISION ? BRANCH_LDR : BRANCH_GDR;
}

const char *file_branch_name(enum file_branch branch)
{
	static const char *const names[] = { "", "gdr", "ldr" };

	return names[branch];
}

bool file_version_is_beta(const struct file_version *version)
{
	/* The build with which each Windows was released; smaller ones are betas and release candidates. */
	static const uint16_t released[][3] = {
		{ 5, 0, 2195 }, { 5, 1, 2600 }, { 5, 2, 3790 }, { 6, 0, 6000 },
		{ 6, 1, 7600 }, { 6, 2, 9200 }, { 6, 3, 9600 }, { 10, 0, 10240 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(released); i++)
		if (released[i][0] == version->part[0] && released[i][1] == version->part[1])
			return version->part[2] < released[i][2];
	return false;
}
