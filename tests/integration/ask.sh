# What `ask` rules leave to a person: the question at the terminal and each of its answers, where nobody can answer, and what may
# be reached without one.
# shellcheck shell=bash

# The keys below $W/d are asked for; the rest of it can be read.
ask_policy() {
        need python3
        mkdir -p "$W/d"
        echo KEY-A >"$W/d/a.key"
        echo KEY-B >"$W/d/b.key"
        echo PLAIN >"$W/d/plain"
        dev_policy "${1-ask read $W/d/*.key because \"keys: ask a person\"}"
}

# asked STEP... -- PROGRAM...: on a terminal of its own, with the steps of tests/helpers/ask.py. Options of cordon in $options.
options=()
asked() {
        local steps=()
        while [ "$1" != -- ]; do
                steps+=("$1")
                shift
        done
        run python3 "$HERE/helpers/ask.py" "${steps[@]}" -- "$CORDON" run -p "$T/policy" "${options[@]}" "$@"
        status_is 0
}

count() { # count TEXT PART: how often it is there
        grep -oF -- "$2" <<<"$1" | wc -l
}

# ---- answers --------------------------------------------------------------------------------------------------------

test_once_is_once() {
        ask_policy
        asked "ask:cat \(pid [0-9]+, /[^)]*cat\) asks to read $W/d/a.key" 'type:once #\n' see:KEY-A "ask:a\.key" 'type:d\n' status:1 \
                -- cat "$W/d/a.key" "$W/d/a.key"
        has "$out" "policy:5  ask read $W/d/*.key  because \"keys: ask a person\""
        is "$(count "$out" KEY-A)" 1
        matches "$out" "denied.*read $W/d/a.key .*you said no"
        lacks "$out" "always"
}

test_a_letter_is_enough_and_return_is_a_no() {
        ask_policy
        asked ask:a.key 'type:o#\n' see:KEY-A ask:b.key 'type:\n' status:1 -- cat "$W/d/a.key" "$W/d/b.key"
        lacks "$out" KEY-B
        asked ask:a.key 'type:no\n' status:1 -- cat "$W/d/a.key"
        lacks "$out" KEY-A
}

test_for_this_run() {
        ask_policy
        asked ask:a.key 'type:run #\n' ask:b.key 'type:deny\n' status:1 -- cat "$W/d/a.key" "$W/d/a.key" "$W/d/b.key" "$W/d/a.key"
        is "$(count "$out" KEY-A)" 3
        lacks "$out" KEY-B
}

test_a_program_that_asks_again_and_again_is_silenced() {
        ask_policy
        asked ask:a.key 'type:quiet\n' -- sh -c "for i in 1 2 3 4 5 6 7 8 9; do cat $W/d/[ab].key; done 2>/dev/null; cat $W/d/plain"
        is "$(count "$out" "asks to")" 1
        lacks "$out" KEY
        has "$out" PLAIN
        has "$out" "you said no, for this run"
        # Other rules go on asking.
        ask_policy "ask read $W/d/*.key $W/d/pl*"
        sed -i "s|^ask.*|ask read $W/d/*.key\nask read $W/d/pl*|" "$T/policy"
        asked ask:a.key 'type:quiet\n' ask:plain 'type:once #\n' -- sh -c "cat $W/d/*.key 2>/dev/null; cat $W/d/plain"
        has "$out" PLAIN
}

test_always_is_saved_where_a_person_said() {
        ask_policy
        options=(--ask-save "$T/saved")
        cp "$T/policy" "$T/policy-before"
        asked ask:a.key 'type:always #\n' ask:b.key 'type:once #\n' -- cat "$W/d/a.key" "$W/d/a.key" "$W/d/b.key"
        has "$out" "add to $T/saved: read $W/d/a.key"
        is "$(cat "$T/saved")" $'cordon 1\n'"read $W/d/a.key"
        cmp "$T/policy" "$T/policy-before" || fail "the policy has changed"
        # It holds the next time, for that path; another run says it once.
        run "$CORDON" run -p "$T/policy" -p "$T/saved" -- cat "$W/d/a.key"
        is "$out" KEY-A
        run "$CORDON" run -p "$T/policy" -p "$T/saved" -- cat "$W/d/b.key"
        status_is 1
        asked ask:a.key 'type:a #\n' -- cat "$W/d/a.key"
        is "$(grep -c . "$T/saved")" 2
        printf '%s' "cordon 1 # no end of line" >"$T/saved"
        asked ask:b.key 'type:a #\n' -- cat "$W/d/b.key"
        is "$(cat "$T/saved")" $'cordon 1 # no end of line\n'"read $W/d/b.key"
        # What cannot be written is told; the answer counts for this run.
        options=(--ask-save "$T/nowhere/saved")
        asked ask:a.key 'type:a #\n' 'see:cannot write to the file: No such file' -- cat "$W/d/a.key" "$W/d/a.key"
        is "$(count "$out" KEY-A)" 2
}

# A rule about the very same path would lose to the one that asks.
test_always_is_offered_only_where_it_would_help() {
        ask_policy "ask read $W/d/a.key"
        options=(--ask-save "$T/saved")
        asked ask:a.key 'type:always #\n' 'see:that is none of the answers' ask:a.key 'type:once #\n' -- cat "$W/d/a.key"
        lacks "$out" "$T/saved"
        [ ! -e "$T/saved" ] || fail "something was saved"
}

# ---- no answer ------------------------------------------------------------------------------------------------------

test_no_answer_in_time() {
        ask_policy
        options=(--ask-timeout 50ms)
        asked see:asks 'see:no answer in time: denied' status:1 -- cat "$W/d/a.key"
        lacks "$out" KEY
        matches "$out" "denied.*a.key .*nobody answered in time"
        options=(--ask-timeout 1h)
        asked ask:a.key 'type:once #\n' -- cat "$W/d/a.key"
        has "$out" KEY-A
}

test_end_of_file() {
        ask_policy
        asked ask:a.key 'type:\x04' ask:b.key 'type:once #\n' see:KEY-B status:1 -- cat "$W/d/a.key" "$W/d/b.key"
        lacks "$out" KEY-A
        has "$out" "there was an end of file in place of an answer"
}

test_no_terminal() {
        ask_policy
        need setsid
        run setsid -w "$CORDON" run -p "$T/policy" -- cat "$W/d/a.key"
        status_is 1
        lacks "$out" KEY
        matches "$err" "denied  read $W/d/a.key .*there was no terminal"
        # Standard input is nobody who could be asked.
        printf 'once 100\nd\n' >"$T/answers"
        stdin=$T/answers run setsid -w "$CORDON" run -p "$T/policy" -- cat "$W/d/a.key"
        status_is 1
        lacks "$out" KEY
}

test_nobody_is_to_be_asked() {
        ask_policy
        options=(--ask-timeout 0)
        asked status:1 -- cat "$W/d/a.key"
        lacks "$out" "asks to"
        has "$out" "nobody was to be asked"
        run "$CORDON" run -p "$T/policy" --ask-timeout soon -- true
        status_is 125
        has "$err" "--ask-timeout wants a time"
        run "$CORDON" run -p "$T/policy" --ask-save "" -- true
        status_is 125
        has "$err" "--ask-save wants the name of a file"
}

test_in_the_background() {
        ask_policy
        run python3 "$HERE/helpers/ask.py" "see:\\\$ " "type:$CORDON run -p $T/policy -- cat $W/d/a.key & wait; jobs; echo over-\$((1+1))\n" \
                "see:cordon was in the background" see:over-2 "type:$CORDON run -p $T/policy -- cat $W/d/a.key\n" \
                ask:a.key 'type:once #\n' see:KEY-A 'type:exit 0\n' -- bash --norc --noprofile -i
        status_is 0
        lacks "$out" Stopped
        is "$(count "$out" KEY-A)" 1
}

# ---- the terminal ---------------------------------------------------------------------------------------------------

test_a_yes_needs_the_number() {
        ask_policy
        asked ask:a.key 'type:once\n' ask:a.key 'type:yes\n' ask:a.key 'type:y\n' ask:a.key 'type:once 99\n' ask:a.key \
                'type:once 1000\n' ask:a.key 'type:deny\n' status:1 -- cat "$W/d/a.key"
        lacks "$out" KEY
        asked ask:a.key 'type:once 99\n' ask:a.key 'type:once #\n' -- cat "$W/d/a.key"
        has "$out" KEY-A
}

test_what_was_typed_before_is_no_answer() {
        ask_policy
        mkfifo -m 666 "$W/go"
        asked see:ready 'type:\ndeny\n' "do:echo >$W/go" ask:a.key 'type:once #\n' see:KEY-A -- \
                sh -c "echo ready; read line <$W/go; cat $W/d/a.key"
        is "$(count "$out" "asks to")" 1
}

# What was on the terminal before stays as it was, whatever it was.
test_the_modes_of_the_terminal_come_back() {
        ask_policy
        need stty
        asked ask:a.key 'type:once #\n' see:same -- \
                sh -c "stty raw -echo; stty -a >$W/before; cat $W/d/a.key; stty -a >$W/after; stty sane; cmp $W/before $W/after && echo same"
        has "$out" KEY-A
}

test_a_path_cannot_write_to_the_terminal() {
        local name=$'\e[31mred\r\n\e]0;title\ax.key'
        ask_policy
        echo KEY-X >"$W/d/$name"
        asked 'ask:\\x1b\[31mred\\x0d\\x0a\\x1b\]0;title\\x07x.key' 'type:once #\n' -- sh -c "cat $W/d/*x.key"
        has "$out" KEY-X
        lacks "$out" $'\e[31mred'
        lacks "$out" $'\e]0'
}

test_a_question_survives_ctrl_z() {
        ask_policy
        run python3 "$HERE/helpers/ask.py" "see:\\\$ " "type:$CORDON run -p $T/policy -- cat $W/d/a.key\n" ask:a.key 'type:\x1a' \
                "see:Stopped" "see:\\\$ " 'type:fg\n' ask:a.key 'type:once #\n' see:KEY-A 'type:exit 0\n' -- bash --norc --noprofile -i
        status_is 0
}

# A program that is interrupted all the time asks the same again: for a person it is one question.
test_signals_do_not_repeat_a_question() {
        ask_policy
        cat >"$W/timer.py" <<-END
		import signal, sys
		hits = 0
		def hit(*args):
		    global hits
		    hits += 1
		    if hits == 5: print("hit", flush=True)
		signal.signal(signal.SIGALRM, hit)
		signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
		print(open("$W/d/a.key").read())
		signal.setitimer(signal.ITIMER_REAL, 0)
	END
        asked ask:a.key see:hit 'type:once #\n' -- python3 "$W/timer.py"
        is "$(count "$out" "asks to")" 1
        has "$out" KEY-A
}

# ---- what is opened -------------------------------------------------------------------------------------------------

test_what_has_come_there_meanwhile_is_not_opened() {
        ask_policy
        echo EVIL >"$W/other"
        asked ask:a.key "do:mv $W/other $W/d/a.key" 'type:once #\n' status:1 -- cat "$W/d/a.key"
        lacks "$out" EVIL
        has "$out" "by then something else was there"
        echo CHANGED >"$W/other"
        asked ask:a.key "do:cat $W/other >$W/d/a.key" 'type:once #\n' -- cat "$W/d/a.key"
        has "$out" CHANGED
}

test_the_policy_is_another_by_then() {
        ask_policy
        sed "s/^ask/deny/; s/^deny read/deny/" "$T/policy" >"$T/stricter"
        reload="do:cp $T/stricter $T/policy && kill -HUP \$(cat $T/cordon-pid)"
        cat >"$T/start" <<-END
		#!/bin/sh
		echo \$\$ >$T/cordon-pid
		exec $CORDON run -p $T/policy -- cat $W/d/a.key
	END
        chmod +x "$T/start"
        run python3 "$HERE/helpers/ask.py" ask:a.key "$reload" "see:was read again" 'type:once #\n' status:1 -- "$T/start"
        status_is 0
        lacks "$out" KEY
        matches "$out" "denied.*a.key .*deny $W/d/\*.key"
        ask_policy
        run python3 "$HERE/helpers/ask.py" ask:a.key "do:kill -HUP \$(cat $T/cordon-pid)" "see:was read again" 'type:once #\n' -- "$T/start"
        has "$out" KEY-A
}

test_other_requests_go_on() {
        ask_policy
        asked ask:a.key see:PLAIN 'type:once #\n' see:KEY-A -- sh -c "cat $W/d/a.key & sleep 0.1; cat $W/d/plain; wait"
}

test_over_the_channel() {
        ask_policy
        options=(--channel)
        asked "ask:client \(pid .*asks to read $W/d/a.key" 'type:once #\n' ask:b.key 'type:deny\n' -- \
                "$HELPERS/client" open "$W/d/a.key" "$W/d/b.key" "$W/d/plain"
        has "$out" "content='KEY-A'"
        has "$out" "$W/d/b.key: EACCES"
        has "$out" "content='PLAIN'"
}

test_what_is_told_of_it() {
        ask_policy
        options=(--audit "$T/audit")
        asked ask:a.key 'type:once #\n' ask:a.key 'type:run #\n' ask:b.key 'type:deny\n' status:1 -- \
                cat "$W/d/a.key" "$W/d/a.key" "$W/d/a.key" "$W/d/b.key"
        is "$(grep -o '"verdict":"[a-z]*"\(,"errno":"EACCES"\)*,"ask":"[a-z-]*"' "$T/audit")" \
                $'"verdict":"allow","ask":"once"\n"verdict":"allow","ask":"run"\n"verdict":"allow","ask":"run"\n"verdict":"deny","errno":"EACCES","ask":"refused"'
        lacks "$(cat "$T/audit")" plain
}

# ---- without a yes --------------------------------------------------------------------------------------------------

# A literal `ask`: alone, in a tree that can be read, written, executed. After a yes it is that file; before, nothing reaches it.
test_literal_paths_are_there_and_closed() {
        local around way
        ask_policy
        cp "$(type -P true)" "$W/d/tool"
        mkdir -p "$W/d/in"
        echo IN >"$W/d/in/file"
        chmod -R go+rwX "$W/d"
        for around in "" "read $W/d" "write $W/d" "exec $W/d" "write exec $W/d"; do
                policy <<-END
			use @base @dev
			read exec $HELPERS
			exec /usr /bin
			$around
			ask read $W/d/a.key $W/d/tool $W/d/in
		END
                for way in "cat $W/d/a.key" "head -c 3 $W/d/in/file" "ls $W/d/in" "$W/d/tool" "cp $W/d/a.key /tmp/x" \
                        "ln $W/d/a.key $W/d/name" "mv $W/d/a.key $W/d/name" "rm -f $W/d/a.key" "chmod 0 $W/d/a.key" \
                        "truncate -s 0 $W/d/a.key" "mv $W/d/in $W/d/gone" "touch $W/d/in/new"; do
                        run "$CORDON" run -q --ask-timeout 0 -p "$T/policy" -- sh -c "$way"
                        [ "$rc" != 0 ] || fail "under '$around' this works without a yes: $way"
                        lacks "$out" KEY
                done
                is "$(cat "$W/d/a.key")" KEY-A
                boxed stat -c %s "$W/d/a.key"
                is "$out" 6
                asked ask:a.key 'type:once #\n' ask:in/file 'type:once #\n' "ask:list $W/d/in" 'type:once #\n' see:file -- \
                        sh -c "cat $W/d/a.key $W/d/in/file; ls $W/d/in"
                has "$out" KEY-A
                has "$out" IN
        done
        # The same ways, where nothing is asked for.
        policy <<-END
		use @base @dev
		exec /usr /bin
		write exec $W/d
	END
        for way in "cat $W/d/a.key" "$W/d/tool" "ln $W/d/a.key $W/d/name" "chmod 666 $W/d/a.key" "touch $W/d/in/new"; do
                am_root || boxed sh -c "$way"
                am_root || status_is 0
        done
}

test_writing_is_asked_for() {
        ask_policy
        chmod -R go+rwX "$W/d"
        for rule in "ask write $W/d" "read $W/d
		ask write $W/d/*.key $W/d/new*" "write $W/d
		ask write $W/d/a.key $W/d/new*"; do
                policy <<-END
			use @base @dev
			exec /usr /bin
			$rule
		END
                rm -f "$W/d/new"
                asked "ask:asks to write $W/d/a.key" 'type:deny\n' status:2 -- sh -c "echo x >$W/d/a.key"
                is "$(cat "$W/d/a.key")" KEY-A
                asked "ask:asks to write $W/d/a.key" 'type:once #\n' "ask:asks to create $W/d/new" 'type:once #\n' -- \
                        sh -c "echo WRITTEN >$W/d/a.key; echo NEW >$W/d/new"
                is "$(cat "$W/d/a.key" "$W/d/new")" $'WRITTEN\nNEW'
                echo KEY-A >"$W/d/a.key"
        done
}
