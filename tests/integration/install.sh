# What is installed, as somebody uses it who has nothing of the source: the libraries through pkg-config, from C, C++ and Python.
# shellcheck shell=bash disable=SC2154

# Into $T/root; what was built is taken as it is.
install_all() {
        [ -e "$HERE/../Makefile" ] || skip "this is not a checkout"
        ! grep -q __asan_init "$CORDON" || skip "there is no shared library with AddressSanitizer"
        make=(make -s -C "$HERE/.." -o "$CORDON" -o "$(dirname "$CORDON")/libcordon.so.1" BUILD="$(dirname "$CORDON")" DESTDIR="$T/root")
        "${make[@]}" install >"$T/made" 2>&1 || fail "$(cat "$T/made")"
        lib=$(dirname "$(find "$T/root" -name libcordon.so)")
        export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$T/root
}

# An embedder's first program: runs a command under a policy, and says how it ended.
embedder='#include <cordon.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
        const char text[] = "cordon 1\nuse @base\nexec $PROG\nread /etc/hostname\n";
        cordon_policy_text one;
        cordon_policy_options options;
        cordon_child_options child_options;
        cordon_policy *policy = NULL;
        cordon_broker *broker = NULL;
        cordon_child *child = NULL;
        cordon_error error;
        cordon_exit end;
        const char *files[] = {NULL};
        if (argc < 2)
                return 2;
        memset(&one, 0, sizeof(one));
        memset(&options, 0, sizeof(options));
        memset(&child_options, 0, sizeof(child_options));
        memset(&error, 0, sizeof(error));
        one.name = "(embedded)";
        one.text = text;
        one.length = strlen(text);
        options.size = sizeof(options);
        options.files = files;
        options.texts = &one;
        options.text_count = 1;
        options.program = argv[1];
        child_options.size = sizeof(child_options);
        child_options.program = argv[1];
        child_options.argv = (const char *const *)(argv + 1);
        if (cordon_policy_load(&policy, &options, &error) < 0 || cordon_broker_new(&broker, &error) < 0 ||
            cordon_child_spawn(&child, broker, policy, &child_options, &error) < 0) {
                fprintf(stderr, "%s\n", error.text);
                return 1;
        }
        while (cordon_child_phase(child) != CORDON_CHILD_ENDED) {
                struct pollfd ready;
                ready.fd = cordon_broker_fd(broker);
                ready.events = POLLIN;
                poll(&ready, 1, cordon_broker_next_timeout(broker));
                cordon_broker_dispatch(broker);
        }
        cordon_child_exit(child, &end);
        printf("%s: %d, denied %d\n", cordon_version(), end.status, end.denied > 0);
        cordon_child_free(child);
        cordon_broker_free(broker);
        cordon_policy_unref(policy);
        return 0;
}'

works() { # works PROGRAM
        export LD_LIBRARY_PATH=$lib
        run "$T/$1" /usr/bin/cat /etc/hostname
        status_is 0
        matches "${out##*$'\n'}" "^[0-9.]+: 0, denied 0$"
        plant_secret
        run "$T/$1" /usr/bin/cat "$S"
        matches "${out##*$'\n'}" "^[0-9.]+: 1, denied 1$"
        unset LD_LIBRARY_PATH
}

test_installed_library_from_c_and_cpp() {
        local flags libs
        need g++ pkg-config readelf
        need_plain_build
        install_all
        read -ra flags < <(pkg-config --cflags cordon)
        read -ra libs < <(pkg-config --libs cordon)
        cd "$T"
        echo "$embedder" >use.c
        cp use.c use.cc
        cc -std=c99 -D_DEFAULT_SOURCE -pedantic-errors -Wall -Wextra -Werror "${flags[@]}" -o c99 use.c "${libs[@]}"
        works c99
        g++ -std=c++11 -pedantic-errors -Wall -Wextra -Werror "${flags[@]}" -o cpp11 use.cc "${libs[@]}"
        works cpp11
        has "$(readelf -d c99)" "libcordon.so.1"
        # And the other library, with what it needs.
        read -ra libs < <(PKG_CONFIG_SYSROOT_DIR='' pkg-config --static --libs cordon)
        cc -std=c99 -D_DEFAULT_SOURCE "${flags[@]}" -static -o still use.c "-L$lib" "${libs[@]}" 2>"$T/linked" || fail "$(cat "$T/linked")"
        works still
        # What is not in the header is not to be had.
        echo 'int policy_eval(void); int main(void) { return policy_eval(); }' >inner.c
        ! cc -o inner inner.c "-L$lib" -lcordon 2>"$T/linked" || fail "an inner function is exported"
        has "$(cat "$T/linked")" policy_eval
}

# Through a foreign-function interface there is nothing but the symbols and the sizes.
test_installed_library_from_python() {
        need python3
        install_all
        cat >"$T/use.py" <<-'END'
		import ctypes, sys
		lib = ctypes.CDLL(sys.argv[1])
		lib.cordon_version.restype = ctypes.c_char_p
		class Error(ctypes.Structure):
		    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 508)]
		class Text(ctypes.Structure):
		    _fields_ = [("name", ctypes.c_char_p), ("text", ctypes.c_char_p), ("length", ctypes.c_size_t), ("flags", ctypes.c_uint)]
		class Options(ctypes.Structure):
		    _fields_ = [("size", ctypes.c_size_t), ("files", ctypes.POINTER(ctypes.c_char_p)), ("defines", ctypes.c_void_p),
		                ("program", ctypes.c_char_p), ("cwd", ctypes.c_char_p), ("home", ctypes.c_char_p), ("diag", ctypes.c_void_p),
		                ("diag_ctx", ctypes.c_void_p), ("search", ctypes.c_void_p), ("used", ctypes.c_void_p),
		                ("texts", ctypes.POINTER(Text)), ("text_count", ctypes.c_size_t)]
		def load(text):
		    policy, error = ctypes.c_void_p(), Error()
		    options = Options(size=ctypes.sizeof(Options), files=(ctypes.c_char_p * 1)(None), text_count=1,
		                      texts=ctypes.pointer(Text(b"(python)", text, len(text))))
		    result = lib.cordon_policy_load(ctypes.byref(policy), ctypes.byref(options), ctypes.byref(error))
		    lib.cordon_policy_unref(policy)
		    return result, error.text.decode()
		print(lib.cordon_version().decode().count("."))
		print(load(b"cordon 1\nread /etc\n")[0])
		print(*load(b"cordon 1\nwirte /etc\n"))
	END
        run python3 "$T/use.py" "$lib/libcordon.so.1"
        is "$(head -n 2 "$T/out")" $'2\n0'
        matches "$(tail -n 1 "$T/out")" "^-22 .*unknown verb 'wirte'"
}

test_python_module() {
        local lib
        need python3
        lib=$(dirname "$CORDON")/libcordon.so.1
        [ -e "$lib" ] || skip "there is no shared library with AddressSanitizer"
        cp "$HERE"/../bindings/python/*.py "$W/"
        cd "$W"
        CORDON_LIBRARY=$lib run python3 -B test_cordon.py
        status_is 0
        has "$err" OK
        lacks "$err" skipped
}

test_shipped_policies_are_installed_where_names_are_looked_for() {
        local share
        install_all
        run "$CORDON" check nothing-of-this-name
        share=$(sed 's/.* or \(\/[^;]*\);.*/\1/' "$T/err")
        cmp "$T/root$share/agent.policy" "$HERE/../examples/policies/agent.policy"
        local manuals
        manuals=$(dirname "$(find "$T/root" -name cordon.3)")
        is "$(cat "$manuals/cordon_child_spawn.3")" ".so man3/cordon.3"
        is "$(find "$manuals" -name 'cordon_*' | wc -l)" "$(grep -c '^CORDON_API' "$T/root"/usr/*/include/cordon.h)"
        "${make[@]}" uninstall
        is "$(find "$T/root" -type f -o -type l)" ""
}

# ---- what programs depend on --------------------------------------------------------------------------------------------

abi() { # abi SED-SCRIPT: with the header changed so
        sed "$1" "$HERE/../include/cordon.h" >"$T/source/include/cordon.h"
        ! cmp -s "$HERE/../include/cordon.h" "$T/source/include/cordon.h" || [ -z "$1" ] || fail "nothing was changed by $1"
        (cd "$T/source" && run tools/abi "$(dirname "$CORDON")/libcordon.so.1"; echo "$out"; exit "$rc")
}

test_a_change_of_the_abi_takes_another_version() {
        local change
        need python3
        [ -e "$HERE/../Makefile" ] || skip "this is not a checkout"
        ! grep -q __asan_init "$CORDON" || skip "there is no shared library with AddressSanitizer"
        mkdir -p "$T/source/include" "$T/source/lib"
        cp -r "$HERE/../tools" "$T/source/"
        cp "$HERE"/../lib/libcordon.* "$T/source/lib/"
        abi '' || fail "unchanged, and: $(abi '')"
        for change in 's/int status;/long status;/' 's/CORDON_EXIT_EXEC = 5/CORDON_EXIT_EXEC = 15/' '/^ *uint64_t wall_ns;/d' \
                's/^\( *\)int status;/&\n\1int more;/' 's/^} cordon_exit;/int more; &/' 's/cordon_broker_fd(const/cordon_broker_fd(/'; do
                ! abi "$change" >"$T/said" || fail "it passed: $change"
                has "$(cat "$T/said")" "takes another ABI"
        done
        # An option at the end is new, and no more: callers say how large theirs is.
        for change in 's/^} cordon_child_options;/int more; &/' 's/^} cordon_denial;/int more; &/' 's/CORDON_EXIT_OUTPUT = 8,/& CORDON_EXIT_MORE,/'; do
                ! abi "$change" >"$T/said" || fail "it passed: $change"
                has "$(cat "$T/said")" "takes a later CORDON_VERSION"
                lacks "$(cat "$T/said")" "another ABI"
        done
        ! abi 's/^CORDON_API int cordon_broker_fd/CORDON_API int cordon_more(void);\n&/' >"$T/said" || fail "it passed"
        has "$(cat "$T/said")" "cordon_more is in the header, and not exported"
        ! abi '/^CORDON_API int cordon_broker_fd/d' >"$T/said" || fail "it passed"
        has "$(cat "$T/said")" "cordon_broker_fd is exported, and not in the header"
        ! abi 's/^\(CORDON_API int cordon_broker_fd\).*/\1(int first, ...);/' >"$T/said" || fail "it passed"
        has "$(cat "$T/said")" "variable number"
}
