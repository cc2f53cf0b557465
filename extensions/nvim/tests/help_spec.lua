-- The documentation and :checkhealth.
local T = ...
local app = require('support.app')
local demo = app.new(T)

local function help() return table.concat(vim.fn.readfile(T.root .. '/doc/hotdev.txt'), '\n') end

T.test('the help has its tags, and every command and option', function()
  local doc = vim.fn.tempname() .. '/doc'
  vim.fn.mkdir(doc, 'p')
  vim.fn.writefile(vim.fn.readfile(T.root .. '/doc/hotdev.txt'), doc .. '/hotdev.txt')
  vim.cmd.helptags(doc)
  local tags = table.concat(vim.fn.readfile(doc .. '/tags'), '\n')
  for name in pairs(require('hotdev.command').commands) do
    T.has(tags, (':Hotdev-%s'):format(name))
  end
  for name, value in pairs(require('hotdev.config').get()) do
    T.has(help(), name)
    for inner in pairs(type(value) == 'table' and not vim.islist(value) and value or {}) do
      T.has(help(), inner)
    end
  end
end)

T.test('no line of the help is wider than 78 columns', function()
  for i, line in ipairs(vim.fn.readfile(T.root .. '/doc/hotdev.txt')) do
    assert(vim.fn.strdisplaywidth(line) <= 78, ('line %d: %s'):format(i, line))
  end
end)

--- The report of :checkhealth hotdev.
local function health()
  vim.cmd('silent checkhealth hotdev')
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  vim.cmd('silent bwipeout!')
  return text
end

T.test(':checkhealth tells of the program, the machine and the workspace', function()
  app.edit(demo, 'api/api.go')
  T.wait('the state', require('hotdev').status)
  vim.cmd.lcd(demo.dir)
  local report = health()
  T.has(report, 'OK Neovim')
  T.has(report, 'the settings have no mistake')
  T.has(report, 'go: go1.')
  T.has(report, demo.dir .. ': ')
  T.has(report, 'nvim-dap is not installed')
  assert(not report:find('ERROR'), report)
end)

T.test(':checkhealth says how to mend what is wrong', function()
  package.loaded['hotdev.config'] = nil
  vim.g.hotdev = { cmd = { '/nowhere/hotdev', 'lsp' } }
  local report = health()
  T.has(report, 'ERROR /nowhere/hotdev does not run')
  T.has(report, 'go install github.com/hotdev/hotdev/cmd/hotdev@latest')
  package.loaded['hotdev.config'] = nil
  vim.g.hotdev = { cmd = { app.program, 'lsp' }, colour = 1 }
  T.has(health(), 'vim.g.hotdev: unknown option "colour"')
end)
