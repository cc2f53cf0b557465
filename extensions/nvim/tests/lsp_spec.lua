-- The plugin, the real daemon and the demo app.
local T = ...
local app = require('support.app')
local demo = app.new(T)
local hotdev = require('hotdev')

local states, reloads = {}, {}
vim.api.nvim_create_autocmd('User', {
  pattern = 'HotdevStatus',
  callback = function(event)
    local state = event.data.status.state
    if states[#states] ~= state then
      states[#states + 1] = state
    end
  end,
})
vim.api.nvim_create_autocmd('User', {
  pattern = 'HotdevReloaded',
  callback = function(event) reloads[#reloads + 1] = event.data.reload end,
})

--- Waits for the next reload and returns it.
local function reloaded()
  return T.wait('a reload', function() return table.remove(reloads, 1) end)
end

--- Waits for a reload with that outcome; others may come before.
local function outcome(want)
  return T.wait('the outcome ' .. want, function()
    local reload = table.remove(reloads, 1)
    return reload and reload.outcome == want and reload
  end)
end

local bufnr = app.edit(demo, 'api/api.go')
local client

T.test('opening a Go file joins the daemon of its workspace', function()
  client = T.wait('the client', function() return require('hotdev.lsp').client(bufnr) end)
  T.eq(client.root_dir, demo.dir)
  local status = T.wait('the state', hotdev.status)
  T.eq(status.workspace, demo.dir)
  T.wait('the first build', function() return #reloads > 0 end)
  T.eq(reloaded().outcome, 'built')
  T.eq(hotdev.statusline(), 'hotdev: idle')
end)

T.test(':Hotdev start starts the app', function()
  vim.cmd('Hotdev start')
  T.notice('running rev')
  T.wait('the running state', function() return hotdev.status().state == 'running' end)
  T.eq(hotdev.statusline(), ('hotdev: running rev %d 127.0.0.1:%d'):format(hotdev.status().running.rev, demo.port))
  local answer = app.get(demo, '/api/hello')
  T.wait('the answer', function() return answer.done end)
  T.has(answer.body, 'hello, world')
  outcome('swapped')
end)

T.test('a save is a new version, and tells so', function()
  states = {}
  app.change(bufnr, 'const greeting', 'const greeting = "good day"')
  T.eq(outcome('swapped').files, { app.path(demo, 'api/api.go') })
  T.wait('the running state', function() return states[#states] == 'running' end)
  T.eq(vim.list_slice(states, #states - 2), { 'building', 'starting', 'running' })
  local answer = app.get(demo, '/api/hello')
  T.wait('the answer', function() return answer.done end)
  T.has(answer.body, 'good day, world')
end)

T.test('builds show as LSP progress', function()
  local begun, ended = {}, false -- by token: the end of an earlier build may still come
  local id = vim.api.nvim_create_autocmd('LspProgress', {
    callback = function(event)
      local token, kind = event.data.params.token, event.data.params.value.kind
      if kind == 'begin' then
        begun[token] = true
      elseif kind == 'end' and begun[token] then
        ended = true
      end
    end,
  })
  app.change(bufnr, 'const greeting', 'const greeting = "good evening"')
  outcome('swapped')
  T.wait('progress that has begun and ended', function() return ended end)
  vim.api.nvim_del_autocmd(id)
end)

--- Ours at bufnr, as {lnum, message}.
local function ours()
  local namespace = vim.lsp.diagnostic.get_namespace(client.id)
  return vim.tbl_map(function(d) return { d.lnum, d.message } end, vim.diagnostic.get(bufnr, { namespace = namespace }))
end

T.test('errors are diagnostics, and go with their cause', function()
  app.change(bufnr, 'const greeting', 'const greeting = "good day" + nowhere')
  outcome('buildFailed')
  local line = app.line(bufnr, 'const greeting')
  T.eq(ours(), { { line - 1, 'undefined: nowhere' } })
  T.eq(vim.diagnostic.get(bufnr)[1].source, 'hotdev')
  T.wait('the failed state', function() return hotdev.statusline() == 'hotdev: 1 error' end)
end)

T.test(':Hotdev errors fills the quickfix list', function()
  vim.cmd('Hotdev errors')
  T.wait('the list', function() return vim.fn.getqflist({ title = 0 }).title == 'hotdev' end)
  local item = vim.fn.getqflist()[1]
  T.eq({ item.bufnr, item.lnum, item.type, item.text }, { bufnr, app.line(bufnr, 'const greeting'), 'E', 'undefined: nowhere' })
  vim.cmd.cclose()
end)

T.test('what gopls says of the same line is not said twice', function()
  local gopls = vim.api.nvim_create_namespace('gopls')
  local line = app.line(bufnr, 'const greeting') - 1
  vim.diagnostic.set(gopls, bufnr, { { lnum = line, col = 30, message = 'Undefined: "nowhere"', severity = 1 } })
  T.eq(ours(), {})
  -- gopls sees the line mended before it is saved; ours does not come back.
  vim.diagnostic.set(gopls, bufnr, {})
  T.eq(ours(), {})
  -- The other order: what gopls shows is there when the daemon publishes.
  vim.diagnostic.set(gopls, bufnr, { { lnum = line, col = 30, message = 'undefined: nowhere', severity = 1 } })
  app.change(bufnr, '"message": greeting', '\tc.JSON(http.StatusOK, gin.H{"message": greeting + missing})')
  outcome('buildFailed')
  T.eq(ours(), { { app.line(bufnr, '"message": greeting') - 1, 'undefined: missing' } })
  vim.diagnostic.reset(gopls)
  app.change(bufnr, '"message": greeting', '\tc.JSON(http.StatusOK, gin.H{"message": greeting + ", " + c.DefaultQuery("name", "world")})')
  app.change(bufnr, 'const greeting', 'const greeting = "bonjour"')
  outcome('swapped')
  T.eq(ours(), {})
end)

T.test(':Hotdev reload tells its outcome', function()
  T.told()
  vim.cmd('Hotdev reload')
  T.notice('was started again')
end)

T.test(':Hotdev why explains this file and others', function()
  vim.cmd('Hotdev why')
  T.notice('api.go: rebuild: ')
  vim.cmd('Hotdev why ' .. app.path(demo, 'main_test.go'))
  T.notice('main_test.go: test: ')
end)

T.test(':Hotdev history lists reloads, and leads to what caused them', function()
  vim.cmd('Hotdev history')
  T.wait('the window', function() return vim.bo.filetype == 'hotdev-history' end)
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  T.has(text, 'serves now')
  T.has(text, 'failed to build')
  vim.fn.search('failed to build')
  vim.cmd.normal('gF')
  T.eq(vim.api.nvim_buf_get_name(0), app.path(demo, 'api/api.go'))
  vim.cmd.only()
end)

T.test(':Hotdev routes lists the routes, and leads to their handlers', function()
  vim.cmd('Hotdev routes')
  T.wait('the window', function() return vim.bo.filetype == 'hotdev-routes' end)
  assert(vim.fn.search('/api/hello') > 0)
  vim.cmd.normal(vim.keycode('<CR>'))
  T.eq(vim.api.nvim_buf_get_name(0), app.path(demo, 'api/api.go'))
  T.eq(vim.api.nvim_win_get_cursor(0)[1], app.line(bufnr, 'func hello('))
  vim.cmd.only()
end)

T.test('code lenses of routes open the table', function()
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  local lens = vim.lsp.buf_request_sync(bufnr, 'textDocument/codeLens', params, 5000)[client.id].result[1]
  T.has(lens.command.title, 'GET /api/hello')
  client.commands[lens.command.command](lens.command, { client_id = client.id, bufnr = bufnr })
  T.wait('the window', function() return vim.bo.filetype == 'hotdev-routes' end)
  vim.cmd.only()
  vim.api.nvim_set_current_buf(bufnr)
end)

T.test(':Hotdev rollback completes and takes a revision', function()
  local revisions = vim.fn.getcompletion('Hotdev rollback ', 'cmdline')
  assert(#revisions >= 2, vim.inspect(revisions))
  vim.cmd('Hotdev rollback soon')
  T.notice('rollback takes a revision, not "soon"')
  local before = hotdev.status().running.rev
  vim.cmd('Hotdev rollback')
  local notice = T.notice('was put back').text
  assert(tonumber(notice:match('rev (%d+) was put back')) < before, notice)
end)

T.test(':Hotdev status shows the state in a float', function()
  vim.cmd('Hotdev status')
  local win = T.wait('the float', function()
    return vim.iter(vim.api.nvim_list_wins()):find(function(w) return vim.api.nvim_win_get_config(w).relative ~= '' end)
  end)
  local text = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), '\n')
  T.has(text, 'running rev')
  T.has(text, 'workspace ' .. demo.dir)
  vim.api.nvim_win_close(win, true)
end)

T.test('a crash is told once', function()
  T.told()
  local path = app.path(demo, 'main.go')
  app.edit(demo, 'main.go')
  app.change(vim.fn.bufnr(path), 'log.Printf("listening', '\tlog.Printf("listening on %s", server.Addr); time.AfterFunc(300*time.Millisecond, func() { panic("overboard") })')
  T.notice('the app has crashed')
  T.wait('the panic at its line', function() return #vim.diagnostic.get(vim.fn.bufnr(path)) > 0 end)
  app.change(vim.fn.bufnr(path), 'log.Printf("listening', '\tlog.Printf("listening on %s", server.Addr)')
  T.wait('the mended app', function() return hotdev.status().state == 'running' end)
  T.eq(vim.iter(T.told()):any(function(n) return n.text:find('crashed') end), false)
  vim.api.nvim_set_current_buf(bufnr)
end)

T.test('sources of other modules and of Go start no daemon', function()
  local modules = vim.trim(vim.system({ 'go', 'env', 'GOMODCACHE' }, { text = true }):wait().stdout)
  vim.cmd.edit(modules .. '/github.com/gin-gonic/gin@v1.12.0/gin.go')
  local root
  require('hotdev.lsp').root(vim.api.nvim_get_current_buf(), function(dir) root = dir end)
  T.eq(root, nil)
  T.eq(#require('hotdev.lsp').clients(), 1)
  vim.api.nvim_set_current_buf(bufnr)
end)

T.test('a command in another file of the workspace reaches its daemon', function()
  app.edit(demo, 'templates/index.html')
  T.eq(require('hotdev.lsp').client(0), client)
  T.has(hotdev.statusline(), 'running')
  vim.api.nvim_set_current_buf(bufnr)
end)

T.test(':Hotdev stop stops the app', function()
  vim.cmd('Hotdev stop')
  T.notice('stopped')
end)

T.test('another daemon takes over where one has ended', function()
  local pid = hotdev.status().daemon.pid
  assert(vim.system({ app.program, 'stop', '--daemon', '-C', demo.dir }):wait().code == 0)
  app.change(bufnr, 'const greeting', 'const greeting = "good evening"')
  T.wait('another daemon', function() return hotdev.status().daemon.pid ~= pid end)
  vim.cmd('Hotdev start')
  T.notice('running rev')
end)

T.test('a client that ends leaves nothing behind', function()
  if client.stop and vim.fn.has('nvim-0.11') == 1 then client:stop() else client.stop() end
  T.wait('the end', function() return #require('hotdev.lsp').clients() == 0 end)
  T.wait('the empty statusline', function() return hotdev.statusline() == '' end)
  T.eq(hotdev.status(), nil)
end)
