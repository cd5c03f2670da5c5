/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts a script into the image that resets the licensing state at the first boot.
 * Where Setup runs (OOBE), Windows starts Setup\Scripts\SetupComplete.cmd; else a
 * startup script of the local Group Policy is used (op_rearm_policy.c).
 */
#include <string.h>

#include "sysprep-lite/rearm.h"
#include "sysprep-lite/verdict.h"

#define SCRIPTS "Windows\\Setup\\Scripts\\"
#define SETUP_COMPLETE_MAX (4u << 20)

#define BLOCK_BEGIN "rem >>> goldwim sysprep-lite: first-boot rearm\r\n"
#define BLOCK                                                                                       \
	BLOCK_BEGIN                                                                                 \
	"if exist \"%SystemRoot%\\Setup\\Scripts\\" REARM_SCRIPT "\" call "                         \
	"\"%SystemRoot%\\Setup\\Scripts\\" REARM_SCRIPT "\"\r\n"                                    \
	"rem <<< goldwim sysprep-lite\r\n"

/* Where installations of Office keep OSPPREARM.EXE. */
static const char *const office_folders[] = {
	"%CommonProgramFiles%\\Microsoft Shared\\OfficeSoftwareProtectionPlatform",
	"%ProgramFiles%\\Microsoft Office\\Office14",
	"%ProgramFiles%\\Microsoft Office\\Office15",
	"%ProgramFiles%\\Microsoft Office\\Office16",
	"%ProgramFiles%\\Microsoft Office\\root\\Office16",
	"%ProgramFiles(x86)%\\Microsoft Office\\Office14",
	"%ProgramFiles(x86)%\\Microsoft Office\\Office15",
	"%ProgramFiles(x86)%\\Microsoft Office\\Office16",
};

/* Only what cmd.exe takes as it stands between quotes. */
static bool is_plain_path(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 :\\().-_";

	return *path && strspn(path, plain) == strlen(path) && strlen(path) < 200;
}

static int add_registered_folder(void *context, struct regf *hive, regf_key key, const char *path UNUSED)
{
	struct strbuf *ret = context;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!regf_get_text(hive, key, "Path", &text))
		return 0;
	while (text.len && text.data[text.len - 1] == '\\')
		text.data[--text.len] = '\0';
	if (is_plain_path(strbuf_text(&text)))
		strbuf_addf(ret, "call :office \"%s\"\r\n", strbuf_text(&text));
	return 0;
}

/* OSPPREARM runs once for each folder: the script skips a folder that was done. */
static int add_office(struct winroot *root, struct strbuf *ret, struct err *err)
{
	struct regf *software;

	for (size_t i = 0; i < ARRAY_SIZE(office_folders); i++)
		strbuf_addf(ret, "call :office \"%s\"\r\n", office_folders[i]);
	if (winroot_hive(root, HIVE_SOFTWARE, &software, err) < 0)
		return -1;
	if (!software)
		return 0;
	hive_match(software, "Microsoft\\OfficeSoftwareProtectionPlatform", add_registered_folder, ret);
	hive_match(software, "Wow6432Node\\Microsoft\\OfficeSoftwareProtectionPlatform", add_registered_folder, ret);
	return 0;
}

int rearm_script(struct winroot *root, const char *clean_up, struct strbuf *ret, struct err *err)
{
	strbuf_adds(ret, "@echo off\r\n"
			 "rem goldwim sysprep-lite: resets the licensing state once, so that this computer gets a\r\n"
			 "rem client machine ID (CMID) of its own. Removes itself when Windows took the reset.\r\n"
			 "setlocal\r\n"
			 "set \"GW_LOG=%SystemRoot%\\Temp\\goldwim-rearm.log\"\r\n"
			 "set \"GW_DONE=\"\r\n"
			 "echo %DATE% %TIME% rearm of Windows on %COMPUTERNAME% >>\"%GW_LOG%\"\r\n"
			 "\"%SystemRoot%\\System32\\cscript.exe\" //nologo "
			 "\"%SystemRoot%\\System32\\slmgr.vbs\" /rearm >>\"%GW_LOG%\" 2>&1\r\n"
			 "if not \"%ERRORLEVEL%\"==\"0\" (\r\n"
			 "\techo %DATE% %TIME% failed with %ERRORLEVEL%, the script stays >>\"%GW_LOG%\"\r\n"
			 "\texit /b 1\r\n"
			 ")\r\n");
	if (add_office(root, ret, err) < 0)
		return -1;
	strbuf_adds(ret, "echo %DATE% %TIME% done, in effect after the next restart >>\"%GW_LOG%\"\r\n");
	strbuf_adds(ret, clean_up);
	strbuf_adds(ret, "(goto) 2>nul & del \"%~f0\"\r\n"
			 "exit /b 0\r\n"
			 ":office\r\n"
			 "if not exist \"%~1\\OSPPREARM.EXE\" exit /b 0\r\n"
			 "if /i \"%~1\"==\"%GW_DONE%\" exit /b 0\r\n"
			 "set \"GW_DONE=%~1\"\r\n"
			 "echo %DATE% %TIME% rearm of Office in %~1 >>\"%GW_LOG%\"\r\n"
			 "\"%~1\\OSPPREARM.EXE\" >>\"%GW_LOG%\" 2>&1\r\n"
			 "exit /b 0\r\n");
	return 0;
}

/* The block goes behind a first line "@echo off", else to the beginning: a script may end early. */
static void insert_block(struct strbuf *old, struct strbuf *ret)
{
	const char *text = strbuf_text(old);
	size_t line = strcspn(text, "\n");
	size_t at = 0;

	if (strncasecmp(text, "@echo off", 9) == 0)
		at = text[line] ? line + 1 : line;
	strbuf_add(ret, text, at);
	if (at && text[at - 1] != '\n')
		strbuf_adds(ret, "\r\n");
	if (!old->len)
		strbuf_adds(ret, "@echo off\r\n");
	strbuf_adds(ret, BLOCK);
	strbuf_add(ret, text + at, old->len - at);
}

static int plan_setup_complete(struct plan *plan, struct winroot *root, const struct op_row *row, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf old = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf new = STRBUF_INIT;
	CLEANUP(freep) char *script_path = winroot_path(root, SCRIPTS REARM_SCRIPT);
	CLEANUP(freep) char *path = winroot_path(root, SCRIPTS "SetupComplete.cmd");
	struct target *target = winroot_target(root);

	if (rearm_script(root, "", &script, err) < 0)
		return -1;
	if (plan_add_file(plan, root, row, script_path, script.data, script.len, err) < 0)
		return -1;
	if (target_has(target, path) && target_read(target, path, SETUP_COMPLETE_MAX, &old, err) < 0)
		return -1;
	if (old.len && memmem(old.data, old.len, BLOCK_BEGIN, strlen(BLOCK_BEGIN)))
		return 0;
	insert_block(&old, &new);
	return plan_add_file(plan, root, row, path, new.data, new.len, err);
}

/* XP and 2003 have no KMS client. */
static bool has_licensing(struct winroot *root, const struct setup_state *state)
{
	CLEANUP(freep) char *slmgr = winroot_path(root, "Windows\\System32\\slmgr.vbs");

	return is_vista_or_later(state) || target_has(winroot_target(root), slmgr);
}

bool rearm_is_staged(struct winroot *root)
{
	CLEANUP(freep) char *complete = winroot_path(root, SCRIPTS REARM_SCRIPT);
	CLEANUP(freep) char *startup = winroot_path(root, POLICY_STARTUP REARM_SCRIPT);

	return target_has(winroot_target(root), complete) || target_has(winroot_target(root), startup);
}

int plan_rearm(struct plan *plan, struct winroot *root, const struct plan_options *options, struct err *err)
{
	const struct op_row *row = op_find("rearm");
	enum rearm_mode mode = options->rearm;
	struct setup_state state;

	if (mode == REARM_NONE || !op_is_on(&options->choice, row))
		return 0;
	if (!target_has_files(winroot_target(root))) {
		plan_note(plan, "no rearm is staged: only hives were named");
		return 0;
	}
	if (setup_state_read(root, &state, err) < 0)
		return -1;
	if (!has_licensing(root, &state)) {
		plan_note(plan, "no rearm is staged: this Windows has no KMS client (older than Vista)");
		return 0;
	}
	if (mode == REARM_AUTO && rearm_is_staged(root))
		return 0;
	if (mode == REARM_AUTO)
		mode = goes_through_setup(&state) ? REARM_SETUPCOMPLETE : REARM_STARTUP_SCRIPT;
	if (mode == REARM_SETUPCOMPLETE)
		return plan_setup_complete(plan, root, row, err);
	return plan_startup_script(plan, root, row, err);
}
