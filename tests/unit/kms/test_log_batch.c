/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes out of a batch is what went in, however much events have in common. */
#include "kms/log_batch.h"

#include "common/base/strbuf.h"
#include "tests/support/rng.h"
#include "tests/unit/kms/kms_case.h"

static struct rng rng;

static uint32_t any(uint32_t n)
{
	return rng_below(&rng, n);
}

static struct text one_of(const char *a, const char *b)
{
	const char *text = any(6) ? a : b;

	return (struct text){ text, strlen(text) };
}

static struct log_event some_event(void)
{
	struct log_event event = {
		.id = any(9) ? 12290 : any(70000), .has_time = any(9), .time = any(1000), .has_record = any(9),
		.record = any(1000), .recovered = !any(20), .assumed_host = !any(20), .provider = one_of("SPP", "spp"),
		.source = one_of("", "source"), .channel = one_of("KMS", "System"), .computer = one_of("kms1", "kms2"),
		.message = one_of("a message", ""), .binary_len = any(20) ? 0 : any(5000), .offset = any(1 << 30),
		.line = 1 + any(1000), .problem = any(9) ? REQUEST_GOOD : REQUEST_CUT,
	};

	if (event.problem != REQUEST_GOOD)
		return event;
	event.request = (struct kms_request){
		.hresult = any(9) ? 0 : any(9), .needed = any(50), .name = one_of("pc1.example.com", "pc2"),
		.has_cmid = any(2), .has_client_time = any(2), .client_time = any(9), .vm = any(3), .status = any(7),
		.minutes = any(259200),
	};
	store_le32(event.request.cmid.bytes, any(1000));
	store_le32(event.request.product.bytes + 4 * any(2), any(200));
	return event;
}

static void add_text(struct strbuf *out, struct text text)
{
	strbuf_addf(out, "|%.*s", (int)text.len, text.data);
}

static void write_event(void *context, const struct log_event *e)
{
	const struct kms_request *r = &e->request;
	struct strbuf *out = context;
	char id[GUID_BRACED_LEN + 1];

	strbuf_addf(out, "%u %d %d %d %d %d %zu %u", e->id, e->has_time, e->has_record, e->recovered, e->assumed_host,
		    e->problem, e->binary_len, e->line);
	strbuf_addf(out, " %llu %llu %llu", (unsigned long long)e->time, (unsigned long long)e->record,
		    (unsigned long long)e->offset);
	add_text(out, e->provider);
	add_text(out, e->source);
	add_text(out, e->channel);
	add_text(out, e->computer);
	if (e->problem == REQUEST_GOOD) {
		add_text(out, r->name);
		strbuf_addf(out, "%u %u %d %d %llu %u %u %u", r->hresult, r->needed, r->has_cmid, r->has_client_time,
			    (unsigned long long)r->client_time, r->vm, r->status, r->minutes);
		strbuf_addf(out, " %s", guid_format(&r->cmid, GUID_PLAIN, id));
		strbuf_addf(out, " %s", guid_format(&r->product, GUID_PLAIN, id));
	} else {
		add_text(out, e->message);
	}
	strbuf_addc(out, '\n');
}

static void write_damage(void *context, uint64_t offset, const char *text)
{
	strbuf_addf(context, "%llu %s\n", (unsigned long long)offset, text);
}

static void events_come_out_as_they_went_in(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf in = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct log_sink sink = { .context = &out, .event = write_event, .damage = write_damage };
	struct log_batcher batcher;
	struct log_sink batched = log_batcher_begin(&batcher, &sink);

	for (int i = 0; i < 20000; i++) {
		const struct log_event event = some_event();

		write_event(&in, &event);
		batched.event(batched.context, &event);
		if (any(50))
			continue;
		write_damage(&in, 17, "a damage");
		batched.damage(batched.context, 17, "a damage");
	}
	log_batcher_end(&batcher);
	assert_int_equal(in.len, out.len);
	assert_memory_equal(in.data, out.data, in.len);
}

static void lines_are_those_of_the_log(void **state UNUSED)
{
	struct log_batch *batch = log_batch_new();
	struct log_event event = { .problem = REQUEST_CUT, .line = 3 }, told;

	log_batch_add(batch, &event);
	event.line = 0;
	log_batch_add(batch, &event);
	batch->lines_before = 100;
	log_batch_event(batch, &batch->entries[0], &told);
	assert_int_equal(told.line, 103);
	log_batch_event(batch, &batch->entries[1], &told);
	assert_int_equal(told.line, 0);
	log_batch_free(batch);
}

static void requests_of_one_kind_share_a_frame(void **state UNUSED)
{
	struct log_batch *batch = log_batch_new();
	struct log_event event = { .computer = TEXT("kms1"), .request = { .name = TEXT("pc1") } };

	for (int i = 0; i < LOG_BATCH_EVENTS; i++) {
		store_le32(event.request.product.bytes, (uint32_t)i % 3);
		assert_true(log_batch_add(batch, &event));
	}
	assert_int_equal(batch->n_frames, 3);
	assert_false(log_batch_add(batch, &event));
	log_batch_free(batch);
}

static void shape_tells_requests_of_one_kind_but_not_their_product(void **state UNUSED)
{
	struct log_batch *batch = log_batch_new();
	struct log_event event = { .computer = TEXT("kms1"), .shape = 1, .request = { .name = TEXT("pc1") } }, told;

	assert_true(log_batch_add(batch, &event));
	assert_true(log_batch_add(batch, &event));
	event.request.product.bytes[15] = 1;
	assert_true(log_batch_add(batch, &event));
	event.request.product.bytes[15] = 0;
	event.computer = TEXT("kms2");
	event.shape = 2;
	assert_true(log_batch_add(batch, &event));
	assert_int_equal(batch->n_frames, 3);
	for (size_t i = 0; i < batch->n; i++) {
		log_batch_event(batch, &batch->entries[i], &told);
		assert_int_equal(told.request.product.bytes[15], i == 2);
		assert_memory_equal(told.computer.data, i == 3 ? "kms2" : "kms1", 4);
		assert_int_equal(told.shape, 0);
	}
	log_batch_free(batch);
}

static void text_longer_than_a_batch_is_taken_whole(void **state UNUSED)
{
	CLEANUP(strbuf_release) struct strbuf long_name = STRBUF_INIT;
	struct log_batch *batch = log_batch_new();
	struct log_event event = { .computer = TEXT("kms1") }, told;

	strbuf_add_fill(&long_name, 'x', 1 << 20);
	event.request.name = (struct text){ long_name.data, long_name.len };
	assert_true(log_batch_add(batch, &event));
	assert_false(log_batch_add(batch, &event));
	log_batch_event(batch, &batch->entries[0], &told);
	assert_int_equal(told.request.name.len, long_name.len);
	assert_memory_equal(told.request.name.data, long_name.data, long_name.len);
	assert_memory_equal(told.computer.data, "kms1", 4);
	log_batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_as_they_went_in),
		cmocka_unit_test(lines_are_those_of_the_log),
		cmocka_unit_test(requests_of_one_kind_share_a_frame),
		cmocka_unit_test(shape_tells_requests_of_one_kind_but_not_their_product),
		cmocka_unit_test(text_longer_than_a_batch_is_taken_whole),
	};

	rng = rng_of(20260804, "events");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
