-- Debugging with nvim-dap (NVIM_DAP names its folder), or with the stub that
-- stands in for it; the daemon, Delve and the app are real.
local T = ...
local app = require('support.app')
local demo = app.new(T)
local hotdev = require('hotdev')
local dap

local bufnr = app.edit(demo, 'api/api.go')
T.wait('the state', hotdev.status)

T.test('who asks for nvim-dap where it is missing is told the truth, more than once', function()
  for _ = 1, 2 do
    local found, err = pcall(require, 'dap')
    T.eq(found, false)
    T.has(err, "module 'dap' not found")
  end
end)

T.test('nvim-dap knows hotdev as soon as it is loaded, however late', function()
  vim.opt.runtimepath:append(vim.env.NVIM_DAP or (T.root .. '/tests/stub'))
  dap = require('dap')
  T.eq(type(dap.adapters.hotdev), 'function')
  local configs = dap.providers.configs.hotdev(bufnr)
  T.eq(vim.tbl_map(function(c) return c.type .. ' ' .. c.request end, configs), { 'hotdev launch', 'hotdev attach' })
  T.eq(dap.providers.configs.hotdev(app.edit(demo, 'templates/index.html')), {})
  vim.api.nvim_set_current_buf(bufnr)
end)

local session

local function config(request)
  return vim.iter(dap.providers.configs.hotdev(bufnr)):find(function(c) return c.request == request end)
end

--- Asks the app, and waits until it stands at a breakpoint; the line, and the answer to come.
local function stop_at(path)
  local answer = app.get(demo, path)
  T.wait('a stop', function() return session.stopped_thread_id and session.current_frame end, function()
    return answer.done and 'the app has answered: ' .. (answer.body or 'nothing')
  end)
  return session.current_frame.line, answer
end

local function go_on(answer)
  session.current_frame = nil -- nvim-dap keeps it until the next stop is looked at
  dap.continue()
  T.wait('the answer', function() return answer.done end)
  return answer.body
end

local function evaluate(expression)
  local value
  session:evaluate(expression, function(err, result) value = err and err.message or result.result end)
  return T.wait('the value', function() return value end)
end

--- Begins a session, and waits until the running app has its breakpoints.
local function run(request)
  dap.run(config(request))
  session = T.wait('the session', function() return dap.session() and dap.session().initialized and dap.session() end)
  T.wait('the breakpoints in the running app', function()
    local client = require('hotdev.lsp').client(bufnr)
    local list = require('hotdev.lsp').request_now(client, 'hotdev/breakpoints').breakpoints
    return #list > 0 and vim.iter(list):all(function(b) return b.verified end)
  end)
end

T.test('a launch starts the app, and a breakpoint stops it', function()
  vim.api.nvim_win_set_cursor(0, { app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"'), 0 })
  dap.set_breakpoint()
  run('launch')
  T.wait('the running app', function() return hotdev.status().state == 'running' end)
  local line, answer = stop_at('/api/hello')
  T.eq(line, vim.api.nvim_win_get_cursor(0)[1])
  T.eq(evaluate('c.Request.URL.Path'), '"/api/hello"')
  T.wait('the paused state', function() return vim.startswith(hotdev.statusline(), 'hotdev: paused rev') end)
  T.has(go_on(answer), 'hello, world')
end)

--- The lines of all breakpoints that the daemon knows, once they are as wanted.
local function ledger(want)
  local client = require('hotdev.lsp').client(bufnr)
  T.wait('the breakpoints ' .. table.concat(want, ' '), function()
    local result = require('hotdev.lsp').request_now(client, 'hotdev/breakpoints')
    local lines = vim.tbl_map(function(b) return b.line end, result.breakpoints)
    return vim.deep_equal(lines, want)
  end)
end

--- Calls change, which changes breakpoints, and waits until the debugger has taken them over.
local function armed(change)
  local answered = false
  dap.listeners.after.setBreakpoints.spec = function() answered = true end
  change()
  T.wait('the answer to setBreakpoints', function() return answered end)
  dap.listeners.after.setBreakpoints.spec = nil
end

--- Writes the buffer and waits until the daemon has taken over what is in it.
local function save()
  local done
  local id = vim.api.nvim_create_autocmd('User', {
    pattern = 'HotdevReloaded',
    callback = function(event)
      local outcome = event.data.reload.outcome
      done = outcome ~= 'superseded' and outcome or done -- one write may be seen as more than one change
    end,
  })
  vim.cmd('silent write')
  T.wait('the reload', function() return done end)
  vim.api.nvim_del_autocmd(id)
  T.eq(done, 'swapped')
end

T.test('the session and its breakpoint live over a reload, at the moved line', function()
  vim.api.nvim_buf_set_lines(bufnr, 0, 0, false, { '// One more line', '// and another.' })
  vim.api.nvim_buf_call(bufnr, function() vim.cmd('silent %s/greeting = "hello"/greeting = "good day"/') end)
  local want = app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"')
  save()
  local line, answer = stop_at('/api/hello')
  T.eq(line, want)
  T.eq(evaluate('c.Request.URL.Path'), '"/api/hello"')
  T.eq(dap.session(), session)
  T.has(go_on(answer), 'good day, world')
  ledger({ want })
end)

T.test('one that is set between unsaved changes is where it was meant', function()
  vim.api.nvim_buf_set_lines(bufnr, 0, 0, false, { '// Not saved', '// yet.', '// Three lines.' })
  local order, hello = app.line(bufnr, 'var body struct'), app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"')
  local slow = app.line(bufnr, 'wait, err := time.ParseDuration')
  vim.api.nvim_win_set_cursor(0, { slow, 0 })
  armed(dap.set_breakpoint)
  assert(slow > order)
  vim.api.nvim_buf_call(bufnr, function() vim.cmd('silent %s/greeting = "good day"/greeting = "good evening"/') end)
  save()
  ledger({ hello, slow })
  local line, answer = stop_at('/api/slow?for=1ms')
  T.eq(line, slow)
  T.has(go_on(answer), '1ms')
end)

T.test('a save while the app stands waits for it to go on', function()
  local _, answer = stop_at('/api/hello')
  vim.api.nvim_buf_call(bufnr, function() vim.cmd('silent %s/greeting = "good evening"/greeting = "good night"/ | silent write') end)
  T.wait('the new version', function() return (hotdev.status().message or ''):find('waiting for you') end)
  T.eq(hotdev.status().state, 'paused')
  T.has(go_on(answer), 'good evening, world')
  T.wait('the swap', function() return hotdev.status().state == 'running' and not hotdev.status().message end)
  _, answer = stop_at('/api/hello')
  T.has(go_on(answer), 'good night, world')
end)

T.test(':Hotdev break leaves breakpoints to nvim-dap', function()
  vim.api.nvim_win_set_cursor(0, { app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"'), 0 })
  armed(function() vim.cmd('Hotdev break') end)
  local slow = app.line(bufnr, 'wait, err := time.ParseDuration')
  ledger({ slow })
  local answer = app.get(demo, '/api/hello')
  T.wait('the answer', function() return answer.done end)
  armed(function() vim.cmd('Hotdev break if c.Request.URL.RawQuery == "name=x"') end)
  answer = app.get(demo, '/api/hello?name=y')
  T.wait('the answer', function() return answer.done end)
  _, answer = stop_at('/api/hello?name=x')
  T.has(go_on(answer), 'good night, x')
end)

T.test(':Hotdev break list shows whose they are', function()
  vim.cmd('Hotdev break list')
  T.wait('the list', function() return vim.fn.getqflist({ title = 0 }).title == 'hotdev breakpoints' end)
  T.eq(#vim.fn.getqflist(), 2)
  T.has(vim.fn.getqflist()[1].text, 'if c.Request.URL.RawQuery == "name=x"')
  vim.cmd.cclose()
end)

T.test('a disconnect leaves the app running', function()
  dap.disconnect()
  T.wait('the end', function() return dap.session() == nil end)
  local answer = app.get(demo, '/api/hello?name=x')
  T.wait('the answer', function() return answer.done end)
  T.has(answer.body, 'good night, x')
end)

T.test('an attach joins the app that runs', function()
  run('attach')
  local _, answer = stop_at('/api/hello?name=x')
  T.has(go_on(answer), 'good night, x')
  dap.disconnect()
  T.wait('the end', function() return dap.session() == nil end)
end)

T.test('where no daemon is joined, hotdev dap is the adapter', function()
  local clients = require('hotdev.lsp').clients
  require('hotdev.lsp').clients = function() return {} end
  vim.cmd.enew()
  local adapter
  dap.adapters.hotdev(function(a) adapter = a end)
  require('hotdev.lsp').clients = clients
  T.eq(adapter, { type = 'executable', command = app.program, args = { 'dap' } })
end)
