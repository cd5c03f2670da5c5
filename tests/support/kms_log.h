/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of an invented KMS host: a fleet of machines asks for activation, and
 * groups of clones among them share one client machine ID.
 */
#pragma once

#include "tests/support/evtx_builder.h"

enum kms_style {
	KMS_BOTH,   /* the joined line, then the nine fields: 2008 R2 and later */
	KMS_FIELDS,
	KMS_JOINED, /* Vista and 2008 */
};

struct kms_log_options {
	uint64_t events, hosts, clones, clone_size, seed;
	uint64_t start; /* seconds since 1970 */
	enum kms_style style;
	const char *computer;
	bool binary; /* 260 bytes behind each request */
	bool odd;    /* malformed and foreign records between */
	bool steady; /* each machine renews once a week */
	struct evtx_damage damage;
};

/* 1000 events, 200 machines, 3 groups of 4 clones, seed 1. */
extern const struct kms_log_options kms_log_defaults;

/* Takes events, one after the other. */
struct kms_writer {
	void *context;
	int (*add)(void *context, const struct evtx_event *event, struct err *err);
};

int kms_log_write(const struct kms_log_options *options, const struct kms_writer *to, struct err *err);

/* Appends the log, and what is inside as JSON to truth when that is not NULL. */
int kms_log_build(const struct kms_log_options *options, struct strbuf *ret, struct strbuf *truth, struct err *err);

/* The same from lines "TIME<TAB>EVENT-ID<TAB>STRING...". lines is changed. */
int kms_log_from_lines(const struct kms_log_options *options, char *lines, struct strbuf *ret, struct err *err);
