/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA613, UA701-UA708: commands. A message never cites a command: it may hold a password. */
#include "unattend/lint.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DEPLOYMENT "Microsoft-Windows-Deployment"

static const struct setting *setting_at(const struct lint *lint, size_t i)
{
	return i < lint->answer->settings.len ? &lint->answer->settings.items[i] : NULL;
}

static bool is_deployment_command(const struct setting *s)
{
	return component_is(s->component, DEPLOYMENT) && (strcasecmp(s->path, "RunSynchronous/RunSynchronousCommand/Path") == 0 ||
							  strcasecmp(s->path, "RunAsynchronous/RunAsynchronousCommand/Path") == 0);
}

static bool is_setup_command(const struct setting *s)
{
	return component_is(s->component, "Microsoft-Windows-Setup") &&
	       (strcasecmp(s->path, "RunSynchronous/RunSynchronousCommand/Path") == 0 ||
		strcasecmp(s->path, "RunAsynchronous/RunAsynchronousCommand/Path") == 0);
}

static bool is_logon_command(const struct setting *s)
{
	return component_is(s->component, "Microsoft-Windows-Shell-Setup") && strcasecmp(s->element->name, "CommandLine") == 0;
}

static const struct setting *next_command(const struct lint *lint, const struct setting *after)
{
	size_t i = after ? (size_t)(after - lint->answer->settings.items) + 1 : 0;
	const struct setting *s;

	for (; (s = setting_at(lint, i)); i++)
		if (is_deployment_command(s) || is_setup_command(s) || is_logon_command(s))
			return s;
	return NULL;
}

static bool has_word(const struct setting *s, const char *word)
{
	return strcasestr(s->element->value, word) != NULL;
}

static void check_length(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_command(lint, s))) {
		size_t limit = is_deployment_command(s) ? 259 : is_logon_command(s) ? 1024 : 0, len = s->element->value_len;

		if (limit && len > limit && !s->placeholder)
			lint_setting(lint, rule, s, "the command has %zu characters, %zu at most are taken here", len, limit);
	}
}

static void check_reboot(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_command(lint, s))) {
		bool reboots = has_word(s, "Restart-Computer") || has_word(s, "Stop-Computer") ||
			       (has_word(s, "shutdown") && (has_word(s, " /r") || has_word(s, " -r") || has_word(s, " /s") || has_word(s, " -s")));

		if (is_deployment_command(s) && reboots)
			lint_setting(lint, rule, s, "the command restarts the computer behind the back of Setup");
	}
}

/* "net user NAME PASSWORD": two words behind that are no switch. */
static bool sets_password_by_net_user(const char *text)
{
	const char *at = strcasestr(text, "net user ");
	size_t words = 0;

	if (!at)
		return false;
	for (at += 9; *at && *at != '&' && *at != '|';) {
		size_t len = strcspn(at, " &|");

		if (*at == '/' || *at == '>')
			break;
		words += len > 0 && *at != '*';
		at += len + strspn(at + len, " ");
	}
	return words >= 2;
}

static bool is_variable(const char *at)
{
	return *at == '$' || *at == '%' || *at == '(' || *at == '*' || *at == '\0';
}

static bool names_password(const char *text)
{
	static const char *const marks[] = { "ConvertTo-SecureString ", "DefaultPassword ", "/password:", "-Password ", "/rp ", "--password " };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *at = strcasestr(text, marks[i]);

		if (!at)
			continue;
		at += strlen(marks[i]);
		while (*at == ' ' || *at == '"' || *at == '\'')
			at++;
		if (strncasecmp(at, "/t REG_SZ /d ", 13) == 0)
			at += 13;
		if (strncasecmp(at, "-String ", 8) == 0)
			at += 8;
		if (!is_variable(at) && *at != '-' && *at != '/')
			return true;
	}
	return sets_password_by_net_user(text);
}

static void check_secret(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_command(lint, s)))
		if (!s->placeholder && names_password(s->element->value))
			lint_setting(lint, rule, s, "the command holds a password");
}

static void check_download(const struct rule *rule, struct lint *lint)
{
	const struct setting *s = NULL;

	while ((s = next_command(lint, s))) {
		bool fetches = has_word(s, "iwr ") || has_word(s, "irm ") || has_word(s, "Invoke-WebRequest") ||
			       has_word(s, "Invoke-RestMethod") || has_word(s, "DownloadString");
		bool runs = has_word(s, "iex") || has_word(s, "Invoke-Expression");

		if (fetches && runs)
			lint_setting(lint, rule, s, "the command runs code straight from the network");
	}
}

static const struct rule rules[] = {
	{
		.meta = {
			.id = "UA613", .name = "password-in-command", .severity = SEVERITY_WARNING,
			.summary = "a command holds a password",
			.why = "Commands are written to setupact.log and stand in the copy of the answer file below %WINDIR%\\Panther.",
			.advice = "create accounts with UserAccounts, or fetch the password when the command runs",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/wsim/hide-sensitive-data-in-an-answer-file",
		},
		.bad = "<CommandLine>net user bob (password) /add</CommandLine>",
		.good = "<LocalAccount wcm:action=\"add\"><Name>bob</Name>...",
		.check = check_secret,
	},
	{
		.meta = {
			.id = "UA701", .name = "command-too-long", .severity = SEVERITY_ERROR,
			.summary = "a command is longer than its setting takes",
			.why = "Paths of Microsoft-Windows-Deployment take 259 characters (256 have been seen to be the most), command lines of\n"
			       "the logon 1024. Above, pass specialize stops: \"Windows could not parse or process unattend answer file\".",
			.advice = "put the command into a script file and run that",
			.source = "https://github.com/cschneegans/unattend-generator/issues/6",
		},
		.bad = "<Path>powershell.exe -Command \"(300 characters)\"</Path>",
		.good = "<Path>powershell.exe -File C:\\Windows\\Setup\\Scripts\\first.ps1</Path>",
		.check = check_length,
	},
	{
		.meta = {
			.id = "UA702", .name = "command-restarts", .severity = SEVERITY_WARNING,
			.summary = "a command restarts or shuts down the computer",
			.why = "Setup loses its state when the computer restarts by itself. It has WillReboot for that.",
			.advice = "remove the restart from the command and set WillReboot to Always or OnRequest",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-deployment-runsynchronous-runsynchronouscommand-path",
		},
		.bad = "<Path>shutdown /r /t 0</Path>",
		.good = "<WillReboot>Always</WillReboot>",
		.check = check_reboot,
	},
	{
		.meta = {
			.id = "UA708", .name = "command-from-network", .severity = SEVERITY_WARNING,
			.summary = "a command downloads code and runs it",
			.why = "Whoever controls the address controls every computer installed with this file; often there is no network yet.",
			.advice = "put the script on the media and check it in",
			.source = "https://learn.microsoft.com/windows-hardware/manufacture/desktop/add-a-custom-script-to-windows-setup",
		},
		.bad = "<CommandLine>powershell \"iex (iwr https://example.com/x.ps1)\"</CommandLine>",
		.good = "<CommandLine>powershell -File D:\\scripts\\x.ps1</CommandLine>",
		.check = check_download,
	},
};

const struct rule_table command_rules = { rules, ARRAY_SIZE(rules) };
