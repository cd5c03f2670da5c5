/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disks that Microsoft-Windows-Setup is told to partition, as one reads them:
 * partitions by their Order, and whether their numbers can be known.
 *
 *	struct disk disk = { .item = NULL };
 *	while (next_disk(lint, &disk)) ...
 */
#pragma once

#include "unattend/lint.h"

#define DISK_COMPONENT "Microsoft-Windows-Setup"
#define DISK "DiskConfiguration/Disk"
#define PARTITIONS_MAX 128 /* of a GPT disk */
#define DISKS_MAX 64       /* of one file that are looked at */

/* A CreatePartition. */
struct partition {
	const struct setting *item;
	long order;
	const struct setting *type;
	bool extend;
	bool has_size;
};

struct disk {
	const struct setting *item;
	size_t number; /* in the file, from 1 */
	struct partition created[PARTITIONS_MAX]; /* by Order; good are n */
	size_t n;
	bool wiped;
	bool gpt;   /* has an EFI or MSR partition */
	bool known; /* no value is a template expression, all orders differ */
};

/* A setting that is there and true. */
bool setting_is_on(const struct setting *s);
/* 0 for NULL and for what is no number. */
long setting_number(const struct setting *s);

/* Starts anew with an item of NULL. */
bool next_disk(const struct lint *lint, struct disk *disk);

/* Made from nothing, so that the numbers in the file are those on the disk. */
bool disk_is_decidable(const struct disk *disk);

bool partition_is(const struct partition *p, const char *type);

/* PartitionID counts partitions in order, without the extended one. */
const struct partition *partition_by_id(const struct disk *disk, long id);
long partition_id(const struct disk *disk, const struct partition *p);
size_t count_targets(const struct disk *disk);

/* ModifyPartition items of the disk. */
const struct setting *next_modified(const struct answer *answer, const struct setting *disk, const struct setting *after);

/* The partition that Windows is meant for: the one that gets letter C, else the last of type Primary; 0 when there is none. */
long windows_partition(const struct lint *lint, const struct disk *disk);
