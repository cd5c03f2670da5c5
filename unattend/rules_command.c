/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UA613, UA701-UA708: commands. A message never cites a command: it may hold a password. */
#include "unattend/lint.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct command *command_at(const struct lint *lint, size_t i)
{
	return i < lint->places.commands.len ? &lint->places.commands.items[i] : NULL;
}

static bool has_word(const char *command, const char *word)
{
	return strstr(command, word) != NULL;
}

static void check_length(const struct rule *rule, struct lint *lint)
{
	static const size_t limits[] = { [COMMAND_SETUP] = 0, [COMMAND_DEPLOYMENT] = 259, [COMMAND_LOGON] = 1024 };
	const struct command *command;

	for (size_t i = 0; (command = command_at(lint, i)); i++) {
		size_t limit = limits[command->place], len = command->setting->element->value_len;

		if (limit && len > limit && !command->setting->placeholder)
			lint_setting(lint, rule, command->setting, "the command has %zu characters, %zu at most are taken here", len, limit);
	}
}

/* A command that does nothing but restart becomes one that does nothing, with WillReboot. */
static void leave_to_setup(const struct lint *lint, const struct command *command, struct hit *hit)
{
	const struct setting *s = command->setting, *will = setting_child(lint->answer, s->parent, "WillReboot");
	const char *low = command->low + strspn(command->low, " \t\r\n");
	bool only = strncmp(low, "shutdown", 8) == 0 && has_word(low, "r") && !strpbrk(low, "&|>");

	if (!hit->rule || !only || !s->element->plain || has_word(low, " /s") || has_word(low, " -s"))
		return;
	edits_set_value(hit_fix(hit, FIX_UNSAFE), s->element, "cmd.exe /c rem");
	if (will && will->element->plain)
		edits_set_value(&hit->edits, will->element, "Always");
	else if (!will)
		edits_append_value(&hit->edits, &lint->answer->source.text, s->parent->element, "WillReboot", "Always");
}

static void check_reboot(const struct rule *rule, struct lint *lint)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(lint, i)); i++) {
		const char *c = command->low;
		bool reboots = has_word(c, "restart-computer") || has_word(c, "stop-computer") ||
			       (has_word(c, "shutdown") && (has_word(c, " /r") || has_word(c, " -r") || has_word(c, " /s") || has_word(c, " -s")));

		if (command->place == COMMAND_DEPLOYMENT && reboots)
			leave_to_setup(lint, command, lint_setting(lint, rule, command->setting,
								   "the command restarts the computer behind the back of Setup"));
	}
}

/* "net user NAME PASSWORD": two words behind that are no switch. */
static bool sets_password_by_net_user(const char *text)
{
	const char *at = strstr(text, "net user ");
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
	static const char *const marks[] = { "convertto-securestring ", "defaultpassword ", "/password:", "-password ", "/rp ", "--password " };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *at = strstr(text, marks[i]);

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
	const struct command *command;

	for (size_t i = 0; (command = command_at(lint, i)); i++)
		if (!command->setting->placeholder && names_password(command->low))
			lint_setting(lint, rule, command->setting, "the command holds a password");
}

static void check_download(const struct rule *rule, struct lint *lint)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(lint, i)); i++) {
		const char *c = command->low;
		bool runs = has_word(c, "iex") || has_word(c, "invoke-expression");
		bool fetches = runs && (has_word(c, "iwr ") || has_word(c, "irm ") || has_word(c, "invoke-webrequest") ||
					has_word(c, "invoke-restmethod") || has_word(c, "downloadstring"));

		if (fetches)
			lint_setting(lint, rule, command->setting, "the command runs code straight from the network");
	}
}

/* ---- shells ------------------------------------------------------------------ */

/* The first word, without quotes and folder. Returns its length. */
static size_t program_of(const char *command, const char **ret)
{
	const char *end, *at = command + strspn(command, " \t\r\n");

	end = *at == '"' ? at + 1 + strcspn(at + 1, "\"") : at + strcspn(at, " \t\r\n");
	at += *at == '"';
	for (const char *p = at; p < end; p++)
		if (*p == '\\' || *p == '/')
			at = p + 1;
	*ret = at;
	return (size_t)(end - at);
}

static bool is_one_of(const char *word, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && strncasecmp(words[i], word, len) == 0)
			return true;
	return false;
}

static bool runs_shell(const char *command)
{
	static const char *const shells[] = { "cmd", "cmd.exe", "%comspec%", "powershell", "powershell.exe", "pwsh", "pwsh.exe",
					      "bash", "bash.exe", "wsl", "wsl.exe" };
	const char *word;
	size_t len = program_of(command, &word);

	return is_one_of(word, len, shells, ARRAY_SIZE(shells));
}

/* No programs: only cmd.exe knows them. */
static bool is_shell_word(const char *command)
{
	static const char *const words[] = { "assoc", "call", "cd", "copy", "del", "dir", "echo", "erase", "for", "ftype", "if",
					     "md", "mkdir", "mklink", "move", "rd", "rem", "ren", "rename", "rmdir", "set", "type" };
	const char *word;
	size_t len = program_of(command, &word);

	return is_one_of(word, len, words, ARRAY_SIZE(words));
}

/* A redirection, && or | outside quotation marks; NULL when there is none. */
static const char *shell_operator(const char *command)
{
	bool quoted = false;

	for (const char *at = command; *at; at++) {
		quoted ^= *at == '"';
		if (quoted)
			continue;
		if (at[0] == '&' && at[1] == '&')
			return "&&";
		if (*at == '|')
			return "|";
		if (*at == '>')
			return ">";
	}
	return NULL;
}

static void add_shell(struct hit *hit, const struct setting *s)
{
	const char *value = s->element->value;
	size_t space = 0;

	while (is_xml_space(value[space]))
		space++;
	if (s->element->plain)
		edits_insert(hit_fix(hit, FIX_UNSAFE), s->element->content.at + space, "cmd.exe /c ");
}

static void check_shell(const struct rule *rule, struct lint *lint)
{
	const struct setting *s;

	for (size_t i = 0; command_at(lint, i) && (s = command_at(lint, i)->setting); i++) {
		const char *command = s->element->value, *sign = shell_operator(command);

		if (s->placeholder || runs_shell(command))
			continue;
		if (is_shell_word(command))
			add_shell(lint_setting(lint, rule, s, "the command begins with a word that only cmd.exe knows"), s);
		else if (sign)
			add_shell(lint_setting(lint, rule, s, "\"%s\" is not interpreted: no shell runs this command", sign), s);
	}
}

/* ---- commands of the first logon --------------------------------------------- */

#define SHELL_SETUP "Microsoft-Windows-Shell-Setup"
#define FIRST_LOGON "FirstLogonCommands/SynchronousCommand"

static void check_together(const struct rule *rule, struct lint *lint)
{
	const struct windows *target = lint->options->target;
	const struct setting *s = NULL, *before = NULL;

	while (target && target->build >= 10586 && (s = answer_next(lint->answer, SHELL_SETUP, FIRST_LOGON, s))) {
		if (before && before->parent == s->parent) {
			lint_setting_element(lint, rule, s, "this command does not wait for the one in line %u", before->element->where.line);
			return;
		}
		before = s;
	}
}

static bool same_value(const struct setting *a, const struct setting *b)
{
	size_t a_len, b_len;
	const char *x = setting_value(a, &a_len), *y = setting_value(b, &b_len);

	return a_len == b_len && strncasecmp(x, y, a_len) == 0;
}

/* The account of that name when it is made here and is no administrator. */
static const struct setting *plain_user(const struct lint *lint, const struct setting *name)
{
	const struct setting *s = NULL;

	while ((s = answer_next(lint->answer, SHELL_SETUP, "UserAccounts/LocalAccounts/LocalAccount/Name", s))) {
		const struct setting *group = setting_child(lint->answer, s->parent, "Group");

		if (!s->placeholder && same_value(s, name) &&
		    (!group || (!group->placeholder && !strcasestr(group->element->value, "admin"))))
			return s;
	}
	return NULL;
}

static void check_first_user(const struct rule *rule, struct lint *lint)
{
	const struct setting *user = answer_next(lint->answer, SHELL_SETUP, "AutoLogon/Username", NULL);

	if (user && !user->placeholder && answer_next(lint->answer, SHELL_SETUP, FIRST_LOGON, NULL) && plain_user(lint, user))
		lint_setting(lint, rule, user, "the commands of the first logon run for \"%s\", who is no administrator", lint_show(user));
}

static void check_will_reboot(const struct rule *rule, struct lint *lint)
{
	static const char *const paths[] = { "RunSynchronous/RunSynchronousCommand/WillReboot",
					     "RunAsynchronous/RunAsynchronousCommand/WillReboot" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct setting *s = NULL;

		while ((s = answer_next(lint->answer, "Microsoft-Windows-Setup", paths[i], s)))
			edits_delete_element(hit_fix(lint_setting_element(lint, rule, s, "commands of Windows PE have no WillReboot"),
						     FIX_SAFE), &lint->answer->source.text, s->element);
	}
}

/* ---- commands that break the XML ---------------------------------------------- */

/* An & that begins no entity or character reference. */
static bool is_bare_ampersand(const char *text, size_t len, size_t at)
{
	size_t end = at + 1;

	while (end < len && (isalnum((unsigned char)text[end]) || text[end] == '#'))
		end++;
	return end == at + 1 || end >= len || text[end] != ';';
}

static void check_bare(const struct rule *rule, struct lint *lint)
{
	static const char *const tags[] = { "<Path>", "<CommandLine>" };
	const char *text = strbuf_text(&lint->answer->source.text);
	size_t len = lint->answer->source.text.len;

	if (!lint->answer->fault.found)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		for (size_t at = 0; (at = text_find(text, len, at, tags[i])) < len;)
			for (at += strlen(tags[i]); at < len && text[at] != '<' && text[at] != '\n'; at++)
				if (text[at] == '&' && is_bare_ampersand(text, len, at)) {
					lint_add(lint, rule, text_spot(text, len, at), NULL, "a bare & in a command: write &amp; or use CDATA");
					return;
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
		.fix = FIX_UNSAFE,
		.bad = "<Path>shutdown /r /t 0</Path>",
		.good = "<WillReboot>Always</WillReboot>",
		.check = check_reboot,
	},
	{
		.meta = {
			.id = "UA703", .name = "shell-syntax-without-shell", .severity = SEVERITY_WARNING,
			.summary = "a command needs a shell and names none",
			.why = "Setup starts the program itself. Words such as echo or copy are no programs; > && and | are handed to the\n"
			       "program as they stand.",
			.advice = "begin the command with cmd.exe /c",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-deployment-runsynchronous-runsynchronouscommand-path",
		},
		.fix = FIX_UNSAFE,
		.bad = "<Path>echo done > C:\\done.txt</Path>",
		.good = "<Path>cmd.exe /c echo done > C:\\done.txt</Path>",
		.check = check_shell,
	},
	{
		.meta = {
			.id = "UA704", .name = "first-logon-commands-together", .severity = SEVERITY_WARNING,
			.summary = "commands of the first logon may run at the same time",
			.why = "Since Windows 10 version 1511 they are started without waiting for the one before, the reference says: a command\n"
			       "that needs the work of another may come too early. Checked with --target only.",
			.advice = "put what belongs together into one script",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-firstlogoncommands",
		},
		.bad = "<FirstLogonCommands>(two SynchronousCommand)</FirstLogonCommands>   with --target win11",
		.good = "<FirstLogonCommands>(one SynchronousCommand that runs a script)</FirstLogonCommands>",
		.check = check_together,
	},
	{
		.meta = {
			.id = "UA705", .name = "first-logon-without-rights", .severity = SEVERITY_INFO,
			.summary = "the first user to log on is no administrator",
			.why = "FirstLogonCommands run with the rights of that user: what needs an administrator fails or asks first.",
			.advice = "let an administrator log on first, or run the commands in pass specialize",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-shell-setup-firstlogoncommands",
		},
		.flags = RULE_CROSS,
		.bad = "<AutoLogon>...<Username>lab</Username> with <LocalAccount>...<Name>lab</Name><Group>Users</Group>",
		.good = "<LocalAccount>...<Name>lab</Name><Group>Administrators</Group>",
		.check = check_first_user,
	},
	{
		.meta = {
			.id = "UA706", .name = "will-reboot-in-windowspe", .severity = SEVERITY_WARNING,
			.summary = "WillReboot stands at a command of Windows PE",
			.why = "Only Microsoft-Windows-Deployment has it. In Microsoft-Windows-Setup it is an unknown setting, at which Setup stops.",
			.advice = "remove it",
			.source = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-setup-runsynchronous-runsynchronouscommand",
		},
		.fix = FIX_SAFE,
		.bad = "<RunSynchronousCommand>...<WillReboot>Never</WillReboot>   (in Microsoft-Windows-Setup)",
		.good = "(no element)",
		.check = check_will_reboot,
	},
	{
		.meta = {
			.id = "UA707", .name = "bare-ampersand-in-command", .severity = SEVERITY_INFO,
			.summary = "a bare & in a command breaks the XML",
			.why = "The file is not well-formed (UA001); this is the most common reason.",
			.advice = "write &amp;, or put the command into <![CDATA[ ... ]]>",
			.source = "https://www.w3.org/TR/xml/#syntax",
		},
		.flags = RULE_ANY_XML,
		.bad = "<Path>cmd.exe /c a.cmd && b.cmd</Path>",
		.good = "<Path>cmd.exe /c a.cmd &amp;&amp; b.cmd</Path>",
		.check = check_bare,
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
