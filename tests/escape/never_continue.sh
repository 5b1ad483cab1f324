# never-continue: the broker never lets the kernel read the path again, so there is nothing to race. Only the broker
# stands before the secret here: it is in the view, and a pattern denies it, which neither mounts nor Landlock can
# express.
# shellcheck shell=bash

race_policy() {
        mkdir -p "$T/data"
        echo "allowed" >"$T/data/aa.text"
        echo "secret" >"$T/data/bb.keys"
        policy <<-END
		use @base
		exec $HELPERS
		read $T/data
		deny $T/data/**/*.keys
		write $W
	END
}

test_never_continue_path_flipped_by_another_thread() {
        race_policy
        # The control: a checker that looks first and lets the call go on is fooled.
        run "$HELPERS/race" path-checked "$T/data/aa.text" "$T/data/bb.keys" 200000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" path "$T/data/aa.text" "$T/data/bb.keys" 30000
        status_is 0
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

# The ways out of the broker that are no verdict: each must be an answer, too.
test_never_continue_where_the_path_cannot_be_read() {
        race_policy
        local way
        for way in hidden endless; do
                run "$HELPERS/race" $way "$T/data/bb.keys" 20000 sr
                matches "$out" 'secret=[1-9][0-9]* refused=[1-9]'
                boxed "$HELPERS/race" $way "$T/data/bb.keys" 20000
                status_is 0
                matches "$out" 'allowed=0 secret=0 refused=20000 other=0'
        done
}

test_never_continue_where_there_is_no_room_for_a_descriptor() {
        race_policy
        boxed "$HELPERS/race" path-full "$T/data/aa.text" "$T/data/bb.keys" 20000 ar
        status_is 0
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
        run "$HELPERS/race" path-full "$T/data/aa.text" "$T/data/bb.keys" 20000 asr
        matches "$out" 'allowed=[1-9][0-9]* secret=[1-9][0-9]* refused=[1-9]'
}

test_never_continue_where_the_open_waits() {
        race_policy
        rm "$T/data/aa.text"
        mkfifo "$T/data/aa.text"
        exec 7<>"$T/data/aa.text" # so that none waits for long
        boxed "$HELPERS/race" path "$T/data/aa.text" "$T/data/bb.keys" 3000 ar
        exec 7<&-
        status_is 0
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

test_never_continue_no_call_of_the_open_family_goes_on() {
        race_policy
        local try
        # Without a race: each way in is refused for the secret and works for its neighbour.
        policy <<-END
		use @base @dev
		read $T/data
		deny $T/data/**/*.keys
	END
        for try in 'cat $1/FILE' 'cd $1 && cat ./FILE' 'cat $1/../data/FILE' 'read -r x <$1/FILE && echo $x' 'cat /proc/self/root$1/FILE' \
                'cd $1 && cat /proc/self/cwd/FILE' 'exec 3<$1; cat /proc/self/fd/3/FILE' 'dd status=none if=$1/FILE' 'set -o pipefail; cp $1/FILE /dev/stdout | cat'; do
                boxed bash -c "${try//FILE/aa.text}" bash "$T/data"
                is "$out" allowed "$try"
                boxed bash -c "${try//FILE/bb.keys}" bash "$T/data"
                lacks "$out" secret
                [ "$rc" != 0 ] || fail "$try worked"
                run bash -c "${try//FILE/bb.keys}" bash "$T/data"
                is "$out" secret "$try outside"
        done
}
