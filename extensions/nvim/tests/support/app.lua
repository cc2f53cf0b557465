-- A copy of the demo app in a workspace of its own, under a daemon of its own.
local M = {}

local uv = vim.uv
local demo = vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(uv.fs_realpath(debug.getinfo(1, 'S').source:sub(2)))))) .. '/demo'

M.program = assert(vim.env.HOTDEV, 'HOTDEV must name the program to test')

--- A port that nobody listens on.
local function free_port()
  local tcp = assert(uv.new_tcp())
  assert(tcp:bind('127.0.0.1', 0))
  local port = tcp:getsockname().port
  tcp:close()
  return port
end

---@class test.App
---@field dir string the workspace
---@field port integer where the app answers

--- Makes the workspace. Ends its daemon and removes it at the spec's end.
---@return test.App
function M.new(T)
  local base = assert(uv.fs_mkdtemp('/tmp/hdXXXXXX')) -- short: sockets are in it
  base = assert(uv.fs_realpath(base))
  local app = { dir = base .. '/demo', port = free_port() }
  vim.fn.mkdir(base .. '/run', 'p', '0700')
  vim.env.GOCACHE = vim.trim(vim.system({ 'go', 'env', 'GOCACHE' }, { text = true }):wait().stdout) -- else below XDG_CACHE_HOME
  vim.env.XDG_RUNTIME_DIR = base .. '/run'
  vim.env.XDG_STATE_HOME = base .. '/state'
  vim.env.XDG_CACHE_HOME = base .. '/cache'
  vim.g.hotdev = vim.tbl_extend('force', { cmd = { M.program, 'lsp' } }, vim.g.hotdev or {})
  assert(vim.system({ 'cp', '-r', demo, app.dir }):wait().code == 0)
  M.write(app, 'settings.json', vim.json.encode({ title = 'demo', port = tostring(app.port) }))
  T.cleanup(function()
    vim.system({ M.program, 'stop', '--daemon', '-C', app.dir }, { text = true }):wait()
    vim.fn.delete(base, 'rf')
  end)
  return app
end

---@param app test.App
---@param name string
function M.path(app, name) return app.dir .. '/' .. name end

---@param app test.App
---@param name string
---@return string
function M.read(app, name)
  return table.concat(vim.fn.readfile(M.path(app, name)), '\n') .. '\n'
end

---@param app test.App
---@param name string
---@param text string
function M.write(app, name, text)
  local file = assert(io.open(M.path(app, name), 'w'))
  file:write(text)
  file:close()
end

--- Opens a file of the workspace in the current window.
---@param app test.App
---@param name string
---@return integer bufnr
function M.edit(app, name)
  vim.cmd.edit(M.path(app, name))
  return vim.api.nvim_get_current_buf()
end

--- The number of the first line of a buffer that contains text.
---@param bufnr integer
---@param text string
---@return integer
function M.line(bufnr, text)
  for i, line in ipairs(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)) do
    if line:find(text, 1, true) then
      return i
    end
  end
  error(('no line has %q'):format(text))
end

--- Replaces the first line of the current buffer that contains old, and writes.
---@param bufnr integer
---@param old string
---@param new string
function M.change(bufnr, old, new)
  local number = M.line(bufnr, old)
  vim.api.nvim_buf_set_lines(bufnr, number - 1, number, false, { new })
  vim.api.nvim_buf_call(bufnr, function() vim.cmd('silent write') end)
end

--- The body of the app's answer to GET path; callback gets it, nil without an answer.
---@param app test.App
---@param path string
---@param callback? fun(body: string?)
---@return { body: string? } answer filled in when it has come
function M.get(app, path, callback)
  local answer = {}
  local tcp = assert(uv.new_tcp())
  local text = ''
  local function done(body)
    tcp:close()
    answer.body, answer.done = body, true
    if callback then
      callback(body)
    end
  end
  tcp:connect('127.0.0.1', app.port, function(err)
    if err then
      return done(nil)
    end
    tcp:write(('GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'):format(path))
    tcp:read_start(function(failed, chunk)
      if chunk then
        text = text .. chunk
      else
        done(not failed and text:match('\r\n\r\n(.*)') or nil)
      end
    end)
  end)
  return answer
end

return M
