# fail-closed, bounded: the wire of the channel, from a program that is hostile, against a broker that serves another one meanwhile.
# SESSIONS says how many such programs there are (150; `make check-long`: 20000).
# shellcheck shell=bash

test_wire_of_a_hostile_program() {
        chmod 755 "$W"
        run "$HELPERS/live-wire" "$W" 1 "${SESSIONS:-150}"
        is "$err" ""
        status_is 0
        is "$out" "${SESSIONS:-150} sessions: all is well"
}
