# SPDX-License-Identifier: GPL-3.0-or-later
"""Random fleets of KMS clients, and what an audit of their hosts' logs must say, from the words of docs/rules alone.

kms_model.py [--fleets N] [--seed N]: prints "ok"/"FAIL" lines. kms is on the PATH; the current folder is filled.
For each fleet: the audit of its logs against the model; summaries of parts that overlap, merged in any order; stores."""
import argparse, collections, json, os, random, subprocess, sys, uuid

DAY, HOUR, MINUTE = 86400, 3600, 60
START = 1767225600  # 2026-01-01
WINDOW = 30 * DAY
# Activation id, what counts it, which count it needs, whose client machine id it has.
PRODUCTS = [
    ("73111121-5638-40f6-bc11-f1d7b0d64300", "windows", 25, "windows"),       # Windows 10 and 11 Enterprise
    ("68531fb9-5511-4989-97be-d11a0f55633f", "windows", 5, "windows"),        # Server 2008 R2 Standard
    ("d450596f-894d-49e0-966a-fd39ed4c4c64", "office-2016", 5, "office"),     # Office 2016 Professional Plus
    ("cee5d470-6e3b-4fcc-8c2b-d17428568a9f", "office-2010", 5, "office-2010"),  # Office 2010 Excel
]
Event = collections.namedtuple("Event", "host record time name cmid product client_time virtual status minutes result")


class Fleet:
    """Machines of every kind; a machine asks its host, or one of its hosts."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.hosts = [f"kms{i}.example.com" for i in range(1 + seed % 3)]
        self.asked = []
        self.pool = "vdi-*"
        for i in range(self.rng.randrange(8, 20)):
            self.add(i, self.rng.choice(["plain", "plain", "clones", "renamed", "reinstalled", "same name", "vdi", "loop",
                                         "office", "office again", "short", "clones of one name", "policy", "by hand", "moved", "two domains", "refused", "clock"]))
        self.events = []
        self.number()

    def guid(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128)))

    def ask(self, day, name, cmid, product=0, virtual=1, status=2, minutes=1000, result=0, skew=0):
        time = START + int(day * DAY) // MINUTE * MINUTE + self.rng.randrange(60)
        self.asked.append((time, self.rng.choice(self.hosts), name, cmid, PRODUCTS[product], time // 60 * 60 + skew, virtual, status,
                           minutes, result))

    def days(self, n, low=0.0, high=60.0):
        return sorted(self.rng.uniform(low, high) for _ in range(n))

    def add(self, i, kind):
        rng, cmid, product = self.rng, self.guid(), self.rng.randrange(2)
        full = f"PC{i}.Example.com"
        if kind == "plain":
            for day in self.days(rng.randrange(1, 9)):
                self.ask(day, full, cmid, product, result=rng.choice([0, 0, 0, 0xC004F042]))
        elif kind == "clones":
            n = rng.randrange(2, 7)
            for day in self.days(rng.randrange(n, 5 * n)):
                self.ask(day, f"clone{i}-{rng.randrange(n)}.example.com", cmid, product)
        elif kind == "renamed":
            names = [f"new{i}-{k}.example.com" for k in range(rng.randrange(2, 6))]
            for k, name in enumerate(names):
                for day in self.days(rng.randrange(1, 4), k * 10, k * 10 + 9):
                    self.ask(day, name, cmid, product)
        elif kind in ("reinstalled", "loop", "vdi"):
            n = {"reinstalled": 2, "loop": rng.randrange(4, 7), "vdi": rng.randrange(4, 9)}[kind]
            name = f"vdi-{i}" if kind == "vdi" and rng.random() < 0.5 else full
            for k in range(n):
                licensed = kind == "loop" and k == 0
                for day in self.days(rng.randrange(1, 3), k * 6, k * 6 + 5):
                    self.ask(day, name, self.guid() if kind == "vdi" else f"{i:08x}-0000-4000-8000-{k:012x}", 0, 1,
                             1 if licensed else 2, 249120 if licensed else 1000)
        elif kind == "same name":
            cmids = [self.guid(), self.guid()]
            for day in self.days(rng.randrange(4, 9)):
                self.ask(day, full, rng.choice(cmids), product)
        elif kind == "office":
            own, which = rng.random() < 0.5, rng.choice([2, 3])
            office = self.guid() if own else cmid
            for day in self.days(rng.randrange(2, 6)):
                self.ask(day, full, cmid, 0)
                self.ask(day + 0.01, full, office, which)
        elif kind == "office again":
            for k, one in enumerate([cmid, self.guid()]):
                for day in self.days(rng.randrange(1, 4), k * 20, k * 20 + 15):
                    self.ask(day, full, one, 0)
                    self.ask(day + 0.01, full, one, 2)
        elif kind == "short":
            for day in self.days(rng.randrange(2, 8)):
                self.ask(day, rng.choice([full, f"pc{i}", full.upper() + "."]), cmid, product)
        elif kind == "clones of one name":
            for machine in range(rng.randrange(3, 6)):
                phase = rng.uniform(0, 6.9)
                for week in range(7):
                    self.ask(phase + 7 * week, full, cmid, 0, 1, 1, 249120 - rng.randrange(-100, 60))
        elif kind == "policy":
            for k in range(30):
                self.ask(k * 1.5, full, cmid, 0, 1, 1, 259200 - 2160)
        elif kind == "by hand":
            for week in range(6):
                self.ask(7 * week, full, cmid, 0, 1, 1, 249120)
            for k in range(rng.randrange(1, 5)):
                self.ask(7 * k + 1, full, cmid, 0, 1, 1, 259200 - 1440)
        elif kind == "moved":
            for day in self.days(3, 0, 20):
                self.ask(day, f"pc{i}.a.example.com", cmid, product)
            for day in self.days(3, 25, 50):
                self.ask(day, f"pc{i}.b.example.com", cmid, product)
        elif kind == "two domains":
            for day in self.days(rng.randrange(3, 9)):
                self.ask(day, f"pc{i}.{rng.choice('ab')}.example.com", cmid, product)
        elif kind == "refused":
            for day in self.days(rng.randrange(1, 5)):
                self.ask(day, full, cmid, product, result=rng.choice([0xC004F042, 0xC004F06C]))
        elif kind == "clock":
            for day in self.days(rng.randrange(1, 5)):
                self.ask(day, full, cmid, product, skew=rng.choice([0, 239, 241, -241, 5000]) * MINUTE)

    def number(self):
        """Records of a host have running numbers in the order of time."""
        at = collections.Counter()
        for time, host, name, cmid, product, client, virtual, status, minutes, result in sorted(self.asked, key=lambda a: a[0]):
            at[host] += 1
            self.events.append(Event(host, at[host], time, name, cmid, product, client, virtual, status, minutes, result))


def stamp(time, form):
    import time as clock
    t = clock.gmtime(time)
    return f"{t.tm_year}/{t.tm_mon}/{t.tm_mday} {t.tm_hour}:{t.tm_min:02d}" if form == "line" else clock.strftime("%Y-%m-%dT%H:%M:%SZ", t)


def write_xml(path, events):
    with open(path, "w") as out:
        out.write("<Events>\n")
        for e in events:
            line = ",".join([f"0x{e.result:X}", str(e.product[2]), e.name, e.cmid, stamp(e.client_time, "line"), str(e.virtual),
                             str(e.status), str(e.minutes), e.product[0]])
            out.write(f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-SPP'/>"
                      f"<EventID Qualifiers='16384'>12290</EventID><TimeCreated SystemTime='{stamp(e.time, 'xml')}'/><EventRecordID>{e.record}</EventRecordID>"
                      f"<Channel>Key Management Service</Channel><Computer>{e.host.upper() if e.record % 7 == 3 else e.host}</Computer></System><EventData><Data>{line}</Data></EventData></Event>\n")
        out.write("</Events>\n")


# ---- the model -------------------------------------------------------------------------------------------------------

def plain(name):
    return name.rstrip(".").lower()


def computers(events):
    """Names of one CMID as computers: {name or label: its events}."""
    labels = collections.defaultdict(lambda: collections.defaultdict(list))
    for e in events:
        name = plain(e.name)
        labels[name.split(".")[0]][name].append(e)
    found = {}
    for label, names in labels.items():
        domains = [n for n in names if "." in n]
        spans = {n: (min(e.time for e in names[n]), max(e.time for e in names[n])) for n in domains}
        apart = any(a != b and spans[a][0] <= spans[b][1] and spans[b][0] <= spans[a][1] for a in domains for b in domains)
        if apart and len(names) == len(domains):
            found.update({n: names[n] for n in domains})
        else:
            found[label] = [e for n in names for e in names[n]]
    return found


def moved(events):
    return len({plain(e.name) for e in events if "." in plain(e.name)}) > 1


def take_turns(parts):
    """Some event of one lies between two of another, or at the same time."""
    for a in parts:
        for b in parts:
            if a is not b and any(min(e.time for e in a) <= e.time <= max(e.time for e in a) for e in b):
                return True
    return False


def model_groups(events):
    groups = {}
    for cmid in {e.cmid for e in events}:
        of = computers([e for e in events if e.cmid == cmid])
        if len(of) > 1 or any(moved(part) for part in of.values()):
            verdict = "clones" if take_turns(list(of.values())) else "likely-clones" if len(of) > 3 else "renamed"
            groups[cmid] = (verdict, sorted(len(part) for part in of.values()))
    return groups


def model_counters(events, groups):
    found = {}
    for host in {e.host for e in events}:
        end = max(e.time for e in events if e.host == host)
        oldest = min(e.time for e in events if e.host == host)
        start = end - WINDOW
        for counter in {e.product[1] for e in events if e.host == host}:
            mine = [e for e in events if e.host == host and e.product[1] == counter]
            now = [e for e in mine if e.time > start]
            good = [e for e in now if e.result == 0]
            cmids = {e.cmid for e in good}
            needed = max([e.product[2] for e in now], default=0)
            n = 0
            for cmid in cmids:
                if cmid in groups and groups[cmid][0] != "renamed":
                    answered = {(plain(e.name), e.product[0]) for e in good if e.cmid == cmid}
                    n += len(computers([e for e in mine if e.cmid == cmid and (plain(e.name), e.product[0]) in answered]))
                else:
                    n += 1
            cap = 50 if needed == 25 else 10
            # Requests are counted by whole hours.
            requests = sum(start // HOUR <= e.time // HOUR <= end // HOUR for e in mine)
            found[host, counter] = dict(requests=requests, distinct_cmids=len(cmids), computers=n, cap=cap, needed=needed,
                                        expected_count=min(len(cmids), cap), count_without_duplicates=min(n, cap),
                                        covers_window=oldest <= start)
    return found


def model_changes(events):
    found = collections.Counter()
    for name in {plain(e.name) for e in events}:
        told = None
        for application in ("windows", "office-2010", "office"):
            mine = [e for e in events if plain(e.name) == name and e.product[3] == application]
            cmids = sorted({e.cmid for e in mine})
            parts = [[e for e in mine if e.cmid == c] for c in cmids]
            if len(cmids) < 2 or (told is not None and set(cmids) <= told):
                continue
            told = set(cmids)
            stays = any(not e.virtual or (e.status == 1 and e.result == 0) for e in mine)
            verdict = ("rearm-loop" if stays else "non-persistent") if len(cmids) >= 4 else \
                "two-computers-of-one-name" if take_turns(parts) else "reinstalled"
            found[name, verdict, tuple(cmids)] += 1
    return found


def model_renewals(events):
    found = {}
    licensed = [e for e in events if e.status == 1 and e.result == 0]
    for key in {(e.cmid, plain(e.name).split(".")[0], e.product[0]) for e in licensed}:
        mine = [e for e in licensed if (e.cmid, plain(e.name).split(".")[0], e.product[0]) == key]
        minutes = (max(e.time for e in mine) - min(e.time for e in mine)) // 60
        expected = minutes // 10080 + 1
        weekly = sum(10080 - 180 <= 259200 - e.minutes <= 10080 + 90 for e in mine)
        if len(mine) <= expected + 2:
            continue
        if weekly > expected + 2:
            verdict = "clones-of-one-name"
        elif sum(259200 - e.minutes for e in mine) > minutes * 1.1 + 2 * 10080:
            verdict = "likely-clones-of-one-name"
        else:
            verdict = "short-interval"
        found[key[0], key[2]] = (verdict, len(mine), weekly, expected)
    return found


def check_audit(audit, events, pool):
    wrong = []

    def same(what, got, wanted):
        if got != wanted:
            wrong.append(f"{what}: {got} instead of {wanted}")

    groups = model_groups(events)
    same("requests", audit["requests"], len(events))
    same("refused", audit["refused"], sum(e.result != 0 for e in events))
    same("cmids", audit["cmids"], len({e.cmid for e in events}))
    same("groups", {g["cmid"]: (g["verdict"], sorted(c["requests"] for c in g["computers"])) for g in audit["groups"]}, groups)
    keys = ("requests", "distinct_cmids", "computers", "cap", "needed", "expected_count", "count_without_duplicates", "covers_window")
    same("counters", {(c["host"].lower(), c["counter"]): {k: c[k] for k in keys} for c in audit["counters"]}, model_counters(events, groups))
    same("changes", collections.Counter((plain(c["computer"]), c["verdict"], tuple(sorted(c["cmids"]))) for c in audit["changes"]),
         model_changes(events))
    same("renewals", {(r["cmid"], r["product_id"]): (r["verdict"], r["renewals"], r["weekly"], r["expected"]) for r in audit["renewals"]},
         model_renewals(events))
    codes = collections.Counter(f"0x{e.result:08X}" for e in events if e.result)
    same("failures", {f["code"]: f["requests"] for f in audit["failures"]}, dict(codes))
    unsupported = collections.Counter((e.host, e.product[0]) for e in events if e.result == 0xC004F042)
    same("unsupported", {(u["host"].lower(), u["product_id"]): u["requests"] for u in audit["unsupported_products"]}, dict(unsupported))
    skewed = {(e.cmid, plain(e.name), e.product[0], e.host) for e in events if abs(e.client_time - e.time) // 60 > 240}
    found = collections.Counter(f["rule"] for f in audit["findings"])
    same("clock-skew", found["clock-skew"], len(skewed))
    same("duplicate-cmid", found["duplicate-cmid"], sum(g[0] != "renamed" for g in groups.values()))
    same("computer-renamed", found["computer-renamed"], sum(g[0] == "renamed" for g in groups.values()))
    in_pool = [e for e in events if plain(e.name).startswith(pool.rstrip("*"))]
    same("pool", (audit["pools"][0]["computers"], audit["pools"][0]["cmids"]),
         (len({plain(e.name) for e in in_pool}), len({e.cmid for e in in_pool})))
    return wrong


# ---- running ---------------------------------------------------------------------------------------------------------

def run(*args):
    done = subprocess.run(["kms", *args], capture_output=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{args}: {done.returncode} {done.stderr.decode()}")
    return done.stdout


def audit_of(pool, *args):
    return json.loads(run("audit", "--json", "--pool", pool, *args))


def without_inputs(audit):
    """Everything but the list of inputs and the places in them."""
    rest = {k: v for k, v in audit.items() if k != "logs"}
    rest["findings"] = sorted(json.dumps({k: v for k, v in f.items() if k not in ("file", "line", "offset")}) for f in audit["findings"])
    return rest


def parts_of(rng, fleet):
    """Logs that overlap: of each host stretches that together have every record, some more than once."""
    files = []
    for host in fleet.hosts:
        mine = [e for e in fleet.events if e.host == host]
        cuts = sorted(rng.randrange(len(mine) + 1) for _ in range(rng.randrange(0, 4)))
        for low, high in zip([0] + cuts, cuts + [len(mine)]):
            low = max(0, low - rng.randrange(0, 6))
            if high > low:
                files.append(f"part{len(files)}.xml")
                write_xml(files[-1], mine[low:high])
    return files


def check_fleet(seed, verdicts):
    fleet = Fleet(seed)
    rng = random.Random(seed + 1000000)
    files = parts_of(rng, fleet)
    audit = audit_of(fleet.pool, *files)
    wrong = check_audit(audit, fleet.events, fleet.pool)
    for g in audit["groups"] + audit["changes"] + audit["renewals"]:
        verdicts[g["verdict"]] += 1
    wanted = without_inputs(audit)
    order = files[:]
    rng.shuffle(order)
    if without_inputs(audit_of(fleet.pool, *order)) != wanted:
        wrong.append("logs in another order give another audit")
    # Map and reduce: a summary a log, merged two at a time in any order, one of them twice.
    left = []
    for f in order + order[:1]:
        run("summarize", f, "-o", f"s{len(left)}.kmsd")
        left.append(f"s{len(left)}.kmsd")
    for i in range(len(left) - 1):
        rng.shuffle(left)
        a, b = left.pop(), left.pop()
        run("merge", a, b, "-o", f"m{i}.kmsd")
        left.append(f"m{i}.kmsd")
    if without_inputs(audit_of(fleet.pool, left[0])) != wanted:
        wrong.append("merged summaries give another audit")
    run("merge", left[0], left[0], "-o", "twice.kmsd")
    run("merge", left[0], "-o", "once.kmsd")
    if open("twice.kmsd", "rb").read() != open("once.kmsd", "rb").read():
        wrong.append("a summary merged with itself is another")
    for name in os.listdir("."):
        if name.startswith("store.sqlite"):
            os.remove(name)
    for f in order + order[:1]:
        run("ingest", "--db", "store.sqlite", f)
    stored = audit_of(fleet.pool, "--db", "store.sqlite")
    if stored != audit_of(fleet.pool, *sorted(files)):
        wrong.append("the store gives another audit than its logs in the order of their names")
    for name in files:
        os.remove(name)
    return wrong


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--fleets", type=int, default=20)
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    verdicts, bad = collections.Counter(), 0
    for seed in range(args.seed, args.seed + args.fleets):
        wrong = check_fleet(seed, verdicts)
        bad += bool(wrong)
        if wrong:
            print(f"FAIL fleet {seed}")
            for line in wrong[:6]:
                print("    " + line[:400])
    if not bad:
        print(f"ok {args.fleets} fleets: the audit is the model's, from logs, merged summaries and stores")
    every = {"clones", "likely-clones", "renamed", "reinstalled", "two-computers-of-one-name", "rearm-loop", "non-persistent",
             "clones-of-one-name", "short-interval"}
    missing = every - set(verdicts)
    print(f"FAIL no fleet had {sorted(missing)}" if missing else f"ok every verdict occurred: {dict(sorted(verdicts.items()))}")
    failed = bad + bool(missing)
    print(f"{2 - bool(bad) - bool(missing)} passed, {failed} failed, 0 skipped")
    sys.exit(failed != 0)


main()
