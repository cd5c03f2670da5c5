/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/commands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/atomic_file.h"
#include "common/base/file.h"
#include "common/base/utf16.h"
#include "unattend/ini_path.h"
#include "unattend/legacy_schema.h"
#include "unattend/redact.h"
#include "unattend/setting_insert.h"
#include "unattend/setting_value.h"

#define VALUE_MAX_BYTES 65536 /* of standard input; the longest real value, a Wi-Fi profile, has some 4,000 */

struct args {
	const char *arch;
	bool diff;
	bool unknown;
};

static const struct cli_option options[] = {
	OPT_TEXT(struct args, arch, 0, "arch", "ARCH", "only the component of this processorArchitecture"),
	OPT_FLAG(struct args, diff, 0, "diff", "change no file, print a patch for git apply"),
	OPT_FLAG(struct args, unknown, 0, "unknown", "also take a setting that is not documented"),
};

struct run {
	struct cli *cli;
	const struct args *args;
	const char *file;
	const char *value;
	struct setting_path path;   /* of XML */
	struct ini_path ini_path;   /* of the text formats; section NULL when the path is none */
	struct err xml_err;         /* why path cannot be set in an XML file; ERR_NONE when it can */
};

/* ---- is it a setting with that value? --------------------------------------------- */

/* List items such as IpAddress hold their value as text; the reference lists it as a child "Value". */
static const struct setting_spec *text_spec(const struct setting_path *path)
{
	CLEANUP(freep) char *value_path = xasprintf("%s/Value", path->plain);
	const struct setting_spec *spec = setting_spec_find(path->component, value_path);

	return spec && spec->kind == SETTING_TEXT ? spec : NULL;
}

static int check_kind(const struct setting_path *path, const struct setting_spec **ret, struct err *err)
{
	const struct setting_spec *spec = path->steps[path->n - 1].spec;

	*ret = spec && spec->kind == SETTING_LIST_ITEM ? text_spec(path) : spec;
	if (!spec || (*ret && ((*ret)->kind == SETTING_VALUE || (*ret)->kind == SETTING_TEXT)))
		return 0;
	if (spec->kind == SETTING_ATTRIBUTE)
		return err_set(err, ERR_USAGE, "%s is the attribute wcm:keyValue: write it as [@keyValue=...]", spec->path);
	err_set(err, ERR_USAGE, "%s holds settings, not a value", spec->path);
	return err_hint(err, "unattend schema %s/%s lists them", path->component, spec->path);
}

static int check_pass(const struct setting_path *path, const struct setting_spec *spec, struct err *err)
{
	unsigned passes = spec ? setting_spec_passes(spec) : path->component_spec ? path->component_spec->passes : 0;
	char names[160];

	if (!passes || passes & path->pass)
		return 0;
	return err_set(err, ERR_USAGE, "%s/%s belongs in %s, not in %s", path->component, path->plain,
		       pass_list(passes, names, sizeof(names)), pass_name(path->pass));
}

static int check_request(const struct run *run, struct err *err)
{
	const struct setting_path *path = &run->path;
	const struct setting_spec *spec;

	if (path->n == 0)
		return err_set(err, ERR_USAGE, "the setting is missing; a path is PASS/COMPONENT/SETTING");
	if (!text_is_utf8(run->value, strlen(run->value)))
		return err_set(err, ERR_USAGE, "the value is no UTF-8 text");
	for (const char *c = run->value; *c; c++)
		if ((uint8_t)*c < 0x20 && !strchr("\t\n\r", *c))
			return err_set(err, ERR_USAGE, "the value has a control character, which XML cannot hold");
	if (!run->args->unknown && setting_path_check(path, err) < 0) {
		err->kind = ERR_USAGE;
		return err_hint(err, "--unknown takes it all the same");
	}
	if (check_kind(path, &spec, err) < 0 || check_pass(path, spec, err) < 0)
		return -1;
	return spec ? setting_value_check(spec, run->value, err) : 0;
}

/* Which of both kinds of path it is, only the file tells. */
static int read_paths(struct run *run, const char *text, struct err *err)
{
	if (setting_path_parse(text, &run->path, &run->xml_err) == 0)
		(void)check_request(run, &run->xml_err);
	if (ini_path_parse(text, &run->ini_path, err) < 0 || !run->ini_path.key) {
		ini_path_release(&run->ini_path);
		if (run->xml_err.kind == ERR_NONE)
			return 0;
		*err = run->xml_err;
		return -1;
	}
	return 0;
}

/* ---- the edit ----------------------------------------------------------------------- */

static void set_self_closing(const struct answer *answer, const struct element *e, const char *value,
			     struct edits *edits)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	struct span span = { e->content.at - 2, e->content.at };

	while (is_xml_space(answer->source.text.data[span.at - 1]))
		span.at--;
	strbuf_addc(&out, '>');
	xml_escape(value, strlen(value), &out);
	strbuf_addf(&out, "</%s%s%s>", e->prefix, *e->prefix ? ":" : "", e->name);
	edits_replace(edits, span, strbuf_text(&out));
}

static int set_existing(const struct answer *answer, const struct setting *s, const char *value, struct edits *edits,
			struct err *err)
{
	size_t len;
	const char *old = setting_value(s, &len);

	if (s->element->first)
		return err_set(err, ERR_UNSUPPORTED, "<%s> of line %u holds elements, not a value", s->element->name,
			       s->element->where.line);
	if (len == strlen(value) && memcmp(old, value, len) == 0)
		return 0;
	if (s->element->self_closing)
		set_self_closing(answer, s->element, value, edits);
	else
		edits_set_value(edits, s->element, value);
	return 0;
}

static int set_in_components(struct run *run, const struct answer *answer, struct edits *edits, size_t *ret_n,
			     struct err *err)
{
	for (size_t i = 0; i < answer->components.len; i++) {
		const struct component *c = &answer->components.items[i];
		struct path_hit hit;

		if (!setting_path_fits(&run->path, c, run->args->arch))
			continue;
		++*ret_n;
		if (setting_path_follow(answer, c, &run->path, &hit, err) < 0)
			return -1;
		if (hit.setting ? set_existing(answer, hit.setting, run->value, edits, err) < 0 :
				  setting_insert(answer, c, &run->path, &hit, run->value, edits, err) < 0)
			return -1;
	}
	return 0;
}

/* The architecture that all components have, of one pass or (PASS_NONE) of the file; NULL when there is none. */
static int common_arch(const struct answer *answer, enum pass pass, const char **ret, struct err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < answer->components.len; i++) {
		const struct component *c = &answer->components.items[i];

		if (!*c->arch || strcasecmp(c->arch, "wow64") == 0 || (pass != PASS_NONE && component_pass(c) != pass))
			continue;
		if (*ret && strcasecmp(*ret, c->arch) != 0) {
			err_set(err, ERR_USAGE, "the component is not there yet, and there are several architectures");
			return err_hint(err, "--arch says for which one it is made");
		}
		*ret = c->arch;
	}
	return 0;
}

static int new_component_arch(const struct run *run, const struct answer *answer, const char **ret, struct err *err)
{
	*ret = run->args->arch;
	if (*ret)
		return 0;
	if (common_arch(answer, run->path.pass, ret, err) < 0 || (!*ret && common_arch(answer, PASS_NONE, ret, err) < 0))
		return -1;
	*ret = *ret ? *ret : "amd64";
	return 0;
}

static int check_ini(const struct run *run, struct err *err)
{
	const struct ini_path *path = &run->ini_path;
	const struct legacy_key *known;
	const char *near;
	bool section_known;

	if (!path->section)
		return err_set(err, ERR_USAGE, "the file is a text of sections and keys: a path is SECTION/KEY");
	if (run->args->arch)
		return err_set(err, ERR_USAGE, "--arch is for XML answer files, this is a text of sections and keys");
	known = legacy_key_find(path->section, path->key, &section_known);
	if (known)
		return legacy_value_check(known, run->value, err);
	if (run->args->unknown)
		return 0;
	if (!section_known && run->xml_err.kind == ERR_NONE)
		return err_set(err, ERR_USAGE, "the file is a text of sections and keys: a path is SECTION/KEY");
	if (section_known)
		err_set(err, ERR_USAGE, "[%s] has no key %s", path->section, path->key);
	else
		err_set(err, ERR_USAGE, "there is no section [%s]", path->section);
	near = section_known ? legacy_key_did_you_mean(path->section, path->key) : legacy_section_did_you_mean(path->section);
	return near ? err_hint(err, "did you mean %s? --unknown takes it all the same", near) :
		      err_hint(err, "--unknown takes it all the same");
}

static int plan_ini(struct run *run, const struct answer *answer, struct edits *edits, struct err *err)
{
	return check_ini(run, err) < 0 ? -1 : ini_set(answer, &run->ini_path, run->value, edits, err);
}

static int plan_xml(struct run *run, const struct answer *answer, struct edits *edits, struct err *err)
{
	const char *arch;
	size_t n = 0;

	if (run->xml_err.kind != ERR_NONE) {
		*err = run->xml_err;
		return -1;
	}
	if (set_in_components(run, answer, edits, &n, err) < 0)
		return -1;
	if (n)
		return 0;
	if (new_component_arch(run, answer, &arch, err) < 0)
		return -1;
	return component_insert(answer, &run->path, arch, run->value, edits, err);
}

/* ---- the file ------------------------------------------------------------------------- */

static int check_answer(const struct answer *answer, struct err *err)
{
	if (answer->kind == ANSWER_INI)
		return 0;
	if (answer->fault.found)
		return err_set(err, ERR_FORMAT, "line %u, column %u: %s", answer->fault_where.line, answer->fault_where.column,
			       answer->fault.message);
	if (!answer->markup.root || strcmp(answer->markup.root->name, "unattend") != 0)
		return err_set(err, ERR_FORMAT, "the root element is not <unattend>");
	return 0;
}

/* The result must say what was asked for; anything else is not written. */
static int verify(struct run *run, const struct strbuf *bytes, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct answer answer;
	struct edits edits = { { NULL, 0, 0 } };
	size_t n = 0, left;
	int result;

	strbuf_add(&copy, bytes->data, bytes->len);
	if (answer_read(&copy, run->file, TEMPLATE_NONE, &answer, err) < 0)
		return err_context(err, "the result would not be readable");
	if (answer.kind == ANSWER_INI)
		result = ini_set(&answer, &run->ini_path, run->value, &edits, err), n = 1;
	else
		result = answer_is_whole(&answer) ? set_in_components(run, &answer, &edits, &n, err) : -1;
	left = edits.list.len;
	edits_release(&edits);
	answer_release(&answer);
	if (result < 0 || n == 0 || left)
		return err_set(err, ERR_UNSUPPORTED, "the setting cannot be changed here without damage to the file");
	return 0;
}

static int encode(struct run *run, const struct answer *answer, struct edits *edits, struct strbuf *ret,
		  struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!edits_apply(edits, &answer->source.text, &text))
		return err_set(err, ERR_UNSUPPORTED, "two changes touch the same place");
	if (source_encode(&answer->source, text.data, text.len, ret, err) < 0)
		return -1;
	return verify(run, ret, err);
}

static int store(struct run *run, struct bytes before, const struct strbuf *after, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf diff = STRBUF_INIT;
	bool redacted;

	if (!run->args->diff)
		return atomic_file_replace(run->file, after->data, after->len, err);
	if (redacted_diff(run->file, before, bytes_of(after->data, after->len), run->cli->show_secrets, &diff, &redacted, err) < 0)
		return -1;
	fwrite(strbuf_text(&diff), 1, diff.len, run->cli->out);
	if (redacted)
		cli_say(run->cli, "%s: secrets in the patch are starred out: git apply needs one made with --show-secrets", run->file);
	return 0;
}

static int edit_answer(struct run *run, const struct answer *answer, struct bytes before, struct err *err)
{
	CLEANUP(edits_release) struct edits edits = { { NULL, 0, 0 } };
	CLEANUP(strbuf_release) struct strbuf after = STRBUF_INIT;
	bool changed;

	if (check_answer(answer, err) < 0)
		return -1;
	if (answer->kind == ANSWER_INI ? plan_ini(run, answer, &edits, err) < 0 : plan_xml(run, answer, &edits, err) < 0)
		return -1;
	changed = edits.list.len > 0;
	json_bool(run->cli->json, "changed", changed);
	if (!changed)
		return CLI_DONE;
	if (encode(run, answer, &edits, &after, err) < 0 || store(run, before, &after, err) < 0)
		return -1;
	return run->args->diff ? CLI_FINDINGS : CLI_DONE;
}

static int edit_file(struct run *run, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;
	struct answer answer;
	int result;

	if (strcmp(run->file, "-") == 0)
		return err_set(err, ERR_USAGE, "set changes a file, it does not take standard input");
	if (file_read_all(run->file, SOURCE_MAX_BYTES, &raw, err) < 0)
		return -1;
	strbuf_add(&copy, raw.data, raw.len);
	if (answer_read(&copy, run->file, TEMPLATE_NONE, &answer, err) < 0)
		return -1;
	result = edit_answer(run, &answer, bytes_of(strbuf_text(&raw), raw.len), err);
	answer_release(&answer);
	return result;
}

/* "-" is the first line of standard input: a password stays out of the list of processes. */
static int read_value(const char *arg, struct strbuf *ret, struct err *err)
{
	if (strcmp(arg, "-") != 0) {
		strbuf_adds(ret, arg);
		return 0;
	}
	if (file_read_all("-", VALUE_MAX_BYTES, ret, err) < 0)
		return err_context(err, "standard input");
	strbuf_reserve(ret, 1);
	ret->data[strcspn(ret->data, "\r\n")] = '\0';
	return 0;
}

static int run_set(struct cli *cli, const void *args, struct err *err)
{
	CLEANUP(strbuf_wipe) struct strbuf value = STRBUF_INIT;
	struct run run = { .cli = cli, .args = args, .file = cli->args[0] };
	int result = -1;

	if (read_value(cli->args[2], &value, err) < 0)
		return -1;
	run.value = strbuf_text(&value);
	json_text(cli->json, "file", run.file);
	json_text(cli->json, "path", cli->args[1]);
	if (read_paths(&run, cli->args[1], err) == 0) {
		result = edit_file(&run, err);
		if (result < 0)
			err_context(err, "%s", run.file);
	}
	setting_path_release(&run.path);
	ini_path_release(&run.ini_path);
	return result;
}

static const struct cli_example examples[] = {
	{ "unattend set unattend.xml specialize/Shell-Setup/ComputerName PC-17", "change one value" },
	{ "unattend set unattend.xml \"oobeSystem/Shell-Setup/UserAccounts/LocalAccounts/LocalAccount[Name=admin]/Group\" Users",
	  "add what is missing on the way" },
	{ "unattend set --diff unattend.xml windowsPE/Setup/UserData/AcceptEula true", "only show the change" },
	{ "unattend set sysprep.inf GuiUnattended/TimeZone 110", "change a text file" },
};

const struct cli_command cmd_set = {
	.name = "set",
	.summary = "change one setting of an answer file",
	.usage = "[options] FILE PASS/COMPONENT/SETTING|SECTION/KEY VALUE",
	.description = "Gives a setting a value, in the components of all architectures that are there. Missing elements are made, with the\n"
		       "component and its pass, with the attributes and the indentation that belong there. Everything else in the file\n"
		       "stays as it is, byte for byte. The value is checked against the schema before: true and false, the words of a\n"
		       "list, ranges, lengths, and whether the setting may stand in that pass. The file is replaced as a whole.\n\n"
		       "In sysprep.inf, unattend.txt and winnt.sif a path is SECTION/KEY; a new line is made as the lines beside it are,\n"
		       "quotes are put where they are needed.\n\n"
		       "Paths are written as for \"unattend get\". VALUE \"-\" takes the first line of standard input, for passwords. In\n"
		       "a patch printed by --diff secrets are starred out; for one that git apply takes add --show-secrets.\n\n"
		       "Exit code 1 means with --diff that there is a difference.",
	.examples = examples,
	.n_examples = ARRAY_SIZE(examples),
	.min_args = 3,
	.max_args = 3,
	CLI_OPTIONS(struct args, options),
	.has_json = true,
	.has_secrets = true,
	.run = run_set,
};
