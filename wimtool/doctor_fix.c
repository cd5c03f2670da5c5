/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/doctor_fix.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/utf16.h"
#include "wimtool/doctor.h"

struct builtin_row {
	const char *table, *file, *version, *arch, *branch, *article;
};

static const struct builtin_row builtin[] = {
#include "wimtool/data/fixes.inc"
};

/* Tables of articles whose own lists were not to be found: see data/fixes.tsv. */
static const struct builtin_gap {
	const char *table, *text;
} gaps[] = {
	{ "kb915331", "6 names of the 22 files of KB915331: it is not proved when only these are right" },
	{ "ntfrs-post-sp2", "files of the service: KB321557 brings ntfs.sys, too, whose version is not in the table" },
};

/* ---- tables --------------------------------------------------------------------- */

enum column { COLUMN_FILE, COLUMN_VERSION, COLUMN_ARCH, COLUMN_BRANCH, COLUMN_ARTICLE, COLUMNS };

static const char *const column_names[COLUMNS] = { "file", "version", "architecture", "branch", "article" };

static bool branch_read(const char *text, enum file_branch *ret)
{
	for (unsigned b = BRANCH_ANY; b <= BRANCH_LDR; b++)
		if (strcasecmp(text, file_branch_name(b)) == 0) {
			*ret = b;
			return true;
		}
	*ret = BRANCH_LDR;
	return strcasecmp(text, "qfe") == 0;
}

static int add_row(struct fix_table *table, const char *const cells[COLUMNS], struct err *err)
{
	struct file_version version;
	enum file_branch branch;
	struct fix_row *row;

	if (!*cells[COLUMN_FILE])
		return err_set(err, ERR_FORMAT, "no file is named");
	if (!file_version_read(cells[COLUMN_VERSION], &version))
		return err_set(err, ERR_FORMAT, "'%.40s' is no version (four numbers with dots)", cells[COLUMN_VERSION]);
	if (!branch_read(cells[COLUMN_BRANCH], &branch))
		return err_set(err, ERR_FORMAT, "branch '%.40s': gdr, ldr or nothing is wanted", cells[COLUMN_BRANCH]);
	if (table->rows.len >= FIX_ROWS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d rows", FIX_ROWS_MAX);
	row = vec_add(&table->rows);
	*row = (struct fix_row){
		.file = xstrdup(cells[COLUMN_FILE]),
		.version = version,
		.arch = xstrdup(cells[COLUMN_ARCH]),
		.branch = branch,
		.article = xstrdup(cells[COLUMN_ARTICLE]),
	};
	for (char *c = row->file; *c; c++)
		if (*c == '/')
			*c = '\\';
	return 0;
}

static void load_builtin(const char *name, struct fix_table *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++) {
		const struct builtin_row *row = &builtin[i];
		const char *cells[COLUMNS] = { row->file, row->version, row->arch, row->branch, row->article };

		if (strcmp(row->table, name) == 0)
			(void)add_row(ret, cells, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++)
		if (strcmp(gaps[i].table, name) == 0)
			ret->gap = gaps[i].text;
}

/* Cuts a line into its cells, in place; missing ones at the end are empty. */
static size_t split(char *line, char *cells[], size_t max)
{
	size_t n = 0;

	while (n < max) {
		cells[n++] = line;
		line += strcspn(line, "\t");
		if (!*line)
			break;
		*line++ = '\0';
	}
	return n;
}

static int read_header(char *line, int places[COLUMNS], struct err *err)
{
	char *cells[16];
	size_t n = split(line, cells, ARRAY_SIZE(cells));

	for (unsigned c = 0; c < COLUMNS; c++) {
		places[c] = -1;
		for (size_t i = 0; i < n; i++)
			if (strcasecmp(cells[i], column_names[c]) == 0)
				places[c] = (int)i;
	}
	if (places[COLUMN_FILE] < 0 || places[COLUMN_VERSION] < 0)
		return err_set(err, ERR_FORMAT, "the first line names the columns: file, version, architecture, branch, article");
	return 0;
}

static int read_line(struct fix_table *table, char *line, const int places[COLUMNS], struct err *err)
{
	char *cells[16];
	const char *wanted[COLUMNS];
	size_t n = split(line, cells, ARRAY_SIZE(cells));

	for (unsigned c = 0; c < COLUMNS; c++)
		wanted[c] = places[c] >= 0 && (size_t)places[c] < n ? cells[places[c]] : "";
	return add_row(table, wanted, err);
}

static int parse_table(char *text, struct fix_table *ret, struct err *err)
{
	int places[COLUMNS] = { 0 };
	unsigned number = 0;
	bool has_header = false;

	for (char *next; text; text = next) {
		int result;

		number++;
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		text[strcspn(text, "\r")] = '\0';
		if (!*text || *text == '#')
			continue;
		result = has_header ? read_line(ret, text, places, err) : read_header(text, places, err);
		has_header = true;
		if (result < 0)
			return err_context(err, "line %u", number);
	}
	if (!ret->rows.len)
		return err_set(err, ERR_FORMAT, "the table has no rows");
	return 0;
}

static int unknown_table(const char *name, struct err *err)
{
	const char *names[ARRAY_SIZE(builtin) + 1] = { NULL };
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++)
		if (!n || strcmp(names[n - 1], builtin[i].table) != 0)
			names[n++] = builtin[i].table;
	near = cli_did_you_mean(name, names);
	if (near) {
		err_set(err, ERR_USAGE, "--require=%s: no such table or file", name);
		return err_hint(err, "did you mean %s?", near);
	}
	return err_set(err, ERR_USAGE, "--require=%s: no such file, and the built-in tables are %s, %s and %s", name,
		       names[0], names[1], names[2]);
}

static void collect_names(struct fix_table *table)
{
	table->names = xcalloc(table->rows.len + 1, sizeof(*table->names));
	for (size_t i = 0; i < table->rows.len; i++) {
		const char *slash = strrchr(table->rows.items[i].file, '\\');

		table->names[i] = xstrdup(slash ? slash + 1 : table->rows.items[i].file);
	}
}

int fix_table_load(const char *name, struct fix_table *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	*ret = (struct fix_table){ .name = xstrdup(name) };
	load_builtin(name, ret);
	if (!ret->rows.len) {
		if (!path_exists(name))
			return unknown_table(name, err);
		if (file_read_all(name, FIX_TABLE_MAX, &text, err) < 0)
			return err_context(err, "%s", name);
		strbuf_reserve(&text, 1);
		if (strlen(strbuf_text(&text)) != text.len || !text_is_utf8(text.data, text.len)) {
			err_set(err, ERR_FORMAT, "no table: it is not UTF-8 text");
			return err_context(err, "%s", name);
		}
		if (parse_table(text.data, ret, err) < 0)
			return err_context(err, "%s", name);
	}
	collect_names(ret);
	return 0;
}

void fix_table_release(struct fix_table *table)
{
	for (size_t i = 0; table->names && table->names[i]; i++)
		free(table->names[i]);
	free(table->names);
	for (size_t i = 0; i < table->rows.len; i++) {
		free(table->rows.items[i].file);
		free(table->rows.items[i].arch);
		free(table->rows.items[i].article);
	}
	vec_release(&table->rows);
	free(table->name);
}

/* ---- judging -------------------------------------------------------------------- */

static const struct rule_meta rules[] = {
	[FIX_OLDER] = {
		.id = "fix-missing",
		.severity = SEVERITY_ERROR,
		.summary = "a file is older than the table wants it",
		.why = "The image does not have the hotfix or the product version that the table describes.",
		.advice = "install the hotfix in the reference machine and capture again",
	},
	[FIX_OTHER_BRANCH] = {
		.id = "fix-other-branch",
		.severity = SEVERITY_WARNING,
		.summary = "a file has a higher number, but of another branch of servicing",
		.why = "GDR and LDR (QFE) builds are numbered on their own: a GDR file with a higher number need not "
		       "have a hotfix that went to LDR only.",
		.advice = "look into the article whether the fix went to that branch",
	},
	[FIX_UNKNOWN] = {
		.id = "fix-unknown",
		.severity = SEVERITY_WARNING,
		.summary = "a file of the table has no version",
		.why = "It cannot be told whether the fix is there.",
		.advice = "look whether the file is damaged",
	},
};

static const struct rule_meta absent_rule = {
	.id = "fix-files-absent",
	.severity = SEVERITY_WARNING,
	.summary = "none of the files of the table is there",
	.why = "The image is of another Windows, or the component is not installed.",
	.advice = "look whether the table is for this image",
};

static const struct rule_meta absent_file_rule = {
	.id = "fix-file-absent",
	.severity = SEVERITY_ERROR,
	.summary = "a file that the table names with its folder is not there",
	.why = "The image does not have what the table describes.",
	.advice = "install it in the reference machine and capture again, or name the file alone when it may be missing",
};

static bool row_names_folder(const struct fix_row *row)
{
	return strchr(row->file, '\\');
}

static bool row_is_about(const struct fix_row *row, const struct doctor_file *file)
{
	char arch[8];

	if (row_names_folder(row) ? !text_equal_nocase(row->file, file->path)
				    : !text_equal_nocase(row->file, file->name))
		return false;
	return !*row->arch || !file->readable || strcmp(row->arch, pe_info_arch(&file->info, arch)) == 0;
}

/* A later build (service pack, Windows) has what went to either branch before it. */
static enum fix_state compare_row(const struct fix_row *row, const struct doctor_file *file)
{
	enum file_branch branch = file_version_branch(&file->info.file, pe_info_string(&file->info, "FileVersion"));
	bool other = row->branch != BRANCH_ANY && branch != BRANCH_ANY && row->branch != branch;

	if (file_version_compare(&file->info.file, &row->version, 3) > 0)
		return FIX_PRESENT;
	if (file_version_compare(&file->info.file, &row->version, 4) < 0)
		return FIX_OLDER;
	return other ? FIX_OTHER_BRANCH : FIX_PRESENT;
}

/* Rows of the file's own branch decide; without one the best of the others. */
enum fix_state fix_state_of(const struct fix_table *table, const struct doctor_file *file, const struct fix_row **ret_row)
{
	enum fix_state best = FIX_OLDER;
	bool own = false;

	*ret_row = NULL;
	for (size_t i = 0; i < table->rows.len; i++) {
		const struct fix_row *row = &table->rows.items[i];
		enum file_branch branch;
		enum fix_state state;

		if (!row_is_about(row, file))
			continue;
		if (!file->readable || !file->info.has_version) {
			*ret_row = row;
			return FIX_UNKNOWN;
		}
		branch = file_version_branch(&file->info.file, pe_info_string(&file->info, "FileVersion"));
		state = compare_row(row, file);
		if (row->branch != BRANCH_ANY && row->branch == branch && !own) {
			own = true;
			*ret_row = NULL;
		} else if (own && row->branch != branch) {
			continue;
		}
		if (!*ret_row || (best != FIX_PRESENT && state != FIX_OLDER)) {
			best = state;
			*ret_row = row;
		}
	}
	return *ret_row ? best : FIX_PRESENT;
}

static const char *state_name(enum fix_state state)
{
	static const char *const names[] = { "present", "missing", "other-branch", "unknown" };

	return names[state];
}

struct fix_run {
	const struct fix_table *table;
	const struct doctor *doctor;
	struct cli *cli;
	struct report *report;
	size_t n_files, n_present;
	size_t n_absent; /* of those that must be there */
};

static void show_file(const struct fix_run *run, const struct doctor_file *file, const struct fix_row *row,
		      enum fix_state state)
{
	char has[FILE_VERSION_TEXT_LEN] = "-", wants[FILE_VERSION_TEXT_LEN];
	struct json *j = run->cli->json;

	if (file->info.has_version)
		file_version_format(&file->info.file, has);
	file_version_format(&row->version, wants);
	if (!run->cli->quiet)
		fprintf(run->cli->out, "  %-12s %-40s %-20s wanted %s%s%s\n", state_name(state), file->path, has, wants,
			*row->article ? "  " : "", row->article);
	json_begin_object(j, NULL);
	json_text(j, "file", file->path);
	json_text(j, "state", state_name(state));
	json_text(j, "version", file->info.has_version ? has : NULL);
	json_text(j, "wanted", wants);
	json_text(j, "article", row->article);
	json_end_object(j);
	if (state != FIX_PRESENT)
		report_add(run->report, &rules[state],
			   (struct place){ .file = target_name(run->doctor->target), .item = file->path },
			   "%s: %s, %s%s%s is wanted%s%s", file->path, has, wants, row->branch ? " " : "",
			   file_branch_name(row->branch), *row->article ? ": " : "", row->article);
}

static void judge_all(struct fix_run *run)
{
	for (size_t i = 0; i < run->doctor->files.len; i++) {
		const struct doctor_file *file = &run->doctor->files.items[i];
		const struct fix_row *row;
		enum fix_state state;

		if (file->place == DOCTOR_STORE)
			continue;
		state = fix_state_of(run->table, file, &row);
		if (!row)
			continue;
		run->n_files++;
		run->n_present += state == FIX_PRESENT;
		show_file(run, file, row, state);
	}
}

static bool is_there(const struct fix_run *run, const struct fix_row *row)
{
	for (size_t i = 0; i < run->doctor->files.len; i++) {
		const struct doctor_file *file = &run->doctor->files.items[i];

		if (file->place != DOCTOR_STORE &&
		    text_equal_nocase(row_names_folder(row) ? file->path : file->name, row->file))
			return true;
	}
	return false;
}

static void list_absent(struct fix_run *run)
{
	for (size_t i = 0; i < run->table->rows.len; i++) {
		const struct fix_row *row = &run->table->rows.items[i];

		if (is_there(run, row))
			continue;
		if (!run->cli->quiet)
			fprintf(run->cli->out, "  %-12s %s\n", "absent", row->file);
		json_text(run->cli->json, NULL, row->file);
		if (!row_names_folder(row))
			continue;
		run->n_absent++;
		report_add(run->report, &absent_file_rule,
			   (struct place){ .file = target_name(run->doctor->target), .item = row->file },
			   "%s: is not there%s%s", row->file, *row->article ? ": " : "", row->article);
	}
}

void fix_judge(const struct fix_table *table, const struct doctor *doctor, struct cli *cli, struct report *report)
{
	struct fix_run run = { .table = table, .doctor = doctor, .cli = cli, .report = report };
	struct json *j = cli->json;

	json_begin_object(j, NULL);
	json_text(j, "table", table->name);
	if (!cli->quiet)
		fprintf(cli->out, "required by %s:\n", table->name);
	if (!cli->quiet && table->gap)
		fprintf(cli->out, "  (%s)\n", table->gap);
	json_text(j, "gap", table->gap);
	json_begin_array(j, "files");
	judge_all(&run);
	json_end_array(j);
	json_begin_array(j, "absent");
	list_absent(&run);
	json_end_array(j);
	json_bool(j, "satisfied", run.n_files && run.n_present == run.n_files && !run.n_absent);
	json_end_object(j);
	if (!run.n_files && !run.n_absent)
		report_add(report, &absent_rule, (struct place){ .file = target_name(doctor->target) },
			   "no file of the table %s is there", table->name);
}
