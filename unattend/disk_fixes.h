/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What would mend findings about disks. All of these are guesses at what was meant.
 */
#pragma once

#include "unattend/disk_layout.h"

/* InstallTo with the partition that Windows is meant for. */
void fix_no_target(struct lint *lint, const struct disk *disk, struct hit *hit);
void fix_target(struct lint *lint, const struct disk *disk, const struct setting *id, struct hit *hit);

/* An MSR partition behind the EFI partition; the numbers of those behind it move up. */
void fix_no_msr(struct lint *lint, const struct disk *disk, struct hit *hit);

void fix_no_wipe(struct lint *lint, const struct setting *wipe, const struct disk *disk, struct hit *hit);

/* Active goes from a GPT disk, comes to the first primary partition of an MBR disk. */
void fix_active(struct lint *lint, const struct disk *disk, struct hit *hit);
