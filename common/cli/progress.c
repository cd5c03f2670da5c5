/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cli/progress.h"

#include <inttypes.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000ULL
#define REDRAW_NS (NS_PER_SECOND / 10) /* often enough to look alive */
#define LINE_NS (NS_PER_SECOND * 5)    /* a log line every five seconds */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *bar, const struct cli *cli, const char *label, uint64_t total)
{
	enum progress_style style = cli ? (enum progress_style)cli->progress : PROGRESS_NONE;

	if (cli && cli->quiet && style == PROGRESS_AUTO)
		style = PROGRESS_NONE;
	*bar = (struct progress){
		.cli = cli,
		.label = label,
		.style = style,
		.terminal = style == PROGRESS_AUTO && isatty(STDERR_FILENO),
		.total = total,
		.started_ns = now_ns(),
	};
	bar->shown_ns = bar->started_ns;
}

void progress_set_total(struct progress *bar, uint64_t total)
{
	bar->total = total;
}

static void format_bytes(uint64_t bytes, char *ret, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(ret, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* "capture: 42% 1.2 GiB of 2.9 GiB, 310.0 MiB/s, 5 s left" */
static void format_line(const struct progress *bar, uint64_t now, char *ret, size_t size)
{
	double seconds = (double)(now - bar->started_ns) / (double)NS_PER_SECOND;
	uint64_t rate = seconds > 0 ? (uint64_t)((double)bar->done / seconds) : 0;
	char done[32], total[32], speed[32];

	format_bytes(bar->done, done, sizeof(done));
	format_bytes(bar->total, total, sizeof(total));
	format_bytes(rate, speed, sizeof(speed));
	if (!bar->total)
		snprintf(ret, size, "%s: %s, %s/s", bar->label, done, speed);
	else
		snprintf(ret, size, "%s: %3.0f%% %s of %s, %s/s, %" PRIu64 " s left", bar->label,
			 100.0 * (double)bar->done / (double)bar->total, done, total, speed,
			 rate ? (bar->total - MIN(bar->done, bar->total)) / rate : 0);
}

static void show_json(const struct progress *bar, const char *event)
{
	struct strbuf text = STRBUF_INIT;
	CLEANUP(json_freep) struct json *json = json_new(&text, false);

	json_begin_object(json, NULL);
	json_text(json, "event", event);
	json_text(json, "step", bar->label);
	json_uint(json, "done", bar->done);
	if (bar->total)
		json_uint(json, "total", bar->total);
	json_end_object(json);
	fwrite(text.data, 1, text.len, stderr);
	strbuf_release(&text);
}

static void show(struct progress *bar, uint64_t now)
{
	char line[200];

	bar->shown_ns = now;
	bar->drawn = true;
	if (bar->style == PROGRESS_JSON) {
		show_json(bar, "progress");
		return;
	}
	format_line(bar, now, line, sizeof(line));
	if (bar->terminal)
		fprintf(stderr, "\r\033[K%s", line);
	else
		fprintf(stderr, "%s\n", line);
}

void progress_update(struct progress *bar, uint64_t done)
{
	uint64_t now;

	bar->done = done;
	if (bar->style == PROGRESS_NONE)
		return;
	now = now_ns();
	if (now - bar->shown_ns >= (bar->terminal ? REDRAW_NS : LINE_NS))
		show(bar, now);
}

void progress_end(struct progress *bar)
{
	if (bar->style == PROGRESS_JSON)
		show_json(bar, "end");
	else if (bar->terminal && bar->drawn)
		fputs("\r\033[K", stderr);
	bar->style = PROGRESS_NONE;
}
