# @git: commits work, in a repository and in a linked work tree; what makes git run or trust something stays as it was.
# shellcheck shell=bash

init() {
        need git
        export GIT_CONFIG_NOSYSTEM=1
        git init -q "$W/repo"
        git -C "$W/repo" config user.name somebody
        git -C "$W/repo" config user.email somebody@example.org
}

repository() {
        init
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

test_git_work_tree_as_git_links_it() {
        init
        git -C repo commit -q --allow-empty -m first
        git -C repo worktree add -q ../linked
        policy <<-END
		use @git
		expect allow write $W/repo/.git/worktrees/linked/index $W/repo/.git/objects/aa/bb $W/repo/.git/refs/heads/linked
		expect deny  write $W/repo/.git/worktrees/linked/commondir $W/repo/.git/worktrees/linked/gitdir
		expect deny  write $W/repo/.git/config $W/repo/.git/hooks/post-checkout $W/repo/.git/worktrees/other/HEAD
		expect deny  write $W/linked/.git $W/repo/file
		expect deny  read $W/repo/file
	END
        cd linked
        run "$CORDON" check "$T/policy"
        status_is 0
        is "$err" ""
        run "$CORDON" check "$T/policy" -D REPO=../linked
        status_is 0
        git worktree move . ../moved # all that names it is written anew
        cd ../moved
        sed -i "s|$W/linked|$W/moved|" "$T/policy"
        run "$CORDON" check "$T/policy"
        status_is 0
        is "$err" ""
        # A copy says that it is the same work tree. The directory it names does not say so.
        cp -r . ../copy
        cd ../copy
        run "$CORDON" check "$T/policy"
        status_is 1
        has "$err" "does not lead to $W/copy/.git"
}

# What is in .git and makes git run or trust something.
guarded() {
        { tree_of .git/hooks; cat .git/config; ls -d .git/commondir .git/config.worktree .git/info/attributes .git/worktrees \
                .git/objects/info/alternates .git/rebase-merge 2>/dev/null || true; } >"$1"
}

test_git_hooks_and_settings_stay() {
        repository
        guarded "$T/before"
        local command
        for command in 'git config core.fsmonitor ./evil' 'echo evil >>.git/config' 'echo evil >.git/hooks/pre-commit' \
                'echo evil >.git/hooks/post-checkout' 'rm -rf .git/hooks' 'mv .git/hooks .git/x' 'rm .git/config' \
                'mv .git/config .git/x' 'echo .. >.git/commondir' 'echo evil >.git/config.worktree' \
                'echo evil >.git/info/attributes' 'echo /x >.git/objects/info/alternates' 'mkdir .git/rebase-merge' \
                'ln -s /x .git/commondir' 'echo evil >.git/x; mv .git/x .git/commondir' 'ln .git/HEAD .git/commondir' \
                'mkdir .git/worktrees' 'git worktree add ../other' 'git submodule add ./ sub' 'mkdir -p .git/modules/a/hooks' \
                'mv .git .git2' 'mv .git/info .git/y' 'git init sub' 'mkdir -p a/b/.git' 'git clone -q . sub' \
                'mkdir -p a/hooks; mkdir .git/modules; mv a .git/modules/a'; do
                boxed sh -c "$command"
                [ "$rc" != 0 ] || fail "'$command' succeeded"
                rm -rf .git/x .git/modules a sub
                guarded "$T/after"
                diff "$T/before" "$T/after" || fail "after '$command'"
        done
        [ ! -e "$W/other" ] || fail "a work tree was made outside"
        boxed sh -c 'rm -rf .git; git init'
        guarded "$T/after"
        diff "$T/before" "$T/after" || fail "after all of .git was removed"
}

# The control: without @git all of this can be done.
test_git_without_the_bundle_hooks_can_be_written() {
        repository
        sed -i 's/ @git//' "$T/policy"
        boxed sh -c 'echo evil >.git/hooks/post-checkout && echo .. >.git/commondir && mkdir -p a/b/.git'
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
