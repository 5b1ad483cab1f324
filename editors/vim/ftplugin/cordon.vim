" Settings for cordon policies: comments, and gq with the canonical layout.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal expandtab
if executable('cordon')
  setlocal formatprg=cordon\ fmt\ -
  setlocal makeprg=cordon\ check\ %:S
  setlocal errorformat=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,%f:\ %trror:\ %m,%-G%.%#
endif

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< expandtab< formatprg< makeprg< errorformat<'
