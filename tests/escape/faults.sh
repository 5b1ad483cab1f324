# One of the system calls of cordon, of its threads or of the sandbox's set-up fails: the run fails with a reason or goes on, and
# grants nothing, hangs nowhere and leaves nothing.
# FAULTS says how many calls are tried in each test (40; `make check-long`: all, each with SEEDS of its errors).
# shellcheck shell=bash disable=SC2154

# Requests of many kinds. Whatever fails of it, no other line than these can be printed.
busy() {
        cat >"$W/script" <<-END
		echo begun
		cat $W/data
		cat $S
		cat $W/closed.never
		mkdir $W/made && mv $W/made $W/moved && rmdir $W/moved && echo made
		echo text >$W/new && cat $W/new && rm $W/new
		echo no >$T/shown/no
		cat /made/file
		[ -e $W/hidden ] && echo hidden
		echo over
	END
}
lines='begun|data|made|text|virtual|over|calls [0-9]+|fault .*|exit [0-9]+'

fault_at() { # fault_at POINT SEED [OPTION]...
        local point=$1 seed=$2
        shift 2
        timeout -k 1 60 "$HELPERS/faultpoint" "$point" "$seed" "$CORDON" run -q -p "$T/policy" "$@" -- sh "$W/script" >"$T/said" 2>"$T/err" </dev/null ||
                fail "it hangs: $(cat "$T/said" "$T/err")"
}

everything() {
        cat /proc/self/mountinfo
        find "$W" "$T/shown" "$S" -printf '%p %y %s %m\n' | LC_ALL=C sort
        find /tmp /var/tmp /dev/shm -maxdepth 1 -user "$(id -u)" -name '*cordon*' ! -name '*test*' ! -name '*unit*' 2>/dev/null || true
}

# What must hold, whatever has failed.
holds() {
        local what exit
        what="$(grep '^fault' "$T/said") ($1)"
        ! grep -q '^signal' "$T/said" || fail "cordon died of $(grep '^signal' "$T/said"): $what"
        exit=$(sed -n 's/^exit //p' "$T/said")
        ! grep -vqxE "$lines" "$T/said" || fail "$what: it printed '$(grep -vxE "$lines" "$T/said")'"
        ! grep -q "$SECRET" "$T/said" "$T/err" || fail "$what: the secret was read"
        [ "$exit" != 125 ] || grep -qE "^cordon|: error: " "$T/err" || fail "$what: no reason is given"
        # A name that could not be taken away or moved on may be where the program had put it.
        rm -rf "$W/made" "$W/moved" "$W/new" "$T/kept"
        is "$(everything)" "$before" "what is there after $what"
        status="$status $exit"
}

faulty() { # faulty [OPTION]...
        local before calls point within i seed status='' count=${FAULTS:-40}
        mkdir -p -m 777 "$T/shown"
        echo data >"$W/data"
        echo never >"$W/closed.never"
        echo hidden >"$W/hidden"
        plant_secret
        busy
        chmod 666 "$W"/*
        run sh "$W/script" # outside, all of it works
        has "$out" "$SECRET"$'\n'never
        has "$out" hidden
        rm "$T/shown/no"
        before=$(everything)
        if [ -n "${keeps-}" ]; then mkdir -m 700 "$T/kept"; fi
        fault_at 0 0 "$@"
        rm -rf "$T/kept"
        is "$(grep -vE '^(calls|exit)' "$T/said" | paste -sd' ')" "begun data made text ${keeps:+virtual }over" "$(cat "$T/err")"
        has "$(cat "$T/said")" "exit 0"
        calls=$(sed -n 's/^calls //p' "$T/said")
        [ "$calls" -gt 500 ] || fail "only $calls calls"
        for ((i = 0; i < count && i < calls; i++)); do
                # Most calls are the broker's, and serve; the first thousand are cordon's and the set-up's.
                within=$((i % 2 && calls > 1000 ? 1000 : calls))
                point=$((count >= calls ? i + 1 : (RANDOM * 32768 + RANDOM) % within + 1))
                for ((seed = 0; seed < ${SEEDS:-1}; seed++)); do
                        [ -z "${keeps-}" ] || mkdir -m 700 "$T/kept"
                        fault_at "$point" $((${SEEDS:-0} ? seed : RANDOM)) "$@"
                        holds "call $point of $calls"
                done
        done
        # Some of them went through all the same, and some did not.
        has "$status " " 0 "
        has "$status " " 125 "
}

test_faults_of_a_plain_run() {
        need timeout
        dev_policy "read $T/shown
		deny $W/**/*.never
		hide $W/h?dden"
        faulty
}

test_faults_with_limits_and_an_overlay() {
        need timeout
        dev_policy "read $T/shown
		deny $W/**/*.never
		hide $W/h?dden
		file /made/file \"virtual\\n\"
		overlay $T/over
		limit output 1M
		limit time 100s
		limit procs 100
		unix datagram"
        mkdir -m 777 "$T/over"
        keeps=1
        faulty --keep "$T/kept" --audit "$T/audit" --channel
}
