/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA501-UA517: disks and partitions of Microsoft-Windows-Setup. */
#include "unattend/disk_layout.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unattend/disk_fixes.h"

static const struct setting *created_size(const struct lint *lint, const struct partition *p)
{
	return p ? setting_child(lint->answer, p->item, "Size") : NULL;
}

/* The partition itself is made as large as the room that is left. */
static void extend_when_made(const struct lint *lint, const struct disk *disk, const struct setting *modify, struct hit *hit)
{
	const struct setting *id = setting_child(lint->answer, modify, "PartitionID");
	const struct partition *p = id && disk_is_decidable(disk) ? partition_by_id(disk, setting_number(id)) : NULL;
	const struct setting *size = created_size(lint, p);
	struct edits *edits;

	if (!p || *modify->element->prefix || (!p->extend && (!size || setting_child(lint->answer, p->item, "Extend"))))
		return;
	edits = hit_fix(hit, FIX_UNSAFE);
	edits_delete_element(edits, &lint->answer->source.text, setting_child(lint->answer, modify, "Extend")->element);
	if (!p->extend)
		edits_replace(edits, size->element->span, "<Extend>true</Extend>");
}

static void check_extend_on_gpt(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *m = NULL;

		while (disk.gpt && (m = next_modified(lint->answer, disk.item, m))) {
			const struct setting *extend = setting_child(lint->answer, m, "Extend");

			if (setting_is_on(extend))
				extend_when_made(lint, &disk, m, lint_setting(lint, rule, extend, "ModifyPartition cannot extend on a GPT disk"));
		}
	}
}

/* ---- where Windows goes --------------------------------------------------------- */

static void check_two_targets(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, DISK_COMPONENT, "ImageInstall/OSImage", s))) {
		const struct setting *available = setting_child(lint->answer, s, "InstallToAvailablePartition");

		if (setting_is_on(available) && setting_child(lint->answer, s, "InstallTo"))
			lint_setting_element(lint, rule, available, "InstallTo and InstallToAvailablePartition exclude each other");
	}
}

static void check_no_target(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct component *c = disk.item->component;
		const struct setting *available = component_setting(lint->answer, c, "ImageInstall/OSImage/InstallToAvailablePartition");

		if (disk.n && component_setting(lint->answer, c, "ImageInstall/OSImage") && !setting_is_on(available) &&
		    !component_setting(lint->answer, c, "ImageInstall/OSImage/InstallTo"))
			fix_no_target(lint, &disk, lint_setting_element(lint, rule, disk.item,
									"partitions are made, but nothing says on which Windows goes"));
	}
}

static const struct setting *next_target(const struct lint *lint, const struct disk *disk, const struct setting *after)
{
	const struct setting *disk_id = setting_child(lint->answer, disk->item, "DiskID");

	while ((after = answer_next(lint->answer, DISK_COMPONENT, "ImageInstall/OSImage/InstallTo", after))) {
		const struct setting *id = setting_child(lint->answer, after, "DiskID");

		if (after->component == disk->item->component && id && disk_id && !id->placeholder && !disk_id->placeholder &&
		    setting_number(id) == setting_number(disk_id))
			return after;
	}
	return NULL;
}

static void check_target_exists(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *s = NULL;

		while (disk_is_decidable(&disk) && (s = next_target(lint, &disk, s))) {
			const struct setting *id = setting_child(lint->answer, s, "PartitionID");

			if (id && !id->placeholder && !setting_value_empty(id) && !partition_by_id(&disk, setting_number(id)))
				fix_target(lint, &disk, id, lint_setting(lint, rule, id, "partition %ld is not made, there are %zu",
									 setting_number(id), count_targets(&disk)));
		}
	}
}

static void check_target_type(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *s = NULL;

		while (disk_is_decidable(&disk) && (s = next_target(lint, &disk, s))) {
			const struct setting *id = setting_child(lint->answer, s, "PartitionID");
			const struct partition *p = id && !id->placeholder ? partition_by_id(&disk, setting_number(id)) : NULL;

			if (p && (partition_is(p, "EFI") || partition_is(p, "MSR")))
				lint_setting(lint, rule, id, "partition %ld is the %s partition", setting_number(id), partition_is(p, "EFI") ? "EFI" : "MSR");
		}
	}
}

/* ---- partitions that are made ---------------------------------------------------- */

static void check_extend_last(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk))
		for (size_t i = 0; disk.known && i + 1 < disk.n; i++)
			if (disk.created[i].extend && !partition_is(&disk.created[i], "Extended"))
				lint_setting_element(lint, rule, disk.created[i].item, "this partition takes all space, %zu more follow it",
						     disk.n - i - 1);
}

static void check_size(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk))
		for (size_t i = 0; disk.known && i < disk.n; i++) {
			const struct partition *p = &disk.created[i];

			if (p->extend == p->has_size)
				lint_setting_element(lint, rule, p->item, p->extend ? "Size and Extend=true exclude each other"
										    : "the partition has neither Size nor Extend=true");
		}
}

static bool has_type(const struct disk *disk, const char *type)
{
	for (size_t i = 0; i < disk->n; i++)
		if (partition_is(&disk->created[i], type))
			return true;
	return false;
}

static void check_gpt_complete(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk))
		if (disk.known && disk.wiped && has_type(&disk, "EFI") != has_type(&disk, "MSR"))
			fix_no_msr(lint, &disk, lint_setting_element(lint, rule, disk.item, "the disk has an %s partition, but none of type %s",
								     has_type(&disk, "EFI") ? "EFI" : "MSR",
								     has_type(&disk, "EFI") ? "MSR" : "EFI"));
}

static void check_primaries(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		size_t primaries = 0;

		for (size_t i = 0; i < disk.n; i++)
			primaries += partition_is(&disk.created[i], "Primary") || partition_is(&disk.created[i], "Extended");
		if (disk.known && disk.wiped && !disk.gpt && primaries > 4)
			lint_setting_element(lint, rule, disk.item, "an MBR disk has room for 4 primary partitions, these are %zu", primaries);
	}
}

static void check_wipe(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *wipe = setting_child(lint->answer, disk.item, "WillWipeDisk");

		if (disk.n && !disk.wiped && !(wipe && wipe->placeholder))
			fix_no_wipe(lint, wipe, &disk, lint_setting_element(lint, rule, disk.item,
									    "partitions are made on a disk that is not wiped"));
	}
}

static void check_wipe_notice(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk))
		if (disk.wiped)
			lint_setting_element(lint, rule, disk.item, "this file wipes a disk without asking");
}

/* ---- partitions that are changed -------------------------------------------------- */

static void check_efi_format(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *m = NULL;

		while (disk_is_decidable(&disk) && (m = next_modified(lint->answer, disk.item, m))) {
			const struct setting *id = setting_child(lint->answer, m, "PartitionID");
			const struct setting *format = setting_child(lint->answer, m, "Format");
			const struct partition *p = id && !id->placeholder ? partition_by_id(&disk, setting_number(id)) : NULL;

			if (p && partition_is(p, "EFI") && format && !format->placeholder && !setting_value_is(format, "FAT32"))
				edits_set_value(hit_fix(lint_setting(lint, rule, format, "the EFI partition is %s, not FAT32", lint_show(format)),
							FIX_SAFE), format->element, "FAT32");
		}
	}
}

static bool has_active(const struct lint *lint, const struct disk *disk)
{
	const struct setting *m = NULL;

	while ((m = next_modified(lint->answer, disk->item, m))) {
		const struct setting *active = setting_child(lint->answer, m, "Active");

		if (setting_is_on(active) || (active && active->placeholder))
			return true;
	}
	return false;
}

static void check_active(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk))
		if (disk_is_decidable(&disk) && has_active(lint, &disk) == disk.gpt)
			fix_active(lint, &disk, lint_setting_element(lint, rule, disk.item, disk.gpt ? "Active means nothing on a GPT disk"
												     : "no partition of this MBR disk is active"));
}

static void check_modify_id(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *m = NULL;

		while ((m = next_modified(lint->answer, disk.item, m))) {
			const struct setting *id = setting_child(lint->answer, m, "PartitionID");

			if (!id)
				lint_setting_element(lint, rule, m, "ModifyPartition has no PartitionID");
			else if (disk_is_decidable(&disk) && !id->placeholder && !setting_value_empty(id) && !partition_by_id(&disk, setting_number(id)))
				lint_setting(lint, rule, id, "partition %ld is not made, there are %zu", setting_number(id), count_targets(&disk));
		}
	}
}

static void check_label(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, DISK_COMPONENT, DISK "/ModifyPartitions/ModifyPartition/Label", s)))
		if (!setting_value_empty(s) && !setting_child(lint->answer, s->parent, "Format"))
			edits_append_value(hit_fix(lint_setting_element(lint, rule, s, "a label without Format is not set"), FIX_UNSAFE),
					   &lint->answer->source.text, s->parent->element, "Format", "NTFS");
}

static bool is_letter(const struct setting *s, char *ret)
{
	size_t len;
	const char *value = setting_value(s, &len);

	*ret = len ? (char)toupper((unsigned char)value[0]) : '\0';
	return len == 1 && *ret >= 'C' && *ret <= 'Z';
}

static void check_letter(const struct rule *rule, struct lint *lint)
{
	const struct component *component = NULL;
	const struct setting *s = NULL;
	unsigned seen = 0;
	char letter;

	while ((s = answer_next(lint->answer, DISK_COMPONENT, DISK "/ModifyPartitions/ModifyPartition/Letter", s))) {
		if (s->component != component)
			seen = 0;
		component = s->component;
		if (s->placeholder || setting_value_empty(s))
			continue;
		if (!is_letter(s, &letter))
			lint_setting(lint, rule, s, "\"%s\" is no drive letter from C to Z", lint_show(s));
		else if (seen & 1u << (letter - 'A'))
			lint_setting(lint, rule, s, "drive letter %c is given twice", letter);
		else
			seen |= 1u << (letter - 'A');
	}
}

static void check_type_id(const struct rule *rule, struct lint *lint)
{
	struct disk disk = { .item = NULL };

	while (next_disk(lint, &disk)) {
		const struct setting *m = NULL;

		while (disk_is_decidable(&disk) && (m = next_modified(lint->answer, disk.item, m))) {
			const struct setting *id = setting_child(lint->answer, m, "TypeID");
			bool mbr_style;

			if (!id || id->placeholder || setting_value_empty(id))
				continue;
			mbr_style = strncasecmp(id->element->value, "0x", 2) == 0;
			if (mbr_style == disk.gpt)
				lint_setting(lint, rule, id, disk.gpt ? "a GPT disk wants a GUID as TypeID" : "an MBR disk wants 0x27 or alike as TypeID");
		}
	}
}

#define DOC "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-setup-"

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA501", .name = "two-install-targets", .severity = SEVERITY_ERROR,
			.summary = "InstallTo and InstallToAvailablePartition are both set",
			.why = "The reference says that the installation fails.",
			.advice = "keep one of them",
			.source = DOC "imageinstall-osimage-installtoavailablepartition",
		},
		.flags = RULE_CROSS,
		.bad = "<InstallTo>...</InstallTo><InstallToAvailablePartition>true</InstallToAvailablePartition>",
		.good = "<InstallTo>...</InstallTo>",
		.check = check_two_targets,
	},
	{
		.meta = {
			.id = "UA502", .name = "no-install-target", .severity = SEVERITY_ERROR,
			.summary = "partitions are made, but there is no InstallTo",
			.why = "Setup shows its disk page and waits.",
			.advice = "add ImageInstall/OSImage/InstallTo with DiskID and PartitionID",
			.source = DOC "imageinstall-osimage-installto",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<CreatePartitions>...  and  <OSImage><InstallFrom>...</InstallFrom></OSImage>",
		.good = "<OSImage><InstallTo><DiskID>0</DiskID><PartitionID>3</PartitionID></InstallTo></OSImage>",
		.check = check_no_target,
	},
	{
		.meta = {
			.id = "UA503", .name = "target-not-made", .severity = SEVERITY_ERROR,
			.summary = "InstallTo names a partition that is not made",
			.why = "The disk is wiped, so only the partitions of this file exist. Setup says \"Windows could not apply the unattend\n"
			       "answer file's <DiskConfiguration> setting\". The extended partition has no number.",
			.advice = "give the number of the Windows partition, counting in Order",
			.source = "https://github.com/jetbrains-infra/packer-builder-vsphere/issues/151",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "three CreatePartition and <PartitionID>4</PartitionID>",
		.good = "<PartitionID>3</PartitionID>",
		.check = check_target_exists,
	},
	{
		.meta = {
			.id = "UA504", .name = "target-not-for-windows", .severity = SEVERITY_ERROR,
			.summary = "InstallTo names the EFI or MSR partition",
			.why = "Windows cannot be installed there.",
			.advice = "give the number of the Windows partition, counting in Order",
			.source = DOC "diskconfiguration-disk-createpartitions-createpartition-type",
		},
		.flags = RULE_CROSS,
		.bad = "EFI, MSR, Primary and <PartitionID>2</PartitionID>",
		.good = "<PartitionID>3</PartitionID>",
		.check = check_target_type,
	},
	{
		.meta = {
			.id = "UA505", .name = "extend-not-last", .severity = SEVERITY_ERROR,
			.summary = "a partition that takes all space is not the last one",
			.why = "Nothing is left for the partitions behind it: \"Windows could not apply the unattend answer file's\n"
			       "<DiskConfiguration> setting\".",
			.advice = "give it the highest Order",
			.source = DOC "diskconfiguration-disk-createpartitions-createpartition-extend",
		},
		.flags = RULE_CROSS,
		.bad = "Order 1 with Extend=true, Order 2 with Size",
		.good = "Order 1 with Size, Order 2 with Extend=true",
		.check = check_extend_last,
	},
	{
		.meta = {
			.id = "UA506", .name = "size-or-extend", .severity = SEVERITY_ERROR,
			.summary = "a partition has neither Size nor Extend=true, or both",
			.why = "Exactly one of them is needed: \"Windows could not apply the unattend answer file's <DiskConfiguration> setting\".",
			.advice = "give the size in megabytes, or Extend=true for the rest of the disk",
			.source = DOC "diskconfiguration-disk-createpartitions-createpartition-extend",
		},
		.flags = RULE_CROSS,
		.bad = "<CreatePartition wcm:action=\"add\"><Order>1</Order><Type>Primary</Type></CreatePartition>",
		.good = "<CreatePartition wcm:action=\"add\"><Order>1</Order><Type>Primary</Type><Extend>true</Extend></CreatePartition>",
		.check = check_size,
	},
	{
		.meta = {
			.id = "UA507", .name = "gpt-incomplete", .severity = SEVERITY_WARNING,
			.summary = "a GPT disk has only one of EFI and MSR",
			.why = "The reference wants both. Newer versions of Setup have been seen to do without MSR.",
			.advice = "add <Type>MSR</Type> with Size 16 behind the EFI partition",
			.source = DOC "diskconfiguration-disk-createpartitions-createpartition-type",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "EFI, Primary",
		.good = "EFI, MSR, Primary",
		.check = check_gpt_complete,
	},
	{
		.meta = {
			.id = "UA508", .name = "efi-not-fat32", .severity = SEVERITY_WARNING,
			.summary = "the EFI partition is not FAT32",
			.why = "The firmware cannot read it, the computer does not start.",
			.advice = "write <Format>FAT32</Format>",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-format",
		},
		.flags = RULE_CROSS, .fix = FIX_SAFE,
		.bad = "<PartitionID>1</PartitionID><Format>NTFS</Format>   (partition 1 is EFI)",
		.good = "<Format>FAT32</Format>",
		.check = check_efi_format,
	},
	{
		.meta = {
			.id = "UA509", .name = "active-partition", .severity = SEVERITY_INFO,
			.summary = "no active partition on an MBR disk, or one on a GPT disk",
			.why = "A BIOS starts from the active partition of an MBR disk. Setup marks a single primary partition by itself. UEFI does\n"
			       "not know the mark.",
			.advice = "set Active on the system partition of an MBR disk only",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-active",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "MBR disk without <Active>true</Active>",
		.good = "<ModifyPartition wcm:action=\"add\">...<Active>true</Active>",
		.check = check_active,
	},
	{
		.meta = {
			.id = "UA510", .name = "extend-on-gpt", .severity = SEVERITY_ERROR,
			.summary = "ModifyPartition/Extend on a GPT disk",
			.why = "It is for MBR disks only; Setup fails at the disk.",
			.advice = "set Extend in CreatePartition instead of Size",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-extend",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<ModifyPartition>...<Extend>true</Extend>   on a disk with an EFI partition",
		.good = "<CreatePartition>...<Extend>true</Extend>",
		.check = check_extend_on_gpt,
	},
	{
		.meta = {
			.id = "UA511", .name = "modify-unknown-partition", .severity = SEVERITY_ERROR,
			.summary = "ModifyPartition names no partition, or one that is not made",
			.why = "\"Windows could not apply the unattend answer file's <DiskConfiguration> setting\".",
			.advice = "give the PartitionID, counting in Order of CreatePartition",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-partitionid",
		},
		.flags = RULE_CROSS,
		.bad = "<ModifyPartition wcm:action=\"add\"><Order>1</Order><Format>NTFS</Format></ModifyPartition>",
		.good = "<ModifyPartition wcm:action=\"add\"><Order>1</Order><PartitionID>1</PartitionID><Format>NTFS</Format></ModifyPartition>",
		.check = check_modify_id,
	},
	{
		.meta = {
			.id = "UA512", .name = "label-without-format", .severity = SEVERITY_WARNING,
			.summary = "a partition gets a label, but is not formatted",
			.why = "The reference says that Format is needed to name a partition; the label is not set.",
			.advice = "add Format, or remove Label",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-label",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<PartitionID>1</PartitionID><Label>Windows</Label>",
		.good = "<PartitionID>1</PartitionID><Label>Windows</Label><Format>NTFS</Format>",
		.check = check_label,
	},
	{
		.meta = {
			.id = "UA513", .name = "disk-not-wiped", .severity = SEVERITY_WARNING,
			.summary = "partitions are made on a disk that is not wiped",
			.why = "What is on the disk stays: the numbers of partitions are others, or there is no room.",
			.advice = "set WillWipeDisk to true when the disk may be erased",
			.source = DOC "diskconfiguration-disk-willwipedisk",
		},
		.flags = RULE_CROSS, .fix = FIX_UNSAFE,
		.bad = "<WillWipeDisk>false</WillWipeDisk><CreatePartitions>...",
		.good = "<WillWipeDisk>true</WillWipeDisk><CreatePartitions>...",
		.check = check_wipe,
	},
	{
		.meta = {
			.id = "UA514", .name = "disk-wiped", .severity = SEVERITY_INFO,
			.summary = "the file wipes a disk without asking",
			.why = "A computer that starts from this media by mistake loses its data.",
			.advice = "keep such media apart",
			.source = DOC "diskconfiguration-disk-willwipedisk",
		},
		.flags = RULE_OFF,
		.bad = "<WillWipeDisk>true</WillWipeDisk>",
		.good = "<WillWipeDisk>false</WillWipeDisk>",
		.check = check_wipe_notice,
	},
	{
		.meta = {
			.id = "UA515", .name = "too-many-primaries", .severity = SEVERITY_ERROR,
			.summary = "an MBR disk gets more than four primary partitions",
			.why = "The table of an MBR disk has four places, one of which an extended partition takes.",
			.advice = "make fewer partitions, or a GPT disk with EFI and MSR",
			.source = DOC "diskconfiguration-disk-createpartitions-createpartition-order",
		},
		.flags = RULE_CROSS,
		.bad = "five CreatePartition of type Primary",
		.good = "four CreatePartition of type Primary",
		.check = check_primaries,
	},
	{
		.meta = {
			.id = "UA516", .name = "drive-letter", .severity = SEVERITY_ERROR,
			.summary = "a drive letter is not from C to Z, or given twice",
			.why = "\"Windows could not apply the unattend answer file's <DiskConfiguration> setting\".",
			.advice = "give each partition its own letter, without a colon",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-letter",
		},
		.flags = RULE_CROSS,
		.bad = "<Letter>C:</Letter>",
		.good = "<Letter>C</Letter>",
		.check = check_letter,
	},
	{
		.meta = {
			.id = "UA517", .name = "type-id-of-other-style", .severity = SEVERITY_ERROR,
			.summary = "TypeID does not fit the partition style of the disk",
			.why = "MBR disks have types such as 0x27, GPT disks have GUIDs.",
			.advice = "use DE94BBA4-06D1-4D40-A16A-BFD50179D6AC for a recovery partition on GPT, 0x27 on MBR",
			.source = DOC "diskconfiguration-disk-modifypartitions-modifypartition-typeid",
		},
		.flags = RULE_CROSS,
		.bad = "<TypeID>0x27</TypeID>   on a disk with an EFI partition",
		.good = "<TypeID>DE94BBA4-06D1-4D40-A16A-BFD50179D6AC</TypeID>",
		.check = check_type_id,
	},
};

const struct rule_table disk_rules = { rules, ARRAY_SIZE(rules) };
