/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One CMID, several computers. */
#include <stdlib.h>
#include <string.h>

#include "kms/rules_kms.h"

enum { IMAGES_SHOWN = 32 /* images of one group of clones */ };

const struct rule_meta rule_duplicate_cmid = {
	.id = "duplicate-cmid",
	.severity = SEVERITY_ERROR,
	.by_item = true,
	.summary = "several computers use one client machine ID (CMID)",
	.why = "A KMS host counts CMIDs, not computers: machines made from an image that was not generalized count "
	       "as one, and the count stays below the 25 or 5 that activation needs (0xC004F038).",
	.advice = "Run \"slmgr /rearm\" and restart each computer but one, and make the image again with sysprep "
		  "/generalize, without SkipRearm=1 in its answer file (for Office: ospprearm before the capture).",
	.source = "Microsoft KB929829; Microsoft Learn, Plan for volume activation",
};

const struct rule_meta rule_computer_renamed = {
	.id = "computer-renamed",
	.severity = SEVERITY_INFO,
	.by_item = true,
	.summary = "one name of a CMID stops and another begins: a rename, not a clone",
	.why = "A computer keeps its CMID when it is renamed or joins a domain.",
	.advice = "Nothing, when the rename is known. When both computers exist they are clones.",
};

const struct rule_meta rule_several_renewals = {
	.id = "several-renewals-one-name",
	.severity = SEVERITY_WARNING,
	.by_item = true,
	.summary = "an activated computer renews more often than once in seven days",
	.why = "Activated clients renew every seven days. More renewals under one CMID and one name mean several "
	       "computers that were cloned together with their name.",
	.advice = "Look for computers of this name; slmgr /dlv on each shows its CMID. Repair them as those of "
		  "duplicate-cmid.",
	.source = "Microsoft Learn, Plan for volume activation: renewal interval 10080 minutes",
};

static const char *kind_text(uint16_t kinds)
{
	return kinds == MACHINE_VIRTUAL ? ", virtual" : kinds == MACHINE_PHYSICAL ? "" : ", physical and virtual";
}

static void note_computer(const struct audit *audit, const struct audit_computer *computer, struct report *out)
{
	struct day_text from, to, rearmed;
	char cmid[GUID_BRACED_LEN + 1];

	report_note(out, "%s: %u request%s, %s to %s%s", computer_name(audit, computer->name), computer->requests,
		    computer->requests == 1 ? "" : "s", day_of(computer->first, &from), day_of(computer->last, &to),
		    kind_text(computer->kinds));
	if (computer->fixed)
		report_note(out, "  since then it has used another CMID, %s",
			    guid_format(&computer->fixed_cmid, GUID_PLAIN, cmid));
	else if (computer->rearmed)
		report_note(out, "  since then it was rearmed, on %s", day_of(computer->rearmed, &rearmed));
}

static void note_computers(const struct audit *audit, const struct audit_group *group, struct report *out)
{
	size_t shown = MIN(group->n_computers, (size_t)NAMES_SHOWN);

	for (size_t i = 0; i < shown; i++)
		note_computer(audit, &audit->computers.items[group->computers + i], out);
	if (shown < group->n_computers)
		report_note(out, "and %zu more", group->n_computers - shown);
}

struct image_share {
	const char *image; /* NULL: not in the inventory */
	size_t n;
};

static int compare_shares(const void *a, const void *b)
{
	const struct image_share *x = a, *y = b;

	if (!x->image || !y->image)
		return (x->image == NULL) - (y->image == NULL);
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->image, y->image);
}

static void count_image(struct image_share *shares, size_t *n, const char *image)
{
	for (size_t i = 0; i < *n; i++)
		if (image == shares[i].image || (image && shares[i].image && strcmp(image, shares[i].image) == 0)) {
			shares[i].n++;
			return;
		}
	if (*n < IMAGES_SHOWN)
		shares[(*n)++] = (struct image_share){ image, 1 };
}

/* Where the clones of a group come from, the image of most of them first. */
static void note_images(const struct audit *audit, const struct audit_group *group, struct report *out)
{
	struct image_share shares[IMAGES_SHOWN];
	size_t n = 0;

	if (!audit->options.inventory)
		return;
	for (size_t i = 0; i < group->n_computers; i++) {
		uint32_t name = audit->computers.items[group->computers + i].name;

		count_image(shares, &n, inventory_image(audit->options.inventory, cmid_index_name(audit->index, name)));
	}
	qsort(shares, n, sizeof(*shares), compare_shares);
	for (size_t i = 0; i < n; i++)
		report_note(out, "%s%s: %zu of %zu", shares[i].image ? "image " : "not in the inventory",
			    shares[i].image ? shares[i].image : "", shares[i].n, group->n_computers);
}

static bool group_in_pool(const struct audit *audit, const struct audit_group *group)
{
	for (size_t i = 0; i < group->n_computers; i++)
		if (!audit_in_pool(audit, audit->computers.items[group->computers + i].name))
			return false;
	return true;
}

/* Every one of them has another CMID by now, or was rearmed. */
static bool group_is_repaired(const struct audit *audit, const struct audit_group *group)
{
	size_t left = 0;

	for (size_t i = 0; i < group->n_computers; i++)
		left += !audit->computers.items[group->computers + i].fixed &&
			!audit->computers.items[group->computers + i].rearmed;
	return left <= 1;
}

static void tell_group(struct audit *audit, const struct audit_group *group, struct report *out)
{
	char cmid[GUID_BRACED_LEN + 1];
	struct place place = place_of_client(audit, cmid_index_client(audit->index, group->client), cmid);

	switch (group->verdict) {
	case GROUP_CLONES:
		report_add(out, &rule_duplicate_cmid, place, "%zu computers share the CMID %s and take turns: clones%s",
			   group->n_computers, cmid,
			   group_in_pool(audit, group) ? " of a pool image that was not rearmed" : "");
		break;
	case GROUP_LIKELY_CLONES:
		report_add_as(out, &rule_duplicate_cmid, SEVERITY_WARNING, place,
			      "%zu names with the CMID %s, one after the other: more than renames explain",
			      group->n_computers, cmid);
		break;
	case GROUP_RENAMED:
		report_add(out, &rule_computer_renamed, place, "%s with the CMID %s was renamed or joined a domain",
			   group->n_computers == 1 ? "a computer" : "the computer", cmid);
		break;
	}
}

void check_groups(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->groups.len; i++) {
		const struct audit_group *group = &audit->groups.items[i];

		tell_group(audit, group, out);
		if (group->verdict != GROUP_RENAMED) {
			if (group_is_repaired(audit, group))
				report_note(out, "all but one have been repaired since");
			note_images(audit, group, out);
		}
		note_computers(audit, group, out);
	}
}

static void tell_renewal(struct report *out, const struct audit_renewal *renewal, struct place place, const char *name)
{
	switch (renewal->verdict) {
	case RENEWAL_CLONES:
		report_add(out, &rule_several_renewals, place, "several computers use the name %s and one CMID", name);
		report_note(out, "%llu renewals came just a week after the one before: at least %llu computers",
			    (unsigned long long)renewal->weekly, (unsigned long long)renewal->computers);
		break;
	case RENEWAL_LIKELY_CLONES:
		report_add(out, &rule_several_renewals, place, "several computers may use the name %s and one CMID",
			   name);
		report_note(out, "the minutes left are those of about %llu computers, or of one whose renewals do not "
				 "succeed because the count is too low",
			    (unsigned long long)renewal->computers);
		break;
	case RENEWAL_SHORT_INTERVAL:
		report_add_as(out, &rule_several_renewals, SEVERITY_INFO, place, "%s renews more often than weekly",
			      name);
		report_note(out, "one computer explains it: a renewal interval set by policy, or slmgr /ato");
		break;
	}
}

void check_renewals(struct audit *audit, struct report *out)
{
	for (size_t i = 0; i < audit->renewals.len; i++) {
		const struct audit_renewal *renewal = &audit->renewals.items[i];
		const struct cmid_client *client = cmid_index_client(audit->index, renewal->client);
		const struct product *product = cmid_index_product(audit->index, renewal->product);
		char cmid[GUID_BRACED_LEN + 1];
		struct day_text from, to;

		if (audit_in_pool(audit, renewal->name))
			continue;
		tell_renewal(out, renewal, place_of_client(audit, client, cmid), computer_name(audit, renewal->name));
		report_note(out, "%llu renewals of %s from %s to %s; one computer makes about %llu",
			    (unsigned long long)renewal->renewals, product ? product->product : "a product",
			    day_of(renewal->first, &from), day_of(renewal->last, &to),
			    (unsigned long long)renewal->expected);
	}
}
