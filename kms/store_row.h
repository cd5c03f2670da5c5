/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An event as a row of a store. Texts are kept as readable text that any database
 * takes: valid UTF-8 stays, a backslash is doubled, NUL and what is no UTF-8 becomes
 * \xHH; reading it back gives the same bytes.
 */
#pragma once

#include "common/base/strbuf.h"
#include "kms/log_event.h"

#define STORE_TEXT_MAX 1024  /* bytes of a name that are kept, as in summaries */
#define STORE_NO_TIME INT64_MIN

enum store_int {
	ROW_SEQ,        /* number of the event in its log */
	ROW_PLACE,      /* line, or offset */
	ROW_IN_LINES,
	ROW_ASSUMED,    /* the log did not tell its host */
	ROW_NUMBERED,   /* record and time are known */
	ROW_RECORD,     /* 0 when not numbered; unsigned, as the same bits */
	ROW_TIME,       /* seconds since 1970, or STORE_NO_TIME */
	ROW_ID,
	ROW_BINARY_LEN,
	ROW_PROBLEM,    /* enum request_problem */
	ROW_HRESULT,
	ROW_NEEDED,
	ROW_CLIENT_TIME, /* as ROW_TIME */
	ROW_VIRTUAL,
	ROW_STATUS,
	ROW_MINUTES,
	ROW_INTS,
};

enum store_text {
	ROW_HOST,
	ROW_HOST_KEY,  /* lower case */
	ROW_KEY_HOST,  /* the same, or "" when the host says nothing about which event it is */
	ROW_DIGEST,    /* 32 hexadecimal digits of what the event says; zeros when numbered */
	ROW_PROVIDER,
	ROW_CHANNEL,
	ROW_MESSAGE,
	ROW_NAME,
	ROW_CMID,      /* "" for none */
	ROW_PRODUCT,
	ROW_TEXTS,
};

struct store_row {
	int64_t ints[ROW_INTS];
	struct strbuf texts[ROW_TEXTS];
};

void store_row_set(struct store_row *row, const struct log_event *event, const char *fallback_host, uint64_t seq);
void store_row_release(struct store_row *row);

/* Back from a row that has no host key and digest. The event lends from texts, whose contents change. */
int store_row_event(struct store_row *row, struct log_event *ret, struct err *err);

void store_text_encode(const char *text, size_t len, struct strbuf *ret);
int store_text_decode(struct strbuf *text, struct err *err); /* in place */
