/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answer files that stay in an image and are read again, and sysprep.inf of XP and 2003. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/scan.h"
#include "sysprep-lite/timezone.h"

#define ANSWER_MAX (8u << 20)

static const char *const answer_patterns[] = {
	"Windows\\Panther\\*.xml",
	"Windows\\Panther\\Unattend\\*.xml",
	"Windows\\Panther\\UnattendGC\\*.xml",
	"Windows\\System32\\Sysprep\\*.xml",
	"Windows\\System32\\Sysprep\\Panther\\*.xml",
	"unattend.xml",
	"autounattend.xml",
};

static const char *const sysprep_inf_paths[] = { "sysprep\\sysprep.inf", "sysprep.inf" };

/* Behind the comment that begins at at, or NULL when it does not begin there. */
static const char *skip_comment(const char *at)
{
	const char *end;

	if (strncmp(at, "<!--", 4) != 0)
		return NULL;
	end = strstr(at + 4, "-->");
	return end ? end + 3 : at + strlen(at);
}

static bool text_is_true(const char *at)
{
	at += strspn(at, " \t\r\n");
	return (at[0] == '1' && !isdigit((unsigned char)at[1])) || strncasecmp(at, "true", 4) == 0;
}

bool answer_setting_is_true(const char *xml, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = xml; (at = strchr(at, '<')); at++) {
		const char *behind = skip_comment(at);
		const char *close;

		if (behind) {
			at = behind - 1;
			continue;
		}
		if (strncasecmp(at + 1, name, len) != 0 || !strchr("> \t\r\n/", at[1 + len]))
			continue;
		close = strchr(at, '>');
		if (close && close[-1] != '/' && text_is_true(close + 1))
			return true;
	}
	return false;
}

static int read_text(struct scanning *scan, const char *path, struct strbuf *ret)
{
	CLEANUP(strbuf_release) struct strbuf data = STRBUF_INIT;

	if (target_read(winroot_target(scan->root), path, ANSWER_MAX, &data, scan->err) < 0)
		return -1;
	if (data.len >= 2 && memcmp(data.data, "\xff\xfe", 2) == 0)
		utf16le_to_text(bytes_of(data.data + 2, data.len - 2), ret);
	else
		strbuf_add(ret, data.data, data.len);
	return 0;
}

static int check_answer(void *context, const char *path, const struct target_entry *entry)
{
	struct scanning *scan = context;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (entry->is_dir || entry->is_link || entry->size > ANSWER_MAX)
		return 0;
	if (read_text(scan, path, &text) < 0)
		return -1;
	if (answer_setting_is_true(strbuf_text(&text), "SkipRearm"))
		report_add(scan->report, scan_rule("skip-rearm-answer-file"), scan_place(scan, path),
			   "%s sets SkipRearm to 1", path);
	if (answer_setting_is_true(strbuf_text(&text), "PersistAllDeviceInstalls"))
		report_add(scan->report, scan_rule("persist-device-installs"), scan_place(scan, path),
			   "%s sets PersistAllDeviceInstalls to true", path);
	return 0;
}

/* ---- sysprep.inf ---- */

struct index_search {
	uint32_t index;
	bool any; /* some zone has an Index: Vista and later have none */
	bool found;
};

static int compare_index(void *context, struct regf *hive, regf_key key, const char *path UNUSED)
{
	struct index_search *search = context;
	uint32_t index;

	if (!regf_get_u32(hive, key, "Index", &index))
		return 0;
	search->any = true;
	search->found |= index == search->index;
	return search->found;
}

static int check_zone(struct scanning *scan, const char *path, const char *text)
{
	struct index_search search = { 0 };
	struct timezone_value value;
	struct regf *software;
	char inf[TIMEZONE_TEXT_LEN];

	if (winroot_hive(scan->root, HIVE_SOFTWARE, &software, scan->err) < 0)
		return -1;
	if (zone_parse(text, &value, NULL) < 0 || (!timezone_is_index(value.form) && value.form != TIMEZONE_SIGNED)) {
		report_add(scan->report, scan_rule("sysprep-inf-time-zone"), scan_place(scan, path),
			   "TimeZone=%s is no index of a time zone", text);
		return 0;
	}
	search.index = value.index;
	if (software)
		hive_match(software, "Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\*", compare_index, &search);
	if (value.form == TIMEZONE_SIGNED)
		report_add(scan->report, scan_rule("sysprep-inf-time-zone"), scan_place(scan, path),
			   "TimeZone=%s is 0x%08x read as a signed number; sysprep.inf wants %s", text, value.index,
			   timezone_inf_text(value.index, inf));
	else if (search.any ? !search.found : !value.zone)
		report_add(scan->report, scan_rule("sysprep-inf-time-zone"), scan_place(scan, path),
			   "TimeZone=%s: no time zone of this image has the index 0x%08x", text, value.index);
	return 0;
}

/* The value of "TimeZone = 085" without quotes and spaces; false when there is none. */
static bool find_time_zone(const char *text, struct strbuf *ret)
{
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		const char *p = at + strspn(at, " \t");

		if (strncasecmp(p, "TimeZone", 8) != 0)
			continue;
		p += 8 + strspn(p + 8, " \t");
		if (*p != '=')
			continue;
		p++;
		p += strspn(p, " \t\"");
		strbuf_add(ret, p, strcspn(p, " \t\"\r\n;"));
		return ret->len > 0;
	}
	return false;
}

int scan_answer_files(struct scanning *scan)
{
	struct target *target = winroot_target(scan->root);

	for (size_t i = 0; i < ARRAY_SIZE(answer_patterns); i++) {
		CLEANUP(freep) char *pattern = winroot_path(scan->root, answer_patterns[i]);

		if (target_match(target, pattern, check_answer, scan, scan->err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sysprep_inf_paths); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf zone = STRBUF_INIT;

		if (!target_has(target, sysprep_inf_paths[i]))
			continue;
		if (read_text(scan, sysprep_inf_paths[i], &text) < 0)
			return -1;
		if (find_time_zone(strbuf_text(&text), &zone) &&
		    check_zone(scan, sysprep_inf_paths[i], strbuf_text(&zone)) < 0)
			return -1;
	}
	return 0;
}
