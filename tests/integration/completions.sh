# Completion in bash, zsh and fish: what they offer is what the program's own help has.
# shellcheck shell=bash disable=SC2154

R=$HERE/..

# A cordon that lists bundles, whether or not this one does.
setup() {
        mkdir "$T/bin"
        cat >"$T/bin/cordon" <<END
#!/bin/sh
[ "\$*" != show ] || { printf '  @base      what most need\n  @made-up   for this test\n'; exit 0; }
exec '$CORDON' "\$@"
END
        chmod 755 "$T/bin/cordon"
        PATH=$T/bin:$PATH
        printf 'cordon 1\nparam INPUT\nparam OUTPUT=/x\n' >"$W/job.policy"
        mkdir "$W/jobs"
        mapfile -t all_commands < <("$CORDON" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
        [[ " ${all_commands[*]} " == *" run "* && " ${all_commands[*]} " == *" fmt "* ]] || fail "the commands are: ${all_commands[*]}"
}

# The long options that the help of a command has.
options_of() {
        "$CORDON" "$1" --help | sed -n '/^Options:/,/^$/p' | grep -oE '^ .{5}--[a-z-]+' | grep -oE -- '--[a-z-]+'
}

# What all three must do. `offers LINE` prints what is offered for the end of a line, one a line; a shell may leave out the
# parts of a word that are there, and add what it knows.
offers_what_the_help_has() {
        local command option got
        got=$(offers "cordon ")
        for command in "${all_commands[@]}"; do
                has "$got" "$command"
        done
        for command in "${all_commands[@]}"; do
                [ "$command" != help ] || continue
                got=$(offers "cordon $command --")
                for option in $(options_of "$command"); do
                        has "$got" "${option#--}"
                done
                lacks "$got" "no-such-option"
        done
        lacks "$(offers "cordon check --")" channel
        has "$(offers "cordon run --chan")" channel
}

offers_values_and_operands() {
        has "$(offers "cordon run --policy jo")" job.policy
        has "$(offers "cordon run -p jo")" job.policy
        has "$(offers "cordon run -p @ma")" @made-up
        has "$(offers "cordon check @ma")" @made-up
        has "$(offers "cordon check jo")" job.policy
        lacks "$(offers "cordon check @ma")" @base
        has "$(offers "cordon fmt jo")" job.policy
        lacks "$(offers "cordon fmt @ma")" @made-up
        has "$(offers "cordon run -p job.policy -D INP")" INPUT
        lacks "$(offers "cordon run -p job.policy -D INP")" OUTPUT
        has "$(offers "cordon run --audit jo")" job.policy
        has "$(offers "cordon run --ro jo")" job.policy
        has "$(offers "cordon run --chdir jo")" jobs
        has "$(offers "cordon run --keep jo")" jobs
        has "$(offers "cordon changes jo")" jobs
        lacks "$(offers "cordon run --status-fd jo")" job.policy
        has "$(offers "cordon help ch")" check
}

offers_programs() {
        cp /bin/true "$T/bin/zzz-program"
        has "$(offers "cordon run zzz-")" zzz-program
        has "$(offers "cordon run -q -p job.policy zzz-")" zzz-program
        has "$(offers "cordon run -- zzz-")" zzz-program
        has "$(offers "cordon explain job.policy -- zzz-")" zzz-program
        lacks "$(offers "cordon run -p zzz-")" zzz-program
        lacks "$(offers "cordon explain zzz-")" zzz-program
        has "$(offers "cordon run zzz-program jo")" job.policy
        lacks "$(offers "cordon run zzz-program --chan")" channel
}

bash_offers() {
        (
                cd "$W"
                # shellcheck source=/dev/null
                . "$R/completions/cordon.bash"
                set +e
                trap - ERR
                # As readline cuts a line: blanks, and "=" as a word of its own.
                read -ra COMP_WORDS <<<"${1//=/ = }"
                [[ $1 != *" " ]] || COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                COMPREPLY=()
                _cordon 2>/dev/null
                printf '%s\n' "${COMPREPLY[@]}"
        )
}

test_completion_in_bash() {
        setup
        offers() { bash_offers "$1"; }
        offers_what_the_help_has
        offers_values_and_operands
        offers_programs
        has "$(offers "cordon run -D INPUT=jo")" job.policy
}

test_completion_in_fish() {
        need fish
        setup
        cat >"$T/offer.fish" <<END
source $R/completions/cordon.fish
cd $W
complete -C "\$argv[1]"
END
        offers() { fish --no-config "$T/offer.fish" "$1"; }
        run fish --no-config --no-execute "$R/completions/cordon.fish"
        status_is 0
        offers_what_the_help_has
        offers_values_and_operands
        offers_programs
}

# zsh completes in its line editor only, so it gets a terminal; a widget writes what would be inserted or listed to a file.
test_completion_in_zsh() {
        need zsh
        setup
        zsh -n "$R/completions/_cordon" || fail "not even its grammar is right"
        cat >"$T/offer.zsh" <<'END'
zmodload zsh/zpty || exit 77
zpty shell "TERM=dumb zsh -f -i"
zpty -w shell "cd $W; PS1= PS2= fpath=($R/completions \$fpath); autoload -U compinit; compinit -u -d $T/dump; unsetopt zle_bracketed_paste"
# Everything that any completer offers goes through compadd.
zpty -w shell 'compadd() {
        local -a offered; builtin compadd -A offered "$@"; print -rl -- $offered >>$T/offered; builtin compadd "$@"
}'
zpty -w shell 'finish() { zle complete-word; print END >>$T/offered; zle kill-whole-line; zle -M "rea""dy" }; zle -N finish; bindkey "^X^F" finish'
zpty -w shell 'print begi""n'
zpty -r shell seen '*begin*' || exit 1
zpty -w -n shell "$1"$'\x18\x06'
zpty -r shell seen '*ready*' || exit 1
zpty -d shell
END
        run env T="$T" W="$W" R="$R" timeout 30 zsh -f "$T/offer.zsh" "cordon "
        [ "$rc" != 77 ] || skip "this zsh has no zsh/zpty"
        offers() {
                rm -f "$T/offered"
                env T="$T" W="$W" R="$R" timeout 30 zsh -f "$T/offer.zsh" "$1" >/dev/null 2>&1
                grep -q '^END$' "$T/offered" || fail "zsh did not come to an end with '$1'"
                cat "$T/offered"
        }
        offers_what_the_help_has
        offers_values_and_operands
        offers_programs
        has "$(offers "cordon run -D INPUT=jo")" job.policy
}
