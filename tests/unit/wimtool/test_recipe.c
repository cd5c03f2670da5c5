/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "sysprep-lite/regf.h"
#include "tests/unit/cmocka_all.h"

#define HEAD "version: 1\nsource: reference\n"
#define TAIL "output: { path: out.wim }\n"

struct parsed {
	struct recipe_file file;
	struct recipe_jobs jobs;
	struct err err;
};

static int parse(struct parsed *p, const char *text)
{
	*p = (struct parsed){ .file = { .path = xstrdup("r.yaml"), .folder = xstrdup("/work") } };
	if (yaml_tree_read(p->file.path, bytes_of(text, strlen(text)), &p->file.tree, &p->err) < 0)
		return -1;
	return recipe_file_expand(&p->file, &p->jobs, &p->err);
}

static void release(struct parsed *p)
{
	recipe_jobs_release(&p->jobs);
	recipe_file_release(&p->file);
}

static void assert_refused(const char *text, const char *place)
{
	struct parsed p;

	assert_int_equal(parse(&p, text), -1);
	assert_int_equal(p.err.kind, ERR_FORMAT);
	if (strncmp(p.err.text, place, strlen(place)) != 0)
		fail_msg("\"%s\" is not at %s", p.err.text, place);
	release(&p);
}

static const struct recipe_registry_edit *first_edit(const struct parsed *p)
{
	assert_int_equal(p->jobs.len, 1);
	assert_true(p->jobs.items[0].steps.len >= 1 && p->jobs.items[0].steps.items[0].registry.len >= 1);
	return &p->jobs.items[0].steps.items[0].registry.items[0];
}

static void assert_data(const char *settings, uint32_t type, const void *data, size_t len)
{
	CLEANUP(freep) char *text = xasprintf(HEAD "steps: [ registry: [ { set: SAM, value: V, %s } ] ]\n" TAIL, settings);
	const struct recipe_registry_edit *edit;
	struct parsed p;

	if (parse(&p, text) < 0)
		fail_msg("%s: %s", settings, p.err.text);
	edit = first_edit(&p);
	assert_int_equal(edit->type, type);
	assert_int_equal(edit->data_len, len);
	assert_memory_equal(edit->data, data, len);
	release(&p);
}

static void scalars_are_typed_by_the_schema_alone(void **state UNUSED)
{
	assert_data("data: no", REGF_SZ, "n\0o\0\0", 6);
	assert_data("data: 012", REGF_SZ, "0\0001\0002\0\0", 8);
	assert_data("data: null", REGF_SZ, "n\0u\0l\0l\0\0", 10);
	assert_data("type: dword, data: 012", REGF_DWORD, "\x0c\0\0", 4);
	assert_data("type: dword, data: 0xffffffff", REGF_DWORD, "\xff\xff\xff\xff", 4);
	assert_data("type: qword, data: 0x100000000", REGF_QWORD, "\0\0\0\0\1\0\0", 8);
	assert_data("type: qword, data: 18446744073709551615", REGF_QWORD, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_data("type: binary, data: \"0aFC\"", REGF_BINARY, "\x0a\xfc", 2);
	assert_data("type: binary, data: \"00 fe,ff\"", REGF_BINARY, "\0\xfe\xff", 3);
	assert_data("type: multi, data: [on, off]", REGF_MULTI_SZ, "o\0n\0\0\0o\0f\0f\0\0\0\0", 16);
	assert_data("type: multi, data: []", REGF_MULTI_SZ, "\0", 2);
}

static void wrong_numbers_are_refused_at_their_place(void **state UNUSED)
{
	assert_refused(HEAD "steps: [ registry: [ { set: SAM, value: V, type: dword, data: 4294967296 } ] ]\n" TAIL, "r.yaml:3:63:");
	assert_refused(HEAD "steps: [ registry: [ { set: SAM, value: V, type: dword, data: -1 } ] ]\n" TAIL, "r.yaml:3:63:");
	assert_refused(HEAD "steps: [ registry: [ { set: SAM, value: V, type: qword, data: 0x } ] ]\n" TAIL, "r.yaml:3:63:");
	assert_refused(HEAD "steps: [ registry: [ { set: SAM, value: V, type: binary, data: 0 } ] ]\n" TAIL, "r.yaml:3:64:");
	assert_refused(HEAD "steps: [ registry: [ { set: SAM, value: V, type: binary, data: \"\\x10\\x11\" } ] ]\n" TAIL, "r.yaml:3:64:");
	assert_refused(HEAD "steps: [ registry: [ { set: SAM, value: V, type: qword, data: 18446744073709551616 } ] ]\n" TAIL, "r.yaml:3:63:");
}

/* What is known to be wrong is told before hours are spent on the steps in front of it. */
static void what_can_never_be_carried_out_is_refused_at_its_place(void **state UNUSED)
{
	assert_refused(HEAD "steps: [ registry: [ { set: HKCU\\X } ] ]\n" TAIL, "r.yaml:3:29:");
	assert_refused(HEAD "steps: [ registry: [ { delete: HKLM\\FOO } ] ]\n" TAIL, "r.yaml:3:32:");
	assert_refused(HEAD "steps: [ time-zone: Mars/Phobos ]\n" TAIL, "r.yaml:3:21:");
	assert_refused(HEAD "steps: [ computer-name: a_b ]\n" TAIL, "r.yaml:3:25:");
	assert_refused(HEAD "steps: [ locale: xx-YY ]\n" TAIL, "r.yaml:3:18:");
	assert_refused(HEAD "steps: [ files: [ { add: a, to: /x/../y } ] ]\n" TAIL, "r.yaml:3:33:");
	assert_refused(HEAD "output: { path: x, properties: { TOTALBYTES: 1 } }\n", "r.yaml:3:46:");
	assert_refused(HEAD "output: { path: x, name: \"a\\nb\" }\n", "r.yaml:3:26:");
	assert_refused(HEAD "matrix: { a: [b, c, b] }\noutput: { path: \"${a}\" }\n", "r.yaml:3:21:");
}

static void the_last_name_of_a_matrix_changes_fastest(void **state UNUSED)
{
	struct parsed p;

	assert_int_equal(parse(&p, HEAD "matrix: { a: [1, 2], b: [x, y, z] }\noutput: { path: \"${a}-${b}-$$.wim\" }\n"), 0);
	assert_int_equal(p.jobs.len, 6);
	assert_string_equal(p.jobs.items[0].id, "a=1 b=x");
	assert_string_equal(p.jobs.items[1].output.path, "/work/1-y-$.wim");
	assert_string_equal(p.jobs.items[5].output.path, "/work/2-z-$.wim");
	release(&p);
}

static void environment_is_put_in_but_not_shown(void **state UNUSED)
{
	const struct recipe_registry_edit *edit;
	struct parsed p;

	setenv("GOLDWIM_TEST_SECRET", "hidden ${a}", 1);
	assert_int_equal(parse(&p, HEAD "steps: [ registry: [ { set: SAM, value: V, data: \"a${env:GOLDWIM_TEST_SECRET}z\" } ] ]\n" TAIL), 0);
	edit = first_edit(&p);
	assert_string_equal(edit->shown, "a${env:GOLDWIM_TEST_SECRET}z");
	assert_int_equal(edit->data_len, 2 * strlen("ahidden ${a}z") + 2);
	release(&p);
	assert_int_equal(parse(&p, HEAD "steps: [ registry: [ { set: SAM, value: V, data: pin, secret: true } ] ]\n" TAIL), 0);
	assert_string_equal(first_edit(&p)->shown, "***");
	release(&p);
	/* nor in an error */
	assert_int_equal(parse(&p, HEAD "output: { path: x, compress: \"${env:GOLDWIM_TEST_SECRET}\" }\n"), -1);
	assert_null(strstr(p.err.text, "hidden"));
	release(&p);
	assert_int_equal(parse(&p, HEAD "steps: [ registry: [ { set: SAM, value: V, type: \"${env:GOLDWIM_TEST_SECRET}\", data: 1 } ] ]\n" TAIL), -1);
	assert_null(strstr(p.err.text, "hidden"));
	release(&p);
	assert_int_equal(parse(&p, HEAD "steps: [ time-zone: \"${env:GOLDWIM_TEST_SECRET}\" ]\n" TAIL), -1);
	assert_null(strstr(p.err.text, "hidden"));
	release(&p);
}

static void what_makes_yaml_surprising_is_refused(void **state UNUSED)
{
	assert_refused("version: 1\nsource: &a x\n" TAIL, "r.yaml:2:9:");
	assert_refused("version: 1\nsource: !!str x\n" TAIL, "r.yaml:2:9:");
	assert_refused(HEAD TAIL "---\nversion: 1\n", "r.yaml:4:1:");
	assert_refused(HEAD "source: y\n" TAIL, "r.yaml:3:1:");
	assert_refused(HEAD "output:\n  path: x\n  pth: y\n", "r.yaml:5:3:");
	assert_refused(HEAD "output: { path: \"${x\" }\n", "r.yaml:3:17:");
	assert_refused(HEAD "output: [\n", "r.yaml:4:1:");
	assert_refused("? [a]\n: b\n", "r.yaml:1:3:");
}

static void depth_and_size_have_a_limit(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct parsed p;

	strbuf_adds(&text, "version: ");
	strbuf_add_fill(&text, '[', 100);
	assert_int_equal(parse(&p, strbuf_text(&text)), -1);
	assert_int_equal(p.err.kind, ERR_FORMAT);
	release(&p);
	strbuf_clear(&text);
	strbuf_adds(&text, HEAD "matrix: { a: [");
	for (unsigned i = 0; i <= RECIPE_JOBS_MAX; i++)
		strbuf_addf(&text, "%u, ", i);
	strbuf_adds(&text, "x] }\noutput: { path: \"${a}\" }\n");
	assert_int_equal(parse(&p, strbuf_text(&text)), -1);
	assert_int_equal(p.err.kind, ERR_FORMAT);
	release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_typed_by_the_schema_alone),
		cmocka_unit_test(wrong_numbers_are_refused_at_their_place),
		cmocka_unit_test(what_can_never_be_carried_out_is_refused_at_its_place),
		cmocka_unit_test(the_last_name_of_a_matrix_changes_fastest),
		cmocka_unit_test(environment_is_put_in_but_not_shown),
		cmocka_unit_test(what_makes_yaml_surprising_is_refused),
		cmocka_unit_test(depth_and_size_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
