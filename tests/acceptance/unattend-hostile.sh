#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# More than 200 files that want to harm a reader of answer files. Each must end with exit code 0, 1 or 3 within two
# seconds and 64 MB, without a word of what it must not read. With sanitizers memory is not measured.
set -u
: "${BIN:?folder with the tools}"
[ -x "$BIN/unattend" ] || { echo "skipped: no unattend in $BIN"; exit 0; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

sanitized=no
grep -qa __asan_init "$BIN/unattend" && sanitized=yes
python3 - "$BIN/unattend" "$work" "$sanitized" <<'PYTHON'
import os, random, resource, signal, subprocess, sys, threading, time

tool, work, sanitized = sys.argv[1], sys.argv[2], sys.argv[3] == "yes"
SECONDS, MEGABYTES = (10.0 if sanitized else 2.0), 64  # of processor time: other work on the machine does not count
HANGS = 60  # seconds by the clock
NS = 'xmlns="urn:schemas-microsoft-com:unattend"'
WCM = 'xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State"'
COMPONENT = ('<component name="Microsoft-Windows-%s" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" '
             'language="neutral" versionScope="nonSxS" ' + WCM + '>')

def answer(inside, component="Shell-Setup", pass_="oobeSystem", head='<?xml version="1.0" encoding="utf-8"?>\n'):
    return (head + f'<unattend {NS}>\n<settings pass="{pass_}">\n' + COMPONENT % component + "\n" + inside +
            "\n</component>\n</settings>\n</unattend>\n")

GOOD = answer("<OOBE><HideEULAPage>true</HideEULAPage></OOBE>\n<TimeZone>UTC</TimeZone>\n<FirstLogonCommands>"
              '<SynchronousCommand wcm:action="add"><Order>1</Order><CommandLine>cmd /c "a &amp; b"</CommandLine>'
              "</SynchronousCommand></FirstLogonCommands><!-- end --><RegisteredOwner><![CDATA[x]]></RegisteredOwner>")
INI = '[Unattended]\r\nUnattendMode=FullUnattended\r\n[GuiUnattended]\r\nTimeZone=110\r\nAdminPassword="x"\r\n'

def entities():
    laughs = "".join(f'<!ENTITY l{i} "' + f"&l{i - 1};" * 10 + '">' for i in range(1, 10))
    doctype = '<!DOCTYPE unattend [%s]>\n'
    yield "laughs", answer("<TimeZone>&l9;</TimeZone>", head=doctype % ('<!ENTITY l0 "lol">' + laughs))
    yield "laughs-attribute", answer('<TimeZone x="&l9;"/>', head=doctype % ('<!ENTITY l0 "lol">' + laughs))
    yield "quadratic", answer("&q;" * 20000, head=doctype % ('<!ENTITY q "' + "q" * 20000 + '">'))
    yield "recursive", answer("&a;", head=doctype % '<!ENTITY a "&b;"><!ENTITY b "&a;">')
    yield "parameter", answer("x", head=doctype % '<!ENTITY % p "<!ENTITY &#37; q SYSTEM \'file:///etc/passwd\'>">%p;%q;')
    for i, target in enumerate(("file:///etc/passwd", "http://127.0.0.1:9/x", "/etc/passwd", "php://x", "\\\\host\\x", "ftp://127.0.0.1/x")):
        yield f"external-{i}", answer("<TimeZone>&x;</TimeZone>", head=doctype % f'<!ENTITY x SYSTEM "{target}">')
        yield f"dtd-{i}", answer("x", head=f'<!DOCTYPE unattend SYSTEM "{target}">\n')
    yield "xinclude", answer('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>')
    yield "stylesheet", GOOD.replace("<unattend", '<?xml-stylesheet href="file:///etc/passwd"?><unattend', 1)
    yield "schema-location", GOOD.replace("<unattend", '<unattend xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                                          'xsi:schemaLocation="urn:x http://127.0.0.1:9/x"', 1)
    yield "doctype-open", "<!DOCTYPE unattend [<!ENTITY a '" + "x" * 100000
    yield "doctype-brackets", "<!DOCTYPE unattend [" + "[" * 100000 + "]>" + GOOD
    for i, ref in enumerate(("&#0;", "&#xD800;", "&#x110000;", "&#99999999999999999999;", "&nosuch;", "&", "&#;", "&#x;", "&amp")):
        yield f"reference-{i}", answer(f"<TimeZone>{ref}</TimeZone>")

def sizes():
    for depth in (255, 256, 257, 10000, 100000, 1000000):
        yield f"deep-{depth}", "<unattend>" + "<a>" * depth + "</a>" * depth + "</unattend>"
        yield f"deep-open-{depth}", answer("<a>" * depth)
    for count in (255, 257, 10000, 200000, 900000):
        yield f"attributes-{count}", "<unattend " + " ".join(f'a{i}="1"' for i in range(count)) + "/>"
    yield "same-attribute", "<unattend " + 'a="1" ' * 200 + "/>"
    yield "long-attribute", f'<unattend {NS} a="' + "x" * (15 << 20) + '"/>'
    yield "long-name", "<" + "u" * (4 << 20) + "/>"
    yield "long-component-name", GOOD.replace("Shell-Setup", "S" * 1000000)
    yield "long-value", answer("<TimeZone>" + "x" * (15 << 20) + "</TimeZone>")
    yield "long-line", answer(" " * (15 << 20))
    yield "too-large", answer("x" * (17 << 20))
    yield "newlines", answer("\n" * (15 << 20))
    yield "namespaces", "<unattend " + " ".join(f'xmlns:n{i}="urn:{i}"' for i in range(250)) + "/>"
    yield "namespaces-deep", "".join(f'<unattend xmlns:n{i}="u">' for i in range(200)) + "</unattend>" * 200
    yield "references", answer("<TimeZone>" + "&amp;" * 3000000 + "</TimeZone>")
    yield "cdata", answer("<TimeZone>" + "<![CDATA[x]]>" * 1000000 + "</TimeZone>")
    yield "instructions", answer("<?a b?>" * 2000000)
    for count in (20000, 49000, 60000):
        yield f"elements-{count}", answer("<a/>\n" * count)
        yield f"comments-{count}", answer("<!-- x -->\n" * count)
        yield f"suppressions-{count}", answer("<!-- unattend: disable=UA301 -->\n" * count)
    for i, mark in enumerate(("{{", "{%", "${", "%{", "<%", "{{if ", "${\"", "{{}}<", "<%%><%")):
        yield f"marks-{i}", answer(mark * 400000)
        yield f"marks-between-{i}", answer(("<a/>" + mark) * 40000)
    yield "suppress-all", answer("<!-- unattend: disable=" + ",".join(["UA301"] * 100000) + " -->")
    yield "same-setting", answer("<TimeZone>UTC</TimeZone>\n" * 45000)
    yield "same-pass", f"<unattend {NS}>" + '<settings pass="oobeSystem"/>\n' * 45000 + "</unattend>"
    yield "same-component", f'<unattend {NS}><settings pass="oobeSystem">' + (COMPONENT % "Shell-Setup" + "</component>") * 12000 + "</settings></unattend>"
    yield "same-order", answer("<FirstLogonCommands>" + '<SynchronousCommand wcm:action="add"><Order>1</Order></SynchronousCommand>\n' * 20000 + "</FirstLogonCommands>")
    yield "orders", answer("<FirstLogonCommands>" + "".join(f'<SynchronousCommand wcm:action="add"><Order>{i}</Order></SynchronousCommand>' for i in range(20000)) + "</FirstLogonCommands>")
    yield "accounts", answer("<UserAccounts><LocalAccounts>" + "".join(f'<LocalAccount wcm:action="add"><Name>u{i}</Name></LocalAccount>' for i in range(20000)) + "</LocalAccounts></UserAccounts>")
    yield "partitions", answer("<DiskConfiguration>" + '<Disk wcm:action="add"><DiskID>0</DiskID><CreatePartitions>' + "".join(f'<CreatePartition wcm:action="add"><Order>{i}</Order><Size>1</Size></CreatePartition>' for i in range(12000)) + "</CreatePartitions></Disk></DiskConfiguration>", "Setup", "windowsPE")
    yield "deep-paths", answer("".join("<" + f"a{i}" + ">" for i in range(200)) + "".join("</" + f"a{i}" + ">" for i in reversed(range(200))))
    yield "placeholders", answer("<TimeZone>" + "{{ x }}" * 500000 + "</TimeZone>")
    yield "percent", answer("<TimeZone>" + "%{ if x }" * 500000 + "</TimeZone>")
    yield "keys", answer("<ProductKey>" + "W269N-WFGWX-YVC9B-4J6C9-" * 300000 + "</ProductKey>")
    yield "base64", answer("<AutoLogon><Password><Value>" + "QQBB" * 2000000 + "</Value><PlainText>false</PlainText></Password></AutoLogon>")

def texts():
    for i, at in enumerate((0, 1, 5, 40, 100, 200, len(GOOD) // 2, len(GOOD) - 2, len(GOOD))):
        yield f"nul-{i}", GOOD[:at] + "\0" + GOOD[at:]
    yield "nuls", b"\0" * 100000
    yield "nul-tail", GOOD.encode() + b"\0" * (10 << 20)
    bom = b"\xff\xfe"
    yield "utf16-bom-only", bom
    yield "utf16-odd", bom + GOOD.encode("utf-16-le")[:-1]
    yield "utf16-swapped", b"\xfe\xff" + GOOD.encode("utf-16-le")
    for i, unit in enumerate((b"\x00\xd8", b"\x00\xdc", b"\x00\xdc\x00\xd8", b"\xff\xff", b"\xfe\xff", b"\x00\xd8\x41\x00")):
        yield f"surrogate-value-{i}", bom + GOOD.replace("UTC", "@").encode("utf-16-le").replace(b"@\0", unit)
        yield f"surrogate-name-{i}", bom + GOOD.replace("TimeZone", "@").encode("utf-16-le").replace(b"@\0", unit)
        yield f"surrogate-end-{i}", bom + GOOD.encode("utf-16-le") + unit
    yield "utf16-no-bom", GOOD.encode("utf-16-le")
    yield "utf16be-no-bom", GOOD.encode("utf-16-be")
    yield "utf32", GOOD.encode("utf-32")
    yield "two-boms", b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD.encode()
    for i, raw in enumerate((b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xf8\x88\x80\x80\x80")):
        yield f"utf8-value-{i}", GOOD.encode().replace(b"UTC", raw)
        yield f"utf8-name-{i}", GOOD.encode().replace(b"TimeZone", raw)
    for i, name in enumerate(("utf-7", "ebcdic-cp-us", "utf-16", "x" * 5000, "", "utf-8\0")):
        yield f"encoding-{i}", GOOD.replace('"utf-8"', f'"{name}"')
    for i, text in enumerate(("<", "<?", "<?xml", "<unattend", "<unattend>", "</unattend>", "<!--", "<![CDATA[", "<a><b></a></b>", " \n\t", "&",
                              "<unattend/><unattend/>", "<unattend></unattend>x", "<unattend xmlns=''/>", "<?xml version='9'?><unattend/>",
                              "<unattend/>" + "<!--" + "-" * 100000, "<:/>", "<unattend xmlns:='x'/>", "<unattend :a='x'/>", "<x:unattend/>")):
        yield f"piece-{i}", text

def ini():
    yield "ini-lines", "[Unattended]\n" + "a=b\n" * 199000
    yield "ini-too-many-lines", "[Unattended]\n" + "a=b\n" * 300000
    yield "ini-long-line", "[Unattended]\nUnattendMode=" + "x" * (15 << 20)
    yield "ini-long-key", "[Unattended]\n" + "x" * (15 << 20) + "=1"
    yield "ini-quotes", '[Unattended]\nUnattendMode="' + '"' * 1000000
    yield "ini-sections", "[Unattended]\n" + "[a]\n" * 150000
    yield "ini-open-section", "[Unattended]\n[" + "a" * 1000000
    yield "ini-strays", "[Unattended]\n" + "stray\n" * 150000
    yield "ini-nul", INI.replace("110", "1\x0010")
    yield "ini-surrogate", b"\xff\xfe" + INI.encode("utf-16-le").replace(b"x\0", b"\x00\xd8")
    yield "ini-suppressions", "[Unattended]\n" + "; unattend: disable=UA907\n" * 100000
    yield "ini-number", INI.replace("110", "9" * 100000)
    yield "ini-high", INI.replace("110", "-2147483571")

def cuts():
    raw, wide, text = GOOD.encode(), b"\xff\xfe" + GOOD.encode("utf-16-le"), INI.encode()
    for at in range(1, len(raw), max(1, len(raw) // 60)):
        yield f"cut-{at}", raw[:at]
    for at in range(len(raw) - 12, len(raw)):
        yield f"cut-{at}-end", raw[:at]
    for at in range(1, len(wide), len(wide) // 15):
        yield f"cut16-{at}", wide[:at]
    for at in range(1, len(text), len(text) // 8):
        yield f"cut-ini-{at}", text[:at]
    rng = random.Random(1)
    for n in range(40):
        bad = bytearray(raw)
        for _ in range(rng.randint(1, 8)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        yield f"flip-{n}", bytes(bad)

def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

def run(arguments, feed=None):
    out = open(os.path.join(work, "out"), "w+b")
    start = time.monotonic()
    # time(1) between, as the kernel counts the memory of the process that forks as well
    child = subprocess.Popen(["/usr/bin/time", "-q", "-o", os.path.join(work, "memory"), "-f", "%M %U %S", tool, *arguments], stdin=subprocess.PIPE if feed else subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.STDOUT, preexec_fn=limit, cwd=work, start_new_session=True)
    timer = threading.Timer(HANGS, lambda: os.killpg(child.pid, signal.SIGKILL))
    timer.start()
    if feed:
        try:
            feed(child.stdin)
            child.stdin.close()
        except BrokenPipeError:
            pass
    code = child.wait()
    timer.cancel()
    took = time.monotonic() - start
    if took < HANGS:
        took = sum(float(n) for n in open(os.path.join(work, "memory")).read().split()[-2:])
    out.seek(0)
    text = out.read(2 << 20)
    out.close()
    memory = open(os.path.join(work, "memory")).read().split()
    return code, took, int(memory[-3]) / 1024 if len(memory) >= 3 else 0, text

def judge(code, took, mb, text):
    faults = []
    if code not in (0, 1, 3):
        faults.append(f"exit code {code}")
    if took > SECONDS:
        faults.append(f"{took:.1f} s")
    if mb > MEGABYTES and not sanitized:
        faults.append(f"{mb:.0f} MB")
    if b"root:x:0" in text or b"runtime error" in text or b"AddressSanitizer" in text or b"LeakSanitizer" in text:
        faults.append("said what it must not")
    if code == 3 and text.count(b"\n") > 40:
        faults.append("more than one line of error")
    return faults

if sanitized:  # looks at all of the text behind each time
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":intercept_memmem=0"
passed = failed = 0
worst = {"s": (0, ""), "MB": (0, "")}
def check(name, arguments, feed=None):
    global passed, failed
    code, took, mb, text = run(arguments, feed)
    worst["s"] = max(worst["s"], (took, name))
    worst["MB"] = max(worst["MB"], (mb, name))
    faults = judge(code, took, mb, text)
    if faults:
        failed += 1
        last = text.strip().splitlines()[-1:] or [b""]
        print(f"FAIL {name}: {', '.join(faults)}: {last[0][:160].decode(errors='replace')}")
    else:
        passed += 1

def endless(pipe):
    pipe.write(f"<unattend {NS} ".encode())
    block = b'a="1" ' * 20000
    for _ in range(9000):
        pipe.write(block)

count = 0
for source in (entities, sizes, texts, ini, cuts):
    for name, text in source():
        path = os.path.join(work, "unattend.xml")
        with open(path, "wb") as f:
            f.write(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        count += 1
        check(name, ["lint", path])
        if source is not sizes or len(text) < 1 << 20:
            check(name + " (get)", ["get", path])
check("a gigabyte of attributes", ["lint", "-"], endless)
with open(os.path.join(work, "sparse.xml"), "wb") as f:
    f.truncate(1 << 34)
check("sparse 16 GiB", ["lint", os.path.join(work, "sparse.xml")])
print(f"{count + 2} files; slowest {worst['s'][0]:.2f} s ({worst['s'][1]}), largest {worst['MB'][0]:.0f} MB ({worst['MB'][1]})")
if count < 200:
    failed += 1
    print("FAIL fewer than 200 files")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON
