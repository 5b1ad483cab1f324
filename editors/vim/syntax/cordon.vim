" Syntax of cordon policies; see cordon-policy(5).
if exists('b:current_syntax')
  finish
endif
let s:keep = &cpo
set cpo&vim

syntax case match
" `use?` is one word; so are names with a dash in them.
syntax iskeyword @,48-57,_,?,-

" A line begins with a verb; what is none there is a mistake.
syntax match cordonUnknown /^\s*\zs[^[:blank:]#"]\+/ contains=cordonHeader,cordonVerb,cordonRestrict,cordonDeclare,cordonTest

syntax keyword cordonHeader contained cordon
syntax keyword cordonVerb contained list read create write exec overlay
syntax keyword cordonVerb contained tmp dev proc env cwd net limit syscalls audit
syntax keyword cordonVerb contained connect bind unix file fd caps user hostname symlink
syntax keyword cordonRestrict contained deny hide mask ask never
syntax keyword cordonDeclare contained use use? param let require
syntax keyword cordonTest contained expect

" Verbs that stand side by side, the access that is asked for, and the words that some verbs know.
syntax match cordonBeside /\%(^\s*\%(list\|read\|create\|write\|exec\|unix\|ask\)\s\+\)\@<=\%(\%(list\|read\|create\|write\|exec\|unix\)\%(\s\+\|$\)\)\+/
syntax match cordonAnswer /\%(^\s*expect\s\+\)\@<=\%(allow\|deny\)\>/ nextgroup=cordonAccess skipwhite
syntax match cordonAccess contained /\<\%(list\|read\|create\|write\|exec\|unix\|connect\|bind\)\>/
syntax match cordonOption /\%(^\s*\%(env\|fd\|caps\)\s\+\)\@<=\%(keep\|set\|clear\)\>/
syntax match cordonOption /\%(^\s*\%(tmp\|net\|proc\|dev\|audit\|caps\|user\)\s\+\)\@<=\%(none\|private\|loopback\|host\|own\|self\|root\|denied\|all\)\>/
syntax match cordonOption /\%(^\s*unix\s\+\)\@<=datagram\ze\%(\s\|$\)/
syntax match cordonOption /\%(^\s*file\s\+\S\+\s\+\)\@<=from\ze\s/
syntax match cordonOption /\%(^\s*\%(list\|read\|create\|write\|exec\|symlink\)\s.*\s\)\@<=as\ze\s/
syntax match cordonOption /\%(^\s*require\s\+\)\@<=\%(kernel\|landlock\|userns\|cgroup\|idmap\|overlay\)\>/
syntax match cordonOption /\%(^\s*syscalls\s\+\)\@<=\%(allow\|deny\|kill\|log\)\>/
syntax match cordonOption /\%(^\s*limit\>.*\s\)\@<=\%(time\|cpu\|memory\|procs\|files\|fsize\|grace\|swap\|cpus\|io-read\|io-write\|output\)\ze\s/
syntax match cordonNumber /\%(^\|\s\)\@<=\d\+\%(ms\|[smhKMGT]\)\?\ze\%(\s\|$\)/

syntax match cordonBundle /\%(\s\)\@<=@[A-Za-z0-9_-]\+/
syntax match cordonVariable /\$\%({\h\w*}\|\h\w*\)/
syntax match cordonVariable /\%(\s\|=\)\@<=\~\ze\%([\/[:blank:]]\|$\)/
syntax match cordonWildcard /\*\*\|[*?]\|\[!\?[^][:blank:]]*\]\|[{}]/
syntax match cordonBecause /\s\@<=because\ze\s/

syntax match cordonEscape contained /\\\%(["\\$nt]\|x\x\x\)/
syntax match cordonBadEscape contained /\\\%(["\\$nt]\|x\x\x\)\@!./
syntax region cordonString start=/"/ end=/"/ skip=/\\./ oneline contains=cordonEscape,cordonBadEscape,cordonVariable

syntax keyword cordonTodo contained TODO FIXME XXX
syntax match cordonComment /\%(^\|\s\)\@<=#.*$/ contains=cordonTodo,@Spell

highlight default link cordonUnknown Error
highlight default link cordonHeader PreProc
highlight default link cordonVerb Statement
highlight default link cordonBeside Statement
highlight default link cordonRestrict Exception
highlight default link cordonDeclare PreProc
highlight default link cordonTest Statement
highlight default link cordonAnswer Statement
highlight default link cordonAccess Type
highlight default link cordonOption Type
highlight default link cordonNumber Number
highlight default link cordonBundle Include
highlight default link cordonVariable Identifier
highlight default link cordonWildcard Special
highlight default link cordonBecause Keyword
highlight default link cordonEscape SpecialChar
highlight default link cordonBadEscape Error
highlight default link cordonString String
highlight default link cordonTodo Todo
highlight default link cordonComment Comment

let b:current_syntax = 'cordon'
let &cpo = s:keep
unlet s:keep
