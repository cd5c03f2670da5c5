/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "sysprep-lite/scan.h"
#include "sysprep-lite/timezone.h"

#define BUILD_SID_MATTERS 26100 /* Windows 11 24H2 and Server 2025 */
#define SID_TAIL_LEN 12         /* three sub-authorities at the end of V */

static void add(struct scanning *scan, const char *rule, const char *item, const char *message)
{
	report_add(scan->report, scan_rule(rule), scan_place(scan, item), "%s", message);
}

static regf_key find(struct regf *hive, const char *path)
{
	return hive ? regf_find(hive, regf_root(hive), path) : 0;
}

/* ---- machine SID ---- */

static uint32_t build_number(struct scanning *scan)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct regf *software;
	regf_key key;

	if (winroot_hive(scan->root, HIVE_SOFTWARE, &software, NULL) < 0)
		return 0;
	key = find(software, "Microsoft\\Windows NT\\CurrentVersion");
	if (!key || !regf_get_text(software, key, "CurrentBuildNumber", &text))
		return 0;
	return (uint32_t)strtoul(strbuf_text(&text), NULL, 10);
}

static int check_sid(struct scanning *scan)
{
	CLEANUP(strbuf_release) struct strbuf v = STRBUF_INIT;
	struct regf *sam;
	regf_key key;
	regf_value value;
	const uint8_t *tail;

	if (winroot_hive(scan->root, HIVE_SAM, &sam, scan->err) < 0)
		return -1;
	key = find(sam, "SAM\\Domains\\Account");
	value = key ? regf_value_find(sam, key, "V") : 0;
	if (!value || scan->result->verdict == VERDICT_GENERALIZED)
		return 0;
	if (regf_value_data(sam, value, &v, scan->err) < 0)
		return -1;
	if (v.len < SID_TAIL_LEN)
		return 0;
	tail = (const uint8_t *)v.data + v.len - SID_TAIL_LEN;
	report_add_as(scan->report, scan_rule("machine-sid"),
		      build_number(scan) >= BUILD_SID_MATTERS ? SEVERITY_ERROR : SEVERITY_WARNING,
		      scan_place(scan, "SAM\\SAM\\Domains\\Account: V"), "the machine SID S-1-5-21-%u-%u-%u is cloned",
		      load_le32(tail), load_le32(tail + 4), load_le32(tail + 8));
	report_note(scan->report, "only Windows can change it: Windows 11 24H2, Server 2025 and later refuse logons "
				  "between machines of one SID (LsaSrv event 6167)");
	scan->result->only_windows++;
	return 0;
}

/* ---- state that a capture should not have ---- */

static int check_domain(struct scanning *scan)
{
	struct regf *security;

	if (winroot_hive(scan->root, HIVE_SECURITY, &security, scan->err) < 0)
		return -1;
	if (find(security, "Policy\\Secrets\\$MACHINE.ACC")) {
		add(scan, "domain-member", "SECURITY\\Policy\\Secrets\\$MACHINE.ACC",
		    "the image is a member of a domain: it holds a machine account password");
		scan->result->only_windows++;
	}
	return 0;
}

static int check_bitlocker(void *context, struct regf *hive, regf_key key, const char *path UNUSED)
{
	uint32_t status = 0;

	if (!regf_get_u32(hive, key, "BootStatus", &status) || !status)
		return 0;
	add(context, "bitlocker", "SYSTEM\\Control\\BitlockerStatus: BootStatus",
	    "the system drive was encrypted when the image was captured");
	return 1;
}

static int check_renames(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct value_data value = { 0 };
	struct scanning *scan = context;
	CLEANUP(freep) char *item = xasprintf("SYSTEM\\%s: PendingFileRenameOperations", path);
	int status = value_read(hive, key, "PendingFileRenameOperations", &value, scan->err);

	if (status == 0 && value.data.len > 4)
		add(scan, "pending-renames", item, "files wait to be renamed at the next boot");
	value_release(&value);
	return status;
}

static void check_hibernation(struct scanning *scan)
{
	if (is_hibernated(scan->root))
		add(scan, "hibernated", "hiberfil.sys", "the image was captured while Windows was hibernated");
}

static void check_servicing(struct scanning *scan, struct regf *software)
{
	CLEANUP(freep) char *pending = winroot_path(scan->root, "Windows\\WinSxS\\pending.xml");

	if (target_has(winroot_target(scan->root), pending))
		add(scan, "pending-servicing", pending, "an update waits for a restart");
	else if (find(software, "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending"))
		add(scan, "pending-servicing",
		    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending",
		    "an update waits for a restart");
}

static int check_dirty(struct scanning *scan)
{
	for (unsigned id = 0; id < HIVE_COUNT; id++) {
		struct regf_info info;
		struct regf *hive;

		if (winroot_hive(scan->root, id, &hive, scan->err) < 0)
			return -1;
		if (!hive)
			continue;
		if (winroot_is_incomplete(scan->root, id)) {
			report_add_as(scan->report, scan_rule("dirty-hive"), SEVERITY_ERROR,
				      scan_place(scan, winroot_hive_path(scan->root, id)),
				      "%s was not written to the end and no log completes it: this report may be "
				      "wrong, and generalize refuses it",
				      hive_name(id));
			continue;
		}
		regf_get_info(hive, &info);
		if (info.was_dirty)
			report_add(scan->report, scan_rule("dirty-hive"),
				   scan_place(scan, winroot_hive_path(scan->root, id)),
				   "%s was not written to the end; %u log entr%s it", hive_name(id),
				   info.replayed_entries, info.replayed_entries == 1 ? "y completes" : "ies complete");
	}
	return 0;
}

/* ---- time zones ---- */

struct zone_check {
	struct scanning *scan;
	struct regf *software;
	struct strbuf first; /* name in the first control set */
	bool differs;
};

/* TimeZoneInformation must have the dates of TZI with the weekday moved to the end. */
static bool has_unswapped_date(struct zone_check *check, struct regf *hive, regf_key key, const char *zone)
{
	CLEANUP(strbuf_release) struct strbuf tzi = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf start = STRBUF_INIT;
	CLEANUP(freep) char *path = xasprintf("Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\%s", zone);
	regf_key zone_key = find(check->software, path);
	regf_value value = zone_key ? regf_value_find(check->software, zone_key, "TZI") : 0;
	regf_value start_value = regf_value_find(hive, key, "DaylightStart");
	uint8_t right[ZONE_DATE_LEN];
	const uint8_t *date;

	if (!value || !start_value || regf_value_data(check->software, value, &tzi, NULL) < 0 ||
	    regf_value_data(hive, start_value, &start, NULL) < 0 || tzi.len < ZONE_TZI_LEN ||
	    start.len != ZONE_DATE_LEN)
		return false;
	date = (const uint8_t *)tzi.data + ZONE_TZI_LEN - ZONE_DATE_LEN;
	zone_date_to_time_fields(date, right);
	return memcmp(start.data, date, ZONE_DATE_LEN) == 0 && memcmp(date, right, ZONE_DATE_LEN) != 0;
}

static int check_zone(void *context, struct regf *hive, regf_key key, const char *path)
{
	struct zone_check *check = context;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	CLEANUP(freep) char *item = xasprintf("SYSTEM\\%s", path);

	if (!regf_get_text(hive, key, "TimeZoneKeyName", &name))
		(void)regf_get_text(hive, key, "StandardName", &name);
	if (has_unswapped_date(check, hive, key, strbuf_text(&name)))
		add(check->scan, "time-zone-field-order", item,
		    "the dates of summer time have the field order of TZI (SYSTEMTIME), not that of "
		    "TimeZoneInformation");
	if (!check->first.len)
		strbuf_adds(&check->first, strbuf_text(&name));
	else if (strcmp(check->first.data, strbuf_text(&name)) != 0)
		check->differs = true;
	return 0;
}

static void check_zones(struct scanning *scan, struct regf *system, struct regf *software)
{
	struct zone_check check = { .scan = scan, .software = software };

	hive_match(system, "ControlSet*\\Control\\TimeZoneInformation", check_zone, &check);
	if (check.differs)
		add(scan, "time-zones-differ", "SYSTEM\\ControlSet*\\Control\\TimeZoneInformation",
		    "control sets have different time zones");
	strbuf_release(&check.first);
}

int scan_traps(struct scanning *scan)
{
	struct regf *system, *software;

	if (winroot_hive(scan->root, HIVE_SYSTEM, &system, scan->err) < 0 ||
	    winroot_hive(scan->root, HIVE_SOFTWARE, &software, scan->err) < 0 || check_sid(scan) < 0 ||
	    check_domain(scan) < 0)
		return -1;
	hive_match(system, "ControlSet*\\Control\\BitlockerStatus", check_bitlocker, scan);
	if (hive_match(system, "ControlSet*\\Control\\Session Manager", check_renames, scan) < 0)
		return -1;
	check_hibernation(scan);
	check_servicing(scan, software);
	check_zones(scan, system, software);
	return check_dirty(scan);
}
