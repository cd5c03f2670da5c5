/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "kms/commands.h"
#include "kms/store.h"

struct ingest_args {
	const char *db;
	const char *host;
	uint64_t jobs;
};

static const struct cli_option ingest_options[] = {
	OPT_TEXT(struct ingest_args, db, 0, "db", "STORE", "a file (SQLite), or postgresql://[USER@]HOST/DATABASE"),
	OPT_TEXT(struct ingest_args, host, 0, "host", "NAME", "name of the host of logs that do not tell it"),
	OPT_NUMBER(struct ingest_args, jobs, 'j', "jobs", "N", "read with N threads (default: one a processor)"),
};

static void tell(struct cli *cli, const struct store *store)
{
	json_text(cli->json, "store", store_name(store));
	json_begin_array(cli->json, "logs");
	for (size_t i = 0; i < store_log_count(store); i++) {
		const struct store_log *log = store_log_at(store, i);

		fprintf(cli->out, "%s: %" PRIu64 " event%s (%s), %" PRIu64 " of them new\n", log->path, log->events,
			log->events == 1 ? "" : "s", log->format, log->changed);
		json_begin_object(cli->json, NULL);
		json_text(cli->json, "path", log->path);
		json_text(cli->json, "format", log->format);
		json_uint(cli->json, "events", log->events);
		json_uint(cli->json, "changed", log->changed);
		json_uint(cli->json, "damages", log->damages);
		json_end_object(cli->json);
	}
	json_end_array(cli->json);
}

static int ingest_run(struct cli *cli, const void *args, struct err *err)
{
	const struct ingest_args *a = args;
	CLEANUP(log_files_release) struct log_files files = { 0 };
	CLEANUP(store_freep) struct store *store = NULL;
	int done;

	if (!a->db || !*a->db)
		return err_set(err, ERR_USAGE, "--db STORE is missing");
	if (log_files_find(&files, cli->args, cli->n_args, err) < 0)
		return -1;
	store = store_open(a->db, STORE_WRITE, err);
	if (!store)
		return -1;
	done = store_logs(store, &files, a->host, a->jobs, err);
	tell(cli, store);
	log_files_tell(&files, cli);
	if (done == 0)
		return CLI_DONE;
	if (store_log_count(store))
		err_hint(err, "the logs told so far are in the store; run it again for the rest");
	return -1;
}

static const struct cli_example ingest_examples[] = {
	{ "kms ingest --db kms.sqlite logs/", "all logs of a folder into a file" },
	{ "kms ingest --db postgresql://kms@db.example.com/fleet kms01.evtx", "from each host into one database" },
	{ "kms audit --db kms.sqlite", "what the logs told, without the logs" },
};

const struct cli_command cmd_ingest = {
	.name = "ingest",
	.summary = "take logs into a store that lasts: SQLite, or PostgreSQL for a fleet",
	.usage = "--db STORE LOG...",
	.description = "An event is in the store once, known by its host, record number and time, or by its content where "
		       "a log has no numbers: taking a log in again, or one that overlaps, changes nothing. Each log is "
		       "one transaction; when a writer is killed its last log is not there and can be taken in again. "
		       "Several may write at once.\n\n"
		       "The file or the schema goldwim_kms is made when there is none. Its view \"request\" is for "
		       "your own queries. Passwords belong into ~/.pgpass or PGPASSWORD, not into the URL.",
	.examples = ingest_examples,
	.n_examples = ARRAY_SIZE(ingest_examples),
	CLI_OPTIONS(struct ingest_args, ingest_options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.has_json = true,
	.run = ingest_run,
};
