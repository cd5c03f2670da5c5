/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libsysprep-lite offers to other programs; include this and nothing else of the folder.
 *
 * ---- a hive in memory (regf.h) ----
 * Reading a value out of the bytes of a hive, however they were come by:
 *
 *	CLEANUP(regf_freep) struct regf *hive = regf_open_to_read(bytes, NULL, err);
 *	regf_key key = regf_find(hive, regf_root(hive), "Microsoft\\Windows NT\\CurrentVersion");
 *	regf_get_text(hive, key, "ProductName", &text);
 *	for (i < regf_child_count(hive, key)) regf_key_name(hive, regf_child_at(hive, key, i), &name);
 *
 * Editing: regf_open (a dirty hive without its logs is refused), regf_set_..., regf_delete_...,
 * then regf_finish lends the new bytes. The hive copies what it is given and is freed by
 * regf_freep; keys and names lent by it live as long.
 *
 * ---- a Windows that does not run (target.h, winroot.h) ----
 *
 *	struct target *target = target_open("/mnt/windows", true, err);    folder, or install.wim:1
 *	     or target_for_edit(edit)               an image that the caller has open for editing
 *	struct winroot *root = winroot_open(target, err);
 *	registry_set_text(root, "HKLM\\SOFTWARE\\Contoso", "Ring", REGF_SZ, "7", err);     registry.h
 *	struct plan *plan = plan_build(root, &(struct plan_options){ 0 }, err);            plan.h
 *	plan_stage(plan, root, err);                                                       apply.h
 *	winroot_commit(root, NULL, &stats, err);                                           winroot_write.h
 *	plan_freep(&plan); winroot_freep(&root); target_freep(&target);
 *
 * Any number of registry edits and plans may stand before the one commit; each sees the hives
 * as edited so far. Until winroot_commit nothing is written; a failure of any call before it
 * leaves the target as it was. The three objects are freed in the order above, each on its own,
 * also after a failure. Read-only use: target_open with false and no commit.
 *
 * With target_for_edit, winroot_commit puts the new files into the caller's image_edit;
 * image_edit_commit, which the caller calls, writes them together with all other edits. Files
 * that the caller changed in the edit before are not seen: hives are read as the WIM has them.
 *
 * plan_options: all zero is what "generalize" does without options. .computer_name, .time_zone
 * set these; with .only_settings nothing else is done:
 *
 *	struct plan_options options = { .only_settings = true, .computer_name = "KIOSK-7" };
 *
 * .choice names operations to be left out or added (lists of texts, see operations.h).
 */
#pragma once

#include "sysprep-lite/apply.h"
#include "sysprep-lite/plan.h"
#include "sysprep-lite/regf.h"
#include "sysprep-lite/registry.h"
#include "sysprep-lite/target.h"
#include "sysprep-lite/timezone.h"
#include "sysprep-lite/verdict.h"
#include "sysprep-lite/winroot.h"
#include "sysprep-lite/winroot_write.h"
