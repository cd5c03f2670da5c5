/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "common/base/utf16.h"
#include "wimtool/doctor.h"

enum rule_index {
	UNREADABLE,
	BETA,
	OLDER_THAN_WINDOWS,
	OTHER_THAN_WINDOWS,
	NEWER_ELSEWHERE,
	PARTS_DIFFER,
	WRONG_ARCHITECTURE,
	MIXED,
	MISSING,
};

static const struct rule_meta rules[] = {
	[UNREADABLE] = {
		.id = "wimgapi-unreadable",
		.severity = SEVERITY_ERROR,
		.summary = "a part of the imaging library is no program file",
		.why = "Programs that load it end with \"is not a valid Win32 application\" (0xC1).",
		.advice = "put the file of the same Windows or ADK in its place",
	},
	[BETA] = {
		.id = "wimgapi-beta",
		.severity = SEVERITY_WARNING,
		.summary = "a part of the imaging library is of a beta or private build",
		.why = "Betas of wimgapi.dll make and read images that other versions refuse.",
		.advice = "replace it with that of a released Windows or ADK",
	},
	[OLDER_THAN_WINDOWS] = {
		.id = "wimgapi-older-than-windows",
		.severity = SEVERITY_ERROR,
		.summary = "the imaging library is older than the Windows it lies in",
		.why = "An installer overwrote it: mounting and applying images of this Windows fails or loses data.",
		.advice = "put back the file of this Windows: sfc /scannow, or DISM /Online /Cleanup-Image "
			  "/RestoreHealth",
	},
	[OTHER_THAN_WINDOWS] = {
		.id = "wimgapi-other-than-windows",
		.severity = SEVERITY_WARNING,
		.summary = "the imaging library is of another build than the Windows it lies in",
		.why = "wimgapi.dll, wimserv.exe and wimmount.sys of one Windows belong together.",
		.advice = "put back the file of this Windows: sfc /scannow",
	},
	[NEWER_ELSEWHERE] = {
		.id = "wimgapi-newer-elsewhere",
		.severity = SEVERITY_WARNING,
		.summary = "the imaging library that programs find first is older than another copy",
		.why = "System32 is searched before the PATH: a program that does not lie beside the newer copy "
		       "loads the older one, and fails on images that the newer one made.",
		.advice = "run the tools from the folder of the newer copy, or update the older one",
	},
	[PARTS_DIFFER] = {
		.id = "wimgapi-parts-differ",
		.severity = SEVERITY_WARNING,
		.summary = "the imaging library and its server or driver are of different builds",
		.why = "Mounting an image fails, or hangs at unmount.",
		.advice = "take all of them from one Windows or ADK",
	},
	[WRONG_ARCHITECTURE] = {
		.id = "wimgapi-wrong-architecture",
		.severity = SEVERITY_ERROR,
		.summary = "the imaging library is for another processor than the Windows it lies in",
		.why = "Programs that load it end with \"is not a valid Win32 application\" (0xC1).",
		.advice = "put the file of this Windows in its place",
	},
	[MIXED] = {
		.id = "wimgapi-mixed",
		.severity = SEVERITY_WARNING,
		.summary = "the folder holds different versions of the imaging library",
		.why = "Which one a program gets depends on where it is started.",
		.advice = "keep the newest one",
	},
	[MISSING] = {
		.id = "wimgapi-missing",
		.severity = SEVERITY_WARNING,
		.summary = "Windows has DISM but not the imaging library",
		.why = "DISM fails with \"The specified module could not be found\" (0x8007007E).",
		.advice = "put back the file of this Windows: sfc /scannow",
	},
};

struct judge {
	const struct doctor *doctor;
	struct report *report;
	const char *file; /* as the user wrote the target */
};

static struct place at(const struct judge *j, const char *path)
{
	return (struct place){ .file = j->file, .item = path };
}

static const char *text_of(const struct doctor_file *file, char ret[FILE_VERSION_TEXT_LEN])
{
	return file_version_format(&file->info.file, ret);
}

static bool has_version(const struct doctor_file *file)
{
	return file->readable && file->info.has_version;
}

static bool is_part(const struct doctor_file *file)
{
	return doctor_is_library(file) || text_equal_nocase(file->name, "wimserv.exe") ||
	       text_equal_nocase(file->name, "wimmount.sys");
}

static const struct doctor_file *kernel_of(const struct doctor *doctor)
{
	const struct doctor_file *kernel = doctor->kernel == DOCTOR_NONE ? NULL : &doctor->files.items[doctor->kernel];

	return kernel && has_version(kernel) ? kernel : NULL;
}

static void judge_file(const struct judge *j, const struct doctor_file *file)
{
	const char *text = pe_info_string(&file->info, "FileVersion");
	char version[FILE_VERSION_TEXT_LEN];

	if (!file->readable) {
		report_add(j->report, &rules[UNREADABLE], at(j, file->path), "%s: %s", file->path, file->problem);
		return;
	}
	if (!file->info.has_version)
		return;
	if (file_version_is_beta(&file->info.file) || (file->info.flags & PE_FLAG_PRERELEASE) ||
	    (text && (strcasestr(text, "beta") || strcasestr(text, "_rc"))))
		report_add(j->report, &rules[BETA], at(j, file->path), "%s: %s is a beta", file->path,
			   text_of(file, version));
	else if (file->info.flags & (PE_FLAG_DEBUG | PE_FLAG_PRIVATE))
		report_add(j->report, &rules[BETA], at(j, file->path), "%s: %s is a debug or private build", file->path,
			   text_of(file, version));
}

/* The number behind the last dot differs between files of one Windows by their updates. */
static void judge_against_windows(const struct judge *j, const struct doctor_file *file)
{
	const struct doctor_file *kernel = kernel_of(j->doctor);
	char a[FILE_VERSION_TEXT_LEN], b[FILE_VERSION_TEXT_LEN], arch1[8], arch2[8];
	int order;

	if (!kernel || !has_version(file) || file->place != DOCTOR_SYSTEM)
		return;
	if (strcmp(pe_info_arch(&file->info, arch1), pe_info_arch(&kernel->info, arch2)) != 0)
		report_add(j->report, &rules[WRONG_ARCHITECTURE], at(j, file->path), "%s: for %s, Windows is for %s",
			   file->path, pe_info_arch(&file->info, arch1), pe_info_arch(&kernel->info, arch2));
	order = file_version_compare(&file->info.file, &kernel->info.file, 3);
	if (order)
		report_add(j->report, &rules[order < 0 ? OLDER_THAN_WINDOWS : OTHER_THAN_WINDOWS], at(j, file->path),
			   "%s: %s, Windows is %s", file->path, text_of(file, a), text_of(kernel, b));
}

/* Server and driver beside a library: in its folder, or in the drivers folder below it. */
static void judge_parts(const struct judge *j, const struct doctor_file *library)
{
	CLEANUP(freep) char *folder = xstrndup(library->path, (size_t)(library->name - library->path));
	size_t len = strlen(folder);
	CLEANUP(freep) char *drivers = NULL;
	char a[FILE_VERSION_TEXT_LEN], b[FILE_VERSION_TEXT_LEN];

	if (len)
		folder[len - 1] = '\0';
	drivers = xasprintf("%s\\drivers", folder);
	for (size_t i = 0; i < j->doctor->files.len; i++) {
		const struct doctor_file *file = &j->doctor->files.items[i];

		if (file == library || !is_part(file) || doctor_is_library(file) || !has_version(file) ||
		    (!doctor_in_folder(file, folder) && !doctor_in_folder(file, drivers)))
			continue;
		if (file_version_compare(&file->info.file, &library->info.file, 3) != 0)
			report_add(j->report, &rules[PARTS_DIFFER], at(j, file->path), "%s: %s, %s beside it is %s",
				   file->path, text_of(file, a), library->name, text_of(library, b));
	}
}

static bool same_arch(const struct doctor_file *a, const struct doctor_file *b)
{
	return a->info.machine == b->info.machine && a->info.kind == b->info.kind;
}

static const struct doctor_file *newest_like(const struct doctor *doctor, const struct doctor_file *like)
{
	const struct doctor_file *newest = like;

	for (size_t i = 0; i < doctor->files.len; i++) {
		const struct doctor_file *file = &doctor->files.items[i];

		if (doctor_is_library(file) && has_version(file) && file->place != DOCTOR_STORE &&
		    same_arch(file, like) && file_version_compare(&file->info.file, &newest->info.file, 4) > 0)
			newest = file;
	}
	return newest;
}

static void judge_order(const struct judge *j)
{
	const struct doctor_file *first, *newest;
	char a[FILE_VERSION_TEXT_LEN], b[FILE_VERSION_TEXT_LEN];

	if (j->doctor->first == DOCTOR_NONE)
		return;
	first = &j->doctor->files.items[j->doctor->first];
	if (!has_version(first))
		return;
	newest = newest_like(j->doctor, first);
	if (newest != first && file_version_compare(&newest->info.file, &first->info.file, 3) > 0)
		report_add(j->report, &rules[NEWER_ELSEWHERE], at(j, first->path), "%s: %s is found before %s: %s",
			   first->path, text_of(first, a), newest->path, text_of(newest, b));
}

static void judge_missing(const struct judge *j)
{
	CLEANUP(freep) char *system = j->doctor->has_windows ? xasprintf("%s\\System32", j->doctor->windows) : NULL;
	const struct doctor_file *dism = NULL;

	for (size_t i = 0; system && i < j->doctor->files.len; i++) {
		const struct doctor_file *file = &j->doctor->files.items[i];

		if (!doctor_in_folder(file, system))
			continue;
		if (doctor_is_library(file))
			return;
		if (text_equal_nocase(file->name, "dism.exe"))
			dism = file;
	}
	if (dism)
		report_add(j->report, &rules[MISSING], at(j, dism->path), "%s is there, %s\\wimgapi.dll is not",
			   dism->path, system);
}

/* Without a Windows nothing says which one is right: they should only be the same. */
static void judge_mixture(const struct judge *j)
{
	char a[FILE_VERSION_TEXT_LEN], b[FILE_VERSION_TEXT_LEN];

	for (size_t i = 0; i < j->doctor->files.len; i++) {
		const struct doctor_file *file = &j->doctor->files.items[i], *newest;

		if (!doctor_is_library(file) || !has_version(file) || file->place == DOCTOR_STORE)
			continue;
		newest = newest_like(j->doctor, file);
		if (file_version_compare(&file->info.file, &newest->info.file, 4) != 0)
			report_add(j->report, &rules[MIXED], at(j, file->path), "%s: %s, %s is %s", file->path,
				   text_of(file, a), newest->path, text_of(newest, b));
	}
}

void doctor_judge(const struct doctor *doctor, struct report *report)
{
	const struct judge j = { .doctor = doctor, .report = report, .file = target_name(doctor->target) };

	for (size_t i = 0; i < doctor->files.len; i++) {
		const struct doctor_file *file = &doctor->files.items[i];

		if (!is_part(file) || file->place == DOCTOR_STORE)
			continue;
		judge_file(&j, file);
		judge_against_windows(&j, file);
		if (doctor_is_library(file) && has_version(file))
			judge_parts(&j, file);
	}
	if (!doctor->has_windows) {
		judge_mixture(&j);
		return;
	}
	judge_order(&j);
	judge_missing(&j);
}
