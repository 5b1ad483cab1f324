" A policy says so in its first line; other programs have files of this name, too.
autocmd BufNewFile *.policy setfiletype cordon
autocmd BufRead,BufWritePost *.policy if getline(1) =~# '^cordon\s\+\d' | setfiletype cordon | endif
