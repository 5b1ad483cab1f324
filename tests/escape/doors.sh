# System calls that would go round the broker: each works outside, none inside.
# shellcheck shell=bash

doors_policy() {
        dev_policy
        cp "$HELPERS/ids" "$W/file"
}

door() { # door ERRNOS NAME ARGS…
        local errors=$1
        shift
        doors_policy
        reached_outside "$@"
        refused_inside "$errors" "$@"
}

# Calls that only root may make outside.
root_door() {
        if am_root; then
                door "$@"
        else
                local errors=$1
                shift
                doors_policy
                refused_inside "$errors" "$@"
        fi
}

test_door_ptrace() { door 'EPERM|ENOSYS' ptrace_child; }
test_door_process_vm_readv() { door 'EPERM|ENOSYS' vm_read; }
test_door_process_vm_writev() { door 'EPERM|ENOSYS' vm_write; }
test_door_pidfd_getfd() { door 'EPERM|ENOSYS' pidfd_getfd; }
test_door_io_uring() { door 'EPERM|ENOSYS' io_uring; }
test_door_user_namespace() { door 'EPERM|ENOSYS' userns; }
test_door_user_namespace_by_clone() { door 'EPERM|ENOSYS' clone_userns; }
test_door_user_namespace_by_clone3() { door 'EPERM|ENOSYS' clone3_userns; }
test_door_mount_namespace() { root_door 'EPERM|ENOSYS' mountns; }
test_door_mount() { root_door 'EPERM|ENOSYS' mount "$W"; }
test_door_fsopen() { root_door 'EPERM|ENOSYS' fsopen; }
test_door_open_tree() { root_door 'EPERM|ENOSYS' open_tree "$W"; }
test_door_chroot() { root_door 'EPERM|ENOSYS' chroot "$W"; }
test_door_file_handle() { root_door 'EPERM|ENOSYS' handle "$W"; }
test_door_open_by_handle() { door 'EPERM|ENOSYS' open_by_handle; }
test_door_bpf() { root_door 'EPERM|ENOSYS' bpf; }
test_door_keyctl() { door 'EPERM|ENOSYS' keyctl; }
test_door_add_key() { door 'EPERM|ENOSYS' add_key; }
test_door_userfaultfd() { door 'EPERM|ENOSYS' userfaultfd; }
test_door_perf_event_open() { door 'EPERM|ENOSYS|EACCES' perf; }

test_door_umount_and_remount() {
        doors_policy
        # What is no mount point outside: there the kernel says EINVAL, so that a failing test does no harm.
        refused_inside 'EPERM|ENOSYS' umount "$W/file"
        refused_inside 'EPERM|ENOSYS' remount /usr
        refused_inside 'EPERM|ENOSYS' mount_setattr /usr
}

test_door_kexec_and_modules() {
        doors_policy
        refused_inside 'EPERM|ENOSYS' kexec
        refused_inside 'EPERM|ENOSYS' init_module
}

test_door_int80() {
        [ "$(uname -m)" = x86_64 ] || skip "no 32-bit entry on this architecture"
        run "$HELPERS/attack" int80
        [[ $out == *reached* ]] || skip "this kernel has no 32-bit entry"
        doors_policy
        boxed "$HELPERS/attack" int80
        lacks "$out" reached
}

test_door_x32() {
        [ "$(uname -m)" = x86_64 ] || skip "no x32 entry on this architecture"
        doors_policy
        boxed "$HELPERS/attack" x32
        lacks "$out" reached
}

test_door_chmod_setuid() {
        local way
        for way in chmod_setuid chmod_setgid fchmod_setuid; do
                doors_policy
                reached_outside $way "$W/file"
                chmod 755 "$W/file"
                refused_inside 'EPERM' $way "$W/file"
                is "$(stat -c %a "$W/file")" 755
        done
        doors_policy
        boxed "$HELPERS/attack" chmod "$W/file"
        is "$out" reached
        is "$(stat -c %a "$W/file")" 600
        boxed "$HELPERS/attack" fchmodat2_setuid "$W/file"
        lacks "$out" reached
        is "$(stat -c %a "$W/file")" 600
}

test_door_made_setuid() {
        local way
        for way in open_setuid creat_setuid mknod_setuid; do
                doors_policy
                reached_outside $way "$W/new"
                refused_inside 'EPERM' $way "$W/new"
                [ -z "$(find "$W" -perm /6000)" ] || fail "something is set-user-id"
        done
}

test_door_no_new_privileges() {
        doors_policy
        boxed grep NoNewPrivs /proc/self/status
        matches "$out" '1$'
        boxed "$HELPERS/ids"
        matches "$out" 'caps=0000000000000000'
}

test_door_setuid_program_gives_nothing() {
        am_root || skip "only root can make a set-user-id program; test_door_no_new_privileges covers what stops it"
        doors_policy
        cp "$HELPERS/ids" "$W/suid"
        chmod 4755 "$W/suid"
        run setpriv --reuid 65533 --regid 65533 --clear-groups "$W/suid"
        has "$out" "euid=0"
        boxed "$W/suid"
        lacks "$out" "euid=0"
        has "$out" "caps=0000000000000000"
}

# What is written through a shared mapping leaves the set-id bits where they are.
test_door_setuid_program_rewritten() {
        need python3
        doors_policy
        echo "use @python" >>"$T/policy"
        local way='
import mmap, os, sys
m = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 4)
m[0:4] = b"EVIL"'
        echo original >"$W/suid"
        cp "$W/suid" "$W/plain"
        chmod 4755 "$W/suid"
        cp -p "$W/suid" "$W/control"
        run python3 -c "$way" "$W/control"
        is "$(head -c 4 "$W/control") $(stat -c %a "$W/control")" "EVIL 4755"
        boxed /usr/bin/python3 -c "$way" "$W/suid"
        is "$(cat "$W/suid")" original
        boxed /usr/bin/python3 -c "$way" "$W/plain"
        is "$(head -c 4 "$W/plain")" EVIL
}

test_door_capabilities_are_gone() {
        doors_policy
        # The bounding set says what an execve could give; no_new_privs and securebits see to it that it gives nothing.
        boxed sh -c 'grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status'
        is "$(grep -v '0000000000000000$' "$T/out" || true)" "" "capabilities left"
        boxed grep -E '^(Uid|Gid|Groups)' /proc/self/status
        lacks "$out" $'\t0\t'
        boxed grep Seccomp: /proc/self/status
        matches "$out" '2$'
}
