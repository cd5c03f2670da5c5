/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/answer_ini.h"

#include <string.h>
#include <strings.h>

#include "unattend/setting_path.h"

static const char *const answer_sections[] = {
	"Unattended", "GuiUnattended", "UserData", "GuiRunOnce", "Identification", "Data", "SetupMgr", "OSChooser",
	"RegionalSettings", "Networking", "Display", "Components", "LicenseFilePrintData", "Branding", "RemoteInstall",
	"MassStorageDrivers", "OEMBootFiles", "NetServices", "NetAdapters", "NetProtocols", "NetClients", "TapiLocation",
	"Proxy", "URL", "Sysprep", "SysprepMassStorage", "Shell", "SystemRestore", "Fax", "PCHealth",
};

bool ini_is_answer_section(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(answer_sections); i++)
		if (strlen(answer_sections[i]) == len && strncasecmp(answer_sections[i], name, len) == 0)
			return true;
	return false;
}

static struct span trim(const char *text, struct span s)
{
	while (s.at < s.end && is_xml_space(text[s.at]))
		s.at++;
	while (s.end > s.at && is_xml_space(text[s.end - 1]))
		s.end--;
	return s;
}

static uint32_t column_of(const char *text, size_t line_start, size_t at)
{
	uint32_t column = 1;

	for (size_t i = line_start; i < at; i++)
		column += ((uint8_t)text[i] & 0xc0) != 0x80;
	return column;
}

static char *copy(struct answer_ini *ini, const char *text, struct span s)
{
	return arena_text(&ini->arena, text + s.at, s.end - s.at);
}

/* A ";" outside quotes begins a comment. */
static size_t value_end(const char *text, struct span s)
{
	bool quoted = false;

	for (size_t i = s.at; i < s.end; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == ';' && !quoted)
			return i;
	}
	return s.end;
}

static void read_value(struct answer_ini *ini, const char *text, struct span s, struct ini_line *line)
{
	s.end = value_end(text, s);
	s = trim(text, s);
	line->has_value = true;
	line->value_span = s;
	line->quoted = s.end - s.at >= 2 && text[s.at] == '"' && text[s.end - 1] == '"';
	if (line->quoted)
		s = (struct span){ s.at + 1, s.end - 1 };
	line->value = copy(ini, text, s);
}

static void read_line(struct answer_ini *ini, const char *text, struct span whole, uint32_t number,
		      const char **section)
{
	struct span s = trim(text, whole);
	const char *equals;
	struct ini_line *line;

	if (s.at == s.end || text[s.at] == ';')
		return;
	line = vec_add(&ini->lines);
	*line = (struct ini_line){ .kind = INI_STRAY, .section = *section, .key = "", .value = "", .span = s };
	line->where = (struct spot){ number, column_of(text, whole.at, s.at) };
	line->value_where = line->where;
	if (text[s.at] == '[') {
		const char *close = memchr(text + s.at, ']', s.end - s.at);

		if (!close)
			return;
		line->kind = INI_SECTION;
		*section = copy(ini, text, trim(text, (struct span){ s.at + 1, (size_t)(close - text) }));
		line->section = *section;
		return;
	}
	equals = memchr(text + s.at, '=', s.end - s.at);
	if (!equals) {
		line->key = copy(ini, text, s);
		return;
	}
	line->kind = INI_ENTRY;
	line->key = copy(ini, text, trim(text, (struct span){ s.at, (size_t)(equals - text) }));
	read_value(ini, text, (struct span){ (size_t)(equals - text) + 1, s.end }, line);
	line->value_where.column = column_of(text, whole.at, line->value_span.at);
}

int ini_read(const char *text, size_t len, struct answer_ini *ret, struct err *err)
{
	const char *section = "";
	uint32_t number = 0;
	size_t at = 0;

	*ret = (struct answer_ini){ .lines = { NULL, 0, 0 } };
	while (at < len) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - text) : len;

		if (ret->lines.len >= INI_MAX_LINES) {
			ini_release(ret);
			return err_set(err, ERR_LIMIT, "more than %d lines", INI_MAX_LINES);
		}
		read_line(ret, text, (struct span){ at, end }, ++number, &section);
		at = end + 1;
	}
	return 0;
}

void ini_release(struct answer_ini *ini)
{
	arena_release(&ini->arena);
	vec_release(&ini->lines);
}

const struct ini_line *ini_find(const struct answer_ini *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->lines.len; i++) {
		const struct ini_line *line = &ini->lines.items[i];

		if (line->kind == INI_ENTRY && strcasecmp(line->section, section) == 0 && strcasecmp(line->key, key) == 0)
			return line;
	}
	return NULL;
}

bool ini_has_section(const struct answer_ini *ini, const char *section)
{
	for (size_t i = 0; i < ini->lines.len; i++)
		if (ini->lines.items[i].kind == INI_SECTION && strcasecmp(ini->lines.items[i].section, section) == 0)
			return true;
	return false;
}

bool ini_line_is_secret(const struct ini_line *line)
{
	return line->kind == INI_STRAY || (line->kind == INI_ENTRY && name_sounds_secret(line->key));
}
