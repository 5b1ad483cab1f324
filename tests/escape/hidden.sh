# Looking for what is hidden. Each way is run outside first, where it finds it.
# shellcheck shell=bash

hidden_policy() {
        plant_secret
        policy <<-END
		use @base @dev @python
		exec $HELPERS
		write $W
		hide $W/**/*.hid
		hide $W/gone
	END
        mkdir -p "$W/dir/sub.hid" "$W/gone" "$W/plain"
        local f
        for f in dir/a.hid dir/sub.hid/f gone/f; do
                printf '%s\n' "$SECRET" >"$W/$f"
        done
        echo shown >"$W/plain/file"
        ln -s dir/a.hid "$W/link"
        chmod -R a+rwX "$W"
}

# One line for each way that found something.
looking() {
        cat <<'END'
import ctypes, ctypes.util, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
path = sys.argv[1]
base = os.path.dirname(path) or "."
name = os.path.basename(path)
dirfd = os.open(base, os.O_RDONLY)

def by_handle():
    handle = (ctypes.c_char * 136)()
    ctypes.cast(handle, ctypes.POINTER(ctypes.c_uint))[0] = 128
    if libc.name_to_handle_at(-100, path.encode(), handle, ctypes.byref(ctypes.c_int()), 0) < 0:
        raise OSError(ctypes.get_errno(), "handle")

def by_inotify():
    fd = libc.inotify_init()
    if libc.inotify_add_watch(fd, path.encode(), 0xfff) < 0:
        raise OSError(ctypes.get_errno(), "inotify")

def by_exchange():
    if libc.renameat2(-100, path.encode(), -100, (base + "/exchanged").encode(), 2) < 0 and ctypes.get_errno() != errno.ENOENT:
        raise FileExistsError("it is there")
    raise FileNotFoundError("nothing")

def by_mkdir():
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    except OSError as e:
        if e.errno != errno.ENOENT:
            return
        raise
    os.rmdir(path)
    raise FileNotFoundError("made")

def by_slash():
    try:
        os.stat(path + "/none")
    except NotADirectoryError:
        return
    os.stat(path + "/.")

ways = {
    "stat": lambda: os.stat(path),
    "lstat": lambda: os.lstat(path),
    "stat at": lambda: os.stat(name, dir_fd=dirfd),
    "access": lambda: os.access(path, os.F_OK) or os.stat(path),
    "O_PATH": lambda: os.fstat(os.open(path, os.O_PATH)),
    "O_PATH at": lambda: os.fstat(os.open(name, os.O_PATH, dir_fd=dirfd)),
    "open": lambda: os.open(path, os.O_RDONLY),
    "dots": lambda: os.stat(base + "/../" + os.path.basename(os.path.abspath(base)) + "/./" + name),
    "cwd": lambda: os.stat("/proc/self/cwd/" + path),
    "fd": lambda: os.stat("/proc/self/fd/%d/%s" % (dirfd, name)),
    "root": lambda: os.stat("/proc/self/root" + os.path.abspath(path)),
    "statfs": lambda: os.statvfs(path),
    "getxattr": lambda: os.listxattr(path),
    "chmod": lambda: os.chmod(path, 0o755),
    "times": lambda: os.utime(path),
    "handle": by_handle,
    "inotify": by_inotify,
    "mkdir": by_mkdir,
    "slash": by_slash,
}
for way, fn in ways.items():
    try:
        fn()
        print("found by", way)
    except OSError as e:
        if e.errno not in (errno.ENOENT, errno.EOPNOTSUPP, errno.ENOSYS):
            print("given away by", way, errno.errorcode[e.errno])
END
}

test_vet_the_object_hidden_by_every_way() {
        need python3
        hidden_policy
        cd "$W"
        local path
        for path in dir/a.hid dir/sub.hid gone dir/sub.hid/f gone/f; do
                run python3 -c "$(looking)" $path
                [ "$(grep -c found "$T/out")" -ge 16 ] || fail "not many ways outside"
                boxed python3 -c "$(looking)" $path
                case $path in
                */f) [[ $err == *"No such file"* ]] || fail "the directory is there" ;; # it cannot even be opened
                *)
                        status_is 0
                        is "$out$err" "" "$path"
                        ;;
                esac
        done
        boxed python3 -c "$(looking)" plain/file
        [ "$(grep -c found "$T/out")" -ge 15 ] || fail "not many ways inside to what is shown"
}

test_vet_the_object_hidden_behind_links() {
        hidden_policy
        cd "$W"
        local way
        for way in 'stat -L link' 'cat link' 'ln -s gone g; stat g/f' 'ln -s dir d; stat d/a.hid' 'ln link x && cat x' 'ln -s . h; stat h/h/gone/.'; do
                rm -f g d x h
                run sh -c "$way"
                status_is 0
                rm -f g d x h
                boxed sh -c "$way"
                [ "$rc" != 0 ] || [ "$way" = 'ln link x && cat x' ] || fail "worked: $way"
                lacks "$out" "$SECRET"
                lacks "$err" "denied"
        done
}

test_never_continue_stat_path_changed() {
        hidden_policy
        echo "allowed" >"$W/plain/allowed"
        echo "secret" >"$W/plain/abc.hid"
        run "$HELPERS/race" look-checked "$W/plain/allowed" "$W/plain/abc.hid" 50000
        matches "$out" 'secret=[1-9]'
        boxed "$HELPERS/race" look "$W/plain/allowed" "$W/plain/abc.hid" 5000 ar
        matches "$out" 'allowed=[1-9][0-9]* secret=0 refused=[1-9][0-9]* other=0'
}

# The broker's view of processes is not the program's.
test_view_bounds_broker_stat_of_processes() {
        hidden_policy
        boxed sh -c 'ls -d /proc/[0-9]*; stat -L /proc/self/ns/pid; stat /proc/sysvipc/shm; cat /proc/1/environ'
        [ "$(grep -c '^/proc/[0-9]' "$T/out")" -le 3 ] || fail "more processes than there are"
        lacks "$out" "$SECRET"
}
