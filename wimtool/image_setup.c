/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/image_setup.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "wimtool/locales.h"

static int open_root(struct setup *setup, struct err *err)
{
	setup->root = setup->target ? winroot_open(setup->target, err) : NULL;
	if (setup->root)
		return 0;
	setup_release(setup);
	return -1;
}

int setup_open(struct setup *ret, const char *spec, bool for_write, struct err *err)
{
	*ret = (struct setup){ .target = target_open(spec, for_write, err) };
	return open_root(ret, err);
}

int setup_open_edit(struct setup *ret, struct image_edit *edit, struct err *err)
{
	*ret = (struct setup){ .target = target_for_edit(edit) };
	return open_root(ret, err);
}

void setup_release(struct setup *setup)
{
	winroot_freep(&setup->root);
	target_freep(&setup->target);
}

static int stage(struct setup *setup, const struct plan_options *options, struct err *err)
{
	CLEANUP(plan_freep) struct plan *plan = plan_build(setup->root, options, err);

	return plan ? plan_stage(plan, setup->root, err) : -1;
}

int setup_time_zone(struct setup *setup, const char *zone, struct err *err)
{
	const struct plan_options options = { .only_settings = true, .time_zone = zone };

	return stage(setup, &options, err);
}

int setup_computer_name(struct setup *setup, const char *name, struct err *err)
{
	const struct plan_options options = { .only_settings = true, .computer_name = name };

	return stage(setup, &options, err);
}

int setup_commit(struct setup *setup, unsigned *ret_hives, struct err *err)
{
	struct commit_stats stats = { 0 };

	if (winroot_commit(setup->root, NULL, &stats, err) < 0)
		return -1;
	*ret_hives = stats.hives;
	return 0;
}

/* ---- locale ---------------------------------------------------------------------- */

struct localizing {
	struct setup *setup;
	struct err *err;
};

/* Sets a text unless it is there already: a hive in which nothing changes is not written. */
static int set_text(const struct localizing *l, const char *path, const char *name, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;
	struct regf *hive;
	regf_key key;

	if (registry_find(l->setup->root, path, &hive, &key, l->err) < 0)
		return -1;
	if (key && regf_get_text(hive, key, name, &old) && strcmp(strbuf_text(&old), text) == 0)
		return 0;
	return registry_set_text(l->setup->root, path, name, REGF_SZ, text, l->err);
}

static int set_number(const struct localizing *l, const char *path, const char *name, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return set_text(l, path, name, text);
}

/* Calls for the control sets that are there. */
static int for_control_sets(const struct localizing *l, const struct locale_row *row,
			    int (*fn)(const struct localizing *l, const char *set, const struct locale_row *row))
{
	struct regf *system;

	if (winroot_hive(l->setup->root, HIVE_SYSTEM, &system, l->err) < 0)
		return -1;
	for (unsigned i = 1; i < 1000; i++) {
		char set[24];

		snprintf(set, sizeof(set), "ControlSet%03u", i);
		if (!regf_find(system, regf_root(system), set))
			continue;
		if (fn(l, set, row) < 0)
			return -1;
	}
	return 0;
}

static int set_system_locale(const struct localizing *l, const char *set, const struct locale_row *row)
{
	CLEANUP(freep) char *language = xasprintf("HKLM\\SYSTEM\\%s\\Control\\Nls\\Language", set);
	CLEANUP(freep) char *locale = xasprintf("HKLM\\SYSTEM\\%s\\Control\\Nls\\Locale", set);
	CLEANUP(freep) char *pages = xasprintf("HKLM\\SYSTEM\\%s\\Control\\Nls\\CodePage", set);
	char lcid4[8], lcid8[12];

	snprintf(lcid4, sizeof(lcid4), "%04x", row->lcid);
	snprintf(lcid8, sizeof(lcid8), "%08x", row->lcid);
	if (set_text(l, language, "Default", lcid4) < 0 || set_text(l, locale, "", lcid8) < 0 ||
	    set_number(l, pages, "ACP", row->acp) < 0)
		return -1;
	return set_number(l, pages, "OEMCP", row->oemcp);
}

/* Each of these says how one thing is written; without them Windows takes what the locale says. */
static int forget_formats(const struct localizing *l, const char *path)
{
	static const char *const formats[] = {
		"iCalendarType", "iCountry", "iCurrDigits", "iCurrency", "iDate", "iDigits", "iFirstDayOfWeek",
		"iFirstWeekOfYear", "iLZero", "iMeasure", "iNegCurr", "iNegNumber", "iPaperSize", "iTime",
		"iTimePrefix", "iTLZero", "NumShape", "s1159", "s2359", "sCountry", "sCurrency", "sDate", "sDecimal",
		"sGrouping", "sLanguage", "sList", "sLongDate", "sMonDecimalSep", "sMonGrouping", "sMonThousandSep",
		"sNativeDigits", "sNegativeSign", "sPositiveSign", "sShortDate", "sShortTime", "sThousand", "sTime",
		"sTimeFormat", "sYearMonth",
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (registry_delete_value(l->setup->root, path, formats[i], l->err) < 0)
			return -1;
	return 0;
}

static int set_user_locale(const struct localizing *l, const char *user, const struct locale_row *row)
{
	CLEANUP(freep) char *path = xasprintf("%s\\Control Panel\\International", user);
	CLEANUP(freep) char *geo = xasprintf("%s\\Geo", path);
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;
	struct regf *hive;
	regf_key key;
	char lcid[12];

	snprintf(lcid, sizeof(lcid), "%08x", row->lcid);
	if (registry_find(l->setup->root, path, &hive, &key, l->err) < 0)
		return -1;
	if (key && regf_get_text(hive, key, "LocaleName", &old) && strcmp(strbuf_text(&old), row->name) == 0)
		return set_number(l, geo, "Nation", row->geo);
	if (forget_formats(l, path) < 0 || set_text(l, path, "Locale", lcid) < 0 ||
	    set_text(l, path, "LocaleName", row->name) < 0)
		return -1;
	if (set_text(l, geo, "Name", row->name + 3) < 0)
		return -1;
	return set_number(l, geo, "Nation", row->geo);
}

static int set_keyboard(const struct localizing *l, const char *user, const char *keyboard)
{
	CLEANUP(freep) char *path = xasprintf("%s\\Keyboard Layout\\Preload", user);

	return set_text(l, path, "1", keyboard);
}

static int set_ui_language(const struct localizing *l, const char *user, const struct locale_row *row)
{
	CLEANUP(freep) char *path = xasprintf("%s\\Control Panel\\Desktop", user);
	CLEANUP(strbuf_release) struct strbuf units = STRBUF_INIT;

	if (text_to_utf16le(row->name, strlen(row->name) + 1, &units, l->err) < 0)
		return -1;
	strbuf_add_fill(&units, '\0', 2);
	return registry_set(l->setup->root, path, "PreferredUILanguages", REGF_MULTI_SZ, units.data, units.len, l->err);
}

/* The profile of new users may be missing in small images: that is no error. */
static bool has_hive(const struct localizing *l, const char *user)
{
	struct registry_key key;
	struct err err = { 0 };

	if (registry_parse(l->setup->root, user, &key, &err) < 0)
		return false;
	registry_key_release(&key);
	return true;
}

static int check_ui_language(const struct localizing *l, const struct setup_locale *wanted, const struct locale_row *row,
			     bool *ret)
{
	CLEANUP(freep) char *path =
		xasprintf("HKLM\\SYSTEM\\CurrentControlSet\\Control\\MUI\\UILanguages\\%s", row->name);
	struct regf *hive;
	regf_key key;

	*ret = false;
	if (!(wanted->parts & LOCALE_UI))
		return 0;
	if (registry_find(l->setup->root, path, &hive, &key, l->err) < 0)
		return -1;
	*ret = key != 0;
	if (key || wanted->ui_if_there)
		return 0;
	err_set(l->err, ERR_REFUSED, "the image has no user interface in %s", row->name);
	return err_hint(l->err, "add the language pack in Windows: dism /Image:MOUNT /Add-Package");
}

static int check_keyboard(const char *keyboard, struct err *err)
{
	if (keyboard && (strlen(keyboard) != 8 || keyboard[strspn(keyboard, "0123456789abcdefABCDEF")]))
		return err_set(err, ERR_USAGE, "keyboard '%s': eight hexadecimal digits are wanted, as in 00000407",
			       keyboard);
	return 0;
}

int setup_locale(struct setup *setup, const struct setup_locale *wanted, bool *ret_ui, struct err *err)
{
	static const char *const users[] = { "HKU\\.DEFAULT", "HKU\\Default" };
	const struct localizing l = { .setup = setup, .err = err };
	const struct locale_row *row = locale_require(wanted->locale, err);

	if (!row || check_keyboard(wanted->keyboard, err) < 0 || check_ui_language(&l, wanted, row, ret_ui) < 0)
		return -1;
	if ((wanted->parts & LOCALE_SYSTEM) && for_control_sets(&l, row, set_system_locale) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		if (!has_hive(&l, users[i]))
			continue;
		if ((wanted->parts & LOCALE_USER) && set_user_locale(&l, users[i], row) < 0)
			return -1;
		if ((wanted->parts & LOCALE_INPUT) &&
		    set_keyboard(&l, users[i], wanted->keyboard ? wanted->keyboard : row->keyboard) < 0)
			return -1;
		if (*ret_ui && set_ui_language(&l, users[i], row) < 0)
			return -1;
	}
	return 0;
}
