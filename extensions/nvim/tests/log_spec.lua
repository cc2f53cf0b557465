-- The log window, first with a log of our making, then with the demo's.
local T = ...
local app = require('support.app')
local demo = app.new(T)
vim.g.hotdev = vim.tbl_deep_extend('force', vim.g.hotdev, { log = { lines = 50 } })
local hotdev, workspaces = require('hotdev'), require('hotdev.workspace')

local seq = 0
local function entry(text, more)
  seq = seq + 1
  return vim.tbl_extend('force', { seq = seq, time = '2026-11-24T16:00:01.250Z', stream = 'stdout', text = text }, more or {})
end

local function lines() return vim.api.nvim_buf_get_lines(0, 0, -1, false) end

local bufnr = app.edit(demo, 'api/api.go')
local client = T.wait('the client', function() return require('hotdev.lsp').client(bufnr) end)
local workspace
T.wait('the state', function()
  workspace = workspaces.get(client.id)
  return workspace.status and not workspace.early
end)

T.test(':Hotdev logs shows what was kept, without control sequences', function()
  vim.cmd('Hotdev logs')
  T.eq(vim.bo.filetype, 'hotdev-log')
  T.eq(vim.bo.modifiable, false)
  T.eq(vim.api.nvim_buf_get_name(0), ('hotdev://%s/log'):format(demo.dir))
  workspaces.get(client.id).entries = {}
  require('hotdev.log').clear(workspace)
  seq = workspace.newest
  workspaces.on_log(client.id, {
    entries = {
      entry('\27[32mGET\27[0m /items \27]8;;http://x\7link\27]8;;\7\r'),
      entry('low stock', { level = 'warn' }),
      entry('compiling', { stream = 'build' }),
    },
  })
  T.eq(lines(), { 'GET /items link', 'low stock', 'compiling' })
end)

T.test('levels and streams have colours', function()
  local marks = vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true, type = 'highlight' })
  T.eq(vim.tbl_map(function(m) return { m[2], m[4].hl_group } end, marks), { { 1, 'DiagnosticWarn' }, { 2, 'Comment' } })
end)

T.test('the window follows while its cursor is on the last line', function()
  vim.cmd('normal! G')
  workspaces.on_log(client.id, { entries = { entry('four'), entry('five') } })
  T.eq(vim.api.nvim_win_get_cursor(0)[1], 5)
  vim.cmd('normal! gg')
  workspaces.on_log(client.id, { entries = { entry('six') } })
  T.eq(vim.api.nvim_win_get_cursor(0)[1], 1)
end)

T.test('entries that are there already come once', function()
  workspaces.on_log(client.id, { entries = { vim.tbl_extend('force', entry('again'), { seq = seq - 1 }) } })
  T.eq(#lines(), 6)
  seq = seq - 1
end)

T.test('only the newest lines are kept', function()
  local batch = {}
  for i = 1, 60 do
    batch[i] = entry('line ' .. i, { level = 'error', file = app.path(demo, 'main.go'), line = i })
  end
  workspaces.on_log(client.id, { entries = batch })
  T.eq({ #lines(), lines()[1], lines()[50] }, { 50, 'line 11', 'line 60' })
  T.eq(#workspace.entries, 50)
  T.eq(#vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { type = 'highlight' }), 50)
end)

T.test('a line leads to where it was printed from, in the window before', function()
  vim.api.nvim_win_set_cursor(0, { 3, 0 })
  local windows = #vim.api.nvim_list_wins()
  vim.cmd.normal('gF')
  T.eq(vim.api.nvim_buf_get_name(0), app.path(demo, 'main.go'))
  T.eq(vim.api.nvim_win_get_cursor(0)[1], 13)
  T.eq(#vim.api.nvim_list_wins(), windows)
end)

T.test('file:line in the text leads there, the one under the cursor first', function()
  vim.cmd('Hotdev logs')
  workspaces.on_log(client.id, { entries = { entry('see api/api.go:15 and main.go:7, not gone.go:3') } })
  vim.cmd('normal! G0')
  vim.cmd.normal('gF')
  T.eq({ vim.api.nvim_buf_get_name(0), vim.api.nvim_win_get_cursor(0)[1] }, { app.path(demo, 'api/api.go'), 15 })
  vim.cmd('Hotdev logs')
  vim.cmd('normal! G0')
  vim.fn.search('main.go:7', '', vim.fn.line('.'))
  vim.cmd.normal('gF')
  T.eq({ vim.api.nvim_buf_get_name(0), vim.api.nvim_win_get_cursor(0)[1] }, { app.path(demo, 'main.go'), 7 })
end)

T.test('unsaved changes of the file that it leads to stay', function()
  vim.api.nvim_buf_set_lines(0, 6, 7, false, { '// unsaved' })
  vim.cmd('Hotdev logs')
  vim.cmd('normal! G$')
  vim.fn.search('main.go:7', 'b')
  vim.cmd.normal('gF')
  T.eq(vim.api.nvim_get_current_line(), '// unsaved')
  vim.cmd('silent undo')
end)

T.test('a line without a place says so', function()
  workspaces.on_log(client.id, { entries = { entry('nothing here') } })
  vim.cmd('Hotdev logs')
  vim.cmd('normal! G')
  vim.cmd.normal('gF')
  T.notice('no file:line here')
  T.eq(vim.bo.filetype, 'hotdev-log')
end)

T.test('q closes the window, and the log goes on', function()
  vim.cmd.normal('q')
  assert(vim.bo.filetype ~= 'hotdev-log')
  workspaces.on_log(client.id, { entries = { entry('meanwhile') } })
  vim.cmd('Hotdev logs')
  T.eq(lines()[#lines()], 'meanwhile')
end)

T.test("the app's output comes in, and its panics lead to their lines", function()
  -- The entries above were none of the daemon's; its own numbers go on.
  require('hotdev.log').clear(workspace)
  workspace.entries, workspace.newest = {}, 0
  vim.cmd('Hotdev start')
  T.wait('the running app', function() return hotdev.status().state == 'running' end)
  T.wait('its output', function() return table.concat(lines(), '\n'):find('listening on localhost:', 1, true) end)
  local answer = app.get(demo, '/api/panic')
  T.wait('the answer', function() return answer.done end)
  T.wait('the panic in the log', function() return vim.fn.search('api/api.go:\\d', 'w') > 0 end)
  local line = vim.api.nvim_get_current_line():match('api/api.go:(%d+)')
  vim.cmd.normal('gF')
  T.eq({ vim.api.nvim_get_current_buf(), tostring(vim.api.nvim_win_get_cursor(0)[1]) }, { bufnr, line })
end)

T.test('another daemon begins another log', function()
  vim.cmd('Hotdev logs')
  local pid = hotdev.status().daemon.pid
  assert(vim.system({ app.program, 'stop', '--daemon', '-C', demo.dir }):wait().code == 0)
  vim.api.nvim_buf_call(bufnr, function() vim.cmd('silent write') end)
  T.wait('another daemon', function() return hotdev.status().daemon.pid ~= pid end)
  T.eq(table.concat(lines(), '\n'):find('listening on'), nil)
  T.wait('the kept log', function() return not workspace.early end)
end)
