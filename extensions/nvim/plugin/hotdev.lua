-- Sourced at start-up: defines the command and the language server's start, and
-- loads nothing else before it is needed.
if vim.g.loaded_hotdev then
  return
end
vim.g.loaded_hotdev = 1

if vim.fn.has('nvim-0.10') == 0 then
  vim.notify_once('hotdev needs Neovim 0.10 or newer', vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command('Hotdev', function(invocation)
  require('hotdev.command').run(invocation.fargs)
end, {
  nargs = '*',
  desc = 'hotdev: develop a Go web app',
  complete = function(lead, line)
    return require('hotdev.command').complete(lead, line)
  end,
})

-- Scheduled, so that a setup() that a plugin manager calls after this file, in
-- the same tick, comes first.
vim.schedule(function()
  require('hotdev').enable()
end)
