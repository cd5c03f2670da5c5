/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each templating language knows its own marks and no others. The forms are those of the languages' references. */
#include "unattend/template.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

#define AUTO (1u << TEMPLATE_AUTO)
#define JINJA (1u << TEMPLATE_JINJA)
#define HCL (1u << TEMPLATE_HCL)
#define ERB (1u << TEMPLATE_ERB)

/* The modes in which text is a template, as bits. */
struct sample {
	const char *text;
	unsigned modes;
};

static unsigned modes_of_value(const char *text)
{
	unsigned modes = 0;

	for (enum template_mode m = TEMPLATE_AUTO; m <= TEMPLATE_ERB; m++)
		modes |= (unsigned)template_in_value(m, text, strlen(text)) << m;
	return modes;
}

static unsigned modes_of_directive(const char *text)
{
	unsigned modes = 0;

	for (enum template_mode m = TEMPLATE_AUTO; m <= TEMPLATE_ERB; m++)
		modes |= (unsigned)(template_directive(m, text, strlen(text)) < strlen(text)) << m;
	return modes;
}

static void values_are_seen_by_their_language(void **state UNUSED)
{
	static const struct sample samples[] = {
		{ "{{ name }}", AUTO | JINJA | HCL },
		{ "pc-{{ name | default('x') }}", AUTO | JINJA | HCL },
		{ "{% if a %}A{% else %}B{% endif %}", AUTO | JINJA },
		{ "A{# comment #}", JINJA },
		{ "${name}", AUTO | HCL },
		{ "${upper(\"{x}\")}-1", AUTO | HCL },
		{ "%{ if a }A%{ endif }", HCL },
		{ "{{ .Name }}", AUTO | JINJA | HCL },
		{ "{{user `name`}}", AUTO | JINJA | HCL },
		{ "<%= name %>", AUTO | ERB },
		{ "<% if a %>A<% end %>", ERB },
		{ "@HOST_NAME@", AUTO },
		{ "__NAME__", AUTO },
		{ "%HostName%", AUTO },
		{ "CFG_LOCALE_MULTI", AUTO },
		/* no template in any language */
		{ "PC-01", 0 },
		{ "%SystemRoot%", 0 },
		{ "$${name}", AUTO }, /* text in HCL; auto cannot know */
		{ "%%{ if a }", 0 },
		{ "<%% name %>", 0 },
		{ "{ name }", 0 },
		{ "", 0 },
		/* not closed */
		{ "{{ name", 0 },
		{ "<% name", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (modes_of_value(samples[i].text) != samples[i].modes)
			fail_msg("%s: %#x, wanted %#x", samples[i].text, modes_of_value(samples[i].text), samples[i].modes);
}

static void directives_are_seen_by_their_language(void **state UNUSED)
{
	static const struct sample samples[] = {
		{ "<a/>{% if a %}<b/>{% endif %}", AUTO | JINJA },
		{ "{%- set x = 1 -%}<a/>", JINJA },
		{ "<a/>%{ if a }<b/>%{ endif }", AUTO | HCL },
		{ "<a/>%{~ for a in b ~}<b/>%{ endfor }", AUTO | HCL },
		{ "{{ if .A }}<a/>{{ end }}", AUTO | HCL },
		{ "{{- range .A }}<a/>{{ end }}", AUTO | HCL },
		{ "<% if a %><b/><% end %>", AUTO | ERB },
		{ "<%- if a -%><b/><%- end -%>", AUTO | ERB },
		/* values and comments are no directives */
		{ "<a>{{ name }}</a>", 0 },
		{ "<a>${name}</a>", 0 },
		{ "<a><%= name %></a>", 0 },
		{ "<%# comment %><a/>", AUTO | 0 }, /* never XML, so auto takes it for one */
		{ "{# comment #}<a/>", 0 },
		{ "%%{ if a }", AUTO },
		{ "<a>get-childitem | % { $_ }</a>", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (modes_of_directive(samples[i].text) != samples[i].modes)
			fail_msg("%s: %#x, wanted %#x", samples[i].text, modes_of_directive(samples[i].text), samples[i].modes);
}

static void assert_calm(enum template_mode mode, const char *text, const char *wanted)
{
	struct strbuf calm = STRBUF_INIT;
	bool changed = template_calm(mode, text, strlen(text), &calm);

	assert_string_equal(changed ? strbuf_text(&calm) : text, wanted);
	assert_int_equal(changed, strcmp(text, wanted) != 0);
	strbuf_release(&calm);
}

static void marks_are_calmed_and_the_rest_is_left(void **state UNUSED)
{
	assert_calm(TEMPLATE_ERB, "<a b=\"1\"><%= x[\"y\"] %></a>", "<a b=\"1\">{%= x[ y ] %}</a>");
	assert_calm(TEMPLATE_ERB, "<% if a < b && c -%>\n<a/>", "{% if a   b    c -%}\n<a/>");
	assert_calm(TEMPLATE_JINJA, "{% if a < b %}<a>&amp;</a>", "{% if a   b %}<a>&amp;</a>");
	assert_calm(TEMPLATE_HCL, "<a b=\"${x(\"y\")}\"/>", "<a b=\"${x( y )}\"/>");
	/* another language's marks are text */
	assert_calm(TEMPLATE_HCL, "<% x %>", "<% x %>");
	assert_calm(TEMPLATE_JINJA, "${a < b}", "${a < b}");
	assert_calm(TEMPLATE_NONE, "<% x %>{% a < b %}", "<% x %>{% a < b %}");
	assert_calm(TEMPLATE_AUTO, "<% x %>{% a < b %}", "{% x %}{% a   b %}");
	assert_calm(TEMPLATE_AUTO, "<a>{{ name }}</a>", "<a>{{ name }}</a>");
}

static void a_text_of_marks_alone_is_known(void **state UNUSED)
{
	static const char erb[] = "<%# a -%>\n<% b %> ", jinja[] = "{# a #}\n{% set x = 1 %}\n";

	assert_true(template_covers(TEMPLATE_ERB, erb, strlen(erb)));
	assert_true(template_covers(TEMPLATE_AUTO, erb, strlen(erb)));
	assert_true(template_covers(TEMPLATE_JINJA, jinja, strlen(jinja)));
	assert_false(template_covers(TEMPLATE_JINJA, erb, strlen(erb)));
	assert_false(template_covers(TEMPLATE_ERB, "<% b %>x", 8));
	assert_true(template_begins(TEMPLATE_HCL, "a${b}", 5, 1));
	assert_false(template_begins(TEMPLATE_HCL, "a${b}", 5, 0));
	assert_false(template_begins(TEMPLATE_ERB, "a${b}", 5, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_seen_by_their_language),
		cmocka_unit_test(directives_are_seen_by_their_language),
		cmocka_unit_test(marks_are_calmed_and_the_rest_is_left),
		cmocka_unit_test(a_text_of_marks_alone_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
