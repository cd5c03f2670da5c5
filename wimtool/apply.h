/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What apply and extract tell of their work. */
#pragma once

#include "common/cli/cli.h"
#include "common/image/image_apply.h"

#define APPLY_THREADS_MAX 64

void apply_say_left_out(const struct cli *cli, const struct image_applied *done);
void apply_json_counts(struct json *json, const struct image_applied *done);
