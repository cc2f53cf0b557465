--- The language client: how it is configured and started, and requests over it.
local M = {}

local name = 'hotdev'
local filetypes = { 'go', 'gomod', 'gowork' }
local markers = { ['hotdev.toml'] = true, ['go.work'] = true, ['go.mod'] = true }
local modern = vim.fn.has('nvim-0.11') == 1 -- vim.lsp.config, methods on clients

---@type table<integer, fun(client: vim.lsp.Client)[]> client id → what waits for its handshake
local waiting = {}

--- The client's configuration for vim.lsp.config and vim.lsp.start.
---@return vim.lsp.ClientConfig
function M.config()
  local workspace, diagnostics = require('hotdev.workspace'), require('hotdev.diagnostics')
  return {
    cmd = require('hotdev.config').get().cmd,
    filetypes = filetypes,
    root_dir = M.root,
    capabilities = vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), {
      experimental = { hotdev = true },
    }),
    handlers = {
      ['hotdev/status'] = function(_, status, context) workspace.on_status(context.client_id, status) end,
      ['hotdev/log'] = function(_, batch, context) workspace.on_log(context.client_id, batch) end,
      ['hotdev/reloaded'] = function(_, reload, context) workspace.on_reloaded(context.client_id, reload) end,
      ['hotdev/breakpointsChanged'] = function(_, result, context)
        require('hotdev.breakpoints').on_changed(context.client_id, result.breakpoints)
      end,
      ['textDocument/publishDiagnostics'] = diagnostics.on_publish,
    },
    commands = {
      -- Code lenses of routes run this.
      ['hotdev.routes'] = function() require('hotdev.routes').open() end,
    },
    on_init = function(client)
      for _, callback in ipairs(waiting[client.id] or {}) do
        callback(client)
      end
      waiting[client.id] = nil
    end,
    on_exit = function(_, _, id)
      vim.schedule(function()
        waiting[id] = nil
        diagnostics.drop(id)
        workspace.drop(id)
      end)
    end,
  }
end

--- Go's own sources and those of other modules: who looks at them does not
--- develop them. Found out once.
---@type string[]?
local foreign
---@type fun()[]? what waits until foreign is known
local asking

---@param callback fun()
local function with_foreign(callback)
  if foreign then
    return callback()
  end
  if asking then
    return table.insert(asking, callback)
  end
  asking = { callback }
  local function done(output)
    foreign = vim.tbl_filter(function(dir) return dir ~= '' end, vim.split(output, '\n'))
    local callbacks = asking
    asking = nil
    for _, waits in ipairs(callbacks) do
      waits()
    end
  end
  local started = pcall(vim.system, { 'go', 'env', 'GOROOT', 'GOMODCACHE' }, { text = true }, function(result)
    vim.schedule(function() done(result.stdout or '') end)
  end)
  if not started then -- no go command: the daemon will say what to do
    done('')
  end
end

--- Calls on_dir with the root of the workspace that a buffer belongs to, unless
--- it belongs to none.
---@param bufnr integer
---@param on_dir fun(dir: string)
function M.root(bufnr, on_dir)
  local file = vim.api.nvim_buf_get_name(bufnr)
  if vim.bo[bufnr].buftype ~= '' or file == '' or file:find('^%a+://') then
    return
  end
  local dir = vim.fs.root(bufnr, function(entry) return markers[entry] == true end)
  if not dir then
    return
  end
  with_foreign(function()
    for _, tree in ipairs(foreign) do
      if vim.startswith(file, tree .. '/') then
        return
      end
    end
    on_dir(dir)
  end)
end

--- Tells vim.lsp.config of changed settings.
function M.configure()
  if modern then
    vim.lsp.config(name, M.config())
  end
end

--- Starts the client for the workspace of a buffer and attaches it to that.
---@param bufnr integer
local function start(bufnr)
  M.root(bufnr, function(dir)
    if vim.api.nvim_buf_is_valid(bufnr) then
      local config = M.config() --[[@as table]]
      config.name, config.root_dir = name, dir
      vim.lsp.start(config, { bufnr = bufnr })
    end
  end)
end

--- Starts clients for Go files from now on, those that are open included.
function M.enable()
  if modern then
    return vim.lsp.enable(name)
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('hotdev.lsp', {}),
    pattern = filetypes,
    callback = function(event) start(event.buf) end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.list_contains(filetypes, vim.bo[bufnr].filetype) then
      start(bufnr)
    end
  end
end

--- All of hotdev's clients.
---@return vim.lsp.Client[]
function M.clients()
  return vim.lsp.get_clients({ name = name })
end

--- The client of a buffer's workspace (0: the current one): the attached one,
--- else the one whose root the file or the current directory is below, else the
--- only one there is.
---@param bufnr integer
---@return vim.lsp.Client?
function M.client(bufnr)
  local attached = vim.lsp.get_clients({ name = name, bufnr = bufnr })[1]
  if attached then
    return attached
  end
  local all = M.clients()
  for _, place in ipairs({ vim.api.nvim_buf_get_name(bufnr), vim.fn.getcwd() }) do
    for _, client in ipairs(all) do
      if vim.startswith(place .. '/', client.root_dir .. '/') then
        return client
      end
    end
  end
  return #all == 1 and all[1] or nil
end

--- Calls callback with the client of the current buffer's workspace once it is
--- ready; one is started for the current directory if there is none.
---@param callback fun(client: vim.lsp.Client)
function M.with_client(callback)
  local client = M.client(0)
  if not client then
    local dir = vim.fs.root(vim.fn.getcwd(), function(entry) return markers[entry] == true end)
    if not dir then
      return M.tell('no hotdev.toml, go.work or go.mod here or above', vim.log.levels.WARN)
    end
    local config = modern and vim.lsp.config[name] or M.config() --[[@as table]]
    config = vim.tbl_extend('force', config, { name = name, root_dir = dir })
    local id
    if modern then
      id = vim.lsp.start(config, { attach = false })
    else
      id = vim.lsp.start_client(config) ---@diagnostic disable-line: deprecated
    end
    client = id and vim.lsp.get_client_by_id(id)
    if not client then
      return -- Neovim has said why
    end
  end
  if client.initialized then
    return callback(client)
  end
  waiting[client.id] = waiting[client.id] or {}
  table.insert(waiting[client.id], callback)
end

--- Sends a hotdev/* request to a client. callback gets the result; an error is
--- told to the user instead; callback gets nil then if it wants to know of that.
---@param client vim.lsp.Client
---@param method string
---@param params? table
---@param callback? fun(result: any)
---@param always? boolean call callback after an error too
function M.send(client, method, params, callback, always)
  local function answer(err, result)
    if err then
      if callback and always then
        callback(nil)
      end
      M.tell(('%s: %s'):format(method:gsub('^hotdev/', ''), err.message), vim.log.levels.ERROR)
    elseif callback then
      callback(result)
    end
  end
  if next(params or {}) == nil then
    params = vim.empty_dict()
  end
  if modern then
    client:request(method, params, answer)
  else
    client.request(method, params, answer) ---@diagnostic disable-line
  end
end

--- As send, to the client of the current buffer's workspace.
---@param method string
---@param params? table
---@param callback? fun(result: any, client: vim.lsp.Client)
function M.request(method, params, callback)
  M.with_client(function(client)
    M.send(client, method, params, callback and function(result) callback(result, client) end)
  end)
end

--- The result of a request that is answered at once; nil if it is not.
---@param client vim.lsp.Client
---@param method string
---@return any
function M.request_now(client, method)
  local answer
  if modern then
    answer = client:request_sync(method, vim.empty_dict(), 1000)
  else
    answer = client.request_sync(method, vim.empty_dict(), 1000) ---@diagnostic disable-line
  end
  return answer and answer.result
end

--- Tells the user something.
---@param text string
---@param level? integer
function M.tell(text, level)
  vim.notify('hotdev: ' .. text, level or vim.log.levels.INFO)
end

return M
