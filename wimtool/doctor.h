/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which copies of the imaging library (wimgapi.dll) and of what belongs to it lie in
 * a folder, an image or a Windows, which one a program finds first, and which one is
 * wrong. The same look tells whether the files of a hotfix are there (doctor_fix.h).
 *
 *	doctor_scan -> doctor_judge -> doctor_show
 */
#pragma once

#include "common/cli/cli.h"
#include "sysprep-lite/target.h"
#include "wimtool/doctor_fix.h"
#include "wimtool/pe_version.h"

enum doctor_place {
	DOCTOR_SYSTEM,   /* System32 and its drivers folder */
	DOCTOR_WOW,      /* SysWOW64: for 32-bit programs of a 64-bit Windows */
	DOCTOR_PROGRAMS, /* Program Files */
	DOCTOR_STORE,    /* WinSxS, hotfix backups, service pack files: nobody loads these */
	DOCTOR_OTHER,
};

struct doctor_file {
	char *path;       /* below the root, "\\" between */
	const char *name; /* in path */
	enum doctor_place place;
	uint64_t size;
	bool readable;
	char *problem; /* when it is not */
	struct pe_info info;
};

enum doctor_found {
	DOCTOR_FROM_SYSTEM, /* a folder that Windows always looks into */
	DOCTOR_FROM_PATH,   /* of the PATH variable of the machine */
};

/* A folder that Windows looks into, in this order, behind the folder of the program itself. */
struct doctor_folder {
	enum doctor_found from;
	char *text;   /* as the PATH has it */
	char *path;   /* below the root; NULL: not in this image */
	size_t file;  /* index of its wimgapi.dll; SIZE_MAX: none */
};

struct doctor {
	struct target *target;
	bool has_windows;
	char *windows;    /* "Windows", "WINNT" */
	size_t kernel;    /* index of ntoskrnl.exe in files; SIZE_MAX: none */
	size_t first;     /* index of the wimgapi.dll that is found first; SIZE_MAX: none */
	size_t n_entries; /* files and folders looked at */
	VEC(struct doctor_file) files;
	VEC(struct doctor_folder) search;
};

#define DOCTOR_NONE SIZE_MAX

/* names: further file names that are wanted (those of a fix); NULL-terminated; may be NULL. */
int doctor_scan(const char *spec, const char *const *names, struct doctor *ret, struct err *err);
void doctor_release(struct doctor *doctor);

bool doctor_is_library(const struct doctor_file *file); /* wimgapi.dll */
bool doctor_in_folder(const struct doctor_file *file, const char *folder);

/* doctor_search.c: fills search and first. */
int doctor_find_search_order(struct doctor *doctor, struct err *err);

/* doctor_rules.c: adds findings. */
void doctor_judge(const struct doctor *doctor, struct report *report);

/* doctor_show.c */
void doctor_show(const struct doctor *doctor, struct cli *cli);
void doctor_show_program(const struct pe_info *info, struct cli *cli);

/* doctor_host.c: the libraries in use here, and what mounting wants. Adds findings. */
void doctor_host(struct cli *cli, struct report *report);
