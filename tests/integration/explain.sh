# cordon explain: each section where there is something to say and where there is not, and that what is said is so.
# shellcheck shell=bash disable=SC2154

# Explains the test's policy for people ($out), and for programs ($T/json).
explained() {
        run "$CORDON" explain --json "$@" "${P-$T/policy}"
        mv "$T/out" "$T/json"
        local json_rc=$rc
        run "$CORDON" explain "$@" "${P-$T/policy}"
        is "$json_rc" "$rc" "the status for programs and for people"
}

# The lines of a section of $out, by the beginning of its head.
section() {
        awk -v head="$1" 'index($0, head) == 1 { on = 1; next } /^$/ { on = 0 } on' <<<"$out"
}

# Evaluates a Python expression over the JSON, `d`.
json() {
        python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$T/json" "$1"
}

json_is() { # json_is EXPRESSION VALUE
        is "$(json "$1")" "$2" "$1"
}

# ---- files and variables ---------------------------------------------------------------------------------------------

test_alone_it_explains_the_default() {
        run "$CORDON" explain
        status_is 0
        is "$err" ""
        has "$(section 'Policy files')" "(default)"
        matches "$(section 'Rules')" "write exec +$W +\(default\):[0-9]+"
        run "$CORDON" explain @base
        lacks "$(section 'Policy files')" "(default)"
        lacks "$(section 'Rules')" "$W"
}

test_files_are_told_with_what_uses_them() {
        need python3
        policy "$T/inner.policy" <<<"read $W"
        policy <<-END
		use @python
		use $T/inner.policy
	END
        explained
        status_is 0
        matches "$(section 'Policy files')" "@python +1 step away +used in $T/policy:2"
        matches "$(section 'Policy files')" "@base +2 steps away +used in @python:"
        json_is '[(s["name"], s["depth"]) for s in d["sources"] if s["depth"] == 1]' "[('@python', 1), ('$T/inner.policy', 1)]"
        json_is '[r["at"] for r in d["rules"] if r["path"] == "'"$W"'"]' "[{'file': '$T/inner.policy', 'line': 2}]"
        policy <<<"read $W"
        explained
        lacks "$out" "step away"
        json_is 'len(d["sources"])' 1
}

test_variables_are_told_with_their_values() {
        need python3
        policy <<-END
		param IN
		param OUT=$W/out
		let DATA=\$HOME/data
		read \$IN
		exec \$PROG
	END
        explained -D "IN=$W" # the policy comes last, as a word
        status_is 0
        matches "$(section 'Variables')" "\\\$IN +$W +param +$T/policy:2 +given with -D"
        matches "$(section 'Variables')" "\\\$OUT +$W/out +param +$T/policy:3"
        matches "$(section 'Variables')" "\\\$DATA +$HOME/data +let +$T/policy:4"
        matches "$(section 'Variables')" "\\\$HOME +$HOME +builtin"
        lacks "$(section 'Variables' | grep OUT)" "-D"
        json_is '[v["defined"] for v in d["variables"] if v["kind"] == "param"]' "[True, False]"
        json_is '[v.get("value") for v in d["variables"] if v["name"] == "PROG"]' "[None]"
        run "$CORDON" explain -p "$T/policy" -D "IN=$W" -- sh
        status_is 0
        matches "$(section 'Variables')" "\\\$PROG +/.*/sh +builtin"
        matches "$(section 'Rules')" "exec +/.* +$T/policy:6"
        run "$CORDON" explain -p "$T/policy" -D "IN=$W" -- no-such-program
        status_is 2
        is "$out" ""
}

# ---- rules -----------------------------------------------------------------------------------------------------------

test_each_rule_has_its_origin() {
        need python3
        mkdir -p "$W/real" "$W/real/deep"
        ln -s real "$W/link"
        policy "$T/inner.policy" <<<"write $W/real"
        policy <<-END
		use $T/inner.policy
		read $W/link because "to look at"
		never $W/real/deep
		exec $W/real/deep/tool
		deny $W/*.key
		tmp private 1M
	END
        explained
        status_is 0
        local rules
        rules=$(section 'Rules')
        matches "$rules" "read +$W/real +$T/policy:3 +written \"$W/link\" +because \"to look at\""
        matches "$rules" "write +$W/real +$T/inner.policy:2 +shadowed by $T/policy:3"
        matches "$rules" "exec +$W/real/deep/tool +$T/policy:5 +shadowed by $T/policy:4"
        matches "$rules" "deny +$W/\*.key +$T/policy:6"
        matches "$rules" "write +/tmp +$T/policy:7 +implied by tmp private 1M"
        is "$(grep -c shadowed <<<"$rules")" 2 "how many are shadowed"
        json_is '[(r["verb"], r["shadowed_by"]["line"]) for r in d["rules"] if "shadowed_by" in r]' "[('write', 3), ('exec', 4)]"
        json_is '[r["path"] for r in d["rules"]] == sorted(r["path"] for r in d["rules"])' True
        json_is '[r["pattern"] for r in d["rules"] if r["verb"] == "deny"]' "[True]"
        json_is '[r["because"] for r in d["rules"] if "because" in r]' "['to look at']"
        # what is told to be shadowed does not count
        echo "expect deny write $W/real/x" >>"$T/policy"
        echo "expect deny exec $W/real/deep/tool" >>"$T/policy"
        run "$CORDON" check "$T/policy"
        status_is 0
}

test_the_world_is_told_line_by_line() {
        need python3
        policy <<-END
		net host
		dev null
		proc self
		audit none
		cwd $W
		read $W
		env keep LANG
		env set COLOR=red
		limit time 90s files 33
	END
        explained
        status_is 0
        local world
        world=$(section 'The world')
        matches "$world" "net +host +$T/policy:2"
        matches "$world" "dev +null +$T/policy:3"
        matches "$world" "proc +self +$T/policy:4"
        matches "$world" "audit +none +$T/policy:5"
        matches "$world" "cwd +$W +$T/policy:6"
        matches "$world" "hostname +sandbox +\(default\)"
        matches "$(section Environment)" "keep +$T/policy:8 +LANG"
        matches "$(section Environment)" "set +$T/policy:9 +COLOR=red"
        matches "$(section Limits)" "time +90s +clock +all of the sandbox +$T/policy:10"
        matches "$(section Limits)" "files +33 +RLIMIT_NOFILE +each process +$T/policy:10"
        json_is '[(l["name"], l["value"], l.get("unit")) for l in d["limits"]]' "[('time', 90000, 'ms'), ('files', 33, None)]"
        policy <<<"read $W"
        explained
        matches "$(section 'The world')" 'net +none +\(default\)'
        is "$(section Limits)" "  none"
        json_is 'd["limits"]' "[]"
        lacks "$out" "Network endpoints"
        lacks "$out" "Descriptors"
        lacks "$out" "What the host must have"
}

test_endpoints_descriptors_and_requirements_are_told() {
        need python3
        policy <<-END
		read $W
		connect example.org:443 [::1]:80
		bind 127.0.0.1:3000-3999
		fd keep 5 read
		require landlock 2
		hostname box
		user 7:8
		caps keep kill
	END
        explained # whether it can be started or not
        matches "$(section 'Network endpoints')" "connect +example.org:443 +$T/policy:3"
        matches "$(section 'Network endpoints')" "bind +127.0.0.1:3000-3999 +$T/policy:4"
        matches "$(section 'Descriptors')" "5 +read +$T/policy:5"
        matches "$(section 'What the host must have')" "landlock 2 .*$T/policy:6"
        matches "$(section 'The world')" "hostname +box +$T/policy:7"
        matches "$(section 'The world')" "user +7:8 +$T/policy:8"
        matches "$(section 'The world')" "caps +keep kill +$T/policy:9"
        json_is '[e["endpoint"] for e in d["endpoints"]]' "['example.org:443', '[::1]:80', '127.0.0.1:3000-3999']"
        json_is 'd["descriptors"][0]["access"]' "['read']"
}

# ---- the plan --------------------------------------------------------------------------------------------------------

# The kernel's own list of mounts, seen from inside, against what was told.
test_the_view_is_as_told() {
        need python3
        mkdir -p "$W/in" "$W/out" "$W/tools"
        policy <<-END
		use @base @dev
		read $W/in
		write $W/out
		exec $W/tools
		deny /etc/passwd
		tmp private 3M exec
	END
        explained
        status_is 0
        local view
        view=$(section 'The view')
        boxed cat /proc/self/mountinfo
        status_is 0
        python3 - "$T/json" "$T/out" <<-'END' || fail "the mounts are not those that were told"
		import json, sys
		told = json.load(open(sys.argv[1]))["view"]
		real = {}
		for line in open(sys.argv[2]):
		    words = line.split()
		    real[words[4]] = set(words[5].split(","))
		checked = {}
		for mount in told:
		    if mount["kind"] not in ("bind", "tmpfs", "proc", "device", "mask"):
		        continue
		    if mount["path"] not in real:
		        assert mount["optional"], mount
		        continue
		    got = real[mount["path"]]
		    want = set(mount["flags"])
		    for yes, no in (("ro", "rw"), ("noexec", "exec"), ("nodev", "dev"), ("nosuid", "suid")):
		        assert (yes in want) == (yes in got), (mount, got)
		    checked[mount["kind"]] = checked.get(mount["kind"], 0) + 1
		print(checked)
		assert checked["bind"] >= 4 and checked["mask"] == 1 and checked["tmpfs"] == 1 and checked["device"] >= 1, checked
	END
        matches "$view" "bind +$W/in +ro noexec nodev nosuid +$T/policy:3"
        matches "$view" "bind +$W/out +rw noexec nodev nosuid +$T/policy:4"
        matches "$view" "bind +$W/tools +ro exec nodev nosuid +$T/policy:5"
        matches "$view" "mask +/etc/passwd +ro noexec nodev nosuid +$T/policy:6"
        matches "$view" "tmpfs +/tmp +rw exec nodev nosuid 3M +$T/policy:7"
        policy <<<"tmp none"
        explained
        lacks "$(section 'The view')" "tmpfs"
        lacks "$(section 'The view')" "mask"
}

test_what_is_brokered_is_told_with_the_rule() {
        need python3
        policy <<-END
		read $W
		audit none
		deny $W/*.key
	END
        explained
        matches "$(section 'Brokered')" "open +open openat openat2 creat +$T/policy:4 +.deny $W/\*.key. goes by a pattern"
        json_is 'd["brokered"][0]["at"]["line"]' 4
        policy <<-END
		read $W
		audit all
	END
        explained
        json_is 'd["brokered"][0]["at"]["line"]' 3
        policy <<-END
		read $W
		audit none
	END
        explained
        json_is 'd["brokered"][0]["family"]' sockets
        is "$(json 'len(d["brokered"])')" 1
        policy <<-END
		read $W
		audit none
		syscalls @basic
	END
        explained
        has "$(section 'Brokered')" "nothing: the view and Landlock say all"
        json_is 'd["brokered"]' "[]"
}

test_landlock_rights_are_told_in_words() {
        need python3
        mkdir -p "$W/in" "$W/out"
        policy <<-END
		use @base @dev
		read $W/in
		write $W/out
	END
        explained
        local landlock
        landlock=$(section 'Landlock')
        lacks "$landlock" "$W/in " # what is only read is asked for, one by one
        matches "$landlock" "$W/out +read_file read_dir( |$)"
        matches "$landlock" 'ABI [0-9]+ of this host'
        json_is '[r["rights"] for r in d["landlock"] if r["path"] == "'"$W/in"'"]' "[]"
        json_is '"make_dir" in [r["rights"] for r in d["landlock"] if r["path"] == "'"$W/out"'"][0]' True
        json_is '[r for r in d["landlock"] if "make_char" in r["rights"] or "make_block" in r["rights"]]' "[]"
        # as it is: what has the right can, what has not cannot
        boxed sh -c "mkdir $W/out/d && ! mkdir $W/in/d 2>/dev/null"
        status_is 0
}

test_system_calls_are_told_by_group() {
        need python3
        policy <<-END
		use @base
		syscalls @basic @ipc
		syscalls deny @timer getcpu
	END
        explained
        local calls
        calls=$(section 'System calls')
        matches "$calls" "@ipc-objects +partly +$T/policy:3"
        matches "$calls" "@timers +(partly|refused) +$T/policy:4"
        matches "$calls" "@linux-aio +refused +no line allows it"
        matches "$calls" "@mount-tree +refused +in every sandbox"
        matches "$calls" "@file-open +[a-z]+ +$T/policy:3 +.*brokered"
        matches "$calls" "getcpu +refused +$T/policy:4"
        json_is '[(g["state"], g["at"]["line"]) for g in d["syscalls"] if g.get("group") == "@ipc-objects"]' "[('partly', 3)]"
        json_is 'd["filter_instructions"] > 10' True
        policy <<<"use @base"
        explained
        matches "$(section 'System calls')" "@ipc-objects +partly +@default"
        lacks "$(section 'System calls')" "getcpu"
}

test_notes_are_told() {
        need python3
        policy <<-END
		read $W
		limit procs 512
	END
        explained
        matches "$(section 'Notes')" "$T/policy:3 +limit procs counts threads"
        json_is '[n["at"]["line"] for n in d["notes"] if "at" in n and "procs" in n["text"]]' "[3]"
        policy <<<"read $W"
        explained
        lacks "$(section 'Notes')" "procs"
}

test_limits_hold_as_told() {
        need python3
        policy <<-END
		use @base @dev
		limit files 33 fsize 2M
	END
        explained
        json_is '{l["enforced_by"]: l["value"] for l in d["limits"]}' "{'RLIMIT_NOFILE': 33, 'RLIMIT_FSIZE': 2097152}"
        boxed bash -c 'ulimit -n; ulimit -f'
        is "$out" $'33\n2048'
}

# ---- refusals --------------------------------------------------------------------------------------------------------

test_what_cannot_be_started_is_explained_all_the_same() {
        need python3
        policy <<-END
		let X=$W/missing
		write \$X
		limit files 33
	END
        explained
        status_is 1
        one_line "$err"
        has "$err" "no sandbox can be started"
        has "$(section 'Variables')" "$W/missing"
        matches "$(section 'Rules')" "write +$W/missing +$T/policy:3"
        has "$(section 'Limits')" RLIMIT_NOFILE
        has "$(section 'Refused')" "$T/policy:3"
        has "$(section 'Refused')" "make it first"
        has "$out" "This host"
        lacks "$out" "The view"
        json_is 'd["startable"], "view" in d, "host" in d' "(False, False, True)"
        json_is '[(r["at"]["line"], r["hint"]) for r in d["refusals"]]' "[(3, 'make it first, or name its directory or a pattern')]"
        mkdir "$W/missing"
        explained
        status_is 0
        is "$err" ""
        lacks "$out" "Refused"
        has "$(section 'The view')" "$W/missing"
        json_is 'd["startable"], "view" in d, d["refusals"]' "(True, True, [])"
}

test_errors_of_a_policy_are_no_explanation() {
        policy <<<"wirte $W"
        local option
        for option in "" --json; do
                run "$CORDON" explain $option "$T/policy"
                status_is 1
                is "$out" ""
                has "$err" "$T/policy:2:1: error"
                run "$CORDON" explain $option "$T/none.policy"
                status_is 2
                is "$out" ""
                run "$CORDON" explain $option @base
                status_is 0
        done
        for option in "" --json; do
                run sh -c "exec \"$CORDON\" explain $option >/dev/full"
                status_is 2
                has "$err" "cannot write the output"
        done
}

# ---- both forms ------------------------------------------------------------------------------------------------------

# Every row for programs is a line for people, with its place, in the same order.
test_people_and_programs_are_told_the_same() {
        need python3
        mkdir -p "$W/in" "$W/a very long name that goes beyond its column, and then some more"
        policy <<-END
		use @python @dev
		read $W/in because "x"
		read "$W/a very long name that goes beyond its column, and then some more"
		deny $W/*/*.key
		env set A=1 B=2
		limit time 1m procs 100
		syscalls @default
		syscalls deny @ipc
	END
        explained
        status_is 0
        python3 - "$T/json" "$T/out" <<-'END' || fail "the two differ"
		import json, sys
		d = json.load(open(sys.argv[1]))
		heads = {"sources": "Policy files", "variables": "Variables", "rules": "Rules", "world": "The world",
		         "environment": "Environment", "limits": "Limits", "view": "The view", "brokered": "Brokered",
		         "landlock": "Landlock", "syscalls": "System calls", "notes": "Notes", "host": "This host"}
		lines, section = {}, None
		for line in open(sys.argv[2]).read().split("\n"):
		    if line and not line.startswith(" "):
		        section = next((k for k, h in heads.items() if line.startswith(h)), None)
		        lines[section] = []
		    elif line and line.startswith(" " * 30):
		        lines[section][-1] += " " + line.strip()
		    elif line:
		        lines[section].append(line)
		for key in heads:
		    rows = d[key]
		    got = [l for l in lines.get(key, []) if "everything else is native" not in l and "of this host" not in l]
		    assert len(rows) == len(got), (key, len(rows), len(got))
		    for row, line in zip(rows, got):
		        for name in ("name", "verb", "path", "value", "group", "call", "state", "family", "feature"):
		            if name in row and not (key == "limits" and name == "value"):
		                assert str(row[name]) in line, (key, name, row, line)
		        for name in ("at", "used_at", "shadowed_by"):
		            if name in row:
		                place = row[name]["file"] + (":%d" % row[name]["line"] if "line" in row[name] else "")
		                assert place in line, (key, name, row, line)
		        for name in ("rights", "names", "calls"):
		            if name in row:
		                assert " ".join(row[name]) in line, (key, name, row, line)
		assert len(d["rules"]) > 50 and len(d["syscalls"]) > 20
	END
}

test_nothing_raw_reaches_the_terminal() {
        need python3
        local odd=$'o\e[31m\x07\xff'
        mkdir -p "$W/$odd"
        P=$W/$odd/$odd.policy
        printf 'cordon 1\nlet X=$HERE\nread $HERE\nenv set A="\\x1b[32m"\ndeny "%s/\\x1b[33m"\n' "$W" >"$P"
        explained
        status_is 0
        ! grep -q $'[\e\x07\xff]' "$T/out" || fail "raw bytes for people"
        ! grep -q $'[\e\x07\xff]' "$T/json" || fail "raw bytes for programs"
        has "$out" 'o\x1b[31m\x07\xff.policy:3'
        json_is '[r["at"]["file"] for r in d["rules"] if r["verb"] == "read" and not r["implied"]]' \
                "['$W/o\\\\x1b[31m\\\\x07\\\\xff/o\\\\x1b[31m\\\\x07\\\\xff.policy']"
        echo "write /nowhere" >>"$P"
        explained
        status_is 1
        cat "$T/json" "$T/out" "$T/err" >"$T/all"
        ! grep -q $'[\e\x07\xff]' "$T/all" || fail "raw bytes in a refusal"
}

test_many_rules_are_explained_in_seconds() {
        need python3
        {
                echo "cordon 1"
                seq -f "read /srv/d%.0f/x" 1 60000
                seq -f "deny /srv/d%.0f/*.key" 1 40000
        } >"$T/policy"
        run timeout 60 "$CORDON" explain "$T/policy"
        status_is 0
        [ "$(section Rules | wc -l)" -ge 100000 ] || fail "rules are missing"
        run timeout 60 "$CORDON" explain --json "$T/policy"
        status_is 0
        mv "$T/out" "$T/json"
        json_is 'sum(r["at"]["file"] != "(default)" for r in d["rules"])' 100000
}
