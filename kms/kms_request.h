/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One activation request, as the host writes it in event 12290:
 *
 *	0x0,25,pc1.example.com,CMID,2023/11/14 22:13,1,1,249120,ACTIVATION-ID
 *	result, count the client needs, computer, client machine id, time of the
 *	client, 1 in a virtual machine, licence status, minutes left, activation id
 *
 * The line is the same in every language of Windows. It is found by its shape:
 * the time is the anchor, the CMID stands before it, and what lies between the
 * count and the CMID is the name, which the client chooses and which may hold
 * commas. Spaces behind commas and fields behind the last are accepted.
 */
#pragma once

#include "common/base/guid.h"

/* A piece of text inside somebody else's memory. */
struct text {
	const char *data;
	size_t len;
};

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

bool text_is(struct text text, const char *word);

/* The decimal digits it begins with, up to nineteen; 0 when there are none. */
uint64_t text_number(struct text text);

struct kms_request {
	uint32_t hresult;
	uint32_t needed;      /* 25 or 5 */
	struct text name;     /* as written, without a dot at the end; lends */
	struct guid cmid;
	bool has_cmid;        /* false: the field is empty or all zero */
	bool has_client_time; /* false: the date is before 1970 or no date */
	uint64_t client_time; /* FILETIME, UTC */
	uint32_t vm;
	uint32_t status;      /* 0 to 6 */
	uint32_t minutes;
	struct guid product;
};

enum request_problem {
	REQUEST_GOOD,
	REQUEST_NOT_INFO, /* nothing that looks like the line */
	REQUEST_CUT,      /* begins like one, fields are missing */
	REQUEST_BAD,      /* all fields, but one holds nonsense */
};

/* ret lends from the text. It is only set when the result is REQUEST_GOOD. */
enum request_problem kms_request_parse(struct text line, struct kms_request *ret);

/* The same without the fast way that info_line.h is. */
enum request_problem kms_request_parse_any(struct text line, struct kms_request *ret);

/* The same from nine separate strings, as they stand behind the joined one. */
enum request_problem kms_request_from_fields(const struct text *fields, size_t n, struct kms_request *ret);

/* Looks for the line in a text that has something before it (a message, a key, a quote). */
enum request_problem kms_request_search(struct text text, struct kms_request *ret);

/* "Licensed" for 1; NULL for a number that has no meaning. */
const char *licence_status_name(uint32_t status);
