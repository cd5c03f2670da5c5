/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/get_ini.h"

#include <string.h>
#include <strings.h>

#include "unattend/ini_path.h"
#include "unattend/legacy_schema.h"
#include "unattend/lint.h"

/* What may be shown of a text that stands in the file. */
static void add_shown(const struct cli *cli, const char *text, bool secret, struct strbuf *ret)
{
	char masked[PRODUCT_KEY_MASKED_LEN + 1];

	if (!cli->show_secrets && secret && *text) {
		strbuf_adds(ret, product_key_mask(text, strlen(text), masked));
		return;
	}
	strbuf_adds(ret, text);
	strbuf_reserve(ret, 1);
	if (!cli->show_secrets)
		mask_keys(ret->data);
}

static void show(struct cli *cli, const struct ini_line *line, bool alone)
{
	CLEANUP(strbuf_release) struct strbuf section = STRBUF_INIT, key = STRBUF_INIT, value = STRBUF_INIT;
	bool secret = ini_line_is_secret(line);

	add_shown(cli, line->section, false, &section);
	add_shown(cli, line->key, false, &key);
	add_shown(cli, line->value, secret, &value);
	json_begin_object(cli->json, NULL);
	json_text(cli->json, "section", strbuf_text(&section));
	json_text(cli->json, "key", strbuf_text(&key));
	json_text(cli->json, "value", strbuf_text(&value));
	json_bool(cli->json, "secret", secret);
	json_uint(cli->json, "line", line->value_where.line);
	json_uint(cli->json, "column", line->value_where.column);
	json_end_object(cli->json);
	if (alone)
		fprintf(cli->out, "%s\n", strbuf_text(&value));
	else
		fprintf(cli->out, "%s/%s = %s\n", strbuf_text(&section), strbuf_text(&key), strbuf_text(&value));
}

/* All entries, or those of a section. */
static size_t show_all(struct cli *cli, const struct answer_ini *ini, const char *section)
{
	size_t n = 0;

	for (size_t i = 0; i < ini->lines.len; i++) {
		const struct ini_line *line = &ini->lines.items[i];

		if (line->kind != INI_ENTRY || (section && strcasecmp(line->section, section) != 0))
			continue;
		show(cli, line, false);
		n++;
	}
	return n;
}

static int not_found(const struct ini_path *path, struct err *err)
{
	const char *near;
	bool section_known;

	if (path->key && !legacy_key_find(path->section, path->key, &section_known) && section_known) {
		err_set(err, ERR_NOT_FOUND, "[%s] has no key %s", path->section, path->key);
		near = legacy_key_did_you_mean(path->section, path->key);
		return near ? err_hint(err, "did you mean %s/%s?", path->section, near) : -1;
	}
	if (path->key)
		return err_set(err, ERR_NOT_FOUND, "%s/%s is not set", path->section, path->key);
	err_set(err, ERR_NOT_FOUND, "the file has no keys in [%s]", path->section);
	near = legacy_section_did_you_mean(path->section);
	return near && strcasecmp(near, path->section) != 0 ? err_hint(err, "did you mean %s?", near) : -1;
}

static int show_path(struct cli *cli, const struct answer_ini *ini, const struct ini_path *path, struct err *err)
{
	const struct ini_line *line;

	if (!path->key)
		return show_all(cli, ini, path->section) ? CLI_DONE : not_found(path, err);
	if (ini_path_find(ini, path, &line, err) < 0)
		return -1;
	if (!line)
		return not_found(path, err);
	show(cli, line, true);
	return CLI_DONE;
}

int get_ini(struct cli *cli, const struct answer *answer, const char *path_text, struct err *err)
{
	CLEANUP(ini_path_release) struct ini_path path = { .section = NULL };

	if (!path_text) {
		show_all(cli, &answer->ini, NULL);
		return CLI_DONE;
	}
	if (ini_path_parse(path_text, &path, err) < 0)
		return -1;
	return show_path(cli, &answer->ini, &path, err);
}
