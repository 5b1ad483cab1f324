# @git: commits work, in a repository and in a linked work tree; what makes git run or trust something stays as it was.
# shellcheck shell=bash

repository() {
        need git
        export GIT_CONFIG_NOSYSTEM=1
        git init -q "$W/repo"
        git -C "$W/repo" config user.name somebody
        git -C "$W/repo" config user.email somebody@example.org
        printf '#!/bin/sh\necho the hook ran\n' >"$W/repo/.git/hooks/pre-commit"
        chmod 755 "$W/repo/.git/hooks/pre-commit"
        echo one >"$W/repo/file"
        git -C "$W/repo" add file
        git -C "$W/repo" commit -qm first 2>"$T/err"
        policy <<-'END'
		use @dev @git
		param REPO=$CWD
		write $REPO
	END
        cd "$W/repo"
        run "$CORDON" explain "$T/policy"
        ! grep -q 'does not exist: the program could make it' "$T/out" ||
                skip "names that must not be made need calls that are not brokered in this version"
        status_is 0
}

test_git_commits_work() {
        repository
        echo two >>file
        boxed git commit -qam second
        status_is 0
        has "$err$out" "the hook ran"
        is "$(git log --format=%s | tr '\n' ' ')" "second first "
        is "$(git status --short)" ""
        git fsck --strict >"$T/fsck" 2>&1 || fail "$(cat "$T/fsck")"
        boxed sh -c 'git checkout -qb branch && echo x >new && git add new && git commit -qm third && git stash list &&
                git tag t && git checkout -q - && git merge -q branch && git branch -d branch && git gc -q'
        status_is 0
        is "$(git log --format=%s | tr '\n' ' ')" "third second first "
        git fsck --strict >"$T/fsck" 2>&1 || fail "$(cat "$T/fsck")"
}

test_git_hooks_and_settings_stay() {
        repository
        tree_of .git >"$T/before"
        local command
        for command in 'git config core.fsmonitor ./evil' 'echo evil >>.git/config' 'echo evil >.git/hooks/pre-commit' \
                'echo evil >.git/hooks/post-checkout' 'rm -rf .git/hooks' 'mv .git/hooks .git/x' 'rm .git/config' \
                'mv .git/config .git/x' 'echo .. >.git/commondir' 'echo evil >.git/config.worktree' \
                'echo evil >.git/info/attributes' 'echo /x >.git/objects/info/alternates' 'mkdir .git/rebase-merge' \
                'ln -s /x .git/commondir' 'echo evil >.git/x; mv .git/x .git/commondir' 'ln .git/HEAD .git/commondir' \
                'mkdir .git/worktrees' 'git worktree add ../other' 'git submodule add ./ sub' 'mkdir -p .git/modules/a/hooks' \
                'mv .git .git2' 'rm -rf .git; git init' 'git init sub' 'mkdir -p a/b/.git' 'mkdir a; mv a .git/modules; mkdir .git/modules/hooks'; do
                boxed sh -c "$command"
                rm -rf .git/x .git/modules a sub
                ignore='^(index|COMMIT_EDITMSG)' tree_of .git >"$T/after"
                [ "$rc" != 0 ] || [ "$command" = 'git init sub' ] || fail "'$command' succeeded"
        done
        [ ! -e "$W/other" ] || fail "a work tree was made outside"
        ignore='^(index|COMMIT_EDITMSG)' tree_of .git >"$T/after"
        for command in hooks config; do
                is "$(grep " ./$command\|^$command" "$T/after")" "$(grep " ./$command\|^$command" "$T/before")"
        done
        # The control: without @git they all could.
        sed -i 's/ @git//' "$T/policy"
        boxed sh -c 'echo evil >.git/hooks/post-checkout && echo .. >.git/commondir'
        status_is 0
}

test_git_linked_work_tree() {
        repository
        git worktree add -q ../linked
        cd ../linked
        echo three >>file
        boxed git commit -qam linked
        status_is 0
        is "$(git log -1 --format=%s)" linked
        boxed sh -c 'echo evil >.git'
        [ "$rc" != 0 ] || fail "the file .git was changed"
        boxed sh -c 'echo evil >../repo/.git/worktrees/linked/commondir'
        [ "$rc" != 0 ] || fail "commondir was changed"
        boxed cat ../repo/file
        [ "$rc" != 0 ] || fail "the other work tree is there"
        is "$(git status --short)" ""
}

test_git_file_that_leads_to_a_secret() {
        need git
        plant_secret
        mkdir repo
        echo "gitdir: $T/secret" >repo/.git
        policy <<-'END'
		use @dev @git
		param REPO=$CWD
		read $REPO
	END
        cd repo
        leaks_outside cat "$S"
        boxed cat "$S"
        [ "$rc" != 0 ] || fail "the secret was read"
        lacks "$out" "$SECRET"
        has "$err" "is not followed"
        rm .git
        ln -s "$T/secret" .git
        boxed cat "$S" .git/secret
        lacks "$out" "$SECRET"
        has "$err" "it is a symbolic link"
}
