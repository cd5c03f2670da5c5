/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets single elements in the text of the XML, which libxml2 has found well-formed. */
#include "common/image/wim_xml.h"

#include <stdlib.h>

/* What lies between the tags of an element: [begin, end) of the text. */
struct range {
	size_t begin;
	size_t end;
	bool self_closing; /* <NAME/>: begin is behind the tag, begin == end */
	size_t outer_begin; /* with the tags */
	size_t outer_end;
};

struct tag {
	size_t at;   /* of '<' */
	size_t end;  /* behind '>' */
	const char *name;
	size_t name_len;
	bool closes;
	bool self_closing;
};

static size_t find(const char *text, size_t at, size_t end, const char *what)
{
	const char *hit = at < end ? memmem(text + at, end - at, what, strlen(what)) : NULL;

	return hit ? (size_t)(hit - text) + strlen(what) : end;
}

/* Behind the '>' of a tag; quoted values may hold one. */
static size_t tag_end(const char *text, size_t at, size_t end)
{
	char quote = 0;

	for (; at < end; at++) {
		if (quote)
			quote = text[at] == quote ? 0 : quote;
		else if (text[at] == '"' || text[at] == '\'')
			quote = text[at];
		else if (text[at] == '>')
			return at + 1;
	}
	return end;
}

/* The next start or end tag; comments, CDATA and instructions are stepped over. */
static bool next_tag(const char *text, size_t at, size_t end, struct tag *ret)
{
	while (at < end) {
		const char *open = memchr(text + at, '<', end - at);

		if (!open)
			return false;
		at = (size_t)(open - text);
		if (strncmp(open, "<!--", 4) == 0) {
			at = find(text, at + 4, end, "-->");
		} else if (strncmp(open, "<![CDATA[", 9) == 0) {
			at = find(text, at + 9, end, "]]>");
		} else if (open[1] == '?' || open[1] == '!') {
			at = find(text, at, end, ">");
		} else {
			ret->at = at;
			ret->end = tag_end(text, at, end);
			ret->closes = open[1] == '/';
			ret->self_closing = ret->end >= 2 && text[ret->end - 2] == '/';
			ret->name = open + 1 + ret->closes;
			ret->name_len = strcspn(ret->name, " \t\r\n/>");
			return true;
		}
	}
	return false;
}

/* 0 when there is none. */
static unsigned index_of(const char *text, const struct tag *tag)
{
	CLEANUP(freep) char *head = xstrndup(text + tag->at, tag->end - tag->at);
	const char *attribute = strstr(head, "INDEX");

	attribute = attribute ? strpbrk(attribute, "\"'") : NULL;
	return attribute ? (unsigned)strtoul(attribute + 1, NULL, 10) : 0;
}

/* The first child element of that name (and with that INDEX when not 0) inside outer. */
static bool find_child(const char *text, struct range outer, const char *name, size_t name_len, unsigned index,
		       struct range *ret)
{
	struct tag tag;
	size_t at = outer.begin;
	unsigned depth = 0;
	bool inside = false;

	for (; next_tag(text, at, outer.end, &tag); at = tag.end) {
		if (tag.closes) {
			if (depth == 0)
				return false;
			if (--depth == 0 && inside) {
				ret->end = tag.at;
				ret->outer_end = tag.end;
				return true;
			}
			continue;
		}
		if (depth == 0 && tag.name_len == name_len && strncmp(tag.name, name, name_len) == 0 &&
		    (!index || index_of(text, &tag) == index)) {
			*ret = (struct range){ .begin = tag.end, .end = tag.end, .self_closing = tag.self_closing,
					       .outer_begin = tag.at, .outer_end = tag.end };
			if (tag.self_closing)
				return true;
			inside = true;
		}
		if (!tag.self_closing)
			depth++;
	}
	return false;
}

static void splice(struct strbuf *text, size_t begin, size_t end, const char *with)
{
	struct strbuf fresh = STRBUF_INIT;

	strbuf_add(&fresh, text->data, begin);
	strbuf_adds(&fresh, with);
	strbuf_add(&fresh, text->data + end, text->len - end);
	strbuf_release(text);
	*text = fresh;
}

/* <NAME a="b"/> becomes <NAME a="b">VALUE</NAME>. */
static void fill_self_closing(struct strbuf *text, struct range place, const char *name, size_t name_len,
			      const char *value)
{
	CLEANUP(freep) char *with = xasprintf(">%s</%.*s>", value, (int)name_len, name);

	splice(text, place.begin - 2, place.end, with);
}

/* One step of a path: "NAME" is "NAME[1]". */
struct part {
	size_t name_len;
	unsigned nth;
	const char *rest; /* of the path behind it; "" */
};

static struct part part_at(const char *path)
{
	size_t len = strcspn(path, "/");
	size_t name_len = strcspn(path, "/[");

	return (struct part){
		.name_len = name_len,
		.nth = path[name_len] == '[' ? (unsigned)strtoul(path + name_len + 1, NULL, 10) : 1,
		.rest = path[len] ? path + len + 1 : path + len,
	};
}

/* <A><B>VALUE</B></A> for A/B. */
static void nest(struct strbuf *ret, const char *path, const char *value)
{
	struct part part = part_at(path);

	strbuf_addf(ret, "<%.*s>", (int)part.name_len, path);
	if (*part.rest)
		nest(ret, part.rest, value);
	else
		strbuf_adds(ret, value);
	strbuf_addf(ret, "</%.*s>", (int)part.name_len, path);
}

/* NAME/REST as new elements at the end of outer. */
static void add_elements(struct strbuf *text, struct range outer, const char *name, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf with = STRBUF_INIT;

	nest(&with, name, value);
	splice(text, outer.end, outer.end, with.data);
}

static int find_root(const struct strbuf *text, struct range *ret, struct err *err)
{
	const struct range all = { .begin = 0, .end = text->len };

	if (!find_child(strbuf_text(text), all, "WIM", 3, 0, ret))
		return err_set(err, ERR_FORMAT, "XML data: no WIM element");
	return 0;
}

static int find_image(const struct strbuf *text, unsigned index, struct range *ret, struct err *err)
{
	struct range root = { 0 };

	if (find_root(text, &root, err) < 0)
		return -1;
	if (!find_child(text->data, root, "IMAGE", 5, index, ret))
		return err_set(err, ERR_FORMAT, "XML data: no element for image %u", index);
	return 0;
}

/* How many of the elements in place that a step of a path may mean are there, up to the one that it means. */
static unsigned find_part(const char *text, struct range place, const char *path, const struct part *part,
			  struct range *ret)
{
	unsigned found = 0;

	while (found < part->nth && find_child(text, place, path, part->name_len, 0, ret)) {
		place.begin = ret->outer_end;
		found++;
	}
	return found;
}

/* Elements of one name are added one behind the other. */
static int check_can_add(const char *path, unsigned there, struct err *err)
{
	for (const char *at = path; *at; at = part_at(at).rest, there = 0)
		if (part_at(at).nth != there + 1)
			return err_set(err, ERR_USAGE, "%s: the elements in front of it are not there", path);
	return 0;
}

/* <A/> becomes <A><B>VALUE</B></A> for A/B. */
static int fill_empty(struct strbuf *text, struct range place, const char *path, const char *value, bool add,
		      struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf inside = STRBUF_INIT;
	struct part part = part_at(path);

	if (!add || !*value)
		return 0;
	if (check_can_add(part.rest, 0, err) < 0)
		return -1;
	nest(&inside, part.rest, value);
	fill_self_closing(text, place, path, part.name_len, inside.data);
	return 0;
}

/* Sets PATH below place; without a value the element goes. */
static int set_below(struct strbuf *text, struct range place, const char *path, const char *value, bool add,
		     struct err *err)
{
	struct part part = part_at(path);
	struct range inner = { 0 };
	unsigned found;

	if (place.self_closing)
		return err_set(err, ERR_UNSUPPORTED, "XML data: empty element where <%s> is expected", path);
	found = find_part(text->data, place, path, &part, &inner);
	if (found < part.nth) {
		if (!add || !*value)
			return 0;
		if (check_can_add(path, found, err) < 0)
			return -1;
		add_elements(text, place, path, value);
	} else if (*part.rest && !inner.self_closing) {
		return set_below(text, inner, part.rest, value, add, err);
	} else if (*part.rest) {
		return fill_empty(text, inner, path, value, add, err);
	} else if (!*value) {
		splice(text, inner.outer_begin, inner.outer_end, "");
	} else if (inner.self_closing) {
		fill_self_closing(text, inner, path, part.name_len, value);
	} else {
		splice(text, inner.begin, inner.end, value);
	}
	return 0;
}

int wim_xml_set(struct strbuf *text, unsigned index, const char *name, const char *value, bool add, struct err *err)
{
	struct range place = { 0 };

	if ((index ? find_image(text, index, &place, err) : find_root(text, &place, err)) < 0)
		return -1;
	return set_below(text, place, name, value, add, err);
}

/* Where the images are, in one pass. */
void wim_xml_find_places(struct wim_xml *xml)
{
	struct range rest = { 0 }, image = { 0 };
	struct tag tag;

	if (find_root(&xml->text, &rest, NULL) < 0)
		return;
	while (find_child(xml->text.data, rest, "IMAGE", 5, 0, &image)) {
		(void)next_tag(xml->text.data, image.outer_begin, image.outer_end, &tag);
		*vec_add(&xml->places) = (struct wim_xml_place){ .index = index_of(xml->text.data, &tag),
								 .begin = image.outer_begin, .end = image.outer_end };
		rest.begin = image.outer_end;
	}
}

static const struct wim_xml_place *place_of(const struct wim_xml *xml, unsigned index)
{
	if (index && index <= xml->places.len && xml->places.items[index - 1].index == index)
		return &xml->places.items[index - 1];
	for (size_t i = 0; i < xml->places.len; i++)
		if (xml->places.items[i].index == index)
			return &xml->places.items[i];
	return NULL;
}

int wim_xml_take_image(const struct wim_xml *xml, unsigned index, struct strbuf *ret, struct err *err)
{
	const struct wim_xml_place *place = place_of(xml, index);

	if (!place)
		return err_set(err, ERR_FORMAT, "XML data: no element for image %u", index);
	strbuf_add(ret, xml->text.data + place->begin, place->end - place->begin);
	return 0;
}

int wim_xml_drop_images(struct strbuf *text, struct err *err)
{
	struct range rest = { 0 }, image = { 0 };
	struct strbuf kept = STRBUF_INIT;
	size_t from = 0;

	if (find_root(text, &rest, err) < 0)
		return -1;
	while (find_child(text->data, rest, "IMAGE", 5, 0, &image)) {
		strbuf_add(&kept, text->data + from, image.outer_begin - from);
		from = rest.begin = image.outer_end;
	}
	strbuf_add(&kept, text->data + from, text->len - from);
	strbuf_release(text);
	*text = kept;
	return 0;
}

/* Behind the last image; before all else when there is none, as wimlib has it, or behind a TOTALBYTES that comes first. */
static size_t place_for_image(const struct strbuf *text, struct range root)
{
	struct range rest = root, found = { 0 };
	size_t place = 0;

	while (find_child(text->data, rest, "IMAGE", 5, 0, &found))
		place = rest.begin = found.outer_end;
	if (place)
		return place;
	if (find_child(text->data, root, "TOTALBYTES", 10, 0, &found) &&
	    strspn(text->data + root.begin, " \t\r\n") + root.begin == found.outer_begin)
		return found.outer_end;
	return root.begin;
}

int wim_xml_number_image(const char *element, unsigned index, struct strbuf *ret, struct err *err)
{
	const char *head_end = strchr(element, '>');
	const char *attribute = strstr(element, "INDEX");
	size_t open;

	attribute = attribute && head_end && attribute < head_end ? strpbrk(attribute, "\"'") : NULL;
	if (!attribute)
		return err_set(err, ERR_FORMAT, "XML data: an image without INDEX");
	open = (size_t)(attribute - element) + 1;
	strbuf_add(ret, element, open);
	strbuf_addf(ret, "%u%s", index, element + open + strspn(element + open, "0123456789"));
	return 0;
}

int wim_xml_add_images(struct strbuf *text, const struct strbuf *images, struct err *err)
{
	struct range root = { 0 };
	size_t place;

	if (!images->len)
		return 0;
	if (find_root(text, &root, err) < 0)
		return -1;
	if (root.self_closing)
		return err_set(err, ERR_UNSUPPORTED, "XML data: empty element where images are expected");
	place = place_for_image(text, root);
	splice(text, place, place, strbuf_text(images));
	return 0;
}

int wim_xml_add_image(struct strbuf *text, const char *element, unsigned index, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf image = STRBUF_INIT;

	return wim_xml_number_image(element, index, &image, err) < 0 ? -1 : wim_xml_add_images(text, &image, err);
}

int wim_xml_set_in_image(struct strbuf *element, const char *name, const char *value, struct err *err)
{
	const struct range all = { .begin = 0, .end = element->len };
	struct range image = { 0 };

	if (!find_child(strbuf_text(element), all, "IMAGE", 5, 0, &image))
		return err_set(err, ERR_FORMAT, "XML data: no IMAGE element");
	if (image.self_closing) {
		fill_self_closing(element, image, "IMAGE", 5, "");
		return wim_xml_set_in_image(element, name, value, err);
	}
	return set_below(element, image, name, value ? value : "", value != NULL, err);
}
