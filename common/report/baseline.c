/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/report/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/utf16.h"
#include "common/base/vec.h"
#include "common/report/fingerprint.h"

#define FIRST_LINE "%s-baseline 1" /* of the tool */

struct entry {
	char fingerprint[FINGERPRINT_LEN + 1];
	bool used;
};

struct baseline {
	const char *tool;
	VEC(struct entry) entries; /* sorted */
};

static void baseline_release(struct baseline *baseline)
{
	vec_release(&baseline->entries);
}

/* ---- the file ---------------------------------------------------------------- */

static bool is_fingerprint(const char *text, size_t len)
{
	if (len < FINGERPRINT_LEN || (len > FINGERPRINT_LEN && text[FINGERPRINT_LEN] != ' '))
		return false;
	return strspn(text, "0123456789abcdef") >= FINGERPRINT_LEN;
}

static int read_first_line(const struct baseline *baseline, const char *line, size_t len, struct err *err)
{
	CLEANUP(freep) char *wanted = xasprintf(FIRST_LINE, baseline->tool);

	if (len == strlen(wanted) && memcmp(line, wanted, len) == 0)
		return 0;
	return err_set(err, ERR_FORMAT, "this is no baseline: the first line is not \"%s\"", wanted);
}

static int read_line(struct baseline *baseline, const char *line, size_t len, size_t number, struct err *err)
{
	while (len && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	if (number == 1)
		return read_first_line(baseline, line, len, err);
	if (len == 0 || *line == '#')
		return 0;
	if (!is_fingerprint(line, len))
		return err_set(err, ERR_FORMAT, "line %zu does not begin with a fingerprint of %d digits", number,
			       FINGERPRINT_LEN);
	memcpy(vec_add(&baseline->entries)->fingerprint, line, FINGERPRINT_LEN);
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->fingerprint, ((const struct entry *)b)->fingerprint, FINGERPRINT_LEN);
}

static int read_lines(struct baseline *baseline, const char *text, struct err *err)
{
	for (size_t number = 1; *text || number == 1; number++) {
		size_t len = strcspn(text, "\n");

		if (read_line(baseline, text, len, number, err) < 0)
			return -1;
		text += len + (text[len] == '\n');
	}
	if (baseline->entries.len)
		qsort(baseline->entries.items, baseline->entries.len, sizeof(struct entry), compare_entries);
	return 0;
}

static int baseline_read(const char *path, struct baseline *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (file_read_all(path, BASELINE_MAX_BYTES, &raw, err) < 0 || read_lines(ret, strbuf_text(&raw), err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

static int baseline_write(const char *path, const char *tool, struct report *report, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	char fingerprint[FINGERPRINT_LEN + 1];

	strbuf_addf(&out, FIRST_LINE "\n", tool);
	for (size_t i = 0; i < report_len(report); i++) {
		const struct finding *f = report_get(report, i);

		strbuf_addf(&out, "%s %s ", finding_fingerprint(report, i, fingerprint), f->rule->id);
		text_show(f->where.file, strlen(f->where.file), &out);
		strbuf_addc(&out, '\n');
	}
	if (atomic_file_replace(path, out.data, out.len, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

/* ---- using it ---------------------------------------------------------------- */

/* Each line stands for one finding: two lines with one fingerprint do not occur. */
static bool take_entry(struct baseline *baseline, const char *fingerprint)
{
	struct entry key = { .used = false };
	struct entry *found;

	memcpy(key.fingerprint, fingerprint, FINGERPRINT_LEN);
	if (baseline->entries.len == 0)
		return false;
	found = bsearch(&key, baseline->entries.items, baseline->entries.len, sizeof(key), compare_entries);
	if (found)
		found->used = true;
	return found != NULL;
}

static void add_notes(struct report *to, const char *note)
{
	while (note && *note) {
		size_t len = strcspn(note, "\n");

		report_note(to, "%.*s", (int)len, note);
		note += len + (note[len] == '\n');
	}
}

static void hide_known(struct baseline *baseline, struct report **report, struct baseline_use *ret)
{
	struct report *rest = report_new();
	char fingerprint[FINGERPRINT_LEN + 1];

	for (size_t i = 0; i < report_len(*report); i++) {
		const struct finding *f = report_get(*report, i);

		if (take_entry(baseline, finding_fingerprint(*report, i, fingerprint))) {
			ret->n_hidden++;
			continue;
		}
		report_add_as(rest, f->rule, f->severity, f->where, "%s", f->message);
		add_notes(rest, f->note);
	}
	for (size_t i = 0; i < baseline->entries.len; i++)
		ret->n_stale += !baseline->entries.items[i].used;
	report_freep(report);
	*report = rest;
}

int baseline_apply(const char *path, const char *tool, bool write, struct report **report, struct baseline_use *ret,
		   struct err *err)
{
	CLEANUP(baseline_release) struct baseline baseline = { .tool = tool };

	*ret = (struct baseline_use){ .written = write || !path_exists(path) };
	if (ret->written && baseline_write(path, tool, *report, err) < 0)
		return -1;
	if (baseline_read(path, &baseline, err) < 0)
		return -1;
	hide_known(&baseline, report, ret);
	return 0;
}
