local T = ...
local config = require('hotdev.config')

T.test('wrong options are named', function()
  for _, case in ipairs({
    { { colour = true }, 'unknown option "colour"' },
    { { log = { line = 3 } }, 'unknown option "log.line"' },
    { { enable = 'no' }, 'option "enable" must be a boolean, not a string' },
    { { log = { lines = '3' } }, 'option "log.lines" must be a number' },
    { { notify = 'some' }, 'option "notify" must be one of all, problems, none' },
    { { cmd = {} }, 'option "cmd" must be a list of strings' },
    { 7, 'options must be a table, not a number' },
  }) do
    T.has(config.check(case[1]) or 'nothing', case[2])
  end
end)

T.test('setup raises an error for them, at its caller', function()
  local ok, err = pcall(require('hotdev').setup, { nonsense = 1 })
  T.eq(ok, false)
  T.has(err, 'hotdev: unknown option "nonsense"')
end)

T.test('setup wins over vim.g.hotdev, that over the defaults', function()
  package.loaded['hotdev.config'] = nil
  vim.g.hotdev = { notify = 'all', log = { lines = 5 } }
  config = require('hotdev.config')
  require('hotdev').setup({ log = { split = 'vsplit' }, notify = 'none' })
  local now = config.get()
  T.eq({ now.notify, now.log.lines, now.log.split, now.cmd }, { 'none', 5, 'vsplit', { 'hotdev', 'lsp' } })
end)

T.test('a vim.g.hotdev with a mistake is told of and left out', function()
  package.loaded['hotdev.config'] = nil
  vim.g.hotdev = { notify = 'loud' }
  T.told()
  T.eq(require('hotdev.config').get().notify, 'problems')
  T.has(T.notice('vim.g.hotdev').text, 'option "notify"')
end)

T.test('sourcing the plugin loads no module', function()
  vim.g.loaded_hotdev = nil
  for name in pairs(package.loaded) do
    if vim.startswith(name, 'hotdev') then
      package.loaded[name] = nil
    end
  end
  vim.cmd.runtime('plugin/hotdev.lua')
  for name in pairs(package.loaded) do
    assert(not vim.startswith(name, 'hotdev'), name)
  end
end)

T.test('the command completes its subcommands and their words', function()
  T.eq(vim.fn.getcompletion('Hotdev r', 'cmdline'), { 'reload', 'rollback', 'routes' })
  T.eq(vim.fn.getcompletion('Hotdev break l', 'cmdline'), { 'log', 'list' })
  T.eq(vim.fn.getcompletion('Hotdev nonsense ', 'cmdline'), {})
end)

T.test('an unknown subcommand is told of', function()
  vim.cmd('Hotdev fly')
  T.notice('no command "fly"')
end)
