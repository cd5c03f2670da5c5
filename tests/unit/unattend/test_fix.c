/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving a MAK byte for byte, in files of all shapes. Runs in the root of the project. */
#include "unattend/fix.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf16.h"
#include "tests/unit/cmocka_all.h"

#define KEY "NPPR9-FWDCX-D2C8J-H872K-2YT43" /* published; the test configuration calls its group a MAK */
#define IDENTITY "processorArchitecture=\"amd64\" publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\""
#define SETUP "<component name=\"Microsoft-Windows-Setup\" " IDENTITY " xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\">"
#define SHELL "<component name=\"Microsoft-Windows-Shell-Setup\" " IDENTITY ">"
#define OPEN "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">"
#define META "<ImageInstall><OSImage><InstallFrom><MetaData wcm:action=\"add\"><Key>/IMAGE/INDEX</Key><Value>1</Value></MetaData>" \
	"</InstallFrom></OSImage></ImageInstall>"

static struct pkey_config *config;

static int load_config(void **state UNUSED)
{
	config = pkey_config_load("tests/data/unattend/demo-pkeyconfig.xrm-ms", NULL);
	return config ? 0 : -1;
}

static int free_config(void **state UNUSED)
{
	pkey_config_freep(&config);
	return 0;
}

static void fix_with(struct bytes bytes, enum fix_safety up_to, struct fix_log *log, struct strbuf *ret)
{
	struct lint_options options = { .template_mode = TEMPLATE_AUTO, .pkeyconfig = config };
	struct err err = { .kind = ERR_NONE };

	*log = (struct fix_log){ .n_fixed = 0 };
	if (fix_bytes(bytes, "unattend.xml", &options, up_to, log, ret, &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_fixed(const char *before, const char *after)
{
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;
	struct fix_log log;

	fix_with(bytes_of(before, strlen(before)), FIX_SAFE, &log, &once);
	assert_string_equal(strbuf_text(&once), after);
	fix_log_release(&log);
	fix_with(bytes_of(once.data, once.len), FIX_SAFE, &log, &twice);
	assert_int_equal(log.steps.len, 0);
	assert_string_equal(strbuf_text(&twice), after);
	fix_log_release(&log);
	strbuf_release(&once);
	strbuf_release(&twice);
}

static void pass_and_component_are_made_when_missing(void **state UNUSED)
{
	assert_fixed(OPEN "\n"
		     "\t<settings pass=\"windowsPE\">\n"
		     "\t\t" SETUP META "\n"
		     "\t\t\t<UserData>\n"
		     "\t\t\t\t<AcceptEula>true</AcceptEula>\n"
		     "\t\t\t\t<ProductKey>\n"
		     "\t\t\t\t\t<Key>" KEY "</Key>\n"
		     "\t\t\t\t</ProductKey>\n"
		     "\t\t\t</UserData>\n"
		     "\t\t</component>\n"
		     "\t</settings>\n"
		     "</unattend>\n",
		     OPEN "\n"
		     "\t<settings pass=\"windowsPE\">\n"
		     "\t\t" SETUP META "\n"
		     "\t\t\t<UserData>\n"
		     "\t\t\t\t<AcceptEula>true</AcceptEula>\n"
		     "\t\t\t</UserData>\n"
		     "\t\t</component>\n"
		     "\t</settings>\n"
		     "\t<settings pass=\"specialize\">\n"
		     "\t\t" SHELL "\n"
		     "\t\t\t<ProductKey>" KEY "</ProductKey>\n"
		     "\t\t</component>\n"
		     "\t</settings>\n"
		     "</unattend>\n");
}

static void line_ends_and_an_existing_component_are_kept(void **state UNUSED)
{
	assert_fixed(OPEN "\r\n"
		     "  <settings pass=\"windowsPE\">\r\n"
		     "    " SETUP META "\r\n"
		     "      <UserData>\r\n"
		     "        <ProductKey>\r\n"
		     "          <Key>" KEY "</Key>\r\n"
		     "          <!-- kept --><WillShowUI>OnError</WillShowUI>\r\n"
		     "        </ProductKey>\r\n"
		     "        <AcceptEula>true</AcceptEula>\r\n"
		     "      </UserData>\r\n"
		     "    </component>\r\n"
		     "  </settings>\r\n"
		     "  <settings pass='specialize'>\r\n"
		     "    " SHELL "\r\n"
		     "      <ComputerName>*</ComputerName>   <!-- any -->\r\n"
		     "    </component>\r\n"
		     "  </settings>\r\n"
		     "</unattend>",
		     OPEN "\r\n"
		     "  <settings pass=\"windowsPE\">\r\n"
		     "    " SETUP META "\r\n"
		     "      <UserData>\r\n"
		     "        <ProductKey>\r\n"
		     "          <!-- kept --><WillShowUI>OnError</WillShowUI>\r\n"
		     "        </ProductKey>\r\n"
		     "        <AcceptEula>true</AcceptEula>\r\n"
		     "      </UserData>\r\n"
		     "    </component>\r\n"
		     "  </settings>\r\n"
		     "  <settings pass='specialize'>\r\n"
		     "    " SHELL "\r\n"
		     "      <ComputerName>*</ComputerName>\r\n"
		     "      <ProductKey>" KEY "</ProductKey>   <!-- any -->\r\n"
		     "    </component>\r\n"
		     "  </settings>\r\n"
		     "</unattend>");
}

#define ONE_LINE(key, specialize) \
	OPEN "<settings pass=\"windowsPE\">" SETUP META "<UserData><AcceptEula>true</AcceptEula>" key "</UserData></component></settings>" \
	specialize "</unattend>"
#define IN_SETUP "<ProductKey><Key>" KEY "</Key></ProductKey>"
#define IN_SHELL "<ProductKey>" KEY "</ProductKey>"

static void a_file_on_one_line_stays_on_one_line(void **state UNUSED)
{
	assert_fixed(ONE_LINE(IN_SETUP, ""), ONE_LINE("", "<settings pass=\"specialize\">" SHELL IN_SHELL "</component></settings>"));
}

static void a_key_that_is_there_already_is_not_doubled(void **state UNUSED)
{
	assert_fixed(ONE_LINE(IN_SETUP, "<settings pass=\"specialize\">" SHELL IN_SHELL "</component></settings>"),
		     ONE_LINE("", "<settings pass=\"specialize\">" SHELL IN_SHELL "</component></settings>"));
}

static void another_activation_key_is_left_alone(void **state UNUSED)
{
	const char *text = ONE_LINE(IN_SETUP, "<settings pass=\"specialize\">" SHELL
				    "<ProductKey>W269N-WFGWX-YVC9B-4J6C9-T83GX</ProductKey></component></settings>");

	assert_fixed(text, text);
}

static void an_empty_block_is_filled(void **state UNUSED)
{
	assert_fixed(ONE_LINE(IN_SETUP, "<settings pass=\"specialize\"/>"),
		     ONE_LINE("", "<settings pass=\"specialize\">" SHELL IN_SHELL "</component></settings>"));
}

static void a_fix_that_brings_up_another_finding_is_refused(void **state UNUSED)
{
	const char *text = OPEN "<settings pass=\"windowsPE\">" SETUP "<UserData><AcceptEula>true</AcceptEula>" IN_SETUP
			   "</UserData></component></settings></unattend>";
	struct strbuf out = STRBUF_INIT;
	struct fix_log log;

	fix_with(bytes_of(text, strlen(text)), FIX_SAFE, &log, &out);
	assert_int_equal(log.n_fixed, 0);
	assert_int_equal(log.n_refused, 1);
	assert_non_null(strstr(log.steps.items[0].why, "UA315"));
	assert_string_equal(out.data, text);
	fix_log_release(&log);
	strbuf_release(&out);
}

static void assert_utf16_fixed(bool big_endian)
{
	struct strbuf before = STRBUF_INIT, wanted = STRBUF_INIT, out = STRBUF_INIT;
	const char *text = ONE_LINE(IN_SETUP "<!-- \xc3\xa4 \xf0\x9f\x98\x80 -->", "");
	const char *after = ONE_LINE("<!-- \xc3\xa4 \xf0\x9f\x98\x80 -->", "<settings pass=\"specialize\">" SHELL IN_SHELL "</component></settings>");
	struct fix_log log;

	strbuf_add(&before, "\xff\xfe", 2);
	strbuf_add(&wanted, "\xff\xfe", 2);
	assert_int_equal(text_to_utf16le(text, strlen(text), &before, NULL), 0);
	assert_int_equal(text_to_utf16le(after, strlen(after), &wanted, NULL), 0);
	for (size_t i = 0; big_endian && i < before.len; i += 2) {
		char c = before.data[i];

		before.data[i] = before.data[i + 1];
		before.data[i + 1] = c;
	}
	for (size_t i = 0; big_endian && i < wanted.len; i += 2) {
		char c = wanted.data[i];

		wanted.data[i] = wanted.data[i + 1];
		wanted.data[i + 1] = c;
	}
	fix_with(bytes_of(before.data, before.len), FIX_SAFE, &log, &out);
	assert_int_equal(log.n_fixed, 1);
	assert_int_equal(out.len, wanted.len);
	assert_memory_equal(out.data, wanted.data, out.len);
	fix_log_release(&log);
	strbuf_release(&before);
	strbuf_release(&wanted);
	strbuf_release(&out);
}

static void utf16_of_both_orders_stays_what_it_is(void **state UNUSED)
{
	assert_utf16_fixed(false);
	assert_utf16_fixed(true);
}

static void a_byte_order_mark_of_utf8_stays(void **state UNUSED)
{
	assert_fixed("\xef\xbb\xbf" ONE_LINE(IN_SETUP, ""),
		     "\xef\xbb\xbf" ONE_LINE("", "<settings pass=\"specialize\">" SHELL IN_SHELL "</component></settings>"));
}

static void style_is_left_alone(void **state UNUSED)
{
	const char *text = OPEN "<settings pass=\"specialize\">" SHELL "<ComputerName>*</ComputerName></component></settings>"
			   "<settings pass=\"generalize\"></settings></unattend>";

	assert_fixed(text, text);
}

static void a_patch_names_lines_and_marks_a_missing_line_end(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;

	unified_diff("./a.xml", bytes_of("1\n2\n3\n4\n5\n6\n7\n8\n9", 17), bytes_of("1\n2\n3\n4\nX\n6\n7\n8\n9\n", 18), &out);
	assert_string_equal(out.data, "diff --git a/a.xml b/a.xml\n--- a/a.xml\n+++ b/a.xml\n"
				      "@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n-9\n\\ No newline at end of file\n+9\n");
	strbuf_clear(&out);
	unified_diff("a.xml", bytes_of("1\n", 2), bytes_of("1\n", 2), &out);
	assert_int_equal(out.len, 0);
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pass_and_component_are_made_when_missing),
		cmocka_unit_test(line_ends_and_an_existing_component_are_kept),
		cmocka_unit_test(a_file_on_one_line_stays_on_one_line),
		cmocka_unit_test(a_key_that_is_there_already_is_not_doubled),
		cmocka_unit_test(another_activation_key_is_left_alone),
		cmocka_unit_test(an_empty_block_is_filled),
		cmocka_unit_test(a_fix_that_brings_up_another_finding_is_refused),
		cmocka_unit_test(utf16_of_both_orders_stays_what_it_is),
		cmocka_unit_test(a_byte_order_mark_of_utf8_stays),
		cmocka_unit_test(style_is_left_alone),
		cmocka_unit_test(a_patch_names_lines_and_marks_a_missing_line_end),
	};

	return cmocka_run_group_tests(tests, load_config, free_config);
}
