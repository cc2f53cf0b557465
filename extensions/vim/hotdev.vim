" hotdev for Vim 8.2 and newer with ALE: source this in the vimrc, or copy it.
" ALE runs all linters of a language, so gopls goes on beside it.

call ale#linter#Define('go', {
\ 'name': 'hotdev',
\ 'lsp': 'stdio',
\ 'executable': 'hotdev',
\ 'command': '%e lsp',
\ 'project_root': {buffer -> fnamemodify(findfile('go.mod', fnamemodify(bufname(buffer), ':p:h') . ';'), ':p:h')},
\})

" :Hotdev start, :Hotdev stop, :Hotdev reload, :Hotdev status, …
command! -nargs=+ -complete=custom,s:Complete Hotdev
\ echo trim(system('hotdev -C ' . shellescape(expand('%:p:h')) . ' ' . <q-args>))

function! s:Complete(lead, line, position) abort
  return join(['start', 'stop', 'reload', 'rollback', 'status', 'history', 'routes', 'why', 'break'], "\n")
endfunction
