/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unattend/xml_check.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlreader.h>

#include "common/base/strbuf.h"

#define LEAF_TEXT_MAX (8u * 1024 * 1024) /* a real product key configuration holds some 300 KiB */

static xmlParserInputPtr refuse_external(const char *url UNUSED, const char *id UNUSED, xmlParserCtxtPtr ctxt UNUSED)
{
	return NULL;
}

static void stay_silent(void *ctx UNUSED, const char *fmt UNUSED, ...)
{
}

static void prepare(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(refuse_external);
	xmlSetGenericErrorFunc(NULL, stay_silent);
	xmlThrDefSetGenericErrorFunc(NULL, stay_silent); /* of threads to come */
}

static void prepare_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, prepare);
}

struct feed {
	const char *text;
	size_t len;
};

static int feed_read(void *ctx, char *buffer, int size)
{
	struct feed *feed = ctx;
	size_t n = MIN(feed->len, (size_t)size);

	memcpy(buffer, feed->text, n);
	feed->text += n;
	feed->len -= n;
	return (int)n;
}

static void copy_message(const char *message, char *ret, size_t size)
{
	snprintf(ret, size, "%s", message ? message : "not well-formed");
	for (size_t i = strlen(ret); i > 0 && (ret[i - 1] == '\n' || ret[i - 1] == ' '); i--)
		ret[i - 1] = '\0';
}

static void note_error(void *user_data, xmlErrorPtr error)
{
	struct xml_fault *fault = ((xmlParserCtxtPtr)user_data)->_private;

	if (fault->found || !error || error->level < XML_ERR_ERROR || error->domain == XML_FROM_NAMESPACE)
		return;
	fault->found = true;
	fault->line = error->line > 0 ? (uint32_t)error->line : 1;
	fault->byte_in_line = error->int2 > 0 ? (size_t)error->int2 - 1 : 0;
	copy_message(error->message, fault->message, sizeof(fault->message));
}

void xml_check(const char *text, size_t len, struct xml_fault *ret)
{
	struct feed feed = { text, len };
	xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC, .serror = note_error };
	xmlParserCtxtPtr ctxt;

	*ret = (struct xml_fault){ .found = false };
	prepare_library();
	ctxt = xmlCreateIOParserCtxt(&sax, NULL, feed_read, NULL, &feed, XML_CHAR_ENCODING_UTF8);
	if (!ctxt)
		return;
	ctxt->_private = ret;
	ctxt->userData = ctxt;
	xmlCtxtUseOptions(ctxt, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	xmlParseDocument(ctxt);
	if (!ctxt->wellFormed && !ret->found) {
		ret->found = true;
		ret->line = 1;
		copy_message(NULL, ret->message, sizeof(ret->message));
	}
	if (ctxt->myDoc)
		xmlFreeDoc(ctxt->myDoc);
	xmlFreeParserCtxt(ctxt);
}

static int walk_nodes(xmlTextReaderPtr reader, xml_leaf_fn *leaf, void *ctx, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int more;

	while ((more = xmlTextReaderRead(reader)) == 1) {
		const xmlChar *value = xmlTextReaderConstValue(reader);

		switch (xmlTextReaderNodeType(reader)) {
		case XML_READER_TYPE_ELEMENT:
			strbuf_clear(&text);
			break;
		case XML_READER_TYPE_TEXT:
		case XML_READER_TYPE_CDATA:
			if (value && text.len < LEAF_TEXT_MAX)
				strbuf_adds(&text, (const char *)value);
			break;
		case XML_READER_TYPE_END_ELEMENT:
			leaf(ctx, (const char *)xmlTextReaderConstLocalName(reader), strbuf_text(&text));
			strbuf_clear(&text);
			break;
		default:
			break;
		}
	}
	return more < 0 ? err_set(err, ERR_FORMAT, "not well-formed XML") : 0;
}

int xml_walk(struct bytes b, xml_leaf_fn *leaf, void *ctx, struct err *err)
{
	xmlTextReaderPtr reader;
	int ret;

	prepare_library();
	if (b.len > INT32_MAX)
		return err_set(err, ERR_LIMIT, "too large");
	reader = xmlReaderForMemory((const char *)b.data, (int)b.len, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!reader)
		return err_set(err, ERR_MEMORY, "no memory for the XML reader");
	ret = walk_nodes(reader, leaf, ctx, err);
	xmlFreeTextReader(reader);
	return ret;
}

const char *xml_library_version(void)
{
	return "libxml2 " LIBXML_DOTTED_VERSION;
}
