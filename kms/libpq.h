/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PostgreSQL's client library, loaded when a store is a database: libpq5 brings
 * Kerberos, LDAP and OpenSSL with it, which nobody needs who reads a log.
 */
#pragma once

#include <libpq-fe.h>

#include "common/base/err.h"

#define LIBPQ_FUNCTIONS(X)                                                                                             \
	X(PQconnectdbParams) X(PQstatus) X(PQerrorMessage) X(PQfinish) X(PQexec) X(PQexecParams) X(PQresultStatus)       \
	X(PQclear) X(PQputCopyData) X(PQputCopyEnd) X(PQgetResult) X(PQgetCopyData) X(PQfreemem) X(PQntuples)            \
	X(PQgetvalue) X(PQgetisnull) X(PQcmdTuples) X(PQresultErrorField) X(PQsetNoticeProcessor) X(PQtransactionStatus)

struct libpq {
#define LIBPQ_MEMBER(name) typeof(name) *name;
	LIBPQ_FUNCTIONS(LIBPQ_MEMBER)
#undef LIBPQ_MEMBER
};

/* NULL when it is not installed. */
const struct libpq *libpq_load(struct err *err);
