/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/disk_fixes.h"

#include <stdio.h>
#include <string.h>

static const struct strbuf *text_of(const struct lint *lint)
{
	return &lint->answer->source.text;
}

/* Another value for a leaf of plain text. */
static void set_number(struct edits *edits, const struct setting *s, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	if (s && s->element->plain && !s->placeholder)
		edits_set_value(edits, s->element, text);
}

void fix_no_target(struct lint *lint, const struct disk *disk, struct hit *hit)
{
	const struct setting *image = component_setting(lint->answer, disk->item->component, "ImageInstall/OSImage");
	long id = disk_is_decidable(disk) ? windows_partition(lint, disk) : 0;
	CLEANUP(freep) char *disk_line = xasprintf("<DiskID>%ld</DiskID>", setting_number(setting_child(lint->answer, disk->item, "DiskID")));
	CLEANUP(freep) char *partition_line = xasprintf("<PartitionID>%ld</PartitionID>", id);
	const struct edit_line lines[] = { { 0, "<InstallTo>" }, { 1, disk_line }, { 1, partition_line }, { 0, "</InstallTo>" } };

	if (id && image && !*image->element->prefix)
		edits_append_child(hit_fix(hit, FIX_UNSAFE), text_of(lint), image->element, lines, ARRAY_SIZE(lines));
}

void fix_target(struct lint *lint, const struct disk *disk, const struct setting *id, struct hit *hit)
{
	long wanted = windows_partition(lint, disk);

	if (wanted)
		set_number(hit_fix(hit, FIX_UNSAFE), id, wanted);
}

static const struct partition *efi_of(const struct disk *disk)
{
	for (size_t i = 0; i < disk->n; i++)
		if (partition_is(&disk->created[i], "EFI"))
			return &disk->created[i];
	return NULL;
}

/* Numbers behind the new partition, where they are cited. */
static void shift_ids(struct lint *lint, const struct disk *disk, long behind, struct edits *edits)
{
	const struct setting *disk_id = setting_child(lint->answer, disk->item, "DiskID"), *s = NULL;

	while ((s = next_modified(lint->answer, disk->item, s))) {
		const struct setting *id = setting_child(lint->answer, s, "PartitionID");

		if (setting_number(id) > behind)
			set_number(edits, id, setting_number(id) + 1);
	}
	while ((s = answer_next(lint->answer, DISK_COMPONENT, "ImageInstall/OSImage/InstallTo", s))) {
		const struct setting *id = setting_child(lint->answer, s, "PartitionID");

		if (s->component == disk->item->component && setting_number(id) > behind &&
		    setting_number(setting_child(lint->answer, s, "DiskID")) == setting_number(disk_id))
			set_number(edits, id, setting_number(id) + 1);
	}
}

void fix_no_msr(struct lint *lint, const struct disk *disk, struct hit *hit)
{
	const struct partition *efi = efi_of(disk);
	CLEANUP(freep) char *order = efi ? xasprintf("<Order>%ld</Order>", efi->order + 1) : NULL;
	const struct edit_line lines[] = {
		{ 0, "<CreatePartition wcm:action=\"add\">" }, { 1, order }, { 1, "<Type>MSR</Type>" }, { 1, "<Size>16</Size>" },
		{ 0, "</CreatePartition>" },
	};
	struct edits *edits;

	if (!efi || !hit->rule || *efi->item->element->prefix || !element_attribute_ns(efi->item->element, NS_WCM, "action"))
		return;
	edits = hit_fix(hit, FIX_UNSAFE);
	edits_insert_after(edits, text_of(lint), efi->item->element, lines, ARRAY_SIZE(lines));
	for (size_t i = 0; i < disk->n; i++)
		if (disk->created[i].order > efi->order)
			set_number(edits, setting_child(lint->answer, disk->created[i].item, "Order"), disk->created[i].order + 1);
	shift_ids(lint, disk, partition_id(disk, efi), edits);
}

void fix_no_wipe(struct lint *lint, const struct setting *wipe, const struct disk *disk, struct hit *hit)
{
	if (!wipe)
		edits_append_value(hit_fix(hit, FIX_UNSAFE), text_of(lint), disk->item->element, "WillWipeDisk", "true");
	else if (wipe->element->plain && !wipe->element->self_closing)
		edits_set_value(hit_fix(hit, FIX_UNSAFE), wipe->element, "true");
}

void fix_active(struct lint *lint, const struct disk *disk, struct hit *hit)
{
	const struct setting *m = NULL;

	while (hit->rule && (m = next_modified(lint->answer, disk->item, m))) {
		const struct setting *active = setting_child(lint->answer, m, "Active");
		const struct partition *p = partition_by_id(disk, setting_number(setting_child(lint->answer, m, "PartitionID")));

		if (disk->gpt && setting_is_on(active)) {
			edits_delete_element(hit_fix(hit, FIX_UNSAFE), text_of(lint), active->element);
		} else if (!disk->gpt && p && partition_is(p, "Primary")) {
			if (!active)
				edits_append_value(hit_fix(hit, FIX_UNSAFE), text_of(lint), m->element, "Active", "true");
			else if (active->element->plain && !active->element->self_closing)
				edits_set_value(hit_fix(hit, FIX_UNSAFE), active->element, "true");
			return;
		}
	}
}
