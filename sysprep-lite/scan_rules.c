/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sysprep-lite/scan.h"

#define GENERALIZE "sysprep-lite generalize changes it"

static const struct rule_meta rules[] = {
	{
		.id = "image-not-generalized", .severity = SEVERITY_ERROR,
		.summary = "sysprep /generalize was not run on this image",
		.why = "every machine made from it is a clone: one machine SID, one client machine ID, and more",
		.advice = "run sysprep /generalize /oobe before the capture; sysprep-lite generalize treats what can "
			  "be treated offline",
		.source = "Microsoft Learn: Sysprep (Generalize) a Windows installation",
	},
	{
		.id = "image-broken-half-way", .severity = SEVERITY_ERROR,
		.summary = "a run of sysprep or Setup began and did not end",
		.why = "the next boot may stop with 'Windows could not complete the installation'",
		.advice = "look at Windows\\System32\\Sysprep\\Panther\\setuperr.log and capture again",
		.source = "Microsoft Learn: Windows Setup states",
	},
	{
		.id = "image-state-unknown", .severity = SEVERITY_WARNING,
		.summary = "the image does not tell whether it was generalized",
		.why = "ImageState and SetupType are missing or unusual",
		.advice = "look at the evidence above; treat the image as not generalized",
	},
	{
		.id = "identity-nic", .severity = SEVERITY_WARNING,
		.summary = "a network adapter keeps the GUID of the reference machine",
		.why = "failover clustering fails with 'An item with the same key has already been added'",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-machine", .severity = SEVERITY_WARNING,
		.summary = "an identifier of the reference machine is in the image",
		.why = "servers and services take all clones for one machine",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-network", .severity = SEVERITY_WARNING,
		.summary = "network state of the reference machine is in the image",
		.why = "the first boot asks for the address of the reference machine",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-domain", .severity = SEVERITY_WARNING,
		.summary = "domain state of the reference machine is in the image",
		.why = "clones go to the site of the build network or carry its passwords",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-storage", .severity = SEVERITY_WARNING,
		.summary = "disk state of the reference machine is in the image",
		.why = "drive letters are wrong or missing on other disks; page files hold the memory of the machine",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-agent", .severity = SEVERITY_WARNING,
		.summary = "a management or security agent keeps the identity of the reference machine",
		.why = "its server shows one device for all clones",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-cmid", .severity = SEVERITY_WARNING,
		.summary = "activation state of the reference machine is in the image",
		.why = "the KMS host counts all clones as one computer, or clones ask the wrong host",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-telemetry", .severity = SEVERITY_WARNING,
		.summary = "a telemetry identity of the reference machine is in the image",
		.why = "all clones report as one device",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-logs", .severity = SEVERITY_WARNING,
		.summary = "logs and traces of the reference machine are in the image",
		.why = "they name the reference machine and take space in every copy",
		.advice = GENERALIZE,
	},
	{
		.id = "identity-other", .severity = SEVERITY_WARNING,
		.summary = "state of the reference machine is in the image",
		.why = "it differs on every machine that was installed by itself",
		.advice = GENERALIZE,
	},
	{
		.id = "skip-rearm", .severity = SEVERITY_ERROR,
		.summary = "SkipRearm is 1: sysprep does not reset the licensing state",
		.why = "all clones keep one client machine ID (CMID); the KMS host counts one computer",
		.advice = "sysprep-lite generalize sets it to 0",
		.source = "askcore blog 2011-05-11",
	},
	{
		.id = "skip-rearm-answer-file", .severity = SEVERITY_ERROR,
		.summary = "an answer file kept in the image sets SkipRearm to 1",
		.why = "the next sysprep run reads it again and keeps the client machine ID (CMID)",
		.advice = "set SkipRearm to 0 in that file, or remove the file",
		.source = "askcore blog 2011-05-11",
	},
	{
		.id = "persist-device-installs", .severity = SEVERITY_WARNING,
		.summary = "PersistAllDeviceInstalls is 1: sysprep keeps device instances",
		.why = "a generalized image then still clones the GUIDs of its network adapters",
		.advice = "wanted for machines of one model only; generalize --enable persist-devices sets it to 0",
		.source = "Microsoft-Windows-PnpSysprep settings",
	},
	{
		.id = "rearm-not-staged", .severity = SEVERITY_WARNING,
		.summary = "nothing resets the licensing state at the first boot",
		.why = "all clones keep one client machine ID (CMID) until they are rearmed; it cannot be changed "
		       "offline",
		.advice = "sysprep-lite generalize stages a rearm; or run slmgr /rearm on each machine",
		.source = "Volume Activation 2.0 Operations Guide",
	},
	{
		.id = "machine-sid", .severity = SEVERITY_WARNING,
		.summary = "the machine SID is cloned",
		.why = "since the updates of August 2025 Windows 11 24H2, Server 2025 and later refuse to log on "
		       "between machines of one SID (LsaSrv event 6167)",
		.advice = "only sysprep /generalize inside Windows makes a new SID",
		.source = "KB5068222, MC1275343",
	},
	{
		.id = "domain-member", .severity = SEVERITY_WARNING,
		.summary = "the image is a member of a domain",
		.why = "clones fight over one machine account: 'The trust relationship ... failed'",
		.advice = "leave the domain before the capture; sysprep-lite cannot do it",
		.source = "KB314828",
	},
	{
		.id = "bitlocker", .severity = SEVERITY_WARNING,
		.summary = "the system drive was encrypted when the image was captured",
		.why = "clones may ask for the recovery key",
		.advice = "decrypt before the capture",
	},
	{
		.id = "hibernated", .severity = SEVERITY_WARNING,
		.summary = "the image was captured while Windows was hibernated",
		.why = "the registry on disk is older than the one in hiberfil.sys (fast startup does this too)",
		.advice = "shut down with 'shutdown /s /t 0' (without /hybrid), then capture; generalize refuses until "
			  "then",
		.source = "guestfs(3): Windows 8 fast startup",
	},
	{
		.id = "pending-renames", .severity = SEVERITY_INFO,
		.summary = "files wait to be renamed at the next boot",
		.why = "the image was captured with a restart pending",
		.advice = "restart the reference machine before the capture",
	},
	{
		.id = "pending-servicing", .severity = SEVERITY_WARNING,
		.summary = "an update waits for a restart",
		.why = "sysprep refuses, and offline servicing may fail",
		.advice = "restart the reference machine before the capture",
	},
	{
		.id = "dirty-hive", .severity = SEVERITY_WARNING,
		.summary = "a registry hive was not written to the end; its log completes it",
		.why = "Windows was not shut down cleanly before the capture",
		.advice = "shut down cleanly; generalize writes the completed hive where it changes it",
	},
	{
		.id = "time-zone-field-order", .severity = SEVERITY_WARNING,
		.summary = "the dates in TimeZoneInformation have the field order of TZI",
		.why = "summer time begins and ends on the wrong days",
		.advice = "sysprep-lite timezone set TARGET ZONE writes them right",
		.source = "measured on hives of NT 4.0 to Windows 10",
	},
	{
		.id = "time-zones-differ", .severity = SEVERITY_INFO,
		.summary = "control sets have different time zones",
		.why = "the local time depends on which control set boots",
		.advice = "sysprep-lite timezone set TARGET ZONE sets all of them",
	},
	{
		.id = "sysprep-inf-time-zone", .severity = SEVERITY_WARNING,
		.summary = "TimeZone in sysprep.inf does not name a time zone of this image",
		.why = "mini-setup asks for the time zone, or sets a wrong one",
		.advice = "sysprep-lite timezone convert shows the right number",
		.source = "ms912391, KB973627",
	},
	{
		.id = "only-windows", .severity = SEVERITY_INFO,
		.summary = "only Windows itself can change this",
		.advice = "run sysprep /generalize inside Windows",
	},
	{
		.id = "check-by-hand", .severity = SEVERITY_INFO,
		.summary = "a person has to decide about this",
		.advice = "keep it where it is wanted",
	},
};

const struct rule_meta *scan_rule_at(size_t i)
{
	return i < ARRAY_SIZE(rules) ? &rules[i] : NULL;
}

const struct rule_meta *scan_rule(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

const struct rule_meta *scan_rule_of(const struct op_row *row)
{
	static const char *const own[][2] = {
		{ "skip-rearm", "skip-rearm" },
		{ "rearm", "rearm-not-staged" },
		{ "persist-devices", "persist-device-installs" },
	};
	const struct rule_meta *rule;
	CLEANUP(freep) char *id = xasprintf("identity-%s", row->category);

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strcmp(own[i][0], row->id) == 0)
			return scan_rule(own[i][1]);
	if (!op_changes(row))
		return scan_rule(row->verb == VERB_WINDOWS ? "only-windows" : "check-by-hand");
	rule = scan_rule(id);
	return rule ? rule : scan_rule("identity-other");
}
