/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes JSON into a strbuf: correct commas, escapes and nesting. A NULL
 * writer is accepted everywhere and writes nothing, so that a command can call
 * it without asking whether --json was given.
 *
 *	json_begin_object(j, NULL);
 *	json_text(j, "name", "install.wim");
 *	json_begin_array(j, "images"); ... json_end_array(j);
 *	json_end_object(j);
 *
 * key is NULL inside arrays and at the top. Text is WTF-8: a lone surrogate and an
 * invalid byte are written as text_show shows them, as the characters \u{d800} and
 * \xff. (The escape \ud800 alone would make jq refuse the whole document.)
 */
#pragma once

#include "common/base/guid.h"
#include "common/base/strbuf.h"

struct json;

struct json *json_new(struct strbuf *out, bool pretty);
void json_freep(struct json **json);

void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

void json_text(struct json *json, const char *key, const char *text); /* NULL text: null */
void json_text_len(struct json *json, const char *key, const char *text, size_t len);
void json_textf(struct json *json, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
void json_bool(struct json *json, const char *key, bool value);
void json_int(struct json *json, const char *key, int64_t value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_null(struct json *json, const char *key);
void json_guid(struct json *json, const char *key, const struct guid *guid);
void json_filetime(struct json *json, const char *key, uint64_t filetime);

/* Closes open containers until depth are left: after an error in the middle. */
size_t json_depth(const struct json *json);
void json_unwind(struct json *json, size_t depth);
