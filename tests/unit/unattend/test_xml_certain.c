/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What our reader calls well-formed beyond doubt has to be well-formed for libxml2: proved on
 * answer files with random damage. MUTATIONS is the number of damaged texts. Runs in the root of the project.
 */
#include "unattend/xml_certain.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "tests/support/rng.h"
#include "tests/unit/cmocka_all.h"
#include "unattend/source.h"
#include "unattend/xml_check.h"

/* What decides about being XML, put in at any place. */
static const char *const pieces[] = {
	"<", ">", "&", "&amp;", "&#65;", "&#0;", "&#xd800;", "&nosuch;", "&lt", "\"", "'", "=", "/", "/>", "</", "<!--", "-->", "--", "-",
	"]]>", "]]", "<![CDATA[", "<?", "?>", "<?xml version=\"1.0\"?>", "<?pi x?>", "<a>", "</a>", "<a/>", " a=\"1\"", " a='1'", " a=1",
	" xmlns:x=\"u\"", " xmlns=\"u\"", " x:a=\"1\"", ":", "x:", " xml:lang=\"en\"", "\r", "\n", "\t", " ", "\x01", "\x7f", "\xc3\xa4",
	"\xef\xbf\xbe", "\xef\xbf\xbf", "\xed\xa0\x80", "\xf4\x8f\xbf\xbf", "\xc2\x85", "\xef\xbb\xbf", "<!DOCTYPE a>", "<!ELEMENT a>", "1", ".",
	" standalone=\"yes\"", " standalone=\"maybe\"", " encoding=\"UTF-16\"", " encoding=\"\"", " version=\"1.1\"", "%", ";", "#",
};

static size_t below(struct rng *rng, size_t limit)
{
	return rng_below(rng, (uint32_t)limit);
}

static char *damaged(struct rng *rng, const struct strbuf *text, size_t *ret_len)
{
	struct strbuf out = STRBUF_INIT;
	size_t n = 1 + below(rng, 3);

	strbuf_add(&out, text->data, text->len);
	for (size_t i = 0; i < n && out.len > 8; i++) {
		size_t at = below(rng, out.len), cut = below(rng, 4) ? 0 : 1 + below(rng, MIN(out.len - at, 9));
		const char *piece = below(rng, 5) ? pieces[below(rng, ARRAY_SIZE(pieces))] : "";
		struct strbuf next = STRBUF_INIT;

		if (!*piece && !cut)
			cut = 1;
		strbuf_add(&next, out.data, at);
		strbuf_adds(&next, piece);
		strbuf_add(&next, out.data + at + cut, out.len - at - cut);
		strbuf_release(&out);
		out = next;
	}
	*ret_len = out.len;
	return strbuf_detach(&out);
}

/* Of a text: certain for us, and what libxml2 says. */
static bool judge(const char *data, size_t len, bool *ret_fault)
{
	struct strbuf raw = STRBUF_INIT;
	struct source source;
	struct markup markup;
	struct xml_fault fault;
	bool certain;

	strbuf_add(&raw, data, len);
	source_decode(&raw, &source);
	*ret_fault = true;
	if (markup_read(strbuf_text(&source.text), source.text.len, &markup, NULL) < 0) {
		source_release(&source);
		markup_release(&markup);
		return false;
	}
	certain = markup.well_formed && !source.damaged;
	xml_check(source.text.data + markup.declaration, source.text.len - markup.declaration, &fault);
	*ret_fault = fault.found;
	markup_release(&markup);
	source_release(&source);
	return certain;
}

static void what_is_certain_is_well_formed_for_libxml2(void **state UNUSED)
{
	size_t runs = getenv("MUTATIONS") ? strtoul(getenv("MUTATIONS"), NULL, 10) : 20000, n_certain = 0, n_faulty = 0;
	struct rng rng = rng_of(20260101, "damage");
	glob_t names;
	struct strbuf *texts;

	assert_int_equal(glob("tests/data/unattend/*.xml", 0, NULL, &names), 0);
	texts = calloc(names.gl_pathc, sizeof(*texts));
	assert_non_null(texts);
	for (size_t i = 0; i < names.gl_pathc; i++)
		assert_int_equal(file_read_all(names.gl_pathv[i], 1 << 20, &texts[i], NULL), 0);
	for (size_t i = 0; i < runs; i++) {
		size_t file = below(&rng, names.gl_pathc), len;
		char *text = damaged(&rng, &texts[file], &len);
		bool fault, certain = judge(text, len, &fault);

		if (certain && fault) {
			fprintf(stderr, "%.*s\n", (int)len, text);
			fail_msg("run %zu, made of %s: certain for us, faulty for libxml2", i, names.gl_pathv[file]);
		}
		n_certain += certain;
		n_faulty += fault;
		free(text);
	}
	print_message("%zu texts, %zu certain, %zu faulty\n", runs, n_certain, n_faulty);
	/* both kinds must occur often, or nothing has been shown */
	assert_true(n_certain > runs / 8);
	assert_true(n_faulty > runs / 4);
	for (size_t i = 0; i < names.gl_pathc; i++)
		strbuf_release(&texts[i]);
	free(texts);
	globfree(&names);
}

static void the_usual_file_is_certain(void **state UNUSED)
{
	static const char text[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- a -->\r\n<unattend xmlns=\"urn:schemas-microsoft-com:unattend\" "
				   "xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\"><a wcm:action='add' b=\"&lt;\">x &amp; y</a>"
				   "<![CDATA[ ]] & < ]]></unattend>\n";
	bool fault;

	assert_true(judge(text, strlen(text), &fault));
	assert_false(fault);
}

static void what_is_rare_is_left_to_libxml2(void **state UNUSED)
{
	static const char *const texts[] = {
		"<a><?pi x?></a>", "<a b:c:d='1'/>", "<a xml:lang='en'/>", "<a>]]></a>", "<a b='<'/>", "<a>&nosuch;</a>", "<a b='1' b='2'/>",
		"<a>\x01</a>", "<a>\xef\xbf\xbe</a>", "<?xml encoding='utf-8'?><a/>", "<?xml version='1.1'?><a/>", "<\xc3\xa4/>", "<!-- a -- b --><a/>",
	};
	bool fault;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_false(judge(texts[i], strlen(texts[i]), &fault));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_certain_is_well_formed_for_libxml2),
		cmocka_unit_test(the_usual_file_is_certain),
		cmocka_unit_test(what_is_rare_is_left_to_libxml2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
