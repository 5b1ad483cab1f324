# fish completion for cordon(1).
#
# Commands, options and bundles are not written down here: cordon is asked for its help when this is loaded, so it can lag
# behind nothing. What an option's value or an operand is, the help says by its name: POLICY, FILE, PATH, DIR, NAME=VALUE, PROGRAM.

function __cordon_commands
    cordon --help 2>/dev/null | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) +(.*)/\1\t\2/p'
end

# LETTER|NAME|VALUE|TEXT of each option of a command.
function __cordon_options
    cordon $argv[1] --help 2>/dev/null |
        sed -nE '/^Options:/,/^$/s/^  (-(.), |    )--([a-z0-9-]+)( ([A-Z=]+))? +(.*)$/\2|\3|\5|\6/p'
end

function __cordon_usage
    cordon $argv[1] --help 2>/dev/null | sed -n 's/^Usage: //p'
end

function __cordon_policies
    cordon show 2>/dev/null | sed -nE 's/^ *(@[A-Za-z0-9_-]+) *(.*)/\1\t\2/p'
    __fish_complete_path (commandline -ct)
end

function __cordon_defines
    for file in (commandline -opc)
        test -f $file -a -r $file
        and sed -nE 's/^[ \t]*param[ \t]+([A-Za-z_0-9]+).*/\1=/p' $file
    end
end

# Prints the index of the program's name among the words before the cursor, or one more than there are where it comes next;
# fails where this is no place for a program.
function __cordon_program_at
    set -l words (commandline -opc)
    test (count $words) -ge 2
    or return 1
    set -l usage (__cordon_usage $words[2])
    set -l takes_value (__cordon_options $words[2] | sed -nE 's/^(.?)\|([^|]*)\|.+\|.*/-\1\n--\2/p')
    set -l i 3
    while test $i -le (count $words)
        switch $words[$i]
            case --
                string match -q '*-- PROGRAM*' -- $usage
                or string match -q '*[--] PROGRAM*' -- $usage
                or return 1
                math $i + 1
                return 0
            case '-*'
                contains -- $words[$i] $takes_value
                and set i (math $i + 1)
            case '*'
                if string match -q '*[--] PROGRAM*' -- $usage
                    echo $i
                    return 0
                end
        end
        set i (math $i + 1)
    end
    # The word at the cursor is the program, unless it is an option or the value of one.
    test $i -eq (math (count $words) + 1)
    or return 1
    string match -q -- '-*' (commandline -ct)
    and return 1
    string match -q '*[--] PROGRAM*' -- $usage
    or return 1
    echo $i
end

function __cordon_program
    set -l at (__cordon_program_at)
    set -l words (commandline -opc)
    set -l line
    test $at -le (count $words)
    and set line (string escape -- $words[$at..-1])
    complete -C (string join ' ' -- $line (commandline -ct))
end

function __cordon_in
    set -l words (commandline -opc)
    test (count $words) -ge 2 -a "$words[2]" = $argv[1]
    and not __cordon_program_at >/dev/null
end

complete -c cordon -f
complete -c cordon -n 'test (count (commandline -opc)) -eq 1' -a '(__cordon_commands)'
complete -c cordon -n 'test (count (commandline -opc)) -eq 1' -l help
complete -c cordon -n 'test (count (commandline -opc)) -eq 1' -l version
complete -c cordon -n '__cordon_in help' -a '(__cordon_commands)'
complete -c cordon -n '__cordon_program_at >/dev/null' -a '(__cordon_program)'

for command in (__cordon_commands | string replace -r '\t.*' '')
    test $command = help
    and continue
    set -l usage (__cordon_usage $command)
    if string match -q '*POLICY*' -- $usage
        complete -c cordon -n "__cordon_in $command" -a '(__cordon_policies)'
    else if string match -q -r 'FILE|DIR' -- $usage
        complete -c cordon -n "__cordon_in $command" -F
    end
    for row in (__cordon_options $command)
        set -l part (string split '|' -- $row)
        set -l args -c cordon -n "__cordon_in $command" -l $part[2] -d $part[4]
        test -n "$part[1]"
        and set -a args -s $part[1]
        switch $part[3]
            case ''
            case POLICY
                set -a args -x -a '(__cordon_policies)'
            case 'NAME=VALUE'
                set -a args -x -a '(__cordon_defines)'
            case FILE PATH DIR
                set -a args -r -F
            case '*'
                set -a args -x
        end
        complete $args
    end
end
