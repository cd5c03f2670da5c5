/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_xml.h"


#include "common/base/utf16.h"
#include "common/image/wim_header.h"
#include "tests/unit/cmocka_all.h"

static void assert_set(const char *before, unsigned index, const char *name, const char *value, bool add,
		       const char *after)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, before);
	assert_int_equal(wim_xml_set(&text, index, name, value, add, NULL), 0);
	assert_string_equal(text.data, after);
	strbuf_release(&text);
}

static void one_element_is_set_and_all_else_stays(void **state UNUSED)
{
	assert_set("<WIM><TOTALBYTES>1</TOTALBYTES><IMAGE INDEX=\"1\"><TOTALBYTES>2</TOTALBYTES></IMAGE>"
		   "<IMAGE INDEX=\"2\"><TOTALBYTES>3</TOTALBYTES></IMAGE></WIM>", 2, "TOTALBYTES", "77", false,
		   "<WIM><TOTALBYTES>1</TOTALBYTES><IMAGE INDEX=\"1\"><TOTALBYTES>2</TOTALBYTES></IMAGE>"
		   "<IMAGE INDEX=\"2\"><TOTALBYTES>77</TOTALBYTES></IMAGE></WIM>");
	assert_set("<WIM><IMAGE INDEX='1'><TOTALBYTES>2</TOTALBYTES></IMAGE> <TOTALBYTES> 1 </TOTALBYTES></WIM>", 0,
		   "TOTALBYTES", "9", false,
		   "<WIM><IMAGE INDEX='1'><TOTALBYTES>2</TOTALBYTES></IMAGE> <TOTALBYTES>9</TOTALBYTES></WIM>");
	assert_set("<?xml version='1.0'?><!-- <WIM><IMAGE INDEX='1'> --><WIM >\r\n<IMAGE a=\">\" INDEX='1'>"
		   "<NAME><![CDATA[<DIRCOUNT>1</DIRCOUNT>]]></NAME><DIRCOUNT x='/'>5</DIRCOUNT ></IMAGE></WIM>", 1,
		   "DIRCOUNT", "6", false,
		   "<?xml version='1.0'?><!-- <WIM><IMAGE INDEX='1'> --><WIM >\r\n<IMAGE a=\">\" INDEX='1'>"
		   "<NAME><![CDATA[<DIRCOUNT>1</DIRCOUNT>]]></NAME><DIRCOUNT x='/'>6</DIRCOUNT ></IMAGE></WIM>");
	/* an element of that name deeper inside is another one */
	assert_set("<WIM><IMAGE INDEX=\"1\"><WINDOWS><NAME>a</NAME></WINDOWS><NAME>b</NAME></IMAGE></WIM>", 1, "NAME",
		   "c", false, "<WIM><IMAGE INDEX=\"1\"><WINDOWS><NAME>a</NAME></WINDOWS><NAME>c</NAME></IMAGE></WIM>");
}

static void a_missing_element_is_added_only_when_wanted(void **state UNUSED)
{
	static const char xml[] = "<WIM><IMAGE INDEX=\"1\"><A>1</A></IMAGE></WIM>";

	assert_set(xml, 1, "B", "2", false, xml);
	assert_set(xml, 1, "B", "2", true, "<WIM><IMAGE INDEX=\"1\"><A>1</A><B>2</B></IMAGE></WIM>");
	assert_set(xml, 1, "T/HIGH", "2", true, "<WIM><IMAGE INDEX=\"1\"><A>1</A><T><HIGH>2</HIGH></T></IMAGE></WIM>");
	assert_set("<WIM><IMAGE INDEX=\"1\"><T><HIGH>2</HIGH></T></IMAGE></WIM>", 1, "T/LOW", "3", true,
		   "<WIM><IMAGE INDEX=\"1\"><T><HIGH>2</HIGH><LOW>3</LOW></T></IMAGE></WIM>");
	assert_set("<WIM><IMAGE INDEX=\"1\"><B/></IMAGE></WIM>", 1, "B", "2", true,
		   "<WIM><IMAGE INDEX=\"1\"><B>2</B></IMAGE></WIM>");
	assert_set("<WIM><IMAGE INDEX=\"1\"><B/></IMAGE></WIM>", 1, "B/C", "2", true,
		   "<WIM><IMAGE INDEX=\"1\"><B><C>2</C></B></IMAGE></WIM>");
}

static void one_of_several_elements_of_a_name_is_set(void **state UNUSED)
{
	static const char xml[] = "<WIM><IMAGE INDEX=\"1\"><L><A>1</A><B>2</B><A>3</A></L></IMAGE></WIM>";
	struct strbuf text = STRBUF_INIT;

	assert_set(xml, 1, "L/A[2]", "x", false, "<WIM><IMAGE INDEX=\"1\"><L><A>1</A><B>2</B><A>x</A></L></IMAGE></WIM>");
	assert_set(xml, 1, "L[1]/A[1]", "x", false, "<WIM><IMAGE INDEX=\"1\"><L><A>x</A><B>2</B><A>3</A></L></IMAGE></WIM>");
	assert_set(xml, 1, "L/A[3]", "x", true,
		   "<WIM><IMAGE INDEX=\"1\"><L><A>1</A><B>2</B><A>3</A><A>x</A></L></IMAGE></WIM>");
	assert_set(xml, 1, "L[2]/A[1]", "x", true,
		   "<WIM><IMAGE INDEX=\"1\"><L><A>1</A><B>2</B><A>3</A></L><L><A>x</A></L></IMAGE></WIM>");
	strbuf_adds(&text, xml);
	assert_int_equal(wim_xml_set(&text, 1, "L/A[4]", "x", true, NULL), -1);
	assert_int_equal(wim_xml_set(&text, 1, "L[2]/A[2]", "x", true, NULL), -1);
	assert_int_equal(wim_xml_set(&text, 1, "L[3]/A", "x", true, NULL), -1);
	assert_string_equal(text.data, xml);
	strbuf_release(&text);
}

static void an_element_without_text_goes(void **state UNUSED)
{
	static const char xml[] = "<WIM><IMAGE INDEX=\"1\"><L><A>1</A><A>3</A></L><N/></IMAGE></WIM>";

	assert_set(xml, 1, "L/A[2]", "", true, "<WIM><IMAGE INDEX=\"1\"><L><A>1</A></L><N/></IMAGE></WIM>");
	assert_set(xml, 1, "N", "", true, "<WIM><IMAGE INDEX=\"1\"><L><A>1</A><A>3</A></L></IMAGE></WIM>");
	assert_set(xml, 1, "M/N", "", true, xml);
	assert_set(xml, 1, "N/M", "", true, xml);
}

static void images_are_taken_out_and_put_in_with_another_index(void **state UNUSED)
{
	static const char with_total[] = "<WIM><IMAGE INDEX=\"1\"><NAME>a</NAME></IMAGE><IMAGE INDEX='2' x=\">\"><NAME>b</NAME>"
					 "</IMAGE><TOTALBYTES>5</TOTALBYTES></WIM>";
	struct strbuf text = STRBUF_INIT;
	struct strbuf second = STRBUF_INIT;
	struct wim_xml xml;

	assert_int_equal(wim_xml_parse(bytes_of(with_total, strlen(with_total)), &xml, NULL), 0);
	assert_int_equal(wim_xml_take_image(&xml, 2, &second, NULL), 0);
	assert_string_equal(second.data, "<IMAGE INDEX='2' x=\">\"><NAME>b</NAME></IMAGE>");
	assert_int_equal(wim_xml_take_image(&xml, 3, &second, NULL), -1);
	wim_xml_release(&xml);
	strbuf_adds(&text, with_total);
	assert_int_equal(wim_xml_add_image(&text, second.data, 13, NULL), 0);
	assert_string_equal(text.data, "<WIM><IMAGE INDEX=\"1\"><NAME>a</NAME></IMAGE><IMAGE INDEX='2' x=\">\"><NAME>b</NAME>"
				       "</IMAGE><IMAGE INDEX='13' x=\">\"><NAME>b</NAME></IMAGE><TOTALBYTES>5</TOTALBYTES></WIM>");
	assert_int_equal(wim_xml_drop_images(&text, NULL), 0);
	assert_string_equal(text.data, "<WIM><TOTALBYTES>5</TOTALBYTES></WIM>");
	/* Microsoft's order: the total first */
	assert_int_equal(wim_xml_add_image(&text, second.data, 1, NULL), 0);
	assert_string_equal(text.data, "<WIM><TOTALBYTES>5</TOTALBYTES><IMAGE INDEX='1' x=\">\"><NAME>b</NAME></IMAGE></WIM>");
	assert_int_equal(wim_xml_add_image(&text, "<IMAGE><NAME/></IMAGE>", 1, NULL), -1);
	strbuf_release(&text);
	strbuf_release(&second);
}

static void images_out_of_order_are_found_by_their_index(void **state UNUSED)
{
	static const char text[] = "<WIM><IMAGE INDEX=\"2\"><NAME>b</NAME></IMAGE><IMAGE INDEX=\"1\"><NAME>a</NAME></IMAGE></WIM>";
	struct strbuf element = STRBUF_INIT;
	struct wim_xml xml;

	assert_int_equal(wim_xml_parse(bytes_of(text, strlen(text)), &xml, NULL), 0);
	assert_string_equal(wim_xml_image(&xml, 1)->name, "a");
	assert_int_equal(wim_xml_take_image(&xml, 1, &element, NULL), 0);
	assert_string_equal(element.data, "<IMAGE INDEX=\"1\"><NAME>a</NAME></IMAGE>");
	strbuf_release(&element);
	wim_xml_release(&xml);
}

/* A pass over the text for each of them would take minutes. */
static void as_many_images_as_a_wim_may_have_are_moved_in_one_pass(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT, moved = STRBUF_INIT;
	struct wim_xml xml;

	strbuf_adds(&text, "<WIM>");
	for (unsigned i = 1; i <= WIM_IMAGES_MAX; i++)
		strbuf_addf(&text, "<IMAGE INDEX=\"%u\"><NAME>%0200u</NAME></IMAGE>", i, i);
	strbuf_adds(&text, "</WIM>");
	assert_int_equal(wim_xml_parse(bytes_of(text.data, text.len), &xml, NULL), 0);
	for (unsigned i = WIM_IMAGES_MAX; i >= 1; i--) {
		struct strbuf element = STRBUF_INIT;

		assert_int_equal(wim_xml_take_image(&xml, i, &element, NULL), 0);
		assert_int_equal(wim_xml_number_image(element.data, WIM_IMAGES_MAX + 1 - i, &moved, NULL), 0);
		strbuf_release(&element);
	}
	assert_int_equal(wim_xml_drop_images(&text, NULL), 0);
	assert_string_equal(text.data, "<WIM></WIM>");
	assert_int_equal(wim_xml_add_images(&text, &moved, NULL), 0);
	wim_xml_release(&xml);
	assert_int_equal(wim_xml_parse(bytes_of(text.data, text.len), &xml, NULL), 0);
	assert_int_equal(xml.n, WIM_IMAGES_MAX);
	assert_int_equal(strtoul(wim_xml_image(&xml, 1)->name, NULL, 10), WIM_IMAGES_MAX);
	wim_xml_release(&xml);
	strbuf_release(&text);
	strbuf_release(&moved);
}

static void an_element_of_a_lone_image_is_set(void **state UNUSED)
{
	struct strbuf image = STRBUF_INIT;

	strbuf_adds(&image, "<IMAGE INDEX=\"1\"/>");
	assert_int_equal(wim_xml_set_in_image(&image, "NAME", "a", NULL), 0);
	assert_string_equal(image.data, "<IMAGE INDEX=\"1\"><NAME>a</NAME></IMAGE>");
	assert_int_equal(wim_xml_set_in_image(&image, "T/LOW", "2", NULL), 0);
	assert_int_equal(wim_xml_set_in_image(&image, "NAME", "b", NULL), 0);
	assert_string_equal(image.data, "<IMAGE INDEX=\"1\"><NAME>b</NAME><T><LOW>2</LOW></T></IMAGE>");
	assert_int_equal(wim_xml_set_in_image(&image, "NAME", NULL, NULL), 0);
	assert_int_equal(wim_xml_set_in_image(&image, "NOT/THERE", NULL, NULL), 0);
	assert_string_equal(image.data, "<IMAGE INDEX=\"1\"><T><LOW>2</LOW></T></IMAGE>");
	strbuf_release(&image);
}

static void an_image_that_is_not_there_is_an_error(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "<WIM><IMAGE INDEX=\"11\"><A>1</A></IMAGE></WIM>");
	assert_int_equal(wim_xml_set(&text, 1, "A", "2", true, NULL), -1);
	strbuf_release(&text);
}

static int parse_text(const char *text, struct wim_xml *xml, struct err *err)
{
	return wim_xml_parse(bytes_of(text, strlen(text)), xml, err);
}

static void a_document_type_or_broken_xml_is_refused(void **state UNUSED)
{
	static const char *const bad[] = {
		"", "no xml", "<WIM>", "<WIM></wim>", "<OTHER/>",
		"<!DOCTYPE WIM [<!ENTITY a \"b\">]><WIM/>",
		"<!DOCTYPE WIM SYSTEM \"file:///etc/passwd\"><WIM/>", "<WIM>&undefined;</WIM>", "<WIM>\xff</WIM>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct wim_xml xml;
		struct err err = { 0 };

		assert_int_equal(parse_text(bad[i], &xml, &err), -1);
		assert_int_equal(err.kind, ERR_FORMAT);
		assert_null(strchr(err.text, '\n'));
	}
}

static void each_encoding_is_kept(void **state UNUSED)
{
	static const char text[] = "<WIM><IMAGE INDEX=\"1\"><NAME>\xc3\xa4\360\237\230\200</NAME></IMAGE></WIM>";
	struct strbuf raw[4] = { { 0 } };

	strbuf_add(&raw[WIM_XML_UTF16_BOM], "\xff\xfe", 2);
	assert_int_equal(text_to_utf16le(text, strlen(text), &raw[WIM_XML_UTF16_BOM], NULL), 0);
	assert_int_equal(text_to_utf16le(text, strlen(text), &raw[WIM_XML_UTF16], NULL), 0);
	strbuf_adds(&raw[WIM_XML_UTF8_BOM], "\xef\xbb\xbf");
	strbuf_adds(&raw[WIM_XML_UTF8_BOM], text);
	strbuf_adds(&raw[WIM_XML_UTF8], text);
	for (unsigned i = 0; i < 4; i++) {
		struct strbuf again = STRBUF_INIT;
		struct wim_xml xml;

		assert_int_equal(wim_xml_parse(bytes_of(raw[i].data, raw[i].len), &xml, NULL), 0);
		assert_int_equal(xml.encoding, i);
		assert_string_equal(xml.text.data, text);
		assert_string_equal(wim_xml_image(&xml, 1)->name, "\xc3\xa4\360\237\230\200");
		assert_null(wim_xml_image(&xml, 2));
		assert_int_equal(wim_xml_encode(&xml.text, xml.encoding, &again, NULL), 0);
		assert_int_equal(again.len, raw[i].len);
		assert_memory_equal(again.data, raw[i].data, again.len);
		strbuf_release(&again);
		strbuf_release(&raw[i]);
		wim_xml_release(&xml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_element_is_set_and_all_else_stays),
		cmocka_unit_test(a_missing_element_is_added_only_when_wanted),
		cmocka_unit_test(one_of_several_elements_of_a_name_is_set),
		cmocka_unit_test(an_element_without_text_goes),
		cmocka_unit_test(images_are_taken_out_and_put_in_with_another_index),
		cmocka_unit_test(images_out_of_order_are_found_by_their_index),
		cmocka_unit_test(as_many_images_as_a_wim_may_have_are_moved_in_one_pass),
		cmocka_unit_test(an_element_of_a_lone_image_is_set),
		cmocka_unit_test(an_image_that_is_not_there_is_an_error),
		cmocka_unit_test(a_document_type_or_broken_xml_is_refused),
		cmocka_unit_test(each_encoding_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
