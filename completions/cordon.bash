# bash completion for cordon(1).
#
# Commands, options and bundles are not written down here: cordon is asked for its help, so this can lag behind nothing. What
# an option's value or an operand is, the help says by its name: POLICY, FILE, PATH, DIR, NAME=VALUE, PROGRAM.
# shellcheck shell=bash disable=SC2207

# NAME of each command, one a line.
_cordon_commands() {
        "$1" --help 2>/dev/null | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p'
}

# LETTER|NAME|VALUE of each option of a command; LETTER and VALUE may be empty.
_cordon_options() {
        "$1" "$2" --help 2>/dev/null | sed -nE 's/^  (-(.), |    )--([a-z0-9-]+)( ([A-Z=]+))?( .*)?$/\2|\3|\5/p'
}

_cordon_bundles() {
        "$1" show 2>/dev/null | sed -nE 's/^ *(@[A-Za-z0-9_-]+).*/\1/p'
}

# NAME= of each param of the policies on the command line.
_cordon_params() {
        local file
        for file in "${COMP_WORDS[@]:2}"; do
                [ -f "$file" ] && [ -r "$file" ] && sed -nE 's/^[ \t]*param[ \t]+([A-Za-z_0-9]+).*/\1=/p' "$file"
        done
}

# Adds what is meant by a name of the help.
_cordon_values() { # PROGRAM NAME CURRENT
        case $2 in
        *POLICY*)
                COMPREPLY+=($(compgen -W "$(_cordon_bundles "$1")" -- "$3"))
                compopt -o filenames 2>/dev/null
                COMPREPLY+=($(compgen -f -- "$3"))
                ;;
        *NAME=VALUE*)
                compopt -o nospace 2>/dev/null
                COMPREPLY+=($(compgen -W "$(_cordon_params)" -- "$3"))
                ;;
        *FILE* | PATH | *DIR*)
                compopt -o filenames 2>/dev/null
                COMPREPLY+=($(compgen -f -- "$3"))
                ;;
        esac
}

# The value that the option before the cursor takes, or nothing.
_cordon_pending() { # OPTIONS WORD
        local letter name value
        while IFS='|' read -r letter name value; do
                if [ -n "$value" ] && { [ "$2" = "--$name" ] || [[ -n $letter && $2 =~ ^-[a-zA-Z]*$letter$ ]]; }; then
                        echo "$value"
                        return
                fi
        done <<<"$1"
}

# The index of the word that is the program's name, where that is before the cursor or at it; 0: there is none.
_cordon_program_at() { # OPTIONS USAGE
        local i word
        for ((i = 2; i <= COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if [ "$word" = -- ] && [ $i -lt "$COMP_CWORD" ]; then
                        [[ $2 == *"-- PROGRAM"* || $2 == *"[--] PROGRAM"* ]] && echo $((i + 1)) || echo 0
                        return
                fi
                if [[ $word == -* ]]; then
                        [ -n "$(_cordon_pending "$1" "$word")" ] && i=$((i + 1))
                        # NAME=VALUE comes in three words
                        [ "${COMP_WORDS[i + 1]-}" = "=" ] && i=$((i + 2))
                elif [[ $2 == *"[--] PROGRAM"* ]]; then
                        echo "$i"
                        return
                fi
        done
        echo 0
}

_cordon_program() { # INDEX CURRENT
        if declare -F _command_offset >/dev/null; then
                _command_offset "$1"
        elif [ "$1" = "$COMP_CWORD" ]; then
                COMPREPLY=($(compgen -c -- "$2"))
        else
                COMPREPLY=($(compgen -f -- "$2"))
        fi
}

_cordon() {
        local cordon=${COMP_WORDS[0]} command=${COMP_WORDS[1]-} current=${COMP_WORDS[COMP_CWORD]} previous
        local options usage pending at
        previous=${COMP_WORDS[COMP_CWORD - 1]}
        COMPREPLY=()
        if [ "$COMP_CWORD" = 1 ]; then
                COMPREPLY=($(compgen -W "$(_cordon_commands "$cordon") --help --version" -- "$current"))
                return
        fi
        if [ "$command" = help ]; then
                [ "$COMP_CWORD" = 2 ] && COMPREPLY=($(compgen -W "$(_cordon_commands "$cordon")" -- "$current"))
                return
        fi
        options=$(_cordon_options "$cordon" "$command")
        usage=$("$cordon" "$command" --help 2>/dev/null | sed -n 's/^Usage: //p')
        at=$(_cordon_program_at "$options" "$usage")
        if [ "$at" != 0 ] && [[ $current != -* || $at -lt $COMP_CWORD ]]; then
                _cordon_program "$at" "$current"
                return
        fi
        if [ "$current" = "=" ] || [ "$previous" = "=" ]; then # the value of -D NAME=…, which may be a file
                compopt -o filenames 2>/dev/null
                COMPREPLY=($(compgen -f -- "${current#=}"))
                return
        fi
        pending=$(_cordon_pending "$options" "$previous")
        if [ -n "$pending" ]; then
                _cordon_values "$cordon" "$pending" "$current"
        elif [[ $current == -* ]]; then
                COMPREPLY=($(compgen -W "$(sed -E 's/^(.?)\|([^|]*)\|.*/--\2/' <<<"$options")" -- "$current"))
        else
                _cordon_values "$cordon" "${usage#*]...}" "$current"
        fi
}

complete -F _cordon cordon
