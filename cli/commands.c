/* The commands, each with its options, as tables: what is parsed is what the help shows. */
#include "cli/cli.h"

#define FIELD(name) offsetof(struct settings, name)

#define HELP_ROW {'h', "help", NULL, OPTION_HELP, 0, "show this help"}
#define VERSION_ROW {'V', "version", NULL, OPTION_VERSION, 0, "show the version"}

/* What every command that loads policies takes. */
#define RULE_ROWS                                                                                                         \
        {0, "ro", "PATH", OPTION_ORDERED, FIELD(rules), "let PATH be read: one more rule, spelt as in a shell"},           \
                {0, "rw", "PATH", OPTION_ORDERED, FIELD(rules), "let PATH be written, and what is in it"},                 \
                {0, "overlay", "PATH", OPTION_ORDERED, FIELD(rules), "let the program change PATH, which stays as it is"}, \
                {0, "exec", "PATH", OPTION_ORDERED, FIELD(rules), "let PATH be executed, and what is in it"},              \
                {0, "tmpfs", "PATH", OPTION_ORDERED, FIELD(rules), "make PATH an empty directory in memory"},              \
                {0, "as", "PATH", OPTION_ORDERED, FIELD(rules), "show at PATH what the option before it names"}

static const struct option_row run_options[] = {
        {'p', "policy", "POLICY", OPTION_LIST, FIELD(policies),
         "a policy file, with a slash in its path; a NAME that\n"
         "`cordon show` lists; @bundle; or - for standard input.\n"
         "May be repeated, all of them hold. Without it: the system\n"
         "readable, the current directory writable, nothing else of\n"
         "your home, no network"},
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of the policy its value; may be repeated"},
        {0, "audit", "FILE", OPTION_TEXT, FIELD(audit),
         "append to FILE, as JSON lines, what the policy's `audit`\n"
         "asks for: normally every refusal; `syslog`: to the system's\n"
         "log. See cordon-audit(5)"},
        {0, "audit-fd", "N", OPTION_TEXT, FIELD(audit_fd), "write it to this descriptor"},
        {'q', "quiet", NULL, OPTION_FLAG, FIELD(quiet), "do not show at the end what was refused"},
        {'v', "verbose", NULL, OPTION_FLAG, FIELD(verbose),
         "also show refusals that made no difference, since there\n"
         "was no such file; and what --stats shows"},
        {0, "stats", NULL, OPTION_FLAG, FIELD(stats), "show at the end what was used: time, memory, processes"},
        {0, "ask-timeout", "TIME", OPTION_TEXT, FIELD(ask_timeout),
         "how long a question of an `ask` rule waits at the terminal\n"
         "before it is denied: 30s, 5m; 0: nobody is asked. Without\n"
         "it: a minute"},
        {0, "ask-save", "FILE", OPTION_TEXT, FIELD(ask_save),
         "let a question be answered with `always`, too, which\n"
         "appends the rule to FILE, a policy for the next time"},
        {0, "channel", NULL, OPTION_FLAG, FIELD(channel),
         "give the program a channel to the broker as descriptor 3,\n"
         "for programs that call cordon_client_open()"},
        RULE_ROWS,
        {0, "chdir", "DIR", OPTION_TEXT, FIELD(chdir), "start in DIR, which must be there in the sandbox"},
        {0, "setenv", "VAR=VALUE", OPTION_ORDERED, FIELD(changes),
         "set a variable, whatever the policy says; this and the\n"
         "next two count in their order"},
        {0, "unsetenv", "VAR", OPTION_ORDERED, FIELD(changes), "take a variable away"},
        {0, "clearenv", NULL, OPTION_ORDERED, FIELD(changes), "take all variables away"},
        {0, "pass-fd", "N", OPTION_LIST, FIELD(passed),
         "give the program this descriptor of cordon's; N=M: as its\n"
         "M; N:ro or N=M:ro: for reading alone. May be repeated"},
        {0, "name", "NAME", OPTION_TEXT, FIELD(name), "what messages and audit records call the program"},
        {0, "status-fd", "N", OPTION_TEXT, FIELD(status_fd),
         "write to this descriptor, as JSON lines, when the program\n"
         "has started, and how it ended"},
        {0, "sync-fd", "N", OPTION_TEXT, FIELD(sync_fd), "keep this descriptor open as long as the sandbox is there"},
        {0, "block-fd", "N", OPTION_TEXT, FIELD(block_fd),
         "make the sandbox, and start the program once there is\n"
         "something to read from this descriptor, or its end"},
        {0, "dry-run", NULL, OPTION_FLAG, FIELD(dry_run), "start nothing; show what would be"},
        {0, "changes", NULL, OPTION_FLAG, FIELD(list_changes), "list at the end what was changed in `overlay` trees"},
        {0, "apply", NULL, OPTION_FLAG, FIELD(apply),
         "and make these changes on the host, if PROGRAM exits with 0;\n"
         "otherwise they are kept, as with --keep"},
        {0, "keep", "DIR", OPTION_TEXT, FIELD(keep), "keep the changes in DIR, for `cordon changes`"},
        {0, "accept", "NAME", OPTION_LIST, FIELD(accepts),
         "start even where the kernel lacks what has this name, and\n"
         "do without: no-userns, no-landlock, no-notify, no-proc,\n"
         "no-netns, no-hostname; several with commas. See `cordon\n"
         "doctor`"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_group run_groups[] = {
        {"ro", "Rules beside those of the policy; of two about the same path these count"},
        {"chdir", "What the program finds"},
        {"name", "For scripts"},
        {"changes", "What was changed in overlays"},
        {"accept", "Where the kernel lacks something"},
        {"help", "Help"},
        {NULL, NULL},
};

static const struct option_row check_options[] = {
        {'p', "policy", "POLICY", OPTION_LIST, FIELD(policies), "the same as POLICY, spelt as for `cordon run`"},
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of the policies its value; may be repeated"},
        {'q', "quiet", NULL, OPTION_FLAG, FIELD(quiet), "say nothing about policies that are fine"},
        {0, "strict", NULL, OPTION_FLAG, FIELD(strict), "let warnings count as errors do"},
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "for programs: one JSON object about all policies"},
        RULE_ROWS,
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row diff_options[] = {
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of A, B or both its value; may be repeated"},
        {'q', "quiet", NULL, OPTION_FLAG, FIELD(quiet), "say nothing: the exit status is the answer"},
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "for programs: one JSON object"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row explain_options[] = {
        {'p', "policy", "POLICY", OPTION_LIST, FIELD(policies), "the same as POLICY, spelt as for `cordon run`"},
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of the policy its value; may be repeated"},
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "as one JSON object, for programs"},
        {0, "seccomp", NULL, OPTION_FLAG, FIELD(seccomp),
         "show the system call filter instead: each call, what\n"
         "becomes of it, and which line says so"},
        {0, "accept", "NAME", OPTION_LIST, FIELD(accepts),
         "as `cordon run` would be told: what the kernel lacks and\n"
         "has this name is done without"},
        RULE_ROWS,
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row syscalls_options[] = {
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "answer in JSON"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row why_options[] = {
        {'p', "policy", "POLICY", OPTION_LIST, FIELD(policies), "the policy that is asked, as for `cordon run`; may be repeated"},
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of the policy its value; may be repeated"},
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "answer as JSON, an array of objects"},
        RULE_ROWS,
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row fmt_options[] = {
        {'w', "write", NULL, OPTION_FLAG, FIELD(write), "change the files; those that are in order are not touched"},
        {0, "check", NULL, OPTION_FLAG, FIELD(check), "list the files that are not in order"},
        {'d', "diff", NULL, OPTION_FLAG, FIELD(diff), "show what would change in them"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row show_options[] = {
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "for programs: one JSON array, with an object for each"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row changes_options[] = {
        {0, "diff", NULL, OPTION_FLAG, FIELD(diff), "show what is changed in texts, too"},
        {0, "apply", NULL, OPTION_FLAG, FIELD(apply),
         "make the changes on the host; what was kept is removed if\n"
         "all of it could be applied"},
        {0, "discard", NULL, OPTION_FLAG, FIELD(discard), "remove what was kept"},
        {'p', "policy", "POLICY", OPTION_LIST, FIELD(policies),
         "refuse what this policy does not let be written; may be repeated"},
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of the policy its value; may be repeated"},
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "for programs: one JSON array"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

static const struct option_row doctor_options[] = {
        {'p', "policy", "POLICY", OPTION_LIST, FIELD(policies), "judge for this policy, spelt as for `cordon run`"},
        {'D', "define", "NAME=VALUE", OPTION_LIST, FIELD(defines),
         "give a `param` of the policy its value; may be repeated"},
        {'v', "verbose", NULL, OPTION_FLAG, FIELD(verbose), "also say what each is used for that is there"},
        {0, "json", NULL, OPTION_FLAG, FIELD(json), "as one JSON object, for programs"},
        HELP_ROW,
        VERSION_ROW,
        {0},
};

const struct command commands[] = {
        {
                .name = "run",
                .summary = "run a program that can reach nothing but what a policy names",
                .usage = "cordon run [OPTION]... [--] PROGRAM [ARGUMENT]...",
                .about = "The program needs no change. It sees only the files that the policy names, and a broker\n"
                         "vets each file that it opens. At its end cordon shows what was refused, and the policy\n"
                         "line that would allow it; of what was to be executed `cordon why exec PATH` tells. Standard\n"
                         "output is the program's alone.\n",
                .options = run_options,
                .groups = run_groups,
                .examples = "  cordon run make\n"
                            "      contained by the default policy\n"
                            "  cordon run -p ./pdf.policy -D IN=a.pdf -- pdftotext a.pdf -\n"
                            "      contained by your policy, which has a parameter\n"
                            "  cordon run -p ./ci.policy --audit denied.json -q -- ./build.sh\n"
                            "      in a script: refusals go to a file\n",
                .exits = "  the program's own, or 128 + the number of the signal that ended it; or:\n"
                         "  124  a limit of the policy was reached: time, cpu or output\n"
                         "  125  cordon failed: usage, policy, set-up of the sandbox\n"
                         "  126  PROGRAM cannot be executed\n"
                         "  127  PROGRAM was not found\n",
                .words = WORDS_PROGRAM,
                .misused = STATUS_CORDON,
                .fn = run_main,
        },
        {
                .name = "check",
                .summary = "find what is wrong in policies, and run the `expect` lines in them",
                .usage = "cordon check [OPTION]... POLICY...",
                .about = "Nothing is run. Every error is shown with its line and column, and so is what is allowed but\n"
                         "probably not meant: a warning, with its name in brackets. Each POLICY is checked on its own.\n",
                .options = check_options,
                .examples = "  cordon check ./agent.policy -D REPO=.\n"
                            "      all of its errors, then its own tests\n"
                            "  cordon check -q --strict policies/*.policy\n"
                            "      in a commit hook: silent if all is well\n"
                            "  cordon check @python\n"
                            "      a bundle\n",
                .exits = "  0  all is well\n"
                         "  1  a policy has errors, or does not do what it expects; with --strict: or there are warnings\n"
                         "  2  usage, or a file that cannot be read\n",
                .words = WORDS_PLAIN,
                .misused = CHECK_FAILED,
                .fn = check_main,
        },
        {
                .name = "diff",
                .summary = "show what one policy grants and another does not",
                .usage = "cordon diff [OPTION]... A B",
                .about = "Compares what two policies mean, not how they are written. A line that begins with + is about\n"
                         "what B grants and A does not, one with - about the opposite, one with ~ about what differs\n"
                         "otherwise. A path stands for all that is below it.\n",
                .options = diff_options,
                .examples = "  cordon diff ./old.policy ./new.policy\n"
                            "      before a change is taken over\n"
                            "  cordon diff @base ./agent.policy -D REPO=.\n"
                            "      what a policy adds to a bundle\n",
                .exits = "  0  A and B grant the same\n"
                         "  1  they differ\n"
                         "  2  usage, or a policy that cannot be read or has errors\n",
                .words = WORDS_PLAIN,
                .misused = DIFF_FAILED,
                .fn = diff_main,
        },
        {
                .name = "explain",
                .summary = "show what policies mean on this machine",
                .usage = "cordon explain [OPTION]... [POLICY]... [-- PROGRAM]",
                .about = "Nothing is run. Shows every rule and where it comes from, what a program would see, what the\n"
                         "broker vets and why, what the kernel enforces, and what it lacks. Without POLICY: the default.\n",
                .options = explain_options,
                .examples = "  cordon explain\n"
                            "      what `cordon run` does without a policy\n"
                            "  cordon explain ./agent.policy -D REPO=.\n"
                            "      a policy with a parameter\n"
                            "  cordon explain ./pdf.policy -D IN=a.pdf -- pdftotext\n"
                            "      with the program that $PROG stands for\n"
                            "  cordon explain --json ./agent.policy | jq -r '.rules[].path'\n"
                            "      every path that a rule is about\n"
                            "  cordon explain --seccomp ./agent.policy\n"
                            "      every system call, and why\n",
                .exits = "  0  explained\n"
                         "  1  a policy has errors, or no sandbox can be started with it\n"
                         "  2  usage, or a file that cannot be read\n",
                .words = WORDS_SPLIT,
                .misused = CHECK_FAILED,
                .fn = explain_main,
        },
        {
                .name = "why",
                .summary = "tell whether a policy allows something, and which rule decides",
                .usage = "cordon why [OPTION]... OPERATION TARGET... [-- PROGRAM]",
                .about = "Nothing is run. OPERATION is list, read, create, write, exec or unix, and TARGET a path as the\n"
                         "program would name it; or connect or bind, and TARGET a HOST:PORT. Shows the error that the\n"
                         "program would get, the rule that decides, the rules that lose to it and why, and the line\n"
                         "that would change the answer. Without -p: the default policy. PROGRAM is what $PROG stands for;\n"
                         "without it the rules about $PROG grant nothing.\n",
                .options = why_options,
                .examples = "  cordon why read ~/.ssh/id_rsa\n"
                            "      what the default policy says\n"
                            "  cordon why -p ./agent.policy -D REPO=. write .git/hooks/pre-commit\n"
                            "      a policy with a parameter\n"
                            "  cordon why -p ./agent.policy -D REPO=. connect example.org:443\n"
                            "      an endpoint\n",
                .exits = "  0  allowed, all of it\n"
                         "  1  something is denied\n"
                         "  2  usage, or the policy has errors\n",
                .words = WORDS_SPLIT,
                .misused = CHECK_FAILED,
                .fn = why_main,
        },
        {
                .name = "fmt",
                .summary = "lay policies out in the canonical way",
                .usage = "cordon fmt [OPTION]... FILE...",
                .about = "Prints the text of FILE with its columns aligned and its comments kept; FILE may be - for\n"
                         "standard input. What it means stays the same. Where a file has an error in its words, such\n"
                         "as a quote that is never closed, no file is changed.\n",
                .options = fmt_options,
                .examples = "  cordon fmt agent.policy\n"
                            "      to standard output\n"
                            "  cordon fmt -w policies/*.policy\n"
                            "      in place\n"
                            "  cordon fmt --check policies/*.policy\n"
                            "      in a commit hook: lists what is not in order\n",
                .exits = "  0  done, or all is in order\n"
                         "  1  a file has an error in its words; with --check or --diff: is not in order\n"
                         "  2  usage, or a file that cannot be read or written\n",
                .words = WORDS_PLAIN,
                .misused = CHECK_FAILED,
                .fn = fmt_main,
        },
        {
                .name = "show",
                .summary = "list the bundles and the policies that have a name, or print some",
                .usage = "cordon show [OPTION]... [POLICY]...",
                .about = "Without POLICY: all bundles, and the policies in ~/.config/cordon, /etc/cordon and the share\n"
                         "directory. With POLICY: the text that `use` and `-p` would take; on standard error, where it is.\n",
                .options = show_options,
                .examples = "  cordon show\n"
                            "      what there is\n"
                            "  cordon show @git\n"
                            "      what a bundle says\n"
                            "  cordon show agent > ./agent.policy\n"
                            "      a copy, to change it\n",
                .exits = "  0  shown\n"
                         "  1  there is no such bundle\n"
                         "  2  usage, or a file that is not there, cannot be read, or is not to be trusted\n",
                .words = WORDS_PLAIN,
                .misused = CHECK_FAILED,
                .fn = show_main,
        },
        {
                .name = "syscalls",
                .summary = "list the groups of system calls, or what is in them",
                .usage = "cordon syscalls [OPTION]... [NAME|@GROUP]...",
                .about = "Without arguments: the groups that `syscalls` lines of a policy can name. With a group: its\n"
                         "calls, with their numbers here. With a call: its number, its groups, and whether every\n"
                         "sandbox refuses or needs it.\n",
                .options = syscalls_options,
                .examples = "  cordon syscalls\n"
                            "      the groups\n"
                            "  cordon syscalls @file-system\n"
                            "      the calls in it\n"
                            "  cordon syscalls --json ptrace openat\n"
                            "      for programs\n",
                .exits = "  0  answered\n"
                         "  1  there is no such call or group\n"
                         "  2  usage\n",
                .words = WORDS_PLAIN,
                .misused = CHECK_FAILED,
                .fn = syscalls_main,
        },
        {
                .name = "changes",
                .summary = "show, apply or discard what a program changed in `overlay` trees",
                .usage = "cordon changes [OPTION]... [DIR]",
                .about = "DIR is one that `cordon run --keep` made, or that `cordon run --apply` has left. Without it,\n"
                         "those that earlier runs have left are listed. What is shown is how the kept files differ from\n"
                         "those that the host has now; nothing is changed, unless an option says so.\n",
                .options = changes_options,
                .examples = "  cordon run -p ./agent.policy --keep ./review -- agent\n"
                            "  cordon changes --diff ./review\n"
                            "  cordon changes --apply ./review\n"
                            "      a person looks at the changes before they are made\n"
                            "  cordon changes --json ./review | jq -r '.[].path'\n"
                            "      for programs\n",
                .exits = "  0  done\n"
                         "  1  --apply: some changes could not be applied\n"
                         "  2  usage, or a directory that cannot be read or has no changes in it\n",
                .words = WORDS_PLAIN,
                .misused = CHANGES_FAILED,
                .fn = changes_main,
        },
        {
                .name = "doctor",
                .summary = "show what this kernel has of what cordon uses, and what helps",
                .usage = "cordon doctor [OPTION]...",
                .about = "Tries each feature, as this user and in this place. For what is missing: what it is used for,\n"
                         "what is lost without it, how to get it, and the name under which `cordon run --accept` does\n"
                         "without. Judges for the default policy, or for that of -p.\n",
                .options = doctor_options,
                .examples = "  cordon doctor\n"
                            "      on a new machine, or in a container\n"
                            "  cordon doctor -p ./ci.policy --json\n"
                            "      for a program, and for one policy\n",
                .exits = "  0  all is here that the policy needs\n"
                         "  1  something is lost, or must be accepted by name\n"
                         "  2  no sandbox can be started; or usage, or the policy has errors\n",
                .words = WORDS_PLAIN,
                .misused = CHECK_FAILED,
                .fn = doctor_main,
        },
};

const size_t command_count = sizeof(commands) / sizeof(*commands);
