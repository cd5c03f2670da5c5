/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/image/wim_xml.h"

#include <stdlib.h>

#include <libxml/parser.h>

#include "common/base/utf16.h"

static const uint8_t bom_utf16[] = { 0xff, 0xfe };
static const uint8_t bom_utf8[] = { 0xef, 0xbb, 0xbf };

static int decode(struct bytes raw, struct wim_xml *xml, struct err *err)
{
	struct bytes body = raw;

	if (bytes_equal(raw, 0, bom_utf16, sizeof(bom_utf16))) {
		xml->encoding = WIM_XML_UTF16_BOM;
		body = bytes_from(raw, sizeof(bom_utf16));
	} else if (bytes_equal(raw, 0, bom_utf8, sizeof(bom_utf8))) {
		xml->encoding = WIM_XML_UTF8_BOM;
		body = bytes_from(raw, sizeof(bom_utf8));
	} else {
		xml->encoding = raw.len > 1 && raw.data[1] == 0 ? WIM_XML_UTF16 : WIM_XML_UTF8;
	}
	if (xml->encoding == WIM_XML_UTF16_BOM || xml->encoding == WIM_XML_UTF16)
		utf16le_to_text(body, &xml->text);
	else
		strbuf_add(&xml->text, body.data, body.len);
	while (xml->text.len && xml->text.data[xml->text.len - 1] == '\0')
		xml->text.data[--xml->text.len] = '\0';
	if (!text_is_utf8(strbuf_text(&xml->text), xml->text.len))
		return err_set(err, ERR_FORMAT, "broken text encoding");
	if (strstr(strbuf_text(&xml->text), "<!DOCTYPE"))
		return err_set(err, ERR_FORMAT, "has a document type declaration");
	return 0;
}

static xmlDoc *parse_text(const struct strbuf *text, struct err *err)
{
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	xmlDoc *doc = NULL;

	if (!ctxt) {
		err_set(err, ERR_MEMORY, "no memory for the XML parser");
		return NULL;
	}
	doc = xmlCtxtReadMemory(ctxt, strbuf_text(text), (int)text->len, NULL, "UTF-8",
				XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!doc) {
		const char *why = ctxt->lastError.message ? ctxt->lastError.message : "not XML";

		err_set(err, ERR_FORMAT, "line %d: %.*s", ctxt->lastError.line, (int)strcspn(why, "\n"), why);
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

static void free_docp(xmlDoc **doc)
{
	xmlFreeDoc(*doc);
}

static xmlNode *child(const xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0)
			return node;
	return NULL;
}

/* The text of an element, "" when there is none; owned by the caller. */
static char *text_of(const xmlNode *node)
{
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	char *copy = xstrdup(text ? (const char *)text : "");

	xmlFree(text);
	return copy;
}

static char *child_text(const xmlNode *parent, const char *name)
{
	return text_of(child(parent, name));
}

static uint64_t child_number(const xmlNode *parent, const char *name)
{
	CLEANUP(freep) char *text = child_text(parent, name);

	return strtoull(text, NULL, 0);
}

static uint64_t child_time(const xmlNode *parent, const char *name)
{
	const xmlNode *node = child(parent, name);

	return child_number(node, "HIGHPART") << 32 | (child_number(node, "LOWPART") & UINT32_MAX);
}

/* PROCESSOR_ARCHITECTURE_* of winnt.h */
static const char *arch_name(const char *number)
{
	static const struct {
		const char *number;
		const char *name;
	} rows[] = { { "0", "x86" }, { "5", "arm" }, { "6", "ia64" }, { "9", "amd64" }, { "12", "arm64" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].number, number) == 0)
			return rows[i].name;
	return number;
}

static char *read_arch(const xmlNode *windows)
{
	CLEANUP(freep) char *number = child_text(windows, "ARCH");

	return xstrdup(arch_name(number));
}

static char *read_version(const xmlNode *windows)
{
	static const char *const parts[] = { "MAJOR", "MINOR", "BUILD", "SPBUILD" };
	const xmlNode *version = child(windows, "VERSION");
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && child(version, parts[i]); i++) {
		CLEANUP(freep) char *part = child_text(version, parts[i]);

		strbuf_addf(&text, "%s%s", i ? "." : "", part);
	}
	strbuf_adds(&text, "");
	return strbuf_detach(&text);
}

static char *read_languages(const xmlNode *windows)
{
	const xmlNode *languages = child(windows, "LANGUAGES");
	CLEANUP(freep) char *first = child_text(languages, "DEFAULT");
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, first);
	for (xmlNode *node = languages ? languages->children : NULL; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "LANGUAGE") != 0)
			continue;

		CLEANUP(freep) char *language = text_of(node);

		if (strcmp(language, first) != 0)
			strbuf_addf(&text, "%s%s", text.len ? " " : "", language);
	}
	return strbuf_detach(&text);
}

static void read_image(const xmlNode *node, struct image_info *info)
{
	const xmlNode *windows = child(node, "WINDOWS");
	xmlChar *index = xmlGetProp((xmlNode *)(uintptr_t)node, (const xmlChar *)"INDEX");

	*info = (struct image_info){
		.index = index ? (unsigned)strtoul((const char *)index, NULL, 10) : 0,
		.name = child_text(node, "NAME"),
		.description = child_text(node, "DESCRIPTION"),
		.display_name = child_text(node, "DISPLAYNAME"),
		.flags = child_text(node, "FLAGS"),
		.edition = child_text(windows, "EDITIONID"),
		.arch = read_arch(windows),
		.version = read_version(windows),
		.languages = read_languages(windows),
		.default_language = child_text(child(windows, "LANGUAGES"), "DEFAULT"),
		.product_name = child_text(windows, "PRODUCTNAME"),
		.installation_type = child_text(windows, "INSTALLATIONTYPE"),
		.hal = child_text(windows, "HAL"),
		.product_type = child_text(windows, "PRODUCTTYPE"),
		.product_suite = child_text(windows, "PRODUCTSUITE"),
		.system_root = child_text(windows, "SYSTEMROOT"),
		.dir_count = child_number(node, "DIRCOUNT"),
		.file_count = child_number(node, "FILECOUNT"),
		.total_bytes = child_number(node, "TOTALBYTES"),
		.hard_link_bytes = child_number(node, "HARDLINKBYTES"),
		.sp_level = (unsigned)child_number(child(windows, "VERSION"), "SPLEVEL"),
		.wimboot = child_number(node, "WIMBOOT") == 1,
		.has_windows = windows,
		.created = child_time(node, "CREATIONTIME"),
		.modified = child_time(node, "LASTMODIFICATIONTIME"),
	};
	xmlFree(index);
}

static void read_images(const xmlNode *root, struct wim_xml *xml)
{
	size_t n = 0;

	for (const xmlNode *node = root->children; node; node = node->next)
		n += node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "IMAGE") == 0;
	xml->images = xcalloc(n + 1, sizeof(*xml->images));
	for (const xmlNode *node = root->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "IMAGE") == 0)
			read_image(node, &xml->images[xml->n++]);
}

int wim_xml_parse(struct bytes raw, struct wim_xml *ret, struct err *err)
{
	CLEANUP(wim_xml_release) struct wim_xml xml = { 0 };

	if (decode(raw, &xml, err) < 0)
		return err_context(err, "XML data");

	CLEANUP(free_docp) xmlDoc *doc = parse_text(&xml.text, err);
	const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!doc)
		return err_context(err, "XML data");
	if (!root || strcmp((const char *)root->name, "WIM") != 0)
		return err_set(err, ERR_FORMAT, "XML data: the root element is not WIM");
	read_images(root, &xml);
	xml.total_bytes = child_number(root, "TOTALBYTES");
	wim_xml_find_places(&xml);
	*ret = xml;
	xml = (struct wim_xml){ 0 };
	return 0;
}

static void image_release(const struct image_info *image)
{
	const char *const texts[] = {
		image->name, image->description, image->display_name, image->flags, image->edition, image->arch,
		image->version, image->languages, image->default_language, image->product_name, image->installation_type,
		image->hal, image->product_type, image->product_suite, image->system_root,
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free((void *)(uintptr_t)texts[i]);
}

void wim_xml_release(struct wim_xml *xml)
{
	for (size_t i = 0; i < xml->n; i++)
		image_release(&xml->images[i]);
	free(xml->images);
	vec_release(&xml->places);
	strbuf_release(&xml->text);
	*xml = (struct wim_xml){ 0 };
}

const struct image_info *wim_xml_image(const struct wim_xml *xml, unsigned index)
{
	if (index && index <= xml->n && xml->images[index - 1].index == index)
		return &xml->images[index - 1];
	for (size_t i = 0; i < xml->n; i++)
		if (xml->images[i].index == index)
			return &xml->images[i];
	return NULL;
}

int wim_xml_encode(const struct strbuf *text, enum wim_xml_encoding encoding, struct strbuf *ret, struct err *err)
{
	if (encoding == WIM_XML_UTF16_BOM)
		strbuf_add(ret, bom_utf16, sizeof(bom_utf16));
	if (encoding == WIM_XML_UTF8_BOM)
		strbuf_add(ret, bom_utf8, sizeof(bom_utf8));
	if (encoding == WIM_XML_UTF16_BOM || encoding == WIM_XML_UTF16)
		return text_to_utf16le(strbuf_text(text), text->len, ret, err);
	strbuf_add(ret, strbuf_text(text), text->len);
	return 0;
}
