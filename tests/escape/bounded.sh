# bounded: what a sandbox can make its broker hold has an end, and a broker that has no room left says so to who asks, and goes on.
# REQUESTS says how many are made (200000; `make check-long`: 10000000).
# shellcheck shell=bash disable=SC2154

asker() { # asker REQUESTS
        plant_secret
        echo data >"$W/data"
        mkfifo "$W/go"
        if am_root; then chown -R 65534:65534 "$W"; fi
        dev_policy "deny $W/**/*.never" # so names are brokered as well
        start "$CORDON" run -q -p "$T/policy" -- "$HELPERS/requests" "$S" "$1"
}

descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
mappings() { wc -l <"/proc/$1/maps"; }
pages() { cut -d' ' -f2 "/proc/$1/statm"; }

# What was answered a moment ago may still be being tidied up, so a number is taken when nobody asks, and by its lowest.
lowest() { # lowest WHAT
        local least now i
        least=$("$1" "$pid")
        for ((i = 0; i < 50; i++)); do
                now=$("$1" "$pid")
                [ "$now" -ge "$least" ] || least=$now
                pause 0.01
        done
        echo "$least"
}

no_more() { # no_more WHAT BEFORE WHEN
        local now
        now=$(lowest "$1")
        [ "$now" -le "$2" ] || fail "$1 $3: $now, and $2 before"
}

test_bounded_many_requests_leave_nothing_behind() {
        local most=${REQUESTS:-200000} fds maps memory
        ! grep -q __asan_init "$CORDON" || skip "AddressSanitizer keeps what is freed"
        asker "$most"
        expect_line "at " 60
        fds=$(lowest descriptors) maps=$(lowest mappings) memory=$(lowest pages)
        echo >"$W/go"
        expect_line "at " 3000
        no_more descriptors "$fds" "after $most requests"
        no_more mappings "$maps" "after $most requests"
        no_more pages $((memory + 32)) "after $most requests"
        echo >"$W/go"
        finish
        status_is 0
}

# No descriptor is left: for the program, opens fail as they do on any full machine; its sandbox lives, and later they work.
test_bounded_a_broker_without_descriptors() {
        need prlimit python3
        mkfifo "$W/go"
        echo data >"$W/data"
        chmod 777 "$W"
        dev_policy "deny $W/**/*.never"
        start "$CORDON" run -q -p "$T/policy" -- python3 -u -c 'import errno, os
go = os.open("go", os.O_RDWR)
def t(what, f):
    try: print(what, "works" if f() is None else "?")
    except OSError as e: print(what, errno.errorcode[e.errno])
def round():
    for i in range(200): t("open", lambda: os.close(os.open("data", os.O_RDONLY)))
    t("mkdir", lambda: os.mkdir("d")); t("rmdir", lambda: os.rmdir("d"))
    print("end")
for i in range(3):
    os.read(go, 1)
    round()'
        local most
        echo -n 1 >"$W/go"
        expect_line "open works"
        expect_line "rmdir works"
        expect_line end
        most=$(ulimit -n)
        prlimit --pid "$pid" --nofile="3:$most"
        echo -n 1 >"$W/go"
        expect_line "open EMFILE"
        expect_line end
        prlimit --pid "$pid" --nofile="$most:$most"
        echo -n 1 >"$W/go"
        expect_line "open works"
        expect_line "rmdir works"
        finish
        status_is 0
}
