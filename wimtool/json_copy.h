/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON that was read again, into a result that is being written. */
#pragma once

#include <cjson/cJSON.h>

#include "common/report/json.h"

void json_copy(struct json *json, const char *key, const cJSON *item);

/* The same of a text; nothing when it is no JSON. */
void json_copy_text(struct json *json, const char *key, const char *text);
