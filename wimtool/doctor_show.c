/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base/utf16.h"
#include "wimtool/doctor.h"
#include "wimtool/wim_show.h"

static const char *const place_names[] = {
	[DOCTOR_SYSTEM] = "system", [DOCTOR_WOW] = "syswow64", [DOCTOR_PROGRAMS] = "programs",
	[DOCTOR_STORE] = "store",   [DOCTOR_OTHER] = "other",
};

static void json_info(const struct pe_info *info, struct json *j)
{
	char version[FILE_VERSION_TEXT_LEN], arch[8];
	const char *text = pe_info_string(info, "FileVersion");

	json_text(j, "architecture", pe_info_arch(info, arch));
	json_text(j, "version", info->has_version ? file_version_format(&info->file, version) : NULL);
	json_text(j, "product_version", info->has_version ? file_version_format(&info->product, version) : NULL);
	json_text(j, "version_text", text);
	json_text(j, "branch", file_branch_name(file_version_branch(&info->file, text)));
	json_text(j, "description", pe_info_string(info, "FileDescription"));
	json_text(j, "company", pe_info_string(info, "CompanyName"));
	json_bool(j, "prerelease", info->flags & PE_FLAG_PRERELEASE);
}

static void json_file(const struct doctor *doctor, const struct doctor_file *file, struct json *j)
{
	json_begin_object(j, NULL);
	json_text(j, "path", file->path);
	json_text(j, "place", place_names[file->place]);
	json_uint(j, "bytes", file->size);
	if (file->readable)
		json_info(&file->info, j);
	else
		json_text(j, "problem", file->problem);
	json_bool(j, "found_first", doctor->first != DOCTOR_NONE && file == &doctor->files.items[doctor->first]);
	json_end_object(j);
}

static void print_file(const struct doctor *doctor, const struct doctor_file *file, FILE *out)
{
	bool first = doctor->first != DOCTOR_NONE && file == &doctor->files.items[doctor->first];
	char version[FILE_VERSION_TEXT_LEN] = "no version", arch[8];

	if (file->readable && file->info.has_version)
		file_version_format(&file->info.file, version);
	fprintf(out, "%c %-20s %-7s ", first ? '*' : ' ', file->readable ? version : "unreadable",
		file->readable ? pe_info_arch(&file->info, arch) : "-");
	wim_show_text(file->path, out);
	fputc('\n', out);
}

static void show_windows(const struct doctor *doctor, struct cli *cli)
{
	const struct doctor_file *kernel = doctor->kernel == DOCTOR_NONE ? NULL : &doctor->files.items[doctor->kernel];
	bool known = kernel && kernel->readable && kernel->info.has_version;
	char version[FILE_VERSION_TEXT_LEN] = "unknown version", arch[8];
	struct json *j = cli->json;

	if (!doctor->has_windows)
		return;
	if (known)
		file_version_format(&kernel->info.file, version);
	if (!cli->quiet)
		fprintf(cli->out, "Windows: %s%s%s (%s)\n", version, known ? " " : "",
		known ? pe_info_arch(&kernel->info, arch) : "", doctor->windows);
	json_begin_object(j, "windows");
	json_text(j, "folder", doctor->windows);
	json_text(j, "version", known ? version : NULL);
	json_text(j, "architecture", known ? pe_info_arch(&kernel->info, arch) : NULL);
	json_end_object(j);
}

static void show_search(const struct doctor *doctor, struct cli *cli)
{
	json_begin_array(cli->json, "search_order");
	for (size_t i = 0; i < doctor->search.len; i++) {
		const struct doctor_folder *folder = &doctor->search.items[i];

		json_begin_object(cli->json, NULL);
		json_text(cli->json, "folder", folder->text);
		json_text(cli->json, "path", folder->path);
		json_text(cli->json, "from", folder->from == DOCTOR_FROM_PATH ? "path" : "system");
		json_text(cli->json, "library", folder->file == DOCTOR_NONE ? NULL : doctor->files.items[folder->file].path);
		json_end_object(cli->json);
		if (!cli->verbose || cli->quiet)
			continue;
		fprintf(cli->out, "  %-6s ", folder->from == DOCTOR_FROM_PATH ? "PATH" : "system");
		wim_show_text(folder->text, cli->out);
		fputs(folder->file != DOCTOR_NONE ? "  (has wimgapi.dll)\n" : folder->path ? "\n" : "  (not in the image)\n",
		      cli->out);
	}
	json_end_array(cli->json);
}

void doctor_show(const struct doctor *doctor, struct cli *cli)
{
	size_t shown = 0;

	show_windows(doctor, cli);
	json_uint(cli->json, "entries", doctor->n_entries);
	json_begin_array(cli->json, "files");
	for (size_t i = 0; i < doctor->files.len; i++) {
		const struct doctor_file *file = &doctor->files.items[i];

		if (i == doctor->kernel && !text_equal_nocase(file->name, "wimgapi.dll"))
			continue;
		json_file(doctor, file, cli->json);
		if (!cli->quiet && (file->place != DOCTOR_STORE || cli->verbose)) {
			print_file(doctor, file, cli->out);
			shown++;
		}
	}
	json_end_array(cli->json);
	if (!shown && !cli->quiet)
		fprintf(cli->out, "no part of the imaging library (wimgapi.dll, DISM, ImageX) is here\n");
	show_search(doctor, cli);
	if (doctor->first != DOCTOR_NONE && !cli->quiet)
		fprintf(cli->out, "* is found first by programs that do not lie beside a copy\n");
}

static void print_fact(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%-16s", name);
	wim_show_text(value, out);
	fputc('\n', out);
}

void doctor_show_program(const struct pe_info *info, struct cli *cli)
{
	static const char *const kinds[] = { [PE_KIND_NE] = "NE", [PE_KIND_PE32] = "PE32", [PE_KIND_PE64] = "PE32+" };
	char version[FILE_VERSION_TEXT_LEN], arch[8];

	json_text(cli->json, "kind", kinds[info->kind]);
	json_info(info, cli->json);
	print_fact(cli->out, "Kind:", kinds[info->kind]);
	print_fact(cli->out, "Architecture:", pe_info_arch(info, arch));
	if (info->has_version) {
		print_fact(cli->out, "Version:", file_version_format(&info->file, version));
		print_fact(cli->out, "Product:", file_version_format(&info->product, version));
	}
	json_begin_object(cli->json, "strings");
	for (size_t i = 0; i < info->strings.len; i++) {
		CLEANUP(freep) char *label = xasprintf("%s:", info->strings.items[i].key);

		print_fact(cli->out, label, info->strings.items[i].value);
		json_text(cli->json, info->strings.items[i].key, info->strings.items[i].value);
	}
	json_end_object(cli->json);
}
