/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/json_copy.h"

/* Our own numbers are whole and below 2^53. */
void json_copy(struct json *json, const char *key, const cJSON *item)
{
	const cJSON *child;

	if (cJSON_IsObject(item)) {
		json_begin_object(json, key);
		for (child = item->child; child; child = child->next)
			json_copy(json, child->string, child);
		json_end_object(json);
	} else if (cJSON_IsArray(item)) {
		json_begin_array(json, key);
		for (child = item->child; child; child = child->next)
			json_copy(json, NULL, child);
		json_end_array(json);
	} else if (cJSON_IsString(item)) {
		json_text(json, key, item->valuestring);
	} else if (cJSON_IsNumber(item)) {
		json_int(json, key, (int64_t)item->valuedouble);
	} else if (cJSON_IsBool(item)) {
		json_bool(json, key, cJSON_IsTrue(item));
	} else {
		json_null(json, key);
	}
}

void json_copy_text(struct json *json, const char *key, const char *text)
{
	cJSON *item = cJSON_Parse(text);

	if (item)
		json_copy(json, key, item);
	cJSON_Delete(item);
}
