/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wimtool/pe_version.h"

#include <stdlib.h>

#include "tests/support/pe_builder.h"
#include "tests/unit/cmocka_all.h"

#define TEXT "6.1.7600.20655 (win7_ldr.100226-1909)"

static struct strbuf build(enum pe_machine machine, uint32_t flags)
{
	const struct pe_version version = { { 6, 1, 7600, 20655 } };
	const struct pe_options options = { .machine = machine, .name = "wimgapi.dll", .text = TEXT, .flags = flags };
	struct strbuf pe = STRBUF_INIT;

	pe_build_as(&version, &options, &pe);
	return pe;
}

static void assert_all(enum pe_machine machine, enum pe_kind kind, const char *arch)
{
	struct strbuf pe = build(machine, PE_FLAG_PRERELEASE);
	struct err err = { 0 };
	struct pe_info info;
	char text[FILE_VERSION_TEXT_LEN], other[8];

	if (pe_version_load(bytes_of(pe.data, pe.len), &info, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(info.kind, kind);
	assert_string_equal(pe_info_arch(&info, other), arch);
	assert_true(info.has_version);
	assert_true(info.is_dll);
	assert_string_equal(file_version_format(&info.file, text), "6.1.7600.20655");
	assert_string_equal(file_version_format(&info.product, text), "6.1.7600.20655");
	assert_int_equal(info.flags, PE_FLAG_PRERELEASE);
	assert_string_equal(pe_info_string(&info, "FileVersion"), TEXT);
	assert_string_equal(pe_info_string(&info, "OriginalFilename"), "wimgapi.dll");
	assert_null(pe_info_string(&info, "NoSuchString"));
	pe_info_release(&info);
	strbuf_release(&pe);
}

static void version_of_each_kind_of_program_is_read(void **state UNUSED)
{
	assert_all(PE_MACHINE_AMD64, PE_KIND_PE64, "amd64");
	assert_all(PE_MACHINE_ARM64, PE_KIND_PE64, "arm64");
	assert_all(PE_MACHINE_X86, PE_KIND_PE32, "x86");
	assert_all(PE_MACHINE_16, PE_KIND_NE, "16-bit");
}

static void program_without_resources_has_no_version(void **state UNUSED)
{
	const struct pe_options options = { .machine = PE_MACHINE_X86, .name = "x", .no_version = true };
	struct strbuf pe = STRBUF_INIT;
	struct pe_info info;

	pe_build_as(&(struct pe_version){ { 1 } }, &options, &pe);
	assert_int_equal(pe_version_load(bytes_of(pe.data, pe.len), &info, NULL), 0);
	assert_false(info.has_version);
	assert_int_equal(info.strings.len, 0);
	pe_info_release(&info);
	strbuf_release(&pe);
}

static void assert_error(struct bytes bytes, enum err_kind kind)
{
	struct err err = { 0 };
	struct pe_info info;

	assert_int_equal(pe_version_load(bytes, &info, &err), -1);
	assert_int_equal(err.kind, kind);
	pe_info_release(&info);
}

static void what_is_no_program_is_refused(void **state UNUSED)
{
	struct strbuf pe = build(PE_MACHINE_X86, 0);

	assert_error(bytes_of("", 0), ERR_FORMAT);
	assert_error(bytes_of("PK\3\4", 4), ERR_FORMAT);
	assert_error(bytes_of("MZ", 2), ERR_TRUNCATED);
	pe.data[0x80] = 'X';
	assert_error(bytes_of(pe.data, pe.len), ERR_FORMAT);
	strbuf_release(&pe);
}

static void every_cut_ends_in_an_error_or_without_version(void **state UNUSED)
{
	static const enum pe_machine machines[] = { PE_MACHINE_16, PE_MACHINE_X86, PE_MACHINE_AMD64 };

	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		struct strbuf pe = build(machines[m], 0);

		for (size_t len = 0; len < 0x280; len++) {
			CLEANUP(freep) void *copy = xmemdup(pe.data, len ? len : 1);
			struct err err = { 0 };
			struct pe_info info;

			if (pe_version_load(bytes_of(copy, len), &info, &err) == 0)
				assert_false(info.has_version);
			else
				assert_true(err.kind == ERR_FORMAT || err.kind == ERR_TRUNCATED);
			pe_info_release(&info);
		}
		strbuf_release(&pe);
	}
}

/* A resource directory that is its own child: the walk goes three levels down and no further. */
static void resource_directory_that_points_at_itself_ends(void **state UNUSED)
{
	struct strbuf pe = build(PE_MACHINE_AMD64, 0);

	store_le32((uint8_t *)pe.data + 0x200 + 0x14, 0x80000000);
	assert_error(bytes_of(pe.data, pe.len), ERR_TRUNCATED);
	strbuf_release(&pe);
}

static void numbers_compare_one_by_one(void **state UNUSED)
{
	struct file_version a, b;

	assert_true(file_version_read("6.1.7600.16385", &a));
	assert_true(file_version_read("6.1.7601.17514", &b));
	assert_true(file_version_compare(&a, &b, 4) < 0);
	assert_true(file_version_compare(&b, &a, 4) > 0);
	assert_int_equal(file_version_compare(&a, &b, 2), 0);
	assert_true(file_version_read("10.0", &b));
	assert_true(file_version_compare(&a, &b, 4) < 0);
	assert_false(file_version_read("", &b));
	assert_false(file_version_read("6.1.", &b));
	assert_false(file_version_read("6.1.7600.65536", &b));
	assert_false(file_version_read("6.1.7600.1.2", &b));
	assert_false(file_version_read("6.1.7600 ", &b));
}

static enum file_branch branch(const char *numbers, const char *text)
{
	struct file_version version;

	assert_true(file_version_read(numbers, &version));
	return file_version_branch(&version, text);
}

static void branch_is_told_by_text_then_by_number(void **state UNUSED)
{
	assert_int_equal(branch("6.1.7600.16539", "6.1.7600.16539 (win7_gdr.100226-1909)"), BRANCH_GDR);
	assert_int_equal(branch("6.1.7600.20655", NULL), BRANCH_LDR);
	assert_int_equal(branch("6.1.7600.16385", NULL), BRANCH_GDR);
	assert_int_equal(branch("5.2.3790.2641", "5.2.3790.2641 (srv03_sp1_qfe.060217-1451)"), BRANCH_LDR);
	assert_int_equal(branch("5.2.3790.2641", NULL), BRANCH_ANY);
	assert_int_equal(branch("10.0.19041.1", NULL), BRANCH_ANY);
}

static bool is_beta(const char *numbers)
{
	struct file_version version;

	assert_true(file_version_read(numbers, &version));
	return file_version_is_beta(&version);
}

static void builds_before_the_release_are_betas(void **state UNUSED)
{
	assert_true(is_beta("6.1.7100.0"));
	assert_true(is_beta("6.0.5384.4"));
	assert_true(is_beta("10.0.9926.0"));
	assert_false(is_beta("6.1.7600.16385"));
	assert_false(is_beta("10.0.26100.1"));
	assert_false(is_beta("1.0.0.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_of_each_kind_of_program_is_read),
		cmocka_unit_test(program_without_resources_has_no_version),
		cmocka_unit_test(what_is_no_program_is_refused),
		cmocka_unit_test(every_cut_ends_in_an_error_or_without_version),
		cmocka_unit_test(resource_directory_that_points_at_itself_ends),
		cmocka_unit_test(numbers_compare_one_by_one),
		cmocka_unit_test(branch_is_told_by_text_then_by_number),
		cmocka_unit_test(builds_before_the_release_are_betas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
