-- :Hotdev break without nvim-dap: the daemon's own set of breakpoints, as signs.
local T = ...
local app = require('support.app')
local demo = app.new(T)
local hotdev = require('hotdev')

local bufnr = app.edit(demo, 'api/api.go')
T.wait('the state', hotdev.status)

--- The signs of a buffer as {line, sign}.
local function signs()
  local namespace = vim.api.nvim_get_namespaces()['hotdev.breakpoints']
  local list = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(bufnr, namespace, 0, -1, { details = true })) do
    if not mark[4].invalid then
      list[#list + 1] = { mark[2] + 1, vim.trim(mark[4].sign_text) }
    end
  end
  return list
end

--- Waits until the signs are as wanted.
local function shown(want)
  local now
  local ok, err = pcall(T.wait, 'the signs', function()
    now = signs()
    return vim.deep_equal(now, want)
  end)
  assert(ok, ('%s: %s, want %s'):format(err, vim.inspect(now), vim.inspect(want)))
end

--- What the daemon has, as "line member=text".
local function kept()
  local client = require('hotdev.lsp').client(bufnr)
  return vim.tbl_map(function(b)
    return table.concat({ b.line, b.condition or b.hitCondition or b.logMessage }, ' ')
  end, require('hotdev.lsp').request_now(client, 'hotdev/breakpoints').breakpoints)
end

local function has(want)
  T.wait('the breakpoints ' .. vim.inspect(want), function() return vim.deep_equal(kept(), want) end)
end

local function on(text)
  local line = app.line(bufnr, text)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  return line
end

T.test('it is pending until a version has it', function()
  local line = on('c.JSON(http.StatusOK, gin.H{"message"')
  vim.cmd('Hotdev break log greets {c.Request.URL.RawQuery}')
  shown({ { line, '○' } })
  has({ line .. ' greets {c.Request.URL.RawQuery}' })
end)

T.test('the running version has it', function()
  vim.cmd('Hotdev start')
  shown({ { app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"'), '●' } })
end)

T.test('it moves with the text, and the daemon is told on writing', function()
  vim.api.nvim_buf_set_lines(bufnr, 0, 0, false, { '// One', '// two.' })
  local line = app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"')
  shown({ { line, '●' } })
  vim.cmd('silent write')
  has({ line .. ' greets {c.Request.URL.RawQuery}' })
  shown({ { line, '●' } })
end)

T.test('one that is set between unsaved changes is told on writing', function()
  vim.api.nvim_buf_set_lines(bufnr, 0, 0, false, { '// Zero.' })
  local first, second = on('wait, err := time.ParseDuration'), app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"')
  vim.cmd('Hotdev break if wait > 0')
  T.eq(signs(), { { second, '●' }, { first, '○' } })
  T.eq(#kept(), 1)
  vim.cmd('silent write')
  has({ second .. ' greets {c.Request.URL.RawQuery}', first .. ' wait > 0' })
end)

T.test('one whose line is deleted goes, and comes back with undo', function()
  on('wait, err := time.ParseDuration')
  vim.cmd('silent normal! dd')
  T.eq(#signs(), 1)
  vim.cmd('silent undo')
  T.eq(#signs(), 2)
  vim.cmd('silent write')
  T.eq(#kept(), 2)
end)

T.test('the cursor\'s line toggles', function()
  on('wait, err := time.ParseDuration')
  vim.cmd('Hotdev break')
  has({ app.line(bufnr, 'c.JSON(http.StatusOK, gin.H{"message"') .. ' greets {c.Request.URL.RawQuery}' })
  T.eq(#signs(), 1)
end)

T.test('those of hotdev break in a terminal show too', function()
  local line = app.line(bufnr, 'case <-time.After(wait)')
  local place = ('%s:%d'):format(app.path(demo, 'api/api.go'), line)
  local result = vim.system({ app.program, 'break', 'add', place, '-C', demo.dir }, { text = true }):wait()
  T.eq({ result.code, result.code == 0 and '' or result.stderr }, { 0, '' })
  T.wait('the sign', function() return #signs() == 2 and signs()[2][1] == line end)
end)

T.test('a file that is opened again has its signs', function()
  local before = signs()
  vim.cmd.enew()
  vim.cmd.bdelete(bufnr)
  bufnr = app.edit(demo, 'api/api.go')
  T.eq(vim.tbl_map(function(s) return s[1] end, signs()), vim.tbl_map(function(s) return s[1] end, before))
end)

T.test('a list shows all, and clear removes them', function()
  vim.cmd('Hotdev break list')
  T.wait('the list', function() return vim.fn.getqflist({ title = 0 }).title == 'hotdev breakpoints' end)
  T.eq(#vim.fn.getqflist(), 2)
  T.has(vim.fn.getqflist()[1].text, 'log greets {c.Request.URL.RawQuery}')
  vim.cmd.cclose()
  vim.cmd('Hotdev break clear')
  shown({})
  has({})
  vim.cmd('Hotdev break list')
  T.notice('no breakpoints')
end)

T.test('what it does not know, it says', function()
  vim.cmd('Hotdev break dance')
  T.notice('break does not know "dance"')
  vim.cmd('Hotdev break if')
  T.notice('break if needs text after it')
end)
