/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/disk_layout.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool setting_is_on(const struct setting *s)
{
	return s && setting_value_is(s, "true");
}

bool partition_is(const struct partition *p, const char *type)
{
	return p->type && setting_value_is(p->type, type);
}

long setting_number(const struct setting *s)
{
	return s ? strtol(s->element->value, NULL, 10) : 0;
}

static int compare_order(const void *a, const void *b)
{
	long x = ((const struct partition *)a)->order, y = ((const struct partition *)b)->order;

	return x < y ? -1 : x > y;
}

static void add_partition(const struct answer *answer, const struct setting *item, struct disk *disk)
{
	const struct setting *order = setting_child(answer, item, "Order"), *extend = setting_child(answer, item, "Extend");
	struct partition *p;

	if (disk->n >= PARTITIONS_MAX || !order) {
		disk->known = false;
		return;
	}
	p = &disk->created[disk->n++];
	*p = (struct partition){ .item = item, .order = setting_number(order), .type = setting_child(answer, item, "Type") };
	p->extend = setting_is_on(extend);
	p->has_size = setting_child(answer, item, "Size") != NULL;
	disk->known = disk->known && !order->placeholder && !(extend && extend->placeholder) && !(p->type && p->type->placeholder);
	disk->gpt = disk->gpt || partition_is(p, "EFI") || partition_is(p, "MSR");
}

/* The items of CreatePartitions or ModifyPartitions. */
static const struct setting *next_in(const struct answer *answer, const struct setting *disk, const char *path,
				     const struct setting *after)
{
	const struct setting *s = after;

	while ((s = answer_next(answer, DISK_COMPONENT, path, s)) && s->element->span.at < disk->element->span.at)
		;
	return s && s->element->span.at < disk->element->span.end ? s : NULL;
}

static const struct setting *next_created(const struct answer *answer, const struct setting *disk, const struct setting *after)
{
	return next_in(answer, disk, DISK "/CreatePartitions/CreatePartition", after);
}

const struct setting *next_modified(const struct answer *answer, const struct setting *disk, const struct setting *after)
{
	return next_in(answer, disk, DISK "/ModifyPartitions/ModifyPartition", after);
}

bool next_disk(const struct lint *lint, struct disk *disk)
{
	const struct answer *answer = lint->answer;
	const struct setting *item = answer_next(answer, DISK_COMPONENT, DISK, disk->item), *p = NULL;
	size_t number = disk->number + 1;

	disk->item = item;
	disk->number = number;
	disk->n = 0;
	disk->gpt = false;
	disk->known = true;
	if (!item || number > DISKS_MAX)
		return false;
	disk->wiped = setting_is_on(setting_child(answer, item, "WillWipeDisk"));
	while ((p = next_created(answer, item, p)))
		add_partition(answer, p, disk);
	qsort(disk->created, disk->n, sizeof(disk->created[0]), compare_order);
	for (size_t i = 1; i < disk->n; i++)
		disk->known = disk->known && disk->created[i].order != disk->created[i - 1].order;
	return true;
}

const struct partition *partition_by_id(const struct disk *disk, long id)
{
	for (size_t i = 0; i < disk->n; i++)
		if (!partition_is(&disk->created[i], "Extended") && --id == 0)
			return &disk->created[i];
	return NULL;
}

size_t count_targets(const struct disk *disk)
{
	size_t n = 0;

	for (size_t i = 0; i < disk->n; i++)
		n += !partition_is(&disk->created[i], "Extended");
	return n;
}

bool disk_is_decidable(const struct disk *disk)
{
	return disk->known && disk->wiped && disk->n;
}

long partition_id(const struct disk *disk, const struct partition *p)
{
	long id = 0;

	for (const struct partition *each = disk->created; each <= p; each++)
		id += !partition_is(each, "Extended");
	return id;
}

static long id_of_letter_c(const struct lint *lint, const struct disk *disk)
{
	const struct setting *m = NULL;

	while ((m = next_modified(lint->answer, disk->item, m))) {
		const struct setting *letter = setting_child(lint->answer, m, "Letter");

		if (letter && setting_value_is(letter, "C"))
			return setting_number(setting_child(lint->answer, m, "PartitionID"));
	}
	return 0;
}

long windows_partition(const struct lint *lint, const struct disk *disk)
{
	long id = id_of_letter_c(lint, disk);

	if (partition_by_id(disk, id))
		return id;
	for (size_t i = disk->n; i-- > 0;)
		if (partition_is(&disk->created[i], "Primary"))
			return partition_id(disk, &disk->created[i]);
	return 0;
}
