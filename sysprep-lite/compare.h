/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which identities several images, or nodes of a cluster, have in common.
 *
 *	compare_new -> compare_add_image / compare_add_node ... -> compare_report
 */
#pragma once

#include "sysprep-lite/winroot.h"
#include "common/report/report.h"

struct compare;

struct compare *compare_new(void);
void compare_freep(struct compare **compare);

/* The names of both are copied. */
int compare_add_image(struct compare *compare, struct winroot *root, struct err *err);

/*
 * What one or several nodes printed about their adapters (node_text.h). name is that of the node
 * when the text does not tell it. ERR_FORMAT when no adapter is in it.
 */
int compare_add_node(struct compare *compare, const char *name, struct bytes text, struct err *err);

size_t compare_machines(const struct compare *compare); /* images and nodes */
size_t compare_identities(const struct compare *compare); /* seen in all of them */
void compare_report(struct compare *compare, struct report *report);

/* The rules of its findings; NULL at the end. */
const struct rule_meta *compare_rule_at(size_t i);
