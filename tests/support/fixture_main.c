/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture: the builders of this folder as a program; README.md describes it. */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/strbuf.h"
#include "tests/support/bad_input.h"
#include "tests/support/fixture_args.h"
#include "tests/support/hive_builder.h"
#include "tests/support/machine.h"
#include "tests/support/pe_builder.h"
#include "tests/support/rng.h"
#include "tests/support/tree_builder.h"
#include "tests/support/write_file.h"

#define SPEC_MAX (64u << 20)

static int take_state(struct args *args, enum machine_state *state)
{
	const char *text;

	if (args_text(args, "--state", &text) && !machine_state_parse(text, state))
		return err_set(args->err, ERR_USAGE, "--state: unknown state '%s'", text);
	return 0;
}

static int run_tree(struct args *args)
{
	struct tree_options options = { .seed = 1 };
	uint64_t files = 0, identity = 0;

	if (args_number(args, "--files", &files) < 0 || args_number(args, "--seed", &options.seed) < 0 ||
	    args_number(args, "--clone-of", &identity) < 0 || take_state(args, &options.state) < 0 ||
	    args_check(args, 1, 1) < 0)
		return -1;
	options.files = (size_t)files;
	options.identity = identity ? identity : options.seed;
	return tree_build(args->words[0], &options, args->err);
}

static int run_nics(struct args *args)
{
	struct machine machine;
	uint64_t seed = 1;

	if (args_number(args, "--seed", &seed) < 0 || args_check(args, 0, 0) < 0)
		return -1;
	machine_init(&machine, MACHINE_COMPLETE, seed, seed);
	for (size_t i = 0; i < machine.n_nics; i++) {
		char text[GUID_BRACED_LEN + 1];

		puts(guid_format(&machine.nics[i].guid, GUID_PLAIN, text));
	}
	return 0;
}

static int run_hive(struct args *args)
{
	struct hive_options options = { 0 };
	struct strbuf spec = STRBUF_INIT;
	uint64_t minor = 5;
	int result;

	if (args_flag(args, "--dirty"))
		options.flags |= HIVE_DIRTY;
	if (args_flag(args, "--bad-checksum"))
		options.flags |= HIVE_BAD_CHECKSUM;
	if (args_number(args, "--minor", &minor) < 0 || args_check(args, 1, 1) < 0)
		return -1;
	options.minor = (uint32_t)minor;
	result = file_read_all("-", SPEC_MAX, &spec, args->err);
	if (result == 0)
		result = hive_build_as(args->words[0], strbuf_text(&spec), &options, args->err);
	strbuf_release(&spec);
	return result;
}

static int run_grow(struct args *args)
{
	uint64_t seed = 1, bytes = 0;

	if (args_number(args, "--seed", &seed) < 0 || args_check(args, 3, 3) < 0 ||
	    args_parse_number(args, "size", args->words[2], &bytes) < 0)
		return -1;
	return hive_grow(args->words[0], args->words[1], bytes, seed, args->err);
}

static int run_spec(struct args *args)
{
	static const struct {
		const char *name;
		void (*text)(const struct machine *machine, struct strbuf *ret);
	} hives[] = {
		{ "system", machine_system },        { "software", machine_software },
		{ "sam", machine_sam },              { "security", machine_security },
		{ "default", machine_default_user }, { "ntuser", machine_network_service },
	};
	enum machine_state state = MACHINE_COMPLETE;
	struct machine machine;
	uint64_t seed = 1;

	if (args_number(args, "--seed", &seed) < 0 || take_state(args, &state) < 0 || args_check(args, 1, 1) < 0)
		return -1;
	machine_init(&machine, state, seed, seed);
	for (size_t i = 0; i < ARRAY_SIZE(hives); i++) {
		struct strbuf text = STRBUF_INIT;

		if (strcmp(args->words[0], hives[i].name) != 0)
			continue;
		hives[i].text(&machine, &text);
		fwrite(text.data, 1, text.len, stdout);
		strbuf_release(&text);
		return 0;
	}
	return err_set(args->err, ERR_USAGE, "no hive is called '%s'", args->words[0]);
}

static int run_pe(struct args *args)
{
	struct pe_options options = { .machine = PE_MACHINE_AMD64 };
	struct pe_version version;
	struct strbuf pe = STRBUF_INIT;
	const char *machine = "amd64";
	uint64_t flags = 0;
	int result;

	args_text(args, "--machine", &machine);
	args_text(args, "--text", &options.text);
	options.no_version = args_flag(args, "--no-version");
	if (args_number(args, "--flags", &flags) < 0 || args_check(args, 2, 3) < 0)
		return -1;
	options.flags = (uint32_t)flags;
	if (!pe_machine_parse(machine, &options.machine))
		return err_set(args->err, ERR_USAGE, "'%s' is no machine", machine);
	if (!pe_version_parse(args->words[1], &version))
		return err_set(args->err, ERR_USAGE, "'%s' is no version", args->words[1]);
	options.name = args->n > 2 ? args->words[2] : path_name(args->words[0]);
	pe_build_as(&version, &options, &pe);
	result = write_file(args->words[0], pe.data, pe.len, args->err);
	strbuf_release(&pe);
	return result;
}

static int run_fill(struct args *args)
{
	struct rng rng;
	struct strbuf data = STRBUF_INIT;
	uint64_t seed = 1, size = 0;
	int result;

	if (args_number(args, "--seed", &seed) < 0 || args_check(args, 2, 2) < 0)
		return -1;
	if (args_parse_number(args, "size", args->words[1], &size) < 0)
		return -1;
	rng = rng_of(seed, "fill");
	strbuf_add_fill(&data, '\0', (size_t)size);
	rng_fill(&rng, data.data, data.len);
	result = write_file(args->words[0], strbuf_text(&data), data.len, args->err);
	strbuf_release(&data);
	return result;
}

static int run_bad(struct args *args, int (*make)(const char *path, struct err *err))
{
	return args_check(args, 1, 1) < 0 ? -1 : make(args->words[0], args->err);
}

static int run_bad_wim_2tb(struct args *args)
{
	return run_bad(args, bad_wim_2tb);
}

static int run_jpeg(struct args *args)
{
	return run_bad(args, bad_jpeg);
}

static int run_not_xml(struct args *args)
{
	return run_bad(args, bad_not_xml);
}

static int run_bad_hive(struct args *args)
{
	return run_bad(args, bad_hive);
}

static const struct {
	const char *name;
	int (*run)(struct args *args);
} commands[] = {
	{ "tree", run_tree }, { "nics", run_nics }, { "hive", run_hive }, { "spec", run_spec }, { "grow", run_grow },
	{ "evtx", fixture_evtx }, { "pe", run_pe }, { "fill", run_fill }, { "bad-wim-2tb", run_bad_wim_2tb },
	{ "jpeg", run_jpeg }, { "not-xml", run_not_xml }, { "bad-hive", run_bad_hive },
};

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct args args = { .n = argc - 2, .words = argv + 2, .err = &err };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (argc < 2 || strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (commands[i].run(&args) == 0)
			return 0;
		fprintf(stderr, "fixture: %s: %s\n", argv[1], err.text);
		return 1;
	}
	fputs("usage: fixture COMMAND ...; the commands are in tests/support/README.md\n", stderr);
	return 1;
}
